"""What a reader makes of a file: chunks of rows, each with the place from where reading can go on."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, Protocol

import numpy as np
from numpy.typing import NDArray

from ohmstead.domain.errors import InvalidInput
from ohmstead.domain.telemetry import Announcement

MOST_LINES_NAMED: Final = 5


class UnusableFile(InvalidInput):
    """The file is not what it was said to be; the message names what was expected and what came."""


@dataclass(slots=True)
class Faults:
    """Rows or cells left out: how many per reason, and on which lines the first of them are."""

    counts: dict[str, int] = field(default_factory=dict)
    lines: dict[str, list[int]] = field(default_factory=dict)

    def add(self, reason: str, lines: Iterable[int], count: int | None = None) -> None:
        """Note faults on these lines (ascending); `count` if there are more faults than lines."""
        told = list(lines)
        if not told:
            return
        self.counts[reason] = self.counts.get(reason, 0) + (len(told) if count is None else count)
        named = self.lines.setdefault(reason, [])
        named += told[: max(0, MOST_LINES_NAMED - len(named))]

    def merge(self, other: "Faults") -> None:
        for reason, count in other.counts.items():
            self.add(reason, other.lines[reason], count)


@dataclass(frozen=True, slots=True)
class Rows:
    """Rows of one device. `values` is rows × keys, NaN where a cell is empty; `lines` are numbered from 1."""

    keys: tuple[str, ...]
    times_us: NDArray[np.int64]
    values: NDArray[np.float64]
    lines: NDArray[np.int64]
    serial: str | None = None  # None: the device the import was started for


@dataclass(frozen=True, slots=True)
class Chunk:
    """Everything between two places of a file. `state` is plain JSON; reading goes on with it from `position`."""

    position: int
    state: dict[str, Any]
    parts: list[Rows]
    rows: int
    faults: Faults


class Reader(Protocol):
    """Reads one file. Blocking; for worker threads."""

    @property
    def announced(self) -> Sequence[Announcement]:
        """What the keys measure, in the units of the file."""
        ...

    @property
    def total(self) -> int:
        """Where `position` ends."""
        ...

    def chunks(self, position: int, state: dict[str, Any]) -> Iterator[Chunk]:
        """Yield chunks in order from `position` on (0 with an empty state: the beginning).

        Memory stays bounded by the chunk. Raises UnusableFile.
        """
        ...
