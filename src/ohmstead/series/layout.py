"""Which series a row of values carries, in order."""

import struct
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import accumulate

from ohmstead.domain.telemetry import Times, Values


@dataclass(frozen=True, slots=True, eq=False)
class Layout:
    """Interned by the store (compare with `is`); `index` is its number within this process."""

    index: int
    device: int
    series: tuple[int, ...]
    header: bytes = field(repr=False)  # device and series as journal records carry them

    @property
    def width(self) -> int:
        return len(self.series)


class Layouts:
    """Interns layouts."""

    def __init__(self) -> None:
        self._known: dict[tuple[int, tuple[int, ...]], Layout] = {}
        self.all: list[Layout] = []

    def get(self, device: int, series: tuple[int, ...]) -> Layout:
        key = (device, series)
        layout = self._known.get(key)
        if layout is None:
            if not series or len(set(series)) != len(series):
                raise ValueError(f"a layout needs distinct series, got {series}")
            layout = self._known[key] = Layout(len(self.all), device, series, encode_header(device, series))
            self.all.append(layout)
        return layout


def encode_header(device: int, series: tuple[int, ...]) -> bytes:
    """Series as differences: numbers that follow each other compress to nothing."""
    steps = (one - before for one, before in zip(series, (0, *series[:-1]), strict=True))
    return struct.pack(f"<qI{len(series)}q", device, len(series), *steps)


def decode_header(body: bytes, at: int) -> tuple[tuple[int, tuple[int, ...]], int]:
    """Return (device, series) and where the header ends."""
    device, width = struct.unpack_from("<qI", body, at)
    return (device, tuple(accumulate(struct.unpack_from(f"<{width}q", body, at + 12)))), at + 12 + 8 * width


Run = tuple[Layout, Times, Values]
Mark = tuple[int, str, int]
Item = tuple[Sequence[Run], Mark | None]
