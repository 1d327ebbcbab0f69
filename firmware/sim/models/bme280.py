"""BME280: temperature, pressure, humidity (Bosch BST-BME280-DS002)."""

from .i2c import Registers


class Bme280(Registers):
    """Raw conversions with the trimming of one chip. Faults: `brown_out()`, `hung`, `chip_id`."""

    def __init__(self, clock, trimming, humidity_trimming, raw, address=0x76):
        super().__init__(clock, address)
        self.trimming = bytes(trimming)  # 26 bytes from 0x88: temperature, pressure, one spare, H1
        self.humidity_trimming = bytes(humidity_trimming)  # 7 bytes from 0xE1
        self.raw = raw  # (temperature, pressure, humidity)
        self.chip_id = 0x60
        self.hung = False
        self.brown_out()

    def brown_out(self):
        self.registers = {}
        self._done_us = None
        self._data = bytes((0x80, 0, 0, 0x80, 0, 0, 0x80, 0))

    def _settle(self):
        if self._done_us is not None and not self.hung and self.clock.us >= self._done_us:
            heat, pressure, damp = self.raw
            self._data = bytes((pressure >> 12, pressure >> 4 & 255, (pressure & 15) << 4)) + bytes(
                (heat >> 12, heat >> 4 & 255, (heat & 15) << 4, damp >> 8, damp & 255)
            )
            self._done_us = None
            self.registers[0xF4] &= 0xFC

    def get(self, register):
        self._settle()
        if 0x88 <= register <= 0xA1:
            return self.trimming[register - 0x88]
        if 0xE1 <= register <= 0xE7:
            return self.humidity_trimming[register - 0xE1]
        if 0xF7 <= register <= 0xFE:
            return self._data[register - 0xF7]
        if register == 0xD0:
            return self.chip_id
        if register == 0xF3:
            return 0 if self._done_us is None else 8
        return self.registers.get(register, 0)

    def put(self, register, value):
        if register == 0xE0 and value == 0xB6:
            self.brown_out()
            return
        self.registers[register] = value
        if register == 0xF4 and value & 3 in (1, 2):
            times = [0 if code == 0 else 1 << min(code, 5) - 1 for code in (value >> 5, value >> 2 & 7)]
            times.append(0 if not self.registers.get(0xF2, 0) else 1 << min(self.registers[0xF2] & 7, 5) - 1)
            self._done_us = self.clock.us + 1250 + 2300 * sum(times) + 575 * 2
