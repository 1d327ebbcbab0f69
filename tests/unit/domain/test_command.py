"""Commands: the life cycle, what an answer may do, and what a device understands."""

from itertools import product
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ohmstead.domain.command import (
    LEGAL,
    WORKING_US,
    Command,
    CommandState,
    Offer,
    advance,
    check,
    expire,
    fault_of,
    follow,
    issue,
)
from ohmstead.domain.errors import IllegalTransition, InvalidInput
from ohmstead.domain.telemetry import SECOND

S = CommandState
T0 = 1_763_683_200_000_000


def a_command(state: CommandState = S.QUEUED, ttl_s: float = 60) -> Command:
    command = issue(number=7, device=1, name="tare", args={}, actor="ada", reason="", now=T0, ttl_s=ttl_s)
    steps = {S.QUEUED: (), S.SENT: (S.SENT,), S.ACKNOWLEDGED: (S.SENT, S.ACKNOWLEDGED)}
    for step in steps.get(state, (S.SENT, state)):
        command = advance(command, step, T0)
    return command


class TestLifeCycle:
    def test_every_state_is_in_the_table(self) -> None:
        assert set(LEGAL) == set(S)

    def test_what_has_ended_stays_ended(self) -> None:
        for state in (S.SUCCEEDED, S.FAILED, S.EXPIRED):
            assert not a_command(state).open
            for to in S:
                with pytest.raises(IllegalTransition, match="nothing"):
                    advance(a_command(state), to, T0)

    def test_an_illegal_step_names_the_legal_ones(self) -> None:
        with pytest.raises(IllegalTransition, match="sent"):
            advance(a_command(), S.SUCCEEDED, T0)

    @pytest.mark.parametrize("ttl_s", [0, -1, float("nan"), float("inf"), 31 * 86_400])
    def test_a_time_to_live_must_be_one(self, ttl_s: float) -> None:
        with pytest.raises(InvalidInput, match="ttl_s"):
            a_command(ttl_s=ttl_s)


class TestExpiry:
    def test_an_expired_order_is_never_delivered(self) -> None:
        command = a_command(ttl_s=10)
        assert command.deliverable(T0 + 10 * SECOND - 1)
        assert not command.deliverable(T0 + 10 * SECOND)

    def test_an_order_under_way_may_be_delivered_again_but_not_one_that_is_being_done(self) -> None:
        assert a_command(S.SENT).deliverable(T0)
        assert not a_command(S.ACKNOWLEDGED).deliverable(T0)

    def test_it_expires_when_its_time_is_over_and_not_before(self) -> None:
        command = a_command(ttl_s=10)
        assert expire(command, T0 + 10 * SECOND - 1) is None
        expired = expire(command, T0 + 10 * SECOND)
        assert expired is not None
        assert expired.state is S.EXPIRED
        assert "not there" in expired.detail
        assert expire(expired, T0 + 99 * SECOND) is None

    def test_work_that_has_begun_may_take_longer(self) -> None:
        command = a_command(S.ACKNOWLEDGED, ttl_s=10)
        assert expire(command, T0 + 11 * SECOND) is None
        gone = expire(command, T0 + 10 * SECOND + WORKING_US)
        assert gone is not None
        assert "answer" in gone.detail


