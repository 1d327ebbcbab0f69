"""The bytes of releases, once by hash, in a folder of their own. Methods block; call them in a worker thread."""

import contextlib
import errno
import os
from collections.abc import Iterable
from pathlib import Path
from typing import Final
from uuid import uuid4

from ohmstead.domain.errors import NotFound, OutOfSpace
from ohmstead.domain.release import digest

_FULL: Final = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})


class ReleaseContent:
    """`<first two digits>/<sha256>`. A file appears whole or not at all, and is checked whenever it is read."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def path(self, sha256: str) -> Path:
        return self._folder / sha256[:2] / sha256

    def put(self, contents: Iterable[bytes]) -> list[str]:
        """Keep them; on disk when this returns. Hashes of those that were not there before. Raises OutOfSpace."""
        made: list[str] = []
        try:
            for content in contents:
                sha256 = digest(content)
                if not self._is_good(sha256):
                    self._write(self.path(sha256), content)
                    made.append(sha256)
        except OSError as error:
            self.drop(made)
            if error.errno in _FULL:
                raise OutOfSpace("there is no room on the disk for this release") from None
            raise
        return made

    def get(self, sha256: str) -> bytes:
        """Raises NotFound when it is gone or is not what it was."""
        try:
            content = self.path(sha256).read_bytes()
        except FileNotFoundError:
            raise NotFound("the content of this release is gone") from None
        if digest(content) != sha256:
            raise NotFound("the content of this release is damaged")
        return content

    def drop(self, hashes: Iterable[str]) -> None:
        for sha256 in hashes:
            self.path(sha256).unlink(missing_ok=True)
            with contextlib.suppress(OSError):
                self.path(sha256).parent.rmdir()

    def sweep(self, known: Iterable[str]) -> int:
        """Remove what belongs to no release: half a file of a crash, files of a release never recorded."""
        keep, gone = set(known), 0
        for path in self._folder.glob("*/*"):
            if path.name not in keep:
                path.unlink(missing_ok=True)
                gone += 1
        return gone

    def _is_good(self, sha256: str) -> bool:
        try:
            self.get(sha256)
        except NotFound:
            return False
        return True

    def _write(self, path: Path, content: bytes) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        partial = path.with_name(f"{path.name}.{uuid4().hex}.part")
        try:
            with partial.open("xb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            partial.replace(path)
        except BaseException:
            partial.unlink(missing_ok=True)
            raise
        for folder in (path.parent, path.parent.parent):
            handle = os.open(folder, os.O_RDONLY)
            try:
                os.fsync(handle)
            finally:
                os.close(handle)
