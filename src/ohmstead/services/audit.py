"""Every change by a person, kept."""

from ohmstead.database import Database
from ohmstead.domain.person import AuditEntry
from ohmstead.runtime.clock import Clock
from ohmstead.storage import notes


class Audit:
    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    async def record(self, actor: str, action: str, subject: str, detail: str = "") -> None:
        entry = AuditEntry(self._clock.now(), actor, action, subject, detail)
        await self._database.write(lambda c: notes.record(c, entry))

    async def newest(self, limit: int, before: int | None) -> list[tuple[int, AuditEntry]]:
        """(id, entry), newest first."""
        return await self._database.read(lambda c: notes.audited(c, limit, before))
