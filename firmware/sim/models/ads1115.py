"""ADS1115: four voltages, 16 bits (Texas Instruments SBAS444)."""

from .i2c import Words

_RANGE_V = (6.144, 4.096, 2.048, 1.024, 0.512, 0.256, 0.256, 0.256)
_RATE = (8, 16, 32, 64, 128, 250, 475, 860)
_PAIRS = ((0, 1), (0, 3), (1, 3), (2, 3))


class Ads1115(Words):
    """`volts` at the four inputs. `hung` True: conversions never end."""

    def __init__(self, clock, address=0x48, volts=(0.0, 0.0, 0.0, 0.0)):
        super().__init__(clock, address)
        self.volts = list(volts)
        self.hung = False
        self.reset()

    def reset(self):
        self.config = 0x8583
        self._conversion = 0
        self._done_us = None
        self._thresholds = {2: 0x8000, 3: 0x7FFF}

    def _settle(self):
        if self._done_us is None or self.hung or self.clock.us < self._done_us:
            return
        mux = self.config >> 12 & 7
        volts = self.volts[mux - 4] if mux >= 4 else self.volts[_PAIRS[mux][0]] - self.volts[_PAIRS[mux][1]]
        raw = int(round(volts / _RANGE_V[self.config >> 9 & 7] * 32768))
        self._conversion = max(-32768, min(32767, raw))
        self._done_us = None

    def get(self, register):
        self._settle()
        if register == 0:
            return self._conversion
        if register == 1:
            return self.config & 0x7FFF | (0x8000 if self._done_us is None else 0)
        return self._thresholds[register]

    def put(self, register, value):
        if register == 1:
            self.config = value
            if value & 0x8000:
                self._done_us = self.clock.us + 1_000_000 // _RATE[value >> 5 & 7]
        elif register in (2, 3):
            self._thresholds[register] = value
