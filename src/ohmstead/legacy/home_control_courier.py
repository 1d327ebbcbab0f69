"""System 004: the server sends the image to the device, and looks whether it comes back.

A device restarts as soon as its answer is queued, so that a connection that breaks after the last byte is usually a
success. Usually is not enough: only a device that answers again has taken it.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Final, Protocol

from ohmstead.domain.errors import DomainError
from ohmstead.domain.installation import Installation, InstallationState, Told
from ohmstead.domain.release import Kind, Release
from ohmstead.legacy.home_control_poller import HomeControl
from ohmstead.runtime.clock import Clock
from ohmstead.runtime.http_upload import Outcome, upload
from ohmstead.services.couriers import Offers
from ohmstead.services.homes import Homes
from ohmstead.services.registry import Known, Registry
from ohmstead.services.releases import Releases
from ohmstead.services.shadows import Also

S = InstallationState
TARGET: Final = "/django_update_firmware"
FIELD: Final = "firmware"
ATTEMPTS: Final = 3  # an upload that broke off changed nothing: the other slot is begun anew
PROBE_EVERY_S: Final = 2.0
LONGEST_ANSWER: Final = 120


class Upload(Protocol):
    def __call__(
        self,
        address: str,
        port: int,
        target: str,
        field: str,
        name: str,
        content: bytes,
        progress: Callable[[float], None],
        /,
    ) -> Awaitable[Outcome]: ...


@dataclass(slots=True)
class _Job:
    rollout: int
    told: Told = field(default_factory=lambda: Told(S.DOWNLOADING))
    task: asyncio.Task[None] | None = None


class HomeControlCourier:
    """Event-loop only. `store` writes in a transaction of its own."""

    kind = Kind.IMAGE
    names_version = False

    def __init__(
        self,
        homes: Homes,
        home_control: HomeControl,
        registry: Registry,
        releases: Releases,
        clock: Clock,
        store: Callable[[Also], Awaitable[None]],
        send: Upload = upload,
        probe_every_s: float = PROBE_EVERY_S,
    ) -> None:
        self._homes = homes
        self._home_control = home_control
        self._registry = registry
        self._releases = releases
        self._clock = clock
        self._store = store
        self._send = send
        self._probe_every_s = probe_every_s
        self._jobs: dict[int, _Job] = {}

    async def close(self) -> None:
        """End what is under way; it is taken up after the next start."""
        await _end(self._jobs.values())

    def ready(self, known: Known) -> bool:
        return self._homes.of(known.device.id) is not None and known.presence.is_online(self._clock.now())

    async def offer(self, release: Release, offers: Offers, also: Also) -> None:
        await self._store(also)
        for known, offered in offers:
            self._begin(known, release, offered, whole=True)

    def follow(self, known: Known, release: Release, open_: Installation) -> None:
        job = self._jobs.get(known.device.id)
        if job is None or job.rollout != open_.rollout:
            # The server was restarted. What was not sent whole is sent again; else only the return is awaited.
            self._begin(known, release, open_, whole=open_.state in (S.OFFERED, S.DOWNLOADING))

    def told(self, known: Known, open_: Installation, release: Release) -> Told | None:
        job = self._jobs.get(known.device.id)
        return None if job is None or job.rollout != open_.rollout else job.told

    def offered(self, device: int) -> list[int]:
        return []  # nothing of it is on the device before it is on its way

    async def withdraw(self, devices: Sequence[int], release: int) -> None:
        jobs = [job for device in devices if (job := self._jobs.pop(device, None)) is not None]
        await _end(jobs)

    def installed(self, known: Known, release: Release) -> None:
        if release.target == "firmware.bin":
            details = known.device.details | {"firmware": release.version}
            known.device.details = details
            self._registry.save_details(known.device.id, details)

    def _begin(self, known: Known, release: Release, one: Installation, *, whole: bool) -> None:
        job = _Job(one.rollout, Told(S.DOWNLOADING if whole else S.RESTARTING))
        self._jobs[known.device.id] = job
        work = self._install(known.device.id, release, job, whole=whole)
        job.task = asyncio.create_task(work, name=f"update {known.device.id}")

    async def _install(self, device: int, release: Release, job: _Job, *, whole: bool) -> None:
        try:
            why = await self._deliver(device, release, job) if whole else ""
        except DomainError as error:  # the release was withdrawn meanwhile
            why = str(error)
        if why:
            job.told = Told(S.FAILED, job.told.progress, why)
            return
        job.told = Told(S.RESTARTING, 1.0)
        # How long this may take, the rollout decides: it takes the job away.
        while True:
            await asyncio.sleep(self._probe_every_s)
            if await self._home_control.answers(device):
                job.told = Told(S.CONFIRMED, 1.0)
                return

    async def _deliver(self, device: int, release: Release, job: _Job) -> str:
        """Send the image; why that failed for good, or an empty text once every byte has left."""
        file = release.files[0]
        content = (await self._releases.piece(release, file.path)).content
        outcome = Outcome(sent=False)

        def progress(share: float) -> None:
            job.told = Told(S.DOWNLOADING, min(share, 0.999))

        for _ in range(ATTEMPTS):
            address = self._homes.of(device)
            ip = None if address is None else await self._homes.resolve(address)
            if address is None or ip is None:
                return "network: its address is not on an allowed network"
            async with self._home_control.turn(device):
                outcome = await self._send(ip, address.port, TARGET, FIELD, file.path, content, progress)
            if outcome.answer is not None:
                said = " ".join(outcome.answer.text.split())[:LONGEST_ANSWER]
                return "" if outcome.answer.status == 200 else f"it answered {outcome.answer.status}: {said}"
            if outcome.sent:
                return ""
            await asyncio.sleep(self._probe_every_s)
        return f"network: {outcome.why}"


async def _end(jobs: Iterable[_Job]) -> None:
    tasks = [job.task for job in jobs if job.task is not None]
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
