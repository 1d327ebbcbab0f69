"""HX711 bridge amplifiers with a shared clock pin (Avia data sheet), bit by bit."""

from .pins import Pin

_RESET_US = 60  # clock high for longer: the chip goes to sleep and starts anew
_PULSES = {25: "A128", 26: "B32", 27: "A64"}


class Clock711(Pin):
    """The shared clock pin."""

    def __init__(self, clock, *cells):
        super().__init__(clock)
        self.cells = cells
        self._rose_us = 0

    def value(self, level=None):
        if level is None:
            return super().value()
        before = self.level
        super().value(level)
        if level and not before:
            self._rose_us = self.clock.us
            for cell in self.cells:
                cell.rise()
        elif before and not level:
            slept = self.clock.us - self._rose_us > _RESET_US
            for cell in self.cells:
                cell.fall(slept)
        return None


class Cell(Pin):
    """One chip's data pin. `raw`: what the bridge gives; `rate`: samples/s. Faults: `present` False, `stuck` low."""

    def __init__(self, clock, raw=0, rate=80.0, phase_us=0):
        super().__init__(clock, 1)
        self.raw = raw
        self.rate = rate
        self.present = True
        self.stuck = False
        self.gain = "A128"
        self.resets = 0
        self._next_us = clock.us + phase_us + self._period_us()
        self._shift = None
        self._bits = 0

    def _period_us(self):
        return int(1_000_000 / self.rate)

    def _refresh(self):
        """A new conversion replaces one that nobody fetched."""
        while self._next_us + self._period_us() <= self.clock.us:
            self._next_us += self._period_us()

    def value(self, level=None):
        self.clock.advance(us=2)
        if not self.present:
            return 1  # pulled up
        if self.stuck:
            return 0
        if self._shift is not None and self._bits < 25:
            return self._shift >> 24 & 1
        if self._shift is not None and self.clock.us >= self._next_us:
            self._shift = None
        self._refresh()
        return int(self.clock.us < self._next_us)

    def rise(self):
        if self._shift is not None and (self._bits >= 27 or (self._bits >= 25 and self.clock.us >= self._next_us)):
            self._shift = None
        if self._shift is None:
            self._refresh()
            if self.clock.us < self._next_us:
                return  # clocked before it was ready: nothing to shift
            self._shift = max(-0x800000, min(0x7FFFFF, int(self.raw))) & 0xFFFFFF
            self._bits = 0
        self._shift <<= 1
        self._bits += 1

    def fall(self, slept):
        if slept:
            self.resets += 1
            self.gain = "A128"
            self._shift = None
            self._next_us = self.clock.us + 4 * self._period_us()
        elif self._shift is not None and self._bits >= 25:
            self.gain = _PULSES.get(self._bits, self.gain)
            if self._next_us <= self.clock.us:
                self._next_us += self._period_us()
