"""How well a trace was sampled: rate, jitter, gaps, equal instants, saturation, dead channels, skew.

Pure measurements; what they forbid is decided where they are used.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from ohmstead.analysis.trace import Floats, Ints, Trace

SECOND_US: Final = 1_000_000
_NEAR: Final = 10  # intervals


@dataclass(frozen=True, slots=True)
class Gap:
    """`lost` samples are missing between the two instants, at which there are samples."""

    from_us: int
    to_us: int
    lost: int


@dataclass(frozen=True, slots=True)
class Quality:
    """`rate_hz`: samples over time, gaps included; `nominal_hz`: the rate between gaps. None: too few samples.

    `jitter_us` is the standard deviation of the intervals outside gaps, `worst_us` the largest deviation of one.
    """

    samples: int
    duration_s: float
    rate_hz: float | None
    nominal_hz: float | None
    jitter_us: float | None
    worst_us: float | None
    gaps: tuple[Gap, ...]
    equal_instants: int
    repeated: int  # came again later, for the same instant: the last counts
    out_of_order: int
    not_numbers: int
    saturated: int
    dead: bool
    lowest: float | None
    highest: float | None

    @property
    def lost(self) -> int:
        return sum(gap.lost for gap in self.gaps)

    def as_json(self) -> dict[str, Any]:
        return asdict(self) | {"gaps": [asdict(gap) for gap in self.gaps], "lost": self.lost}


def measured(trace: Trace, lost_us: Sequence[tuple[int, int]] = ()) -> Quality:
    """`lost_us`: spans that are known to miss samples, whatever the instants look like. An empty trace is legal."""
    clean = ordered(trace)
    repeated = int(np.count_nonzero(~_latest(trace.t_us, np.argsort(trace.t_us, kind="stable"))))
    equal = int(np.count_nonzero(np.diff(np.sort(trace.t_us)) == 0)) - repeated
    steps = np.diff(trace.t_us)
    values = clean.values
    interval, regular, gaps = _intervals(clean.t_us)
    gaps = _with_known(gaps, lost_us, interval)
    span = int(clean.t_us[-1] - clean.t_us[0]) if len(clean) > 1 else 0
    return Quality(
        samples=len(trace),
        duration_s=span / SECOND_US,
        rate_hz=(len(clean) - 1) / span * SECOND_US if span else None,
        nominal_hz=SECOND_US / interval if interval else None,
        jitter_us=_jitter(trace, regular, interval),
        worst_us=float(np.abs(regular - interval).max()) if interval and len(regular) else None,
        gaps=gaps,
        equal_instants=equal,
        repeated=repeated,
        out_of_order=int(np.count_nonzero(steps < 0)),
        not_numbers=int(len(trace) - np.count_nonzero(np.isfinite(trace.values))),
        saturated=int(np.count_nonzero(at_limits(clean))),
        dead=len(values) > 1 and float(np.ptp(values)) == 0.0,
        lowest=float(values.min()) if len(values) else None,
        highest=float(values.max()) if len(values) else None,
    )


def ordered(trace: Trace) -> Trace:
    """Only numbers, instants strictly ascending: sorted, and equal instants spread in order up to the next one.

    A clock that counts milliseconds gives several samples one instant; they came one after the other. What comes
    for an instant again later is a batch sent twice: it replaces what came first.
    """
    finite = np.isfinite(trace.values)
    t, values = trace.t_us[finite], trace.values[finite]
    if len(t) > 1 and (np.diff(t) <= 0).any():
        order = np.argsort(t, kind="stable")
        order = order[_latest(t, order)]
        t, values = _spread(t[order]), values[order]
        kept = np.append(True, np.diff(t) > 0)  # more equal instants than microseconds to spread them over
        t, values = t[kept], values[kept]
    return Trace(t, values, trace.unit, trace.limits)


def at_limits(trace: Trace) -> NDArray[np.bool_]:
    """Where the converter was at an end of its range. All False when its range is not known."""
    if trace.limits is None:
        return np.zeros(len(trace), np.bool_)
    low, high = trace.limits
    return np.asarray((trace.values <= low) | (trace.values >= high))


def skew_us(left: Trace, right: Trace) -> float:
    """How much later the right channel was sampled than the left: the median distance to the nearest instant."""
    if not len(left) or not len(right):
        return 0.0
    after = np.clip(np.searchsorted(right.t_us, left.t_us), 1, max(len(right) - 1, 1))
    candidates = right.t_us[np.array([after - 1, np.minimum(after, len(right) - 1)])] - left.t_us
    nearest = np.where(np.abs(candidates[0]) < np.abs(candidates[1]), candidates[0], candidates[1])
    return float(np.median(nearest))


def _latest(t: Ints, order: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Which of the sorted samples belong to the last run received for their instant."""
    ranked = t[order]
    again = np.flatnonzero((np.diff(ranked) == 0) & (np.diff(order) != 1)) + 1
    kept = np.ones(len(t), np.bool_)
    if len(again):
        begins = np.searchsorted(ranked, ranked)
        np.maximum.at(begins, np.searchsorted(ranked, ranked[again]), again)
        kept = np.arange(len(t)) >= begins[np.searchsorted(ranked, ranked)]
    return kept


