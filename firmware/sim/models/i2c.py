"""An I2C bus with chips on it, in place of `machine.I2C`."""

ENODEV = 19
ETIMEDOUT = 110
_BYTE_US = 23  # nine bits at 400 kHz


class Chip:
    """One device on the bus. `present` False: unplugged."""

    present = True

    def __init__(self, clock, address):
        self.clock = clock
        self.address = address

    def write(self, data):
        """Take the bytes of one write transfer."""
        raise NotImplementedError

    def read(self, count):
        """Give the bytes of one read transfer."""
        raise NotImplementedError


class Registers(Chip):
    """A chip whose first written byte sets a register pointer that then rises."""

    def __init__(self, clock, address):
        super().__init__(clock, address)
        self.pointer = 0

    def write(self, data):
        self.pointer = data[0]
        for value in data[1:]:
            self.put(self.pointer, value)
            self.pointer += 1

    def read(self, count):
        out = bytes([self.get(self.pointer + i) & 255 for i in range(count)])
        self.pointer += count
        return out


class Words(Chip):
    """A chip with 16-bit registers, most significant byte first, whose pointer stays."""

    def __init__(self, clock, address):
        super().__init__(clock, address)
        self.pointer = 0

    def write(self, data):
        self.pointer = data[0]
        if len(data) == 3:
            self.put(self.pointer, data[1] << 8 | data[2])

    def read(self, count):
        value = self.get(self.pointer) & 0xFFFF
        return bytes([value >> 8, value & 255])[:count]


class Bus:
    """`machine.I2C`. Faults: `stuck` (a line held low), `nacks` (so many next transfers are refused), `fails_at` (the
    transfer of that number alone is refused)."""

    def __init__(self, clock, *chips):
        self.clock = clock
        self.chips = {chip.address: chip for chip in chips}
        self.stuck = False
        self.nacks = 0
        self.fails_at = None
        self.transfers = 0

    def _chip(self, address, count):
        self.transfers += 1
        self.clock.advance(us=_BYTE_US * (count + 1))
        if self.stuck:
            self.clock.advance(ms=50)  # the time-out of the port
            raise OSError(ETIMEDOUT)
        chip = self.chips.get(address)
        if chip is None or not chip.present:
            raise OSError(ENODEV)
        if self.transfers == self.fails_at:
            raise OSError(ENODEV)
        if self.nacks:
            self.nacks -= 1
            raise OSError(ENODEV)
        return chip

    def scan(self):
        return [] if self.stuck else sorted(a for a in self.chips if self.chips[a].present)

    def writeto(self, address, data, stop=True):
        self._chip(address, len(data)).write(bytes(data))
        return len(data)

    def readfrom(self, address, count, stop=True):
        return self._chip(address, count).read(count)

    def readfrom_into(self, address, target, stop=True):
        target[:] = self.readfrom(address, len(target))

    def writeto_mem(self, address, register, data, addrsize=8):
        self._chip(address, 1 + len(data)).write(bytes([register]) + bytes(data))

    def readfrom_mem(self, address, register, count, addrsize=8):
        chip = self._chip(address, 2 + count)
        chip.write(bytes([register]))
        return chip.read(count)

    def readfrom_mem_into(self, address, register, target, addrsize=8):
        target[:] = self.readfrom_mem(address, register, len(target))
