"""The rules a decoded batch passes before it is stored: times, keys, repeats, how many channels."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ohmstead.domain.channel import legal_key
from ohmstead.domain.instants import EARLIEST_US, LATEST_US
from ohmstead.domain.rows import reject
from ohmstead.domain.telemetry import DAY, MINUTE, Batch, Rejection, Run

AHEAD_US: Final = 10 * MINUTE  # a device's clock may be wrong by this much into the future
FARTHEST_US: Final = DAY  # a wrong clock is moved as one piece only so far; beyond it the times mean nothing
MOST_CHANNELS: Final = 1_000
_MOST_LAYOUTS: Final = 256  # remembered sets of keys per device; a device normally sends one or two


class KnownChannels:
    """Which channels a device has, and from when on each keeps samples. One per device, kept by its owner."""

    __slots__ = ("_layouts", "_raw_from", "floor_us", "most")

    def __init__(self, raw_from: Mapping[str, int] | None = None, most: int = MOST_CHANNELS) -> None:
        self._raw_from = dict(raw_from or {})
        self._layouts: set[tuple[str, ...]] = set()
        self.most = most
        self.floor_us = max(EARLIEST_US, *self._raw_from.values(), 0)

    def __len__(self) -> int:
        return len(self._raw_from)

    def __contains__(self, key: str) -> bool:
        return key in self._raw_from

    def add(self, key: str, raw_from_us: int = 0) -> None:
        """Note a channel, or the moved start of what an existing one keeps."""
        self._raw_from[key] = raw_from_us
        self.floor_us = max(EARLIEST_US, *self._raw_from.values())

    def remove(self, key: str) -> None:
        """Forget a channel that was deleted."""
        self._raw_from.pop(key, None)
        self._layouts.clear()
        self.floor_us = max(EARLIEST_US, *self._raw_from.values(), 0)

    def raw_from(self, key: str) -> int:
        return self._raw_from.get(key, 0)

    def has_all(self, keys: tuple[str, ...]) -> bool:
        """Whether every key is a channel already. The answer for the sets a device sends is remembered."""
        if keys in self._layouts:
            return True
        if any(key not in self._raw_from for key in keys):
            return False
        if len(self._layouts) >= _MOST_LAYOUTS:
            self._layouts.clear()
        self._layouts.add(keys)
        return True


class Taken(NamedTuple):
    """What may be stored, how many samples that is, and how many repeats inside the message it replaced."""

    batch: Batch
    accepted: int
    duplicates: int


def check(batch: Batch, known: KnownChannels, *, received_us: int, trusted: bool) -> Taken:
    """Apply the rules; samples that break one are named in the `rejected` of the batch returned.

    An instant before 2000 rejects its row (`time`). One more than ten minutes ahead of a trusted clock
    becomes the arrival and is counted in `clock_flagged`. A sample older than its channel keeps is rejected
    (`older_than_retention`), as are illegal keys (`key`) and new channels beyond the limit
    (`too_many_channels`). Of samples with the same key and instant the last one sent stays. The batch given
    is returned itself when nothing had to change, else a copy.
    Raises MalformedPayload when there are more unusable samples than can be named.
    """
    latest_us = received_us + AHEAD_US if trusted else LATEST_US
    runs = batch.runs
    if len(runs) == 1:
        run = runs[0]
        times = run.times_us
        if len(times) == 1 and run.keys in known._layouts and times[0] >= known.floor_us:
            if times[0] > latest_us:  # a clock set to local time, or to nothing: common enough to be cheap
                run = replace(run, times_us=[received_us])
                batch = replace(batch, runs=[run], clock_flagged=batch.clock_flagged + len(run.keys))
            return Taken(batch, len(run.keys), 0)
    if _plain(runs, known, latest_us):
        return Taken(batch, len(batch), 0)
    return _Careful(batch, known).check(received_us, latest_us)


def _plain(runs: Sequence[Run], known: KnownChannels, latest_us: int) -> bool:
    """Whether no rule can touch anything, by whole-column questions only."""
    seen: set[str] = set()
    shared = False
    fresh = 0
    for run in runs:
        if not known.has_all(run.keys):
            new = [key for key in run.keys if key not in known]
            fresh += len(new)
            if not all(map(legal_key, new)):
                return False
        times = run.times_us
        if len(times) > 1:
            if isinstance(times, list):
                low, high, distinct = min(times), max(times), len(set(times)) == len(times)
            else:
                low, high = int(times.min()), int(times.max())
                distinct = bool((times[1:] > times[:-1]).all()) or len(np.unique(times)) == len(times)
            if not distinct or low < known.floor_us or high > latest_us:
                return False
        elif len(times) == 1 and not known.floor_us <= times[0] <= latest_us:
            return False
        if len(runs) > 1:
            shared = shared or not seen.isdisjoint(run.keys)
            seen.update(run.keys)
    if shared and len(set().union(*(run.times_us for run in runs))) < sum(len(run.times_us) for run in runs):
        return False
    return len(known) + fresh <= known.most


class _Careful:
    """The same rules cell by cell: each run gets a table of what stays, rows by keys."""

    def __init__(self, batch: Batch, known: KnownChannels) -> None:
        self._batch = batch
        self._known = known
        self._rejected: list[Rejection] = list(batch.rejected)
        self._flagged = 0
        self._runs = [_Cells(run) for run in batch.runs]

    def check(self, received_us: int, latest_us: int) -> Taken:
        newest_us = max((int(run.times.max()) for run in self._runs if len(run.times)), default=0)
        for run in self._runs:
            self._check_keys(run)
            self._check_times(run, received_us, latest_us, newest_us)
        self._check_room()
        duplicates = self._drop_repeats()
        kept = [part for run in self._runs for part in run.parts()]
        batch = replace(
            self._batch,
            runs=kept,
            rejected=sorted(self._rejected, key=lambda rejection: rejection.index),
            clock_flagged=self._batch.clock_flagged + self._flagged,
        )
        return Taken(batch, len(batch), duplicates)

    def _check_keys(self, run: "_Cells") -> None:
        for column, key in enumerate(run.keys):
            if key not in self._known and not legal_key(key):
                self._reject_cells(run, column, run.keep[:, column].copy(), "key")

    def _check_times(self, run: "_Cells", received_us: int, latest_us: int, newest_us: int) -> None:
        early = run.times < EARLIEST_US
        for index in run.indexes[early & run.keep.any(axis=1)].tolist():
            reject(self._rejected, index, "time")
        run.keep[early] = False
        ahead = run.times > latest_us
        self._flagged += int(run.keep[ahead].sum())
        # The newest sample of a clock that runs ahead was taken about now; the others keep their distance from it,
        # or a whole batch would fall on one instant and all but one sample be lost.
        moved = run.times[ahead] - (newest_us - received_us)
        run.times[ahead] = np.where(moved < received_us - FARTHEST_US, received_us, moved)
        for column, key in enumerate(run.keys):
            old = run.keep[:, column] & (run.times < self._known.raw_from(key))
            if old.any():
                self._reject_cells(run, column, old, "older_than_retention")

    def _check_room(self) -> None:
        room = self._known.most - len(self._known)
        admitted: set[str] = set()
        for run in self._runs:
            for column, key in enumerate(run.keys):
                if key in self._known or key in admitted or not run.keep[:, column].any():
                    continue
                if len(admitted) < room:
                    admitted.add(key)
                else:
                    self._reject_cells(run, column, run.keep[:, column].copy(), "too_many_channels")

    def _drop_repeats(self) -> int:
        dropped = 0
        holders: dict[str, list[tuple[_Cells, int]]] = {}
        for run in self._runs:
            for column, key in enumerate(run.keys):
                holders.setdefault(key, []).append((run, column))
        for places in holders.values():
            rows = [np.flatnonzero(run.keep[:, column]) for run, column in places]
            times = np.concatenate([run.times[found] for (run, _), found in zip(places, rows, strict=True)])
            indexes = np.concatenate([run.indexes[found] for (run, _), found in zip(places, rows, strict=True)])
            order = np.lexsort((indexes, times))
            repeated = np.zeros(len(times), dtype=np.bool_)
            repeated[order[:-1]] = times[order[1:]] == times[order[:-1]]
            dropped += int(repeated.sum())
            start = 0
            for (run, column), found in zip(places, rows, strict=True):
                run.keep[found[repeated[start : start + len(found)]], column] = False
                start += len(found)
        return dropped

    def _reject_cells(self, run: "_Cells", column: int, cells: NDArray[np.bool_], reason: str) -> None:
        for index in run.indexes[cells].tolist():
            reject(self._rejected, index, reason, run.keys[column])
        run.keep[cells, column] = False


class _Cells:
    """A run as columns, with a table of what stays."""

    def __init__(self, run: Run) -> None:
        rows = len(run.times_us)
        self.keys = run.keys
        self.times: NDArray[np.int64] = np.array(run.times_us, dtype=np.int64)
        self.values: NDArray[np.float64] = np.asarray(run.values, dtype=np.float64).reshape(rows, len(run.keys))
        numbers: Iterable[int] = range(rows) if run.indexes is None else run.indexes
        self.indexes: NDArray[np.int64] = np.fromiter(numbers, dtype=np.int64, count=rows)
        self.keep: NDArray[np.bool_] = np.ones((rows, len(run.keys)), dtype=np.bool_)

    def parts(self) -> Iterable[Run]:
        """Yield a run for each set of keys that is left in some row."""
        patterns = np.unique(self.keep, axis=0) if self.keep.size and not self.keep.all() else self.keep[:1]
        for pattern in patterns:
            if not pattern.any():
                continue
            rows = (self.keep == pattern).all(axis=1)
            yield Run(
                tuple(key for key, stays in zip(self.keys, pattern.tolist(), strict=True) if stays),
                self.times[rows],
                self.values[rows][:, pattern].ravel(),
                self.indexes[rows].tolist(),
            )
