"""A mains waveform as a current transformer and a voltage sensor give it to an ADC."""

import math

_LCG = 1103515245


class Adc:
    """`machine.ADC` on a wave around a bias. One reading costs `cost_us`.

    `amplitude_v`: peak of the sine at the pin; `lag_rad`: behind the reference; `harmonic`: share of the third;
    `noise_v`: peak of even noise (repeatable). `unplugged` True: the pin hangs at the rail.
    """

    def __init__(
        self, clock, amplitude_v=0.0, hertz=50.0, bias_v=1.3, lag_rad=0.0, noise_v=0.0, harmonic=0.0, cost_us=60
    ):
        self.clock = clock
        self.amplitude_v = amplitude_v
        self.hertz = hertz
        self.bias_v = bias_v
        self.lag_rad = lag_rad
        self.noise_v = noise_v
        self.harmonic = harmonic
        self.cost_us = cost_us
        self.unplugged = False
        self._seed = 1

    def volts(self):
        if self.unplugged:
            return 0.0
        # Whole microseconds of one second first: 32-bit floats of a board have 24 bits.
        angle = 2 * math.pi * self.hertz * (self.clock.us % 1_000_000) / 1_000_000 - self.lag_rad
        self._seed = (self._seed * _LCG + 12345) % (1 << 31)
        noise = self.noise_v * (self._seed / (1 << 30) - 1)
        return self.bias_v + self.amplitude_v * (math.sin(angle) + self.harmonic * math.sin(3 * angle)) + noise

    def read_uv(self):
        """Microvolts as an ESP32 gives them: 12 bits over 0 to 3.1 V, nothing below 0.1 V."""
        volts = self.volts()
        self.clock.advance(us=self.cost_us)
        step = 3.1 / 4096
        return int(int(min(max(volts, 0.0), 3.1) / step) * step * 1_000_000) if volts >= 0.1 else 0

    def read_u16(self):
        return min(65535, int(self.read_uv() * 65535 / 3_100_000))
