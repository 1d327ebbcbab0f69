"""Gathering the rows of a message into runs, and naming what is left out."""

from collections.abc import Iterable
from typing import Final

from ohmstead.domain.channel import shown
from ohmstead.domain.errors import MalformedPayload
from ohmstead.domain.telemetry import Rejection, Run

# Past this many the sender is broken, and naming every sample would cost more memory than the message did.
MOST_REJECTIONS: Final = 100_000


class Rows:
    """Collects the rows of one message; rows with the same keys in the same order become one run."""

    def __init__(self) -> None:
        self._runs: dict[tuple[str, ...], tuple[list[int], list[float], list[int]]] = {}
        self.rejected: list[Rejection] = []

    def add(self, index: int, instant_us: int, keys: tuple[str, ...], values: Iterable[float]) -> None:
        """Keep a row of finite values."""
        run = self._runs.get(keys)
        if run is None:
            run = self._runs[keys] = ([], [], [])
        run[0].append(instant_us)
        run[1].extend(values)
        run[2].append(index)

    def reject(self, index: int, reason: str, key: str | None = None) -> None:
        reject(self.rejected, index, reason, key)

    def runs(self) -> list[Run]:
        """Return what was kept, the rows of each run in the order added."""
        found = []
        for keys, (times, values, indexes) in self._runs.items():
            unbroken = indexes[0] == 0 and indexes[-1] == len(indexes) - 1
            found.append(Run(keys, times, values, None if unbroken else indexes))
        return found


def reject(rejected: list[Rejection], index: int, reason: str, key: str | None = None) -> None:
    """Name one more sample that is not taken; raises MalformedPayload past MOST_REJECTIONS of them."""
    if len(rejected) >= MOST_REJECTIONS:
        raise MalformedPayload(f"more than {MOST_REJECTIONS} unusable samples, the last is {index} ({reason})")
    rejected.append(Rejection(index, reason, None if key is None else shown(key)))
