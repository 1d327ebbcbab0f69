"""What is seen of a device that gets new firmware: is it there, what does it run, is it well."""

from collections.abc import Iterable
from typing import Any, Final

from ohmstead.domain.installation import Health, Sight, Told
from ohmstead.domain.telemetry import SECOND
from ohmstead.runtime.clock import Clock
from ohmstead.series import SeriesStore
from ohmstead.services.registry import Known, Registry
from ohmstead.services.shadows import Shadows

# A channel that had a sample within this time, or three of the device's intervals, is one that reads.
READS_US: Final = 900 * SECOND
_ABOUT_ITSELF: Final = frozenset({"memory", "signal"})


class DeviceSight:
    def __init__(self, registry: Registry, series: SeriesStore, shadows: Shadows, clock: Clock) -> None:
        self._registry = registry
        self._series = series
        self._shadows = shadows
        self._clock = clock

    def look(self, known: Known | None, told: Told | None, *, names_version: bool, keys: Iterable[str]) -> Sight:
        """`keys`: the channels that count. None instead of a device: it was deleted."""
        if known is None or not known.device.claimed:
            return Sight(present=False, online=False)
        online = known.presence.is_online(self._clock.now())
        firmware = known.device.details.get("firmware")
        return Sight(True, online, firmware, told, self._health(known, keys), names_version)

    def before(self, known: Known) -> Health:
        """How the device is now, to be compared with later. Channels that are silent already do not count."""
        rhythm = known.presence.interval_us
        if rhythm is None:
            return self._health(known, ())
        oldest = self._clock.now() - max(READS_US, 3 * rhythm)
        reading = [
            key
            for key, channel in known.device.channels.items()
            if channel.quantity not in _ABOUT_ITSELF
            and (last := self._series.last.get(channel.id)) is not None
            and last[0] >= oldest
        ]
        return self._health(known, reading)

    def _health(self, known: Known, keys: Iterable[str]) -> Health:
        newest: dict[str, int] = {}
        for key in keys:
            channel = known.device.channels.get(key)
            last = None if channel is None else self._series.last.get(channel.id)
            newest[key] = 0 if last is None else last[0]
        reported = self._shadows.of(known.device.id).reported.get("health")
        told: Any = reported.value if reported is not None and isinstance(reported.value, dict) else {}
        heap = _number(told.get("heap"), self._newest(known, "memory"))
        signal = _number(told.get("signal"), self._newest(known, "signal"))
        return Health(newest, heap, signal, known.presence.interval_us or 0)

    def _newest(self, known: Known, quantity: str) -> float | None:
        channels = [channel for channel in known.device.channels.values() if channel.quantity == quantity]
        last = self._series.last.get(channels[0].id) if len(channels) == 1 else None
        return None if last is None else last[1]


def _number(told: Any, otherwise: float | None) -> float | None:
    return float(told) if isinstance(told, int | float) and not isinstance(told, bool) else otherwise
