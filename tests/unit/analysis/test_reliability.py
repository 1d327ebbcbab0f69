"""Statistics beside published tables, and beside the formulas worked out anew with other tools."""

from math import sqrt
from statistics import mean, stdev

import numpy as np
import pytest
from scipy import stats

from ohmstead.analysis.reliability import REPEAT_ABOVE_N, change, reliability, trend, trials
from ohmstead.domain.errors import InvalidInput

# Shrout & Fleiss 1979, table 2: six targets, four judges; table 4 gives ICC(2,1) = .29 and ICC(3,1) = .71.
SHROUT_FLEISS = {
    "1": (9, 2, 5, 8), "2": (6, 1, 3, 2), "3": (8, 4, 6, 8), "4": (7, 1, 2, 6), "5": (10, 5, 6, 9), "6": (6, 2, 4, 7),
}  # fmt: skip
TWO_DAYS = {
    "A": (2500.0, 2560.0), "B": (3010.0, 2985.0), "C": (1890.0, 1940.0), "D": (2740.0, 2700.0),
    "E": (2210.0, 2295.0), "F": (3305.0, 3340.0), "G": (2005.0, 1990.0), "H": (2650.0, 2735.0),
}  # fmt: skip


def mean_squares(table: np.ndarray) -> tuple[float, float, float]:
    """Two-way analysis of variance, sum by sum."""
    n, k = table.shape
    grand = table.mean()
    rows = k * sum((table[i].mean() - grand) ** 2 for i in range(n)) / (n - 1)
    columns = n * sum((table[:, j].mean() - grand) ** 2 for j in range(k)) / (k - 1)
    total = sum((table[i, j] - grand) ** 2 for i in range(n) for j in range(k))
    return rows, columns, (total - rows * (n - 1) - columns * (k - 1)) / ((n - 1) * (k - 1))


def test_the_example_of_shrout_and_fleiss() -> None:
    found = reliability(SHROUT_FLEISS, "points")
    assert found.icc_2_1.value == pytest.approx(0.29, abs=0.005)
    assert found.icc_3_1.value == pytest.approx(0.71, abs=0.005)
    rows, columns, error = mean_squares(np.array(list(SHROUT_FLEISS.values()), float))
    assert (rows, columns, error) == pytest.approx((11.24, 32.49, 1.02), abs=0.006)  # their table 3


@pytest.mark.parametrize("scores", [SHROUT_FLEISS, TWO_DAYS])
def test_the_interval_of_icc_3_1_is_that_of_shrout_and_fleiss(scores: dict[str, tuple[float, ...]]) -> None:
    table = np.array(list(scores.values()), float)
    n, k = table.shape
    rows, _, error = mean_squares(table)
    low = rows / error / stats.f.ppf(0.975, n - 1, (n - 1) * (k - 1))
    high = rows / error * stats.f.ppf(0.975, (n - 1) * (k - 1), n - 1)
    found = reliability(scores, "N").icc_3_1
    assert found.lower == pytest.approx((low - 1) / (low + k - 1))
    assert found.upper == pytest.approx((high - 1) / (high + k - 1))


def test_the_interval_of_icc_2_1_is_that_of_mcgraw_and_wong() -> None:
    """Worked out from their formulas; 0.019 … 0.761 is what the R package psych prints for this table."""
    table = np.array(list(SHROUT_FLEISS.values()), float)
    n, k = table.shape
    rows, columns, error = mean_squares(table)
    r = (rows - error) / (rows + (k - 1) * error + k / n * (columns - error))
    a, b = k * r / (n * (1 - r)), 1 + k * r * (n - 1) / (n * (1 - r))
    v = (a * columns + b * error) ** 2 / ((a * columns) ** 2 / (k - 1) + (b * error) ** 2 / ((n - 1) * (k - 1)))
    upper_f, lower_f = stats.f.ppf(0.975, n - 1, v), stats.f.ppf(0.975, v, n - 1)
    shift = k * columns + (k * n - k - n) * error
    found = reliability(SHROUT_FLEISS, "points").icc_2_1
    assert found.lower == pytest.approx(n * (rows - upper_f * error) / (upper_f * shift + n * rows))
    assert found.upper == pytest.approx(n * (lower_f * rows - error) / (shift + n * lower_f * rows))
    assert (found.lower, found.upper) == pytest.approx((0.019, 0.761), abs=0.0006)


def test_two_sessions_by_hand() -> None:
    found = reliability(TWO_DAYS, "N")
    differences = [b - a for a, b in TWO_DAYS.values()]
    scores = [score for pair in TWO_DAYS.values() for score in pair]
    assert found.typical_error.value == pytest.approx(stdev(differences) / sqrt(2))
    assert found.mean.value == pytest.approx(mean(scores))
    assert found.icc_2_1.value is not None
    sem = stdev(scores) * sqrt(1 - found.icc_2_1.value)
    assert found.sem.value == pytest.approx(sem)
    assert found.mdc95.value == pytest.approx(1.96 * sqrt(2) * sem)
    assert found.smallest_worthwhile_change.value == pytest.approx(
        0.2 * stdev(mean(pair) for pair in TWO_DAYS.values())
    )
    shares = [stdev(pair) / mean(pair) for pair in TWO_DAYS.values()]
    assert found.cv_percent.value == pytest.approx(100 * sqrt(mean(share**2 for share in shares)))
    assert (found.n, found.sessions, found.left_out) == (8, 2, 0)


