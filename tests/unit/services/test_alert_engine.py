"""Rules over a whole server: what is stored raises and clears alerts, exactly once, whatever happens in between."""

from typing import Any

import pytest
import sqlalchemy as sa

from ohmstead.domain.alert import Alert, AlertState
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
from ohmstead.domain.rule import Rule, RuleBody, Scope
from ohmstead.domain.telemetry import HOUR, MINUTE, SECOND
from ohmstead.storage import alerts as store
from ohmstead.storage import rules
from ohmstead.storage.alert_tables import alert_transition
from ohmstead.wiring.alerts import Watching
from world import T0, World

KETTLE = Threshold(above=2000, for_s=300, hysteresis=100)


async def channel_of(world: World, key: str = "power", serial: str = "N1") -> int:
    """A channel of a device that has spoken once, a second before T0."""
    known = world.app.registry.by_serial.get(serial) or await world.device(serial)
    if key not in known.device.channels:
        world.clock.us = max(world.clock.us, T0)
        await world.send(known, {-1: {key: 1.0}})
    return known.device.channels[key].id


async def a_rule(world: World, condition: Condition, scope: Scope | None = None, **more: Any) -> Rule:
    body = RuleBody(more.pop("name", "Test rule"), condition, scope, **more)
    return (await world.app.watching.alerting.rules.add(world.admin, body)).rule


async def send(world: World, values: dict[int, float], key: str = "power", serial: str = "N1") -> None:
    """One sample a message, by seconds after T0; the clock follows."""
    known = world.app.registry.by_serial[serial]
    for second, value in values.items():
        world.clock.us = max(world.clock.us, T0 + second * SECOND)
        await world.send(known, {second: {key: value}})


async def tick(world: World, at_s: float | None = None) -> None:
    if at_s is not None:
        world.clock.us = T0 + int(at_s * SECOND)
    await world.app.watching.tick()


async def alerts(world: World) -> list[Alert]:
    """All there ever were, oldest first, as they are on disk."""
    await world.app.watching.engine.flush()
    found = await world.app.database.read(lambda c: store.page(c, store.Wanted(), None, None, 1000))
    return found[::-1]


async def history(world: World, alert: Alert) -> list[tuple[str, float]]:
    steps = await world.app.database.read(lambda c: store.transitions(c, alert.id))
    return [(step.event.value, (step.at - T0) / SECOND) for step in steps]


async def killed_and_started(world: World) -> None:
    """A new process on the same database: what was not written is forgotten. The old one hears nothing any more."""
    world.app.watching = await Watching.build(world.app)


def after(us: int | None) -> float | None:
    return None if us is None else (us - T0) / SECOND


