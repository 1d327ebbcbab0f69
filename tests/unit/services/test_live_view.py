"""The live view keeps up with bursts: many news at one moment are no sign of a slow viewer."""

import asyncio
from types import SimpleNamespace
from typing import Any, cast

import msgspec
import pytest

from ohmstead.domain.device import DeviceChanged
from ohmstead.runtime.bus import Bus
from ohmstead.runtime.clock import SystemClock
from ohmstead.services import live as module
from ohmstead.services.counters import Counters
from ohmstead.services.live import Ending, Live, Viewer


class Devices:
    """A registry of claimed devices with one channel each, whose number is the device's."""

    def __init__(self, count: int) -> None:
        self.known = [self._known(n) for n in range(1, count + 1)]

    def _known(self, n: int) -> Any:
        channel = SimpleNamespace(id=n)
        return SimpleNamespace(device=SimpleNamespace(id=n, claimed=True, channels={"power": channel}))

    def __iter__(self) -> Any:
        return iter(self.known)

    def get(self, number: int) -> Any:
        return self.known[number - 1]


class Series:
    def __init__(self) -> None:
        self.last: dict[int, tuple[int, float]] = {}

    def on_stored(self, callback: Any) -> None:
        self.stored = callback


@pytest.fixture
def bus() -> Bus:
    return Bus()


@pytest.fixture
def series() -> Series:
    return Series()


@pytest.fixture
def live(bus: Bus, series: Series) -> Live:
    devices = cast(Any, Devices(200))
    return Live(cast(Any, series), devices, bus, SystemClock(), Counters(), lambda number: {"id": str(number)})


def someone() -> Any:
    return SimpleNamespace(user=1, session=None, token=None, may_see=lambda device, claimed=True: True)


async def frames(viewer: Viewer) -> list[Any]:
    return [msgspec.json.decode(frame) for frame in await viewer.take()]


async def test_two_hundred_devices_that_appear_at_once_do_not_end_a_healthy_view(bus: Bus, live: Live) -> None:
    viewer = live.open(someone())
    for number in range(1, 201):
        bus.publish(DeviceChanged(number))
    found = await frames(viewer)
    assert viewer.ended is None
    assert [one["device"]["id"] for one in found] == [str(n) for n in range(1, 201)]


async def test_a_device_that_changes_often_between_two_frames_is_told_once(bus: Bus, live: Live) -> None:
    viewer = live.open(someone())
    for _ in range(30):
        bus.publish(DeviceChanged(7))
    assert [one["device"]["id"] for one in await frames(viewer)] == ["7"]


async def test_the_last_word_on_a_device_counts(bus: Bus, live: Live) -> None:
    viewer = live.open(someone())
    bus.publish(DeviceChanged(7))
    bus.publish(DeviceChanged(7, gone=True))
    assert [one["device"] for one in await frames(viewer)] == [{"id": "7", "deleted": True}]


async def test_news_of_a_device_come_before_its_values(bus: Bus, live: Live, series: Series) -> None:
    viewer = live.open(someone())
    series.last[7] = (1_000_000, 3.0)
    series.stored([(SimpleNamespace(series=(7,)), [1_000_000], [3.0])])
    bus.publish(DeviceChanged(7))
    assert [one["type"] for one in await frames(viewer)] == ["device", "changes"]


async def test_nobody_is_told_without_a_viewer(bus: Bus, live: Live) -> None:
    bus.publish(DeviceChanged(7))
    viewer = live.open(someone())
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(viewer.take(), 0.02)


async def test_a_new_viewer_does_not_hear_what_its_snapshot_already_has(bus: Bus, live: Live) -> None:
    earlier = live.open(someone())
    bus.publish(DeviceChanged(7))
    later = live.open(someone())
    assert [one["device"]["id"] for one in await frames(earlier)] == ["7"]
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(later.take(), 0.02)


async def test_a_viewer_that_lets_frames_wait_too_long_is_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = iter([0.0, 1.0, module.LONGEST_WAIT_S + 0.1])
    monkeypatch.setattr(module, "time", SimpleNamespace(monotonic=lambda: next(clock)))
    viewer = Viewer(someone())
    viewer.put(b"1")
    viewer.put(b"2")
    assert viewer.ended is None
    viewer.put(b"3")
    assert viewer.ended is Ending.TOO_SLOW


async def test_a_viewer_that_takes_its_frames_may_stay_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    now = 0.0
    monkeypatch.setattr(module, "time", SimpleNamespace(monotonic=lambda: now))
    viewer = Viewer(someone())
    for _ in range(100):
        viewer.put(b"x")
        assert await viewer.take() == [b"x"]
        now += 10
    assert viewer.ended is None


def test_what_waits_is_bounded_even_at_one_moment() -> None:
    viewer = Viewer(someone())
    for _ in range(module.MOST_FRAMES_WAITING + 1):
        viewer.put(b"x")
    assert viewer.ended is Ending.TOO_SLOW
