"""Reads and writes of the database, its one writer, and what it refuses at the start."""

import asyncio
import sqlite3
import threading
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from ohmstead.database import Database, DiskFull, StartupError, StorageFailure
from ohmstead.database.schema import fact, metadata


@pytest.fixture
async def database(tmp_path: Path) -> AsyncIterator[Database]:
    opened = Database.open(f"sqlite:///{tmp_path}/ohmstead.db", metadata=metadata)
    opened.start(asyncio.get_running_loop())
    yield opened
    await opened.close()


def named(name: str, value: str = "x") -> Any:
    return lambda connection: connection.execute(sa.insert(fact).values(name=name, value=value))


def names(connection: sa.Connection) -> list[str]:
    return sorted(connection.scalars(sa.select(fact.c.name)))


class Recorder:
    """Writes each item as a fact; fails on items called `bad`."""

    def __init__(self) -> None:
        self.heard: list[Any] = []

    def record(self, connection: sa.Connection, cursor: Any, items: Any) -> None:
        for item in items:
            if item == "bad":
                raise StorageFailure("bad item")
            cursor.execute("INSERT INTO fact (name, value) VALUES (?, 'item')", (item,))

    def committed(self, items: Any) -> None:
        self.heard.append(("committed", list(items)))

    def announce(self, items: Any) -> None:
        self.heard.append(("announced", list(items)))

    def doubtful(self, items: Any) -> None: ...
    def reconnected(self, connection: sa.Connection) -> None: ...


async def settle(database: Database) -> None:
    await database.write(lambda connection: None)


async def test_a_write_can_be_read_once_it_returned(database: Database) -> None:
    await database.write(named("a"))
    assert await database.read(names) == ["a"]


async def test_a_failing_write_undoes_only_itself(database: Database) -> None:
    def half(connection: sa.Connection) -> None:
        named("lost")(connection)
        raise LookupError("changed my mind")

    done = await asyncio.gather(
        database.write(named("a")), database.write(half), database.write(named("b")), return_exceptions=True
    )
    assert isinstance(done[1], LookupError)
    assert await database.read(names) == ["a", "b"]


async def test_errors_of_the_driver_do_not_get_out(database: Database) -> None:
    await database.write(named("a"))
    with pytest.raises(StorageFailure, match="UNIQUE"):
        await database.write(named("a"))
    with pytest.raises(StorageFailure, match="no such table"):
        await database.read(lambda connection: connection.execute(sa.text("SELECT * FROM nowhere")))


async def test_readers_cannot_write(database: Database) -> None:
    with pytest.raises(StorageFailure, match="readonly"):
        await database.read(named("a"))


async def test_a_reader_sees_one_snapshot(database: Database) -> None:
    loop = asyncio.get_running_loop()

    def twice(connection: sa.Connection) -> tuple[list[str], list[str]]:
        before = names(connection)
        asyncio.run_coroutine_threadsafe(database.write(named("new")), loop).result(5)
        return before, names(connection)

    assert await database.read(twice) == ([], [])
    assert await database.read(names) == ["new"]


async def test_puts_run_before_the_items_of_their_group_and_tickets_rise(database: Database) -> None:
    recorder, committed = Recorder(), []
    database.writer.attach(recorder)
    database.writer.on_commit(committed.append)
    first = database.writer.put(named("row"))
    second = database.writer.append("item", 6)
    assert database.writer.pending == 6
    assert second == first + 1
    await settle(database)
    assert committed == sorted(committed)
    assert committed[-1] > second
    assert database.writer.pending == 0
    assert recorder.heard == [("committed", ["item"]), ("announced", ["item"])]
    assert await database.read(names) == ["item", "row"]


