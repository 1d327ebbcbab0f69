"""Detectors: conditions over one channel as state machines. Samples in, flips out; told nothing but samples.

A detector moves forward in sample time only: it is given instants that rise and are above all it has seen. What may
be left out without changing the result is said by `calm`: values in that range neither flip it nor are remembered.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import inf, nextafter
from typing import Any, Final, NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from ohmstead.domain.condition import Condition, Implausible, Rate, Stuck, Threshold, WeakSignal
from ohmstead.domain.device import Channel
from ohmstead.domain.quantity import QUANTITIES, Kind
from ohmstead.domain.telemetry import HOUR, SECOND

Times = NDArray[np.int64]
Values = NDArray[np.float64]

# Nobody watched: a hole of more than this, and of more than the duration asked for, begins the duration anew.
LONGEST_HOLE_US: Final = HOUR
SLOTS: Final = 60
# Fewer equal values than this are no sign of anything, however long they took.
FEWEST_EQUAL: Final = 10
_SMALL: Final = 8  # samples below which a plain loop is faster than columns


class Flip(NamedTuple):
    """A condition begins or ceases to hold, at the instant and value of a sample."""

    at: int
    holds: bool
    value: float


class Detector(Protocol):
    """`holds` is what it says now. `state` is JSON, None for one that says nothing a fresh one would not."""

    @property
    def holds(self) -> bool: ...
    def feed(self, t: Times, v: Values) -> list[Flip]: ...
    def calm(self) -> tuple[float, float]: ...
    def state(self) -> Any: ...
    def restore(self, state: Any) -> None: ...


NEVER_CALM: Final = (inf, -inf)


@dataclass(slots=True)
class Band:
    """Outside [low, high] for `for_us`; over once it is back inside [clear_low, clear_high].

    While it is outside but not for long enough, `since` is when it left. With `stays`, the value is as it was until
    the next sample says otherwise (a state), and `passed` may end the duration.
    """

    low: float
    high: float
    clear_low: float
    clear_high: float
    for_us: int
    stays: bool = False
    holds: bool = False
    since: int | None = None
    upto: int = 0

    def feed(self, t: Times, v: Values) -> list[Flip]:
        if len(t) <= _SMALL:
            flips = [flip for at, value in zip(t.tolist(), v.tolist(), strict=True) if (flip := self.step(at, value))]
        else:
            flips = self._columns(t, v)
        self.upto = int(t[-1])
        return flips

    def step(self, at: int, value: float) -> Flip | None:
        """One sample."""
        before, self.upto = self.upto, at
        if self.holds:
            if self.clear_low <= value <= self.clear_high:
                self.holds, self.since = False, None
                return Flip(at, False, value)
            return None
        if self.low <= value <= self.high:
            self.since = None
            return None
        if self.since is None or (not self.stays and at - before > max(self.for_us, LONGEST_HOLE_US)):
            self.since = at
        if at - self.since >= self.for_us:
            self.holds = True
            return Flip(at, True, value)
        return None

    def _columns(self, t: Times, v: Values) -> list[Flip]:
        outside = (v < self.low) | (v > self.high)
        inside = (v >= self.clear_low) & (v <= self.clear_high)
        if not self.stays and self.for_us:
            hole = np.diff(t, prepend=self.upto or int(t[0])) > max(self.for_us, LONGEST_HOLE_US)
        else:
            hole = np.zeros(len(t), np.bool_)
        flips: list[Flip] = []
        i, n = 0, len(t)
        while i < n:
            if self.holds:
                i = _first(inside, i)
                if i < n:
                    self.holds, self.since = False, None
                    flips.append(Flip(int(t[i]), False, float(v[i])))
                    i += 1
                continue
            if self.since is None:
                i = _first(outside, i)
                if i == n:
                    break
                self.since = int(t[i])
            elif hole[i] and outside[i]:
                self.since = int(t[i])
            back, again = _first(~outside, i), _first(hole, i + 1)
            ripe = max(i, int(np.searchsorted(t, self.since + self.for_us)))
            if ripe < min(back, again):
                self.holds = True
                flips.append(Flip(int(t[ripe]), True, float(v[ripe])))
                i = ripe + 1
            elif back <= again:
                self.since = None if back < n else self.since
                i = back
            else:
                i = again
        return flips

    def passed(self, now: int) -> Flip | None:
        """Time has passed without a sample: a state that is outside has stayed there."""
        if not self.stays or self.holds or self.since is None or now - self.since < self.for_us:
            return None
        self.holds = True
        return Flip(self.since + self.for_us, True, inf)

    def calm(self) -> tuple[float, float]:
        if self.holds:
            if self.low == -inf:
                return nextafter(self.clear_high, inf), inf
            return (-inf, nextafter(self.clear_low, -inf)) if self.high == inf else NEVER_CALM
        # A hole matters only while something is pending, so samples inside may be left out.
        return (self.low, self.high) if self.since is None else NEVER_CALM

    def state(self) -> Any:
        return [self.upto, self.holds, self.since] if self.holds or self.since is not None else None

    def restore(self, state: Any) -> None:
        self.upto, self.holds, self.since = state


@dataclass(slots=True)
class Slope:
    """Rises or falls by so much within 60 slots of time; over once it no longer does.

    Slots begin at multiples of their width since 1970; the window is the slot of the newest sample and the 60 before.
    """

    rises_by: float
    falls_by: float
    slot_us: int
    holds: bool = False
    upto: int = 0
    slots: tuple[tuple[int, float, float], ...] = ()  # (number, lowest, highest), rising

    def feed(self, t: Times, v: Values) -> list[Flip]:
        flips: list[Flip] = []
        for at, value in zip(t.tolist(), v.tolist(), strict=True):
            slot = at // self.slot_us
            kept = [one for one in self.slots if one[0] >= slot - SLOTS]
            if kept and kept[-1][0] == slot:
                number, low, high = kept[-1]
                kept[-1] = (number, min(low, value), max(high, value))
            else:
                kept.append((slot, value, value))
            self.slots = tuple(kept)
            rise = value - min(one[1] for one in kept)
            fall = max(one[2] for one in kept) - value
            if (rise >= self.rises_by or fall >= self.falls_by) != self.holds:
                self.holds = not self.holds
                flips.append(Flip(at, self.holds, value))
        if len(t):
            self.upto = int(t[-1])
        return flips

    def remember(self, t: Times, v: Values) -> None:
        """Fill the window with samples that were judged before; what it says stays as it was."""
        held = self.holds
        self.feed(t, v)
        self.holds = held

    def calm(self) -> tuple[float, float]:
        return NEVER_CALM

    def state(self) -> Any:
        # The window is read back from the stored samples.
        return [self.holds] if self.holds else None

    def restore(self, state: Any) -> None:
        (self.holds,) = state


@dataclass(slots=True)
class Same:
    """The very same value for `for_us`, in 10 samples at least; over with the first other one."""

    for_us: int
    ignore_zero: bool
    holds: bool = False
    upto: int = 0
    value: float | None = None
    since: int = 0
    count: int = 0

    def feed(self, t: Times, v: Values) -> list[Flip]:
        flips: list[Flip] = []
        starts = (np.flatnonzero(np.diff(v)) + 1).tolist()
        edges = [0, *starts, len(v)]
        for low, high in pairwise(edges):
            value = float(v[low])
            if value != self.value:
                if self.holds:
                    self.holds = False
                    flips.append(Flip(int(t[low]), False, value))
                self.value, self.since, self.count = value, int(t[low]), 0
            ripe = low + int(np.searchsorted(t[low:high], self.since + self.for_us))
            ripe = max(ripe, low + FEWEST_EQUAL - 1 - self.count)
            self.count += high - low
            if not self.holds and ripe < high and not (self.ignore_zero and value == 0):
                self.holds = True
                flips.append(Flip(int(t[ripe]), True, value))
        self.upto = int(t[-1])
        return flips

    def calm(self) -> tuple[float, float]:
        return NEVER_CALM

    def state(self) -> Any:
        """Worth keeping once it is suspicious: a lively value would be written for nothing each time."""
        if not self.holds and self.upto - self.since < self.for_us / 4:
            return None
        return [self.upto, self.holds, self.value, self.since, self.count]

    def restore(self, state: Any) -> None:
        self.upto, self.holds, self.value, self.since, self.count = state


def detector(condition: Condition, channel: Channel) -> Detector | None:
    """The detector of a condition over a channel; None for conditions that samples alone do not decide."""
    quantity = QUANTITIES[channel.quantity]
    match condition:
        case Threshold():
            low = -inf if condition.below is None else condition.below
            high = inf if condition.above is None else condition.above
            h = condition.hysteresis
            return Band(low, high, low + h, high - h, _us(condition.for_s), stays=channel.kind is Kind.STATE)
        case WeakSignal():
            below = condition.below
            return Band(below, inf, below + condition.hysteresis, inf, _us(condition.for_s))
        case Implausible():
            low = -inf if quantity.lowest is None else quantity.lowest
            high = inf if quantity.highest is None else quantity.highest
            return Band(low, high, low, high, 0)
        case Rate():
            rises = inf if condition.rises_by is None else condition.rises_by
            falls = inf if condition.falls_by is None else condition.falls_by
            return Slope(rises, falls, max(1, _us(condition.within_s) // SLOTS))
        case Stuck():
            seconds = condition.for_s if condition.for_s is not None else quantity.stuck_s
            return None if seconds is None else Same(_us(seconds), condition.ignore_zero)
    return None


def rising(t: Times, v: Values, above: int) -> tuple[Times, Values]:
    """The samples with instants above `above`, ascending, of equal instants the last one."""
    if len(t) > 1 and not bool((t[1:] > t[:-1]).all()):
        order = np.argsort(t, kind="stable")
        t, v = t[order], v[order]
        last = np.append(t[1:] != t[:-1], True)
        t, v = t[last], v[last]
    if len(t) and t[0] <= above:
        start = int(np.searchsorted(t, above, side="right"))
        return t[start:], v[start:]
    return t, v


def combined(mode: str, parts: Sequence[bool]) -> bool:
    return all(parts) if mode == "all" else any(parts)


def _first(found: NDArray[np.bool_], start: int) -> int:
    """Index of the first true one from `start` on, or the length."""
    at = int(found[start:].argmax()) + start if start < len(found) else len(found)
    return at if at < len(found) and found[at] else len(found)


def _us(seconds: float) -> int:
    return int(seconds * SECOND)
