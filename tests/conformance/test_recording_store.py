"""Recordings, trials, results and calibrations, the same on both databases."""

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from typing import Any

import pytest
import sqlalchemy as sa

from ohmstead.database import Database
from ohmstead.database.schema import metadata
from ohmstead.domain.calibration import StoredCalibration
from ohmstead.domain.recording import Missing, Recording, Trial, TrialState, Trigger, Wanted
from ohmstead.domain.subject import Group, Subject
from ohmstead.storage import analysis_runs, calibrations, subjects
from ohmstead.storage import recordings as store
from ohmstead.storage.recordings import Kept
from ohmstead.storage.tables import channel, device

T0 = 1_763_683_200_000_000
SESSION = Recording(1, "imtp", "Monday", (11, 12), T0, "ada", subject=1, body_mass_kg=81.5)
TRIAL = Trial(
    1,
    1,
    1,
    TrialState.DONE,
    Trigger(above=500.0, pre_s=1.0),
    T0,
    "ada",
    T0,
    T0 + 5_000_000,
    missing=(Missing("gap", T0 + 1, T0 + 2, channel=11, detail="2 samples"),),
    quality={"11": {"samples": 5000, "rate_hz": 1000.0}},
    calibrations={"11": 3},
    clock={"1": [[5000, T0], [5100, T0 + 100_000]]},
)


@pytest.fixture
async def database(place: Callable[[], str]) -> AsyncIterator[Database]:
    opened = Database.open(place(), metadata=metadata)
    opened.start(asyncio.get_running_loop())

    def begin(connection: sa.Connection) -> None:
        for number in (1, 2):
            connection.execute(
                sa.insert(device).values(
                    id=number,
                    serial=f"D{number}",
                    name="",
                    state="claimed",
                    dialect="load-cell",
                    created_at=0,
                    details={},
                )
            )
            connection.execute(
                sa.insert(channel).values(
                    id=10 + number,
                    device_id=number,
                    key="left",
                    quantity="raw",
                    unit="counts",
                    kind="gauge",
                    decimals=0,
                )
            )
        subjects.put_group(connection, Group(1, "Squad"))
        subjects.put(connection, Subject(1, "Falcon", T0, 81.5, groups=(1,)))
        store.insert(connection, SESSION, [1])
        store.put_trial(connection, TRIAL)

    await opened.write(begin)
    yield opened
    await opened.close()


async def test_what_was_kept_comes_back_as_it_was(database: Database) -> None:
    assert await database.read(lambda c: store.get(c, 1)) == SESSION
    found = await database.read(lambda c: store.get_trial(c, 1))
    assert found == replace(TRIAL, clock={"1": [[5000, T0], [5100, T0 + 100_000]]})
    changed = replace(TRIAL, accepted=True, reason="good", t1=T0 + 6_000_000)
    await database.write(lambda c: store.put_trial(c, changed))
    assert await database.read(lambda c: store.get_trial(c, 1)) == changed
    assert await database.read(store.newest_ids) == (1, 1)
    assert await database.read(subjects.load) == [Subject(1, "Falcon", T0, 81.5, groups=(1,))]


async def test_filters_and_pages(database: Database) -> None:
    def more(connection: sa.Connection) -> None:
        for n in range(2, 12):
            one = replace(SESSION, id=n, started_at=T0 + n, subject=None, kind="span" if n % 2 else "imtp")
            store.insert(connection, one, [1, 2] if n > 8 else [1])
            store.put_trial(connection, replace(TRIAL, id=n, recording=n, asked_at=T0 + n, accepted=n > 5))

    await database.write(more)

    async def ids(wanted: Wanted, limit: int = 100, before: Any = None) -> list[int]:
        found = await database.read(lambda c: store.recordings(c, wanted, limit, before))
        trials = await database.read(lambda c: store.trials(c, wanted, limit, before))
        assert [one.recording for one in trials] == [one.id for one in found]
        assert all(one.clock == {} for one in trials)
        return [one.id for one in found]

    assert await ids(Wanted(), 3) == [11, 10, 9]
    assert await ids(Wanted(), 3, (T0 + 9, 9)) == [8, 7, 6]
    assert await ids(Wanted(subject=1)) == [1]
    assert await ids(Wanted(group=1)) == [1]
    assert await ids(Wanted(kind="span")) == [11, 9, 7, 5, 3]
    assert await ids(Wanted(start=T0 + 3, end=T0 + 5)) == [4, 3]
    assert await ids(Wanted(devices=frozenset({1}))) == [8, 7, 6, 5, 4, 3, 2, 1]
    assert await ids(Wanted(devices=frozenset())) == []
    asked = Wanted(asked=(T0 + 4, T0 + 6))
    assert [t.id for t in await database.read(lambda c: store.trials(c, asked, 9, None))] == [5, 4]
    assert await database.read(lambda c: store.counts(c, [1, 5, 6])) == {1: (1, 0), 5: (1, 0), 6: (1, 1)}
    assert await database.read(lambda c: store.subjects(c, Wanted(devices=frozenset({1})))) == [1]


