"""From what was detected and what a person said to the layout a file is read by; and recoding what is not UTF-8."""

import codecs
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from ohmstead.domain.channel import legal_key
from ohmstead.domain.quantity import QUANTITIES
from ohmstead.domain.telemetry import Announcement
from ohmstead.importing.chunks import UnusableFile
from ohmstead.importing.detecting import Detected, column_named, encoding_of
from ohmstead.importing.generic_csv import CsvLayout, Mapped

_RECODED_AT_ONCE: Final = 1 << 20


def layout_of(detected: Detected, mapping: Sequence[tuple[str, Announcement]] | None) -> CsvLayout:
    """The layout to read by; without a mapping every column of numbers is taken as suggested. Raises UnusableFile."""
    if detected.time_column is None or detected.time_format is None:
        raise UnusableFile(f"no column of times was recognised among {', '.join(detected.names)[:300]}; name it")
    if mapping is None:
        mapped = [Mapped(column, channel) for column, channel in detected.suggested]
    else:
        mapped = [Mapped(column_named(detected.names, name), channel) for name, channel in mapping]
    if not mapped:
        raise UnusableFile("no column of numbers was recognised; name the columns to take")
    for one in mapped:
        check(one.channel)
    keys = [one.channel.key for one in mapped]
    if len(set(keys)) != len(keys):
        raise UnusableFile(f"two columns are mapped to the same key: {', '.join(keys)}")
    return CsvLayout(
        detected.separator,
        detected.decimal,
        len(detected.names),
        detected.skip,
        detected.start,
        detected.time_column,
        detected.time_format,
        tuple(mapped),
    )


def check(channel: Announcement) -> None:
    if not legal_key(channel.key):
        raise UnusableFile(f"{channel.key!r:.60} cannot be a channel's key")
    if channel.quantity is not None and channel.quantity not in QUANTITIES:
        raise UnusableFile(f"{channel.quantity!r:.60} is not a quantity; there are {', '.join(QUANTITIES)}")


def recoded(path: Path) -> Path:
    """The file as a text of one byte per ASCII sign: itself, or for UTF-16 a copy in UTF-8 beside it, made once."""
    with path.open("rb") as source:
        encoding, mark = encoding_of(source.read(4096))
        if not encoding.startswith("utf-16"):
            return path
        target = path.with_name(path.name + ".utf8")
        if target.exists():
            return target
        source.seek(mark)
        decoder = codecs.getincrementaldecoder(encoding)("replace")
        partial = target.with_name(target.name + ".part")
        with partial.open("wb") as out:
            while data := source.read(_RECODED_AT_ONCE):
                out.write(decoder.decode(data).encode())
        partial.replace(target)
        return target
