"""Releases: taken in when everything about them is right, and looked at again each time they are given out."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from typing import Final, Protocol

from ohmstead.database import Database
from ohmstead.domain.access import Permission, Principal
from ohmstead.domain.bundle import MANIFEST, SIGNATURE, read_bundle
from ohmstead.domain.errors import Conflict, Gone, InvalidInput, NotFound
from ohmstead.domain.image import MICROPYTHON, TARGETS, read_image, read_micropython
from ohmstead.domain.release import (
    FIRST_LOADER,
    MOST_BOARDS,
    Channel,
    Kind,
    RefusedRelease,
    Release,
    ReleaseFile,
    check_boards,
    digest,
)
from ohmstead.domain.signing import PublicKey
from ohmstead.domain.version import LONGEST_VERSION
from ohmstead.runtime.clock import Clock
from ohmstead.services.audit import Audit
from ohmstead.services.image_check import check_image
from ohmstead.services.release_keys import ReleaseKeys
from ohmstead.services.release_pieces import Piece, Pieces
from ohmstead.storage import releases as store
from ohmstead.storage.release_content import ReleaseContent

LONGEST_NOTES: Final = 4000


class ImageCheck(Protocol):
    async def __call__(self, content: bytes, chip: str, /) -> None: ...


class Releases:
    """Event-loop only; what touches files runs in worker threads."""

    def __init__(
        self,
        database: Database,
        content: ReleaseContent,
        keys: ReleaseKeys,
        audit: Audit,
        clock: Clock,
        check: ImageCheck = check_image,
    ) -> None:
        self._database = database
        self._content = content
        self._pieces = Pieces(content)
        self._keys = keys
        self._audit = audit
        self._clock = clock
        self._check = check
        self._releases: dict[int, Release] = {}
        self._good: dict[int, tuple[PublicKey, bytes, bytes]] = {}  # key, manifest and signature that belong together
        self._taking = asyncio.Lock()  # two uploads at once would twice find that theirs is new

    async def load(self) -> None:
        self._releases = {one.id: one for one in await self._database.read(store.load)}
        known = {sha256 for one in self._releases.values() for sha256 in _hashes(one)}
        await asyncio.to_thread(self._content.sweep, known)

    # Looking

    def all(self, who: Principal) -> list[Release]:
        """Newest first."""
        who.require(Permission.UPDATES_READ)
        return sorted(self._releases.values(), key=lambda one: -one.id)

    def get(self, who: Principal, release_id: int) -> Release:
        who.require(Permission.UPDATES_READ)
        return self.one(release_id)

    def one(self, release_id: int) -> Release:
        """Raises NotFound."""
        found = self._releases.get(release_id)
        if found is None:
            raise NotFound("there is no such release")
        return found

    def unusable(self, release: Release) -> str:
        """Why no device may get it now; empty if it may."""
        if self.one(release.id).withdrawn_at is not None:
            return "the release was withdrawn"
        if release.kind is Kind.IMAGE:
            return ""
        return "" if self._keys.trusted(release.key_id) else "the key that signed it is not trusted any more"

    def before(self, after: Release, version: str, board: str | None) -> Release | None:
        """The newest usable release of a version for a board, to be put in the place of `after`."""
        fitting = [
            one
            for one in self._releases.values()
            if one.version == version
            and (board is None or board in one.boards)
            and one.stands_in_for(after)
            and one.id != after.id
            and not self.unusable(one)
        ]
        return max(fitting, key=lambda one: one.id, default=None)

    async def piece(self, release: Release, name: str) -> Piece:
        """`manifest.json`, `manifest.sig`, `files/<path>`, or the file of an image by its name; without a name the
        first of these that there is.

        Signature and hash are checked each time. Raises NotFound, Gone.
        """
        if why := self.unusable(release):
            raise Gone(why)
        name = name or (MANIFEST if release.kind is Kind.BUNDLE else release.target)
        if release.kind is Kind.BUNDLE and name in (MANIFEST, SIGNATURE):
            raw = await self._pieces.get(release.sha256)
            signature = release.signature or b""
            if not self._is_signed(release, raw, signature):
                raise Gone("the signature of the release is not good any more")
            wanted = raw if name == MANIFEST else signature
            return Piece(wanted, digest(wanted))
        path = name.removeprefix("files/")
        file = next((one for one in release.files if one.path == path), None)
        if file is None:
            raise NotFound("the release has no such file")
        return Piece(await self._pieces.get(file.sha256), file.sha256)

    def _is_signed(self, release: Release, raw: bytes, signature: bytes) -> bool:
        """The arithmetic takes a millisecond: what was found good stays so as long as nothing of it is different."""
        key = self._keys.trusted(release.key_id)
        if key is None:
            return False
        if self._good.get(release.id) != (key, raw, signature):
            if not key.verifies(raw, signature):
                return False
            self._good[release.id] = (key, raw, signature)
        return True

    # Taking in

    async def add_bundle(self, who: Principal, archive: bytes, channel: Channel, notes: str) -> Release:
        """Raises RefusedRelease, Conflict, OutOfSpace; then nothing of it is kept."""
        who.require(Permission.UPDATES_EDIT)
        bundle = await asyncio.to_thread(read_bundle, archive)
        key = self._keys.signer(bundle)
        manifest = bundle.manifest
        contents = bundle.by_path
        image = await asyncio.to_thread(read_micropython, contents, manifest.boards)
        if image is not None:
            await self._check(contents[MICROPYTHON], image.chip)
        new = Release(
            id=0,
            kind=Kind.BUNDLE,
            version=manifest.version,
            boards=manifest.boards,
            sha256=digest(bundle.raw_manifest),
            files=manifest.files,
            signature=bundle.signature,
            key_id=key.id,
            min_loader=manifest.min_loader,
            channel=channel,
            notes=_checked_notes(notes),
            added_by=who.name,
            added_at=self._clock.now(),
        )
        return await self._add(new, [bundle.raw_manifest, *bundle.contents])

    async def add_image(
        self,
        who: Principal,
        content: bytes,
        target: str,
        boards: Sequence[str],
        version: str,
        channel: Channel,
        notes: str,
        again: bool = False,
    ) -> Release:
        """A vendor's image; nobody signed it, so it takes more trust. Raises what `add_bundle` raises, InvalidInput.

        `again`: one that is here already counts as brought now.
        """
        who.require(Permission.UPDATES_EDIT)
        who.require(Permission.UPDATES_TRUST)
        if not version or len(version) > LONGEST_VERSION or not version.isprintable():
            raise InvalidInput(f"version: 1–{LONGEST_VERSION} printable characters")
        if not 0 < len(boards) <= MOST_BOARDS:  # the image is read once for each
            raise InvalidInput(f"board: which one it is for; 1–{MOST_BOARDS}")
        names = check_boards(boards)
        chips = {(await asyncio.to_thread(read_image, content, board, target)).chip for board in names}
        if len(chips) > 1:
            raise RefusedRelease("board", "these boards have different chips")
        if target in ("firmware.bin", "bootloader.bin"):
            await self._check(content, chips.pop())
        sha256 = digest(content)
        new = Release(
            id=0,
            kind=Kind.IMAGE,
            version=version,
            boards=names,
            sha256=sha256,
            files=(ReleaseFile(target, len(content), sha256),),
            signature=None,
            key_id=None,
            min_loader=FIRST_LOADER,
            channel=channel,
            notes=_checked_notes(notes),
            added_by=who.name,
            added_at=self._clock.now(),
        )
        return await self._add(new, [content], again)

    async def _add(self, new: Release, contents: list[bytes], again: bool = False) -> Release:
        async with self._taking:
            same = next((one for one in self._releases.values() if one.identity == new.identity), None)
            if same is not None and not again and not self.unusable(same):
                raise Conflict(f"this is here already: release {same.id}, version {same.version}")
            made = await asyncio.to_thread(self._content.put, contents)
            new = replace(new, id=max(self._releases, default=0) + 1 if same is None else same.id)
            try:
                if same is None:
                    await self._database.write(lambda c: store.insert(c, new))
                else:  # it was withdrawn, or its key was: now it is wanted again, perhaps signed anew
                    await self._database.write(lambda c: store.renew(c, new))
            except BaseException:
                await asyncio.to_thread(self._content.drop, made)
                raise
            self._releases[new.id] = new
        detail = f"{new.version} for {', '.join(new.boards)}"
        await self._audit.record(new.added_by, "release.add", str(new.id), detail)
        return new

    async def change(self, who: Principal, release_id: int, channel: Channel | None, notes: str | None) -> Release:
        who.require(Permission.UPDATES_EDIT)
        before = self.one(release_id)
        after = replace(
            before,
            channel=channel or before.channel,
            notes=before.notes if notes is None else _checked_notes(notes),
        )
        values = {"channel": after.channel.value, "notes": after.notes}
        await self._database.write(lambda c: store.update(c, release_id, **values))
        self._releases[release_id] = after
        await self._audit.record(who.name, "release.change", str(release_id), after.version)
        return after

    async def withdraw(self, who: Principal, release_id: int) -> None:
        """No device gets it any more; what ran it goes on running it."""
        who.require(Permission.UPDATES_EDIT)
        before, now = self.one(release_id), self._clock.now()
        await self._database.write(lambda c: store.update(c, release_id, withdrawn_at=now))
        self._releases[release_id] = replace(before, withdrawn_at=now)
        await self._audit.record(who.name, "release.withdraw", str(release_id), before.version)


def target_of(name: str | None) -> str:
    """What a device writes where: the last part of the file's name if that says it, else the application."""
    last = (name or "").replace("\\", "/").rpartition("/")[2]
    return last if last in TARGETS else TARGETS[0]


def _hashes(release: Release) -> list[str]:
    return [release.sha256, *(file.sha256 for file in release.files)]


def _checked_notes(notes: str) -> str:
    if len(notes) > LONGEST_NOTES:
        raise InvalidInput(f"notes: at most {LONGEST_NOTES} characters")
    return notes.strip()
