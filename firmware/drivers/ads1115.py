"""ADS1115: four voltages with 16 bits over I2C."""

import asyncio

from micropython import const

CHANNELS = (("a0", "voltage", "V", 4), ("a1", "voltage", "V", 4), ("a2", "voltage", "V", 4), ("a3", "voltage", "V", 4))
# `inputs`: 0 to 3, or a pair as "0-1", "0-3", "1-3", "2-3". `scale`: what a divider in front makes of a volt.
DEFAULTS = {"address": 0x48, "inputs": [0, 1, 2, 3], "range_v": 4.096, "scale": 1.0, "interval_s": 10}
BUS = "i2c"

_CONVERSION = const(0)
_CONFIG = const(1)
_RANGES = (6.144, 4.096, 2.048, 1.024, 0.512, 0.256)
_PAIRS = ("0-1", "0-3", "1-3", "2-3")
_CONVERT_MS = const(9)  # 128 samples/s


class Driver:
    def __init__(self, bus, settings):
        self._i2c = bus
        self._address = settings["address"]
        if settings["range_v"] not in _RANGES:
            raise ValueError("range_v must be one of " + str(_RANGES))
        gain = _RANGES.index(settings["range_v"])
        self._volts = settings["range_v"] / 32768 * settings["scale"]
        self._configs = []
        channels = []
        for name in settings["inputs"]:
            if name in _PAIRS:
                mux = _PAIRS.index(name)
            elif name in (0, 1, 2, 3):
                mux = 4 + name
            else:
                raise ValueError("no input " + str(name))
            self._configs.append(0x8183 | mux << 12 | gain << 9)
            channels.append(("a" + str(name).replace("-", ""), "voltage", "V", 4))
        self.channels = tuple(channels)
        self._bytes = bytearray(2)

    def _get(self, register):
        self._i2c.readfrom_mem_into(self._address, register, self._bytes)
        return self._bytes[0] << 8 | self._bytes[1]

    async def _convert(self, config):
        self._bytes[0] = config >> 8
        self._bytes[1] = config & 255
        self._i2c.writeto_mem(self._address, _CONFIG, self._bytes)
        for _ in range(4):
            await asyncio.sleep_ms(_CONVERT_MS)
            state = self._get(_CONFIG)
            if state & 0x7FFF != config & 0x7FFF:
                raise OSError(5)  # it lost power, or somebody else speaks to it
            if state & 0x8000:
                value = self._get(_CONVERSION)
                return value - 65536 if value & 0x8000 else value
        raise OSError(110)

    async def read(self, out):
        """An input beyond the range is None; ValueError when all are."""
        known = False
        for i in range(len(self._configs)):
            raw = await self._convert(self._configs[i])
            if -32768 < raw < 32767:
                known = True
                out[i] = raw * self._volts
            else:
                out[i] = None
        if not known:
            raise ValueError("every input is beyond range_v")

    async def self_test(self):
        await self._convert(self._configs[0])
