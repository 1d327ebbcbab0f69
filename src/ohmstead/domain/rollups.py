"""Summaries of samples by bucket, as columns. Only what can be merged is kept: sums and extremes, never a mean.

A *step* lies between two consecutive samples of a series: what a counter gained between them, and the time over
which a gauge is taken to run straight from one to the other. A step belongs to the bucket of its later sample,
wherever the earlier one is. So rollups of pieces, each folded with the last sample before it, add up to the
rollups of the whole, and coarse buckets are sums of the fine ones they are made of.
"""

from dataclasses import dataclass, fields, replace
from typing import Any, Final, Self

import numpy as np
from numpy.typing import NDArray

from ohmstead.domain.telemetry import SECOND

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
Buckets = int | Ints
"""A width in µs (buckets start at `origin` plus its multiples), or ascending borders: [b0, b1), [b1, b2) …"""


@dataclass(frozen=True, slots=True, eq=False)
class Rollups:
    """One row per bucket that holds samples, in columns of equal length; buckets without samples are absent.

    `integral` is unit · seconds by the trapezoid over the bridged steps, `covered` their duration in µs.
    `increase` is None for what is not a counter.
    """

    start: Ints
    count: Ints
    total: Floats
    lowest: Floats
    highest: Floats
    first: Floats
    last: Floats
    integral: Floats
    covered: Ints
    increase: Floats | None = None

    def __len__(self) -> int:
        return len(self.start)

    @property
    def mean(self) -> Floats:
        """Each sample counts the same."""
        return self.total / self.count

    @property
    def time_mean(self) -> Floats:
        """Each moment counts the same; where no time is bridged, as `mean`."""
        bridged = self.covered > 0
        return np.where(bridged, self.integral / np.where(bridged, self.covered / SECOND, 1.0), self.mean)

    def columns(self) -> dict[str, NDArray[Any]]:
        """The columns by name; `increase` is not among them where it is None. `Rollups(**columns)` is the way back."""
        return {name: column for name in COLUMNS if (column := getattr(self, name)) is not None}

    def between(self, t0_us: int, t1_us: int) -> Self:
        """The buckets that start in [t0_us, t1_us)."""
        low, high = np.searchsorted(self.start, (t0_us, t1_us))
        return type(self)(**{name: column[low:high] for name, column in self.columns().items()})


COLUMNS: Final = tuple(field.name for field in fields(Rollups))


@dataclass(frozen=True, slots=True, eq=False)
class ChartColumns:
    """What a chart draws, one row per pixel bucket that holds samples; `t` is the start of the bucket."""

    t: Ints
    count: Ints
    lowest: Floats
    highest: Floats
    mean: Floats
    increase: Floats | None = None


def empty(*, counter: bool = False) -> Rollups:
    i, f = np.empty(0, np.int64), np.empty(0)
    return Rollups(i, i, f, f, f, f, f, f, i, f if counter else None)


def fold(
    t_us: Ints,
    v: Floats,
    buckets: Buckets,
    *,
    max_gap_us: int | None = None,
    bridged: NDArray[np.bool_] | None = None,
    before: tuple[int, float] | None = None,
    increase: Floats | None = None,
    origin_us: int = 0,
) -> Rollups:
    """Summarise samples (instants strictly ascending) by bucket.

    `before` is the last sample of the series earlier than these, None if there is none. `increase` is what each
    sample of a counter adds (see `counters.fold`). Steps longer than `max_gap_us`, if it is given, and those to
    samples that are not `bridged` add to neither `integral` nor `covered`. Raises ValueError for samples outside the
    given borders.
    """
    if len(t_us) == 0:
        return empty(counter=increase is not None)
    starts, cuts = _bucketed(t_us, buckets, origin_us)
    ends = np.append(cuts[1:], len(t_us))
    steps, areas = _bridged_steps(t_us, v, before, max_gap_us, bridged)
    return Rollups(
        start=starts,
        count=ends - cuts,
        total=np.add.reduceat(v, cuts),
        lowest=np.minimum.reduceat(v, cuts),
        highest=np.maximum.reduceat(v, cuts),
        first=v[cuts],
        last=v[ends - 1],
        integral=np.add.reduceat(areas, cuts),
        covered=np.add.reduceat(steps, cuts),
        increase=None if increase is None else np.add.reduceat(increase, cuts),
    )


