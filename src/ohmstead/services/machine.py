"""The computer below the server: room on its disk, and how fast that goes."""

import os
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from ohmstead.domain.telemetry import HOUR, SECOND

LEAST_FREE_BYTES: Final = 500 << 20
LEAST_FREE_SHARE: Final = 0.03
# A file grows in steps: over less than that a rate would be a guess.
_LONG_ENOUGH_US: Final = 6 * HOUR


@dataclass(frozen=True, slots=True)
class Room:
    """Bytes; `full_in_s` is None while nothing grows, or too little time has passed to tell."""

    folder: str
    total_bytes: int
    free_bytes: int
    data_bytes: int
    full_in_s: int | None

    @property
    def short(self) -> bool:
        """A full disk is near: what arrives then is kept by the devices, as far as they can."""
        return self.free_bytes < max(LEAST_FREE_BYTES, LEAST_FREE_SHARE * self.total_bytes)


class Machine:
    """Blocking, but only for file attributes."""

    def __init__(self, folder: Path, started_at: int) -> None:
        self._folder = folder
        self._started_at = started_at
        self._first_bytes = _size(folder)

    def room(self, now: int) -> Room:
        usage, data = shutil.disk_usage(self._folder), _size(self._folder)
        return Room(str(self._folder.resolve()), usage.total, usage.free, data, self._full_in(usage.free, data, now))

    def _full_in(self, free: int, data: int, now: int) -> int | None:
        passed, grown = now - self._started_at, data - self._first_bytes
        if passed < _LONG_ENOUGH_US or grown <= 0:
            return None
        return round(free / grown * passed / SECOND)


def _size(folder: Path) -> int:
    """Bytes of the files in the folder itself: the database and what belongs to it."""
    found = 0
    with os.scandir(folder) as entries:
        for entry in entries:
            try:
                found += entry.stat().st_size if entry.is_file(follow_symlinks=False) else 0
            except FileNotFoundError:  # a journal of the database comes and goes
                continue
    return found
