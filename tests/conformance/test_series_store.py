"""What the series store promises beside the right numbers."""

import asyncio
from collections.abc import AsyncIterator, Callable
from typing import Any

import numpy as np
import pytest

from ohmstead.database import Database
from ohmstead.database.schema import metadata
from ohmstead.domain.errors import InvalidInput
from ohmstead.domain.quantity import Kind
from ohmstead.domain.telemetry import DAY, HOUR, SECOND
from ohmstead.runtime.clock import SystemClock
from ohmstead.series import SeriesStore, TooManySamples, sealer
from ohmstead.series.sealing import Sealing

NOON = 1_774_785_600 * SECOND  # 2026-03-29T12:00:00Z


@pytest.fixture
async def store(place: Callable[[], str]) -> AsyncIterator[SeriesStore]:
    database = Database.open(place(), metadata=metadata)
    store = SeriesStore(database, SystemClock(), "Europe/Berlin")
    store.load()
    for series, kind in ((1, Kind.GAUGE), (2, Kind.COUNTER), (3, Kind.GAUGE)):
        store.define(series, device=1 if series < 3 else 2, kind=kind)
    database.start(asyncio.get_running_loop())
    yield store
    await store.stop()
    await database.close()


async def stored(store: SeriesStore, *runs: Any, mark: tuple[int, str, int] | None = None) -> None:
    done = asyncio.Event()
    ticket = store.append(runs, mark=mark)
    store._database.writer.on_commit(lambda committed: done.set() if committed >= ticket else None)
    await done.wait()


async def test_listeners_hear_what_became_durable_before_its_ticket_does(store: SeriesStore) -> None:
    heard: list[Any] = []
    store.on_stored(lambda runs: heard.append((runs, dict(store.last))))
    layout = store.layout(1, (1, 2))
    await stored(store, (layout, [NOON, NOON - 5, NOON - 9], [1.0, 2.0, 3.0, 4.0, 5.0, 6.0]))
    assert len(heard) == 1
    runs, last = heard[0]
    assert runs[0][0] is layout
    assert last == {1: (NOON, 1.0), 2: (NOON, 2.0)}


async def test_the_last_value_is_that_of_the_highest_instant_and_a_repeat_replaces_it(store: SeriesStore) -> None:
    layout = store.layout(1, (1,))
    await stored(store, (layout, [NOON], [1.0]))
    await stored(store, (layout, np.array([NOON - 1, NOON, NOON, NOON - 7]), np.array([5.0, 6.0, 7.0, 8.0])))
    assert store.last[1] == (NOON, 7.0)
    await stored(store, (layout, [NOON - 3], [9.0]))
    assert store.last[1] == (NOON, 7.0)


def test_layouts_are_interned_and_take_each_series_once(place: Callable[[], str]) -> None:
    database = Database.open(place(), metadata=metadata)
    store = SeriesStore(database, SystemClock())
    assert store.layout(1, (1, 2)) is store.layout(1, (1, 2))
    assert store.layout(1, (1, 2)) is not store.layout(1, (2, 1))
    with pytest.raises(ValueError, match="distinct"):
        store.layout(1, (1, 1))
    with pytest.raises(ValueError, match="do not fill rows"):
        store.append([(store.layout(1, (1, 2)), [NOON], [1.0, 2.0, 3.0])])
    asyncio.run(database.close())


async def test_a_raw_read_beyond_its_limit_is_refused(store: SeriesStore) -> None:
    await stored(store, (store.layout(1, (1,)), list(range(NOON, NOON + 100)), [0.5] * 100))
    with pytest.raises(TooManySamples, match="99"):
        await store.raw(1, NOON, NOON + 100, limit=99)
    t, _ = await store.raw(1, NOON + 1, NOON + 100, limit=99)
    assert len(t) == 99


async def test_the_version_moves_with_every_change_and_only_then(store: SeriesStore) -> None:
    seen = [store.version(1)]
    await stored(store, (store.layout(1, (1,)), [NOON], [1.0]))
    seen.append(store.version(1))
    other = store.version(3)
    await store.seal(everything=True)
    await store.raw(1, 0, NOON)
    assert store.version(1) == seen[-1]
    await store.expire(1, raw_before=NOON - DAY)
    seen.append(store.version(1))
    await store.delete([1])
    seen.append(store.version(1))
    assert len(set(seen)) == 4
    assert store.version(3) == other


