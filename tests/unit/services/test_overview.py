"""What the first page sums up: everything somebody may see, today beside other days."""

from typing import Any, Final

import pytest

from ohmstead.domain.access import ROLES, Principal, Role
from ohmstead.domain.telemetry import SECOND
from ohmstead.services.overview import Glance
from world import T0

HOUR_S: Final = 3600
DAY_S: Final = 24 * HOUR_S
NOON_S: Final = 11 * HOUR_S  # Vienna is an hour ahead of UTC in November
MIDNIGHT_S: Final = -HOUR_S


async def steady(world: Any, serial: str, watts: float, since_s: int) -> Any:
    """A device that draws `watts` from `since_s` until noon of the first day, told every ten minutes."""
    known = await world.device(serial)
    world.clock.us = max(world.clock.us, at(NOON_S))
    await world.send(known, {second: {"power": watts} for second in range(since_s, NOON_S + 1, 600)})
    return known


def at(second: int) -> int:
    return T0 + second * SECOND


async def glance(world: Any, who: Principal | None = None) -> Glance:
    world.clock.us = at(NOON_S)
    found: Glance = await world.app.overview.of(who or world.admin)
    return found


async def test_today_stands_beside_yesterday_and_the_same_day_of_last_week(world: Any) -> None:
    await steady(world, "oven", 1000.0, MIDNIGHT_S - 8 * DAY_S)
    found = await glance(world)
    today, yesterday, week_ago = (found.days[name] for name in ("today", "yesterday", "week_ago"))
    assert today.kwh == today.by_now == pytest.approx(12.0, abs=0.2)
    assert today.hours[11] == pytest.approx(1.0, abs=0.01)
    assert today.hours[13:] == (None,) * 11
    for day in (yesterday, week_ago):
        assert day.kwh == pytest.approx(24.0)
        assert day.by_now == pytest.approx(12.0)
    assert (yesterday.end, week_ago.end) == (today.start, today.start - 6 * DAY_S * SECOND)


async def test_devices_stand_in_the_order_of_what_they_took(world: Any) -> None:
    small = await steady(world, "lamp", 10.0, MIDNIGHT_S)
    large = await steady(world, "oven", 1000.0, MIDNIGHT_S)
    await world.send(await world.device("thermometer"), {0: {"temperature": 21.0}})
    found = await glance(world)
    assert [share.device for share in found.shares] == [large.device.id, small.device.id]
    assert found.shares[0].today == pytest.approx(12.0, abs=0.2)
    assert found.shares[0].yesterday is None
    assert found.days["yesterday"].kwh is None


async def test_what_is_not_counted_has_a_share_but_is_in_no_sum(world: Any) -> None:
    await steady(world, "house", 1000.0, MIDNIGHT_S)
    behind = await steady(world, "oven", 400.0, MIDNIGHT_S)
    site = world.app.sites.default
    await world.app.sites.change(site.id, "ada", uncounted=frozenset({behind.device.id}))
    found = await glance(world)
    assert found.days["today"].kwh == pytest.approx(12.0, abs=0.2)
    assert [share.counted for share in found.shares] == [True, False]
    await world.app.sites.load()  # as after a start
    assert world.app.sites.default.uncounted == frozenset({behind.device.id})


async def test_a_viewer_learns_nothing_of_what_is_not_theirs(world: Any) -> None:
    await steady(world, "oven", 1000.0, MIDNIGHT_S)
    guest = Principal("gus", ROLES[Role.VIEWER], user=7, role=Role.VIEWER, only_devices=frozenset())
    found = await glance(world, guest)
    assert found.shares == []
    assert found.days["today"].kwh is None
