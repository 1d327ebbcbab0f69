"""One writer per data folder."""

import fcntl
import os
from pathlib import Path

from ohmstead.database.errors import StartupError


class FolderLock:
    """An flock on a file beside the database; the kernel drops it when the process ends, however it ends."""

    def __init__(self, path: Path) -> None:
        try:
            self._file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
        except OSError as error:
            raise StartupError(
                f"cannot write in {path.parent}: {error.strerror}; make the folder writable for this user"
            ) from error
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            os.close(self._file)
            raise StartupError(
                f"another ohmstead serves {path.parent}; stop it first or choose another --data-dir"
            ) from error
        os.ftruncate(self._file, 0)
        os.write(self._file, f"{os.getpid()}\n".encode())

    def release(self) -> None:
        if self._file >= 0:
            os.close(self._file)
            self._file = -1
