"""Detectors: what flips when; and columns of samples give the same as one sample after the other."""

from math import inf
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ohmstead.domain.condition import Condition, Implausible, Rate, Stuck, Threshold, WeakSignal
from ohmstead.domain.detector import LONGEST_HOLE_US, Band, Detector, Flip, Same, Slope, detector, rising
from ohmstead.domain.device import Channel
from ohmstead.domain.quantity import QUANTITIES
from ohmstead.domain.telemetry import HOUR, MINUTE, SECOND

T0 = 1_763_683_200_000_000


def a_channel(quantity: str = "power") -> Channel:
    found = QUANTITIES[quantity]
    return Channel(1, 1, "x", quantity, found.unit, found.kind, found.decimals)


def made(condition: Condition, quantity: str = "power") -> Detector:
    found = detector(condition, a_channel(quantity))
    assert found is not None
    return found


def feed(one: Detector, samples: list[tuple[float, float]]) -> list[tuple[float, bool]]:
    """Samples and flips by seconds after T0."""
    t = np.array([T0 + int(at * SECOND) for at, _ in samples], np.int64)
    return [((f.at - T0) / SECOND, f.holds) for f in one.feed(t, np.array([v for _, v in samples], float))]


class TestThreshold:
    def test_it_holds_after_its_duration_and_ends_below_the_hysteresis(self) -> None:
        kettle = made(Threshold(above=2000, for_s=300, hysteresis=100))
        assert feed(kettle, [(s, 2400.0) for s in range(0, 300, 10)]) == []
        assert feed(kettle, [(300, 2400.0)]) == [(300, True)]
        assert feed(kettle, [(310, 1950.0)]) == []
        assert feed(kettle, [(320, 1900.0)]) == [(320, False)]

    def test_a_moment_inside_begins_the_duration_anew(self) -> None:
        kettle = made(Threshold(above=2000, for_s=60))
        assert feed(kettle, [(0, 2100.0), (50, 2000.0), (60, 2100.0), (119, 2100.0), (120, 2100.0)]) == [(120, True)]

    def test_exactly_the_limit_is_not_above_it(self) -> None:
        assert feed(made(Threshold(above=2000)), [(0, 2000.0)]) == []
        assert feed(made(Threshold(below=5)), [(0, 5.0), (1, 4.9)]) == [(1, True)]

    def test_a_hole_in_the_data_is_no_proof_of_its_duration(self) -> None:
        kettle = made(Threshold(above=2000, for_s=300))
        hole = LONGEST_HOLE_US // SECOND + 1
        assert feed(kettle, [(0, 2400.0), (hole, 2400.0)]) == []
        assert feed(kettle, [(hole + 299, 2400.0), (hole + 300, 2400.0)]) == [(hole + 300, True)]

    def test_outside_of_a_band_on_either_side(self) -> None:
        grid = made(Threshold(above=253, below=207, hysteresis=2), "voltage")
        assert feed(grid, [(0, 230.0), (1, 254.0), (2, 252.0), (3, 251.0), (4, 206.0)]) == [
            (1, True),
            (3, False),
            (4, True),
        ]

    def test_a_state_lasts_until_the_next_one(self) -> None:
        door = made(Threshold(above=0.5, for_s=600), "presence")
        assert isinstance(door, Band)
        assert feed(door, [(0, 1.0)]) == []
        assert door.passed(T0 + 599 * SECOND) is None
        assert door.passed(T0 + 900 * SECOND) == Flip(T0 + 600 * SECOND, True, inf)
        assert feed(door, [(1000, 0.0)]) == [(1000, False)]

    def test_a_gauge_that_falls_silent_does_not_last(self) -> None:
        kettle = made(Threshold(above=2000, for_s=600))
        feed(kettle, [(0, 2400.0)])
        assert isinstance(kettle, Band)
        assert kettle.passed(T0 + HOUR) is None


