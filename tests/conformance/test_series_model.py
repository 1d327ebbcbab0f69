"""The store against a dict: random batches, late and repeated samples, resets, dips, retention, zones, crashes."""

import asyncio
import itertools
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from series_model import BEGIN, DEVICE_OF, KINDS, LAYOUTS, LENGTH, Model, crash_copy, value

from ohmstead.database import Database
from ohmstead.database.schema import metadata
from ohmstead.domain.telemetry import DAY, MINUTE, SECOND
from ohmstead.runtime.clock import SystemClock
from ohmstead.series import SeriesStore, merging, refolding, rollup_packs, sealing

ZONES = ("Europe/Berlin", "UTC", "America/St_Johns", "Pacific/Chatham")

appends = st.tuples(
    st.just("append"),
    st.integers(0, len(LAYOUTS) - 1),
    # Start, in minutes: the first hours of few days, so that batches meet.
    st.tuples(st.integers(0, 4), st.integers(0, 120)).map(lambda at: at[0] * 1440 + at[1]),
    st.one_of(st.integers(1, 3), st.integers(1, 90)),  # rows; few of them do not make a step usual
    st.sampled_from([SECOND, 10 * SECOND, 61 * SECOND, 7 * MINUTE, 20 * MINUTE]),
    st.booleans(),  # shuffled
    st.integers(0, 2),  # salt: another value for the same instant
)
operations = st.lists(
    st.one_of(
        appends,
        appends,
        appends,
        st.tuples(st.just("follow"), st.integers(0, len(LAYOUTS) - 1), st.integers(1, 200), st.integers(0, 2)),
        st.tuples(st.just("follow"), st.integers(0, len(LAYOUTS) - 1), st.integers(1, 2), st.integers(0, 2)),
        st.tuples(st.just("seal")),
        st.tuples(st.just("seal")),
        st.tuples(st.just("reopen")),
        st.tuples(st.just("crash")),
        st.tuples(st.just("zone"), st.sampled_from(ZONES)),
        st.tuples(st.just("expire"), st.sampled_from(list(DEVICE_OF)), st.integers(0, 5)),
        st.tuples(st.just("delete"), st.sampled_from(list(DEVICE_OF))),
        st.tuples(st.just("check")),
    ),
    min_size=3,
    max_size=25,
)
spans = st.lists(
    st.tuples(
        st.integers(-DAY // 1000, LENGTH // 1000),
        st.sampled_from([60_000, 3_600_000, 86_400_000, 500_000_000]),
        st.integers(1, 300),
    ).map(lambda s: (BEGIN + s[0] * 1000, BEGIN + s[0] * 1000 + s[1] * 1000, s[2])),
    min_size=1,
    max_size=4,
)


class Play:
    """Carries the operations out on a store and on the model."""

    def __init__(self, url: str, scratch: Path) -> None:
        self.url = url
        self.scratch = scratch
        self.model = Model()
        self.copies = itertools.count()
        self.seq = itertools.count()

    async def open(self) -> None:
        self.database = Database.open(self.url, metadata=metadata)
        self.store = SeriesStore(self.database, SystemClock(), self.model.zone)
        self.store.load()
        for series, kind in KINDS.items():
            self.store.define(series, device=DEVICE_OF[series], kind=kind)
        self.database.start(asyncio.get_running_loop())

    async def close(self) -> None:
        await self.store.stop()
        await self.database.close()

    async def run(self, steps: list[tuple[Any, ...]], wanted: list[tuple[int, int, int]]) -> None:
        await self.open()
        try:
            for step in steps:
                await getattr(self, step[0])(*step[1:])
                if step[0] == "check":
                    await self.model.compare(self.store, wanted)
            await self.model.compare(self.store, wanted)
            await self.seal()
            await self.model.compare(self.store, wanted)
        finally:
            await self.close()

    async def append(self, layout: int, start: int, rows: int, step: int, shuffled: bool, salt: int) -> None:
        times = BEGIN + start * MINUTE + np.arange(rows) * step
        if shuffled:
            times = np.random.default_rng(salt).permutation(times)
        await self.send(layout, times, salt)

    async def follow(self, layout: int, rows: int, salt: int) -> None:
        newest = max((self.store.last[one][0] for one in LAYOUTS[layout][1] if one in self.store.last), default=BEGIN)
        await self.send(layout, newest + (np.arange(rows) + 1) * 10 * SECOND, salt)

    async def send(self, layout: int, times: np.ndarray, salt: int) -> None:
        device, series = LAYOUTS[layout]
        floor = max(self.store.raw_from(one) for one in series)
        times = times[(times >= floor) & (times < BEGIN + LENGTH)]
        values = [[value(one, int(t), salt) for one in series] for t in times]
        flat: Any = [cell for row in values for cell in row]
        mark = (device, "b", next(self.seq))
        if salt == 1:
            runs = [(self.store.layout(device, series), times, np.array(flat))]
        else:
            half = len(times) // 2
            runs = [
                (self.store.layout(device, series), times[:half].tolist(), flat[: half * len(series)]),
                (self.store.layout(device, series), times[half:].tolist(), flat[half * len(series) :]),
            ]
        ticket = self.store.append(runs, mark=mark)
        done = asyncio.Event()
        self.database.writer.on_commit(lambda committed: done.set() if committed >= ticket else None)
        await done.wait()
        if len(times):
            self.model.marks.append(mark)
        for t, row in zip(times.tolist(), values, strict=True):
            for one, cell in zip(series, row, strict=True):
                self.model.samples[one][t] = cell

    async def seal(self) -> None:
        await self.store.seal(everything=True)

    async def reopen(self) -> None:
        await self.close()
        await self.open()

    async def crash(self) -> None:
        if self.database.is_postgresql:
            await self.reopen()
            return
        copy = crash_copy(self.url, self.scratch / f"crash{next(self.copies)}")
        await self.close()
        self.url = copy
        await self.open()

    async def zone(self, name: str) -> None:
        self.model.zone = name
        await self.store.set_zone(name)

    async def expire(self, series: int, days: int) -> None:
        before = BEGIN + days * DAY + 7 * 60 * MINUTE
        await self.store.expire(series, raw_before=before)
        assert before - 25 * 60 * MINUTE < self.store.raw_from(series) <= max(before, self.model.raw_from[series])
        self.model.expired(series, self.store.raw_from(series))

    async def delete(self, series: int) -> None:
        await self.store.delete([series])
        self.model.deleted(series)

    async def check(self) -> None:
        pass


@pytest.fixture(autouse=True)
def small_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Blocks, packs and the rule for dense spans so small that a short run meets every border."""
    monkeypatch.setattr(merging, "BLOCK_MOST", 64)
    monkeypatch.setattr(merging, "BLOCK_LEAST", 32)
    monkeypatch.setattr(sealing, "BLOCK_LEAST", 32)
    monkeypatch.setattr(refolding, "DENSE", 12)
    monkeypatch.setitem(rollup_packs.SPAN_US, rollup_packs.FINE, DAY)
    monkeypatch.setitem(rollup_packs.SPAN_US, rollup_packs.DAYS, 2 * DAY)


@pytest.mark.parametrize("place", ["sqlite"], indirect=True)
@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
@given(steps=operations, wanted=spans)
def test_sqlite_answers_as_the_dict_does(
    place: Callable[[], str], tmp_path: Path, steps: list[tuple[Any, ...]], wanted: list[tuple[int, int, int]]
) -> None:
    url = place()
    asyncio.run(Play(url, tmp_path / Path(url).parent.name).run(steps, wanted))


@pytest.mark.parametrize("place", ["postgresql"], indirect=True)
@settings(
    max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
@given(steps=operations, wanted=spans)
def test_postgresql_answers_as_the_dict_does(
    place: Callable[[], str], tmp_path: Path, steps: list[tuple[Any, ...]], wanted: list[tuple[int, int, int]]
) -> None:
    asyncio.run(Play(place(), tmp_path).run(steps, wanted))