async def test_a_recording_without_its_devices_is_nobodys_who_sees_some(database: Database) -> None:
    await database.write(lambda c: c.execute(sa.delete(device).where(device.c.id == 1)) and None)
    assert await database.read(lambda c: store.recordings(c, Wanted(devices=frozenset({2})), 9, None)) == []
    assert len(await database.read(lambda c: store.recordings(c, Wanted(), 9, None))) == 1


async def test_results_are_versions_beside_each_other(database: Database) -> None:
    for value in (1.0, 2.0, 3.0):
        result = {"metrics": [{"key": "peak", "value": value}]}
        run = await database.write(lambda c, r=result: analysis_runs.add(c, 1, T0, "ada", {"11": 3}, r))  # type: ignore[misc]
    assert (run.id, run.version) == (3, 3)
    newest = await database.read(lambda c: analysis_runs.newest_of(c, [1, 2]))
    assert newest == {1: run}
    scored = await database.read(lambda c: analysis_runs.newest_accepted(c, Wanted(group=1), 10))
    assert [(subject, recording, r.version) for subject, recording, _, _, r in scored] == [(1, 1, 3)]
    await database.write(lambda c: store.put_trial(c, replace(TRIAL, accepted=False)))
    assert await database.read(lambda c: analysis_runs.newest_accepted(c, Wanted(), 10)) == []
    await database.write(lambda c: analysis_runs.trim(c, 1, 2))
    assert [r.version for r in await database.read(lambda c: analysis_runs.of_trial(c, 1))] == [3, 1]


async def test_samples_are_kept_once_and_go_with_their_trial(database: Database) -> None:
    spans = await database.read(lambda c: store.spans_before(c, 11, 1, T0 + 1))
    assert spans == [(1, T0, T0 + 5_000_000)]
    kept = Kept(1, 11, 3, 1, b"times", b"\x00values")
    await database.write(lambda c: store.keep(c, kept))
    assert await database.read(lambda c: store.spans_before(c, 11, 1, T0 + 1)) == []
    assert await database.read(lambda c: store.spans_before(c, 12, 1, T0 + 1)) == spans
    assert await database.read(lambda c: store.kept(c, 1, 11)) == kept
    await database.write(lambda c: store.put_trial(c, replace(TRIAL, deleted_at=T0)))
    assert await database.read(lambda c: store.deleted_before(c, T0)) == ([], [1])
    await database.write(lambda c: store.delete(c, [], [1]))
    assert await database.read(lambda c: store.kept(c, 1, 11)) is None
    assert await database.read(lambda c: store.get_trial(c, 1)) is None


async def test_a_calibration_stays_in_the_history(database: Database) -> None:
    one = StoredCalibration(1, 11, "given", {"zero_counts": -5.0}, [{"mass_kg": 0.0}], 21.5, "note", "ada", T0)
    await database.write(lambda c: calibrations.insert(c, one))
    await database.write(lambda c: calibrations.withdraw(c, 1, T0 + 1))
    assert await database.read(calibrations.load) == [replace(one, withdrawn_at=T0 + 1)]


async def test_open_ones_are_found_after_a_restart(database: Database) -> None:
    running = replace(TRIAL, id=2, number=2, state=TrialState.RUNNING, t1=None)
    await database.write(lambda c: store.put_trial(c, running))
    assert [t.id for t in await database.read(store.open_trials)] == [2]
    assert await database.read(store.open_recordings) == [SESSION]
    assert await database.read(lambda c: store.next_number(c, 1)) == 3
    await database.write(lambda c: store.update(c, replace(SESSION, ended_at=T0 + 1)))
    assert await database.read(store.open_recordings) == []
