"""The increase of a counter: dips add nothing, resets count from 0, and where the series is cut is no matter."""

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from ohmstead.domain.counters import START, CounterState, fold
from ohmstead.domain.telemetry import DAY, MINUTE, SECOND

T0 = 1_763_682_000 * SECOND


def times(n: int, step_us: int = 10 * SECOND) -> np.ndarray:
    return T0 + step_us * np.arange(n, dtype=np.int64)


def increases(values: list[float], step_us: int = 10 * SECOND) -> list[float]:
    got, _ = fold(times(len(values), step_us), np.array(values, dtype=float))
    return got.tolist()


def slow_reference(t: list[int], v: list[float]) -> tuple[list[float], float | None, int | None]:
    """The rule, sample by sample, as the prose says it."""
    v = [max(x, 0.0) for x in v]
    increase = [0.0] * len(v)
    held: float | None = None
    i = 0
    while i < len(v):
        if held is None:
            held = v[i]
        elif v[i] >= held:
            increase[i] = v[i] - held
            held = v[i]
        elif v[i] < 0.98 * held:
            window = [k for k in range(i + 1, len(v)) if k - i <= 3 or t[k] - t[i] <= 10 * MINUTE]
            back = [k for k in window if v[k] >= 0.98 * held]
            if back:
                i = back[0]
                continue
            open_by_count = len(v) - 1 - i < 3
            open_by_time = t[-1] - t[i] < 10 * MINUTE
            if open_by_count or open_by_time:
                return increase, held, t[i]
            increase[i] = v[i]
            held = v[i]
        i += 1
    return increase, held, None


@st.composite
def troubled_series(draw: st.DrawFn) -> tuple[np.ndarray, np.ndarray]:
    """Registers that mostly climb, with zeros, dips, resets, noise, negatives and gaps thrown in."""
    register = draw(st.sampled_from([0.0, 1.0, 50.0, 12345.0]))
    kinds = st.sampled_from(
        ["step"] * 6 + ["same", "zero", "shallow", "deep", "edge", "reset", "negative", "return", "spike"]
    )
    gaps = st.sampled_from([SECOND] * 3 + [10 * SECOND, MINUTE, 2 * MINUTE, 5 * MINUTE, 10 * MINUTE, DAY])
    t, v, now, shown = [], [], T0, register
    for kind, gap in draw(st.lists(st.tuples(kinds, gaps), max_size=60)):
        now += gap
        match kind:
            case "step":
                register = shown = shown + draw(st.integers(0, 40))
            case "zero":
                shown = 0.0
            case "shallow":
                shown = register * 0.99
            case "edge":
                shown = register * 0.98
            case "deep":
                shown = register * draw(st.sampled_from([0.2, 0.5, 0.9, 0.979]))
            case "reset":
                register = shown = float(draw(st.integers(0, 60)))
            case "negative":
                shown = -float(draw(st.integers(1, 9)))
            case "return":
                shown = register
            case "spike":
                shown = register * 3 + 7
        t.append(now)
        v.append(shown)
    return np.array(t, dtype=np.int64), np.array(v, dtype=float)


def test_the_first_sample_ever_adds_nothing() -> None:
    assert increases([12345.0]) == [0.0]


def test_a_rising_register_adds_its_steps() -> None:
    assert increases([10, 10, 12, 15]) == [0, 0, 2, 3]


def test_no_samples_leave_the_state_as_it_is() -> None:
    state = CounterState(7.0, T0)
    got, after = fold(times(0), np.empty(0), state)
    assert len(got) == 0
    assert after == state


def test_one_bad_zero_does_not_add_the_lifetime_total() -> None:
    assert increases([12345, 0, 12346]) == [0, 0, 1]


def test_a_restart_with_zeros_for_ten_minutes_adds_nothing() -> None:
    assert sum(increases([12345] + [0] * 60 + [12346])) == 1


def test_the_same_zeros_one_sample_longer_are_a_reset() -> None:
    values = [12345] + [0] * 61 + [12346]
    assert increases(values)[-1] == 12346


def test_three_samples_suffice_however_slow_they_are() -> None:
    assert increases([500, 0, 1, 2, 501], step_us=DAY) == [0, 0, 0, 0, 1]
    assert increases([500, 0, 1, 2, 3, 501], step_us=DAY) == [0, 0, 1, 1, 1, 498]


def test_a_reset_counts_from_zero() -> None:
    values = [1000.0, 1001.0, *range(3, 70)]
    assert sum(increases(values)) == 1 + 69


def test_a_fall_still_undecided_adds_nothing_yet() -> None:
    t = times(4)
    got, state = fold(t, np.array([1000.0, 1001.0, 3.0, 4.0]))
    assert got.tolist() == [0, 1, 0, 0]
    assert state == CounterState(1001.0, int(t[2]))


def test_a_small_fall_is_a_dip_at_once_and_its_way_back_is_not_counted() -> None:
    got, state = fold(times(4), np.array([1000.0, 980.0, 990.0, 1005.0]))
    assert got.tolist() == [0, 0, 0, 5]
    assert state == CounterState(1005.0)