class TestThresholds:
    async def test_a_kettle_raises_one_alert_which_clears_by_itself(self, world: World) -> None:
        channel = await channel_of(world)
        await a_rule(world, KETTLE, Scope(channel=channel), name="Kettle")
        await send(world, dict.fromkeys(range(0, 400, 20), 2400.0))
        await tick(world)
        (alert,) = await alerts(world)
        assert (after(alert.raised_at), alert.state, alert.value) == (300, AlertState.RAISED, 2400.0)
        assert alert.text == "N1 power is above 2 kW for 5 minutes: 2.4 kW"
        await send(world, {400: 10.0})
        await tick(world)
        (alert,) = await alerts(world)
        assert (after(alert.cleared_at), alert.state) == (400, AlertState.CLEARED)
        assert await history(world, alert) == [("raised", 300), ("cleared", 400)]

    async def test_many_samples_in_one_message_count_each(self, world: World) -> None:
        channel = await channel_of(world)
        await a_rule(world, KETTLE, Scope(channel=channel))
        world.clock.us = T0 + 1000 * SECOND
        known = world.app.registry.by_serial["N1"]
        await world.send(known, {s: {"power": 2400.0 if s < 600 else 5.0} for s in range(0, 1000, 10)})
        await tick(world)
        (alert,) = await alerts(world)
        assert (after(alert.raised_at), after(alert.cleared_at)) == (300, 600)

    async def test_late_and_repeated_samples_raise_nothing(self, world: World) -> None:
        channel = await channel_of(world)
        await a_rule(world, Threshold(above=100), Scope(channel=channel))
        await send(world, {100: 5.0})
        await tick(world)
        await send(world, {50: 500.0, 100: 500.0})
        await tick(world)
        assert await alerts(world) == []
        await send(world, {101: 500.0})
        await tick(world)
        assert len(await alerts(world)) == 1

    async def test_what_comes_a_day_late_raises_nothing(self, world: World) -> None:
        channel = await channel_of(world)
        await a_rule(world, Threshold(above=100), Scope(channel=channel))
        world.clock.us = T0 + 25 * HOUR
        await world.send(world.app.registry.by_serial["N1"], {60: {"power": 500.0}})
        await world.send(world.app.registry.by_serial["N1"], {60 + s: {"power": 500.0} for s in range(1, 9)})
        await tick(world)
        assert await alerts(world) == []

    async def test_a_quantity_over_many_devices_has_one_alert_for_each_cause(self, world: World) -> None:
        await channel_of(world, "power", "A")
        await channel_of(world, "power", "B")
        await a_rule(world, Threshold(above=100), Scope(quantity="power"))
        await send(world, {10: 500.0}, serial="A")
        await channel_of(world, "power", "C")  # a device that came after the rule
        await send(world, {20: 500.0, 21: 510.0}, serial="C")
        await send(world, {30: 5.0}, serial="A")
        await tick(world)
        found = await alerts(world)
        assert [(a.text.split()[0], a.state.value) for a in found] == [("A", "cleared"), ("C", "raised")]


class TestKilled:
    async def test_between_raise_and_clear(self, world: World) -> None:
        channel = await channel_of(world)
        await a_rule(world, KETTLE, Scope(channel=channel))
        await send(world, dict.fromkeys(range(0, 310, 10), 2400.0))
        await tick(world)
        await killed_and_started(world)
        await send(world, {310: 2400.0, 320: 2400.0, 330: 10.0})
        await tick(world)
        (alert,) = await alerts(world)
        assert await history(world, alert) == [("raised", 300), ("cleared", 330)]

    async def test_between_commit_and_evaluation(self, world: World) -> None:
        channel = await channel_of(world)
        await a_rule(world, KETTLE, Scope(channel=channel))
        await send(world, dict.fromkeys(range(0, 200, 10), 2400.0))
        await tick(world)  # half of it is evaluated, and nothing of that is on disk yet
        await send(world, dict.fromkeys(range(200, 310, 10), 2400.0))
        await killed_and_started(world)
        (alert,) = await alerts(world)
        assert await history(world, alert) == [("raised", 300)]
        await killed_and_started(world)
        assert await alerts(world) == [alert]

    async def test_even_after_everything_was_sealed(self, world: World) -> None:
        channel = await channel_of(world)
        await a_rule(world, KETTLE, Scope(channel=channel))
        await send(world, dict.fromkeys(range(0, 310, 10), 2400.0))
        await world.app.series.seal(everything=True)
        await killed_and_started(world)
        (alert,) = await alerts(world)
        assert after(alert.raised_at) == 300

    async def test_the_journal_goes_once_rules_have_seen_it(self, world: World) -> None:
        from ohmstead.series.tables import journal

        channel = await channel_of(world)
        await a_rule(world, KETTLE, Scope(channel=channel))
        await send(world, dict.fromkeys(range(0, 100, 10), 2400.0))

        async def records() -> int:
            await world.app.series.seal(everything=True)
            return await world.app.database.read(lambda c: c.scalar(sa.select(sa.func.count()).select_from(journal)))

        assert await records() >= 10
        await world.app.watching.engine.flush()
        await send(world, {200: 2400.0})
        assert await records() == 1

    async def test_in_the_middle_of_a_rise(self, world: World) -> None:
        channel = await channel_of(world, "temperature")
        await a_rule(world, Rate(rises_by=5, within_s=600), Scope(channel=channel))
        await send(world, {s: 20 + s / 100 for s in range(30, 300, 30)}, "temperature")
        await world.app.watching.engine.flush()
        await killed_and_started(world)
        await send(world, {s: 20 + s / 100 for s in range(300, 600, 30)}, "temperature")
        await tick(world)
        (alert,) = await alerts(world)
        assert after(alert.raised_at) == 540


