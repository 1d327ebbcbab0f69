"""A whole server without sockets: every part real, SQLite in a temporary folder, a clock that is told."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from ohmstead.app import App
from ohmstead.domain.access import ROLES, Principal, Role
from ohmstead.domain.telemetry import SECOND, Batch, Run
from ohmstead.services.registry import Known
from ohmstead.settings import Settings

T0 = 1_763_683_200_000_000  # 2025-11-21T00:00:00Z


class ToldClock:
    """UTC microseconds that move only when told."""

    def __init__(self) -> None:
        self.us = T0

    def now(self) -> int:
        return self.us

    def arrival(self) -> int:
        self.us += 1
        return self.us

    def monotonic(self) -> float:
        return self.us / SECOND


@dataclass
class World:
    app: App
    clock: ToldClock

    admin = Principal("ada", ROLES[Role.ADMIN], user=1, role=Role.ADMIN)

    async def device(self, serial: str = "N1") -> Known:
        known, _ = await self.app.devices.add(self.admin, serial, None)
        return known

    async def send(self, known: Known, samples: dict[int, dict[str, float]]) -> None:
        """Samples by seconds after T0; returns once they are stored."""
        runs = [Run(tuple(values), [T0 + second * SECOND], list(values.values())) for second, values in samples.items()]
        receipt = self.app.ingest.submit(known, Batch(runs), self.clock.arrival())
        await self.app.tickets.committed(receipt.ticket)


class FastHasher:
    """Argon2 takes 50 ms on purpose; these tests are about everything around it."""

    def hash(self, password: str) -> str:
        return f"hashed {password}"

    def verify(self, password: str, hash: str) -> bool:  # noqa: A002
        return hash == f"hashed {password}"


@pytest.fixture
async def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[World]:
    clock = ToldClock()
    monkeypatch.setattr("ohmstead.app.SystemClock", lambda: clock)
    monkeypatch.setattr("ohmstead.app._hasher", FastHasher)
    monkeypatch.setattr("ohmstead.app.is_synchronised", lambda: True)
    app = App(Settings(data_dir=tmp_path, unclaimed_devices=3, zone="Europe/Vienna"))
    await app.start()
    yield World(app, clock)
    await app.gateway.close()
    await app.close()
