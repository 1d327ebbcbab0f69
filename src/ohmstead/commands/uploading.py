"""One file to the server: what it is, its pieces, and following the import to its end."""

import contextlib
import hashlib
import sqlite3
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from ohmstead.commands.client import PIECE_BYTES, RETRIES_S, Client, ServerError
from ohmstead.commands.progress import Bars
from ohmstead.importing.recognising import recognise

POLL_S: Final = 0.3


@contextlib.contextmanager
def at_rest(path: Path) -> Iterator[Path]:
    """The file itself; for a SQLite database whose newest rows are still in its log, a whole copy."""
    log = path.with_name(path.name + "-wal")
    if not log.exists() or not log.stat().st_size:
        yield path
        return
    with tempfile.TemporaryDirectory(prefix="ohmstead-") as folder:
        copy = Path(folder) / path.name
        with (
            contextlib.closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)) as source,
            contextlib.closing(sqlite3.connect(copy)) as target,
        ):
            source.backup(target)
        yield copy


def kind_of(path: Path) -> str:
    """What a file looks like: one of the kinds of imports."""
    with path.open("rb") as file:
        return recognise(file.read(4096))


def send(client: Client, path: Path, kind: str, options: dict[str, Any], bars: Bars, *, name: str | None = None) -> str:
    """Upload what the server does not have yet; the job's id. Goes on after a lost connection."""
    size = path.stat().st_size
    with path.open("rb") as file:
        sha256 = hashlib.file_digest(file, "sha256").hexdigest()
        job = client.post(
            "/imports",
            {
                "kind": kind,
                "name": name or path.name,
                "size": size,
                "modified_at": int(path.stat().st_mtime * 1000),
                "sha256": sha256,
                "options": options,
            },
        )
        bar = bars.add("sending", size)
        received = job["received"]
        patience = iter(RETRIES_S)
        while job["state"] == "receiving" and received < size:
            bars.move(bar, received, f"{received >> 20} of {size >> 20} MB")
            file.seek(received)
            try:
                job = client.put(f"/imports/{job['id']}/content", file.read(PIECE_BYTES), {"offset": received})
                patience = iter(RETRIES_S)
            except ServerError as error:
                if error.status not in (None, 409, 503) or (pause := next(patience, None)) is None:
                    raise
                time.sleep(pause)
                job = _again(client, job["id"], patience)
            received = job["received"]
        bars.move(bar, size)
    return str(job["id"])


def follow(client: Client, job_id: str, bars: Bars) -> Any:
    """Wait for the end of a started import; its last state. A server that restarts is waited for."""
    bar = bars.add("reading", 1000)
    patience = iter(RETRIES_S)
    while True:
        try:
            job = client.get(f"/imports/{job_id}")
        except ServerError as error:
            if error.status is not None or (pause := next(patience, None)) is None:
                raise
            time.sleep(pause)
            continue
        patience = iter(RETRIES_S)
        bars.move(bar, round(1000 * job["progress"]), f"{job['rows']:,} rows")
        if job["state"] not in ("running", "ready"):
            return job
        time.sleep(POLL_S)


def _again(client: Client, job_id: str, patience: Iterator[float]) -> Any:
    while True:
        try:
            return client.get(f"/imports/{job_id}")
        except ServerError as error:
            if error.status is not None or (pause := next(patience, None)) is None:
                raise
            time.sleep(pause)
