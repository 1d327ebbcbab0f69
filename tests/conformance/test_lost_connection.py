"""PostgreSQL goes away and comes back under a running store."""

import asyncio
from collections.abc import Callable

import pytest
import sqlalchemy as sa
from databases import PostgresServer

from ohmstead.database import Database, ServerAway, postgresql
from ohmstead.database.schema import metadata
from ohmstead.domain.quantity import Kind
from ohmstead.runtime.clock import SystemClock
from ohmstead.series import SeriesStore


async def test_groups_fail_while_the_server_is_away_and_nothing_acknowledged_is_lost(
    server: PostgresServer, fresh_database: Callable[[], str]
) -> None:
    database = Database.open(fresh_database(), metadata=metadata)
    store = SeriesStore(database, SystemClock())
    store.load()
    store.define(1, device=1, kind=Kind.GAUGE)
    outcome: dict[int, object] = {}
    heard = asyncio.Event()

    def committed(ticket: int) -> None:
        for one in range(1, ticket + 1):
            outcome.setdefault(one, "stored")
        heard.set()

    def failed(first: int, last: int, error: Exception) -> None:
        outcome.update(dict.fromkeys(range(first, last + 1), error))
        heard.set()

    database.writer.on_commit(committed)
    database.writer.on_failure(failed)
    database.start(asyncio.get_running_loop())
    layout = store.layout(1, (1,))

    async def send(t: int) -> object:
        ticket = store.append([(layout, [t], [float(t)])])
        while ticket not in outcome:
            heard.clear()
            await heard.wait()
        return outcome[ticket]

    assert await send(1) == "stored"
    server.stop()
    assert isinstance(await send(2), ServerAway)
    assert database.writer.health is not None
    assert isinstance(await send(3), ServerAway)
    healed = asyncio.Event()
    database.writer.on_health(lambda reason: healed.set() if reason is None else None)
    server.start()
    await asyncio.wait_for(healed.wait(), 30)
    assert await send(4) == "stored"
    t, _ = await store.raw(1, 0, 10)
    assert t.tolist() == [1, 4]
    assert store.last[1] == (4, 4.0)
    await store.seal(everything=True)
    assert (await store.raw(1, 0, 10))[0].tolist() == [1, 4]
    await store.stop()
    await database.close()


async def test_a_start_waits_for_the_lock_of_the_process_before_it(
    fresh_database: Callable[[], str], monkeypatch: pytest.MonkeyPatch
) -> None:
    url = fresh_database()
    engine = sa.create_engine(url, poolclass=sa.pool.NullPool)
    before = engine.connect()
    assert before.scalar(sa.select(sa.func.pg_try_advisory_lock(postgresql.LOCK_KEY)))
    waits: list[float] = []

    def wait(seconds: float) -> None:
        waits.append(seconds)
        before.close()

    monkeypatch.setattr(postgresql.time, "sleep", wait)
    database = Database.open(url, metadata=metadata)
    assert waits
    database.start(asyncio.get_running_loop())
    await database.close()
