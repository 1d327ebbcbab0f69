"""Rollups: what a bucket says about its samples, and that pieces and finer buckets add up to the same."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ohmstead.domain.rollups import Rollups, chart_columns, coarsen, empty, fold, merge
from ohmstead.domain.telemetry import MINUTE, SECOND

T0 = 1_763_682_000 * SECOND
Samples = tuple[np.ndarray, np.ndarray]


def samples(*pairs: tuple[float, float]) -> Samples:
    """(seconds after T0, value) …"""
    return np.array([T0 + round(s * SECOND) for s, _ in pairs], dtype=np.int64), np.array([float(v) for _, v in pairs])


def rows(rollups: Rollups) -> list[dict[str, Any]]:
    columns = {name: column.tolist() for name, column in rollups.columns().items()}
    return [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]


def slow_reference(
    t: list[int],
    v: list[float],
    borders: list[int],
    max_gap_us: int,
    before: tuple[int, float] | None = None,
    increase: list[float] | None = None,
) -> list[dict[str, Any]]:
    found: dict[int, dict[str, Any]] = {}
    for i, (now, value) in enumerate(zip(t, v, strict=True)):
        start = max(b for b in borders if b <= now)
        row = found.setdefault(
            start,
            {"start": start, "count": 0, "total": 0.0, "lowest": value, "highest": value, "first": value}
            | {"last": value, "integral": 0.0, "covered": 0}
            | ({} if increase is None else {"increase": 0.0}),
        )
        row["count"] += 1
        row["total"] += value
        row["lowest"] = min(row["lowest"], value)
        row["highest"] = max(row["highest"], value)
        row["last"] = value
        if increase is not None:
            row["increase"] += increase[i]
        previous = (t[i - 1], v[i - 1]) if i else before
        if previous is not None and now - previous[0] <= max_gap_us:
            row["integral"] += (previous[1] + value) / 2 * (now - previous[0]) / SECOND
            row["covered"] += now - previous[0]
    return list(found.values())


# Whole seconds and whole values: every sum is exact, so results can be compared without tolerance.
series = st.lists(
    st.tuples(st.integers(0, 400), st.integers(-50, 50)), unique_by=lambda pair: pair[0], max_size=60
).map(lambda pairs: samples(*sorted(pairs)))
border_seconds = st.lists(st.integers(1, 399), unique=True, max_size=12).map(lambda s: [0, *sorted(s), 401])


def as_borders(seconds: list[int]) -> np.ndarray:
    return T0 + np.array(seconds, dtype=np.int64) * SECOND


def test_a_bucket_is_half_open() -> None:
    t, v = samples((0, 1), (59.999999, 2), (60, 3))
    got = fold(t, v, MINUTE, max_gap_us=MINUTE)
    assert got.start.tolist() == [T0, T0 + MINUTE]
    assert got.count.tolist() == [2, 1]
    assert got.first.tolist() == [1, 3]
    assert got.last.tolist() == [2, 3]


def test_buckets_without_samples_are_absent() -> None:
    t, v = samples((0, 1), (600, 2))
    assert fold(t, v, MINUTE, max_gap_us=MINUTE).start.tolist() == [T0, T0 + 10 * MINUTE]
    borders = T0 + MINUTE * np.arange(12)
    assert fold(t, v, borders, max_gap_us=MINUTE).start.tolist() == [T0, T0 + 10 * MINUTE]


def test_a_step_belongs_to_the_bucket_of_its_later_sample() -> None:
    t, v = samples((50, 100), (70, 200))
    got = fold(t, v, MINUTE, max_gap_us=MINUTE, increase=np.array([0.0, 7.0]))
    assert got.integral.tolist() == [0, 150 * 20]
    assert got.covered.tolist() == [0, 20 * SECOND]
    assert got.increase is not None
    assert got.increase.tolist() == [0, 7]


def test_a_gap_is_not_bridged_but_its_samples_count() -> None:
    t, v = samples((0, 10), (10, 10), (41, 10))
    got = fold(t, v, MINUTE, max_gap_us=30 * SECOND)
    assert got.count.tolist() == [3]
    assert got.integral.tolist() == [100]
    assert got.covered.tolist() == [10 * SECOND]


def test_a_step_that_is_not_bridged_adds_nothing_however_short_it_is() -> None:
    t, v = samples((0, 10), (10, 10), (30, 10))
    for bridged, seconds in (([True, False, True], 20), ([True, True, True], 30)):
        got = fold(t, v, MINUTE, bridged=np.array(bridged))
        assert got.integral.tolist() == [10 * seconds]
        assert got.covered.tolist() == [seconds * SECOND]


def test_a_step_exactly_as_long_as_allowed_is_bridged() -> None:
    t, v = samples((0, 10), (30, 10))
    assert fold(t, v, MINUTE, max_gap_us=30 * SECOND).covered.tolist() == [30 * SECOND]


def test_the_sample_before_gives_the_first_step() -> None:
    t, v = samples((5, 20))
    got = fold(t, v, MINUTE, max_gap_us=MINUTE, before=(T0 - 5 * SECOND, 10.0))
    assert got.integral.tolist() == [150]
    assert got.covered.tolist() == [10 * SECOND]
    assert fold(t, v, MINUTE, max_gap_us=MINUTE).covered.tolist() == [0]


def test_a_width_counts_from_its_origin() -> None:
    t, v = samples((0, 1), (29, 1), (30, 1))
    got = fold(t, v, MINUTE, max_gap_us=MINUTE, origin_us=T0 + 30 * SECOND)
    assert got.start.tolist() == [T0 - 30 * SECOND, T0 + 30 * SECOND]
    assert got.count.tolist() == [2, 1]


def test_instants_before_1970_fall_into_the_right_bucket() -> None:
    got = fold(np.array([-1]), np.array([4.0]), MINUTE, max_gap_us=MINUTE)
    assert got.start.tolist() == [-MINUTE]


@pytest.mark.parametrize("second", [-1, 60])
def test_samples_outside_the_borders_are_refused(second: int) -> None:
    t, v = samples((second, 1))
    with pytest.raises(ValueError, match="not within"):
        fold(t, v, as_borders([0, 60]), max_gap_us=MINUTE)


def test_means_weigh_samples_or_time() -> None:
    t, v = samples((0, 0), (1, 0), (2, 0), (3, 0), (43, 60))
    got = fold(t, v, MINUTE, max_gap_us=MINUTE)
    assert got.mean.tolist() == [12]
    assert got.time_mean.tolist() == [40 * 30 / 43]


def test_without_bridged_time_the_mean_is_that_of_the_samples() -> None:
    t, v = samples((0, 3), (30, 5))
    assert fold(t, v, MINUTE, max_gap_us=SECOND).time_mean.tolist() == [4]


def test_nothing_folds_to_nothing() -> None:
    t, v = samples()
    gauge = fold(t, v, MINUTE, max_gap_us=MINUTE)
    counter = fold(t, v, MINUTE, max_gap_us=MINUTE, increase=v)
    assert len(gauge) == len(counter) == len(empty()) == 0
    assert gauge.increase is None
    assert counter.increase is not None
    assert len(coarsen(gauge, MINUTE)) == 0
    assert len(merge(gauge, gauge)) == 0


def test_merging_joins_the_bucket_both_share() -> None:
    a = fold(*samples((0, 1), (70, 2)), MINUTE, max_gap_us=SECOND)
    b = fold(*samples((80, 9), (130, 4)), MINUTE, max_gap_us=SECOND)
    got = merge(a, b)
    assert got.start.tolist() == [T0, T0 + MINUTE, T0 + 2 * MINUTE]
    assert got.count.tolist() == [1, 2, 1]
    assert got.first.tolist() == [1, 2, 4]
    assert got.last.tolist() == [1, 9, 4]
    assert got.highest.tolist() == [1, 9, 4]


def test_merging_refuses_the_wrong_order_and_mixed_kinds() -> None:
    early = fold(*samples((0, 1)), MINUTE, max_gap_us=SECOND)
    late = fold(*samples((90, 1)), MINUTE, max_gap_us=SECOND)
    counter = fold(*samples((90, 1)), MINUTE, max_gap_us=SECOND, increase=np.array([1.0]))
    with pytest.raises(ValueError, match="before the one in front"):
        merge(late, early)
    with pytest.raises(ValueError, match="increase"):
        merge(early, counter)


def test_between_takes_the_buckets_that_start_in_the_span() -> None:
    t, v = samples((0, 1), (60, 2), (120, 3))
    got = fold(t, v, MINUTE, max_gap_us=SECOND).between(T0 + MINUTE, T0 + 2 * MINUTE)
    assert got.last.tolist() == [2]


@given(series, border_seconds, st.integers(1, 100))
def test_borders_fold_like_the_slow_reference(got: Samples, seconds: list[int], gap_s: int) -> None:
    t, v = got
    before = (T0 - 20 * SECOND, 8.0)
    increase = np.abs(v)
    folded = fold(t, v, as_borders(seconds), max_gap_us=gap_s * SECOND, before=before, increase=increase)
    expected = slow_reference(
        t.tolist(), v.tolist(), as_borders(seconds).tolist(), gap_s * SECOND, before, increase.tolist()
    )
    assert rows(folded) == expected


@given(series, st.integers(1, 90), st.integers(-100, 100), st.integers(1, 100))
def test_widths_fold_like_borders(got: Samples, width_s: int, origin_s: int, gap_s: int) -> None:
    t, v = got
    origin = T0 + origin_s * SECOND
    by_width = fold(t, v, width_s * SECOND, max_gap_us=gap_s * SECOND, origin_us=origin)
    borders = origin + width_s * SECOND * np.arange(-600 // width_s, 600 // width_s + 2)
    assert rows(by_width) == rows(fold(t, v, borders, max_gap_us=gap_s * SECOND))


@given(series, border_seconds, st.integers(0, 60))
def test_pieces_merge_to_the_whole(got: Samples, seconds: list[int], cut: int) -> None:
    t, v = got
    cut = min(cut, len(t))
    before = (int(t[cut - 1]), float(v[cut - 1])) if cut else None
    borders = as_borders(seconds)
    a = fold(t[:cut], v[:cut], borders, max_gap_us=MINUTE, increase=v[:cut])
    b = fold(t[cut:], v[cut:], borders, max_gap_us=MINUTE, before=before, increase=v[cut:])
    assert rows(merge(a, b)) == rows(fold(t, v, borders, max_gap_us=MINUTE, increase=v))


@given(series, st.tuples(st.integers(0, 60), st.integers(0, 60)))
def test_merging_is_associative(got: Samples, cuts: tuple[int, int]) -> None:
    t, v = got
    pieces = zip(np.split(t, sorted(cuts)), np.split(v, sorted(cuts)), strict=True)
    a, b, c = (fold(*piece, MINUTE, max_gap_us=SECOND) for piece in pieces)
    assert rows(merge(merge(a, b), c)) == rows(merge(a, merge(b, c))) == rows(merge(a, b, c))
    assert merge(a, b, c).count.sum() == len(t)


@given(series, border_seconds, border_seconds)
def test_coarse_buckets_are_sums_of_fine_ones(got: Samples, coarse: list[int], extra: list[int]) -> None:
    t, v = got
    fine = sorted({*coarse, *extra})
    folded = fold(t, v, as_borders(fine), max_gap_us=MINUTE, increase=v)
    whole = fold(t, v, as_borders(coarse), max_gap_us=MINUTE, increase=v)
    assert rows(coarsen(folded, as_borders(coarse))) == rows(whole)


@given(series, st.integers(-50, 300), st.integers(1, 60), st.integers(1, 20))
def test_a_chart_shows_what_a_loop_would(got: Samples, from_s: int, width_s: int, buckets: int) -> None:
    t, v = got
    t0, width = T0 + from_s * SECOND, width_s * SECOND
    chart = chart_columns(t, v, t0, width, buckets, increase=np.abs(v))
    expected = []
    for k in range(buckets):
        inside = v[(t >= t0 + k * width) & (t < t0 + (k + 1) * width)]
        if len(inside):
            row = (t0 + k * width, len(inside), inside.min(), inside.max(), inside.sum() / len(inside))
            expected.append((*row, np.abs(inside).sum()))
    assert chart.increase is not None
    assert expected == list(
        zip(chart.t, chart.count, chart.lowest, chart.highest, chart.mean, chart.increase, strict=True)
    )


def test_a_chart_of_a_gauge_has_no_increase() -> None:
    t, v = samples((0, 1))
    assert chart_columns(t, v, T0, SECOND, 3).increase is None
    assert chart_columns(t, v, T0 + SECOND, SECOND, 3).increase is None
