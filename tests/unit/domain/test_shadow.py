"""Shadows: newest wish wins, changes at the device are seen, and everything settles once messages get through."""

from dataclasses import dataclass, field
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ohmstead.domain.errors import InvalidInput, MalformedPayload
from ohmstead.domain.shadow import LAST_VERSION, Shadow, agree, report, restarted, wish

T0 = 1_763_683_200_000_000


def wished(shadow: Shadow, **state: Any) -> Shadow:
    return wish(shadow, state, at=T0, author="ada", reason="dark")


def told(shadow: Shadow, version: int, **state: Any) -> Shadow:
    return report(shadow, version, state, at=T0 + 1).shadow


class TestWishes:
    def test_each_wish_is_a_new_version_with_its_author(self) -> None:
        shadow = wished(wished(Shadow(), relay="on", lamp=40), relay="off")
        assert shadow.version == 2
        assert shadow.document() == {"relay": "off", "lamp": 40}
        assert (shadow.desired["relay"].version, shadow.desired["lamp"].version) == (2, 1)
        assert (shadow.desired["relay"].author, shadow.desired["relay"].reason) == ("ada", "dark")

    def test_a_wish_is_open_until_it_is_reported(self) -> None:
        shadow = wished(Shadow(), relay="on")
        assert shadow.delta() == {"relay": "on"}
        assert told(shadow, 1, relay="on").delta() == {}

    def test_nothing_takes_a_wish_away(self) -> None:
        shadow = wished(wished(Shadow(), relay="on"), relay=None)
        assert (shadow.version, shadow.document()) == (2, {})

    def test_bounds(self) -> None:
        with pytest.raises(InvalidInput, match="at most"):
            wished(Shadow(), **{f"k{n}": n for n in range(101)})
        with pytest.raises(InvalidInput, match="name"):
            wish(Shadow(), {"": 1}, at=T0, author="ada")
        with pytest.raises(InvalidInput, match="name"):
            wish(Shadow(), {"x" * 65: 1}, at=T0, author="ada")
        with pytest.raises(InvalidInput, match="finite"):
            wished(Shadow(), lamp=float("nan"))


class TestReports:
    def test_a_change_at_the_device_moves_the_wish_and_names_the_device(self) -> None:
        shadow = told(wished(Shadow(), relay="on"), 1, relay="on")
        outcome = report(shadow, 1, {"relay": "off"}, at=T0 + 2)
        assert outcome.local == {"relay"}
        assert outcome.shadow.document() == {"relay": "off"}
        assert outcome.shadow.version == 2
        assert outcome.shadow.desired["relay"].author == "device"
        assert outcome.shadow.delta() == {}

    def test_a_device_that_never_did_as_wished_did_not_change_anything(self) -> None:
        shadow = wished(told(Shadow(), 0, relay="off"), relay="on")
        outcome = report(shadow, 1, {"relay": "off"}, at=T0 + 2)
        assert outcome.local == set()
        assert outcome.shadow.delta() == {"relay": "on"}

    def test_a_change_before_the_device_saw_the_wish_is_older_than_the_wish(self) -> None:
        shadow = told(wished(Shadow(), relay="on"), 1, relay="on")
        shadow = wished(shadow, relay="on")
        outcome = report(shadow, 1, {"relay": "off"}, at=T0 + 2)
        assert outcome.local == set()
        assert outcome.shadow.delta() == {"relay": "on"}

    def test_an_old_report_changes_nothing(self) -> None:
        shadow = told(wished(told(wished(Shadow(), relay="on"), 1, relay="on"), relay="off"), 2, relay="off")
        outcome = report(shadow, 1, {"relay": "on"}, at=T0 + 3)
        assert outcome.stale
        assert outcome.shadow is shadow

    def test_after_a_restart_the_device_is_believed_again(self) -> None:
        shadow = told(wished(Shadow(), relay="on"), 1, relay="on")
        shadow = told(restarted(shadow), 0, relay="off")
        assert shadow.reported["relay"].value == "off"
        assert shadow.delta() == {"relay": "on"}  # what it forgot, it is told again

    def test_a_device_that_is_ahead_is_told_something_newer(self) -> None:
        shadow = told(wished(Shadow(), relay="on"), 900, relay="off")
        assert shadow.version == 901
        assert shadow.delta() == {"relay": "on"}

    def test_the_instant_of_a_field_is_that_of_its_last_change(self) -> None:
        shadow = told(Shadow(), 0, relay="on")
        again = report(shadow, 0, {"relay": "on", "rssi": -60}, at=T0 + 9)
        assert again.changed == {"rssi"}
        assert again.shadow.reported["relay"].at == T0 + 1
        assert again.shadow.reported_at == T0 + 9

    def test_nothing_reported_of_a_field_forgets_it(self) -> None:
        outcome = report(told(Shadow(), 0, relay="on"), 0, {"relay": None, "lamp": None}, at=T0)
        assert (outcome.changed, dict(outcome.shadow.reported)) == ({"relay"}, {})

    @pytest.mark.parametrize("version", [-1, LAST_VERSION + 1, 2**70])
    def test_absurd_versions_are_refused(self, version: int) -> None:
        with pytest.raises(MalformedPayload, match="version"):
            report(Shadow(), version, {}, at=T0)

    def test_absurd_states_are_refused(self) -> None:
        with pytest.raises(MalformedPayload, match="at most"):
            report(Shadow(), 0, {str(n): n for n in range(101)}, at=T0)
        with pytest.raises(MalformedPayload, match="name"):
            report(Shadow(), 0, {"": 1}, at=T0)


