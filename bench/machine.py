"""Facts of the machine that a figure is worth nothing without; no names, no paths."""

import datetime
import importlib.metadata
import os
import platform
import sqlite3
import time
from pathlib import Path
from statistics import median
from typing import Any, Final

from bench.workspace import file_system

LIBRARIES: Final = (
    "numpy", "pcodec", "zstandard", "msgspec", "sqlalchemy", "psycopg", "uvicorn", "uvloop", "httptools", "fastapi",
)  # fmt: skip


def facts(folder: Path) -> dict[str, Any]:
    p50, p99 = fsync_ms(folder)
    return {
        "date": datetime.datetime.now(datetime.UTC).date().isoformat(),
        "cores": os.cpu_count(),
        "processor": _processor(),
        "memory_gib": round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30, 1),
        "system": f"{platform.system()} {platform.release().split('-')[0]} {platform.machine()}",
        "file_system": file_system(folder),
        "python": platform.python_version(),
        "sqlite": sqlite3.sqlite_version,
        "libraries": {name: _version(name) for name in LIBRARIES},
        "fsync_p50_ms": p50,
        "fsync_p99_ms": p99,
    }


def _version(name: str) -> str:
    try:
        return importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return "missing"


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.processor()
    return next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), "")


def fsync_ms(folder: Path, rounds: int = 200) -> tuple[float, float]:
    """Median and 99th percentile of appending 4 KiB and waiting until the disk has it."""
    path = folder / "fsync-probe"
    block = os.urandom(4096)
    took = []
    with path.open("wb", buffering=0) as file:
        for _ in range(rounds):
            began = time.perf_counter()
            file.write(block)
            os.fdatasync(file.fileno())
            took.append((time.perf_counter() - began) * 1000)
    path.unlink()
    took.sort()
    return round(median(took), 3), round(took[int(0.99 * (len(took) - 1))], 3)


def processor_s(pid: int) -> float:
    """Processor time a process has used so far, all its threads: it hardly changes when others want the machine too."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def load_average() -> float:
    return os.getloadavg()[0]


def spin_ms() -> float:
    """How long a fixed piece of pure Python takes: the noise of the machine, seen between the areas."""
    began = time.perf_counter()
    total = 0
    for n in range(2_000_000):
        total += n & 7
    return (time.perf_counter() - began) * 1000
