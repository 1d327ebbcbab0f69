"""Rules as people write them: what is refused, what they watch, and how they read."""

from dataclasses import replace
from datetime import time
from typing import Any

import pytest

from ohmstead.domain.arbitration import DEAD_TIME_US, Claim, Verdict, decide
from ohmstead.domain.condition import (
    Budget,
    ClockSkew,
    Combined,
    Condition,
    Implausible,
    Part,
    Rate,
    Silence,
    Stuck,
    Threshold,
    WeakSignal,
)
from ohmstead.domain.device import Channel
from ohmstead.domain.errors import InvalidInput
from ohmstead.domain.notification import QuietHours
from ohmstead.domain.quantity import QUANTITIES
from ohmstead.domain.rhythm import SKEW_FOR_US, UNLEARNED_US, Rhythm, Skew
from ohmstead.domain.rule import BUILTIN, Escalation, On, RuleAction, RuleBody, Scope, Severity, channels_of
from ohmstead.domain.rule_text import Names, alert_text, amount, sentence, span
from ohmstead.domain.telemetry import HOUR, MINUTE, SECOND


def a_channel(number: int, quantity: str, device: int = 1) -> Channel:
    found = QUANTITIES[quantity]
    return Channel(number, device, quantity, quantity, found.unit, found.kind, found.decimals)


