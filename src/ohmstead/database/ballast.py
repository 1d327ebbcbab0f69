"""A file that is thrown overboard when the disk is full, so that deletes and the next start still work."""

import errno
import os
from pathlib import Path
from typing import Final

SIZE_BYTES: Final = 16 << 20

_NO_ROOM: Final = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


class Ballast:
    def __init__(self, path: Path, size_bytes: int = SIZE_BYTES) -> None:
        self._path = path
        self._size = size_bytes

    def load(self) -> bool:
        """Make sure the ballast is on the disk; False when there is no room for it."""
        try:
            if self._path.stat().st_blocks * 512 >= self._size:
                return True
        except FileNotFoundError:
            pass
        try:
            with self._path.open("wb") as file:
                os.posix_fallocate(file.fileno(), 0, self._size)
        except OSError as error:
            self.release()
            if error.errno in _NO_ROOM:
                return False
            raise
        return True

    def release(self) -> None:
        self._path.unlink(missing_ok=True)
