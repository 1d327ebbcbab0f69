"""Old databases become new ones; a fresh one and a migrated one are the same."""

import asyncio
import importlib
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
import sqlalchemy as sa

from ohmstead.database import Database, StartupError, database, versions
from ohmstead.database.migrations.__main__ import TABLE_MODULES
from ohmstead.database.schema import HEAD, fact, metadata, version_table

for _module in TABLE_MODULES:
    importlib.import_module(_module)


def shape(connection: sa.Connection) -> dict[str, object]:
    """Everything the database tells about its tables, comparable."""
    inspector = sa.inspect(connection)
    found: dict[str, object] = {}
    for table in sorted(inspector.get_table_names()):
        found[table] = {
            "columns": [
                (c["name"], str(c["type"]), c["nullable"], str(c["default"])) for c in inspector.get_columns(table)
            ],
            "key": inspector.get_pk_constraint(table)["constrained_columns"],
            "foreign": sorted(
                (str(f["constrained_columns"]), f["referred_table"], str(f["options"]))
                for f in inspector.get_foreign_keys(table)
            ),
            "unique": sorted(str(u["column_names"]) for u in inspector.get_unique_constraints(table)),
            "indexes": sorted((str(i["name"]), str(i["column_names"])) for i in inspector.get_indexes(table)),
        }
    if connection.dialect.name == "postgresql":
        storage = "SELECT attrelid::regclass::text, attname FROM pg_attribute WHERE attstorage = 'e' ORDER BY 1, 2"
        found["external"] = [tuple(row) for row in connection.execute(sa.text(storage))]
    else:
        options = "SELECT name FROM sqlite_master WHERE sql LIKE '%WITHOUT ROWID%' ORDER BY 1"
        found["without rowid"] = list(connection.scalars(sa.text(options)))
    return found


def made_by_hand(url: str) -> sa.Connection:
    """Open an empty database as the program does, but make no tables."""
    backend = database.backend_for(url)
    backend.lock()
    return backend.connect_writer()


def test_the_scripts_make_the_same_schema_as_a_fresh_start(place: Callable[[], str]) -> None:
    with made_by_hand(place()) as fresh, made_by_hand(place()) as migrated:
        versions.prepare_schema(fresh, metadata)
        versions.migrate(migrated)
        assert shape(fresh) == shape(migrated)
        assert migrated.scalar(sa.select(version_table.c.version_num)) == HEAD


def test_head_is_the_newest_script() -> None:
    assert versions.known_revisions()[-1] == HEAD


@pytest.fixture
def one_version_ahead(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A later program: one more script, which adds a column."""
    later = tmp_path / "migrations"
    shutil.copytree(versions.SCRIPTS, later)
    number = f"{int(HEAD) + 1:04}"
    (later / "versions" / f"v{number}_add_a_note.py").write_text(
        "import sqlalchemy as sa\nfrom alembic import op\n"
        f"revision = {number!r}\ndown_revision = {HEAD!r}\n"
        "def upgrade() -> None:\n"
        "    with op.batch_alter_table('fact') as fact:\n"
        "        fact.add_column(sa.Column('note', sa.Text, nullable=False, server_default='none'))\n"
    )
    monkeypatch.setattr(versions, "SCRIPTS", later)
    monkeypatch.setattr(versions, "HEAD", number)


async def write_a_fact(url: str) -> None:
    opened = Database.open(url, metadata=metadata)
    opened.start(asyncio.get_running_loop())
    await opened.write(lambda c: c.execute(sa.insert(fact).values(name="colour", value="green")))
    await opened.close()


async def test_an_old_database_is_migrated_once_and_keeps_its_rows(
    place: Callable[[], str], request: pytest.FixtureRequest
) -> None:
    url = place()
    await write_a_fact(url)
    request.getfixturevalue("one_version_ahead")
    for _ in range(2):
        opened = Database.open(url, metadata=metadata)
        opened.start(asyncio.get_running_loop())
        rows = await opened.read(lambda c: c.execute(sa.text("SELECT name, value, note FROM fact")).all())
        assert [tuple(row) for row in rows] == [("colour", "green", "none")]
        await opened.close()


async def test_a_newer_database_is_refused_and_left_alone(place: Callable[[], str]) -> None:
    url = place()
    await write_a_fact(url)
    engine = sa.create_engine(url, poolclass=sa.pool.NullPool)
    with engine.begin() as connection:
        connection.execute(sa.update(version_table).values(version_num="9999"))
    for _ in range(2):
        with pytest.raises(StartupError, match="newer than this program"):
            Database.open(url, metadata=metadata)
    with engine.begin() as connection:
        assert connection.scalar(sa.select(version_table.c.version_num)) == "9999"


async def test_a_failing_migration_changes_nothing(place: Callable[[], str], request: pytest.FixtureRequest) -> None:
    url = place()
    await write_a_fact(url)
    request.getfixturevalue("one_version_ahead")
    script = next((versions.SCRIPTS / "versions").glob("*_add_a_note.py"))
    script.write_text(script.read_text() + "    raise RuntimeError('power cut')\n")
    with pytest.raises(RuntimeError, match="power cut"):
        Database.open(url, metadata=metadata)
    engine = sa.create_engine(url, poolclass=sa.pool.NullPool)
    with engine.begin() as connection:
        assert connection.scalar(sa.select(version_table.c.version_num)) == HEAD
        assert "note" not in [c["name"] for c in sa.inspect(connection).get_columns("fact")]


def test_what_was_learned_once_holds_for_what_is_sealed(place: Callable[[], str]) -> None:
    from alembic import command

    with made_by_hand(place()) as connection:
        command.upgrade(versions.alembic_config(connection), "0010")
        columns = "series, device, sealed_upto, raw_from, version, last_t, max_gap"
        rows = "(1, 1, 9, 0, 9, 500, 30), (2, 1, 9, 0, 9, 400, NULL), (3, 1, 9, 0, 9, NULL, NULL)"
        connection.execute(sa.text(f"INSERT INTO series_state ({columns}) VALUES {rows}"))
        connection.commit()
        versions.migrate(connection)
        found = connection.execute(sa.text("SELECT learned_upto, max_gap, recent FROM series_state ORDER BY series"))
        assert [tuple(row) for row in found] == [(500, 30, None), (400, 900_000_000, None), (None, None, None)]
