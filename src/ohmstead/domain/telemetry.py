"""What a dialect makes of a payload, before anyone knows whose it is."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

import numpy as np
from numpy.typing import NDArray

MS: Final = 1_000
SECOND: Final = 1_000_000
MINUTE: Final = 60 * SECOND
HOUR: Final = 60 * MINUTE
DAY: Final = 24 * HOUR

Times = list[int] | NDArray[np.int64]
Values = list[float] | NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Announcement:
    """A channel as its device describes it. None means the device did not say."""

    key: str
    quantity: str | None = None
    unit: str | None = None
    kind: str | None = None
    decimals: int | None = None


@dataclass(frozen=True, slots=True)
class Rejection:
    """One sample that was not taken: its index in the message, its key if one key is to blame, and why."""

    index: int
    reason: str
    key: str | None = None


@dataclass(slots=True)
class Run:
    """Instants that carry the same keys.

    `times_us` has one UTC instant per row, in the order sent (not sorted, repeats allowed). `values` is flat and
    row-major: row i is `values[i * len(keys) : (i + 1) * len(keys)]`, in the order of `keys`; every value is finite.
    `indexes` gives each row's index in the message; None means 0, 1, 2 …
    """

    keys: tuple[str, ...]
    times_us: Times
    values: Values
    indexes: Sequence[int] | None = None


@dataclass(slots=True)
class Batch:
    """Samples that travelled together, in canonical units unless `announced` says otherwise."""

    runs: list[Run]
    announced: Sequence[Announcement] = ()
    rejected: Sequence[Rejection] = ()
    serial: str | None = None  # identity found in the payload, already legal (see domain.identity)
    boot: str | None = None
    seq: int | None = None
    untimed: bool = False  # it told no time at all: its samples took their arrival
    clock_flagged: int = 0  # samples whose own time was unusable and that took their arrival time
    details: Mapping[str, str] = field(default_factory=dict)  # firmware version, address … as the device tells

    def __len__(self) -> int:
        """Samples (channel, instant, value), not rows."""
        return sum(len(run.times_us) * len(run.keys) for run in self.runs)
