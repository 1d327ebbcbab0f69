"""Waves, thresholds and the rollout's own time."""

from collections import Counter
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ohmstead.domain.errors import IllegalTransition, InvalidInput
from ohmstead.domain.installation import InstallationState
from ohmstead.domain.rollout import (
    BETWEEN_BEGINNINGS_S,
    LEGAL,
    LONGEST_LOOK_US,
    Rollout,
    RolloutState,
    Tally,
    Terms,
    Window,
    assign_waves,
    canaries_first,
    check_terms,
    look,
    move,
    room,
    steer,
    wait_s,
)

S, R = InstallationState, RolloutState
shares = st.lists(st.floats(0.001, 0.999), max_size=5, unique=True).map(lambda some: (*sorted(some), 1.0))


def a_rollout(sizes: tuple[int, ...] = (2, 8), **terms: object) -> Rollout:
    return Rollout(1, 1, "ada", 0, R.RUNNING, Terms(**terms), sizes)  # type: ignore[arg-type]


def tally(absent: int = 0, **states: int) -> Tally:
    return Tally(Counter({S(name): count for name, count in states.items()}), absent)


@given(st.integers(1, 10_000), shares)
def test_every_device_is_in_one_wave_and_no_wave_is_empty(count: int, waves: tuple[float, ...]) -> None:
    sizes = assign_waves(count, waves)
    assert sum(sizes) == count
    assert all(size > 0 for size in sizes)
    assert sizes[0] <= waves[0] * count + 1


def test_the_canary_is_at_least_one_and_shares_are_of_all() -> None:
    assert assign_waves(200, (0.05, 0.25, 1.0)) == (10, 40, 150)
    assert assign_waves(1, (0.05, 0.25, 1.0)) == (1,)
    assert assign_waves(3, (0.05, 0.25, 1.0)) == (1, 2)


def test_each_board_is_among_the_canaries() -> None:
    assert canaries_first({1: "a", 2: "a", 3: "b", 4: "c", 5: "a"}) == [1, 3, 4, 2, 5]


@given(st.lists(st.integers(-(10**12), 10**12), max_size=20))
def test_the_time_of_a_rollout_never_leaps_and_never_goes_back(leaps: list[int]) -> None:
    rollout, now = a_rollout(), 0
    for leap in leaps:
        now += leap
        after = look(rollout, now)
        assert 0 <= after.clock - rollout.clock <= LONGEST_LOOK_US
        rollout = after


@pytest.mark.parametrize(
    ("first", "state", "wave"),
    [
        (tally(confirmed=2), R.RUNNING, 1),
        (tally(confirmed=1, proving=1), R.RUNNING, 0),
        (tally(confirmed=1, failed=1), R.STOPPED, 0),
        (tally(confirmed=1, offered=1), R.RUNNING, 0),
        (tally(1, confirmed=1, offered=1), R.RUNNING, 1),
        (tally(2, offered=2), R.RUNNING, 0),
        (tally(cancelled=2), R.RUNNING, 1),
    ],
    ids=["all well", "one is proven still", "half failed", "one loads", "one is away", "all are away", "all deleted"],
)
def test_how_it_goes_on_after_the_first_wave(first: Tally, state: RolloutState, wave: int) -> None:
    after = steer(a_rollout(), [first, tally(planned=8)], 0, trusted=True)
    assert (after.state, after.wave) == (state, wave)


def test_the_threshold_itself_stops_and_below_it_goes_on() -> None:
    rollout = replace(a_rollout((10, 90), error_threshold=0.2), wave=1)
    below, at = tally(confirmed=9, failed=1), tally(confirmed=8, failed=2)
    assert steer(rollout, [below, tally(planned=90)], 0, trusted=True).state is R.RUNNING
    stopped = steer(rollout, [at, tally(planned=90)], 0, trusted=True)
    assert stopped.reason == "wave 1: 2 of 10 failed (20%; it stops at 20%)"


def test_a_deadline_counts_only_by_a_trusted_clock() -> None:
    rollout, left = a_rollout(deadline_at=100), [tally(planned=2), tally(planned=8)]
    assert steer(rollout, left, 99, trusted=True).state is R.RUNNING
    assert steer(rollout, left, 100, trusted=True).state is R.STOPPED
    assert steer(rollout, left, 100, trusted=False).state is R.RUNNING


@given(st.integers(0, 1439), st.integers(0, 1439), st.integers(0, 1439))
def test_a_window_and_its_opposite_share_no_minute(start: int, end: int, minute: int) -> None:
    if start != end:
        assert Window(start, end).holds(minute) is not Window(end, start).holds(minute)


def test_room_is_what_loads_at_once_and_nothing_outside_the_window() -> None:
    tallies = [tally(1, downloading=2, offered=1), tally(planned=8)]
    assert room(a_rollout(at_once=5), tallies, minute=0, trusted=True) == 3
    night = a_rollout(at_once=5, window=Window(60, 120))
    assert room(night, tallies, minute=0, trusted=True) == 0
    assert room(night, tallies, minute=90, trusted=True) == 3
    assert room(night, tallies, minute=90, trusted=False) == 0
    assert room(move(a_rollout(), R.PAUSED, 0), tallies, minute=0, trusted=True) == 0


def test_what_ended_is_never_begun_again() -> None:
    assert set(LEGAL) == set(R)
    for ended in (R.STOPPED, R.DONE):
        with pytest.raises(IllegalTransition):
            move(replace(a_rollout(), state=ended), R.RUNNING, 0)


@pytest.mark.parametrize(
    "terms",
    [
        Terms(waves=()),
        Terms(waves=(0.5,)),
        Terms(waves=(0.5, 0.5, 1.0)),
        Terms(waves=(0.5, 0.2, 1.0)),
        Terms(waves=(0.0, 1.0)),
        Terms(waves=(float("nan"), 1.0)),
        Terms(window=Window(60, 60)),
        Terms(window=Window(0, 1440)),
    ],
)
def test_impossible_terms_are_refused(terms: Terms) -> None:
    with pytest.raises(InvalidInput):
        check_terms(terms)


def test_no_device_begins_together_with_another() -> None:
    assert wait_s(None, 100.0) == 0
    assert wait_s(100.0, 100.0) == pytest.approx(BETWEEN_BEGINNINGS_S)
    assert wait_s(100.0, 100.0 + BETWEEN_BEGINNINGS_S / 2) == pytest.approx(BETWEEN_BEGINNINGS_S / 2)
    assert wait_s(100.0, 200.0) == 0
    assert 500 * BETWEEN_BEGINNINGS_S < 60
