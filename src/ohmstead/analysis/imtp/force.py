"""The two channels as one force on one time base, in newtons."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from ohmstead.analysis.quality import SECOND_US, Gap, Quality, at_limits, measured, ordered, skew_us
from ohmstead.analysis.trace import Floats, Trace
from ohmstead.domain.errors import InvalidInput

SIDES = ("left", "right")


@dataclass(frozen=True, slots=True, eq=False)
class Force:
    """`t` in seconds from `origin_us`. `sides` is empty when only the whole was measured.

    `quality` is by column as it came; `gaps` are those of every column, in seconds like `t`.
    """

    origin_us: int
    t: Floats
    total: Floats
    sides: Mapping[str, Floats]
    saturated: NDArray[np.bool_]
    quality: Mapping[str, Quality]
    gaps: tuple[tuple[float, float, int], ...]
    skew_us: float

    def __len__(self) -> int:
        return len(self.t)

    @property
    def rate_hz(self) -> float:
        """Between gaps; of the slower channel. 0: too few samples to tell."""
        return min((one.nominal_hz or 0.0 for one in self.quality.values()), default=0.0)

    @property
    def jitter_us(self) -> float:
        return max((one.jitter_us or 0.0 for one in self.quality.values()), default=0.0)

    def at(self, t: float) -> float:
        return float(np.interp(t, self.t, self.total))

    def side_at(self, side: str, t: float) -> float:
        return float(np.interp(t, self.t, self.sides[side]))

    def instant(self, t: float) -> int:
        return self.origin_us + round(t * SECOND_US)

    def lost_within(self, start: float, stop: float) -> int:
        """Samples that are missing in gaps that reach into the span."""
        return sum(lost for first, last, lost in self.gaps if first < stop and last > start)

    def saturated_within(self, start: float, stop: float) -> int:
        return int(np.count_nonzero(self.saturated[(self.t >= start) & (self.t <= stop)]))

    def filtered(self, smooth: Callable[[Floats], Floats]) -> "Force":
        """Every channel smoothed; the whole stays the sum of its sides."""
        if not self.sides:
            return replace(self, total=smooth(self.total))
        sides = {name: smooth(values) for name, values in self.sides.items()}
        return replace(self, sides=sides, total=sides["left"] + sides["right"])


def combined(
    columns: Mapping[str, Trace], lost_us: tuple[tuple[int, int], ...] = (), *, swapped: bool = False
) -> Force:
    """`left` and `right` added on the instants of the left, or `force` as it is.

    Where the sides have instants of their own, the right one is interpolated to the left, over the time both cover.
    Raises InvalidInput for other columns, and for a unit that is not newton.
    """
    if set(columns) not in ({"left", "right"}, {"force"}):
        raise InvalidInput(f"a force trial has the columns left and right, or force; not {', '.join(sorted(columns))}")
    for name, trace in columns.items():
        if trace.unit != "N":
            raise InvalidInput(f"the column {name} is in {trace.unit!r}: apply its calibration first")
    quality = {name: measured(trace, lost_us) for name, trace in columns.items()}
    clean = {name: ordered(trace) for name, trace in columns.items()}
    if swapped and len(clean) == 2:
        clean = {"left": clean["right"], "right": clean["left"]}
        quality = {"left": quality["right"], "right": quality["left"]}
    first = next(iter(clean.values())) if "force" in clean else clean["left"]
    t_us, saturated, sides, skew = first.t_us, at_limits(first), {}, 0.0
    total = first.values
    if "force" not in clean:
        left, right = clean["left"], clean["right"]
        sides = {"left": left.values, "right": right.values}
        right_saturated = at_limits(right)
        if not np.array_equal(left.t_us, right.t_us):
            skew = skew_us(left, right)
            both = _shared(left, right)
            t_us, saturated = t_us[both], saturated[both]
            nearest = np.clip(np.searchsorted(right.t_us, t_us), 0, max(len(right) - 1, 0))
            right_saturated = right_saturated[nearest] if len(right) else np.zeros(len(t_us), np.bool_)
            sides = {"left": left.values[both], "right": _interpolated(right, t_us)}
        saturated = saturated | right_saturated
        total = sides["left"] + sides["right"]
    origin = int(t_us[0]) if len(t_us) else 0
    gaps = sorted({_relative(gap, origin) for one in quality.values() for gap in one.gaps})
    return Force(origin, (t_us - origin) / SECOND_US, total, sides, saturated, quality, tuple(gaps), skew)


def _shared(left: Trace, right: Trace) -> NDArray[np.bool_]:
    if not len(right):
        return np.zeros(len(left), np.bool_)
    return np.asarray((left.t_us >= right.t_us[0]) & (left.t_us <= right.t_us[-1]))


def _interpolated(trace: Trace, t_us: NDArray[np.int64]) -> Floats:
    if not len(t_us):
        return np.empty(0)
    # From a nearby origin: microseconds since 1970 leave float64 few digits behind the point.
    return np.asarray(np.interp(t_us - t_us[0], trace.t_us - t_us[0], trace.values))


def _relative(gap: Gap, origin: int) -> tuple[float, float, int]:
    return (gap.from_us - origin) / SECOND_US, (gap.to_us - origin) / SECOND_US, gap.lost