class TestOthers:
    def test_values_that_cannot_be_true(self) -> None:
        assert feed(made(Implausible(), "humidity"), [(0, 55.0), (1, 250.0), (2, 54.0)]) == [(1, True), (2, False)]

    def test_a_weak_signal_needs_time(self) -> None:
        weak = made(WeakSignal(), "signal")
        assert feed(weak, [(0, -90.0), (599, -88.0), (600, -91.0), (700, -78.0), (800, -75.0)]) == [
            (600, True),
            (800, False),
        ]

    def test_a_rise_within_its_time(self) -> None:
        fridge = made(Rate(rises_by=3, within_s=600), "temperature")
        slow = [(s, 5 + s / 600) for s in range(0, 3600, 30)]
        assert feed(fridge, slow) == []
        flips = feed(fridge, [(3600 + s, 11 + s / 60) for s in range(0, 300, 30)])
        assert flips[0][1] is True
        assert feed(fridge, [(3900 + s, 15.0) for s in range(0, 1200, 30)])[-1][1] is False

    def test_a_fall_within_its_time(self) -> None:
        assert feed(made(Rate(falls_by=50, within_s=60)), [(0, 100.0), (59, 60.0), (60, 49.0)]) == [(60, True)]

    def test_the_same_value_for_long_is_stuck_until_it_moves(self) -> None:
        probe = made(Stuck(), "temperature")
        hour = 3600
        assert feed(probe, [(n * hour, 21.5) for n in range(24)]) == []
        assert feed(probe, [(24 * hour, 21.5)]) == [(24 * hour, True)]
        assert feed(probe, [(25 * hour, 21.4375)]) == [(25 * hour, False)]

    def test_few_equal_values_prove_nothing(self) -> None:
        probe = made(Stuck(for_s=3600))
        assert feed(probe, [(n * 3600, 5.0) for n in range(9)]) == []
        assert feed(probe, [(9 * 3600, 5.0)]) == [(9 * 3600, True)]

    def test_a_load_of_nothing_is_not_stuck(self) -> None:
        assert detector(Stuck(), a_channel("power")) is None
        assert detector(Stuck(), a_channel("switch")) is None
        assert feed(made(Stuck(for_s=60, ignore_zero=True)), [(n * 10, 0.0) for n in range(100)]) == []


def test_what_is_late_or_repeated_is_left_out() -> None:
    t = np.array([5, 3, 9, 7, 7], np.int64)
    v = np.array([1.0, 2.0, 3.0, 4.0, 5.0])
    kept, values = rising(t, v, 4)
    assert (kept.tolist(), values.tolist()) == ([5, 7, 9], [1.0, 5.0, 3.0])


# The same by a model that sees one sample after the other


class Model:
    """A band as one would write it down: no columns, nothing left out."""

    def __init__(self, condition: Threshold) -> None:
        self.c = condition
        self.history: list[tuple[int, float]] = []
        self.holds = False

    def outside(self, v: float) -> bool:
        above, below = self.c.above, self.c.below
        return (above is not None and v > above) or (below is not None and v < below)

    def inside(self, v: float) -> bool:
        above, below, h = self.c.above, self.c.below, self.c.hysteresis
        return (above is None or v <= above - h) and (below is None or v >= below + h)

    def step(self, at: int, v: float) -> Flip | None:
        self.history.append((at, v))
        if self.holds:
            if self.inside(v):
                self.holds = False
                self.history.clear()
                return Flip(at, False, v)
            return None
        since = None
        later = None
        for t, value in reversed(self.history):
            broken = later is not None and later - t > max(self.c.for_s * SECOND, LONGEST_HOLE_US)
            if broken or not self.outside(value):
                break
            since = later = t
        if since is not None and at - since >= self.c.for_s * SECOND:
            self.holds = True
            return Flip(at, True, v)
        return None


steps = st.lists(
    st.tuples(st.sampled_from([1, 10, 60, 61, 3601, 8000]), st.sampled_from([0.0, 50.0, 94.0, 96.0, 101.0, 150.0])),
    min_size=1,
    max_size=120,
)
bands = st.builds(
    Threshold,
    above=st.just(100.0),
    below=st.sampled_from([None, 20.0]),
    for_s=st.sampled_from([0.0, 60.0, 300.0, 7200.0]),
    hysteresis=st.sampled_from([0.0, 5.0]),
)


