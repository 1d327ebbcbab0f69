"""A row per sample in SQLite: the plain design, as good as it gets with the standard library."""

import sqlite3
import time
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain, repeat
from pathlib import Path

from bench.dataset import WIDTH, Slice

UPSERT = "INSERT INTO sample VALUES (?, ?, ?) ON CONFLICT (series, t) DO UPDATE SET v = excluded.v"


def rows_of(batch: Sequence[Slice]) -> Iterator[tuple[int, int, float]]:
    return chain.from_iterable(
        zip(repeat(meter * WIDTH + n + 1), times.tolist(), values[n::WIDTH].tolist(), strict=False)
        for meter, times, values in batch
        for n in range(WIDTH)
    )


def time_pour(folder: Path, batches: Iterable[Sequence[Slice]]) -> float:
    """Seconds to upsert every batch in a transaction of its own, synchronous=FULL, until the file is closed."""
    connection = sqlite3.connect(folder / "rows.db", isolation_level=None)
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "cache_size=-65536"):
        connection.execute(f"PRAGMA {pragma}").fetchall()
    connection.execute("CREATE TABLE sample (series INTEGER, t INTEGER, v REAL, PRIMARY KEY (series, t)) WITHOUT ROWID")
    began = time.perf_counter()
    for batch in batches:
        connection.execute("BEGIN")
        connection.executemany(UPSERT, rows_of(batch))
        connection.execute("COMMIT")
    connection.close()
    return time.perf_counter() - began
