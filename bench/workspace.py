"""Where an area works: a folder on a real disk, fixtures that areas share, and how much effort to spend."""

import os
import shutil
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

MEMORY_ONLY: Final = {"tmpfs", "ramfs"}


@dataclass(frozen=True, slots=True)
class Bench:
    """`quick` is a smoke run: it proves that the bench works, its figures mean nothing."""

    folder: Path
    quick: bool = False

    @property
    def rounds(self) -> int:
        return 1 if self.quick else 3

    def scale(self, full: int, quick: int) -> int:
        return quick if self.quick else full

    def fresh(self, name: str) -> Path:
        """An empty folder of that name."""
        path = self.folder / name
        shutil.rmtree(path, ignore_errors=True)
        path.mkdir(parents=True)
        return path

    def once(self, name: str, build: Callable[[Path], None]) -> Path:
        """The folder that `build` fills; the first area that needs it pays, the others find it."""
        path = self.folder / "shared" / name
        if not (path / ".complete").exists():
            shutil.rmtree(path, ignore_errors=True)
            path.mkdir(parents=True)
            build(path)
            (path / ".complete").touch()
        return path


def file_system(path: Path) -> str:
    """The type of the file system that holds `path`; empty where the system does not tell."""
    best = ("", "")
    try:
        mounts = Path("/proc/mounts").read_text().splitlines()
    except OSError:
        return ""
    for line in mounts:
        _, place, kind, *_ = line.split()
        if path.is_relative_to(place) and len(place) >= len(best[0]):
            best = (place, kind)
    return best[1]


def make_folder() -> Path:
    """A new folder below OHMSTEAD_BENCH_DIR, or the system's, that is not only memory."""
    wanted = os.environ.get("OHMSTEAD_BENCH_DIR")
    for parent in (wanted,) if wanted else (tempfile.gettempdir(), "/var/tmp", "."):
        resolved = Path(parent).resolve()
        if file_system(resolved) not in MEMORY_ONLY:
            folder = Path(tempfile.mkdtemp(prefix="ohmstead-bench-", dir=resolved))
            folder.chmod(0o755)  # a PostgreSQL of another user works in it
            return folder
    raise SystemExit("every temporary folder is in memory; name one on a disk with OHMSTEAD_BENCH_DIR")


def tree_bytes(path: Path) -> int:
    """What the files below `path` hold."""
    total = 0
    for one in path.rglob("*"):
        try:
            total += one.stat().st_size if one.is_file() else 0
        except OSError:  # a server may remove its files meanwhile
            continue
    return total
