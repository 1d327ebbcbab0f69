"""An import as it is kept: what was asked, how far it is, and what was left out. Files beside the database."""

import os
from collections.abc import Sequence
from enum import StrEnum
from pathlib import Path
from typing import Final, Literal

import msgspec

from ohmstead.domain.errors import IllegalTransition, InvalidInput
from ohmstead.domain.telemetry import Announcement
from ohmstead.importing.chunks import Faults
from ohmstead.importing.times import TimeFormat

Kind = Literal["current-logger", "meter-sqlite", "imtp", "csv"]


class JobState(StrEnum):
    RECEIVING = "receiving"
    READY = "ready"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"


S = JobState
LEGAL: Final = {
    S.RECEIVING: {S.READY, S.FAILED, S.CANCELLED},
    S.READY: {S.RUNNING, S.FAILED, S.CANCELLED},
    S.RUNNING: {S.DONE, S.FAILED, S.CANCELLED},
    S.FAILED: {S.RUNNING, S.CANCELLED},  # the reason may be mended: a wrong option, a full disk
    S.DONE: set[JobState](),
    S.CANCELLED: set[JobState](),
}
ENDED: Final = frozenset({S.DONE, S.CANCELLED})


class ColumnMap(msgspec.Struct, frozen=True):
    """A column of the file, by its heading or number, and the channel it becomes."""

    column: str
    key: str
    quantity: str | None = None
    unit: str | None = None

    def channel(self) -> Announcement:
        return Announcement(self.key, self.quantity, self.unit)


class Options(msgspec.Struct, frozen=True, omit_defaults=True):
    """What a person says about a file; None: found out, or the site's."""

    device: str | None = None  # serial; of meters the file says it itself
    zone: str | None = None  # of times without an offset
    first_date: str | None = None  # current-logger: of the first row
    last_date: str | None = None  # current-logger: of the last row; absent: the file's own time
    again: bool = False  # current-logger: rows that were imported before as well
    separator: str | None = None
    decimal: str | None = None
    header: bool | None = None
    time_column: str | None = None
    time_format: TimeFormat | None = None
    columns: Sequence[ColumnMap] | None = None


class Job(msgspec.Struct):
    id: str
    kind: Kind
    name: str
    size: int
    options: Options
    actor: str
    created_at: int
    sha256: str | None = None
    modified_at: int | None = None
    state: JobState = JobState.RECEIVING
    error: str | None = None
    device: int | None = None
    position: int = 0
    total: int = 0
    reader_state: dict[str, object] = {}
    rows: int = 0
    accepted: int = 0
    duplicates: int = 0
    rejected: dict[str, int] = {}
    rejected_lines: dict[str, list[int]] = {}
    finished_at: int | None = None

    def move(self, to: JobState) -> None:
        """Raises IllegalTransition."""
        if to not in LEGAL[self.state]:
            raise IllegalTransition.of("an import", self.state, LEGAL[self.state], to)
        self.state = to

    def same_file(self, other: "Job") -> bool:
        """Whether going on with this one does what `other` asks for."""
        mine = (self.kind, self.size, self.sha256, self.options, self.name)
        return self.sha256 is not None and mine == (other.kind, other.size, other.sha256, other.options, other.name)

    def leave_out(self, faults: Faults) -> None:
        told = Faults(self.rejected, self.rejected_lines)
        told.merge(faults)


class Spool:
    """`<id>.json` and `<id>.content` in one folder. Methods block; call them in a worker thread."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def load(self) -> list[Job]:
        """Every job whose record can be read, oldest first; what belongs to none is removed."""
        if not self.folder.is_dir():
            return []
        jobs = []
        for path in self.folder.glob("*.json"):
            try:
                jobs.append(msgspec.json.decode(path.read_bytes(), type=Job))
            except (OSError, msgspec.MsgspecError):
                path.unlink(missing_ok=True)
        known = {job.id for job in jobs}
        for path in self.folder.iterdir():
            if path.name.partition(".")[0] not in known:
                path.unlink(missing_ok=True)
        return sorted(jobs, key=lambda job: job.created_at)

    def save(self, job_id: str, record: bytes) -> None:
        """Replace the record in one step, on disk when this returns."""
        self.folder.mkdir(parents=True, exist_ok=True)
        partial = self.folder / f"{job_id}.part"
        with partial.open("wb") as file:
            file.write(record)
            file.flush()
            os.fsync(file.fileno())
        partial.replace(self.folder / f"{job_id}.json")

    def content(self, job_id: str) -> Path:
        return self.folder / f"{job_id}.content"

    def received(self, job_id: str) -> int:
        path = self.content(job_id)
        return path.stat().st_size if path.exists() else 0

    def head(self, job_id: str, size: int) -> bytes:
        try:
            with self.content(job_id).open("rb") as file:
                return file.read(size)
        except FileNotFoundError:
            raise InvalidInput("nothing of the file has arrived yet") from None

    def drop_content(self, job_id: str) -> None:
        for path in self.folder.glob(f"{job_id}.content*"):
            path.unlink(missing_ok=True)

    def drop(self, job_id: str) -> None:
        for path in self.folder.glob(f"{job_id}.*"):
            path.unlink(missing_ok=True)
