"""What a session comes to: the best trial by its peak, the mean and the spread of all that were accepted."""

from math import sqrt

import pytest

from ohmstead.analysis.result import Metric, Result
from ohmstead.analysis.session import best, summary


def trial(**values: float | None) -> Result:
    unit = {"asymmetry_peak_force_bai": "%"}
    metrics = tuple(Metric(key, key, value, unit.get(key, "N"), "made up") for key, value in values.items())
    return Result("imtp", "1", "0", {}, {}, metrics)


THREE = (
    trial(peak_force_gross=2400.0, rfd_0_200=5000.0, asymmetry_peak_force_bai=4.0),
    trial(peak_force_gross=2500.0, rfd_0_200=None, asymmetry_peak_force_bai=-6.0),
    trial(peak_force_gross=2450.0, rfd_0_200=6000.0, asymmetry_peak_force_bai=-1.0),
)


def test_mean_spread_and_the_best_trial_by_hand() -> None:
    peak, rfd, asymmetry = summary(THREE)
    assert (peak.best, peak.spread.mean.value, peak.spread.sd.value) == (2500.0, 2450.0, 50.0)
    assert peak.cv_percent == pytest.approx(50 / 2450 * 100)
    # The best trial lacks this number; that another trial has a higher one does not make it the best.
    assert (rfd.best, rfd.spread.n, rfd.spread.mean.value) == (None, 2, 5500.0)
    assert rfd.cv_percent == pytest.approx(1000 / sqrt(2) / 5500 * 100)
    assert (asymmetry.best, asymmetry.spread.mean.value, asymmetry.cv_percent) == (-6.0, -1.0, None)


def test_peaks_that_are_far_apart_ask_for_another_trial() -> None:
    (peak,) = summary((trial(peak_force_gross=2400.0), trial(peak_force_gross=2700.0)))
    assert "differ by 300 N" in str(peak.spread.repeat_reason)


def test_no_trial_or_none_with_a_peak_is_nothing() -> None:
    assert summary(()) == []
    assert best((trial(peak_force_gross=None),)) is None
