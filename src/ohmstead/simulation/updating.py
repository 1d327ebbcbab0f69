"""The device side of updates (contract/README.md, "Releases"), as a native device does it, with faults to inject.

No sockets and no clock: bytes come through a `Fetch`, reports leave through a callback, and restarting is a method.
Everything that must outlive a restart is in the flash.
"""

import asyncio
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Protocol

from ohmstead.domain.release import Manifest, RefusedRelease, ReleaseFile, digest, read_manifest, write_manifest
from ohmstead.domain.signing import PublicKey
from ohmstead.domain.version import is_downgrade
from ohmstead.simulation.flash import Flash

SLOTS: Final = ("a", "b")
TRIES: Final = 3
GOOD: Final = "good"  # which slot is known to work
MARK: Final = "mark"  # which slot is to be tried, and how often still
VERDICT: Final = "verdict"  # what became of the last release
RUNNING_OFFER: Final = "offer"  # the release the other slot is being filled with
ATTEMPTS: Final = 12  # with what a real device waits between them, this is long
REPORT_EVERY: Final = 0.25  # of the bytes: a device on the air would report each second


class NoLink(Exception):
    """The connection broke; what arrived before was handed on."""


class Withdrawn(Exception):
    """The server does not give the release out (any more)."""


class Fetch(Protocol):
    async def __call__(self, path: str, start: int, on_data: Callable[[bytes], None], /) -> None:
        """Hand on the bytes of a file from `start` on, in pieces. Raises NoLink, Withdrawn."""


@dataclass(slots=True)
class Fault:
    """What goes wrong with this device once the new version is on it."""

    unhealthy: bool = False  # it starts, but does not work
    crashes: bool = False  # it does not even start
    never_back: bool = False  # it is not heard of again
    lies: bool = False  # it reports the new version and success, and has installed nothing
    deaf: bool = False  # it claims the new version without ever reporting on the release