class TestAnswers:
    def test_the_usual_course(self) -> None:
        begun = follow(a_command(S.SENT), S.ACKNOWLEDGED, T0 + 1)
        assert begun is not None
        done = follow(begun, S.SUCCEEDED, T0 + 2, "-12688")
        assert done is not None
        assert (done.state, done.detail, done.changed_at) == (S.SUCCEEDED, "-12688", T0 + 2)

    def test_an_answer_to_what_was_never_sent_is_forged(self) -> None:
        for told in S:
            assert follow(a_command(), told, T0) is None

    def test_an_answer_after_the_end_changes_nothing(self) -> None:
        for ended, told in product((S.SUCCEEDED, S.FAILED, S.EXPIRED), S):
            assert follow(a_command(ended), told, T0) is None

    def test_a_device_cannot_say_sent_or_expired(self) -> None:
        for told in (S.QUEUED, S.SENT, S.EXPIRED):
            assert follow(a_command(S.SENT), told, T0) is None

    def test_an_answer_after_the_time_is_late(self) -> None:
        assert follow(a_command(S.SENT, ttl_s=10), S.SUCCEEDED, T0 + 10 * SECOND) is None

    @given(st.lists(st.tuples(st.sampled_from(S), st.integers(0, 20 * 60 * SECOND)), max_size=12))
    def test_whatever_comes_in_whatever_order_ends_at_most_once(self, told: list[tuple[CommandState, int]]) -> None:
        command, ends = a_command(S.SENT), 0
        for state, later in told:
            after = follow(command, state, T0 + later) or expire(command, T0 + later)
            if after is not None:
                assert after.state in LEGAL[command.state]
                ends += not after.open
                command = after
        assert ends == (not command.open)


class TestArguments:
    OFFERS = (
        Offer("tare", {"channel": "text"}),
        Offer("move", {"to": {"type": "number", "min": 0, "max": 100}, "fast": "boolean?"}),
        Offer("mode", {"name": ["eco", "boost"]}),
        Offer("blink"),
        Offer("reboot", {}),
    )

    @pytest.mark.parametrize(
        ("name", "args"),
        [
            ("tare", {"channel": "left"}),
            ("move", {"to": 55.5}),
            ("move", {"to": 0, "fast": True}),
            ("mode", {"name": "eco"}),
            ("blink", {"anything": [1, 2]}),
            ("reboot", {}),
            ("reboot", {"now": 1}),
        ],
    )
    def test_what_was_announced_is_taken(self, name: str, args: dict[str, Any]) -> None:
        check(self.OFFERS, name, args)

    @pytest.mark.parametrize(
        ("name", "args", "because"),
        [
            ("explode", {}, "announced: blink, mode, move, reboot, tare"),
            ("tare", {}, "needs the argument channel"),
            ("tare", {"channel": 3}, "is a text"),
            ("tare", {"channel": "left", "hard": True}, "takes no argument hard"),
            ("move", {"to": 101}, "between 0 and 100"),
            ("move", {"to": True}, "is a number"),
            ("move", {"to": float("nan")}, "is a number"),
            ("move", {"to": 5, "fast": 1}, "is true or false"),
            ("mode", {"name": "party"}, "one of"),
            ("", {}, "name"),
            ("a\nb", {}, "name"),
        ],
    )
    def test_what_was_not_announced_is_refused_by_name(self, name: str, args: dict[str, Any], because: str) -> None:
        with pytest.raises(InvalidInput, match=because):
            check(self.OFFERS, name, args)

    def test_a_device_that_never_said_what_it_can_is_given_the_benefit_of_the_doubt(self) -> None:
        check(None, "tare", {"whatever": 1})
        with pytest.raises(InvalidInput):
            check((), "tare", {})

    def test_endless_arguments_are_refused_before_anything_else(self) -> None:
        with pytest.raises(InvalidInput, match="at most"):
            check(None, "tare", {"text": "x" * 5000})
        with pytest.raises(InvalidInput, match="at most"):
            check(None, "tare", {str(n): n for n in range(100)})

    @pytest.mark.parametrize(
        ("description", "good", "bad"),
        [
            ("integer", 3, 3.5),
            ("int", -1, "1"),
            ("switch", "on", "dim"),
            ([1, 2], 1, True),
            ({"values": ["a"]}, "a", "b"),
            ({"min": 5}, 5, 4.9),
            ("string", "", 0),
        ],
    )
    def test_descriptions(self, description: Any, good: Any, bad: Any) -> None:
        assert fault_of(description, good) is None
        assert fault_of(description, bad) is not None

    @given(st.recursive(st.none() | st.booleans() | st.integers() | st.text(), st.lists), st.integers() | st.text())
    def test_a_description_of_a_newer_device_never_fails(self, description: Any, value: Any) -> None:
        assert fault_of(description, value) in (None, fault_of(description, value))
