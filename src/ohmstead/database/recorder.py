"""What the writer asks of the one who records samples."""

from collections.abc import Sequence
from typing import Any, Protocol

import sqlalchemy as sa


class Recorder(Protocol):
    """Writes what was appended, as part of the group. The writer knows nothing of samples but their number."""

    def record(self, connection: sa.Connection, cursor: Any, items: Sequence[Any]) -> None:
        """In the transaction, writer thread: make `items` durable."""

    def committed(self, items: Sequence[Any]) -> None:
        """Writer thread, right after COMMIT."""

    def announce(self, items: Sequence[Any]) -> None:
        """Event loop, before the commit callbacks of the group."""

    def doubtful(self, items: Sequence[Any]) -> None:
        """Writer thread: the connection broke during COMMIT; `items` were reported as failed but may be stored."""

    def reconnected(self, connection: sa.Connection) -> None:
        """Writer thread: a new connection stands; find out what became of doubtful items."""
