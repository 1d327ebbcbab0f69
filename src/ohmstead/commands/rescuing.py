"""A way back in for the owner of the data folder, while no server runs."""

import asyncio
from pathlib import Path

import sqlalchemy as sa

from ohmstead.database import Database, StartupError
from ohmstead.database.schema import metadata
from ohmstead.domain.access import Role
from ohmstead.domain.errors import InvalidInput, NotFound
from ohmstead.domain.person import AuditEntry
from ohmstead.runtime.clock import SystemClock
from ohmstead.services.people import LONGEST_PASSWORD, SHORTEST_PASSWORD
from ohmstead.storage import notes, people, tables


async def give_back(url: str, name: str, password: str) -> None:
    """Make `name` an admin with this password and end their sessions.

    Raises NotFound, InvalidInput (too short a password), StartupError (a server runs, or there is no database).
    """
    from pwdlib import PasswordHash

    if not SHORTEST_PASSWORD <= len(password) <= LONGEST_PASSWORD:
        raise InvalidInput(f"a password has {SHORTEST_PASSWORD}–{LONGEST_PASSWORD} characters")
    parsed = sa.make_url(url)
    # The loop does nothing else yet.
    if parsed.get_backend_name() == "sqlite" and not Path(parsed.database or "").exists():  # noqa: ASYNC240
        raise StartupError(f"there is no database {parsed.database}; name its folder with --data-dir")
    database = Database.open(url, metadata=metadata)
    database.start(asyncio.get_running_loop())
    try:
        digest = PasswordHash.recommended().hash(password)
        await database.write(lambda connection: _give_back(connection, name, digest))
    finally:
        await database.close()


def _give_back(connection: sa.Connection, name: str, digest: str) -> None:
    known = {user.username: user for user in people.all_users(connection)}
    if name not in known:
        raise NotFound(f"there is no user {name!r}; there are: {', '.join(sorted(known)) or 'none'}")
    user = known[name]
    people.update_user(connection, user.id, password_hash=digest, role=Role.ADMIN.value)
    connection.execute(sa.delete(tables.session).where(tables.session.c.user_id == user.id))
    entry = AuditEntry(SystemClock().now(), "ohmstead user rescue", "user.rescue", name, "new password, role admin")
    notes.record(connection, entry)
