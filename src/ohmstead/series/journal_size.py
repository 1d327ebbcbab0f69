"""How large the journal is, without asking the database."""

import threading
from collections import deque


class JournalSize:
    """Bytes of the records that exist. The writer's thread adds, the event loop trims."""

    def __init__(self) -> None:
        self._records: deque[tuple[int, int]] = deque()
        self._lock = threading.Lock()
        self.bytes = 0

    @property
    def lowest(self) -> int | None:
        with self._lock:
            return self._records[0][0] if self._records else None

    def add(self, record: int, size: int) -> None:
        with self._lock:
            self._records.append((record, size))
            self.bytes += size

    def trim(self, end: int) -> None:
        """Records below `end` are gone."""
        with self._lock:
            while self._records and self._records[0][0] < end:
                self.bytes -= self._records.popleft()[1]
