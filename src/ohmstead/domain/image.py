"""Vendor images: what an ESP image must look like from outside, for which chip it is, and what a file name asks of it.

Formats: Espressif's "Firmware Image Format" (esptool documentation) and the ESP-IDF partition table.
"""

import hashlib
import struct
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from ohmstead.domain.release import MOST_BYTES, RefusedRelease

MAGIC: Final = 0xE9
PARTITION_MAGIC: Final = b"\xaa\x50"
APP_MAGIC: Final = 0xABCD5432
MOST_SEGMENTS: Final = 16
SECTOR: Final = 4096
_COMMON: Final = struct.Struct("<BBBBI")  # magic, segments, flash mode, flash size and frequency, entry
_EXTENDED: Final = struct.Struct("<BBBBHBHH4xB")  # …, chip id, …, whether a SHA-256 is appended
_SEGMENT: Final = struct.Struct("<II")  # address, length

# Chip id in the image, by the start of a board's name without - and _; the longest start counts.
CHIPS: Final = {
    "esp32": 0,
    "m5core2": 0,
    "m5stack": 0,
    "esp32s2": 2,
    "esp32c3": 5,
    "esp32s3": 9,
    "esp32c2": 12,
    "esp32c6": 13,
    "esp32h2": 16,
    "esp32p4": 18,
}
ESP8266: Final = ("esp8266", "esp12", "nodemcu", "d1mini", "wemos")
CHIP_NAMES: Final = {
    0: "esp32", 2: "esp32s2", 5: "esp32c3", 9: "esp32s3", 12: "esp32c2", 13: "esp32c6", 16: "esp32h2", 18: "esp32p4",
}  # fmt: skip

# What a device of system 004 writes where, by the name of the file (wire-formats §5.1).
TARGETS: Final = ("firmware.bin", "spiffs.bin", "bootloader.bin", "partitions.bin")

# In a bundle for native devices: what they write into the application partition that does not run.
MICROPYTHON: Final = "micropython.bin"


@dataclass(frozen=True, slots=True)
class Image:
    """`chip` as esptool calls it; `size` of an application, its hash included; `app_…` where the image tells them."""

    chip: str
    size: int = 0
    app_version: str = ""
    app_name: str = ""


def chip_of(board: str) -> str | None:
    """The chip of a board by its name; None where the name does not tell."""
    name = board.replace("-", "").replace("_", "")
    if name.startswith(ESP8266):
        return "esp8266"
    starts = [start for start in CHIPS if name.startswith(start)]
    return CHIP_NAMES[CHIPS[max(starts, key=len)]] if starts else None


def read_image(content: bytes, board: str, target: str = TARGETS[0]) -> Image:
    """What an image for `board` tells of itself. Raises RefusedRelease.

    An application or boot loader is walked to its end: segments, checksum, and the SHA-256 behind it if there is one.
    """
    chip = chip_of(board)
    if chip is None:
        raise RefusedRelease("board", f"{board} is no board whose chip is known")
    if not content or len(content) > MOST_BYTES:
        raise RefusedRelease("size", f"1–{MOST_BYTES} bytes")
    if target == "partitions.bin":
        if len(content) > SECTOR or content[:2] != PARTITION_MAGIC:
            raise RefusedRelease("manifest", "no partition table")
        return Image(chip)
    if target == "spiffs.bin":
        if len(content) % SECTOR:
            raise RefusedRelease("size", f"a file system has whole sectors of {SECTOR} bytes")
        return Image(chip)
    if target not in TARGETS:
        raise RefusedRelease("manifest", f"the file is called one of {', '.join(TARGETS)}")
    return _application(content, chip)


def read_micropython(contents: Mapping[str, bytes], boards: Iterable[str]) -> Image | None:
    """The image of MicroPython among the files of a bundle, None if there is none. Raises RefusedRelease.

    It is for one chip, so all boards must have that one, and it must have a second partition to write it to.
    """
    content = contents.get(MICROPYTHON)
    if content is None:
        return None
    found = {chip_of(board): board for board in boards}
    if "esp8266" in found:
        raise RefusedRelease("board", f"{found['esp8266']} has no second partition for {MICROPYTHON}")
    return {read_image(content, board) for board in found.values()}.pop()


def _application(content: bytes, chip: str) -> Image:
    if len(content) < 24 or content[0] != MAGIC:
        raise RefusedRelease("manifest", "no ESP image: it does not begin with E9")
    segments = content[1]
    if not 1 <= segments <= MOST_SEGMENTS:
        raise RefusedRelease("manifest", f"{segments} segments; an image has 1–{MOST_SEGMENTS}")
    at, appended = _COMMON.size, False
    if chip != "esp8266":
        _, _, _, _, chip_id, _, _, _, flag = _EXTENDED.unpack_from(content, at)
        if CHIP_NAMES.get(chip_id) != chip:
            raise RefusedRelease("board", f"the image is for {CHIP_NAMES.get(chip_id, f'chip {chip_id}')}, not {chip}")
        at += _EXTENDED.size
        appended = flag == 1
    first = at + _SEGMENT.size
    checksum = 0xEF
    for _ in range(segments):
        if at + _SEGMENT.size > len(content):
            raise RefusedRelease("size", "the image ends within its segments")
        _, length = _SEGMENT.unpack_from(content, at)
        at += _SEGMENT.size
        if at + length > len(content):
            raise RefusedRelease("size", "the image ends within its segments")
        checksum ^= _folded(content[at : at + length])
        at += length
    at += 15 - at % 16
    if at >= len(content):
        raise RefusedRelease("size", "the image ends before its checksum")
    if content[at] != checksum:
        raise RefusedRelease("hash", "the checksum of the image is wrong")
    at += 1
    if appended:
        if hashlib.sha256(content[:at]).digest() != content[at : at + 32]:
            raise RefusedRelease("hash", "the SHA-256 behind the image is wrong")
        at += 32
    return Image(chip, at, *_app(content[first:]))


def _folded(data: bytes) -> int:
    """All bytes xor-ed together."""
    number, width = int.from_bytes(data, "big"), len(data)
    while width > 1:
        half = width // 2
        number = (number >> (8 * half)) ^ (number & ((1 << (8 * half)) - 1))
        width -= half
    return number


def _app(segment: bytes) -> tuple[str, str]:
    """Version and name of `esp_app_desc_t`, the first thing in the first segment of an ESP-IDF application."""
    if len(segment) < 80 or int.from_bytes(segment[:4], "little") != APP_MAGIC:
        return "", ""
    version, name = (segment[a : a + 32].partition(b"\0")[0].decode("utf-8", "replace") for a in (16, 48))
    return version, name
