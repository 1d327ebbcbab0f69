"""What a browser fetches before the overview is painted, as the dashboard's own size check counts it."""

import gzip
import json
from importlib.util import find_spec
from pathlib import Path

from bench.measurement import Measurement
from bench.workspace import Bench

# The page a person sees first; its own chunk is loaded by the router before the first paint.
OVERVIEW = "src/features/devices/DevicesPage.tsx"


def run(bench: Bench) -> list[Measurement]:
    web = _web()
    manifest = web / ".vite" / "manifest.json"
    if not manifest.exists():
        return [Measurement("first-load", note="the dashboard is not built")]
    chunks = json.loads(manifest.read_text())
    files = {"index.html", "scheme.js"}
    if OVERVIEW not in chunks:
        return [Measurement("first-load", note=f"the manifest does not know {OVERVIEW}")]
    visited: set[str] = set()
    _collect(chunks, "index.html", files, visited)
    _collect(chunks, OVERVIEW, files, visited)
    total = sum(len(gzip.compress((web / name).read_bytes(), 9)) for name in files)
    return [Measurement("first-load", [total / 1024], note=f"{len(files)} files")]


def _web() -> Path:
    spec = find_spec("ohmstead")
    assert spec is not None
    assert spec.origin is not None
    return Path(spec.origin).parent / "web"


def _collect(chunks: dict[str, dict[str, object]], key: str, files: set[str], visited: set[str]) -> None:
    if key in visited or key not in chunks:
        return
    visited.add(key)
    chunk = chunks[key]
    files.add(str(chunk["file"]))
    for name in chunk.get("css", ()):  # type: ignore[attr-defined]
        files.add(str(name))
    for name in chunk.get("imports", ()):  # type: ignore[attr-defined]
        _collect(chunks, str(name), files, visited)
