"""Setting the clock, and writing times: needed now and then."""

import time

from agent.clock import SET, Y2000, Clock
from agent.late import late
from micropython import const

_STEP = const(300)  # ms: below, a correction is noise of the network
_JUMP = const(600000)  # ms: a jump beyond needs to be told twice


def started():
    """The clock, with what the chip's own tells."""
    clock = Clock()
    clock.base = time.time_ns() // 1000000 - _since()
    clock._ticks = time.ticks_ms()
    return clock


def _since():
    """The chip counts from 2000, or from 1970."""
    return Y2000 if time.gmtime(0)[0] == 1970 else 0


def tell(clock, ms, trusted):
    """See `Clock.tell`."""
    ms -= Y2000
    now = clock.now()
    shift = ms - now
    if ms < SET or (now >= SET and (not trusted or abs(shift) < _STEP)):
        return False
    if now >= SET and abs(shift) > _JUMP:
        doubted, clock.doubted = clock.doubted, shift
        if doubted is None or abs(doubted - shift) > _STEP * 10:
            return False
    clock.doubted = None
    clock.base += shift
    _keep(ms)
    if now < SET and clock.outbox:
        late("agent.ring").new_era(clock.outbox, ms, shift)
    return True


def _keep(ms):
    """Let the chip's clock run on over restarts."""
    try:
        import machine

        y, mo, d, h, mi, s, w, _ = time.gmtime((ms + _since()) // 1000)[:8]
        machine.RTC().datetime((y, mo, d, w, h, mi, s, 0))
    except (ImportError, AttributeError, OSError):
        pass  # it is right until the next start


def estimate(uplink, ms, era):
    """The shift of an era in which nobody told the time before the power went: it came after what is known before."""
    shift = (uplink.told or uplink.clock.now() - 60000 - ms) + 1000 - ms
    uplink.outbox.shifts[era] = shift
    uplink.estimated += 1
    uplink.log("uplink", "the time of some samples is estimated")
    return shift


def iso(ms):
    """A time in ms since 2000 as 2025-09-21T08:30:10Z."""
    return "%04d-%02d-%02dT%02d:%02d:%02dZ" % tuple(time.gmtime((ms + _since()) // 1000)[:6])
