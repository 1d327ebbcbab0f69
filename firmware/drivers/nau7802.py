"""NAU7802: a 24-bit bridge amplifier over I2C; 10 to 320 samples/s."""

import asyncio
import time

from drivers import _force
from micropython import const

CHANNELS = (("left", "force", "N", 1),)
STREAM = (("left", "raw", "counts", 0),)
DEFAULTS = {
    "rate": 320,
    "gain": 128,
    "interval_s": 1,
    "left_zero": 0,
    "left_newtons": 0.001,
}
COMMANDS = (
    {"name": "tare", "args": {}},
    {"name": "calibrate", "args": {"newtons": {"type": "number", "min": 1, "max": 20000}}},
)
BUS = "i2c"

_ADDRESS = const(0x2A)
_POWER = const(0)
_CONTROL1 = const(1)
_CONTROL2 = const(2)
_DATA = const(0x12)
_ADC = const(0x15)
_CAPACITOR = const(0x1C)
_REVISION = const(0x1F)
_ON = const(0x96)  # digital and analogue part on, conversions run, supply from the chip's own regulator
_RATES = (10, 20, 40, 80, 320)
_RAIL = const(0x7FFFFF)


class Driver:
    def __init__(self, bus, settings):
        self._i2c = bus
        self.rate = settings["rate"]
        if self.rate not in _RATES:
            raise ValueError("rate must be 10, 20, 40, 80 or 320")
        gain = 0
        while 1 << gain < settings["gain"] and gain < 7:
            gain += 1
        code = _RATES.index(self.rate)
        self._control1 = 0x28 | gain  # regulator at 3.0 V
        self._control2 = (7 if code == 4 else code) << 4
        self._scale = _force.Scale(settings, ("left",))
        self._one = bytearray(1)
        self._three = bytearray(3)
        self._ready = False
        self._ring = None
        self.lost = 0

    def _get(self, register):
        self._i2c.readfrom_mem_into(_ADDRESS, register, self._one)
        return self._one[0]

    def _put(self, register, value):
        self._one[0] = value
        self._i2c.writeto_mem(_ADDRESS, register, self._one)

    async def _set_up(self):
        if self._get(_REVISION) & 15 != 15:
            raise ValueError("not a NAU7802")
        self._put(_POWER, 1)
        self._put(_POWER, 2)
        await asyncio.sleep_ms(1)
        if not self._get(_POWER) & 8:
            raise OSError(110)
        self._put(_CONTROL1, self._control1)
        self._put(_ADC, 0x30)  # chopper off, as the data sheet asks
        self._put(_CAPACITOR, 0x80)
        self._put(_POWER, _ON)
        await asyncio.sleep_ms(200)  # the regulator settles
        self._put(_CONTROL2, self._control2 | 4)  # the chip measures its own offset
        for _ in range(20):
            await asyncio.sleep_ms(50)
            state = self._get(_CONTROL2)
            if not state & 4:
                break
        else:
            raise OSError(110)
        if state & 8:
            raise ValueError("offset calibration failed")
        self._ready = True

    def _fetch(self):
        """The conversion that is ready. A chip that lost power has other settings: nothing of it counts."""
        if self._get(_CONTROL2) & 0x70 != self._control2 or self._get(_CONTROL1) != self._control1:
            self._ready = False
            raise OSError(5)
        self._i2c.readfrom_mem_into(_ADDRESS, _DATA, self._three)
        three = self._three
        return _force.signed24(three[0] << 16 | three[1] << 8 | three[2])

    async def _take(self, raw):
        if not self._ready:
            await self._set_up()
        deadline = time.ticks_add(time.ticks_ms(), 3000 // self.rate + 50)
        while not self._get(_POWER) & 32:
            if time.ticks_diff(deadline, time.ticks_ms()) < 0:
                self._ready = False
                raise OSError(110)
            await asyncio.sleep_ms(1)
        value = self._fetch()
        if abs(value) >= _RAIL:
            raise ValueError("bridge beyond its range or not connected")
        raw[0] = value

    async def read(self, out):
        if self._ring is not None:
            raise OSError(16)  # a recording has the cell
        raw = [0]
        await self._take(raw)  # the conversion that lies there may be old
        await self._take(raw)
        self._scale.apply(raw, out)

    async def self_test(self):
        await self._set_up()

    async def command(self, name, args):
        return await self._scale.command(name, args, self._take)

    def start(self, ring):
        self._ring = ring
        self.lost = 0
        self._task = asyncio.create_task(self._pump())

    async def _pump(self):
        last = time.ticks_ms()
        while self._ring is not None:
            try:
                if not self._ready:
                    await self._set_up()
                    last = time.ticks_ms()
                if self._get(_POWER) & 32:
                    us, last = time.ticks_us(), time.ticks_ms()
                    self._ring.put(us, self._fetch(), 0)
                elif time.ticks_diff(time.ticks_ms(), last) > 3000 // self.rate + 50:
                    self._ready = False  # it lost power, or hangs
                    raise OSError(110)
            except (OSError, ValueError):
                self.lost += 1  # shown as a gap in time; the next one may come
            await asyncio.sleep_ms(1)

    def stop(self):
        self._ring = None

    close = stop
