"""Write the next migration: what separates the newest script from the tables as the program knows them."""

import importlib
import sys
import tempfile
from pathlib import Path

import sqlalchemy as sa
from alembic import command

from ohmstead.database.schema import metadata, version_table
from ohmstead.database.versions import alembic_config, known_revisions

TABLE_MODULES = (
    "ohmstead.series.tables",
    "ohmstead.storage.tables",
    "ohmstead.storage.alert_tables",
    "ohmstead.storage.recording_tables",
    "ohmstead.storage.update_tables",
)


def write(message: str) -> None:
    for module in TABLE_MODULES:
        importlib.import_module(module)
    number = f"{len(known_revisions()) + 1:04}"
    with tempfile.TemporaryDirectory() as folder:
        engine = sa.create_engine(f"sqlite:///{Path(folder) / 'scratch.db'}")
        with engine.connect() as connection:
            config = alembic_config(connection)
            config.attributes["metadata"] = metadata
            command.upgrade(config, "head")
            command.revision(
                config,
                message,
                autogenerate=True,
                rev_id=number,
                process_revision_directives=_without(version_table.name),
            )
        engine.dispose()
    print(f"now set HEAD to {number!r} in ohmstead/database/schema.py, and read what was written")


def _without(table: str):  # type: ignore[no-untyped-def]
    def process(context, revision, directives) -> None:  # type: ignore[no-untyped-def]
        operations = directives[0].upgrade_ops.ops
        directives[0].upgrade_ops.ops = [one for one in operations if getattr(one, "table_name", "") != table]

    return process


if __name__ == "__main__":
    write(" ".join(sys.argv[1:]))
