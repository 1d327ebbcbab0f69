"""SCT-013: a current clamp on an ADC, with a ZMPT101B voltage sensor for real power if there is one.

Whole mains cycles and integer sums: rms² = E[x²] - E[x]². Without a voltage sensor power is apparent, an estimate.
"""

import asyncio
import math
import time

from drivers._energy import Energy
from micropython import const

import machine

CHANNELS = (
    ("current", "current", "A", 3),
    ("apparent_power", "apparent_power", "VA", 1),
    ("energy_estimate", "energy", "Wh", 1),
)
_WITH_VOLTAGE = (
    ("voltage", "voltage", "V", 1),
    ("current", "current", "A", 3),
    ("power", "power", "W", 1),
    ("apparent_power", "apparent_power", "VA", 1),
    ("power_factor", "power_factor", "1", 2),
    ("energy", "energy", "Wh", 1),
)
DEFAULTS = {
    "pin": None,
    "amps_per_volt": 90.9,  # 2000 turns on 22 ohm
    "noise_a": 0.1,  # below it a clamp shows its own noise: the value is 0
    "voltage_pin": -1,  # -1: no voltage sensor
    "volts_per_volt": 300.0,
    "mains_v": 230,  # assumed where it is not measured
    "mains_hz": 50,
    "phase_us": 0,  # what the clamp leads by
    "interval_s": 10,
}
COMMANDS = (
    {"name": "calibrate", "args": {"amps": {"type": "number", "min": 0.1, "max": 400}}},
    {"name": "calibrate_voltage", "args": {"volts": {"type": "number", "min": 50, "max": 400}}},
)

_UNIT_UV = const(500)  # one count; 300 squares of 1.1 V still fit a small integer
_UNIT_V = 0.0005
_LOW_UV = const(110_000)  # the ADC of an ESP32 shows 0 below 0.1 V
_HIGH_UV = const(2_950_000)
_CYCLES = const(10)


