"""A board on CPython: its clock, its modules, its restarts. Time passes as fast as the agent can use it, or really.

Drivers and agent run unchanged; what they import of the chip (`machine`, `network`, `esp32`) is what is set up here.
"""

import asyncio
import gc
import heapq
import os
import selectors
import sys
import time
import types

from sim.flash import Nor, PowerCut
from sim.partitions import Chip, partition_of

__all__ = ["Host", "PowerCut", "Restart"]

_REAL = {name: getattr(time, name) for name in ("time_ns", "monotonic")}
_COLLECT = gc.collect
_2000_MS = 946_684_800_000
_MODULES = ("machine", "network", "esp32")


def _real_us():
    return int(_REAL["monotonic"]() * 1e6)


class Restart(SystemExit):
    """`machine.reset()`."""


class _Loop(asyncio.SelectorEventLoop):
    def __init__(self, host):
        self._host = host
        super().__init__(_Selector(host))

    def time(self):
        return self._host.mono_us / 1e6


class _Selector(selectors.DefaultSelector):
    """Waiting moves the simulated clock."""

    def __init__(self, host):
        super().__init__()
        self._host = host

    def select(self, timeout=None):
        host = self._host
        if host.real_time:
            if host._ahead_us is None:
                host._ahead_us = host.mono_us - _real_us()
            events = super().select(timeout)
            host.pass_us(max(1, host._ahead_us + _real_us() - host.mono_us))
            return events
        events = super().select(0)
        if not events and timeout:
            host.pass_us(int(timeout * 1e6) + 1)
        return events


class Host:
    """One board: flash that outlives the power, a clock that does not, and a world outside.

    `true_ms`: what time it really is (1970). `at(ms, function)`: call it then; it may raise PowerCut or Restart.
    """

    def __init__(self, folder, *, sectors=64, start_ms=1_763_000_000_000, parts=None, networks=("home",), esp=None):
        self.folder = str(folder)
        self.nor = Nor(sectors)
        self.esp = esp or Chip(places=1)
        self.mono_us = 0
        self.true_us = start_ms * 1000
        self.rtc_offset_ms = None  # from true time; None: the clock starts in 2000
        self._rtc_from_us = 0
        self.real_time = False
        self._ahead_us = None  # of this machine's clock, since time is real
        self.cause = 1
        self.parts = parts or {}  # what else `machine` has, e.g. I2C
        self.networks = set(networks)
        self.server_away = False
        self._plans = []
        self.watchdog_fed = 0
        self.restarts = 0

    # Time

    @property
    def true_ms(self):
        return self.true_us // 1000

    def pass_us(self, us):
        self.mono_us += us
        self.true_us += us
        while self._plans and self._plans[0][0] <= self.true_us:
            heapq.heappop(self._plans)[2]()

    def at(self, ms, function):
        heapq.heappush(self._plans, (ms * 1000, len(self._plans) + id(function), function))

    def rtc_ms(self):
        """What the chip's clock tells, in ms since 2000."""
        if self.rtc_offset_ms is None:
            return (self.true_us - self._rtc_from_us) // 1000
        return self.true_ms - _2000_MS + self.rtc_offset_ms

    def power_on(self):
        self.rtc_offset_ms = None
        self._rtc_from_us = self.true_us
        self.cause = 1

    # Modules

    def _machine(self):
        host = self
        module = types.ModuleType("machine")
        module.PWRON_RESET, module.HARD_RESET, module.WDT_RESET, module.DEEPSLEEP_RESET, module.SOFT_RESET = range(1, 6)
        module.reset_cause = lambda: host.cause
        module.unique_id = lambda: b"\x24\x0a\xc4\x12\x34\x56"

        def reset():
            raise Restart

        class Clock:
            def datetime(self, told):
                y, mo, d, _, h, mi, s, _ = told
                ms = int(time.mktime((y, mo, d, h, mi, s, 0, 0, 0)) - time.timezone) * 1000
                host.rtc_offset_ms = ms - host.true_ms

        class Watchdog:
            def __init__(self, timeout=0):
                host.watchdog_timeout = timeout

            def feed(self):
                host.watchdog_fed += 1

        module.reset, module.RTC, module.WDT = reset, Clock, Watchdog
        for name, part in self.parts.items():
            setattr(module, name, part)
        return module

    def _network(self):
        host = self
        module = types.ModuleType("network")
        module.STA_IF, module.AP_IF = 0, 1
        module.hostname = lambda name=None: name

        class Wlan:
            STA_IF, IF_STA, AP_IF, IF_AP = 0, 0, 1, 1

            def __init__(self, kind=0):
                self.kind = kind
                self._active = False
                self._ssid = None
                self.settings = {}

            def active(self, on=None):
                if on is not None:
                    self._active = on
                return self._active

            def connect(self, ssid, password=None):
                self._ssid = ssid

            def disconnect(self):
                self._ssid = None

            def isconnected(self):
                return self._ssid in host.networks

            def ifconfig(self):
                return ("127.0.0.1", "255.0.0.0", "127.0.0.1", "127.0.0.1")

            def config(self, *asked, **settings):
                self.settings.update(settings)
                return b"\x24\x0a\xc4\x12\x34\x56" if asked else None

            def status(self, what=None):
                return -60

        module.WLAN = Wlan
        return module

    def _esp32(self):
        module = types.ModuleType("esp32")
        module.Partition = partition_of(self)
        return module

    def __enter__(self):
        self._before = {name: sys.modules.get(name) for name in _MODULES}
        self._cwd = os.getcwd()
        os.chdir(self.folder)
        sys.modules.update({"machine": self._machine(), "network": self._network(), "esp32": self._esp32()})
        time.time_ns = lambda: (self.rtc_ms() + _2000_MS) * 1_000_000
        time.ticks_ms = lambda: self.mono_us // 1000 & 0x3FFFFFFF
        time.ticks_us = lambda: self.mono_us & 0x3FFFFFFF
        time.ticks_diff = lambda a, b: ((a - b + 0x20000000) & 0x3FFFFFFF) - 0x20000000
        time.ticks_add = lambda a, b: (a + b) & 0x3FFFFFFF
        time.sleep_ms = lambda ms: self.pass_us(ms * 1000)
        time.sleep_us = self.pass_us
        asyncio.sleep_ms = lambda ms: asyncio.sleep(ms / 1000)
        gc.mem_free = lambda: 100_000
        gc.mem_alloc = lambda: 0
        gc.collect = lambda: 0
        return self

    def __exit__(self, *_):
        time.time_ns = _REAL["time_ns"]
        gc.collect = _COLLECT
        os.chdir(self._cwd)
        for name, module in self._before.items():
            if module is None:
                sys.modules.pop(name, None)
            else:
                sys.modules[name] = module
        # Drivers and others hold the modules of this board: whoever comes next imports them anew.
        for name in [name for name in sys.modules if name.startswith("drivers.")]:
            del sys.modules[name]

    def boot(self, main):
        """Run one start of the device: `main()` is a coroutine function; returns the exception that ended it."""
        loop = _Loop(self)
        loop.set_exception_handler(lambda *_: None)  # whom a cut found is not asked any more
        try:
            self.esp.start()
            return loop.run_until_complete(main())
        except (Restart, PowerCut) as end:
            self.restarts += 1
            if isinstance(end, PowerCut):
                self.power_on()
            else:
                self.cause = 5
            return end
        finally:
            tasks = asyncio.all_tasks(loop)
            for task in tasks:
                task.cancel()
            if tasks:
                loop.run_until_complete(asyncio.gather(*tasks, return_exceptions=True))
            loop.close()
