"""NAU7802: a 24-bit bridge amplifier on I2C (Nuvoton data sheet 1.7)."""

from .i2c import Registers

_RATE = {0: 10, 1: 20, 2: 40, 3: 80, 7: 320}
_RR, _PUD, _PUA, _PUR, _CS, _CR = 1, 2, 4, 8, 16, 32


class Nau7802(Registers):
    """`raw` is what the bridge gives. Faults: `brown_out()`, `hung`, `bad_offset` (the calibration fails)."""

    def __init__(self, clock, raw=0):
        super().__init__(clock, 0x2A)
        self.raw = raw
        self.hung = False
        self.bad_offset = False
        self.brown_out()

    def brown_out(self):
        self.registers = {0x1F: 0x0F}
        self._up_us = self._since = self.clock.us
        self._offset_us = None

    def _period_us(self):
        return 1_000_000 // _RATE[self.registers.get(2, 0) >> 4 & 7]

    def get(self, register):
        value = self.registers.get(register, 0)
        if register == 0:
            if value & _PUD and self.clock.us - self._up_us >= 200:
                value |= _PUR
            if value & _CS and not self.hung and self.clock.us - self._since >= self._period_us():
                value |= _CR
        elif register == 2:
            busy = self._offset_us is not None and self.clock.us < self._offset_us
            value = value & ~0x0C | busy << 2 | self.bad_offset << 3
        elif 0x12 <= register <= 0x14:
            if register == 0x14:
                self._since += (self.clock.us - self._since) // self._period_us() * self._period_us()
            raw = max(-(1 << 23), min((1 << 23) - 1, int(self.raw)))
            value = raw >> (8 * (0x14 - register)) & 255
        return value

    def put(self, register, value):
        if register == 0:
            if value & _RR:
                self.brown_out()
            if value & _PUD and not self.registers.get(0, 0) & _PUD:
                self._up_us = self.clock.us
            if value & _CS and not self.registers.get(0, 0) & _CS:
                self._since = self.clock.us
        elif register == 2 and value & 4:
            self._offset_us = self.clock.us + 344_000
        self.registers[register] = value
