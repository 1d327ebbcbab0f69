"""What the doors of system 002 have in common: which device a client means, and the one test that runs on it.

Its server knew one test, and told every device what a client told it. Here a client that names a device by `?device=`
means that one; one that names none is obeyed by all that are connected, and its test, a recording with one trial, is of
the device that a test runs on, else of the one it used last, else of one that streams.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final
from zoneinfo import ZoneInfo

from ohmstead.domain.access import Permission, Principal
from ohmstead.domain.errors import Conflict, InvalidInput
from ohmstead.domain.recording import IMTP, Recording, Trial, TrialChanged, Trigger
from ohmstead.domain.telemetry import SECOND
from ohmstead.legacy.parts import DoorParts
from ohmstead.services.force_links import KEYS, ForceLink
from ohmstead.services.registry import Known

SYSTEM: Final = "002"
DIALECT: Final = "load-cell"
DOOR: Final = "door "  # begins the name of every hold of these doors
TEST: Final = DOOR + "test"
NO_DEVICE: Final = "No ESP32 device connected"
NEAR_US: Final = 60 * SECOND  # by so much a name may differ from when its test was asked for
MOST_FILES: Final = 1000


class NoDevice(InvalidInput):
    """The clients know this very sentence."""

    def __init__(self) -> None:
        super().__init__(NO_DEVICE)


@dataclass(frozen=True, slots=True)
class Session:
    """The last test of a device: what it was called, and how many samples had come before it."""

    trial: int
    device: int
    file: str
    before: int


class Bench:
    def __init__(self, parts: DoorParts) -> None:
        self._parts = parts
        self._lab = parts.lab
        self._sessions: dict[int, Session] = {}  # by device
        self._second = 0  # of the newest file name
        parts.bus.subscribe(TrialChanged, self._trial_changed)
        self.clients: Callable[[str], int] = lambda role: 0  # how many are connected in that role

    # Which device

    def devices(self, who: Principal) -> list[Known]:
        """Of this system, that `who` may see; in order of creation."""
        found, _ = self._parts.devices.visible(who, None, 0, 10_000)
        return [k for k in found if k.device.dialect == DIALECT]

    def meant(self, who: Principal, hint: str | None) -> Known | None:
        """The device a client means, connected or not; None when there is none at all."""
        devices = self.devices(who)
        if hint:
            return next((k for k in devices if hint in (k.device.serial, k.device.name)), None)

        def rank(known: Known) -> tuple[int, ...]:
            device = known.device.id
            link, held = self._lab.devices.link(device), self._sessions.get(device)
            tests, before = self.running(known) is not None, 0 if held is None else held.trial
            # The oldest generation shows nothing before its stop; one that posts cannot be told to start.
            shows = link is not None and link.kind != "esp" and link.send is not None
            heard = 0 if link is None else link.data_at
            return tests, link is not None, before, shows, heard, -device

        return max(devices, key=rank, default=None)

    def link(self, who: Principal, hint: str | None) -> ForceLink | None:
        known = self.meant(who, hint)
        return None if known is None else self._lab.devices.link(known.device.id)

    def _told(self, who: Principal, hint: str | None) -> list[int]:
        """The devices that are connected and hear what a client orders."""
        link = self.link(who, hint)
        links = self._lab.devices.connected(who) if not hint else [] if link is None else [link]
        return [one.known.device.id for one in links if one.known.device.dialect == DIALECT]

    def running(self, known: Known) -> Trial | None:
        return self._lab.open.running([c.id for c in known.device.channels.values()])

    def busy(self, known: Known) -> bool:
        """Whether a test runs on a device, or its last samples are on their way."""
        return self._lab.open.busy([c.id for c in known.device.channels.values()])

    # Tests

    async def start(self, who: Principal, hint: str | None) -> Session:
        """A new test; the one that runs, if it was `who` that started it (its app asks twice).

        Raises NoDevice, and Conflict when somebody else's runs.
        """
        who.require(Permission.RECORDINGS_EDIT)
        link = self.link(who, hint)
        if link is None:
            raise NoDevice
        known, device = link.known, link.known.device.id
        running = self.running(known)
        if running is not None:
            if running.started_by == who.name:
                return await self._session_of(who, known, running)
            raise Conflict(f"{running.started_by} is testing with this device")
        self._lab.devices.announce(link)
        # Its files are named by the second; a test that begins in the same one as another takes the next.
        self._second = max(self._parts.clock.now() // SECOND, self._second + 1)
        file = self._lab.papers.older_name(self._second * SECOND)
        recording = await self._lab.recordings.create(
            who,
            kind=IMTP,
            name=file.removesuffix(".csv"),
            channels=[known.device.channels[key].id for key in KEYS],
            protocol="started by an app of system 002",
        )
        trial = await self._lab.trials.start(who, recording.id, Trigger())
        session = Session(trial.id, device, file, self._lab.devices.samples(device))
        self._sessions[device] = session
        for other in self._told(who, hint):
            self._lab.devices.hold(other, TEST, trial=True)
        return session

    async def stop(self, who: Principal, hint: str | None) -> tuple[str | None, int]:
        """(file, samples) of the test that ended; (None, 0) when none ran.

        Raises NoDevice when the device went away meanwhile: the test ends all the same, and says what it misses.
        """
        who.require(Permission.RECORDINGS_EDIT)
        known = self.meant(who, hint)
        for device in self._told(who, hint):  # also what a client started: its own stop comes a little later
            self._lab.devices.release_all(device, DOOR)
        running = None if known is None else self.running(known)
        if known is None or running is None:
            if known is None or self._lab.devices.link(known.device.id) is None:
                raise NoDevice
            return None, 0
        there = self._lab.devices.link(known.device.id) is not None
        session = await self._session_of(who, known, running)
        ended = await self._lab.trials.stop(who, running.id)
        if there:
            ended = await self._lab.trials.whole(ended)
        await self._lab.recordings.finish(who, ended.recording)
        if not there:
            raise NoDevice
        counts = [one["samples"] for one in ended.quality.values()]
        return session.file, max(counts, default=0)

    async def _session_of(self, who: Principal, known: Known, running: Trial) -> Session:
        held = self._sessions.get(known.device.id)
        if held is None or held.trial != running.id:  # begun elsewhere, or before a restart
            device = known.device.id
            recording = await self._lab.recordings.get(who, running.recording)
            held = Session(running.id, device, self.file_name(recording, running), self._lab.devices.samples(device))
            self._sessions[device] = held
        return held

    def sample_count(self, known: Known) -> int:
        """Of the test that runs on a device, else of its last one since this server began."""
        session, running = self._sessions.get(known.device.id), self.running(known)
        if session is None or (running is not None and session.trial != running.id):
            return 0
        return self._lab.devices.samples(known.device.id) - session.before

    # Orders of clients, which open no test

    def order(self, who: Principal, hint: str | None, command: str, client: str) -> bool:
        """Whether there is a device to hear it."""
        who.require(Permission.CONTROL)
        told = self._told(who, hint) if command in ("start", "stop") else []
        for device in told:
            if command == "start":
                self._lab.devices.hold(device, DOOR + client, trial=True)
            else:
                self._lab.devices.release_all(device, DOOR)
        return bool(told)

    def leave(self, client: str) -> None:
        """A client went away: what it started ends, unless somebody else wants it."""
        for known in self._parts.registry:
            self._lab.devices.release(known.device.id, DOOR + client)

    def _trial_changed(self, fact: TrialChanged) -> None:
        """A test of these doors ended, whoever ended it: no device goes on for its sake."""
        held = next((one for one in self._sessions.values() if one.trial == fact.trial), None)
        if held is not None and fact.trial not in self._lab.open.trials:
            for known in self._parts.registry:
                self._lab.devices.release(known.device.id, TEST)

    # Files

    def file_name(self, recording: Recording, trial: Trial) -> str:
        """As the recording is called, where that is such a name; else by when it was asked for."""
        own = f"{recording.name}.csv"
        return own if self.second_of(own) is not None else self._lab.papers.older_name(trial.asked_at)

    def second_of(self, filename: str) -> int | None:
        """When the test of that file began; None for what is no such name."""
        text = filename.removeprefix("imtp_test_").removesuffix(".csv")
        if f"imtp_test_{text}.csv" != filename or len(text) != 15 or not text.replace("_", "", 1).isdigit():
            return None
        try:
            local = datetime.strptime(text, "%Y%m%d_%H%M%S").replace(tzinfo=ZoneInfo(self._lab.papers.zone))
        except ValueError:
            return None
        return round(local.astimezone(UTC).timestamp()) * SECOND

    async def file(self, who: Principal, filename: str) -> tuple[Recording, Trial] | None:
        """The test behind a file name; None when there is none that `who` may see."""
        second = self.second_of(filename)
        if second is None or not filename.isascii():
            return None
        for one in await self._lab.trials.asked_between(who, second - NEAR_US, second + NEAR_US, 200):
            recording, trial = await self._lab.trials.get(who, one.id)
            if self.is_file(recording) and self.file_name(recording, trial) == filename:
                return recording, trial
        return None

    def is_file(self, recording: Recording) -> bool:
        """Whether it holds what such a file has room for."""
        return sorted(c.key for c in self._lab.samples.channels(recording)) == sorted(KEYS)
