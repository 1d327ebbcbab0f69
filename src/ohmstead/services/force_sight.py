"""What is seen of devices that stream force: who is there, how fast and how evenly they send."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import structlog

from ohmstead.analysis import Trace
from ohmstead.analysis import quality as sampling
from ohmstead.dialects.dialect import Dialect
from ohmstead.domain.access import Permission, Principal
from ohmstead.domain.device import Channel, Device
from ohmstead.domain.errors import NotFound
from ohmstead.domain.telemetry import MS, SECOND
from ohmstead.runtime.clock import Clock
from ohmstead.series import SeriesStore, TooManySamples
from ohmstead.services.calibrations import Calibrations
from ohmstead.services.devices import Devices
from ohmstead.services.force_links import ForceLink, ForceState
from ohmstead.services.registry import Known, Registry

log = structlog.get_logger(__name__)

SEEN_US: Final = 5 * SECOND  # rate and jitter are of this much
LATELY_US: Final = 60 * SECOND  # who sent nothing for longer has no rate
FORCE_QUANTITIES: Final = frozenset({"raw", "force"})


@dataclass(frozen=True, slots=True)
class ForceDevice:
    """What is known of a streaming device, for a list."""

    device: Device
    generation: str
    connected: bool
    streaming: bool
    address: str
    channels: Sequence[tuple[Channel, int | None]]
    seen_s: float
    rate_hz: float | None
    nominal_hz: float | None
    jitter_us: float | None
    gaps: int
    longest_gap_ms: float | None
    drift_ppm: float | None
    restarts: int
    samples: int
    note: str


class ForceSight:
    def __init__(
        self,
        registry: Registry,
        devices: Devices,
        series: SeriesStore,
        calibrations: Calibrations,
        dialect: Dialect,
        clock: Clock,
        links: Mapping[int, ForceLink],
        states: Mapping[int, ForceState],
    ) -> None:
        """`links`, `states`: by device, as they are at any time."""
        self._registry = registry
        self._devices = devices
        self._series = series
        self._calibrations = calibrations
        self._dialect = dialect
        self._clock = clock
        self._links = links
        self._states = states

    async def visible(self, who: Principal) -> list[ForceDevice]:
        """Every device that streams force, or did, and that `who` may see."""
        who.require(Permission.DEVICES_READ)
        return [await self.of(k) for k in self._registry if sees(who, k) and self._streams(k)]

    async def get(self, who: Principal, device_id: int) -> ForceDevice:
        known = self._devices.get(who, device_id)
        if not self._streams(known):
            raise NotFound("this device streams no force")
        return await self.of(known)

    def _streams(self, known: Known) -> bool:
        return known.device.dialect == self._dialect.name or any(
            c.quantity in FORCE_QUANTITIES for c in known.device.channels.values()
        )

    async def of(self, known: Known) -> ForceDevice:
        device = known.device
        channels = [c for c in device.channels.values() if c.quantity in FORCE_QUANTITIES]
        link, state = self._links.get(device.id), self._states.get(device.id)
        now = self._clock.now()
        last = max((held[0] for c in channels if (held := self._series.last.get(c.id)) is not None), default=0)
        found: Mapping[str, Any] = {}
        if channels and now - last < LATELY_US:
            try:
                t, v = await self._series.raw(channels[0].id, last - SEEN_US, last + 1, 100_000)
                found = sampling.measured(Trace(t, v, channels[0].unit)).as_json()
            except TooManySamples:
                log.warning("too fast to be described", device=device.serial)
        gaps = [gap["to_us"] - gap["from_us"] for gap in found.get("gaps", ())]
        native = device.dialect != self._dialect.name
        return ForceDevice(
            device,
            "native" if native else ((link.generation if link else state.generation if state else "") or "G1 or G2"),
            known.presence.is_online(now) if native else link is not None,
            now - (last if native or link is None else link.data_at) < SECOND,
            link.address if link is not None else "",
            [(c, self._calibrations.holding_id(c.id)) for c in channels],
            SEEN_US / SECOND,
            found.get("rate_hz"),
            found.get("nominal_hz"),
            found.get("jitter_us"),
            len(gaps),
            max(gaps) / MS if gaps else None,
            None if state is None else state.clock.drift_ppm,
            0 if state is None else state.clock.restarts,
            0 if state is None else state.samples,
            _note(state),
        )


def sees(who: Principal, known: Known) -> bool:
    return known.device.deleted_at is None and who.may_see(known.device.id, claimed=known.device.claimed)


def _note(state: ForceState | None) -> str:
    if state is None:
        return ""
    if state.shared:
        return "several devices come from this address and could be mixed up: give each a name with ?device="
    return "this firmware goes on sending after a stop" if state.never_stops else ""