class TestOverTime:
    async def test_a_device_that_falls_silent_and_comes_back(self, world: World) -> None:
        await channel_of(world)
        for s in range(0, 3600, 60):
            await send(world, {s: 5.0})
            await tick(world, s)
        await tick(world, 3540 + 300)
        assert await alerts(world) == []
        await tick(world, 3540 + 310)
        (alert,) = await alerts(world)
        assert (alert.title, alert.state, alert.channel) == ("Device is silent", AlertState.RAISED, None)
        await killed_and_started(world)
        await tick(world, 3540 + 400)
        assert [a.state for a in await alerts(world)] == [AlertState.RAISED]
        await send(world, {4000: 5.0})
        await tick(world, 4001)
        await tick(world, 4010)
        assert [a.state for a in await alerts(world)] == [AlertState.CLEARED]

    async def test_a_device_that_speaks_once_an_hour_is_not_silent_between(self, world: World) -> None:
        await channel_of(world)
        for hour in range(8):
            await send(world, {hour * 3600: 5.0})
            await tick(world, hour * 3600)
        await tick(world, 7 * 3600 + 4 * 3600)
        assert await alerts(world) == []
        await tick(world, 7 * 3600 + 5 * 3600 + 10)
        assert len(await alerts(world)) == 1

    async def test_a_system_clock_that_jumps_makes_nobody_silent(self, world: World, monkeypatch: Any) -> None:
        await channel_of(world)
        for s in range(0, 600, 60):
            await send(world, {s: 5.0})
            await tick(world, s)
        shift = 90 * 24 * HOUR
        started = world.clock.us
        monkeypatch.setattr(world.clock, "monotonic", lambda: (started + (world.clock.us - started) % HOUR) / SECOND)
        world.clock.us += shift
        await world.app.watching.tick()
        assert await alerts(world) == []

    async def test_a_clock_that_is_off_for_long(self, world: World) -> None:
        channel = await channel_of(world)
        await a_rule(world, ClockSkew(limit_s=120), Scope())
        assert channel
        for s in range(0, 1200, 60):
            world.clock.us = T0 + s * SECOND + HOUR
            await world.send(world.app.registry.by_serial["N1"], {s: {"power": 5.0}})
            await world.app.watching.tick()
        (alert,) = await alerts(world)
        assert alert.value == pytest.approx(3600, abs=10)
        world.clock.us = T0 + 9000 * SECOND
        await send(world, {9000: 5.0})
        await world.app.watching.tick()
        assert [a.state for a in await alerts(world)] == [AlertState.CLEARED]

    async def test_a_door_that_stays_open(self, world: World) -> None:
        channel = await channel_of(world, "presence")
        await a_rule(world, Threshold(above=0.5, for_s=600), Scope(channel=channel))
        await send(world, {0: 1.0}, "presence")
        await tick(world, 590)
        assert await alerts(world) == []
        await tick(world, 620)
        (alert,) = await alerts(world)
        assert after(alert.raised_at) == 600

    async def test_stuck_and_implausible_values_are_found_without_any_rule(self, world: World) -> None:
        await channel_of(world, "temperature")
        await channel_of(world, "voltage")
        for hour in range(25):
            await send(world, {hour * 3600: 21.5}, "temperature")
            await send(world, {hour * 3600 + 1: 230.0 + hour / 10}, "voltage")
        await send(world, {90_100: 60_000.0}, "voltage")
        await tick(world)
        assert [a.title for a in await alerts(world)] == ["Value is stuck", "Value cannot be true"]

    async def test_a_weak_signal(self, world: World) -> None:
        channel = await channel_of(world, "signal")
        await a_rule(world, WeakSignal(), Scope(device=1))
        assert channel
        await send(world, dict.fromkeys(range(0, 700, 100), -88.0), "signal")
        await tick(world)
        (alert,) = await alerts(world)
        assert after(alert.raised_at) == 600


