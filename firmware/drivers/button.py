"""Button: whether it is pressed, and how often it was."""

import time

from micropython import const

import machine

CHANNELS = (("pressed", "state", "", 0), ("presses", "pulses", "1", 0))
# `inverted`: pressed is low, with a pull-up inside the chip.
DEFAULTS = {"pin": None, "inverted": True, "interval_s": 10}

_BOUNCE_MS = const(30)
_STUCK_MS = const(600_000)  # nobody presses for ten minutes


class Driver:
    """`pressed(long_ms)`, when set, is called after each press with how long it lasted."""

    def __init__(self, bus, settings):
        pin = machine.Pin
        self._active = 0 if settings["inverted"] else 1
        self._pin = pin(settings["pin"], pin.IN, pin.PULL_UP if settings["inverted"] else pin.PULL_DOWN)
        self.count = 0
        self.pressed = None
        self._down = False
        self._at = time.ticks_add(time.ticks_ms(), -_BOUNCE_MS)
        self._pin.irq(handler=self._edge, trigger=pin.IRQ_FALLING | pin.IRQ_RISING)

    def _edge(self, pin):
        now, down = time.ticks_ms(), pin() == self._active
        lasted = time.ticks_diff(now, self._at)
        if down == self._down or lasted < _BOUNCE_MS:
            return
        self._down, self._at = down, now
        if down:
            self.count += 1
        elif self.pressed:
            self.pressed(lasted)

    async def read(self, out):
        self._edge(self._pin)  # an edge within the bounce of another is found here at the latest
        if self._down and time.ticks_diff(time.ticks_ms(), self._at) > _STUCK_MS:
            raise ValueError("held for ten minutes: stuck or wired wrongly")
        out[0] = 1 if self._down else 0
        out[1] = self.count

    async def self_test(self):
        if self._pin() == self._active:
            raise ValueError("pressed at the start: stuck or wired wrongly")

    def resume(self, values):
        if values[1] is not None:
            self.count += int(values[1])

    def close(self):
        self._pin.irq(handler=None)
