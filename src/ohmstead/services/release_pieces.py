"""The content of releases, checked and ready to be given out."""

import asyncio
from collections import OrderedDict
from dataclasses import dataclass
from typing import Final

from ohmstead.domain.errors import NotFound
from ohmstead.storage.release_content import ReleaseContent

KEPT_BYTES: Final = 16 << 20  # in memory


@dataclass(frozen=True, slots=True)
class Piece:
    """One file of a release, whole and as it should be."""

    content: bytes
    sha256: str


class Pieces:
    """Event-loop only; what touches files runs in worker threads."""

    def __init__(self, content: ReleaseContent) -> None:
        self._content = content
        self._kept: OrderedDict[str, tuple[tuple[int, int, int], bytes]] = OrderedDict()

    async def get(self, sha256: str) -> bytes:
        """From memory if the file on disk is still the one that was checked. Raises NotFound."""
        try:
            seen = self._content.path(sha256).stat()
        except OSError:
            raise NotFound("the content of this release is gone") from None
        identity = (seen.st_ino, seen.st_size, seen.st_mtime_ns)
        kept = self._kept.get(sha256)
        if kept is not None and kept[0] == identity:
            self._kept.move_to_end(sha256)
            return kept[1]
        content = await asyncio.to_thread(self._content.get, sha256)
        self._kept[sha256] = (identity, content)
        while sum(len(one) for _, one in self._kept.values()) > KEPT_BYTES and len(self._kept) > 1:
            self._kept.popitem(last=False)
        return content
