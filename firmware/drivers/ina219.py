"""INA219: voltage, current, power and energy of a DC line over I2C, with any shunt."""

import asyncio

from drivers._energy import Energy
from micropython import const

CHANNELS = (
    ("voltage", "voltage", "V", 3),
    ("current", "current", "A", 4),
    ("power", "power", "W", 3),
    ("energy", "energy", "Wh", 3),
)
DEFAULTS = {"address": 0x40, "shunt_ohm": 0.1, "max_a": 3.2, "max_v": 32, "average": 128, "interval_s": 10}
BUS = "i2c"

_CONFIG = const(0)
_SHUNT = const(1)
_BUS = const(2)
_POWER = const(3)
_CURRENT = const(4)
_CALIBRATION = const(5)
_READY = const(2)
_OVERFLOW = const(1)


class Driver:
    def __init__(self, bus, settings):
        shunt_v = settings["max_a"] * settings["shunt_ohm"]
        # Below 20.5 mV the calibration register is too small for the scale, above 320 mV the input ends.
        if not 0.0205 <= shunt_v <= 0.3201:
            raise ValueError("max_a x shunt_ohm must lie between 0.0205 and 0.32 V")
        gain = 0
        while shunt_v > 0.0401 * (1 << gain):
            gain += 1
        average = 0
        while 1 << average < settings["average"] and average < 7:
            average += 1
        self._i2c = bus
        self._address = settings["address"]
        self._bytes = bytearray(2)
        self._limit = 4000 << gain
        self._lsb = settings["max_a"] / 32768
        self._calibration = int(1342.177 / shunt_v) & 0xFFFE
        adc = 8 | average
        self._config = (settings["max_v"] > 16) << 13 | gain << 11 | adc << 7 | adc << 3 | 7
        self._cycle_ms = (1064 << average) // 1000 + 2
        self._energy = Energy()

    def _word(self, register):
        self._i2c.readfrom_mem_into(self._address, register, self._bytes)
        return self._bytes[0] << 8 | self._bytes[1]

    def _signed(self, register):
        value = self._word(register)
        return value - 65536 if value & 0x8000 else value

    def _write(self, register, value):
        self._bytes[0] = value >> 8
        self._bytes[1] = value & 255
        self._i2c.writeto_mem(self._address, register, self._bytes)

    async def _fresh(self):
        """Wait for a conversion with our settings. A brown-out forgets them without a sign: look each time."""
        if self._word(_CALIBRATION) != self._calibration or self._word(_CONFIG) != self._config:
            self._write(_CONFIG, 0x8000)
            self._write(_CALIBRATION, self._calibration)
            self._write(_CONFIG, self._config)
        for _ in range(4):
            bus = self._word(_BUS)
            if bus & _READY:
                return bus
            await asyncio.sleep_ms(self._cycle_ms)
        raise OSError(110)

    async def read(self, out):
        bus = await self._fresh()
        if bus & _OVERFLOW or abs(self._signed(_SHUNT)) >= self._limit:
            raise ValueError("current beyond the range of the shunt")
        current = self._signed(_CURRENT) * self._lsb
        self._word(_POWER)  # clears "ready": the next reading is a new one
        if self._word(_CALIBRATION) != self._calibration:
            raise OSError(5)  # it lost power between two registers
        out[0] = (bus >> 3) * 0.004
        out[1] = current
        out[2] = out[0] * current
        out[3] = self._energy.add(out[2])

    async def self_test(self):
        await self._fresh()

    def resume(self, values):
        self._energy.resume(values[3])
