"""A PostgreSQL server of our own: fsync on, synchronous_commit on; and binary COPY into a keyed table."""

import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterable, Sequence
from pathlib import Path
from types import TracebackType
from typing import Final, Self

import numpy as np
import psycopg

from bench.dataset import WIDTH, Slice

_PLACES: Final = ("usr/lib/postgresql/*/bin", "usr/local/pgsql/bin", "opt/homebrew/opt/postgresql*/bin")
_COPY_HEAD: Final = b"PGCOPY\n\xff\r\n\0" + bytes(8)
_COPY_END: Final = b"\xff\xff"
_ROW: Final = np.dtype(
    [("fields", ">i2"), ("ls", ">i4"), ("series", ">i4"), ("lt", ">i4"), ("t", ">i8"), ("lv", ">i4"), ("v", ">f8")]
)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def binaries() -> Path | None:
    """The newest folder with `initdb`, or None; None too for root where there is no user postgres."""
    folders = [folder for place in _PLACES for folder in Path("/").glob(place) if (folder / "initdb").exists()]
    return max(folders, default=None, key=str)


class Postgresql:
    """Runs as user postgres when we are root, because it refuses root."""

    def __init__(self, folder: Path, bin_dir: Path) -> None:
        self._bin = bin_dir
        self._data = folder / "data"
        self._port = free_port()
        self._databases = 0
        if os.geteuid() == 0:
            shutil.chown(folder, "postgres")
        self._run("initdb", "-D", str(self._data), "-U", "bench", "-A", "trust", "-E", "UTF8", "--no-sync")
        options = (
            f"-p {self._port} -c listen_addresses=127.0.0.1 -k {folder} -c shared_buffers=256MB -c max_wal_size=2GB"
        )
        self._run("pg_ctl", "-D", str(self._data), "-l", str(folder / "log"), "-w", "-o", options, "start")

    def _run(self, command: str, *arguments: str) -> None:
        as_postgres: Sequence[str] = ("runuser", "-u", "postgres", "--") if os.geteuid() == 0 else ()
        subprocess.run(
            [*as_postgres, str(self._bin / command), *arguments],
            check=True,
            cwd="/",
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._run("pg_ctl", "-D", str(self._data), "-m", "immediate", "-w", "stop")

    def new_database(self) -> str:
        """The conninfo of an empty database."""
        self._databases += 1
        with psycopg.connect(self._conninfo("postgres"), autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE bench{self._databases}")
        return self._conninfo(f"bench{self._databases}")

    def _conninfo(self, database: str) -> str:
        return f"host=127.0.0.1 port={self._port} user=bench dbname={database}"

    def url(self, conninfo: str) -> str:
        """The same as Ohmstead writes it."""
        database = conninfo.rpartition("=")[2]
        return f"postgresql+psycopg://bench@127.0.0.1:{self._port}/{database}"

    @staticmethod
    def table_bytes(conninfo: str) -> int:
        """All user tables with their indexes and out-of-line data, after a plain VACUUM."""
        with psycopg.connect(conninfo, autocommit=True) as connection:
            connection.execute("VACUUM")
            row = connection.execute(
                "SELECT sum(pg_total_relation_size(relid)) FROM pg_catalog.pg_statio_user_tables"
            ).fetchone()
        assert row is not None
        return int(row[0])


def copy_bytes(batch: Sequence[Slice]) -> bytes:
    """The batch in COPY's binary form, three fields a row, made without a Python object per sample."""
    parts = []
    for meter, times, values in batch:
        for n in range(WIDTH):
            rows = np.zeros(len(times), _ROW)
            rows["fields"], rows["ls"], rows["lt"], rows["lv"] = 3, 4, 8, 8
            rows["series"], rows["t"], rows["v"] = meter * WIDTH + n + 1, times, values[n::WIDTH]
            parts.append(rows.tobytes())
    return _COPY_HEAD + b"".join(parts) + _COPY_END


def time_copy(conninfo: str, batches: Iterable[Sequence[Slice]]) -> float:
    """Seconds to COPY every batch in a transaction of its own. It could not take a sample twice."""
    with psycopg.connect(conninfo) as connection:
        connection.execute("CREATE TABLE sample (series integer, t bigint, v float8, PRIMARY KEY (series, t))")
        connection.commit()
        began = time.perf_counter()
        for batch in batches:
            with connection.cursor().copy("COPY sample FROM STDIN (FORMAT BINARY)") as copy:
                copy.write(copy_bytes(batch))
            connection.commit()
        return time.perf_counter() - began
