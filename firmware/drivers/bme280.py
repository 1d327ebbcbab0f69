"""BME280: temperature, pressure and humidity over I2C; the example of a sensor added to the firmware.

Compensation with the integers of Bosch's data sheet BST-BME280-DS002, 4.2.3: a board's floats are too short for it.
"""

import asyncio
import struct

from micropython import const

CHANNELS = (
    ("temperature", "temperature", "°C", 2),
    ("pressure", "pressure", "Pa", 0),
    ("humidity", "humidity", "%", 2),
)
DEFAULTS = {"address": 0x76, "interval_s": 30}
BUS = "i2c"

_TRIMMING = const(0x88)
_ID = const(0xD0)
_TRIMMING_HUMIDITY = const(0xE1)
_HUMIDITY = const(0xF2)
_STATUS = const(0xF3)
_MEASURE = const(0xF4)
_DATA = const(0xF7)
_SETTLE_MS = const(12)  # one conversion of each takes at most 9.3 ms (data sheet 9.1)


def temperature(raw, t1, t2, t3):
    """Return "fine" temperature; (fine * 5 + 128) >> 8 is hundredths of a degree."""
    a = ((raw >> 3) - (t1 << 1)) * t2 >> 11
    b = (raw >> 4) - t1
    return a + ((b * b >> 12) * t3 >> 14)


def pressure(raw, fine, p1, p2, p3, p4, p5, p6, p7, p8, p9):
    """Return 1/256 Pa. Raises ValueError when the trimming is all zero."""
    a = fine - 128000
    b = a * a * p6 + (a * p5 << 17) + (p4 << 35)
    a = (a * a * p3 >> 8) + (a * p2 << 12)
    a = ((1 << 47) + a) * p1 >> 33
    if not a:
        raise ValueError("no trimming")
    p = ((1048576 - raw << 31) - b) * 3125 // a
    return (p + (p9 * (p >> 13) * (p >> 13) >> 25) + (p8 * p >> 19) >> 8) + (p7 << 4)


def humidity(raw, fine, h1, h2, h3, h4, h5, h6):
    """Return 1/1024 %, between 0 and 100 %."""
    v = fine - 76800
    x = (raw << 14) - (h4 << 20) - h5 * v + 16384 >> 15
    y = ((v * h6 >> 10) * ((v * h3 >> 11) + 32768) >> 10) + 2097152
    v = x * (y * h2 + 8192 >> 14)
    v -= ((v >> 15) * (v >> 15) >> 7) * h1 >> 4
    return min(max(v, 0), 419430400) >> 12


class Driver:
    def __init__(self, bus, settings):
        self._i2c = bus
        self._address = settings["address"]
        self._raw = bytearray(8)
        self._trim = None

    async def _trimming(self):
        if self._i2c.readfrom_mem(self._address, _ID, 1)[0] != 0x60:
            raise ValueError("not a BME280")
        low = self._i2c.readfrom_mem(self._address, _TRIMMING, 26)
        high = self._i2c.readfrom_mem(self._address, _TRIMMING_HUMIDITY, 7)
        h2, h3, a, b, c, h6 = struct.unpack("<hBbBbb", high)
        # H4 and H5 are 12 bits each and share the byte in the middle.
        self._trim = struct.unpack("<HhhHhhhhhhhh", low[:24]) + (low[25], h2, h3, a << 4 | b & 15, c << 4 | b >> 4, h6)

    async def read(self, out):
        if self._trim is None:
            await self._trimming()
        # Humidity counts only once the measurement is written after it; forced mode: one conversion, then sleep.
        self._i2c.writeto_mem(self._address, _HUMIDITY, b"\x01")
        self._i2c.writeto_mem(self._address, _MEASURE, b"\x25")
        for _ in range(5):
            await asyncio.sleep_ms(_SETTLE_MS)
            if not self._i2c.readfrom_mem(self._address, _STATUS, 1)[0] & 8:
                break
        else:
            raise OSError(110)
        self._i2c.readfrom_mem_into(self._address, _DATA, self._raw)
        raw = self._raw
        heat = raw[3] << 12 | raw[4] << 4 | raw[5] >> 4
        if heat == 0x80000:
            self._trim = None  # no conversion was made: it lost power
            raise ValueError("no measurement")
        fine = temperature(heat, *self._trim[:3])
        out[0] = (fine * 5 + 128 >> 8) / 100
        out[1] = pressure(raw[0] << 12 | raw[1] << 4 | raw[2] >> 4, fine, *self._trim[3:12]) / 256
        out[2] = humidity(raw[6] << 8 | raw[7], fine, *self._trim[12:]) / 1024

    async def self_test(self):
        await self._trimming()
        values = [None, None, None]
        await self.read(values)
        if not (-40 <= values[0] <= 85 and 30000 <= values[1] <= 110000):
            raise ValueError("beyond what the chip can measure")