@pytest.mark.parametrize(
    ("wanted", "found", "same"),
    [
        ("on", True, True), ("off", False, True), ("on", "ON", True), ("on", 80, True), ("off", 0, True),
        ("off", 80, False), (40, 40.0, True), (40, 41, False), ("on", "off", False), ("eco", "eco", True),
        ({"id": "3", "url": "x"}, {"id": "3", "state": "done"}, True), ({"id": "3"}, {"id": "4"}, False),
        ({"a": 1}, {"a": 1}, True), ("on", None, False),
    ],
)  # fmt: skip
def test_when_a_report_fulfils_a_wish(wanted: Any, found: Any, same: bool) -> None:
    assert agree(wanted, found) is same


@dataclass
class Relay:
    """A device as the contract has it: it takes over newer documents only, and says which one it knows."""

    state: dict[str, str] = field(default_factory=lambda: {"relay": "off"})
    version: int = 0

    def hear(self, version: int, state: dict[str, Any]) -> None:
        if version > self.version:
            self.version = version
            self.state.update(state)

    def say(self) -> tuple[int, dict[str, str]]:
        return self.version, dict(self.state)


STEPS = st.one_of(
    st.tuples(st.just("wish"), st.sampled_from(["on", "off"])),
    st.tuples(st.just("press"), st.sampled_from(["on", "off"])),
    st.tuples(st.just("down"), st.integers(0, 5)),  # deliver some document that is or was under way
    st.tuples(st.just("up"), st.integers(0, 5)),  # deliver some report that is or was under way
    st.tuples(st.just("restart"), st.just(0)),
)


def after(steps: list[tuple[str, Any]]) -> tuple[Shadow, Relay, list[tuple[int, dict[str, str]]]]:
    """What both sides know after these steps, and the reports the device has made since its start."""
    shadow, relay = Shadow(), Relay()
    down: list[tuple[int, dict[str, Any]]] = []
    up: list[tuple[int, dict[str, str]]] = []
    for what, value in steps:
        before = shadow.version
        match what:
            case "wish":
                shadow = wished(shadow, relay=value)
            case "press":
                relay.state["relay"] = value
                up.append(relay.say())
            case "down" if down:
                relay.hear(*down[-1 - value % len(down)])  # any of them, any number of times, or never
                up.append(relay.say())
            case "up" if up:
                version, state = up[-1 - value % len(up)]
                shadow = report(shadow, version, state, at=T0).shadow
            case "restart":
                relay = Relay()
                shadow = restarted(shadow)
                up = [relay.say()]
        assert shadow.version >= before  # a version never goes back
        down.append((shadow.version, shadow.document()))
    return shadow, relay, up


def connected(shadow: Shadow, relay: Relay) -> Shadow:
    """The link is good again: the retained document arrives, the device reports, and so once more."""
    for _ in range(2):
        relay.hear(shadow.version, shadow.document())
        version, state = relay.say()
        shadow = report(shadow, version, state, at=T0).shadow
    return shadow


@given(st.lists(STEPS, max_size=30))
def test_lost_documents_and_repeated_reordered_reports_settle_once_they_get_through(
    steps: list[tuple[str, Any]],
) -> None:
    shadow, relay, unacknowledged = after(steps)
    shadow = restarted(shadow)  # a new connection, on which a device repeats what was never acknowledged
    for version, state in unacknowledged:
        shadow = report(shadow, version, state, at=T0).shadow
    shadow = connected(shadow, relay)
    assert shadow.delta() == {}
    assert shadow.reported["relay"].value == relay.state["relay"]


@given(st.lists(STEPS, max_size=30))
def test_with_reports_lost_for_good_the_truth_is_shown_all_the_same(steps: list[tuple[str, Any]]) -> None:
    shadow, relay, _ = after(steps)
    shadow = connected(restarted(shadow), relay)
    assert shadow.reported["relay"].value == relay.state["relay"]
    disagree = {"relay"} & set(shadow.desired) and shadow.desired["relay"].value != relay.state["relay"]
    assert bool(shadow.delta()) is bool(disagree)


@given(st.lists(st.sampled_from(["on", "off"]), min_size=1), st.randoms())
def test_the_newest_wish_wins_in_whatever_order_documents_arrive(wishes: list[str], random: Any) -> None:
    shadow, relay, documents = Shadow(), Relay(), []
    for value in wishes:
        shadow = wished(shadow, relay=value)
        documents.append((shadow.version, shadow.document()))
    random.shuffle(documents)
    for version, state in documents:
        relay.hear(version, state)
    assert relay.state["relay"] == wishes[-1]


@given(st.lists(st.tuples(st.integers(0, 9), st.sampled_from(["on", "off"]))))
def test_a_report_repeated_at_once_changes_nothing_more(reports: list[tuple[int, str]]) -> None:
    shadow = wished(Shadow(), relay="on")
    for version, value in reports:
        shadow = report(shadow, version, {"relay": value}, at=T0).shadow
        again = report(shadow, version, {"relay": value}, at=T0)
        assert again.shadow == shadow
        assert not again.changed
        assert not again.local
