"""The life cycle of an installation: whatever a device does and says, every step is a legal one."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ohmstead.domain.errors import IllegalTransition
from ohmstead.domain.installation import (
    LEGAL,
    LOADING,
    OPEN,
    Health,
    Installation,
    InstallationState,
    Patience,
    Sight,
    Told,
    is_news,
    judge,
    offer,
    step,
    told_of,
)
from ohmstead.domain.telemetry import SECOND

S = InstallationState
PATIENCE = Patience(offer_s=60, stall_s=30, return_s=60, healthy_s=10)


def planned() -> Installation:
    return Installation(1, 7, 0, S.PLANNED, "1.0.0", "1.1.0")


def offered() -> Installation:
    return offer(planned(), Health({"power": 5}), 0)


healths = st.builds(
    Health,
    st.dictionaries(st.just("power"), st.integers(0, 20)),
    st.none() | st.floats(0, 1e5),
    st.none() | st.floats(-100, 0),
    st.integers(0, 10 * SECOND),
)
tolds = st.builds(
    Told,
    st.sampled_from([S.DOWNLOADING, S.VERIFYING, S.RESTARTING, S.CONFIRMED, S.FAILED]),
    st.floats(0, 1),
    st.sampled_from(["", "health: no uplink"]),
)
sights = st.builds(
    Sight,
    st.booleans() | st.just(True),
    st.booleans(),
    st.sampled_from([None, "1.0.0", "1.1.0"]),
    st.none() | tolds,
    healths,
    st.booleans(),
)


@given(st.lists(st.tuples(sights, st.integers(0, 100)), max_size=40))
def test_whatever_is_seen_every_step_is_legal_and_an_end_is_an_end(looks: list[tuple[Sight, int]]) -> None:
    one, clock = offered(), 0
    for sight, seconds in looks:
        clock += seconds * SECOND
        after = judge(one, sight, PATIENCE, clock)
        if after.state is not one.state and after.state not in LEGAL[one.state]:
            # Two legal steps in one look: on the new version, and proven at once.
            assert after.state in {end for middle in LEGAL[one.state] for end in LEGAL[middle]}
        if one.ended:
            assert after is one
        assert (after.state is S.FAILED) <= bool(after.reason)
        assert 0 <= after.progress <= 1
        one = after


@given(st.lists(st.tuples(sights, st.integers(1, 100)), max_size=10), st.booleans())
def test_a_device_that_is_left_alone_ends_in_the_end(looks: list[tuple[Sight, int]], online: bool) -> None:
    """Only who is away while it can still be called off is waited for without an end: a rollout has a deadline."""
    one, clock = offered(), 0
    for sight, seconds in looks:
        clock += seconds * SECOND
        one = judge(one, sight, PATIENCE, clock)
    last = Sight(True, online, "1.0.0", None, Health({"power": 0}))
    for _ in range(20):
        clock += 70 * SECOND
        one = judge(one, last, PATIENCE, clock)
    assert one.ended or (not online and one.state in LOADING)


def test_the_table_knows_every_state_and_ends_somewhere() -> None:
    assert set(LEGAL) == set(S)
    assert {state for state, after in LEGAL.items() if not after} == {S.CONFIRMED, S.FAILED, S.CANCELLED}
    assert S.PLANNED not in OPEN
    assert LOADING < OPEN
    with pytest.raises(IllegalTransition, match="confirmed cannot become failed"):
        step(replace(planned(), state=S.CONFIRMED), S.FAILED, 0)


def test_confirmed_needs_the_word_the_version_and_the_time() -> None:
    word = Told(S.CONFIRMED, 1.0)
    well = Sight(True, True, "1.1.0", word, Health({"power": 9}))
    one = judge(offered(), well, PATIENCE, 1)
    assert one.state is S.PROVING
    assert judge(one, well, PATIENCE, 9 * SECOND).state is S.PROVING
    reads = replace(well, health=Health({"power": 10}))
    assert judge(one, reads, PATIENCE, 12 * SECOND).state is S.CONFIRMED
    away = judge(one, replace(reads, online=False), PATIENCE, 9 * SECOND)
    back = judge(away, reads, PATIENCE, 12 * SECOND)
    assert back.state is S.PROVING  # the time of its health began anew
    assert judge(back, reads, PATIENCE, 23 * SECOND).state is S.CONFIRMED


@pytest.mark.parametrize(
    ("reported", "told"),
    [
        ({"id": "7", "state": "downloading", "progress": 0.5}, Told(S.DOWNLOADING, 0.5)),
        ({"id": 7, "state": "failed", "reason": "x" * 999}, Told(S.FAILED, 0.0, "x" * 200)),
        ({"id": "7", "state": "verifying", "progress": 7, "reason": 5}, Told(S.VERIFYING)),
        ({"id": "8", "state": "confirmed"}, None),
        ({"id": "7", "state": "proving"}, None),
        ({"id": "7"}, None),
        ("confirmed", None),
        (None, None),
    ],
)
def test_what_a_device_reports_is_read_with_care(reported: object, told: Told | None) -> None:
    assert told_of(reported, "7") == told


def test_a_step_is_news_and_progress_is_not() -> None:
    loading = step(offered(), S.DOWNLOADING, 0)
    assert not is_news(loading, None)
    assert not is_news(loading, Told(S.DOWNLOADING, 0.5))
    assert is_news(loading, Told(S.RESTARTING, 1.0))
    assert is_news(loading, Told(S.FAILED, 0.5, "size: too long"))
