"""A throw-away PostgreSQL of our own: default durability, gone with its folder."""

import os
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Self

import psycopg

from system.running_server import free_port

_PLACES = ("/usr/lib/postgresql/*/bin", "/usr/local/pgsql/bin", "/opt/homebrew/opt/postgresql*/bin")


def binaries() -> Path | None:
    """The newest folder with `initdb` and `pg_ctl`, or None."""
    if (found := shutil.which("initdb")) is not None:
        return Path(found).resolve().parent
    folders = [f for place in _PLACES for f in Path("/").glob(place[1:]) if (f / "initdb").exists()]
    return max(folders, default=None, key=str)


class Cluster:
    """One server on a port of 127.0.0.1. Runs as user postgres when we are root, because it refuses root."""

    def __init__(self, folder: Path, bin_dir: Path) -> None:
        self.folder = folder
        self.port = free_port()
        self._bin = bin_dir
        self._databases = 0

    def _run(self, *command: str) -> None:
        as_postgres: Sequence[str] = ("runuser", "-u", "postgres", "--") if os.geteuid() == 0 else ()
        done = subprocess.run([*as_postgres, *command], capture_output=True, text=True, cwd="/", check=False)
        assert done.returncode == 0, f"{command[0]}: {done.stdout}{done.stderr}"

    def create(self) -> Self:
        self.folder.mkdir(parents=True)
        if os.geteuid() == 0:
            shutil.chown(self.folder, "postgres")
        data = self.folder / "data"
        self._run(str(self._bin / "initdb"), "-D", str(data), "-U", "tester", "-A", "trust", "-E", "UTF8", "--no-sync")
        with (data / "postgresql.conf").open("a") as conf:
            conf.write(f"port={self.port}\nlisten_addresses='127.0.0.1'\nunix_socket_directories='{self.folder}'\n")
        self.start()
        return self

    def start(self) -> None:
        data, log = self.folder / "data", self.folder / "log"
        self._run(str(self._bin / "pg_ctl"), "-D", str(data), "-l", str(log), "-w", "start")

    def stop(self, mode: str = "fast") -> None:
        self._run(str(self._bin / "pg_ctl"), "-D", str(self.folder / "data"), "-m", mode, "-w", "stop")

    def url(self, database: str) -> str:
        return f"postgresql+psycopg://tester@127.0.0.1:{self.port}/{database}"

    def new_database(self) -> str:
        """The URL of an empty database."""
        self._databases += 1
        name = f"test_{os.getpid()}_{self._databases}"
        with psycopg.connect(f"postgresql://tester@127.0.0.1:{self.port}/postgres", autocommit=True) as connection:
            connection.execute(f'CREATE DATABASE "{name}"')
        return self.url(name)
