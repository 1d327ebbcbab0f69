"""HX711 × 2: two bridge amplifiers read in step over one clock pin; 10 or 80 samples/s."""

import asyncio
import time

from drivers import _force
from micropython import const

import machine

CHANNELS = (("left", "force", "N", 1), ("right", "force", "N", 1))
STREAM = (("left", "raw", "counts", 0), ("right", "raw", "counts", 0))
# `right` -1: one cell only. `rate`: what the RATE pin chooses.
DEFAULTS = {
    "clock": None,
    "left": None,
    "right": -1,
    "rate": 80,
    "interval_s": 1,
    "left_zero": 0,
    "right_zero": 0,
    "left_newtons": 0.001,
    "right_newtons": 0.001,
}
COMMANDS = _force.COMMANDS

_PULSES = const(25)  # 24 bits and one more: channel A, gain 128
_RAIL = const(0x7FFFFF)


class Driver:
    def __init__(self, bus, settings):
        both = settings["right"] >= 0
        self._clock = machine.Pin(settings["clock"], machine.Pin.OUT, value=0)
        self._left = machine.Pin(settings["left"], machine.Pin.IN, machine.Pin.PULL_UP)
        self._right = machine.Pin(settings["right"], machine.Pin.IN, machine.Pin.PULL_UP) if both else self._left
        self._scale = _force.Scale(settings, ("left", "right") if both else ("left",))
        self.channels = CHANNELS if both else CHANNELS[:1]
        self.STREAM = STREAM if both else STREAM[:1]
        self.rate = settings["rate"]
        self._raw = [0, 0]
        self._ring = None
        self._shifting = False
        self._fell_us = None

    def _shift(self):
        """Fetch both conversions with the same pulses. The clock may be high for 60 µs at most: no interrupt there."""
        clock, left, right = self._clock, self._left, self._right
        disable, enable = machine.disable_irq, machine.enable_irq
        a = b = 0
        self._shifting = True
        for i in range(_PULSES):
            state = disable()
            clock(1)
            clock(0)
            enable(state)
            if i < 24:
                a = a << 1 | left()
                b = b << 1 | right()
        self._shifting = False
        self._raw[0] = _force.signed24(a)
        self._raw[1] = _force.signed24(b)

    async def _take(self, raw):
        """Fill `raw` with the next conversion of each cell."""
        deadline = time.ticks_add(time.ticks_ms(), 3000 // self.rate + 500)
        while self._left() or self._right():
            if time.ticks_diff(deadline, time.ticks_ms()) < 0:
                raise OSError(110)
            await asyncio.sleep_ms(1)
        self._shift()
        for i in range(len(raw)):
            raw[i] = self._raw[i]
            # A chip lets its pin go high after the last bit; nothing but zeros on a low pin is no chip.
            if not raw[i] and not (self._right if i else self._left)():
                raise ValueError("data pin stays low: no chip answers")
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
        await self._take([0] * len(self.channels))

    async def command(self, name, args):
        return await self._scale.command(name, args, self._take)

    def _fell(self, pin):
        if not self._shifting:
            self._fell_us = time.ticks_us()

    def start(self, ring):
        """Stream. The instant of a sample is the falling edge of its data pin, not the moment it is fetched."""
        self._fell_us = None
        self._right.irq(handler=self._fell, trigger=machine.Pin.IRQ_FALLING)
        self._ring = ring
        self._task = asyncio.create_task(self._pump())

    async def _pump(self):
        while self._ring is not None:
            if not (self._left() or self._right()):
                us = self._fell_us
                self._shift()
                self._ring.put(time.ticks_us() if us is None else us, self._raw[0], self._raw[1])
                self._fell_us = None
            await asyncio.sleep_ms(1)

    def stop(self):
        self._ring = None
        self._right.irq(handler=None)

    close = stop
