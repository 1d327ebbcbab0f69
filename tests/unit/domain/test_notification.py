"""Who hears of what, when it is tried again, and what waits for company or for the morning."""

from dataclasses import replace
from datetime import UTC, datetime, time
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ohmstead.domain.errors import IllegalTransition, InvalidInput
from ohmstead.domain.notification import (
    FLOOD,
    GIVE_UP_US,
    KEPT_ATTEMPTS,
    LEGAL,
    LONGEST_RETRY_US,
    MOST_TOGETHER,
    Delivery,
    DeliveryState,
    QuietHours,
    Target,
    Undelivered,
    back_off,
    begin,
    drop,
    fail,
    interrupted,
    plan,
    succeed,
    wants,
)
from ohmstead.domain.telemetry import HOUR, MINUTE, SECOND

S = DeliveryState
VIENNA = ZoneInfo("Europe/Vienna")
NIGHT = QuietHours(time(22), time(7))


def at(text: str, zone: Any = VIENNA, fold: int = 0) -> int:
    return int(datetime.fromisoformat(text).replace(tzinfo=zone, fold=fold).timestamp()) * SECOND


NOON = at("2025-11-21 12:00")


def a_target(**changes: Any) -> Target:
    return replace(Target(1, "Phone", "webhook", {}), **changes)


def a_delivery(number: int = 1, alert: int | None = None, severity: str = "warning", **changes: Any) -> Delivery:
    one = Delivery(number, f"k{number}", alert or number, "raised", NOON, 1, "Phone", {"severity": severity})
    return replace(one, **changes)


def planned(target: Target, *deliveries: Delivery, now: int = NOON) -> tuple[list[list[int]], dict[int, int]]:
    found = plan(target, deliveries, now, VIENNA)
    return [[one.id for one in batch] for batch in found.batches], dict(found.held)


class TestLifeCycle:
    def test_it_is_sent_once(self) -> None:
        sending = begin(a_delivery(), NOON, "k1")
        assert (sending.state, sending.attempts, sending.batch) == (S.SENDING, 1, "k1")
        sent = succeed(sending, NOON + SECOND, "answered 200")
        assert (sent.state, sent.history) == (S.SENT, ((NOON + SECOND, "answered 200"),))
        with pytest.raises(IllegalTransition):
            begin(sent, NOON, "k1")

    @pytest.mark.parametrize("state", list(S))
    @pytest.mark.parametrize("to", list(S))
    def test_only_the_steps_of_the_table_are_taken(self, state: DeliveryState, to: DeliveryState) -> None:
        one = a_delivery(state=state, attempts=1)
        steps: dict[DeliveryState, Any] = {
            S.SENDING: lambda: begin(one, NOON, "k"),
            S.SENT: lambda: succeed(one, NOON),
            S.FAILED: lambda: fail(one, NOON, "down"),
            S.GIVEN_UP: lambda: drop(one, NOON, "gone"),
            S.WAITING: lambda: interrupted(one, NOON),
        }
        if to in LEGAL[state]:
            assert steps[to]().state is to
        else:
            with pytest.raises(IllegalTransition):
                steps[to]()

    def test_a_server_that_is_down_for_an_hour_is_reached_soon_after(self) -> None:
        one, now = a_delivery(), NOON
        while now - NOON < HOUR:
            one = fail(begin(one, now, "k1"), now, "connection refused")
            assert one.state is S.FAILED
            now = one.due_at
        assert one.attempts == 6
        assert now - NOON <= HOUR + 5 * MINUTE
        assert succeed(begin(one, now, "k1"), now).state is S.SENT

    def test_what_cannot_help_is_given_up_at_once_with_the_reason(self) -> None:
        one = fail(begin(a_delivery(), NOON, "k1"), NOON, "550 no such user", permanent=True)
        assert (one.state, one.reason) == (S.GIVEN_UP, "550 no such user")

    def test_after_two_days_it_is_given_up_and_says_so(self) -> None:
        one, now = a_delivery(), NOON
        while one.state is not S.GIVEN_UP:
            one = fail(begin(one, now, "k1"), now, "connection refused")
            now = max(now, one.due_at)
        assert 40 < one.attempts < 60
        assert one.reason == f"given up after {one.attempts} attempts in two days; the last one: connection refused"
        assert len(one.history) == KEPT_ATTEMPTS

    def test_an_old_sample_has_its_two_days_from_when_it_came(self) -> None:
        old = a_delivery(at=NOON - 10 * GIVE_UP_US)
        assert fail(begin(old, NOON, "k1"), NOON, "down").state is S.FAILED

    def test_what_was_interrupted_goes_again_at_once_under_the_same_key(self) -> None:
        again = interrupted(begin(a_delivery(), NOON, "first"), NOON + SECOND)
        assert (again.state, again.due_at, again.batch) == (S.WAITING, NOON + SECOND, "first")
        assert begin(again, NOON, "another").batch == "first"


