"""Intraclass correlation by two-way analysis of variance, with 95 % intervals from the F distribution.

Shrout & Fleiss 1979 (Psychol Bull 86(2):420–428); McGraw & Wong 1996 (Psychol Methods 1(1):30–46), tables 4 and 7.
"""

from dataclasses import dataclass
from typing import Final, Self

from ohmstead.analysis.trace import Floats

_TAIL: Final = 0.975  # each side of a 95 % interval


@dataclass(frozen=True, slots=True)
class Estimate:
    """`value` is None when the data cannot carry it, and then `reason` says why. Bounds: the 95 % interval."""

    value: float | None
    unit: str
    method: str
    reason: str | None = None
    lower: float | None = None
    upper: float | None = None

    @classmethod
    def of(cls, value: float, unit: str, method: str, reason: str | None = None) -> Self:
        """The value, or None with its reason."""
        return cls(value if reason is None else None, unit, method, reason)


@dataclass(frozen=True, slots=True)
class Variances:
    """Mean squares of a table of n subjects (rows) by k sessions (columns)."""

    n: int
    k: int
    rows: float
    columns: float
    error: float


def variances(table: Floats) -> Variances:
    """Needs two rows and two columns, and no holes."""
    n, k = table.shape
    centred = table - table.mean()
    rows, columns = centred.mean(axis=1), centred.mean(axis=0)
    left = centred - rows[:, None] - columns[None, :]
    return Variances(
        n,
        k,
        float(k * (rows @ rows) / (n - 1)),
        float(n * (columns @ columns) / (k - 1)),
        float((left * left).sum() / ((n - 1) * (k - 1))),
    )


def icc_3_1(found: Variances) -> Estimate:
    """Consistency: whether people keep their order. A change of everybody alike does not lower it."""
    method = "ICC(3,1): two-way mixed, single score, consistency"
    n, k, rows, error = found.n, found.k, found.rows, found.error
    if rows + (k - 1) * error == 0:
        return _same(method)
    value = (rows - error) / (rows + (k - 1) * error)
    if error == 0:
        return Estimate(value, "", method, None, 1.0, 1.0)
    ratio, within = rows / error, (n - 1) * (k - 1)
    low = ratio / _quantile(n - 1, within)
    high = ratio * _quantile(within, n - 1)
    return Estimate(value, "", method, None, (low - 1) / (low + k - 1), (high - 1) / (high + k - 1))


def icc_2_1(found: Variances) -> Estimate:
    """Absolute agreement: whether the numbers stay the same. A shift between sessions lowers it."""
    method = "ICC(2,1): two-way random, single score, absolute agreement"
    n, k, rows, columns, error = found.n, found.k, found.rows, found.columns, found.error
    below = rows + (k - 1) * error + k * (columns - error) / n
    if below == 0:
        return _same(method)
    value = (rows - error) / below
    if error == 0 and columns == 0:
        return Estimate(value, "", method, None, 1.0, 1.0)
    # Satterthwaite's degrees of freedom for the mixture of columns and error.
    a = k * value / (n * (1 - value))
    b = 1 + k * value * (n - 1) / (n * (1 - value))
    mixed = (a * columns + b * error) ** 2
    if mixed == 0:
        return Estimate(value, "", method)  # nobody differs from anybody: no distribution to take bounds from
    freedom = mixed / ((a * columns) ** 2 / (k - 1) + (b * error) ** 2 / ((n - 1) * (k - 1)))
    shift = k * columns + (k * n - k - n) * error
    f_low, f_high = _quantile(n - 1, freedom), _quantile(freedom, n - 1)
    lower = n * (rows - f_low * error) / (f_low * shift + n * rows)
    upper = n * (f_high * rows - error) / (shift + n * f_high * rows)
    return Estimate(value, "", method, None, lower, upper)


def _same(method: str) -> Estimate:
    return Estimate.of(0.0, "", method, "all scores are the same: there is nothing to tell people apart by")


def _quantile(above: float, below: float) -> float:
    from scipy.special import fdtri  # takes a while to load: only who asks for intervals pays

    return float(fdtri(above, below, _TAIL))
