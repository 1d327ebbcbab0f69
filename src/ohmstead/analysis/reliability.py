"""How far a number can be trusted: within one session, between sessions, and when a change is one.

Every statistic is an `Estimate`: a value, or the reason why there is none. Sources: typical error and change scores
after Hopkins 2000 (Sports Med 30(1):1–15), ICC after Shrout & Fleiss 1979 with the intervals of McGraw & Wong 1996,
SEM and MDC95 after Weir 2005 (JSCR 19(1):231–240).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import isfinite, sqrt
from typing import Final, Literal

import numpy as np

from ohmstead.analysis.intraclass import Estimate, icc_2_1, icc_3_1, variances
from ohmstead.analysis.trace import Floats
from ohmstead.domain.errors import InvalidInput

__all__ = [
    "REPEAT_ABOVE_N",
    "Change",
    "Estimate",
    "Reliability",
    "TrendPoint",
    "TrialSummary",
    "change",
    "reliability",
    "trend",
    "trials",
]

# Two good trials whose peaks differ by more call for another (Comfort et al. 2019), in newtons.
REPEAT_ABOVE_N: Final = 250.0
_FEWEST_SUBJECTS: Final = 3  # two leave one degree of freedom: an interval that says nothing
_SWC_SHARE: Final = 0.2  # of the spread between people: a small effect after Cohen
_BOTH_WAYS: Final = 1.96 * sqrt(2)


@dataclass(frozen=True, slots=True)
class TrialSummary:
    """One metric over the trials of one session. `repeat_reason`: why another trial is needed, if one is."""

    n: int
    best: Estimate
    mean: Estimate
    sd: Estimate
    cv_percent: Estimate
    repeat_reason: str | None = None


@dataclass(frozen=True, slots=True)
class Reliability:
    """One metric of one group, from the `n` subjects who have a value in each of `sessions`; `left_out` do not."""

    n: int
    sessions: int
    left_out: int
    mean: Estimate
    icc_3_1: Estimate
    icc_2_1: Estimate
    cv_percent: Estimate
    typical_error: Estimate
    sem: Estimate
    mdc95: Estimate
    smallest_worthwhile_change: Estimate


@dataclass(frozen=True, slots=True)
class Change:
    """`verdict`: "beyond" the MDC95, "within" it, or "unknown" without one. Never good or bad."""

    difference: float
    mdc95: float | None
    verdict: Literal["beyond", "within", "unknown"]
    sentence: str


@dataclass(frozen=True, slots=True)
class TrendPoint:
    """One session of one subject. `lower` … `upper`: where the value could be without any change since the first one
    (first ± MDC95); None without an MDC. `change`: from the session before; None for the first.
    """

    at_us: int
    value: float
    lower: float | None
    upper: float | None
    change: Change | None


def trials(values: Sequence[float], unit: str, *, repeat_above: float | None = None) -> TrialSummary:
    """Best (highest), mean, SD (n − 1) and CV of the accepted trials of a session. No trials are legal."""
    held, n = _numbers(values), len(values)
    none = "no trials"
    few = None if n >= 2 else none if not n else "one trial has no spread"
    mean, sd = (float(held.mean()) if n else 0.0), (float(held.std(ddof=1)) if n >= 2 else 0.0)
    repeat = None
    if n == 1:
        repeat = "at least two good trials are needed"
    elif n and repeat_above is not None:
        first, second = np.sort(held)[::-1][:2].tolist()
        if first - second > repeat_above:
            repeat = f"the best two differ by {first - second:.0f} {unit}, more than {repeat_above:g} {unit}"
    return TrialSummary(
        n,
        Estimate.of(float(held.max()) if n else 0.0, unit, "highest of the trials", None if n else none),
        Estimate.of(mean, unit, "mean of the trials", None if n else none),
        Estimate.of(sd, unit, "SD of the trials (n − 1)", few),
        _share(sd, mean, "SD ÷ mean × 100 of the trials", few),
        repeat,
    )


def reliability(scores: Mapping[str, Sequence[float | None]], unit: str) -> Reliability:
    """`scores`: by subject, the value of each session in order; None for a session missed.

    Only subjects with every session count. Raises InvalidInput when subjects have different numbers of sessions.
    """
    widths = {len(row) for row in scores.values()}
    if len(widths) > 1:
        raise InvalidInput(
            f"every subject needs one entry per session, None where it was missed; found {sorted(widths)}"
        )
    sessions = widths.pop() if widths else 0
    complete = [_numbers([one for one in row if one is not None]) for row in scores.values() if None not in row]
    table = np.array(complete).reshape(len(complete), sessions)
    n = len(table)
    too_few = _too_few(n, sessions)
    if too_few is not None:
        none = [Estimate.of(0.0, unit, method, too_few) for method in _METHODS]
        return Reliability(n, sessions, len(scores) - n, *none)
    parts = variances(table)
    mean, sd = float(table.mean()), float(table.std(ddof=1))
    consistency, agreement = icc_3_1(parts), icc_2_1(parts)
    error = sqrt(parts.error)
    sem, why = None, agreement.reason
    if agreement.value is not None:
        # A negative ICC is an estimate of zero: the error is then all of the spread.
        sem = sd * sqrt(1 - max(agreement.value, 0.0))
    between = float(table.mean(axis=1).std(ddof=1))
    return Reliability(
        n,
        sessions,
        len(scores) - n,
        Estimate.of(mean, unit, _METHODS[0]),
        consistency,
        agreement,
        _within_cv(table),
        Estimate.of(error, unit, _METHODS[4]),
        Estimate.of(sem or 0.0, unit, _METHODS[5], why),
        Estimate.of(_BOTH_WAYS * (sem or 0.0), unit, _METHODS[6], why),
        Estimate.of(_SWC_SHARE * between, unit, _METHODS[7]),
    )


_METHODS: Final = (
    "mean of all sessions",
    "ICC(3,1): two-way mixed, single score, consistency",
    "ICC(2,1): two-way random, single score, absolute agreement",
    "root mean square of each subject's SD ÷ mean × 100",
    "typical error = SD of the differences ÷ √2; for more than two sessions √(error mean square)",
    "SEM = SD × √(1 − ICC(2,1)), SD of all scores",
    "MDC95 = 1.96 × √2 × SEM",
    "0.2 × SD between subjects (of their means)",
)


def change(before: float, after: float, unit: str, mdc95: float | None) -> Change:
    """A change counts only beyond the MDC95: one that large happens by chance in 5 % of pairs."""
    _numbers([before, after])
    difference = after - before
    if mdc95 is None:
        return Change(
            difference, None, "unknown", f"changed by {difference:+.4g} {unit}; no MDC95 is known for this group"
        )
    if not isfinite(mdc95) or mdc95 < 0:
        raise InvalidInput(f"MDC95 should be 0 or more, not {mdc95:g}")
    if abs(difference) > mdc95:
        return Change(
            difference, mdc95, "beyond", f"changed by {difference:+.4g} {unit}, beyond the MDC95 of {mdc95:.4g}"
        )
    return Change(
        difference,
        mdc95,
        "within",
        f"changed by {difference:+.4g} {unit}, within the MDC95 of {mdc95:.4g}: may be chance",
    )


def trend(points: Sequence[tuple[int, float]], unit: str, mdc95: float | None) -> list[TrendPoint]:
    """Sessions (instant in µs, value) in the order of time, with the band around the first.

    For asymmetry this is all there is to show: a line and its band, no threshold of risk.
    """
    found: list[TrendPoint] = []
    ascending = sorted(points)
    for number, (at_us, value) in enumerate(ascending):
        first = ascending[0][1]
        lower, upper = (None, None) if mdc95 is None else (first - mdc95, first + mdc95)
        since = change(ascending[number - 1][1], value, unit, mdc95) if number else None
        found.append(TrendPoint(at_us, value, lower, upper, since))
    return found


def _within_cv(table: Floats) -> Estimate:
    means = table.mean(axis=1)
    if (means <= 0).any():
        return Estimate.of(0.0, "%", _METHODS[3], "a mean of zero or less has no share to speak of")
    shares = table.std(axis=1, ddof=1) / means
    return Estimate.of(float(np.sqrt(np.mean(shares**2)) * 100), "%", _METHODS[3])


def _share(part: float, whole: float, method: str, reason: str | None) -> Estimate:
    if reason is None and whole <= 0:
        reason = "a mean of zero or less has no share to speak of"
    return Estimate.of(part / whole * 100 if reason is None else 0.0, "%", method, reason)


def _too_few(n: int, sessions: int) -> str | None:
    if sessions < 2:
        return f"at least 2 sessions are needed, there are {sessions}"
    if n < _FEWEST_SUBJECTS:
        return f"at least {_FEWEST_SUBJECTS} subjects with every session are needed, there are {n}"
    return None


def _numbers(values: Sequence[float]) -> Floats:
    held = np.asarray(values, np.float64)
    if not np.isfinite(held).all():
        raise InvalidInput("a score is no number; pass None for what is missing")
    return held