CHANNELS = [a_channel(n, name, 1 + n // 20) for n, name in enumerate(QUANTITIES, 1)]
BY_ID = {channel.id: channel for channel in CHANNELS}
NUMBER = {channel.quantity: channel.id for channel in CHANNELS}
NAMES = Names(
    lambda device: {1: "Kettle", 2: "Meter"}.get(device, "a device that is gone"),
    BY_ID.get,
    lambda output: "Lamp",
    lambda scene: "Evening",
    lambda target: f"target {target}",
)
EVERY: list[Condition] = [
    Threshold(above=2000, for_s=300, hysteresis=100),
    Threshold(below=5),
    Rate(falls_by=3, within_s=600),
    Budget(limit=5000),
    Silence(),
    Stuck(for_s=3600, ignore_zero=True),
    Stuck(),
    Implausible(),
    ClockSkew(),
    WeakSignal(),
    Combined("any", (Part(1, Threshold(above=5)), Part(2, Silence()))),
]


def a_rule(condition: Condition, **more: Any) -> RuleBody:
    scope = None if isinstance(condition, Combined) else more.pop("scope", Scope(quantity="power"))
    return RuleBody("Test", condition, scope, **more)


@pytest.mark.parametrize("condition", EVERY)
def test_a_rule_comes_back_from_json(condition: Condition) -> None:
    import json

    body = a_rule(
        condition,
        quiet=QuietHours(time(22), time(7)),
        targets=(1, 2),
        escalation=Escalation(600, (3,)),
        actions=(RuleAction(output=4, state="on", for_s=60), RuleAction(On.CLEARED, scene=2), RuleAction(target=7)),
        priority=3,
    )
    assert RuleBody.from_json(json.loads(json.dumps(body.to_json()))) == body


@pytest.mark.parametrize(
    ("make", "field"),
    [
        (lambda: Threshold(), "condition/above"),
        (lambda: Threshold(above=float("nan")), "condition/above"),
        (lambda: Threshold(above=1, for_s=-1), "condition/for_s"),
        (lambda: Threshold(above=1, below=0, hysteresis=1), "condition/below"),
        (lambda: Rate(), "condition/rises_by"),
        (lambda: Rate(rises_by=-1), "condition/rises_by"),
        (lambda: Budget(limit=0), "condition/limit"),
        (lambda: Budget(limit=1, period="year"), "condition/period"),
        (lambda: Silence(factor=0.5), "condition/factor"),
        (lambda: Stuck(for_s=1), "condition/for_s"),
        (lambda: Combined("all", ()), "condition/parts"),
        (lambda: Scope(quantity="sympathy"), "scope/quantity"),
        (lambda: Scope(channel=1, device=2), "scope/channel_id"),
        (lambda: a_rule(Threshold(above=1), scope=Scope()), "scope/quantity"),
        (lambda: a_rule(ClockSkew(), scope=Scope(channel=1)), "scope"),
        (lambda: RuleBody("x", Threshold(above=1), None), "scope"),
        (lambda: a_rule(Silence(), cooldown_s=-1), "cooldown_s"),
        (lambda: RuleAction(), "actions"),
        (lambda: RuleAction(output=1), "actions"),
        (lambda: RuleAction(scene=1, target=2), "actions"),
        (lambda: Escalation(1), "escalation/after_s"),
    ],
)
def test_what_makes_no_sense_is_refused_by_its_field(make: Any, field: str) -> None:
    with pytest.raises(InvalidInput, match=field):
        make()


def watched(condition: Condition, scope: Scope) -> set[str]:
    return {channel.quantity for channel in channels_of(RuleBody("x", condition, scope), CHANNELS)}


class TestScope:
    def test_stuck_watches_what_flickers_by_nature(self) -> None:
        found = watched(Stuck(), Scope())
        assert {"temperature", "humidity", "voltage"} <= found
        assert not found & {"power", "current", "energy", "switch", "state", "presence", "battery", "frequency"}

    def test_a_person_may_watch_any_gauge(self) -> None:
        assert watched(Stuck(for_s=60), Scope(channel=NUMBER["power"])) == {"power"}

    def test_budgets_are_for_counters_and_silence_is_not_for_states(self) -> None:
        assert watched(Budget(limit=1), Scope(quantity="energy")) == {"energy"}
        assert watched(Budget(limit=1), Scope(quantity="power")) == set()
        assert not watched(Silence(), Scope()) & {"switch", "state", "presence"}

    def test_one_device_or_some(self) -> None:
        of_two = {channel.quantity for channel in CHANNELS if channel.device == 2}
        found = watched(Implausible(), Scope(device=2))
        assert found == watched(Implausible(), Scope(devices=frozenset({2, 9})))
        assert found
        assert found <= of_two

    def test_every_builtin_rule_watches_something(self) -> None:
        assert all(channels_of(body, CHANNELS) for body in BUILTIN.values())


class TestText:
    def test_a_whole_rule_in_a_sentence(self) -> None:
        body = a_rule(
            Threshold(above=2000, for_s=300),
            scope=Scope(channel=NUMBER["power"]),
            targets=(1,),
            actions=(RuleAction(output=4, state="off", for_s=3600), RuleAction(On.CLEARED, scene=2)),
            escalation=Escalation(600),
            quiet=QuietHours(time(22), time(7)),
        )
        assert sentence(body, NAMES) == (
            "When Kettle power is above 2 kW for 5 minutes: raise an alert (warning), notify target 1 and switch Lamp "
            "off for 1 hour. When it is over: run the scene Evening. If nobody acknowledges it within 10 minutes: "
            "notify those who want it as well. From 22:00 to 07:00 nobody is told, but at 07:00."
        )

    @pytest.mark.parametrize(
        ("condition", "words"),
        [
            (Threshold(above=0.5, for_s=600), "is on for 10 minutes"),
            (Threshold(above=0), "is on"),
            (Threshold(below=1), "is off"),
            (Threshold(above=1), "is above 1"),  # it never is, and that is what it says
            (Threshold(below=0.5, above=0.7), "is above 0.7 or below 0.5"),
        ],
    )
    def test_a_switch_is_on_or_off(self, condition: Condition, words: str) -> None:
        body = a_rule(condition, scope=Scope(channel=NUMBER["switch"]))
        assert sentence(body, NAMES).startswith(f"When Meter switch {words}: ")
        everywhere = a_rule(condition, scope=Scope(quantity="presence"))
        assert sentence(everywhere, NAMES).startswith(f"When the presence of any device {words}: ")
        said = alert_text(body, NAMES, NUMBER["switch"], 2, 1.0)
        assert said == f"Meter switch {words}" + (": 1" if "above" in words else "")

    @pytest.mark.parametrize("condition", EVERY)
    def test_every_condition_has_words(self, condition: Condition) -> None:
        text = sentence(a_rule(condition, severity=Severity.INFO), NAMES)
        assert text.startswith("When ")
        assert "None" not in text
        assert alert_text(a_rule(condition), NAMES, None, 1, 3.0)[0].isupper()

    def test_what_is_gone_is_said_to_be(self) -> None:
        assert "a channel that is gone" in sentence(a_rule(Threshold(above=1), scope=Scope(channel=4711)), NAMES)

    @pytest.mark.parametrize(
        ("value", "unit", "text"),
        [(2000, "W", "2 kW"), (0.35, "A", "350 mA"), (21.5, "°C", "21.5 °C"), (-80, "dBm", "-80 dBm"), (0, "A", "0 A"),
         (5000, "Wh", "5 kWh"), (1 / 3, "", "0.3333"), (0.5, "1", "0.5"), (55, "%", "55 %")],
    )  # fmt: skip
    def test_amounts(self, value: float, unit: str, text: str) -> None:
        assert amount(value, unit) == text

    @pytest.mark.parametrize(
        ("seconds", "text"), [(300, "5 minutes"), (3600, "1 hour"), (90, "90 seconds"), (172_800, "2 days")]
    )
    def test_spans(self, seconds: float, text: str) -> None:
        assert span(seconds) == text


class TestFights:
    first = Claim(1, 0, "on", 0, 11)

    def test_who_comes_first_holds_it_as_long_as_its_alert_is_open(self) -> None:
        other = Claim(2, 0, "off", HOUR, 12)
        assert decide(self.first, True, other) == Verdict(granted=False, against=1)
        assert decide(self.first, False, other) == Verdict(granted=True)

    def test_nobody_switches_back_and_forth_within_the_dead_time(self) -> None:
        soon = Claim(2, 0, "off", DEAD_TIME_US - 1, 12)
        assert decide(self.first, False, soon) == Verdict(granted=False, against=1)
        assert decide(self.first, False, replace(soon, at=DEAD_TIME_US)) == Verdict(granted=True)

    def test_the_higher_priority_has_its_way_and_it_is_told(self) -> None:
        assert decide(self.first, True, Claim(2, 5, "off", 1, 12)) == Verdict(granted=True, against=1)
        assert decide(self.first, True, Claim(2, -5, "off", 1, 12)) == Verdict(granted=False, against=1)

    def test_who_wants_the_same_does_not_fight(self) -> None:
        assert decide(self.first, True, Claim(2, 0, "on", 1, 12)).against is None
        assert decide(None, False, self.first) == Verdict(granted=True)
        assert decide(self.first, True, replace(self.first, state="off")) == Verdict(granted=True)


class TestRhythm:
    def test_the_interval_is_learned_and_a_gap_does_not_spoil_it(self) -> None:
        rhythm = Rhythm(0)
        assert rhythm.patience_us(Silence()) == UNLEARNED_US
        at = 0
        for n in range(20):
            at += 10 * HOUR if n == 10 else 2 * MINUTE
            assert rhythm.look(at, at)
        assert not rhythm.look(at, at + SECOND)
        assert rhythm.interval_us == 2 * MINUTE
        assert rhythm.patience_us(Silence(factor=5, floor_s=300)) == 10 * MINUTE
        assert rhythm.patience_us(Silence(factor=2, floor_s=300)) == 5 * MINUTE
        assert rhythm.silent_us(at + MINUTE) == MINUTE

    def test_a_clock_is_off_when_it_stays_off(self) -> None:
        skew = Skew()
        told = [skew.hear(HOUR, 0, ClockSkew(), n * MINUTE, SECOND) for n in range(12)]
        assert told == [None] * (SKEW_FOR_US // MINUTE) + [True, True]
        assert skew.hear(2 * SECOND, 0, ClockSkew(), HOUR, SECOND) is False

    def test_samples_from_the_future_took_their_arrival_and_count_as_off(self) -> None:
        skew = Skew()
        told = [skew.hear(0, n + 1, ClockSkew(), n * 5 * MINUTE, SECOND) for n in range(3)]
        assert told == [None, None, True]
