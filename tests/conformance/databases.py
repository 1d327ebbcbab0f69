"""Both databases for tests: a SQLite file, and a throw-away PostgreSQL server where its programs are installed."""

import os
import pwd
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import sqlalchemy as sa


def binaries() -> Path | None:
    """Return the folder with initdb and pg_ctl, or None."""
    on_path = shutil.which("pg_ctl")
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/pg_ctl"))
    if on_path is not None:
        return Path(on_path).parent
    return found[-1].parent if found else None


class PostgresServer:
    """Data in a folder of its own; `stop` and `start` are for tests of a lost connection."""

    def __init__(self, programs: Path, folder: Path) -> None:
        self._programs = programs
        self._folder = folder
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port: int = probe.getsockname()[1]
        self._as_user: list[str] = []
        if os.geteuid() == 0:
            owner = pwd.getpwnam("postgres")
            os.chown(folder, owner.pw_uid, owner.pw_gid)
            self._as_user = ["runuser", "-u", "postgres", "--"]
        self._run("initdb", "-D", str(folder / "data"), "-A", "trust", "-U", "postgres", "--no-sync")

    def _run(self, program: str, *arguments: str) -> None:
        command = [*self._as_user, str(self._programs / program), *arguments]
        done = subprocess.run(command, cwd="/", capture_output=True, text=True, check=False, timeout=60)
        if done.returncode:
            raise RuntimeError(f"{program}: {done.stdout}{done.stderr}")

    def start(self) -> None:
        options = f"-p {self.port} -c listen_addresses=127.0.0.1 -k {self._folder} -c fsync=off -c shared_buffers=32MB"
        log = str(self._folder / "log")
        self._run("pg_ctl", "-D", str(self._folder / "data"), "-l", log, "-w", "-o", options, "start")

    def stop(self) -> None:
        self._run("pg_ctl", "-D", str(self._folder / "data"), "-m", "immediate", "-w", "stop")

    def url(self, database: str = "postgres") -> str:
        return f"postgresql+psycopg://postgres@127.0.0.1:{self.port}/{database}"


@contextmanager
def postgres_server() -> Iterator[PostgresServer]:
    """Run a server for as long as the block lasts. Raises LookupError when its programs are not installed."""
    programs = binaries()
    if programs is None:
        raise LookupError("PostgreSQL is not installed")
    with tempfile.TemporaryDirectory(prefix="ohmstead-pg-", ignore_cleanup_errors=True) as folder:
        Path(folder).chmod(0o755)
        server = PostgresServer(programs, Path(folder))
        server.start()
        try:
            yield server
        finally:
            server.stop()


@pytest.fixture(scope="session")
def server() -> Iterator[PostgresServer]:
    try:
        running = postgres_server()
        with running as found:
            yield found
    except LookupError as missing:
        if os.environ.get("CI"):
            pytest.fail(str(missing))
        pytest.skip(str(missing))


@pytest.fixture(scope="session")
def fresh_database(server: PostgresServer) -> Iterator[Callable[[], str]]:
    """Return a function that makes an empty PostgreSQL database and returns its URL."""
    engine = sa.create_engine(server.url(), isolation_level="AUTOCOMMIT", poolclass=sa.pool.NullPool)
    count = 0

    def make() -> str:
        nonlocal count
        count += 1
        with engine.connect() as connection:
            connection.execute(sa.text(f"CREATE DATABASE test_{count}"))
        return server.url(f"test_{count}")

    yield make
    engine.dispose()


@pytest.fixture(params=["sqlite", "postgresql"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Callable[[], str]:
    """Return a function that makes an empty database and returns its URL; each test runs once per kind."""
    if request.param == "postgresql":
        make: Callable[[], str] = request.getfixturevalue("fresh_database")
        return make
    count = 0

    def here() -> str:
        nonlocal count
        count += 1
        return f"sqlite:///{tmp_path}/{count}/ohmstead.db"

    return here
