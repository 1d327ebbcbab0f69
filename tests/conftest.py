"""Fixtures that tests of several levels share: running servers and databases."""

import contextlib
import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings

from system import postgres_cluster
from system.postgres_cluster import Cluster
from system.running_server import RunningServer
from system.starting import StartServer, missing
from world import world  # noqa: F401 - a fixture for every unit test

# A busy machine is no wrong answer: time is measured by `make bench` alone.
settings.register_profile("ohmstead", deadline=None)
settings.load_profile("ohmstead")

# The quick ones first. Browser tests last: Playwright keeps an event loop in the main thread, beside which no
# asynchronous test can run. Where several processes share the tests, each takes the files in this order too.
ORDER = ("unit", "migrations", "conformance", "contract", "system", "browser")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    def level(item: pytest.Item) -> int:
        return next((n for n, name in enumerate(ORDER) if name in item.path.parts), 0)

    items.sort(key=level)


@pytest.fixture(scope="session")
def postgres_cluster_() -> Iterator[Cluster]:
    if (bin_dir := postgres_cluster.binaries()) is None:
        missing("PostgreSQL (initdb, pg_ctl)")
    assert bin_dir is not None
    # Not below pytest's own folder: that one is closed to the user `postgres`.
    with tempfile.TemporaryDirectory(prefix="ohmstead-pg-", ignore_cleanup_errors=True) as folder:
        Path(folder).chmod(0o755)
        cluster = Cluster(Path(folder) / "cluster", bin_dir).create()
        yield cluster
        cluster.stop("immediate")


@pytest.fixture
def postgres_url(postgres_cluster_: Cluster) -> str:
    """The URL of an empty database on a server of our own."""
    return postgres_cluster_.new_database()


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    """One server for the tests of a module; each test uses serials of its own."""
    with RunningServer(tmp_path_factory.mktemp("server") / "data") as running:
        yield running


@pytest.fixture
def start_server(tmp_path: Path) -> Iterator[StartServer]:
    """Starts servers that one test has for itself; all are gone afterwards."""
    with contextlib.ExitStack() as running:

        def start(name: str = "data", **options: Any) -> RunningServer:
            made = RunningServer(tmp_path / name, **options)
            running.callback(made.close)
            return made.start()

        yield start


@pytest.fixture
def small_disk() -> Iterator[Path]:
    """A file system of 40 MB, full sooner than any patience ends."""
    import subprocess

    folder = Path(tempfile.mkdtemp(prefix="ohmstead-disk-"))
    command = ["mount", "-t", "tmpfs", "-o", "size=40m", "tmpfs", str(folder)]
    if os.geteuid() != 0 or shutil.which("mount") is None:
        folder.rmdir()
        pytest.skip("only root may mount a small file system")
    if subprocess.run(command, capture_output=True, check=False).returncode:
        folder.rmdir()
        pytest.skip("mounting is not permitted here")
    yield folder
    subprocess.run(["umount", "-l", str(folder)], check=False)
    folder.rmdir()
