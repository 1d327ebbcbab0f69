"""Letting go of raw samples that nobody wants to keep; their rollups stay."""

from collections.abc import Awaitable, Callable
from typing import Protocol

from ohmstead.domain.telemetry import DAY
from ohmstead.runtime.clock import Clock
from ohmstead.series import SeriesStore
from ohmstead.services.registry import Registry


class ClockTrust(Protocol):
    @property
    def trusted(self) -> bool: ...


class Retention:
    """Per channel, or for all by the server's setting. Nothing goes while the clock is not trusted."""

    def __init__(
        self, registry: Registry, series: SeriesStore, trust: ClockTrust, clock: Clock, keep_raw_days: int | None
    ) -> None:
        self._registry = registry
        self._series = series
        self._trust = trust
        self._clock = clock
        self._default = keep_raw_days
        # Asked before anything goes: (channel, device, before) → from where on it may; whoever needs samples of that
        # time copies them first.
        self.keepers: list[Callable[[int, int, int], Awaitable[int]]] = []

    async def apply(self) -> None:
        """Expire what is due now. The border is that of a day: whole blocks go."""
        if not self._trust.trusted:
            return
        for known in self._registry:
            for channel in list(known.device.channels.values()):
                days = channel.keep_raw_days or self._default
                if days is not None:
                    before = self._clock.now() - days * DAY
                    for keep in self.keepers:
                        before = await keep(channel.id, channel.device, before)
                    await self._series.expire(channel.id, raw_before=before)
                    known.channels.add(channel.key, self._series.raw_from(channel.id))