@given(st.integers(1, 10_000))
def test_the_pause_grows_from_a_minute_and_never_beyond_an_hour(attempts: int) -> None:
    pause = back_off(attempts)
    assert MINUTE <= pause <= LONGEST_RETRY_US
    assert pause <= back_off(attempts + 1)
    assert pause == LONGEST_RETRY_US or pause == MINUTE * 2 ** (attempts - 1)


def test_a_failure_is_for_now_unless_it_says_otherwise() -> None:
    assert not Undelivered("down").permanent
    assert Undelivered("no such user", permanent=True).permanent


class TestWhoHears:
    def test_by_the_least_severity(self) -> None:
        target = a_target(min_severity="warning")
        assert [wants(target, "raised", s, []) for s in ("info", "warning", "critical", "odd")] == [False, *[True] * 3]

    def test_escalation_targets_hear_only_of_what_nobody_acknowledged(self) -> None:
        boss = a_target(escalation=True)
        assert not wants(boss, "raised", "critical", [])
        assert wants(boss, "escalated", "warning", [])
        assert wants(boss, "raised", "critical", [], named=True)
        assert wants(a_target(), "escalated", "warning", [])

    def test_the_end_is_told_to_who_asks_for_it_and_heard_of_the_beginning(self) -> None:
        assert not wants(a_target(), "cleared", "critical", ["raised"])
        assert wants(a_target(cleared=True), "cleared", "info", ["raised"])
        assert not wants(a_target(cleared=True), "cleared", "critical", [])

    def test_a_target_that_is_off_hears_nothing(self) -> None:
        assert not wants(a_target(enabled=False), "raised", "critical", [])

    def test_odd_wishes_are_refused(self) -> None:
        with pytest.raises(InvalidInput, match="min_severity"):
            a_target(min_severity="loud")
        with pytest.raises(InvalidInput, match="digest_min"):
            a_target(digest_min=-1)


class TestQuietHours:
    def test_over_midnight(self) -> None:
        assert NIGHT.until(at("2025-11-21 23:30"), VIENNA) == at("2025-11-22 07:00")
        assert NIGHT.until(at("2025-11-22 03:00"), VIENNA) == at("2025-11-22 07:00")
        assert NIGHT.until(at("2025-11-22 07:00"), VIENNA) is None
        assert NIGHT.until(at("2025-11-21 21:59"), VIENNA) is None

    def test_within_a_day_and_none_at_all(self) -> None:
        lunch = QuietHours(time(12), time(13))
        assert lunch.until(NOON, VIENNA) == at("2025-11-21 13:00")
        assert lunch.until(at("2025-11-21 13:00"), VIENNA) is None
        assert QuietHours(time(5), time(5)).until(at("2025-11-21 05:00"), VIENNA) is None

    def test_they_follow_the_clock_on_the_wall_when_it_changes(self) -> None:
        # 2026-03-29 has no 02:30 in Vienna, 2025-10-26 has it twice.
        early = QuietHours(time(1), time(2, 30))
        assert early.until(at("2026-03-29 01:30"), VIENNA) == at("2026-03-29 03:30")
        assert early.until(at("2025-10-26 01:30"), VIENNA) == at("2025-10-26 02:30")
        second_time = at("2025-10-26 02:15", fold=1)
        assert early.until(second_time, VIENNA) is None

    @given(st.integers(0, 400 * 24 * 60), st.integers(0, 1439), st.integers(0, 1439))
    def test_they_always_end_within_a_day(self, minutes: int, start: int, end: int) -> None:
        now = at("2025-01-01 00:00", UTC) + minutes * MINUTE
        until = QuietHours(time(*divmod(start, 60)), time(*divmod(end, 60))).until(now, VIENNA)
        assert until is None or now < until <= now + 25 * HOUR


