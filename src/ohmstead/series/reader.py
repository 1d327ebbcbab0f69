"""Reading samples: what is hot and what is sealed, as one."""

from collections.abc import Mapping

from ohmstead.series.hot import EMPTY, Columns, Hot, Snapshot
from ohmstead.series.merging import settled


class TooManySamples(Exception):
    """A raw read would return more than `limit` samples."""

    def __init__(self, limit: int) -> None:
        super().__init__(f"more than {limit} samples; ask for a shorter span")
        self.limit = limit


class Snapshots:
    """Copies of the hot rows of some devices.

    Must be taken before the database snapshot: sealing may move rows from here to blocks meanwhile. Then they are
    in both, which is harmless; the other way round they would be in neither.
    """

    def __init__(self, hot: Hot, device_of: Mapping[int, int], series: list[int]) -> None:
        self._device_of = device_of
        self._taken: dict[int, Snapshot | None] = {}
        for one in series:
            device = device_of.get(one)
            if device is not None and device not in self._taken:
                self._taken[device] = hot.snapshot(device)

    def columns(self, series: int) -> Columns:
        """Return the hot samples of a series, ascending."""
        device = self._device_of.get(series)
        snapshot = self._taken.get(device) if device is not None else None
        return settled(*snapshot.columns(series)) if snapshot is not None else EMPTY
