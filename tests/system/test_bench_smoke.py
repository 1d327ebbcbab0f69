"""`python -m bench --quick` works. Its figures mean nothing and none is judged here."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.mark.slow
def test_the_quick_bench_measures_prints_and_writes(tmp_path: Path) -> None:
    into = tmp_path / "results.json"
    areas = "ingest,write_volume,pauses,http"
    command = [sys.executable, "-m", "bench", "--quick", "--only", areas, "--results", str(into)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    document = json.loads(into.read_text())
    measured = {one["id"]: one["measured"] for one in document["results"]}
    expected = {"ingest-sqlite", "written-1000", "pause", "http-single", "http-batch", "http-sequential"}
    assert all((measured[name] or 0) > 0 for name in expected), (measured, done.stderr)
    assert document["machine"]["cores"] >= 1
    assert "durable ingest" in done.stdout


def test_an_unknown_area_is_named() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "bench", "--only", "teleportation"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode != 0
    assert "teleportation" in done.stderr
