"""A world that is told the time: a clock, the `time` and `asyncio` that drivers see, and a runner of coroutines."""

import sys

_WRAP = 1 << 30  # ticks_ms and ticks_us of a board wrap here


class Clock:
    """Microseconds that pass only when something costs time; stands in for the module `time`."""

    def __init__(self, us=0):
        self.us = us
        self.longest_us = 0  # that a coroutine ran without a pause

    def advance(self, ms=0, us=0):
        self.us += ms * 1000 + us

    def ticks_us(self):
        return self.us % _WRAP

    def ticks_ms(self):
        return self.us // 1000 % _WRAP

    def ticks_diff(self, later, earlier):
        return (later - earlier + _WRAP // 2) % _WRAP - _WRAP // 2

    def ticks_add(self, ticks, delta):
        return (ticks + delta) % _WRAP

    def sleep_us(self, us):
        self.us += us

    def sleep_ms(self, ms):
        self.us += ms * 1000

    def sleep(self, s):
        self.us += int(s * 1_000_000)

    def time(self):
        return self.us // 1_000_000


class _Pause:
    def __init__(self, us):
        self._us = us

    def __iter__(self):
        yield self._us

    __await__ = __iter__


class Pauses:
    """What drivers use of the module `asyncio`."""

    def sleep(self, s):
        return _Pause(int(s * 1_000_000))

    def sleep_ms(self, ms):
        return _Pause(ms * 1000)

    def create_task(self, coroutine):
        _TASKS.append((0, coroutine))
        return coroutine


_TASKS = []  # (when it goes on, coroutine): what drivers started


def run(clock, coroutine):
    """Run a coroutine to its end; its pauses move the clock, and what was started meanwhile gets its turns."""
    while True:
        began = clock.us
        try:
            pause = coroutine.send(None)
        except StopIteration as done:
            return done.value
        finally:
            clock.longest_us = max(clock.longest_us, clock.us - began)
        turn(clock, clock.us + pause)


def turn(clock, until_us):
    """Let started tasks run until an instant; the clock stands there or later afterwards."""
    while _TASKS:
        first = min(_TASKS, key=lambda task: task[0])
        if first[0] > until_us:
            break
        _TASKS.remove(first)
        clock.us = max(clock.us, first[0])
        try:
            pause = first[1].send(None)
            _TASKS.append((clock.us + pause, first[1]))
        except StopIteration:
            pass
    clock.us = max(clock.us, until_us)


def forget():
    """Close what still runs."""
    while _TASKS:
        _TASKS.pop()[1].close()


class Const:
    """What drivers use of the module `micropython`."""

    def const(self, value):
        return value

    def native(self, function):
        return function

    viper = native

    def schedule(self, function, argument):
        function(argument)


def load(name, clock, **modules):
    """Import driver `name` afresh, with the told time in place of `time`, `asyncio` and `micropython`.

    Further keywords are modules of a board that the driver imports: `machine`, `esp32`, `network`.
    """
    modules.update({"time": clock, "asyncio": Pauses(), "micropython": Const()})
    before = {key: sys.modules.pop(key) for key in list(sys.modules) if key in modules or key.startswith("drivers.")}
    try:
        sys.modules.update(modules)
        return __import__("drivers." + name, None, None, ("Driver",))
    finally:
        for key in list(sys.modules):
            if key in modules or key.startswith("drivers."):
                del sys.modules[key]
        sys.modules.update(before)
