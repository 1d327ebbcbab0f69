"""What the trials of one session come to together: the best one, their mean, and how much they differ."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from ohmstead.analysis.reliability import REPEAT_ABOVE_N, TrialSummary, trials
from ohmstead.analysis.result import Metric, Result

LEADING: Final = "peak_force_gross"  # the trial with the highest is the best one, whatever is asked of it
HEADLINES: Final = (
    "peak_force_net",
    "peak_force_gross",
    "peak_force_relative_net",
    "force_150_net",
    "force_200_net",
    "force_250_net",
    "rfd_0_200",
    "rfd_0_250",
    "impulse_0_200",
    "asymmetry_peak_force_bai",
)


@dataclass(frozen=True, slots=True)
class MetricSummary:
    """`best`: of the best trial; None where that one lacks the number. `spread`: of all that have it.

    A signed share such as an asymmetry has no coefficient of variation: its mean may be near zero.
    """

    metric: Metric  # how it is called and written; of the newest trial
    best: float | None
    spread: TrialSummary

    @property
    def cv_percent(self) -> float | None:
        return None if self.metric.unit == "%" else self.spread.cv_percent.value


def best(results: Sequence[Result]) -> Result | None:
    """The one with the highest peak; None where no trial has a peak."""
    ranked = [(value, one) for one in results if (value := _value(one, LEADING)) is not None]
    return max(ranked, key=lambda pair: pair[0])[1] if ranked else None


def summary(results: Sequence[Result]) -> list[MetricSummary]:
    """The usual metrics over the accepted trials of a session, in their order; those that no trial has are absent."""
    found, top = [], best(results)
    for key in HEADLINES:
        having = [one.metric(key) for one in results if _value(one, key) is not None]
        if not having:
            continue
        values = [one.value for one in having if one.value is not None]
        apart = REPEAT_ABOVE_N if key == LEADING else None
        spread = trials(values, having[-1].unit, repeat_above=apart)
        found.append(MetricSummary(having[-1], None if top is None else _value(top, key), spread))
    return found


def _value(result: Result, key: str) -> float | None:
    return next((one.value for one in result.metrics if one.key == key), None)