def test_a_small_fall_is_held_for_as_long_as_it_lasts() -> None:
    assert sum(increases([1000.0] + [990.0] * 500 + [1001.0], step_us=MINUTE)) == 1


def test_falling_further_inside_a_dip_does_not_open_it_again() -> None:
    assert increases([1000, 500, 100, 300, 0, 1000, 1002]) == [0, 0, 0, 0, 0, 0, 2]


def test_what_is_back_at_98_percent_is_back() -> None:
    assert increases([100, 5, 98, 101]) == [0, 0, 0, 1]


def test_two_dips_in_a_row_each_have_their_own_window() -> None:
    assert sum(increases([100, 0, 100, 0, 100, 0, 101])) == 1


def test_a_reset_inside_what_turned_out_to_be_a_reset_is_found() -> None:
    values = [1000.0, *([50.0] * 70), *([8.0] * 70)]
    assert sum(increases(values)) == 50 + 8


def test_a_dip_after_a_reset_is_judged_against_the_new_register() -> None:
    values = [1000.0, 50.0, 0.0, 51.0, *([52.0] * 70)]
    assert sum(increases(values)) == 52


def test_registers_below_zero_are_read_as_zero() -> None:
    assert increases([-5, -3, 2, -1, 2, 3]) == [0, 0, 2, 0, 0, 1]
    assert increases([500, -1, 501]) == [0, 0, 1]


def test_a_register_of_zero_cannot_fall() -> None:
    assert increases([0, 0, -1, 0, 4]) == [0, 0, 0, 0, 4]


def test_a_resumed_fold_must_see_the_undecided_samples_again() -> None:
    t = times(4)
    _, state = fold(t[:3], np.array([100.0, 101.0, 2.0]))
    assert state.refold_from == t[2]
    with pytest.raises(ValueError, match="folded again"):
        fold(t[3:], np.array([101.0]), state)
    got, _ = fold(t[2:], np.array([2.0, 102.0]), state)
    assert got.tolist() == [0, 1]


@pytest.mark.parametrize("state", [START, CounterState(0.0), CounterState(12.5), CounterState(12.5, T0)])
def test_a_state_survives_being_stored_as_numbers(state: CounterState) -> None:
    assert CounterState.from_numbers(*state.to_numbers()) == state


@given(troubled_series())
def test_it_is_what_the_rule_says(series: tuple[np.ndarray, np.ndarray]) -> None:
    t, v = series
    got, state = fold(t, v)
    expected, held, refold_from = slow_reference(t.tolist(), v.tolist())
    assert got.tolist() == expected
    assert state == CounterState(held, refold_from)


@given(troubled_series(), st.lists(st.integers(0, 60), max_size=6))
def test_any_cut_gives_the_same_result(series: tuple[np.ndarray, np.ndarray], cuts: list[int]) -> None:
    t, v = series
    whole, whole_state = fold(t, v)
    pieced, state, start = np.zeros(len(t)), START, 0
    for end in [*sorted(min(c, len(t)) for c in cuts), len(t)]:
        got, state = fold(t[start:end], v[start:end], state)
        state = CounterState.from_numbers(*state.to_numbers())
        pieced[start:end] = got
        start = end if state.refold_from is None else int(np.searchsorted(t, state.refold_from))
    assert pieced.tolist() == whole.tolist()
    assert state == whole_state


@given(troubled_series(), st.integers(0, 60))
def test_increases_that_are_not_provisional_are_final(series: tuple[np.ndarray, np.ndarray], cut: int) -> None:
    t, v = series
    whole, _ = fold(t, v)
    got, state = fold(t[:cut], v[:cut])
    final = len(got) if state.refold_from is None else int(np.searchsorted(t[:cut], state.refold_from))
    assert got[:final].tolist() == whole[:final].tolist()
    assert not got[final:].any()


@given(troubled_series())
def test_a_counter_never_counts_backwards(series: tuple[np.ndarray, np.ndarray]) -> None:
    t, v = series
    assert (fold(t, v)[0] >= 0).all()


@given(
    st.lists(st.integers(0, 100), min_size=2, max_size=40),
    st.integers(1, 39),
    st.lists(st.integers(0, 90), min_size=1, max_size=3),
)
def test_a_dip_of_up_to_three_samples_changes_no_total(steps: list[int], at: int, low: list[int]) -> None:
    clean = [10_000.0, *(10_000.0 + np.cumsum(steps))]
    at = min(at, len(clean) - 1)
    dipped = [*clean[:at], *map(float, low), *clean[at:]]
    assert sum(increases(dipped, step_us=DAY)) == sum(increases(clean, step_us=DAY)) == sum(steps)


@given(st.integers(200, 10**6), st.integers(0, 100), st.lists(st.integers(0, 5), min_size=70, max_size=90))
def test_a_real_reset_adds_what_the_new_register_shows(before: int, first: int, steps: list[int]) -> None:
    after = [float(first), *(first + np.cumsum(steps).astype(float))]
    step_us = 10 * MINUTE // 3  # window of three samples, long before the new register nears the old one
    assume(after[3] < 0.98 * before)
    assert sum(increases([float(before), *after], step_us)) == after[-1]
