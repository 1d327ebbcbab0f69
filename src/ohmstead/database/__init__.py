"""Engine, the one writer, transactions and migrations."""

from ohmstead.database.database import Database
from ohmstead.database.errors import DiskFull, ServerAway, StartupError, StorageFailure
from ohmstead.database.writer import Writer

__all__ = ["Database", "DiskFull", "ServerAway", "StartupError", "StorageFailure", "Writer"]