async def test_what_can_wait_travels_with_the_samples_that_come_next(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ohmstead.database.handover.LATER_S", 3600.0)
    recorder = Recorder()
    database.writer.attach(recorder)
    await settle(database)
    before = database.writer.groups
    database.writer.put(named("first"), later=True)
    second = database.writer.submit(named("second"), later=True)
    for _ in range(5):
        await asyncio.sleep(0)
    assert await database.read(names) == []
    database.writer.append("item", 1)
    await second
    assert database.writer.groups == before + 1
    assert await database.read(names) == ["first", "item", "second"]


async def test_what_can_wait_is_stored_when_nothing_comes(database: Database) -> None:
    await asyncio.wait_for(database.write(named("row"), later=True), 30)
    assert await database.read(names) == ["row"]


async def test_a_failing_put_fails_its_whole_group(database: Database) -> None:
    failed: list[tuple[int, int, Exception]] = []
    recorder = Recorder()
    database.writer.attach(recorder)
    heard = asyncio.Event()
    database.writer.on_failure(lambda first, last, error: (failed.append((first, last, error)), heard.set()))

    def refuse(connection: sa.Connection) -> None:
        raise ValueError("no such device")

    # The writer is kept busy, so that the next three make one group.
    started, release = threading.Event(), threading.Event()

    def busy(connection: sa.Connection) -> None:
        started.set()
        release.wait(5)

    waiting = asyncio.ensure_future(database.write(busy))
    await asyncio.get_running_loop().run_in_executor(None, started.wait, 5)
    first = database.writer.put(named("row"))
    database.writer.put(refuse)
    last = database.writer.append("item", 1)
    release.set()
    await waiting
    await asyncio.wait_for(heard.wait(), 5)
    assert [(a, b) for a, b, _ in failed] == [(first, last)]
    assert isinstance(failed[0][2], ValueError)
    assert database.writer.health is None
    assert recorder.heard == []
    assert await database.read(names) == []


async def test_closing_commits_what_was_accepted(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/ohmstead.db"
    opened = Database.open(url, metadata=metadata)
    recorder = Recorder()
    opened.writer.attach(recorder)
    opened.start(asyncio.get_running_loop())
    for number in range(100):
        opened.writer.append(f"item{number}", 1)
    await opened.close()
    assert len([item for kind, items in recorder.heard if kind == "announced" for item in items]) == 100
    again = Database.open(url, metadata=metadata)
    assert len(again.read_now(names)) == 100
    await again.close()


async def test_a_commit_window_gathers_appends_but_nobody_waits_for_it(tmp_path: Path) -> None:
    opened = Database.open(f"sqlite:///{tmp_path}/ohmstead.db", metadata=metadata, commit_window_ms=60_000)
    recorder = Recorder()
    opened.writer.attach(recorder)
    opened.start(asyncio.get_running_loop())
    opened.writer.append("a", 1)
    opened.writer.append("b", 1)
    await opened.write(named("c"))
    assert recorder.heard[0] == ("committed", ["a", "b"])
    assert opened.writer.groups == 1
    await opened.close()


async def test_a_full_disk_fails_samples_lets_deletes_through_and_heals(database: Database, tmp_path: Path) -> None:
    """The page limit stands for the disk: SQLite answers the same way."""
    recorder = Recorder()
    failed: list[Exception] = []
    database.writer.attach(recorder)
    database.writer.on_failure(lambda first, last, error: failed.append(error))
    ballast = tmp_path / "ballast"
    assert ballast.stat().st_size == 16 << 20
    await database.write(lambda c: c.execute(sa.text("CREATE TABLE bulk (data BLOB)")))

    def limit(pages: int) -> Any:
        return lambda connection: connection.execute(sa.text(f"PRAGMA max_page_count={pages}"))

    database.backend.ballast._size = 1 << 60  # type: ignore[union-attr]  # no room for it until further notice
    await database.write(limit(60))
    with pytest.raises(DiskFull):
        await database.write(lambda c: c.execute(sa.text("INSERT INTO bulk VALUES (zeroblob(1000000))")))
    assert database.writer.health == "the disk is full"
    assert not ballast.exists()

    database.writer.append("refused", 1)
    await database.write(named("a delete would do"))
    assert [str(error) for error in failed][-1] == "the disk is full"
    assert database.writer.pending == 0
    assert recorder.heard == []

    database.backend.ballast._size = 1 << 20  # type: ignore[union-attr]
    healed = asyncio.Event()
    database.writer.on_health(lambda reason: healed.set() if reason is None else None)
    await database.write(limit(1_000_000))
    await asyncio.wait_for(healed.wait(), 20)
    database.writer.append("taken", 1)
    await settle(database)
    assert ("announced", ["taken"]) in recorder.heard
    assert ballast.exists()


def test_a_second_server_on_the_same_folder_is_refused(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/ohmstead.db"
    first = Database.open(url, metadata=metadata)
    with pytest.raises(StartupError, match="another ohmstead serves"):
        Database.open(url, metadata=metadata)
    asyncio.run(first.close())
    asyncio.run(Database.open(url, metadata=metadata).close())


def test_a_file_of_another_program_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "theirs.db"
    with sqlite3.connect(path) as theirs:
        theirs.execute("CREATE TABLE precious (x)")
    theirs.close()
    with pytest.raises(StartupError, match="belongs to another program"):
        Database.open(f"sqlite:///{path}", metadata=metadata)


def test_a_file_that_is_no_database_is_refused(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("not a database, but long enough to be mistaken for one" * 100)
    with pytest.raises(StartupError, match="cannot use"):
        Database.open(f"sqlite:///{tmp_path}/notes.txt", metadata=metadata)


@pytest.mark.parametrize(
    ("url", "why"),
    [
        ("nonsense", "not a database URL"),
        ("mysql://localhost/x", "no support for mysql"),
        ("sqlite://", "needs a file"),
        ("postgresql+psycopg://nobody@127.0.0.1:1/none?connect_timeout=1", "cannot reach"),
        ("sqlite:////proc/none/ohmstead.db", "cannot make the folder"),
    ],
)
def test_a_url_that_cannot_work_says_why(url: str, why: str) -> None:
    with pytest.raises(StartupError, match=why):
        Database.open(url, metadata=metadata)


def test_a_fresh_file_carries_our_marks(tmp_path: Path) -> None:
    asyncio.run(Database.open(f"sqlite:///{tmp_path}/ohmstead.db", metadata=metadata).close())
    connection = sqlite3.connect(tmp_path / "ohmstead.db")
    found = {
        name: connection.execute(f"PRAGMA {name}").fetchone()[0]
        for name in ("application_id", "auto_vacuum", "page_size", "journal_mode")
    }
    connection.close()
    assert found == {"application_id": 0x4F484D53, "auto_vacuum": 2, "page_size": 4096, "journal_mode": "wal"}