def merge(*parts: Rollups) -> Rollups:
    """Join rollups of the same series and bucketing, earlier ones first.

    Where one part ends in the bucket in which the next begins, the two rows become one. Raises ValueError when a
    part begins before the one in front of it ends, or when only some are of a counter.
    """
    parts = tuple(p for p in parts if len(p)) or parts[:1]
    if len(parts) == 1:
        return parts[0]
    if len({p.increase is None for p in parts}) > 1:
        raise ValueError("rollups with and without increase cannot be merged")
    columns = [p.columns() for p in parts]
    joined = Rollups(**{name: np.concatenate([c[name] for c in columns]) for name in columns[0]})
    steps = np.diff(joined.start)
    if steps.min(initial=0) < 0:
        raise ValueError("a part begins before the one in front of it ends")
    if steps.all():
        return joined
    cuts = np.concatenate(([0], np.flatnonzero(steps) + 1))
    return _grouped(joined, joined.start[cuts], cuts)


def coarsen(rollups: Rollups, buckets: Buckets, *, origin_us: int = 0) -> Rollups:
    """Sum fine buckets into the coarse ones that contain their starts; borders of coarse are borders of fine.

    Raises ValueError for rows outside the given borders.
    """
    if len(rollups) == 0:
        return rollups
    starts, cuts = _bucketed(rollups.start, buckets, origin_us)
    return _grouped(rollups, starts, cuts)


def chart_columns(
    t_us: Ints, v: Floats, t0_us: int, width_us: int, buckets: int, increase: Floats | None = None
) -> ChartColumns:
    """Summarise samples (instants ascending) in `buckets` pixel buckets from `t0_us`; those outside are left out."""
    borders = t0_us + width_us * np.arange(buckets + 1, dtype=np.int64)
    at = np.searchsorted(t_us, borders)
    filled = np.flatnonzero(at[1:] > at[:-1])
    cuts, end = at[filled], int(at[-1])
    count = at[filled + 1] - cuts
    if len(cuts) == 0:
        nothing = np.empty(0)
        return ChartColumns(borders[:0], count, nothing, nothing, nothing, None if increase is None else nothing)
    inside = v[:end]
    return ChartColumns(
        t=borders[filled],
        count=count,
        lowest=np.minimum.reduceat(inside, cuts),
        highest=np.maximum.reduceat(inside, cuts),
        mean=np.add.reduceat(inside, cuts) / count,
        increase=None if increase is None else np.add.reduceat(increase[:end], cuts),
    )


def _bucketed(t_us: Ints, buckets: Buckets, origin_us: int) -> tuple[Ints, Ints]:
    """Starts of the buckets that hold any of the instants, and the index of the first instant in each."""
    if isinstance(buckets, int):
        number = (t_us - origin_us) // buckets
        cuts = np.concatenate(([0], np.flatnonzero(number[1:] != number[:-1]) + 1))
        return number[cuts] * buckets + origin_us, cuts
    if t_us[0] < buckets[0] or t_us[-1] >= buckets[-1]:
        raise ValueError(f"{t_us[0]} to {t_us[-1]} is not within {buckets[0]} to {buckets[-1]}")
    low, high = np.searchsorted(buckets, (t_us[0], t_us[-1]), side="right")
    starts = buckets[low - 1 : high]
    cuts = np.searchsorted(t_us, starts)
    filled = np.append(cuts[1:], len(t_us)) > cuts
    return starts[filled], cuts[filled]


def _bridged_steps(
    t_us: Ints, v: Floats, before: tuple[int, float] | None, max_gap_us: int | None, bridged: NDArray[np.bool_] | None
) -> tuple[Ints, Floats]:
    """Duration and area of the step that ends at each sample, 0 where it is not bridged."""
    t_before, v_before = (t_us[0], v[0]) if before is None else before
    steps = np.diff(t_us, prepend=t_before)
    if max_gap_us is not None:
        steps[steps > max_gap_us] = 0
    if bridged is not None and not bridged.all():
        steps[~bridged] = 0
    areas = v.copy()
    areas[1:] += v[:-1]
    areas[0] += v_before
    areas *= steps
    areas /= 2 * SECOND
    return steps, areas


def _grouped(rows: Rollups, starts: Ints, cuts: Ints) -> Rollups:
    """One row for each run of rows that begins at a cut."""
    if len(cuts) == len(rows):
        return replace(rows, start=starts)
    ends = np.append(cuts[1:], len(rows))
    return Rollups(
        start=starts,
        count=np.add.reduceat(rows.count, cuts),
        total=np.add.reduceat(rows.total, cuts),
        lowest=np.minimum.reduceat(rows.lowest, cuts),
        highest=np.maximum.reduceat(rows.highest, cuts),
        first=rows.first[cuts],
        last=rows.last[ends - 1],
        integral=np.add.reduceat(rows.integral, cuts),
        covered=np.add.reduceat(rows.covered, cuts),
        increase=None if rows.increase is None else np.add.reduceat(rows.increase, cuts),
    )
