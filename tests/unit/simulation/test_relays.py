"""The simulated relay keeps to the rules of its kind."""

from typing import Any

from ohmstead.dialects.native_control import Command, Shadow
from ohmstead.simulation.relays import Load, Relay


def a_relay(**changes: Any) -> Relay:
    return Relay("R1", [Load("lamp", 60.0, dimmable=True), Load("kettle", 2000.0)], **changes)


def watts(relay: Relay) -> tuple[float, float]:
    values = relay.telemetry(10.0)["v"]
    return values["lamp_power"], values["kettle_power"]


def test_it_takes_over_only_newer_documents() -> None:
    relay = a_relay()
    assert relay.desired(Shadow(2, {"kettle": "on", "lamp": 40, "unheard of": "on"}))
    assert not relay.desired(Shadow(2, {"kettle": "off"}))
    assert not relay.desired(Shadow(1, {"kettle": "off"}))
    assert relay.reported() == Shadow(2, {"lamp": 40.0, "kettle": "on"})
    assert watts(relay) == (24.0, 2000.0)


def test_what_makes_no_sense_changes_nothing() -> None:
    relay = a_relay()
    relay.desired(Shadow(1, {"lamp": 400, "kettle": 50}))
    assert relay.states == {"lamp": 100.0, "kettle": "off"}
    relay.desired(Shadow(2, {"lamp": True, "kettle": None}))
    assert relay.states == {"lamp": 100.0, "kettle": "off"}


def test_after_a_restart_it_knows_nothing_and_says_so() -> None:
    relay = a_relay()
    relay.desired(Shadow(7, {"kettle": "on"}))
    relay.restart(100.0, "watchdog")
    assert relay.reported() == Shadow(0, {"lamp": "off", "kettle": "off"})
    assert (relay.hello().boot, relay.hello().reset) == ("b2", "watchdog")
    assert relay.desired(Shadow(7, {"kettle": "on"}))


def test_an_order_is_carried_out_once_and_not_when_it_is_late() -> None:
    relay = a_relay()
    reboot = Command("5", "reboot", {}, expires_at=20_000)
    assert relay.ordered(reboot, 10.0).state == "succeeded"
    assert relay.ordered(reboot, 11.0).state == "succeeded"  # the same answer, and no second restart
    assert relay.boot == "b2"
    assert relay.ordered(Command("6", "reboot", {}, expires_at=20_000), 20.0).detail == "came too late"
    assert relay.ordered(Command("7", "dance"), 10.0).state == "failed"
    assert relay.boot == "b2"


def test_a_dead_lamp_clicks_and_draws_nothing() -> None:
    relay = a_relay(burnt={"kettle"})
    relay.touch("kettle")
    assert relay.reported().state["kettle"] == "on"
    assert watts(relay) == (0.0, 0.0)
    relay.touch("kettle")
    assert relay.states["kettle"] == "off"
