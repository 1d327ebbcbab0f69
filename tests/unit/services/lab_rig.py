"""A rig of system 002 on a server without sockets: it streams as far as the told clock goes."""

from dataclasses import dataclass, field
from typing import Any, Self

import numpy as np

from ohmstead.analysis.synthetic import Pull
from ohmstead.domain.telemetry import MS, SECOND
from ohmstead.services.force_links import ForceLink

ZERO = (-12_700.0, -17_500.0)
NEWTONS_PER_COUNT = (0.001, 0.0008)  # so fine that counts round nothing away


@dataclass
class Rig:
    world: Any
    link: ForceLink
    address: str
    pull: Pull = field(default_factory=Pull)
    boot_us: int = 0  # instant at which it started
    made_ms: int = 0
    pull_from_ms: int = 5000
    period_ms: int = 1
    orders: list[str] = field(default_factory=list)

    @classmethod
    async def connected(cls, world: Any, address: str = "10.0.0.5", kind: str = "esp32") -> Self:
        orders: list[str] = []
        link = await world.app.laboratory.lab.devices.connect(address, kind, address, orders.append)
        return cls(world, link, address, boot_us=world.clock.us - 5 * SECOND, made_ms=5000, orders=orders)

    @property
    def device(self) -> Any:
        return self.link.known.device

    @property
    def channels(self) -> list[int]:
        return [self.device.channels[key].id for key in ("left", "right")]

    async def stream(self, seconds: float, *, sent: bool = True) -> None:
        """Time passes; what it measured meanwhile comes in batches of 100. `sent` False: into nowhere."""
        until = self.made_ms + round(seconds * 1000)
        while self.made_ms < until:
            ms = np.arange(self.made_ms, min(self.made_ms + 100 * self.period_ms, until), self.period_ms)
            self.made_ms = int(ms[-1]) + self.period_ms
            self.world.clock.us = self.boot_us + self.made_ms * MS
            if sent:
                await self._send(ms)
                await self.world.app.laboratory.lab.devices.intake.stored(self.link)
            await self.world.app.laboratory.keep()
        await self.world.app.laboratory.lab.trials.flush()

    async def _send(self, ms: Any) -> None:
        force = self.pull.base_n + self.pull.net((ms - self.pull_from_ms) / 1000)
        counts = [
            np.round(force * share / per_count + zero).tolist()
            for share, per_count, zero in zip((0.52, 0.48), NEWTONS_PER_COUNT, ZERO, strict=True)
        ]
        await self.world.app.laboratory.lab.devices.take(self.link, (ms.tolist(), *counts), "{}")

    async def calibrate(self) -> None:
        for channel, zero, slope in zip(self.channels, ZERO, NEWTONS_PER_COUNT, strict=True):
            await self.world.app.laboratory.lab.calibrations.add(
                self.world.admin, channel, "given", [], given=(zero, slope)
            )

    def lose(self) -> None:
        self.world.app.laboratory.lab.devices.disconnect(self.link)

    async def come_back(self) -> None:
        self.link = await self.world.app.laboratory.lab.devices.connect(
            self.address, "esp32", self.address, self.orders.append
        )