class UpdatingDevice:
    """`report(release)` is told each `reported.release`; `firmware` is what `hello` says."""

    def __init__(
        self,
        board: str,
        version: str,
        keys: Sequence[PublicKey],
        report: Callable[[dict[str, Any]], None] = lambda release: None,
        *,
        flash: Flash | None = None,
        loader: int = 1,
        fault: Fault | None = None,
    ) -> None:
        self.board = board
        self.loader = loader
        self.fault = fault or Fault()
        self.alive = True
        self.flash = flash or Flash()
        self._keys = tuple(keys)
        self.report = report
        self._claims: str | None = None
        self._shown = -1.0
        self._given_up: str | None = None  # the offer that is not tried again until it changes
        if GOOD not in self.flash.files:
            first = Manifest(version, (board,), (ReleaseFile("main.mpy", 4, digest(b"main")),))
            self.flash.files |= {"a/manifest": write_manifest(first), "a/main.mpy": b"main", GOOD: b"a"}
        self.slot = self.flash.files[GOOD].decode()

    @property
    def firmware(self) -> str:
        """What it says it runs."""
        return self._claims or read_manifest(self.flash.files[f"{self.slot}/manifest"]).version

    # Starting

    def start(self) -> None:
        """What `boot.py` does, and then the application: returns on a slot that works. Raises PowerCut."""
        files = self.flash.files
        while True:
            self.slot = files[GOOD].decode()
            mark = json.loads(files[MARK]) if MARK in files else None
            if mark is None:
                return
            if mark["tries"] <= 0:
                self._back("tries", "did not start")
                continue
            # Counted down before it is tried: a version that hangs has used up this try.
            self.flash.replace(MARK, _json({**mark, "tries": mark["tries"] - 1}))
            self.slot = mark["slot"]
            if self.fault.crashes or not self._is_whole(self.slot):
                continue
            if self.fault.unhealthy:
                self._back("health", "sensors did not answer")
                continue
            self.flash.replace(VERDICT, _json({"id": mark["id"], "state": "confirmed", "progress": 1.0}))
            self.flash.replace(GOOD, self.slot.encode())
            self.flash.remove(MARK)
            self.flash.remove(RUNNING_OFFER)

    def _back(self, reason: str, detail: str) -> None:
        """The new version is given up; the next start is of the slot that works."""
        mark = json.loads(self.flash.files[MARK])
        verdict = {"id": mark["id"], "state": "failed", "progress": 1.0, "reason": f"{reason}: {detail}"}
        self.flash.replace(VERDICT, _json(verdict))
        self.flash.remove(MARK)

    def tell(self) -> None:
        """What it reports after a start."""
        if (verdict := self.flash.files.get(VERDICT)) is not None:
            told = json.loads(verdict)
            # A mark that outlived its verdict by a power cut does not count twice.
            self._given_up = told["id"] if told["state"] == "failed" else None
            self.report(told)

    # Updating

    async def offered(self, offer: Mapping[str, Any] | None, fetch: Fetch) -> bool:
        """Take up `desired.release`. True when the device has to restart. Raises PowerCut."""
        if offer is None:
            # The server knows what became of the last one; the next is a new one, even if it is the same release.
            self._given_up = None
            self.flash.remove(VERDICT)
            return False
        release_id = str(offer["id"])
        if self._given_up == release_id or MARK in self.flash.files:
            return False
        if self.fault.deaf:
            self._claims = str(offer["version"])
            return False
        try:
            manifest, raw = await self._manifest(offer, fetch)
            if self._runs(raw):
                self._claims = None
                self._say(release_id, "confirmed", 1.0)
                return False
            if self.fault.lies:
                self._claims = manifest.version
                self._say(release_id, "confirmed", 1.0)
                self._given_up = release_id
                return False
            await self._fill(release_id, manifest, raw, fetch)
        except RefusedRelease as refused:
            self._fail(release_id, str(refused))
            return False
        except Withdrawn:
            self._given_up = release_id
            return False
        except NoLink as broken:
            self._fail(release_id, f"network: {broken}")
            return False
        self._say(release_id, "restarting", 1.0)
        self.flash.replace(MARK, _json({"id": release_id, "slot": self._other, "tries": TRIES}))
        if self.fault.never_back:
            self.alive = False
        return True

    @property
    def _other(self) -> str:
        return SLOTS[self.slot == SLOTS[0]]

    async def _manifest(self, offer: Mapping[str, Any], fetch: Fetch) -> tuple[Manifest, bytes]:
        raw = await self._small("manifest.json", fetch)
        if digest(raw) != offer["manifest_sha256"]:
            raise RefusedRelease("manifest", "not the one that was offered")
        signature = await self._small("manifest.sig", fetch)
        if not any(key.verifies(raw, signature) for key in self._keys):
            raise RefusedRelease("signature", "by none of my keys")
        manifest = read_manifest(raw)
        if self.board not in manifest.boards:
            raise RefusedRelease("board", f"I am {self.board}")
        if manifest.min_loader > self.loader:
            raise RefusedRelease("loader", f"mine is {self.loader}")
        if manifest.version != offer["version"]:
            raise RefusedRelease("manifest", "another version than was offered")
        if is_downgrade(self.firmware, manifest.version) and offer.get("downgrade") is not True:
            raise RefusedRelease("downgrade", f"{self.firmware} runs")
        return manifest, raw

    async def _small(self, name: str, fetch: Fetch) -> bytes:
        """A file that is kept in memory: begun anew when the link breaks."""
        for attempt in range(ATTEMPTS):
            parts: list[bytes] = []
            try:
                await fetch(name, 0, parts.append)
                return b"".join(parts)
            except NoLink:
                if attempt == ATTEMPTS - 1:
                    raise
        raise AssertionError("unreachable")

    async def _fill(self, release_id: str, manifest: Manifest, raw: bytes, fetch: Fetch) -> None:
        """Bring the other slot to what the manifest says, from wherever it is."""
        slot, files = self._other, self.flash.files
        if files.get(RUNNING_OFFER) != digest(raw).encode():
            for name in [name for name in files if name.startswith(f"{slot}/")]:
                self.flash.remove(name)
            self.flash.replace(RUNNING_OFFER, digest(raw).encode())
        size = max(manifest.size, 1)
        self._shown = -1.0
        done = 0
        for file in manifest.files:
            await self._file(release_id, file, f"{slot}/{file.path}", fetch, done, size)
            done += file.size
        self._say(release_id, "verifying", 1.0)
        self.flash.replace(f"{slot}/manifest", raw)
        if not self._is_whole(slot):  # read back from flash
            self.flash.remove(RUNNING_OFFER)
            raise RefusedRelease("hash", "what is in flash is not what was sent")

    async def _file(self, release_id: str, file: ReleaseFile, name: str, fetch: Fetch, before: int, size: int) -> None:
        files = self.flash.files

        def take(data: bytes) -> None:
            if len(files.get(name, b"")) + len(data) > file.size:
                raise RefusedRelease("size", f"{file.path} is longer than {file.size}")
            self.flash.append(name, data)
            self._progress(release_id, (before + len(files[name])) / size)

        for attempt in range(ATTEMPTS):
            have = len(files.get(name, b""))
            if have == file.size and have > 0:
                return
            try:
                await fetch(f"files/{file.path}", have, take)
            except NoLink:
                if attempt == ATTEMPTS - 1:
                    raise
                await asyncio.sleep(0)
                continue
            if file.size == 0:
                files.setdefault(name, b"")
            if len(files.get(name, b"")) == file.size:
                return
        raise RefusedRelease("size", f"{file.path} ends too early")

    def _is_whole(self, slot: str) -> bool:
        """Whether every file is in flash as its manifest says."""
        raw = self.flash.files.get(f"{slot}/manifest")
        if raw is None:
            return False
        contents = ((file, self.flash.files.get(f"{slot}/{file.path}", b"")) for file in read_manifest(raw).files)
        return all(len(content) == file.size and digest(content) == file.sha256 for file, content in contents)

    def _runs(self, raw: bytes) -> bool:
        return self.flash.files.get(f"{self.slot}/manifest") == raw

    def _progress(self, release_id: str, share: float) -> None:
        if share - self._shown >= REPORT_EVERY:
            self._shown = share
            self._say(release_id, "downloading", round(share, 3))

    def _fail(self, release_id: str, reason: str) -> None:
        self._given_up = release_id
        self.flash.replace(VERDICT, _json({"id": release_id, "state": "failed", "progress": 0.0, "reason": reason}))
        self.tell()

    def _say(self, release_id: str, state: str, progress: float) -> None:
        self.report({"id": release_id, "state": state, "progress": progress, "reason": ""})


def _json(told: Any) -> bytes:
    return json.dumps(told).encode()