class TestBudgets:
    async def counter(self, world: World, condition: Condition) -> int:
        known = await world.device("N1")
        await world.send(known, {-60: {"energy": 100_000.0}})
        channel = known.device.channels["energy"].id
        await a_rule(world, condition, Scope(channel=channel), name="Budget")
        return channel

    async def look(self, world: World) -> None:
        world.clock.us += 6 * SECOND
        await world.app.watching.tick()

    async def test_a_day_is_exceeded_once_and_ends_at_midnight_of_the_site(self, world: World) -> None:
        await self.counter(world, Budget(limit=5000))
        await send(world, {n * 600: 100_000.0 + n * 100 for n in range(60)}, "energy")  # T0 is 01:00 in Vienna
        await self.look(world)
        (alert,) = await alerts(world)
        assert after(alert.raised_at) == 51 * 600
        await send(world, {60 * 600: 106_100.0}, "energy")
        await self.look(world)
        world.clock.us = T0 + 23 * HOUR + SECOND
        await self.look(world)
        (alert,) = await alerts(world)
        assert (alert.state, after(alert.cleared_at)) == (AlertState.CLEARED, 23 * 3600)

    async def test_a_reset_of_the_counter_is_no_consumption(self, world: World) -> None:
        await self.counter(world, Budget(limit=5000))
        await send(world, {n * 600: 100_000.0 + n * 100 for n in range(10)}, "energy")
        await send(world, {6000 + n * 600: n * 100.0 for n in range(10)}, "energy")
        await self.look(world)
        assert await alerts(world) == []
        await send(world, {12_000 + n * 600: 900.0 + n * 100 for n in range(40)}, "energy")
        await self.look(world)
        assert len(await alerts(world)) == 1

    async def test_late_samples_count(self, world: World) -> None:
        await self.counter(world, Budget(limit=5000))
        await send(world, {7200: 103_000.0}, "energy")
        await self.look(world)
        await send(world, {3600: 102_000.0, 7100: 102_900.0}, "energy")
        await self.look(world)
        assert await alerts(world) == []
        await send(world, {7300: 105_100.0, 5000: 102_500.0}, "energy")
        await self.look(world)
        (alert,) = await alerts(world)
        assert after(alert.raised_at) == 7300

    async def test_the_day_of_the_clock_change_has_25_hours(self, world: World) -> None:
        """26 October 2025 in Vienna: from 22:00 UTC the day before to 23:00 UTC."""
        start = T0 - 26 * 24 * HOUR - 2 * HOUR
        world.clock.us = start - HOUR
        second = (start - T0) // SECOND
        known = await world.device("N1")
        await world.send(known, {second - 60: {"energy": 0.0}})
        await a_rule(world, Budget(limit=2450), Scope(channel=known.device.channels["energy"].id))
        for n in range(25):
            world.clock.us = start + n * HOUR
            await world.send(known, {second + n * 3600: {"energy": n * 100.0}})
            await self.look(world)
        assert await alerts(world) == []  # 24 hours of 100 Wh
        world.clock.us = start + 24 * HOUR + 40 * MINUTE
        await world.send(known, {second + 24 * 3600 + 2400: {"energy": 2451.0}})
        await self.look(world)
        (alert,) = await alerts(world)
        world.clock.us = start + 24 * HOUR + 59 * MINUTE
        await self.look(world)
        assert [a.state for a in await alerts(world)] == [AlertState.RAISED]
        world.clock.us = start + 25 * HOUR + MINUTE
        await self.look(world)
        (alert,) = await alerts(world)
        assert alert.cleared_at == start + 25 * HOUR

    async def test_a_killed_server_neither_misses_nor_repeats_it(self, world: World) -> None:
        await self.counter(world, Budget(limit=5000))
        await send(world, {600: 105_500.0}, "energy")
        await killed_and_started(world)
        await self.look(world)
        assert len(await alerts(world)) == 1
        await killed_and_started(world)
        await self.look(world)
        await send(world, {1200: 105_600.0}, "energy")
        await self.look(world)
        (alert,) = await alerts(world)
        assert await history(world, alert) == [("raised", 600)]