def test_a_shift_of_everybody_lowers_agreement_and_not_consistency() -> None:
    shifted = {name: (a, b + 300) for name, (a, b) in TWO_DAYS.items()}
    here, there = reliability(TWO_DAYS, "N"), reliability(shifted, "N")
    assert there.icc_3_1.value == pytest.approx(here.icc_3_1.value)
    assert there.icc_2_1.value is not None
    assert here.icc_2_1.value is not None
    assert there.icc_2_1.value < here.icc_2_1.value - 0.05


def test_models_are_named() -> None:
    found = reliability(TWO_DAYS, "N")
    assert found.icc_3_1.method.startswith("ICC(3,1)")
    assert found.icc_2_1.method.startswith("ICC(2,1)")
    assert "ICC(2,1)" in found.sem.method


@pytest.mark.parametrize("scores", [{}, {"A": (1.0, 2.0)}, {"A": (1.0, 2.0), "B": (2.0, 3.0)}])
def test_too_few_people_give_reasons_and_no_numbers(scores: dict[str, tuple[float, ...]]) -> None:
    found = reliability(scores, "N")
    for one in (found.icc_3_1, found.icc_2_1, found.typical_error, found.sem, found.mdc95, found.mean):
        assert one.value is None
        assert "at least" in str(one.reason)


def test_one_session_gives_no_reliability() -> None:
    assert reliability({"A": (1.0,), "B": (2.0,), "C": (3.0,)}, "N").icc_3_1.reason == (
        "at least 2 sessions are needed, there are 1"
    )


def test_who_missed_a_session_is_left_out_and_counted() -> None:
    found = reliability(TWO_DAYS | {"I": (2000.0, None)}, "N")
    assert (found.n, found.left_out) == (8, 1)
    assert found.icc_3_1 == reliability(TWO_DAYS, "N").icc_3_1


@pytest.mark.parametrize(
    "scores",
    [
        {"A": (5.0, 5.0), "B": (5.0, 5.0), "C": (5.0, 5.0)},
        {"A": (1.0, 2.0), "B": (1.0, 2.0), "C": (1.0, 2.0)},
        {"A": (1.0, 1.0), "B": (2.0, 2.0), "C": (3.0, 3.0)},
        {"A": (-1.0, 1.0), "B": (0.0, 0.0), "C": (1.0, -1.0)},
        {"A": (1.0, 3.0), "B": (3.0, 1.0), "C": (2.0, 2.1)},
    ],
)
def test_degenerate_tables_are_survived(scores: dict[str, tuple[float, ...]]) -> None:
    found = reliability(scores, "N")
    for one in (found.icc_3_1, found.icc_2_1, found.sem, found.mdc95, found.cv_percent):
        assert (one.value is None) == (one.reason is not None)
        assert one.value is None or np.isfinite(one.value)
    assert found.sem.value is None or found.sem.value >= 0


def test_rows_of_different_length_and_no_numbers_are_refused() -> None:
    with pytest.raises(InvalidInput, match="one entry per session"):
        reliability({"A": (1.0, 2.0), "B": (1.0,)}, "N")
    with pytest.raises(InvalidInput, match="no number"):
        reliability({"A": (1.0, float("nan")), "B": (1.0, 2.0), "C": (1.0, 3.0)}, "N")


def test_trials_of_one_session() -> None:
    found = trials([2400.0, 2500.0, 2450.0], "N", repeat_above=REPEAT_ABOVE_N)
    assert (found.best.value, found.mean.value, found.sd.value) == (2500, 2450, 50)
    assert found.cv_percent.value == pytest.approx(50 / 2450 * 100)
    assert found.repeat_reason is None


@pytest.mark.parametrize(
    ("values", "words"), [([2400.0, 2700.0], "differ by 300 N"), ([2400.0], "at least two good trials")]
)
def test_another_trial_is_asked_for(values: list[float], words: str) -> None:
    assert words in str(trials(values, "N", repeat_above=REPEAT_ABOVE_N).repeat_reason)


def test_one_trial_has_no_spread_and_none_has_nothing() -> None:
    one, none = trials([2400.0], "N"), trials([], "N")
    assert (one.best.value, one.sd.value, one.sd.reason) == (2400, None, "one trial has no spread")
    assert (none.best.value, none.mean.reason) == (None, "no trials")


def test_a_coefficient_of_variation_needs_a_mean_above_zero() -> None:
    assert "zero or less" in str(trials([-1.0, 1.0], "%").cv_percent.reason)


@pytest.mark.parametrize(
    ("after", "verdict"), [(2600.0, "beyond"), (2599.9, "within"), (2400.1, "within"), (2390.0, "beyond")]
)
def test_a_change_counts_only_beyond_the_mdc(after: float, verdict: str) -> None:
    found = change(2500.0, after, "N", 99.95)
    assert found.verdict == verdict
    assert "99.95" in found.sentence


def test_without_an_mdc_there_is_no_verdict() -> None:
    found = change(2500.0, 3500.0, "N", None)
    assert (found.verdict, found.mdc95) == ("unknown", None)


def test_a_trend_of_asymmetry_has_a_band_and_no_judgement() -> None:
    points = trend([(20, -3.0), (10, 5.0), (30, -9.0)], "%", 10.0)
    assert [one.at_us for one in points] == [10, 20, 30]
    assert [(one.lower, one.upper) for one in points] == [(-5.0, 15.0)] * 3
    assert [one.change and one.change.verdict for one in points] == [None, "within", "within"]
    assert not any(word in one.change.sentence for one in points if one.change for word in ("risk", "good", "bad"))


def test_an_empty_trend_is_empty_and_one_without_mdc_has_no_band() -> None:
    assert trend([], "%", 10.0) == []
    assert trend([(1, 5.0)], "%", None)[0].lower is None
