"""System 003: a meter is told where its image is, fetches it by a signed address, and may say how it went.

The youngest firmware answers on `meter/<id>/ota/status`. Older ones say nothing: then what they fetched, and that
they are heard again, is all there is to go by.
"""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final

import msgspec

from ohmstead.domain.installation import Installation, InstallationState, Told
from ohmstead.domain.meter_update import MeterToldUpdate
from ohmstead.domain.release import Kind, Release
from ohmstead.domain.telemetry import SECOND
from ohmstead.runtime.bus import Bus
from ohmstead.runtime.clock import Clock
from ohmstead.services.couriers import Addresses, Offers
from ohmstead.services.downloads import Downloads
from ohmstead.services.registry import Known, Registry
from ohmstead.services.rollout_book import RolloutBook
from ohmstead.services.shadows import Also
from ohmstead.transports.meter_control import LONGEST_PACKET, OVERHEAD
from ohmstead.transports.mqtt_gateway import Gateway

S = InstallationState
# A meter that has everything writes it and restarts; what it sends within this time it may still send before that.
RESTARTS_WITHIN_US: Final = 5 * SECOND


@dataclass(slots=True)
class _Job:
    rollout: int
    told: Told | None = None
    restarts_at: int | None = None  # since when it is expected back
    version: str | None = None  # what it says it runs
    readings: int | None = None  # received of it when it was heard again


class MeterUpdates:
    """Event-loop only. `store` writes in a transaction of its own."""

    kind = Kind.IMAGE
    names_version = False

    def __init__(
        self,
        registry: Registry,
        downloads: Downloads,
        book: RolloutBook,
        addresses: Addresses,
        bus: Bus,
        clock: Clock,
        store: Callable[[Also], Awaitable[None]],
    ) -> None:
        self._registry = registry
        self._downloads = downloads
        self._book = book
        self._addresses = addresses
        self._clock = clock
        self._store = store
        self._gateway: Gateway | None = None
        self._jobs: dict[int, _Job] = {}
        bus.subscribe(MeterToldUpdate, self._told)

    def attach(self, gateway: Gateway) -> None:
        self._gateway = gateway

    def ready(self, known: Known) -> bool:
        return known.presence.is_online(self._clock.now())

    async def offer(self, release: Release, offers: Offers, also: Also) -> None:
        await self._store(also)
        for known, offered in offers:
            self._jobs[known.device.id] = _Job(offered.rollout)
            self._notify(known, release, offered)

    def _notify(self, known: Known, release: Release, one: Installation) -> None:
        """As much of the notice as fits the packet these devices can take: the address counts, the rest is extra."""
        topic = f"firmwareUpdateOTA/device/{known.device.serial}"
        url = self.url(release, one)
        notice: dict[str, Any] = {"OTAurl": url}
        extra = {"job_id": job_id(one), "version": release.version, "url": url}
        for key, value in extra.items():
            longer = {**notice, key: value}
            if len(msgspec.json.encode(longer)) + len(topic) + OVERHEAD <= LONGEST_PACKET:
                notice = longer
        if self._gateway is not None:
            self._gateway.publish(topic, msgspec.json.encode(notice), qos=1)

    def url(self, release: Release, one: Installation) -> str:
        base = self._addresses.base_for(one.device)
        return f"{base}/api/v1/u/{self._downloads.sign(one)}/{release.files[0].path}"

    def follow(self, known: Known, release: Release, open_: Installation) -> None:
        job = self._jobs.get(known.device.id)
        if job is None or job.rollout != open_.rollout:
            self._jobs[known.device.id] = job = _Job(open_.rollout)
            if open_.state is S.OFFERED:  # the server was restarted; the address in the notice may be over, too
                self._notify(known, release, open_)
        if job.told is not None and job.told.state in (S.FAILED, S.CONFIRMED):
            return
        fetched = self._downloads.fetched(open_)
        if job.restarts_at is None and (fetched >= 1.0 or open_.state in (S.RESTARTING, S.PROVING)):
            self._expect(job)
        elif job.restarts_at is None and fetched > 0:
            job.told = Told(S.DOWNLOADING, fetched)
        if job.restarts_at is not None:
            self._look_for(known, release, job, open_, job.restarts_at)

    def _expect(self, job: _Job) -> None:
        job.restarts_at = self._clock.now()
        job.told = Told(S.RESTARTING, 1.0)

    def _look_for(self, known: Known, release: Release, job: _Job, one: Installation, since: int) -> None:
        heard = known.presence.last_seen_at
        if heard is None or heard < since + RESTARTS_WITHIN_US:
            return
        if (named := known.device.details.get("firmware_version")) is not None:
            if job.readings is None:
                job.readings = known.received
            if known.received == job.readings:
                return  # the version it named was in a reading from before
            if named == one.from_version != release.version:
                job.told = Told(S.FAILED, 1.0, f"it came back with {named}")
                return
        if job.version not in (None, release.version):
            job.told = Told(S.FAILED, 1.0, f"it came back with {job.version}")
        else:
            job.told = Told(S.CONFIRMED, 1.0)

    def told(self, known: Known, open_: Installation, release: Release) -> Told | None:
        job = self._jobs.get(known.device.id)
        return None if job is None or job.rollout != open_.rollout else job.told

    def _told(self, fact: MeterToldUpdate) -> None:
        one, job = self._book.open_of(fact.device), self._jobs.get(fact.device)
        if one is None or job is None or job.rollout != one.rollout:
            return
        if fact.job is not None and fact.job != job_id(one):
            return  # of an earlier one
        match fact.state:
            case "received" | "downloading" if job.restarts_at is None:
                job.told = Told(S.DOWNLOADING, self._downloads.fetched(one))
            case "success":
                self._expect(job)
            case "failed":
                job.told = Told(S.FAILED, self._downloads.fetched(one), fact.message or "it did not say why")

    def asked(self, known: Known, running: str) -> tuple[str, str] | None:
        """A meter asks whether there is something new: address and version of what is offered to it."""
        one = self._book.open_of(known.device.id)
        job = self._jobs.get(known.device.id)
        if one is None or job is None or job.rollout != one.rollout:
            return None
        release = self._downloads.release_of(one)
        if running:
            job.version = running if job.restarts_at is not None else None
        if running == release.version or job.restarts_at is not None:
            return None
        return self.url(release, one), release.version

    def offered(self, device: int) -> list[int]:
        return []  # the notice was a message, and its address is good for an hour only

    async def withdraw(self, devices: Sequence[int], release: int) -> None:
        for device in devices:
            self._jobs.pop(device, None)
            self._downloads.forget(device)

    def installed(self, known: Known, release: Release) -> None:
        details = known.device.details | {"firmware": release.version}
        known.device.details = details
        self._registry.save_details(known.device.id, details)


def job_id(one: Installation) -> str:
    return f"u{one.rollout}-{one.device}"