class TestCombined:
    async def test_all_at_once(self, world: World) -> None:
        window = await channel_of(world, "state")
        heat = await channel_of(world, "power")
        parts = (Part(window, Threshold(above=0.5)), Part(heat, Threshold(above=500, for_s=60)))
        await a_rule(world, Combined("all", parts), name="Heating with the window open")
        await send(world, {0: 1.0}, "state")
        await send(world, {1: 800.0, 61: 800.0}, "power")
        await tick(world)
        (alert,) = await alerts(world)
        assert (after(alert.raised_at), alert.text) == (
            61,
            "N1 state is above 0.5 and N1 power is above 500 W for 1 minute",
        )
        await killed_and_started(world)
        await send(world, {70: 0.0}, "state")
        await tick(world)
        (alert,) = await alerts(world)
        assert after(alert.cleared_at) == 70

    async def test_any_of_them(self, world: World) -> None:
        one, other = await channel_of(world, "a"), await channel_of(world, "b")
        await a_rule(
            world,
            Combined(
                "any", (Part(one, Threshold(above=5)), Part(other, Implausible()), Part(other, Threshold(below=0)))
            ),
        )
        await send(world, {1: 6.0}, "a")
        await send(world, {2: -1.0}, "b")
        await send(world, {3: 0.0}, "a")
        await tick(world)
        (alert,) = await alerts(world)
        assert await history(world, alert) == [("raised", 1)]
        await send(world, {4: 0.0}, "b")
        await tick(world)
        assert await history(world, alert) == [("raised", 1), ("cleared", 4)]


