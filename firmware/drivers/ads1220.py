"""ADS1220 × 2: bridge amplifiers over SPI (phase 1), 1000 samples/s on each of two cells, fetched by interrupt."""

import asyncio
import time

from drivers import _force
from micropython import const

import machine

CHANNELS = (("left", "force", "N", 1), ("right", "force", "N", 1))
STREAM = (("left", "raw", "counts", 0), ("right", "raw", "counts", 0))
# One chip for each cell: chip select and data ready. -1 for the right: one cell only.
DEFAULTS = {
    "left_cs": None,
    "left_ready": None,
    "right_cs": -1,
    "right_ready": -1,
    "rate": 1000,
    "interval_s": 1,
    "left_zero": 0,
    "right_zero": 0,
    "left_newtons": 0.001,
    "right_newtons": 0.001,
}
COMMANDS = _force.COMMANDS
BUS = "spi"

_RATES = (20, 45, 90, 175, 330, 600, 1000)
_RAIL = const(0x7FFFFF)


class Driver:
    def __init__(self, bus, settings):
        if settings["rate"] not in _RATES:
            raise ValueError("rate must be one of " + str(_RATES))
        both = settings["right_cs"] >= 0
        self.rate = settings["rate"]
        self._spi = bus
        pin, ready = machine.Pin, [settings["left_ready"]]
        self._cs = [pin(settings["left_cs"], pin.OUT, value=1)]
        if both:
            self._cs.append(pin(settings["right_cs"], pin.OUT, value=1))
            ready.append(settings["right_ready"])
        self._drdy = [pin(number, pin.IN) for number in ready]
        self._scale = _force.Scale(settings, ("left", "right")[: len(ready)])
        self.channels = CHANNELS[: len(ready)]
        self.STREAM = STREAM[: len(ready)]
        # AIN0 against AIN1 with gain 128; rate, continuous; bridge supply as reference; no current sources.
        self._config = bytes((0x0E, _RATES.index(self.rate) << 5 | 4, 0x40, 0))
        self._four = bytearray(4)
        self._three = bytearray(3)
        self._raw = [0, 0]
        self._ready = False
        self._ring = None

    def _send(self, i, data):
        self._cs[i](0)
        self._spi.write(data)
        self._cs[i](1)

    def _verify(self, i):
        """What the chip holds must be what it was given: it lost power, or nothing is there."""
        self._cs[i](0)
        self._spi.write(b"\x23")
        self._spi.readinto(self._four)
        self._cs[i](1)
        if self._four != self._config:
            self._ready = False
            raise OSError(19)

    async def _set_up(self):
        for i in range(len(self._cs)):
            self._send(i, b"\x06")
        await asyncio.sleep_ms(1)
        for i in range(len(self._cs)):
            self._send(i, b"\x43" + self._config)
            self._verify(i)
        for cs in self._cs:  # both start with the same byte: they stay in step as far as their clocks do
            cs(0)
        self._spi.write(b"\x08")
        for cs in self._cs:
            cs(1)
        self._ready = True

    def _fetch(self):
        three = self._three
        for i in range(len(self._cs)):
            cs = self._cs[i]
            cs(0)
            self._spi.readinto(three)
            cs(1)
            value = three[0] << 16 | three[1] << 8 | three[2]
            self._raw[i] = value - 0x1000000 if value & 0x800000 else value

    def _waiting(self):
        for pin in self._drdy:
            if pin():
                return True
        return False

    async def _take(self, raw):
        if not self._ready:
            await self._set_up()
        for i in range(len(self._cs)):
            self._verify(i)
        deadline = time.ticks_add(time.ticks_ms(), 3000 // self.rate + 20)
        while self._waiting():
            if time.ticks_diff(deadline, time.ticks_ms()) < 0:
                self._ready = False
                raise OSError(110)
            await asyncio.sleep_ms(1)
        self._fetch()
        for i in range(len(raw)):
            raw[i] = self._raw[i]
            if abs(raw[i]) >= _RAIL:
                raise ValueError("bridge beyond its range or not connected")

    async def read(self, out):
        if self._ring is not None:
            raise OSError(16)  # a recording has the cells
        raw = [0] * len(self.channels)
        await self._take(raw)  # the conversion that lies there may be old
        await self._take(raw)
        self._scale.apply(raw, out)

    async def self_test(self):
        await self._set_up()

    async def command(self, name, args):
        return await self._scale.command(name, args, self._take)

    def start(self, ring):
        """Stream: whichever chip is ready last fetches both."""
        self._ring = ring
        self._task = asyncio.create_task(self._begin())

    async def _begin(self):
        """Both begin anew, in step. Interrupts only afterwards: they would speak on the bus in the middle of it."""
        while self._ring is not None:
            try:
                await self._set_up()
            except OSError:
                self._ready = False  # read() says it aloud; the recording is empty until the chips answer
                await asyncio.sleep_ms(100)
                continue
            for pin in self._drdy:
                pin.irq(handler=self._fell, trigger=machine.Pin.IRQ_FALLING)
            return

    def _fell(self, pin):
        """Interrupt: allocates nothing."""
        if self._ring is None or self._waiting():
            return
        us = time.ticks_us()
        self._fetch()
        self._ring.put(us, self._raw[0], self._raw[1])

    def stop(self):
        for pin in self._drdy:
            pin.irq(handler=None)
        self._ring = None

    close = stop
