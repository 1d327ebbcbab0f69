"""Giving releases out: who may have what, and how fast, so that telemetry never waits for it."""

import asyncio
import base64
import hashlib
import hmac
import secrets
import struct
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterator
from contextlib import contextmanager
from typing import Final

from ohmstead.database import Database
from ohmstead.domain.access import Permission, Principal
from ohmstead.domain.errors import Forbidden, Gone, NotFound, TooMany, Unavailable
from ohmstead.domain.installation import Installation
from ohmstead.domain.release import Release
from ohmstead.domain.telemetry import SECOND
from ohmstead.runtime.clock import Clock
from ohmstead.services.gaps import Gaps
from ohmstead.services.release_pieces import Piece
from ohmstead.services.releases import Releases
from ohmstead.services.rollout_book import RolloutBook
from ohmstead.storage import notes

CHUNK_BYTES: Final = 16 * 1024
# A small file costs the server as much time as this many bytes: it waits as long for its turn.
REQUEST_BYTES: Final = 8 * 1024
AT_ONCE: Final = 200
AT_ONCE_PER_DEVICE: Final = 2
BURST_S: Final = 1.0
# All devices together: what is asked for at the same moment goes out one after the other, and samples in between.
BURST_OF_ALL_S: Final = 0.1
URL_LIFE_US: Final = 3600 * SECOND
_SECRET: Final = "update-urls"  # noqa: S105 - the name of the note
_TOKEN: Final = struct.Struct(">III")  # rollout, device, expiry in s
_MAC_BYTES: Final = 12  # the address has to fit a packet of 256 bytes


class Pace:
    """So many bytes per second on average, and `burst_s` seconds' worth at once. Who comes later waits longer."""

    def __init__(self, per_second: float, monotonic: Callable[[], float], burst_s: float = BURST_S) -> None:
        self._per_second = per_second
        self._monotonic = monotonic
        self._burst_s = burst_s
        self._paid_until = monotonic() - burst_s

    def wait_s(self, size: int) -> float:
        """How long to wait before these bytes may go."""
        now = self._monotonic()
        self._paid_until = max(self._paid_until, now - self._burst_s) + size / self._per_second
        return max(0.0, self._paid_until - now)