class TestPlan:
    def test_each_goes_by_itself_in_order(self) -> None:
        assert planned(a_target(), a_delivery(2), a_delivery(1)) == ([[1], [2]], {})

    def test_a_digest_collects_and_what_is_urgent_goes_at_once(self) -> None:
        target = a_target(digest_min=15)
        first = a_delivery(1, taken_at=NOON - 10 * MINUTE)
        assert planned(target, first, a_delivery(2), a_delivery(3, severity="critical")) == (
            [[3]],
            {1: NOON + 5 * MINUTE, 2: NOON + 5 * MINUTE},
        )
        later = NOON + 5 * MINUTE
        assert planned(target, first, a_delivery(2, taken_at=NOON), now=later) == ([[1, 2]], {})

    def test_quiet_hours_hold_what_is_not_urgent(self) -> None:
        night, morning = at("2025-11-21 23:00"), at("2025-11-22 07:00")
        target = a_target(quiet=NIGHT)
        ordinary, urgent = a_delivery(1), a_delivery(2, severity="critical")
        assert planned(target, ordinary, urgent, now=night) == ([[2]], {1: morning})
        assert planned(target, ordinary, now=morning) == ([[1]], {})

    def test_what_failed_waits_for_its_time_and_goes_in_the_same_company(self) -> None:
        failed = [
            a_delivery(n, state=S.FAILED, attempts=1, batch="k1", due_at=NOON + MINUTE, taken_at=NOON) for n in (1, 2)
        ]
        assert planned(a_target(), *failed, a_delivery(3)) == ([[3]], {1: NOON + MINUTE, 2: NOON + MINUTE})
        assert planned(a_target(), *failed, a_delivery(3), now=NOON + MINUTE) == ([[3], [1, 2]], {})

    def test_the_end_of_an_alert_never_overtakes_its_beginning(self) -> None:
        raised = a_delivery(1, alert=7, state=S.FAILED, batch="k1", due_at=NOON + HOUR)
        cleared = a_delivery(2, alert=7, severity="critical", event="cleared")
        assert planned(a_target(), raised, cleared, a_delivery(3)) == ([[3]], {1: NOON + HOUR, 2: NOON + HOUR})

    def test_a_flood_becomes_few_messages_and_loses_none(self) -> None:
        many = [a_delivery(n, severity="critical") for n in range(1, 121)]
        batches, held = planned(a_target(), *many)
        assert [len(batch) for batch in batches] == [MOST_TOGETHER, MOST_TOGETHER, 20]
        assert ([number for batch in batches for number in batch], held) == ([one.id for one in many], {})
        assert len(planned(a_target(), *many[:FLOOD])[0]) == FLOOD

    def test_what_is_being_sent_or_over_is_left_alone(self) -> None:
        over = [a_delivery(n, state=state) for n, state in enumerate((S.SENDING, S.SENT, S.GIVEN_UP), 1)]
        assert planned(a_target(), *over) == ([], {})


DELIVERIES = st.lists(
    st.builds(
        lambda alert, severity, failed, due: (alert, severity, failed, due),
        st.integers(1, 5),
        st.sampled_from(["info", "warning", "critical"]),
        st.booleans(),
        st.integers(-3, 3),
    ),
    max_size=40,
)
TARGETS = st.builds(
    lambda digest, quiet: a_target(digest_min=digest, quiet=quiet),
    st.sampled_from([0, 1, 60]),
    st.sampled_from([None, NIGHT, QuietHours(time(11), time(14))]),
)


@given(TARGETS, DELIVERIES)
def test_every_open_delivery_is_either_sent_now_or_looked_at_later(target: Target, drawn: list[Any]) -> None:
    rows = [
        a_delivery(n, alert, severity, state=S.FAILED, batch=f"b{n % 7}", attempts=1, due_at=NOON + due * MINUTE)
        if failed
        else a_delivery(n, alert, severity, taken_at=NOON + min(due, 0) * MINUTE)
        for n, (alert, severity, failed, due) in enumerate(drawn, 1)
    ]
    batches, held = planned(target, *rows)
    now_sent = [number for batch in batches for number in batch]
    assert sorted([*now_sent, *held]) == [row.id for row in rows]
    assert all(until > NOON for until in held.values())
    by_id = {row.id: row for row in rows}
    for number in now_sent:  # nothing earlier of the same alert is left behind
        assert not any(held_id < number and by_id[held_id].alert == by_id[number].alert for held_id in held)