async def test_empty_and_unknown_spans_are_empty_answers(store: SeriesStore) -> None:
    for chart in await store.chart([1, 2, 99], NOON, NOON + DAY, 100):
        assert len(chart.t) == 0
        assert (chart.increase is not None) == (chart.series == 2)
    assert [len(rows) for rows in await store.days([1, 2], "Europe/Berlin", NOON, NOON)] == [0, 0]
    assert len((await store.chart([1], NOON, NOON, 100))[0].t) == 0
    assert len((await store.raw(99, 0, NOON))[0]) == 0
    await store.seal(everything=True)


async def test_an_unknown_zone_is_refused(store: SeriesStore) -> None:
    with pytest.raises(InvalidInput):
        await store.set_zone("Europe/Atlantis")


async def test_charts_of_expired_samples_come_from_quarters_of_an_hour(store: SeriesStore) -> None:
    t = NOON - 10 * DAY + np.arange(10 * 24 * 60) * 60 * SECOND
    await stored(store, (store.layout(1, (1, 2)), t, np.column_stack([t % 977 / 10, np.arange(len(t))]).ravel()))
    await store.seal(everything=True)
    before = (await store.days([2], "Europe/Berlin", NOON - 10 * DAY, NOON))[0]
    await store.expire(1, raw_before=NOON - 2 * DAY)
    await store.expire(2, raw_before=NOON - 2 * DAY)
    assert NOON - 3 * DAY < store.raw_from(2) <= NOON - 2 * DAY
    assert (await store.raw(2, 0, NOON))[0][0] >= store.raw_from(2)
    chart = (await store.chart([2], NOON - 9 * DAY, NOON - 9 * DAY + HOUR, 60))[0]
    assert chart.t.tolist() == [NOON - 9 * DAY + i * HOUR // 4 for i in range(4)]
    assert chart.count.tolist() == [15] * 4
    assert chart.increase is not None
    assert chart.increase.tolist() == [15.0] * 4
    after = (await store.days([2], "Europe/Berlin", NOON - 10 * DAY, NOON))[0]
    assert before.increase is not None
    assert after.increase is not None
    assert after.increase.tolist() == before.increase.tolist()
    await store.expire(2, fine_before=NOON - 2 * DAY, days_before=NOON - 200 * DAY)
    assert (await store.days([2], "Europe/Berlin", NOON - 10 * DAY, NOON))[0].count.tolist() == before.count.tolist()


async def test_a_chart_may_begin_and_end_inside_expired_quarters_of_an_hour(store: SeriesStore) -> None:
    t = NOON - 4 * DAY + np.arange(4 * 24 * 60) * 60 * SECOND
    await stored(store, (store.layout(1, (1,)), t, np.arange(len(t)) * 1.0))
    await store.seal(everything=True)
    await store.expire(1, raw_before=NOON - 2 * DAY)
    border, aside = store.raw_from(1), 100 * SECOND
    chart = (await store.chart([1], border - HOUR + aside, border + HOUR, 120))[0]
    assert chart.t[0] == border - HOUR + aside
    assert chart.count[:4].tolist() == [15] * 4  # whole ones: nothing finer is left
    assert chart.count.sum() == 2 * 60
    assert chart.t[4] >= border - 60 * SECOND
    chart = (await store.chart([1], border - 2 * HOUR + aside, border - HOUR - aside, 60))[0]
    assert chart.count.tolist() == [15] * 4


async def test_a_device_that_cannot_be_sealed_does_not_stop_the_others(
    store: SeriesStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    plan = Sealing.plan

    def broken(self: Sealing, series: int, *args: Any, **more: Any) -> Any:
        if series == 1:
            raise ArithmeticError("a fault in the plan")
        return plan(self, series, *args, **more)

    await stored(store, (store.layout(1, (1,)), [NOON], [1.0]), (store.layout(2, (3,)), [NOON], [3.0]))
    with monkeypatch.context() as patch:
        patch.setattr(Sealing, "plan", broken)
        with pytest.raises(ArithmeticError):
            await store.seal(everything=True)
    assert store.stats()["hot_samples"] == 1
    assert store.stats()["failed_seals"] == 1
    assert (await store.raw(1, 0, NOON + 1))[1].tolist() == [1.0]
    assert (await store.raw(3, 0, NOON + 1))[1].tolist() == [3.0]
    await store.seal(everything=True)
    assert store.stats()["hot_samples"] == 0
    assert store.stats()["journal_bytes"] == 0


@pytest.mark.parametrize(("apart_us", "blocks"), [(SECOND, 1), (SECOND // 100, sealer.BLOCKS_OF_FAST)])
async def test_a_device_is_sealed_in_the_background_when_its_rows_fill_a_block(
    store: SeriesStore, apart_us: int, blocks: int
) -> None:
    """One that fills blocks fast, when they fill several: each sealing writes a quarter of an hour once more."""
    store.start()
    rows = sealer.threshold(1) * blocks
    layout = store.layout(1, (1, 2))
    sealed = asyncio.Event()
    await stored(store, (layout, NOON + apart_us * np.arange(rows - 1), np.zeros(2 * rows - 2)))
    assert store.stats()["sealed_samples"] == 0
    original = store._sealer._trim_journal

    async def trimmed() -> None:
        await original()
        sealed.set()

    store._sealer._trim_journal = trimmed  # type: ignore[method-assign]
    await stored(store, (layout, [NOON + apart_us * rows], [1.0, 1.0]))
    await asyncio.wait_for(sealed.wait(), 20)
    assert store.stats()["sealed_samples"] == 2 * rows
    assert store.stats()["journal_bytes"] == 0
    assert len((await store.raw(2, 0, NOON * 2))[0]) == rows


async def test_a_value_at_the_edge_of_floats_can_be_sealed(store: SeriesStore) -> None:
    await stored(store, (store.layout(1, (1,)), [NOON, NOON + 1, NOON + 2], [1.7e308, 1.7e308, 5e-324]))
    await store.seal(everything=True)
    assert (await store.chart([1], NOON, NOON + DAY, 10))[0].max.tolist() == [1.7e308]
    assert (await store.raw(1, 0, NOON * 2))[1].tolist() == [1.7e308, 1.7e308, 5e-324]


async def test_rows_that_come_one_by_one_travel_as_one_run_in_order_of_arrival(store: SeriesStore) -> None:
    heard: list[Any] = []
    store.on_stored(lambda runs: heard.extend((layout.series, list(times)) for layout, times, _ in runs))
    both, one, other = store.layout(1, (1, 2)), store.layout(1, (1,)), store.layout(2, (3,))
    tickets = [
        store.append([(both, [NOON], [1.0, 10.0])]),
        store.append([(other, [NOON], [7.0])]),
        store.append([(both, [NOON + 1], [2.0, 20.0])]),
        store.append([(one, [NOON], [3.0])]),
        store.append([(both, [NOON], [4.0, 40.0])]),
        store.append([(both, [NOON + 1], [5.0, 50.0])], mark=(1, "boot", 1)),
        store.append([(both, [NOON + 2], [6.0, 60.0])]),
    ]
    await stored(store, (other, [NOON + 1], [8.0]))
    assert tickets[2] == tickets[0]
    assert len(set(tickets)) == len(tickets) - 1
    assert heard == [
        ((1, 2), [NOON, NOON + 1]),
        ((3,), [NOON, NOON + 1]),
        ((1,), [NOON]),
        ((1, 2), [NOON]),
        ((1, 2), [NOON + 1]),
        ((1, 2), [NOON + 2]),
    ]
    assert (await store.raw(1, 0, NOON + DAY))[1].tolist() == [4.0, 5.0, 6.0]
    assert store.last == {1: (NOON + 2, 6.0), 2: (NOON + 2, 60.0), 3: (NOON + 1, 8.0)}


async def test_no_row_joins_what_was_handed_over_or_stands_before_a_closure(store: SeriesStore) -> None:
    layout = store.layout(1, (1,))
    first = store.append([(layout, [NOON], [1.0])])
    written = store._database.writer.submit(lambda connection: None)
    second = store.append([(layout, [NOON + 1], [2.0])])
    await written
    third = store.append([(layout, [NOON + 2], [3.0])])
    await stored(store)
    assert first < second < third
    assert store._database.writer.pending == 0
    assert (await store.raw(1, 0, NOON + DAY))[1].tolist() == [1.0, 2.0, 3.0]
