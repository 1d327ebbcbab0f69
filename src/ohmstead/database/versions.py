"""Which shape the database has, and how it gets the shape this program knows."""

from pathlib import Path
from typing import TYPE_CHECKING, Final

import sqlalchemy as sa

from ohmstead.database.errors import StartupError
from ohmstead.database.schema import HEAD, version_table

if TYPE_CHECKING:
    from alembic.config import Config

SCRIPTS: Final = Path(__file__).parent / "migrations"


def prepare_schema(connection: sa.Connection, metadata: sa.MetaData) -> None:
    """Create the schema in an empty database, migrate an older one, refuse a newer one (StartupError)."""
    tables = set(sa.inspect(connection).get_table_names())
    if version_table.name in tables:
        found = connection.scalar(sa.select(version_table.c.version_num))
        connection.rollback()
        if found == HEAD:
            return
        if found not in known_revisions():
            raise StartupError(
                f"the database (version {found}) is newer than this program (version {HEAD}); install a newer ohmstead"
            )
        migrate(connection)
        return
    connection.rollback()
    if tables:
        raise StartupError("the database holds tables that are not ours; choose an empty one")
    metadata.create_all(connection)
    stamp(connection, HEAD)
    connection.commit()


def stamp(connection: sa.Connection, revision: str) -> None:
    version_table.create(connection, checkfirst=True)
    connection.execute(sa.delete(version_table))
    connection.execute(sa.insert(version_table).values(version_num=revision))


def known_revisions() -> list[str]:
    """The revisions this program can migrate from or to, oldest first: v0001_what_it_does.py is 0001."""
    return sorted(path.name[1:5] for path in (SCRIPTS / "versions").glob("v[0-9][0-9][0-9][0-9]_*.py"))


def migrate(connection: sa.Connection) -> None:
    """Bring an older database to HEAD, in one transaction."""
    from alembic import command

    command.upgrade(alembic_config(connection), "head")
    connection.commit()


def alembic_config(connection: sa.Connection) -> "Config":
    """Return what Alembic needs to work over `connection`."""
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(SCRIPTS))
    config.set_main_option("file_template", "v%%(rev)s_%%(slug)s")
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    return config
