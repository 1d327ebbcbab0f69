"""What a release of native firmware is: the manifest whose exact bytes are signed, and the rules its parts obey."""

import hashlib
import json
import re
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final, TypeGuard

from ohmstead.domain.errors import MalformedPayload
from ohmstead.domain.signing import PublicKey
from ohmstead.domain.version import LONGEST_VERSION, Version

MANIFEST_BYTES: Final = 8 * 1024  # what a small device still can hold and parse
MOST_FILES: Final = 64
MOST_BYTES: Final = 6 * 1024 * 1024  # of all files together: the largest slot of the boards we know
MOST_BOARDS: Final = 16
LONGEST_PATH: Final = 64
DEEPEST_PATH: Final = 4
FIRST_LOADER: Final = 1

BOARD: Final = re.compile(r"[a-z0-9][a-z0-9_-]{0,31}")
_SEGMENT: Final = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]*")
_DIGEST: Final = re.compile(r"[0-9a-f]{64}")


class Channel(StrEnum):
    """How far a release is trusted by those who made it."""

    STABLE = "stable"
    BETA = "beta"


class Kind(StrEnum):
    BUNDLE = "bundle"  # signed, for native devices
    IMAGE = "image"  # a vendor's, for devices of systems 003 and 004


class RefusedRelease(MalformedPayload):
    """What was offered is no release; `reason` is the word of the contract for it."""

    def __init__(self, reason: str, detail: str) -> None:
        super().__init__(f"{reason}: {detail}")
        self.reason = reason


@dataclass(frozen=True, slots=True)
class ReleaseFile:
    path: str
    size: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Manifest:
    version: str
    boards: tuple[str, ...]
    files: tuple[ReleaseFile, ...]
    min_loader: int = FIRST_LOADER

    @property
    def size(self) -> int:
        return sum(file.size for file in self.files)


@dataclass(frozen=True, slots=True)
class Release:
    """What is kept of one; its content lies beside the database. `sha256`: of the manifest, or of the image."""

    id: int
    kind: Kind
    version: str
    boards: tuple[str, ...]
    sha256: str
    files: tuple[ReleaseFile, ...]
    signature: bytes | None
    key_id: str | None
    min_loader: int
    channel: Channel
    notes: str
    added_by: str
    added_at: int
    withdrawn_at: int | None = None

    @property
    def size(self) -> int:
        return sum(file.size for file in self.files)

    @property
    def identity(self) -> str:
        """What no two releases share. A bundle is its manifest; an image is what people said about it, too."""
        if self.kind is Kind.BUNDLE:
            return self.sha256
        return digest("\0".join([self.sha256, self.target, self.version, *sorted(self.boards)]).encode())

    @property
    def target(self) -> str:
        """Of an image: what it replaces on the device."""
        return self.files[0].path

    def stands_in_for(self, other: "Release") -> bool:
        """Whether a device that takes `other` takes this in the same way."""
        return self.kind is other.kind and (self.kind is Kind.BUNDLE or self.target == other.target)


@dataclass(frozen=True, slots=True)
class TrustedKey:
    """A key whose signatures this server takes, until somebody revokes it."""

    key: PublicKey
    name: str
    added_by: str
    added_at: int
    revoked_by: str = ""
    revoked_at: int | None = None


def digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def read_manifest(raw: bytes) -> Manifest:
    """The manifest in its exact bytes. Raises RefusedRelease."""
    if len(raw) > MANIFEST_BYTES:
        raise RefusedRelease("manifest", f"longer than {MANIFEST_BYTES} bytes")
    try:
        told = json.loads(raw.decode("utf-8"), object_pairs_hook=_once)
    except (ValueError, RecursionError) as error:
        raise RefusedRelease("manifest", f"not JSON: {error}") from None
    if not isinstance(told, dict):
        raise RefusedRelease("manifest", "expected an object")
    version, boards, files = told.get("version"), told.get("boards"), told.get("files")
    if not isinstance(version, str) or Version.parse(version) is None:
        raise RefusedRelease("manifest", f"version: MAJOR.MINOR.PATCH, at most {LONGEST_VERSION} characters")
    if not isinstance(boards, list) or not 1 <= len(boards) <= MOST_BOARDS:
        raise RefusedRelease("manifest", f"boards: 1–{MOST_BOARDS} names")
    if not isinstance(files, list) or not 1 <= len(files) <= MOST_FILES:
        raise RefusedRelease("manifest", f"files: 1–{MOST_FILES} entries")
    loader = told.get("min_loader", FIRST_LOADER)
    if not _whole(loader, 2**31):
        raise RefusedRelease("manifest", "min_loader: a whole number")
    manifest = Manifest(version, check_boards(boards), tuple(_file(one) for one in files), loader)
    check_paths(file.path for file in manifest.files)
    if manifest.size > MOST_BYTES:
        raise RefusedRelease("size", f"{manifest.size} bytes of files; at most {MOST_BYTES}")
    return manifest


def write_manifest(manifest: Manifest) -> bytes:
    """The shortest JSON of it; what this returns is what is signed."""
    told: dict[str, Any] = {
        "version": manifest.version,
        "boards": list(manifest.boards),
        "files": [{"path": f.path, "size": f.size, "sha256": f.sha256} for f in manifest.files],
        "min_loader": manifest.min_loader,
    }
    return json.dumps(told, separators=(",", ":")).encode()


def check_boards(boards: Iterable[Any]) -> tuple[str, ...]:
    """The names, each once. Raises RefusedRelease."""
    names = tuple(boards)
    if not all(isinstance(name, str) and BOARD.fullmatch(name) for name in names) or len(set(names)) != len(names):
        raise RefusedRelease("manifest", "boards: different names of lower-case letters, digits, _ and -")
    return names


def check_paths(paths: Iterable[str]) -> None:
    """Raises RefusedRelease for a path that leaves its folder, or that cannot be beside the others."""
    seen: set[str] = set()
    folders: set[str] = set()
    for path in paths:
        segments = path.split("/")
        if len(path) > LONGEST_PATH or len(segments) > DEEPEST_PATH or not all(map(_SEGMENT.fullmatch, segments)):
            raise RefusedRelease("manifest", f"path {path[:LONGEST_PATH]!r}: see the contract for what is legal")
        low = path.lower()  # file systems differ in whether case counts
        if low in seen:
            raise RefusedRelease("manifest", f"path {path!r} is there twice")
        seen.add(low)
        folders.update(low[: n.start()] for n in re.finditer("/", low))
    if both := seen & folders:
        raise RefusedRelease("manifest", f"path {min(both)!r} is a file and a folder")


def _file(told: Any) -> ReleaseFile:
    if not isinstance(told, dict):
        raise RefusedRelease("manifest", "files: objects with path, size and sha256")
    path, size, sha256 = told.get("path"), told.get("size"), told.get("sha256")
    if not isinstance(path, str):
        raise RefusedRelease("manifest", "a file has a path")
    if not _whole(size, MOST_BYTES + 1):
        raise RefusedRelease("size", f"{path[:LONGEST_PATH]!r}: 0–{MOST_BYTES} bytes")
    if not isinstance(sha256, str) or not _DIGEST.fullmatch(sha256):
        raise RefusedRelease("manifest", f"{path[:LONGEST_PATH]!r}: sha256 has 64 lower-case hexadecimal digits")
    return ReleaseFile(path, size, sha256)


def _whole(value: Any, below: int) -> TypeGuard[int]:
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value < below


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Readers differ in which of two equal names counts: none does here."""
    told = dict(pairs)
    if len(told) != len(pairs):
        raise ValueError("a name occurs twice in one object")
    return told
