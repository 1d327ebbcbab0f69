"""Retained MQTT messages on disk: what the gateway loads at start and saves before it acknowledges."""

from collections.abc import Iterator

from ohmstead.database import Database
from ohmstead.domain.telemetry import SECOND
from ohmstead.runtime.clock import Clock
from ohmstead.storage import retained as store


class RetainedMessages:
    """The gateway's RetainedStore over the database."""

    def __init__(self, database: Database, clock: Clock, loaded: list[store.Kept]) -> None:
        self._database = database
        self._clock = clock
        self._loaded = loaded

    @classmethod
    async def open(cls, database: Database, clock: Clock) -> "RetainedMessages":
        now = clock.now()
        await database.write(lambda c: store.delete_expired(c, now))
        return cls(database, clock, await database.read(lambda c: list(store.load(c))))

    def load(self) -> Iterator[tuple[str, bytes, int, bytes | None, float | None]]:
        """(topic, payload, qos, properties, seconds left) of everything that was retained when this was opened."""
        now = self._clock.now()
        for kept in self._loaded:
            left = None if kept.expires_at is None else (kept.expires_at - now) / SECOND
            yield kept.topic, kept.payload, kept.qos, kept.properties, left

    def save(
        self, topic: str, payload: bytes | None, qos: int, properties: bytes | None = None, left_s: float | None = None
    ) -> int:
        """Keep, or (None, empty) forget; returns the ticket after which it is on disk."""
        if not payload:
            return self._database.writer.put(lambda c: store.delete(c, topic))
        expires_at = None if left_s is None else self._clock.now() + round(left_s * SECOND)
        kept = store.Kept(topic, bytes(payload), qos, properties, expires_at)
        return self._database.writer.put(lambda c: store.save(c, kept))
