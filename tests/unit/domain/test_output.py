"""Outputs: what they may be set to, and the proof that they did it."""

from typing import Any

import pytest

from ohmstead.domain.device import Channel
from ohmstead.domain.errors import InvalidInput
from ohmstead.domain.output import (
    CONFIRM_WITHIN_US,
    FEW_SAMPLES,
    Output,
    OutputSettings,
    Policy,
    Proof,
    back_to,
    check_state,
    check_timer,
    doubt,
    power_channel,
    weigh,
)
from ohmstead.domain.quantity import Kind

T0 = 1_763_683_200_000_000
W = 1.0


def an_output(**settings: Any) -> Output:
    return Output(1, 1, 7, "Kettle", "relay", "relay", OutputSettings(**settings))


def channels(*keys: str, quantity: str = "power") -> list[Channel]:
    return [Channel(n, 7, key, quantity, "W", Kind.GAUGE, 1) for n, key in enumerate(keys, 100)]


class TestStates:
    @pytest.mark.parametrize(("raw", "state"), [("on", "on"), ("OFF", "off"), (True, "on"), (False, "off")])
    def test_on_and_off_are_always_legal(self, raw: Any, state: str) -> None:
        assert check_state(raw, None) == state

    def test_a_level_is_for_what_was_announced_with_one(self) -> None:
        assert check_state(40, {"type": "number", "min": 0, "max": 100}) == 40
        with pytest.raises(InvalidInput, match="between 0 and 100"):
            check_state(140, {"type": "number", "min": 0, "max": 100})
        with pytest.raises(InvalidInput, match="did not announce"):
            check_state(40, None)

    @pytest.mark.parametrize("raw", ["dim", None, [], {}, float("nan"), float("inf")])
    def test_nothing_else_is(self, raw: Any) -> None:
        with pytest.raises(InvalidInput, match="state"):
            check_state(raw, "number")

    @pytest.mark.parametrize("for_s", [0, -1, float("nan"), 8 * 86_400])
    def test_timers_have_bounds(self, for_s: float) -> None:
        with pytest.raises(InvalidInput, match="for_s"):
            check_timer(for_s)

    @pytest.mark.parametrize(
        ("state", "before", "after"),
        [("on", "on", "off"), ("on", None, "off"), (60, 20, "off"), ("off", 40, 40), ("off", "off", "on"),
         ("off", None, "on"), ("off", {"x": 1}, "on")],
    )  # fmt: skip
    def test_what_comes_after_a_timer(self, state: Any, before: Any, after: Any) -> None:
        assert back_to(state, before) == after

    def test_settings_survive_storage(self) -> None:
        settings = OutputSettings(boot=Policy.OFF, lost_link=Policy.ON, priority=3, power_channel=9)
        assert OutputSettings.from_json(settings.to_json()) == settings


class TestPowerChannels:
    def test_the_only_one_belongs_to_the_only_output(self) -> None:
        assert power_channel(an_output(), 1, channels("power")) == 100
        assert power_channel(an_output(), 2, channels("power")) is None
        assert power_channel(an_output(), 1, channels("left", "right")) is None

    def test_a_name_says_whose_it_is(self) -> None:
        assert power_channel(an_output(), 4, channels("pump_power", "relay_power")) == 101
        assert power_channel(an_output(), 1, channels("relay_power", quantity="voltage")) is None

    def test_a_person_has_the_last_word(self) -> None:
        assert power_channel(an_output(power_channel=55), 9, ()) == 55
        assert power_channel(an_output(watches_power=False), 1, channels("power")) is None
        assert power_channel(an_output(power_channel=55, watches_power=False), 1, ()) is None


class TestProof:
    def test_without_a_meter_the_device_is_believed(self) -> None:
        assert not Proof("on", T0, watched=False).confirmed
        assert Proof("on", T0, watched=False, reported=True).confirmed

    def test_with_a_meter_watts_decide(self) -> None:
        proof = Proof("on", T0, watched=True, reported=True)
        assert not proof.confirmed
        assert not weigh(proof, 0.2, T0 + 1, W).confirmed
        assert weigh(proof, 60.0, T0 + 1, W).confirmed
        assert weigh(Proof("off", T0, watched=True, reported=True), 0.0, T0 + 1, W).confirmed

    def test_a_sample_from_before_the_switch_says_nothing(self) -> None:
        proof = Proof("on", T0, watched=True, reported=True)
        assert weigh(proof, 2000.0, T0, W) is proof

    def test_a_few_contrary_samples_after_the_report_are_a_doubt(self) -> None:
        proof = Proof("on", T0, watched=True)
        for n in range(20):  # the device has not switched yet: its meter cannot agree
            proof = weigh(proof, 0.0, T0 + n + 1, W)
        assert doubt(proof, T0 + 20, online=True) is None
        proof = Proof("on", T0, watched=True, reported=True)
        for n in range(FEW_SAMPLES):
            assert doubt(proof, T0 + n, online=True) is None
            proof = weigh(proof, 0.0, T0 + n + 1, W)
        assert doubt(proof, T0 + 9, online=True) == "its device says on, but no power is drawn"

    @pytest.mark.parametrize(
        ("proof", "online", "why"),
        [
            (Proof("on", T0, watched=False), True, "did not do it"),
            (Proof("on", T0, watched=False), False, "offline"),
            (Proof("on", T0, watched=True, reported=True), True, "silent"),
            (Proof("off", T0, watched=True, reported=True, contrary=9), True, "still drawn"),
            (Proof(40.0, T0, watched=True, reported=True, contrary=9), True, "says 40, but no power"),
        ],
    )
    def test_in_the_end_there_is_a_reason(self, proof: Proof, online: bool, why: str) -> None:
        assert why in (doubt(proof, T0 + CONFIRM_WITHIN_US, online) or "")

    def test_an_output_its_device_never_named_is_told_as_such(self) -> None:
        proof = Proof("on", 0, watched=False)
        told = doubt(proof, CONFIRM_WITHIN_US, True, ["lamp", "fan"], "relay")
        assert told == "its device knows no output relay; it announced: fan, lamp"
        assert doubt(proof, CONFIRM_WITHIN_US, True, ["lamp", "fan"], "fan") == "its device did not do it"
        assert doubt(proof, CONFIRM_WITHIN_US, True, [], "relay") == "its device did not do it"

    def test_there_is_no_doubt_about_what_is_confirmed_or_was_told(self) -> None:
        late = T0 + 10 * CONFIRM_WITHIN_US
        assert doubt(Proof("on", T0, watched=False, reported=True), late, online=False) is None
        assert doubt(Proof("on", T0, watched=False, doubt="told"), late, online=False) is None

    def test_what_agreed_once_stays_proved(self) -> None:
        proof = weigh(Proof("on", T0, watched=True, reported=True), 60.0, T0 + 1, W)
        assert weigh(proof, 0.0, T0 + 2, W).confirmed  # a thermostat opens: that is no fault
