"""The archive a release travels in: plain ustar, members in a fixed order, nothing that could mean two things."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from ohmstead.domain.release import MANIFEST_BYTES, MOST_FILES, Manifest, RefusedRelease, digest, read_manifest
from ohmstead.domain.signing import SIGNATURE_BYTES

BLOCK: Final = 512
MANIFEST: Final = "manifest.json"
SIGNATURE: Final = "manifest.sig"
FILES: Final = "files/"
_END: Final = bytes(BLOCK)


@dataclass(frozen=True, slots=True)
class Bundle:
    """`contents` in the order of the manifest; sizes and hashes fit it. Whether the signature is good is not said."""

    raw_manifest: bytes
    signature: bytes
    manifest: Manifest
    contents: tuple[bytes, ...]

    @property
    def by_path(self) -> dict[str, bytes]:
        return {file.path: content for file, content in zip(self.manifest.files, self.contents, strict=True)}


def read_bundle(archive: bytes) -> Bundle:
    """Raises RefusedRelease."""
    walk = _Walk(archive)
    raw = walk.member(MANIFEST, MANIFEST_BYTES)
    signature = walk.member(SIGNATURE, SIGNATURE_BYTES)
    if len(signature) != SIGNATURE_BYTES:
        raise RefusedRelease("signature", f"{SIGNATURE} has {SIGNATURE_BYTES} bytes")
    manifest = read_manifest(raw)
    contents = []
    for file in manifest.files:
        content = walk.member(FILES + file.path, file.size)
        if len(content) != file.size:
            raise RefusedRelease("size", f"{file.path} has {len(content)} bytes, not {file.size}")
        if digest(content) != file.sha256:
            raise RefusedRelease("hash", f"{file.path} is not what the manifest says")
        contents.append(content)
    walk.end()
    return Bundle(raw, signature, manifest, tuple(contents))


def write_bundle(raw_manifest: bytes, signature: bytes, contents: Mapping[str, bytes]) -> bytes:
    """The archive; `contents` by path, all of the manifest. The same parts always give the same bytes."""
    assert len(contents) <= MOST_FILES
    parts = [member(MANIFEST, raw_manifest), member(SIGNATURE, signature)]
    parts += [member(FILES + file.path, contents[file.path]) for file in read_manifest(raw_manifest).files]
    return b"".join([*parts, _END, _END])


class _Walk:
    def __init__(self, archive: bytes) -> None:
        self._archive = archive
        self._at = 0

    def member(self, name: str, most: int) -> bytes:
        """The content of the next member, which must be `name`."""
        header = self._take(BLOCK, name)
        found = header[:100].rstrip(b"\0").decode("ascii", "replace")
        if header[257:263] != b"ustar\0" or header[156:157] not in (b"0", b"\0") or header[345:500].strip(b"\0"):
            raise RefusedRelease("manifest", f"{name}: no plain member of a ustar archive")
        if _number(header[148:156]) != _checksum(header):
            raise RefusedRelease("manifest", f"{name}: the archive is damaged")
        if found != name:
            raise RefusedRelease("manifest", f"expected {name}, found {found[:100]!r}")
        size = _number(header[124:136])
        if size is None or size > most:
            raise RefusedRelease("size", f"{name} is larger than {most} bytes")
        content = self._take(size, name)
        if self._take(-size % BLOCK, name).strip(b"\0"):
            raise RefusedRelease("manifest", f"{name}: something is behind it")
        return content

    def end(self) -> None:
        """Nothing but zeros may follow, and two blocks of them must."""
        rest = self._archive[self._at :]
        if len(rest) < 2 * BLOCK or rest.strip(b"\0"):
            raise RefusedRelease("manifest", "the archive does not end where the manifest ends")

    def _take(self, size: int, name: str) -> bytes:
        taken = self._archive[self._at : self._at + size]
        if len(taken) != size:
            raise RefusedRelease("size", f"the archive ends within {name}")
        self._at += size
        return taken


def _number(field: bytes) -> int | None:
    """An octal field; None for anything else, the binary form of large numbers among them."""
    text = field.strip(b" \0")
    return int(text, 8) if text and not text.strip(b"01234567") else None


def _checksum(header: bytes | bytearray) -> int:
    return sum(header[:148]) + 8 * ord(" ") + sum(header[156:])


def member(name: str, content: bytes) -> bytes:
    """One member with its heading, filled up to whole blocks."""
    header = bytearray(BLOCK)
    header[: len(name)] = name.encode("ascii")
    header[100:108] = b"0000644\0"
    header[108:116] = header[116:124] = b"0000000\0"
    header[124:136] = b"%011o\0" % len(content)
    header[136:148] = b"%011o\0" % 0
    header[156:157] = b"0"
    header[257:265] = b"ustar\x0000"
    header[148:156] = b"%06o\0 " % _checksum(header)
    return bytes(header) + content + bytes(-len(content) % BLOCK)
