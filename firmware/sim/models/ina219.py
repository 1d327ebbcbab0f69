"""INA219: current and voltage of a DC line (Texas Instruments SBOS448)."""

from .i2c import Words

_CONFIG_RESET = 0x399F
# ADC setting (4 bits) to microseconds of one conversion.
_ADC_US = (84, 148, 276, 532, 84, 148, 276, 532, 532, 1060, 2130, 4260, 8510, 17020, 34050, 68100)


class Ina219(Words):
    """`amps` flow through `shunt_ohm` at `volts`. Fault: `brown_out()` resets every register without a sign."""

    def __init__(self, clock, address=0x40, shunt_ohm=0.1, amps=0.0, volts=12.0):
        super().__init__(clock, address)
        self.shunt_ohm = shunt_ohm
        self.amps = amps
        self.volts = volts
        self.stopped = False  # True: the converter hangs
        self.brown_out()

    def brown_out(self):
        self.config = _CONFIG_RESET
        self.calibration = 0
        self._since = self.clock.us

    def _full_scale(self):
        return 4000 << (self.config >> 11 & 3)

    def _shunt(self):
        limit = self._full_scale()
        return max(-limit, min(limit, int(round(self.amps * self.shunt_ohm / 10e-6))))

    def _bus(self):
        limit = 8000 if self.config & 0x2000 else 4000
        return max(0, min(limit, int(self.volts / 0.004 + 1e-6)))

    def _current(self):
        return self._shunt() * self.calibration >> 12

    def _power(self):
        return abs(self._current()) * self._bus() // 5000

    def _ready(self):
        cycle = _ADC_US[self.config >> 3 & 15] + _ADC_US[self.config >> 7 & 15]
        return not self.stopped and self.clock.us - self._since >= cycle

    def get(self, register):
        if register == 0:
            return self.config
        if register == 1:
            return self._shunt()
        if register == 2:
            over = abs(self._current()) > 0x7FFF or self._power() > 0xFFFF
            return self._bus() << 3 | self._ready() << 1 | over
        if register == 3:
            self._since = self.clock.us  # reading the power clears "conversion ready"
            return self._power()
        if register == 4:
            return self._current()
        return self.calibration

    def put(self, register, value):
        if register == 0:
            if value & 0x8000:
                self.brown_out()
            else:
                self.config = value
                self._since = self.clock.us
        elif register == 5:
            self.calibration = value & 0xFFFE
