"""Open doors of people: server-side sessions behind a cookie."""

from typing import Final

from ohmstead.database import Database
from ohmstead.domain.errors import NotFound
from ohmstead.domain.person import CredentialsRevoked, Session
from ohmstead.domain.telemetry import DAY
from ohmstead.runtime.bus import Bus
from ohmstead.runtime.clock import Clock
from ohmstead.services.secrets import digest, new_token
from ohmstead.storage import people as store

# Scripts that log in for every request would fill the table; a person has fewer browsers.
MOST_OF_ONE: Final = 100


class Sessions:
    """Everything is in memory; each change is written through before it is answered."""

    def __init__(self, database: Database, bus: Bus, clock: Clock, days: int) -> None:
        self._database = database
        self._bus = bus
        self._clock = clock
        self._length_us = days * DAY
        self._sessions: dict[str, Session] = {}

    async def load(self) -> None:
        now = self._clock.now()
        found = await self._database.read(lambda c: store.all_sessions(c, now))
        self._sessions = {s.digest: s for s in found}

    async def open(self, user_id: int, agent: str, length_us: int | None = None) -> str:
        """A new session, of the usual length unless one is given; returns its cookie, which is not kept.

        The oldest ones of the user beyond MOST_OF_ONE end.
        """
        cookie = new_token("ohs")
        now = self._clock.now()
        session = Session(digest(cookie), user_id, now, now + (length_us or self._length_us), agent[:200])
        await self._database.write(lambda c: store.insert_session(c, session))
        self._sessions[session.digest] = session
        for old in self.of(user_id)[MOST_OF_ONE:]:
            await self.close(old)
        return cookie

    def find(self, cookie: str) -> Session | None:
        """The session behind a cookie; None if it is unknown, ended or expired."""
        session = self._sessions.get(digest(cookie))
        return session if session is not None and session.expires_at > self._clock.now() else None

    def of(self, user_id: int) -> list[Session]:
        """Newest first."""
        mine = [s for s in self._sessions.values() if s.user_id == user_id]
        return sorted(mine, key=lambda s: -s.created_at)

    async def close(self, session: Session) -> None:
        await self._database.write(lambda c: store.delete_session(c, session.digest))
        self._sessions.pop(session.digest, None)
        self._bus.publish(CredentialsRevoked(session=session.digest))

    async def close_one(self, user_id: int, session_id: str) -> None:
        """End a session of the user by its public id. Raises NotFound."""
        session = next((s for s in self.of(user_id) if s.id == session_id), None)
        if session is None:
            raise NotFound("there is no such session")
        await self.close(session)

    async def close_all(self, user_id: int, but: str | None = None) -> None:
        """End every session of the user, except the one with digest `but`."""
        for session in self.of(user_id):
            if session.digest != but:
                await self.close(session)

    async def flush(self) -> None:
        """Drop sessions that have ended, and what they opened."""
        now = self._clock.now()
        ended = [s for s in self._sessions.values() if s.expires_at <= now]
        if ended:
            for session in ended:
                self._sessions.pop(session.digest, None)
                self._bus.publish(CredentialsRevoked(session=session.digest))
            await self._database.write(lambda c: store.delete_expired(c, now))
