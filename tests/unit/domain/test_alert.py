"""The life of an alert: one table, one alert for each cause, and who is told when."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ohmstead.domain import alert as life
from ohmstead.domain.alert import Alert, AlertState, Event
from ohmstead.domain.errors import IllegalTransition, InvalidInput
from ohmstead.domain.rule import Severity
from ohmstead.domain.telemetry import HOUR, MINUTE

COOLDOWN = 15 * MINUTE


def an_alert(**changes: object) -> Alert:
    fresh = Alert(1, "1:1", 1, "Kettle", Severity.WARNING, (1,), 1, "Kettle is on", 0, 0, 2400.0)
    return replace(life.raised(fresh, None).alert, **changes)  # type: ignore[arg-type]


def cleared(alert: Alert, at: int) -> Alert:
    return life.clear(alert, at, at, COOLDOWN).alert


class TestTelling:
    def test_a_new_alert_is_told_at_once(self) -> None:
        assert life.raised(an_alert(told=False), None).events == (Event.RAISED,)

    def test_in_quiet_hours_it_is_told_at_their_end(self) -> None:
        held = life.raised(an_alert(told=False), 8 * HOUR)
        assert (held.events, held.alert.tell_at) == ((), 8 * HOUR)
        assert life.due(held.alert, 8 * HOUR - 1, None, 8 * HOUR).events == ()
        told = life.due(held.alert, 8 * HOUR, None, None)
        assert (told.events, told.alert.told, told.alert.tell_at) == ((Event.RAISED,), True, None)
        assert life.due(told.alert, 9 * HOUR, None, None).events == ()

    def test_what_was_over_before_they_ended_is_told_all_the_same(self) -> None:
        held = life.raised(an_alert(told=False), 8 * HOUR).alert
        over = life.clear(held, HOUR, HOUR, COOLDOWN)
        assert over.events == ()
        assert life.due(over.alert, 8 * HOUR, None, None).events == (Event.RAISED,)

    def test_what_somebody_has_seen_is_not(self) -> None:
        seen = life.acknowledge(life.raised(an_alert(told=False), 8 * HOUR).alert, HOUR, "ada")
        assert life.due(seen, 8 * HOUR, None, None).events == ()

    def test_what_flaps_is_told_to_be_over_once_it_stays_so(self) -> None:
        alert, told = an_alert(), 0
        for n in range(100):
            done = life.clear(alert, n * MINUTE, n * MINUTE, COOLDOWN)
            told += len(done.events)
            again = life.again(done.alert, n * MINUTE + 1, 2400.0, "", COOLDOWN)
            assert again is not None
            alert = life.due(again, n * MINUTE + 1, None, None).alert
        assert (told, alert.count) == (1, 101)
        done = life.clear(alert, 100 * MINUTE, 100 * MINUTE, COOLDOWN)
        assert done.events == ()
        assert life.due(done.alert, 115 * MINUTE, None, None).events == (Event.CLEARED,)

    def test_escalation_waits_for_its_time_and_comes_once(self) -> None:
        alert = an_alert()
        assert life.due(alert, 9 * MINUTE, 10 * MINUTE, None).events == ()
        done = life.due(alert, 10 * MINUTE, 10 * MINUTE, None)
        assert done.events == (Event.ESCALATED,)
        assert life.due(done.alert, 20 * MINUTE, 10 * MINUTE, None).events == ()

    @pytest.mark.parametrize("quiet", [None, 8 * HOUR])
    def test_who_is_on_it_is_not_escalated_over(self, quiet: int | None) -> None:
        alert = life.acknowledge(an_alert(), MINUTE, "ada") if quiet is None else an_alert()
        assert life.due(alert, HOUR, 10 * MINUTE, quiet).events == ()

    def test_a_snooze_is_silent_and_ends_with_a_reminder(self) -> None:
        alert = life.snooze(an_alert(), MINUTE, HOUR)
        assert life.due(alert, 30 * MINUTE, 10 * MINUTE, None).events == ()
        assert life.due(alert, 61 * MINUTE, None, None).events == (Event.WOKEN,)
        over = life.clear(alert, 30 * MINUTE, 30 * MINUTE).alert
        assert life.due(over, 61 * MINUTE, None, None).events == ()

    def test_a_snooze_that_is_ended_leaves_no_reminder_behind(self) -> None:
        alert = life.snooze(life.snooze(an_alert(), MINUTE, HOUR), 2 * MINUTE, 0)
        assert alert.snoozed_until is None
        assert life.due(alert, 2 * HOUR, None, None).events == ()


class TestStates:
    def test_it_comes_back_as_the_same_within_its_cooldown(self) -> None:
        over = cleared(an_alert(), MINUTE)
        same = life.again(over, 16 * MINUTE, 2500.0, "again", COOLDOWN)
        assert same is not None
        assert (same.state, same.count, same.cleared_at, same.value) == (AlertState.RAISED, 2, None, 2500.0)
        assert life.again(over, 16 * MINUTE + 1, 2500.0, "", COOLDOWN) is None

    def test_who_has_seen_it_once_need_not_see_it_again(self) -> None:
        over = cleared(life.acknowledge(an_alert(), MINUTE, "ada", "tea"), 2 * MINUTE)
        same = life.again(over, 3 * MINUTE, 2500.0, "", COOLDOWN)
        assert same is not None
        assert (same.state, same.acknowledged_by, same.note) == (AlertState.ACKNOWLEDGED, "ada", "tea")

    def test_nothing_is_over_before_it_began(self) -> None:
        assert cleared(an_alert(raised_at=HOUR), MINUTE).cleared_at == HOUR

    def test_what_is_cleared_takes_nothing_more(self) -> None:
        over = cleared(an_alert(), MINUTE)
        with pytest.raises(IllegalTransition):
            life.acknowledge(over, 2 * MINUTE, "ada")
        with pytest.raises(IllegalTransition):
            life.snooze(over, 2 * MINUTE, MINUTE)
        with pytest.raises(IllegalTransition):
            life.clear(over, 2 * MINUTE, 2 * MINUTE)

    def test_notes_and_snoozes_have_bounds(self) -> None:
        with pytest.raises(InvalidInput, match="note"):
            life.acknowledge(an_alert(), MINUTE, "ada", "x" * 501)
        for wrong in (-1, life.LONGEST_SNOOZE_US + 1):
            with pytest.raises(InvalidInput, match="for_s"):
                life.snooze(an_alert(), MINUTE, wrong)


@given(st.lists(st.sampled_from(["clear", "again", "acknowledge", "snooze", "wait"]), max_size=40))
def test_whatever_happens_its_fields_agree_with_its_state(events: list[str]) -> None:
    alert, now = an_alert(), 0
    told = 1
    for event in events:
        now += MINUTE
        try:
            if event == "clear":
                done = life.clear(alert, now, now, COOLDOWN)
                alert, told = done.alert, told + len(done.events)
            elif event == "again":
                alert = life.again(alert, now, 1.0, "", COOLDOWN) or alert
            elif event == "acknowledge":
                alert = life.acknowledge(alert, now, "ada")
            elif event == "snooze":
                alert = life.snooze(alert, now, MINUTE)
            else:
                done = life.due(alert, now, 5 * MINUTE, None)
                alert, told = done.alert, told + len(done.events)
        except IllegalTransition:
            continue
        assert (alert.cleared_at is not None) == (alert.state is AlertState.CLEARED)
        assert alert.state is not AlertState.ACKNOWLEDGED or alert.acknowledged_at is not None
        assert alert.snoozed_until is None or alert.open
    assert told <= 2 + events.count("wait")