class Downloads:
    """Event-loop only."""

    def __init__(
        self,
        database: Database,
        releases: Releases,
        book: RolloutBook,
        gaps: Gaps,
        clock: Clock,
        total_rate: float,
        device_rate: float,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._database = database
        self._releases = releases
        self._book = book
        self._gaps = gaps
        self._clock = clock
        self._device_rate = device_rate
        self._sleep = sleep
        self._total = Pace(total_rate, clock.monotonic, BURST_OF_ALL_S)
        self._paces: dict[int, Pace] = {}
        self._running: dict[int, int] = {}
        self._fetched: dict[tuple[int, int], tuple[int, int]] = {}  # rollout, device -> bytes sent, of how many
        self._secret = b""
        self.bytes_sent = 0

    async def load(self) -> None:
        kept = await self._database.read(lambda c: notes.get(c, _SECRET))
        if kept is None:
            kept = secrets.token_hex(32)
            made = kept
            await self._database.write(lambda c: notes.put(c, _SECRET, made))
        self._secret = bytes.fromhex(kept)

    # Who may have what

    async def for_principal(self, who: Principal, release_id: int, name: str) -> tuple[Piece, int | None]:
        """A piece, and the device whose pace counts. People may look at everything, a device at what it is offered."""
        if who.device is None:
            who.require(Permission.UPDATES_READ)
            return await self._releases.piece(self._releases.one(release_id), name), None
        if not who.may(Permission.TELEMETRY_WRITE):
            raise Forbidden("this is for a device's own token")
        release, _ = self._offered(who.device, release_id)
        return await self._releases.piece(release, name), who.device

    def _offered(self, device: int, release_id: int) -> tuple[Release, Installation]:
        one = self._book.offered_to(device)
        if one is None or not one.open or self._book.one(one.rollout).release != release_id:
            raise NotFound("this release is not offered to this device (any more)")
        return self._releases.one(release_id), one

    def sign(self, one: Installation) -> str:
        """The part of an address that stands for an installation, for an hour."""
        expires = (self._clock.now() + URL_LIFE_US) // SECOND
        packed = _TOKEN.pack(one.rollout, one.device, expires)
        return base64.urlsafe_b64encode(packed + self._mac(packed)).decode()

    def _mac(self, packed: bytes) -> bytes:
        return hmac.digest(self._secret, packed, hashlib.sha256)[:_MAC_BYTES]

    async def by_token(self, token: str, name: str) -> tuple[Piece, int]:
        """The image behind a signed address. Raises NotFound for a forged one, Gone for one that is over."""
        try:
            raw = base64.urlsafe_b64decode(token.encode("ascii"))
        except ValueError:
            raw = b""
        packed, mac = raw[: _TOKEN.size], raw[_TOKEN.size :]
        if len(packed) != _TOKEN.size or not hmac.compare_digest(mac, self._mac(packed)):
            raise NotFound("there is nothing at this address")
        rollout_id, device, expires = _TOKEN.unpack(packed)
        one = self._book.offered_to(device)
        if self._clock.now() > expires * SECOND or one is None or not one.open or one.rollout != rollout_id:
            raise Gone("this address is not valid any more")
        return await self._releases.piece(self._releases.one(self._book.one(rollout_id).release), name), device

    # How fast

    async def turn_of(self, device: int) -> None:
        """A device that is being updated gives way to samples."""
        if self._book.offered_to(device) is not None:
            await self._gaps.turn()

    @contextmanager
    def _place(self, device: int | None) -> Iterator[None]:
        if sum(self._running.values()) >= AT_ONCE:
            raise Unavailable("many devices are loading", retry_after_s=10)
        key = -1 if device is None else device
        if device is not None and self._running.get(key, 0) >= AT_ONCE_PER_DEVICE:
            raise TooMany("this device is loading already", retry_after_s=5)
        self._running[key] = self._running.get(key, 0) + 1
        try:
            yield
        finally:
            self._running[key] -= 1
            if not self._running[key]:
                del self._running[key]

    def check_place(self, device: int | None) -> None:
        """Raises Unavailable or TooMany when `send` would."""
        with self._place(device):
            pass

    async def send(self, piece: Piece, start: int, end: int, device: int | None) -> AsyncGenerator[bytes, None]:
        """The bytes in small pieces, each when it is its turn."""
        with self._place(device):
            pace = None
            if device is not None:
                pace = self._paces.setdefault(device, Pace(self._device_rate, self._clock.monotonic))
            cost = REQUEST_BYTES
            for at in range(start, end, CHUNK_BYTES):
                chunk = piece.content[at : min(at + CHUNK_BYTES, end)]
                wait_s = self._total.wait_s(len(chunk) + cost)
                cost = 0
                if pace is not None:
                    wait_s = max(wait_s, pace.wait_s(len(chunk)))
                if wait_s > 0:
                    await self._sleep(wait_s)
                    await self._gaps.turn()
                yield chunk
                self.bytes_sent += len(chunk)
                self._note(device, min(at + CHUNK_BYTES, end), len(piece.content))

    def _note(self, device: int | None, sent: int, size: int) -> None:
        if device is not None and (one := self._book.open_of(device)) is not None:
            self._fetched[one.rollout, device] = (sent, size)

    def fetched(self, one: Installation) -> float:
        """Share of a single-file release that went out to a device over its signed address, 0 to 1."""
        sent, size = self._fetched.get((one.rollout, one.device), (0, 1))
        return sent / size if size else 1.0

    def release_of(self, one: Installation) -> Release:
        return self._releases.one(self._book.one(one.rollout).release)

    def forget(self, device: int) -> None:
        """Nothing of what it fetched counts any more."""
        for key in [key for key in self._fetched if key[1] == device]:
            del self._fetched[key]
        self._paces.pop(device, None)