def _spread(t: Ints) -> Ints:
    distinct, first, count = np.unique(t, return_index=True, return_counts=True)
    if len(distinct) < 2:
        return t
    room = np.append(np.diff(distinct), np.median(np.diff(distinct)).astype(np.int64))
    place = np.arange(len(t)) - np.repeat(first, count)
    return np.asarray(t + np.repeat(room, count) * place // np.repeat(count, count), np.int64)


def _intervals(t: Ints) -> tuple[float, Floats, tuple[Gap, ...]]:
    """The usual interval in µs (0: unknown), the intervals that are no gaps, and the gaps."""
    steps = np.diff(t).astype(np.float64)
    if not len(steps):
        return 0.0, steps, ()
    # A millisecond clock makes intervals of one and two counts; a lost sample is rarer than that.
    interval = float(steps[steps <= 2.5 * np.median(steps)].mean())
    long = _too_long(steps, interval)
    if not long.all():
        interval = float(steps[~long].mean())
        long = _too_long(steps, interval)
    gaps = tuple(
        Gap(int(t[n]), int(t[n + 1]), max(1, round(float(steps[n]) / interval) - 1)) for n in np.flatnonzero(long)
    )
    return interval, steps[~long], gaps


def _too_long(steps: Floats, interval: float) -> NDArray[np.bool_]:
    """An interval is a gap if its neighbours do not make up for it: a late stamp is followed by a short interval."""
    around = np.concatenate(([interval], steps, [interval]))
    three = around[:-2] + around[1:-1] + around[2:]
    return np.asarray((steps > 1.5 * interval) & (three > 3.5 * interval))


def _jitter(trace: Trace, regular: Floats, interval: float) -> float | None:
    """Stamps that step back a little are jitter that sorting would hide; a late batch steps back a lot."""
    if len(regular) < 2:
        return None
    steps = np.diff(trace.t_us[np.isfinite(trace.values)])
    near = steps[np.abs(steps) <= _NEAR * interval]
    return float(near.std(ddof=1)) if len(near) > 1 and (near < 0).any() else float(regular.std(ddof=1))


def _with_known(gaps: tuple[Gap, ...], known: Sequence[tuple[int, int]], interval: float) -> tuple[Gap, ...]:
    seen = [
        Gap(start, stop, max(1, round((stop - start) / interval) - 1) if interval else 1)
        for start, stop in known
        if not any(gap.from_us < stop and gap.to_us > start for gap in gaps)
    ]
    return tuple(sorted((*gaps, *seen), key=lambda gap: gap.from_us))
