"""Pins of a board, in place of `machine.Pin`."""

_PIN_US = 2  # one access from MicroPython


class Pin:
    """A pin that remembers its level. `drive(level)`: what the outside applies to an input."""

    IN = 0
    OUT = 1
    OPEN_DRAIN = 2
    PULL_UP = 1
    PULL_DOWN = 2
    IRQ_FALLING = 2
    IRQ_RISING = 1

    def __init__(self, clock, level=0):
        self.clock = clock
        self.level = level
        self.history = []
        self._handler = None
        self._trigger = 0

    def init(self, mode=-1, pull=-1, value=None, **options):
        if value is not None:
            self.value(value)

    def value(self, level=None):
        self.clock.advance(us=_PIN_US)
        if level is None:
            return self.level
        self.level = int(bool(level))
        self.history.append((self.clock.us, self.level))
        return None

    def __call__(self, level=None):
        return self.value(level)

    def on(self):
        self.value(1)

    def off(self):
        self.value(0)

    def irq(self, handler=None, trigger=3, hard=False):
        self._handler = handler
        self._trigger = trigger

    def drive(self, level):
        before, self.level = self.level, level
        edge = self.IRQ_RISING if level > before else self.IRQ_FALLING if level < before else 0
        if self._handler and edge & self._trigger:
            self._handler(self)