class Driver:
    def __init__(self, bus, settings):
        self._current = self._adc(settings["pin"])
        both = settings["voltage_pin"] >= 0
        self._voltage = self._adc(settings["voltage_pin"]) if both else None
        self.channels = _WITH_VOLTAGE if both else CHANNELS
        self._amps = settings["amps_per_volt"] * _UNIT_V
        self._volts = settings["volts_per_volt"] * _UNIT_V
        self._noise = settings["noise_a"]
        self._mains_v = settings["mains_v"]
        self._period_us = 1_000_000 // settings["mains_hz"]
        self._phase_us = settings["phase_us"]
        self._offset = self._offset_v = None  # followed, so that the squares stay small
        # Of ten cycles: samples, sums, squares and the product, in squares of a count.
        self._ii = self._vv = self._iv = 0.0
        self._energy = Energy()

    def _adc(self, pin):
        try:
            return machine.ADC(machine.Pin(pin), atten=machine.ADC.ATTN_11DB)
        except (AttributeError, TypeError):
            raise ValueError("the ADC of this chip is not made for a clamp") from None

    def _cycle(self):
        """Sum one whole cycle of the current."""
        read, offset, ticks, diff = self._current.read_uv, self._offset, time.ticks_us, time.ticks_diff
        n = total = squares = 0
        lowest, highest = _HIGH_UV, 0
        begin = ticks()
        while diff(ticks(), begin) < self._period_us:
            uv = read()
            if uv < lowest:
                lowest = uv
            if uv > highest:
                highest = uv
            x = uv // _UNIT_UV - offset
            total += x
            squares += x * x
            n += 1
        self._check(n, lowest, highest)
        over = self._over(diff(ticks(), begin), n)
        n -= over
        total -= over * x
        squares -= over * x * x
        mean = total / n
        self._offset += int(mean)
        self._ii += squares / n - mean * mean

    def _cycle_both(self):
        """The same with the voltage. It is read between two currents whose mean is the current of that instant."""
        read_i, read_v, ticks, diff = self._current.read_uv, self._voltage.read_uv, time.ticks_us, time.ticks_diff
        offset, offset_v = self._offset, self._offset_v
        n = i_sum = v_sum = ii = vv = iv = turned = before = 0
        lowest, highest = _HIGH_UV, 0
        begin = ticks()
        while diff(ticks(), begin) < self._period_us:
            uv = read_i()
            v = read_v() // _UNIT_UV - offset_v
            uv = uv + read_i() >> 1
            if uv < lowest:
                lowest = uv
            if uv > highest:
                highest = uv
            i = uv // _UNIT_UV - offset
            i_sum += i
            v_sum += v
            ii += i * i
            vv += v * v
            iv += i * v
            if n:
                turned += i * (v - before)
            before = v
            n += 1
        self._check(n, lowest, highest)
        over = self._over(diff(ticks(), begin), n)
        n -= over
        i_sum -= over * i
        v_sum -= over * v
        ii -= over * i * i
        vv -= over * v * v
        iv -= over * i * v
        i_mean, v_mean = i_sum / n, v_sum / n
        self._offset += int(i_mean)
        self._offset_v += int(v_mean)
        self._ii += ii / n - i_mean * i_mean
        self._vv += vv / n - v_mean * v_mean
        # `turned` / spacing is how the product grows with a delay of the voltage, near enough for a small angle.
        self._iv += iv / n - i_mean * v_mean + turned / n * (self._phase_us * n / self._period_us)

    def _over(self, elapsed, n):
        """The share of the last sample that lies beyond the cycle: with it the cycle is whole."""
        return min(1.0, max(0.0, (elapsed - self._period_us) * n / elapsed))

    def _check(self, n, lowest, highest):
        if n < 40:
            raise ValueError("the ADC is too slow")
        if (lowest < _LOW_UV and highest > _LOW_UV) or highest > _HIGH_UV:
            raise ValueError("clipped: the current is beyond the range of the burden")
        if highest <= _LOW_UV:
            raise ValueError("no bias at the pin: not connected")

    async def _measure(self):
        if self._offset is None:
            self._offset = self._current.read_uv() // _UNIT_UV
            if self._voltage:
                self._offset_v = self._voltage.read_uv() // _UNIT_UV
            # The first cycle only finds the middle.
            self._cycle_both() if self._voltage else self._cycle()
        self._ii = self._vv = self._iv = 0.0
        for _ in range(_CYCLES):
            if self._voltage:
                self._cycle_both()
            else:
                self._cycle()
            await asyncio.sleep_ms(0)

    def _rms(self, mean_square):
        return math.sqrt(max(mean_square, 0.0) / _CYCLES)

    async def read(self, out):
        try:
            await self._measure()
        except ValueError:
            self._offset = None  # begin anew once it is connected again
            raise
        amps = self._rms(self._ii) * self._amps
        quiet = amps < self._noise
        if quiet:
            amps = 0
        if not self._voltage:
            out[0] = amps
            out[1] = amps * self._mains_v
            out[2] = self._energy.add(out[1])
            return
        volts = self._rms(self._vv) * self._volts
        watts = 0 if quiet else self._iv / _CYCLES * self._amps * self._volts
        out[0] = volts
        out[1] = amps
        out[2] = watts
        out[3] = volts * amps
        out[4] = None if quiet else max(-1.0, min(1.0, watts / out[3])) if out[3] else None
        out[5] = self._energy.add(watts)

    async def self_test(self):
        self._offset = None
        await self._measure()

    def resume(self, values):
        self._energy.resume(values[-1])

    async def command(self, name, args):
        if name == "calibrate":
            wanted, setting = float(args["amps"]), "amps_per_volt"
        elif name == "calibrate_voltage" and self._voltage:
            wanted, setting = float(args["volts"]), "volts_per_volt"
        else:
            raise ValueError("unknown command " + name)
        await self._measure()
        counts = self._rms(self._ii if name == "calibrate" else self._vv)
        if counts < 4:
            raise ValueError("too little to calibrate with")
        factor = wanted / counts
        if name == "calibrate":
            self._amps = factor
        else:
            self._volts = factor
        return setting + " kept", {setting: factor / _UNIT_V}
