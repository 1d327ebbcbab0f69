"""Life cycle and presence of a device."""

import itertools

import pytest

from ohmstead.domain.device import LEGAL, Device, DeviceState, Presence, check_transition, group_names
from ohmstead.domain.errors import IllegalTransition, InvalidInput
from ohmstead.domain.telemetry import MINUTE, SECOND

T0 = 1_763_682_000_000_000


def a_device(state: DeviceState) -> Device:
    return Device(1, "SN001", "Meter", state, "meter", created_at=T0)


@pytest.mark.parametrize(("state", "to"), list(itertools.product(DeviceState, DeviceState)))
def test_only_the_steps_of_the_table_are_legal(state: DeviceState, to: DeviceState) -> None:
    if to is state or to in LEGAL[state]:
        check_transition(a_device(state), to)
    else:
        with pytest.raises(IllegalTransition, match=str(state)):
            check_transition(a_device(state), to)


def test_a_device_never_heard_is_offline() -> None:
    assert not Presence().is_online(T0)


def test_a_fast_device_is_offline_after_a_minute() -> None:
    presence = Presence()
    for n in range(20):
        presence.heard(T0 + n * SECOND)
    assert presence.is_online(T0 + 60 * SECOND)
    assert not presence.is_online(T0 + 19 * SECOND + 61 * SECOND)


def test_a_slow_device_may_miss_two_messages() -> None:
    presence = Presence()
    for n in range(10):
        presence.heard(T0 + n * 15 * MINUTE)
    last = T0 + 9 * 15 * MINUTE
    assert presence.is_online(last + 44 * MINUTE)
    assert not presence.is_online(last + 46 * MINUTE)


def test_an_outage_does_not_change_the_learned_rhythm() -> None:
    presence = Presence()
    for n in range(10):
        presence.heard(T0 + n * MINUTE)
    presence.heard(T0 + 3 * 24 * 60 * MINUTE)
    assert presence.interval_us == MINUTE


def test_a_goodbye_is_believed_until_it_speaks_again() -> None:
    presence = Presence()
    presence.heard(T0)
    presence.gone = True
    assert not presence.is_online(T0)
    presence.heard(T0 + 1)
    assert presence.is_online(T0 + 2)


def test_a_connection_that_took_over_keeps_the_device_online() -> None:
    presence = Presence(connections=2)
    presence.heard(T0)
    presence.disconnected()
    assert presence.is_online(T0)
    presence.disconnected()
    assert not presence.is_online(T0)


def test_groups_are_kept_once_each_without_spare_blanks_in_order() -> None:
    assert group_names(["  Upper   floor", "Cellar", "Upper floor", "cellar"]) == ("Cellar", "Upper floor", "cellar")
    assert group_names([]) == ()
    assert len(group_names([*map(str, range(16)), "0"])) == 16


@pytest.mark.parametrize(
    "given",
    [[""], ["   "], ["x" * 65], ["left\u202eright"], ["bell\x07"], list(map(str, range(17)))],
    ids=["none", "blank", "long", "turned around", "control", "many"],
)
def test_what_is_no_name_of_a_group_is_refused(given: list[str]) -> None:
    with pytest.raises(InvalidInput, match="group"):
        group_names(given)