class TestTrouble:
    async def test_a_rule_that_flaps_is_one_alert(self, world: World) -> None:
        channel = await channel_of(world)
        await a_rule(world, Threshold(above=100), Scope(channel=channel))
        await send(world, {n: 150.0 if n % 2 else 50.0 for n in range(200)})
        await tick(world)
        (alert,) = await alerts(world)
        assert alert.count == 100
        await send(world, {2000: 50.0, 3000: 150.0})  # after the cool-down it is another one
        await tick(world)
        assert len(await alerts(world)) == 2

    async def test_a_deleted_channel_ends_its_alerts_and_the_rule_says_so(self, world: World) -> None:
        channel = await channel_of(world)
        rule = await a_rule(world, Threshold(above=100), Scope(channel=channel))
        await send(world, {1: 150.0})
        await tick(world)
        await world.app.devices.delete(world.admin, 1)
        await tick(world)
        seen = world.app.watching.alerting.rules.get(world.admin, rule.id)
        assert (seen.trouble, seen.channels, seen.open_alerts) == ("its channel is gone", 0, 0)
        assert "a channel that is gone is above 100" in seen.sentence
        (alert,) = await alerts(world)
        assert alert.state is AlertState.CLEARED
        await killed_and_started(world)
        await tick(world)
        await world.app.devices.restore(world.admin, 1)
        await send(world, {10: 5.0, 11: 150.0})
        await tick(world)
        assert [a.state.value for a in await alerts(world)] == ["raised"]  # within its cool-down: the same one

    async def test_switching_a_rule_off_ends_its_alerts(self, world: World) -> None:
        from dataclasses import replace

        channel = await channel_of(world)
        rule = await a_rule(world, Threshold(above=100), Scope(channel=channel))
        await send(world, {1: 150.0})
        await tick(world)
        rules = world.app.watching.alerting.rules
        await rules.change(world.admin, rule.id, lambda body: replace(body, name="Renamed"))
        await tick(world)
        assert [a.state.value for a in await alerts(world)] == ["raised"]
        await rules.change(world.admin, rule.id, lambda body: replace(body, enabled=False))
        await tick(world)
        assert [a.state.value for a in await alerts(world)] == ["cleared"]
        await send(world, {5: 5.0, 6: 150.0})
        await tick(world)
        assert len(await alerts(world)) == 1
        notes = await world.app.database.read(lambda c: c.scalars(sa.select(alert_transition.c.note)).all())
        assert "its rule was switched off" in notes

    async def test_a_thousand_rules_on_one_channel(self, world: World) -> None:
        channel = await channel_of(world)
        for n in range(60):
            await a_rule(world, Threshold(above=1000 + n), Scope(channel=channel))
        await send(world, {1: 500.0, 2: 1029.5, 3: 2000.0, 4: 0.0})
        await tick(world)
        found = await alerts(world)
        assert sorted((after(a.raised_at), after(a.cleared_at)) for a in found) == [(2, 4)] * 30 + [(3, 4)] * 30

    async def test_silence_of_one_channel_while_its_device_speaks(self, world: World) -> None:
        channel = await channel_of(world, "humidity")
        await channel_of(world, "power")
        await a_rule(world, Silence(factor=3, floor_s=60), Scope(channel=channel), name="Probe")
        for s in range(0, 600, 20):
            await send(world, {s: s / 10}, "power")
            if s < 300:
                await send(world, {s: s / 10}, "humidity")
            await tick(world, s)
        assert [a.title for a in await alerts(world)] == ["Probe"]

    async def test_a_channel_that_should_move_is_stuck(self, world: World) -> None:
        channel = await channel_of(world)
        await a_rule(world, Stuck(for_s=600, ignore_zero=True), Scope(channel=channel))
        await send(world, dict.fromkeys(range(0, 1200, 30), 0.0))
        await send(world, dict.fromkeys(range(1200, 1830, 30), 7.0))
        await tick(world)
        (alert,) = await alerts(world)
        assert after(alert.raised_at) == 1800

    async def test_a_disk_that_is_full_for_a_while_loses_no_alert(self, world: World, monkeypatch: Any) -> None:
        from ohmstead.database import StorageFailure

        channel = await channel_of(world)
        await a_rule(world, Threshold(above=100), Scope(channel=channel))
        write = world.app.database.write

        async def full(fn: Any) -> Any:
            raise StorageFailure("the disk is full")

        await send(world, {1: 150.0})
        monkeypatch.setattr(world.app.database, "write", full)
        await tick(world)
        await tick(world, 10)
        monkeypatch.setattr(world.app.database, "write", write)
        assert await world.app.database.read(store.newest) == 0
        await tick(world, 20)
        (alert,) = await alerts(world)
        assert await history(world, alert) == [("raised", 1)]

    async def test_what_a_gone_channel_was_known_for_goes_with_it(self, world: World) -> None:
        channel = await channel_of(world)
        rule = await a_rule(world, Threshold(above=100), Scope(channel=channel))
        await send(world, {1: 150.0})
        await tick(world)

        async def kept() -> list[Any]:
            found = await world.app.database.read(rules.states)
            return [key for key in found if key[0] == rule.id]

        assert await kept() == [(rule.id, 0, channel)]
        await world.app.devices.delete(world.admin, 1)
        await tick(world)
        assert await kept() == []