@settings(max_examples=300)
@given(bands, steps, st.data())
def test_columns_and_prefilter_agree_with_the_model(condition: Threshold, walk: Any, data: st.DataObject) -> None:
    t = T0 + np.cumsum([s for s, _ in walk]) * SECOND
    v = np.array([value for _, value in walk])
    model, whole, cut = Model(condition), made(condition), made(condition)
    expected = [flip for at, value in zip(t.tolist(), v.tolist(), strict=True) if (flip := model.step(at, value))]
    assert whole.feed(t, v) == expected
    found, i = [], 0
    while i < len(t):
        n = data.draw(st.integers(1, 20))
        piece_t, piece_v = t[i : i + n], v[i : i + n]
        low, high = cut.calm()
        if not (piece_v.min() >= low and piece_v.max() <= high):
            found += cut.feed(piece_t, piece_v)
        if data.draw(st.booleans()):  # killed, and started again from what was kept
            state, cut = cut.state(), made(condition)
            if state is not None:
                cut.restore(state)
        i += n
    assert found == expected


@settings(max_examples=200)
@given(st.lists(st.tuples(st.integers(1, 900), st.sampled_from([0.0, 21.0, 21.5])), min_size=1, max_size=80), st.data())
def test_stuck_is_the_same_however_it_is_cut(walk: Any, data: st.DataObject) -> None:
    t = T0 + np.cumsum([s for s, _ in walk]) * SECOND
    v = np.array([value for _, value in walk])
    whole = Same(30 * MINUTE // 2, ignore_zero=False)
    expected: list[Flip] = []
    value, since, count, holds = None, 0, 0, False
    for at, one in zip(t.tolist(), v.tolist(), strict=True):
        if one != value:
            if holds:
                expected.append(Flip(at, False, one))
            value, since, count, holds = one, at, 0, False
        count += 1
        if not holds and count >= 10 and at - since >= whole.for_us:
            holds = True
            expected.append(Flip(at, True, one))
    cut = Same(whole.for_us, ignore_zero=False)
    found, i = [], 0
    while i < len(t):
        n = data.draw(st.integers(1, 30))
        found += cut.feed(t[i : i + n], v[i : i + n])
        i += n
    assert whole.feed(t, v) == found == expected


@settings(max_examples=200)
@given(st.lists(st.tuples(st.integers(1, 200), st.floats(-5, 5)), min_size=1, max_size=60), st.data())
def test_a_rate_is_the_same_however_it_is_cut_and_after_its_window_is_read_back(walk: Any, data: st.DataObject) -> None:
    t = T0 + np.cumsum([s for s, _ in walk]) * SECOND
    v = np.cumsum([step for _, step in walk])
    condition = Rate(rises_by=8, falls_by=6, within_s=600)
    slot = 10 * SECOND
    holds, expected = False, []
    for n, (at, value) in enumerate(zip(t.tolist(), v.tolist(), strict=True)):
        window = [
            one for when, one in zip(t.tolist(), v.tolist()[: n + 1], strict=False) if when // slot >= at // slot - 60
        ]
        if (value - min(window) >= 8 or max(window) - value >= 6) != holds:
            holds = not holds
            expected.append(Flip(at, holds, value))
    cut, found, i = made(condition), [], 0
    while i < len(t):
        n = data.draw(st.integers(1, 20))
        found += cut.feed(t[i : i + n], v[i : i + n])
        i += n
        if data.draw(st.booleans()):
            state, cut = cut.state(), made(condition)
            if state is not None:
                cut.restore(state)
            assert isinstance(cut, Slope)
            cut.remember(t[:i], v[:i])
    assert found == expected


@pytest.mark.parametrize("condition", [Threshold(above=2000, for_s=60), Rate(rises_by=5), Stuck(for_s=60)])
def test_a_state_comes_back_from_json(condition: Condition) -> None:
    import json

    one, other = made(condition), made(condition)
    feed(one, [(n, 2100.0) for n in range(50)])
    state = one.state()
    if state is not None:
        other.restore(json.loads(json.dumps(state)))
    assert other.state() == state
