"""From counts to newtons, by known masses. Counts are kept raw for ever, so that a later calibration can be applied.

`newtons = (counts − zero_counts) × newtons_per_count`, in float64: 24-bit counts are exact in it.
The masses are taken as exact and the counts as noisy, so the line is fitted as counts over force and turned round.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from math import isfinite
from typing import Any, Final, Self

import numpy as np

from ohmstead.analysis.context import STANDARD_GRAVITY
from ohmstead.analysis.trace import Floats, Trace
from ohmstead.domain.errors import InvalidInput

# On the ground of the Earth: 9.764 on Huascarán, 9.834 at the poles.
GRAVITY_BOUNDS: Final = (9.76, 9.84)


@dataclass(frozen=True, slots=True)
class Point:
    """The cell at rest under a known mass: the mean of its counts, their standard deviation and how many they were."""

    mass_kg: float
    counts: float
    sd_counts: float | None = None
    samples: int | None = None


@dataclass(frozen=True, slots=True)
class Calibration:
    """One cell, one straight line. `residuals_n`: fitted − known force at each point, in their order.

    `linearity_percent`: the worst residual as a share of `full_scale_n`; None where points cannot show it.
    """

    zero_counts: float
    newtons_per_count: float
    method: str
    points: tuple[Point, ...] = ()
    residuals_n: tuple[float, ...] = ()
    full_scale_n: float | None = None
    linearity_percent: float | None = None
    gravity: float = STANDARD_GRAVITY

    def newtons(self, counts: Floats) -> Floats:
        return (np.asarray(counts, np.float64) - self.zero_counts) * self.newtons_per_count

    def counts(self, newtons: Floats) -> Floats:
        """The inverse of `newtons`, without rounding to whole counts."""
        return np.asarray(newtons, np.float64) / self.newtons_per_count + self.zero_counts

    def applied(self, trace: Trace) -> Trace:
        """A new trace in newtons; its limits are converted too. The old one is untouched."""
        limits = None
        if trace.limits is not None:
            first, second = self.newtons(np.array(trace.limits)).tolist()
            limits = (min(first, second), max(first, second))
        return Trace(trace.t_us, self.newtons(trace.values), "N", limits)

    def tared(self, zero: Point) -> Self:
        """The same cell with a new zero. Raises InvalidInput for a point that was not taken unloaded."""
        if zero.mass_kg != 0:
            raise InvalidInput(f"a tare is taken without load, not under {zero.mass_kg:g} kg")
        return replace(self, zero_counts=zero.counts)

    def as_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_json(cls, stored: Mapping[str, Any]) -> Self:
        points = tuple(Point(**one) for one in stored["points"])
        return cls(**{**stored, "points": points, "residuals_n": tuple(stored["residuals_n"])})


def point(mass_kg: float, counts: Floats, *, limits: tuple[float, float] | None = None) -> Point:
    """A stretch of counts at rest under `mass_kg`; 0 for a tare.

    Raises InvalidInput for fewer than two samples, for counts that are no numbers, and at the converter's limits.
    """
    held = np.asarray(counts, np.float64)
    if len(held) < 2:
        raise InvalidInput(f"a calibration point needs at least 2 samples, {len(held)} came")
    if not np.isfinite(held).all():
        raise InvalidInput("a calibration point has counts that are no numbers")
    if limits is not None and ((held <= limits[0]) | (held >= limits[1])).any():
        raise InvalidInput(f"the converter was at its limit under {mass_kg:g} kg: the cell is overloaded or not wired")
    return Point(_mass(mass_kg), float(held.mean()), float(held.std(ddof=1)), len(held))


def two_point(low: Point, high: Point, *, gravity: float = STANDARD_GRAVITY) -> Calibration:
    """The line through two points. It fits them by construction, so it says nothing about linearity."""
    return replace(_fitted((low, high), gravity, None), method="two-point", linearity_percent=None)


def multi_point(
    points: Sequence[Point], *, gravity: float = STANDARD_GRAVITY, full_scale_n: float | None = None
) -> Calibration:
    """Least squares over three points or more. `full_scale_n`: what linearity refers to; else the largest force."""
    if len(points) < 3:
        raise InvalidInput(f"a multi-point calibration needs at least 3 points, {len(points)} came")
    return _fitted(tuple(points), gravity, full_scale_n)


def given(zero_counts: float, newtons_per_count: float) -> Calibration:
    """A line known from elsewhere, such as a certificate of the maker."""
    if not (isfinite(zero_counts) and isfinite(newtons_per_count)) or newtons_per_count == 0:
        raise InvalidInput("a calibration needs a zero and a slope that is not 0")
    return Calibration(zero_counts, newtons_per_count, "given")


def _fitted(points: tuple[Point, ...], gravity: float, full_scale_n: float | None) -> Calibration:
    low, high = GRAVITY_BOUNDS
    if not low <= gravity <= high:
        raise InvalidInput(f"gravity should be within {low} … {high} m/s², not {gravity:g}")
    forces = np.array([_mass(one.mass_kg) for one in points]) * gravity
    counts = np.array([one.counts for one in points])
    if not np.isfinite(counts).all():
        raise InvalidInput("a calibration point has counts that are no numbers")
    if np.ptp(forces) == 0:
        raise InvalidInput(f"all points have the same mass, {points[0].mass_kg:g} kg: a line needs two different ones")
    if np.ptp(counts) == 0:
        raise InvalidInput("the counts are the same under every mass: is the cell connected?")
    spread = forces - forces.mean()
    slope = float(spread @ (counts - counts.mean()) / (spread @ spread))  # counts per newton
    # A line that explains less than it leaves is no line: masses in the wrong order, or a cell that slips.
    left = counts - counts.mean() - slope * spread
    if slope == 0 or float(left @ left) > (slope * slope) * float(spread @ spread):
        raise InvalidInput("the counts do not follow the masses: check which point belongs to which mass")
    zero = float(counts.mean() - slope * forces.mean())
    residuals = (counts - zero) / slope - forces
    scale = float(forces.max()) if full_scale_n is None else full_scale_n
    if not scale > 0:
        raise InvalidInput(f"full scale should be a force above 0 N, not {scale:g}")
    return Calibration(
        zero_counts=zero,
        newtons_per_count=1 / slope,
        method="multi-point",
        points=points,
        residuals_n=tuple(residuals.tolist()),
        full_scale_n=scale,
        linearity_percent=float(np.abs(residuals).max() / scale * 100),
        gravity=gravity,
    )


def _mass(mass_kg: float) -> float:
    if not isfinite(mass_kg) or mass_kg < 0:
        raise InvalidInput(f"a mass should be 0 kg or more, not {mass_kg:g}")
    return float(mass_kg)
