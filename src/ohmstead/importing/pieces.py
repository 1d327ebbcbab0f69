"""A file as pieces of whole lines, of bounded size."""

from collections.abc import Iterator
from pathlib import Path
from typing import Final, NamedTuple

from ohmstead.importing.chunks import UnusableFile

PIECE_BYTES: Final = 1 << 20
# A "line" longer than this means that the file is no table of lines.
LONGEST_LINE: Final = 1 << 20


class Piece(NamedTuple):
    start: int  # its offset in the file
    data: bytes  # whole lines, the last one ended as well

    @property
    def end(self) -> int:
        return self.start + len(self.data)


def pieces(path: Path, position: int, until: int | None = None) -> Iterator[Piece]:
    """Yield the lines of [position, until) in pieces of about a megabyte.

    A last line without an end gets one, so the last piece may end one byte behind the file.
    """
    with path.open("rb") as file:
        file.seek(position)
        rest = b""
        start = position
        while True:
            wanted = PIECE_BYTES if until is None else min(PIECE_BYTES, until - file.tell())
            data = file.read(wanted) if wanted > 0 else b""
            if not data:
                break
            data = rest + data
            cut = data.rfind(b"\n") + 1
            if not cut:
                if len(data) > LONGEST_LINE:
                    raise UnusableFile(f"no line ends within {len(data)} bytes from byte {start} on: is it text?")
                rest = data
                continue
            yield Piece(start, data[:cut])
            start += cut
            rest = data[cut:]
        if rest:
            yield Piece(start, rest + b"\n")
