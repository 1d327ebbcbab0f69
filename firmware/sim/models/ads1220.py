"""ADS1220: 24 bits on SPI, up to 1000 samples/s (2000 in turbo mode) (Texas Instruments SBAS501)."""

from .pins import Pin

_RATE = (20, 45, 90, 175, 330, 600, 1000)
_BYTE_US = 8  # 1 MHz


class Ads1220:
    """One converter with its chip select and ready pins. `raw`: counts of the bridge, or a function of the instant.

    Faults: `present` False (the bus reads 0xFF), `hung` (never ready), `brown_out()`.
    """

    def __init__(self, clock, raw=0, slow_us=0):
        self.clock = clock
        self.slow_us = slow_us  # its own oscillator makes each conversion so much longer
        self.raw = raw
        self.present = True
        self.hung = False
        self.cs = Pin(clock, 1)
        self.ready = _Ready(self)
        self.brown_out()

    def brown_out(self):
        self.registers = bytearray(4)
        self._running = False
        self._next_us = self._announced_us = 0
        self._queue = []
        self._writing = None

    def period_us(self):
        rate = _RATE[min(self.registers[1] >> 5, 6)]
        return 1_000_000 // (rate * 2 if self.registers[1] >> 3 & 3 == 2 else rate) + self.slow_us

    def is_ready(self):
        if not self._running or self.hung or not self.present:
            return False
        while self._next_us + self.period_us() <= self.clock.us:
            self._next_us += self.period_us()
        return self.clock.us >= self._next_us

    def exchange(self, byte):
        if self._writing is not None:
            register, left = self._writing
            self.registers[register] = byte
            self._writing = (register + 1, left - 1) if left > 1 else None
            return 0
        if self._queue:
            return self._queue.pop(0)
        kind = byte & 0xF0
        if byte & 0xFE == 0x06:
            self.brown_out()
        elif byte & 0xFE == 0x08:
            self._running = True
            self._next_us = self.clock.us + self.period_us()
        elif byte & 0xFE == 0x02:
            self._running = False
        elif kind == 0x10 or byte == 0 or byte == 0xFF:
            at = self._next_us if self.is_ready() else self._next_us - self.period_us()
            raw = self.raw(at) if callable(self.raw) else self.raw
            raw = max(-0x800000, min(0x7FFFFF, int(raw))) & 0xFFFFFF
            if self.is_ready():
                self._next_us += self.period_us()
            data = [raw >> 16, raw >> 8 & 255, raw & 255]
            if kind != 0x10:
                self._queue = data[1:]
                return data[0]
            self._queue = data
        elif kind == 0x20:
            first, count = byte >> 2 & 3, (byte & 3) + 1
            self._queue = list(self.registers[first : first + count])
        elif kind == 0x40:
            self._writing = (byte >> 2 & 3, (byte & 3) + 1)
        return 0


def run(clock, chips, until_us):
    """Let time pass: each conversion that ends calls the interrupt of its ready pin, in the order they end."""
    while True:
        ends = []
        for i in range(len(chips)):
            chip = chips[i]
            if chip._running and chip.present and not chip.hung:
                # What nobody fetched is replaced by the next conversion.
                missed = chip._next_us <= chip._announced_us
                ends.append((chip._next_us + chip.period_us() * missed, i))
        if not ends or min(ends)[0] > until_us:
            break
        at, i = min(ends)
        chips[i]._next_us = chips[i]._announced_us = at
        clock.us = max(clock.us, at)
        chips[i].ready.fall()
    clock.us = max(clock.us, until_us)


class _Ready(Pin):
    def __init__(self, chip):
        super().__init__(chip.clock, 1)
        self._chip = chip

    def value(self, level=None):
        self.clock.advance(us=2)
        return int(not self._chip.is_ready())

    def fall(self):
        if self._handler:
            self._handler(self)


class Spi:
    """`machine.SPI` with converters on it: the one whose chip select is low answers."""

    def __init__(self, clock, *chips):
        self.clock = clock
        self.chips = chips

    def _exchange(self, byte):
        self.clock.advance(us=_BYTE_US)
        chosen = [chip for chip in self.chips if not chip.cs.level and chip.present]
        answers = [chip.exchange(byte) for chip in chosen]
        return answers[0] if answers else 0xFF

    def write(self, data):
        for byte in data:
            self._exchange(byte)

    def readinto(self, target, write=0):
        for i in range(len(target)):
            target[i] = self._exchange(write)

    def read(self, count, write=0):
        out = bytearray(count)
        self.readinto(out, write)
        return bytes(out)

    def write_readinto(self, data, target):
        for i in range(len(target)):
            target[i] = self._exchange(data[i])
