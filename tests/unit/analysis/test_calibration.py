"""Counts to newtons by masses on a scale, each expectation worked out beside it."""

import json

import numpy as np
import pytest
from hypothesis import given as told
from hypothesis import settings
from hypothesis import strategies as st

from ohmstead.analysis.calibration import Calibration, Point, given, multi_point, point, two_point
from ohmstead.analysis.trace import Trace
from ohmstead.domain.errors import InvalidInput

G = 9.80665


def test_two_points_make_the_line_through_them() -> None:
    line = two_point(Point(0, -12_688), Point(20, 30_312))
    assert line.newtons_per_count == pytest.approx(20 * G / 43_000)
    assert line.zero_counts == pytest.approx(-12_688)
    assert line.newtons(np.array([-12_688.0, 30_312.0])).tolist() == pytest.approx([0, 20 * G], abs=1e-9)


def test_two_points_say_nothing_about_linearity() -> None:
    line = two_point(Point(0, 0), Point(20, 1000))
    assert line.linearity_percent is None
    assert line.residuals_n == pytest.approx((0, 0), abs=1e-9)


def test_local_gravity_counts() -> None:
    here, there = (two_point(Point(0, 0), Point(10, 1000), gravity=g) for g in (9.80665, 9.832))
    assert there.newtons_per_count / here.newtons_per_count == pytest.approx(9.832 / 9.80665)


def test_many_points_are_fitted_by_least_squares_with_their_residuals() -> None:
    """Counts 100, 210, 290, 400 under 0, 1, 2, 3 kg: mean mass 1.5, mean count 250;
    slope = Σ(m − 1.5)(c − 250) / Σ(m − 1.5)² = (225 + 20 + 20 + 225) / 5 = 98 per kg, zero = 250 − 147 = 103.
    """
    line = multi_point([Point(0, 100), Point(1, 210), Point(2, 290), Point(3, 400)])
    assert line.zero_counts == pytest.approx(103)
    assert line.newtons_per_count == pytest.approx(G / 98)
    expected = [(c - 103) / 98 * G - m * G for m, c in ((0, 100), (1, 210), (2, 290), (3, 400))]
    assert line.residuals_n == pytest.approx(expected)
    assert line.linearity_percent == pytest.approx(max(map(abs, expected)) / (3 * G) * 100)
    assert multi_point(line.points, full_scale_n=1000).linearity_percent == pytest.approx(
        max(map(abs, expected)) / 1000 * 100
    )


def test_a_cell_wired_the_other_way_round_has_a_negative_slope() -> None:
    line = two_point(Point(0, 500), Point(10, -9500))
    assert line.newtons_per_count < 0
    assert line.newtons(np.array([-9500.0]))[0] == pytest.approx(10 * G)


@settings(max_examples=30, deadline=None)
@told(st.floats(-8e6, 8e6), st.floats(1e-5, 1.0), st.lists(st.integers(-(2**23), 2**23 - 1), min_size=1, max_size=20))
def test_applying_and_taking_back_gives_the_counts(zero: float, slope: float, counts: list[int]) -> None:
    line = given(zero, slope)
    assert np.rint(line.counts(line.newtons(np.array(counts, float)))).tolist() == counts


def test_a_new_calibration_is_applied_to_the_same_untouched_counts() -> None:
    counts = Trace(np.arange(3), np.array([0.0, 1000.0, 2000.0]), "counts", (-8.0, 2000.0))
    before = counts.values.copy()
    first, second = given(0, 0.1).applied(counts), given(10, -0.2).applied(counts)
    assert first.values.tolist() == [0, 100, 200]
    assert second.values.tolist() == pytest.approx([2, -198, -398])
    assert second.limits == pytest.approx((-398, 3.6))
    assert (first.unit, counts.unit) == ("N", "counts")
    assert counts.values.tolist() == before.tolist()


def test_a_tare_moves_the_zero_and_keeps_the_slope() -> None:
    line = two_point(Point(0, 0), Point(20, 1000))
    tared = line.tared(point(0, np.array([49.0, 51.0])))
    assert (tared.zero_counts, tared.newtons_per_count) == (50, line.newtons_per_count)


def test_a_point_is_the_mean_of_a_stretch_at_rest() -> None:
    assert point(5, np.array([10.0, 12.0, 14.0])) == Point(5, 12, 2, 3)


def test_a_calibration_survives_being_stored() -> None:
    line = multi_point([Point(0, 100, 2.0, 10), Point(1, 210), Point(2, 290)])
    assert Calibration.from_json(json.loads(json.dumps(line.as_json()))) == line


@pytest.mark.parametrize(
    ("points", "words"),
    [
        ([Point(0, 1), Point(5, 2)], "at least 3 points"),
        ([Point(5, 1), Point(5, 2), Point(5, 3)], "same mass, 5 kg"),
        ([Point(0, 7), Point(5, 7), Point(10, 7)], "is the cell connected"),
        ([Point(0, 0), Point(5, 100), Point(10, 0)], "do not follow the masses"),
        ([Point(0, 0), Point(-5, 100), Point(10, 200)], "0 kg or more"),
        ([Point(0, float("nan")), Point(5, 100), Point(10, 200)], "no numbers"),
    ],
)
def test_points_that_make_no_line_are_refused(points: list[Point], words: str) -> None:
    with pytest.raises(InvalidInput, match=words):
        multi_point(points)


@pytest.mark.parametrize(
    ("attempt", "words"),
    [
        (lambda: two_point(Point(5, 1), Point(5, 2)), "same mass"),
        (lambda: two_point(Point(0, 1), Point(5, 2), gravity=1.62), "gravity should be"),
        (lambda: multi_point([Point(0, 1), Point(1, 2), Point(2, 3)], full_scale_n=0), "full scale"),
        (lambda: point(0, np.array([1.0])), "at least 2 samples"),
        (lambda: point(0, np.array([1.0, np.inf])), "no numbers"),
        (lambda: point(80, np.array([5.0, 8.0]), limits=(-8, 8)), "at its limit under 80 kg"),
        (lambda: given(0, 0), "slope that is not 0"),
        (lambda: given(0, 1).tared(Point(20, 5)), "without load"),
    ],
)
def test_what_cannot_be_right_is_refused_with_the_reason(attempt: object, words: str) -> None:
    with pytest.raises(InvalidInput, match=words):
        attempt()  # type: ignore[operator]
