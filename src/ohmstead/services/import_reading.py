"""Which reader a job needs, and what it has to know before the first row."""

import hashlib
from dataclasses import replace
from pathlib import Path
from typing import Final
from zoneinfo import ZoneInfo, available_timezones

import numpy as np

from ohmstead.domain.telemetry import DAY, MS
from ohmstead.importing.chunks import Reader, UnusableFile
from ohmstead.importing.current_logger import CurrentLoggerFile, make_plan
from ohmstead.importing.day_plan import AHEAD_US, DayPlan, day_of
from ohmstead.importing.detecting import HEAD_BYTES, Detected, detect, encoding_of
from ohmstead.importing.force_test import ForceTestFile
from ohmstead.importing.generic_csv import GenericCsv
from ohmstead.importing.layouts import layout_of, recoded
from ohmstead.importing.meter_sqlite import MeterSqlite
from ohmstead.importing.wall_clock import offsets
from ohmstead.services.import_jobs import Job, Kind, Options

# The dialect whose devices such files come from.
DIALECTS: Final[dict[Kind, str]] = {
    "current-logger": "current-logger",
    "meter-sqlite": "meter",
    "imtp": "load-cell",
    "csv": "native",
}


def zone_of(name: str) -> ZoneInfo:
    if name not in available_timezones():
        raise UnusableFile(f"{name!r:.60} is not a time zone of the tz database; one is Europe/Budapest")
    return ZoneInfo(name)


def preview(path: Path, options: Options) -> Detected:
    """What a table of text looks like, from its first bytes."""
    source = recoded(path)
    with source.open("rb") as file:
        return look(file.read(HEAD_BYTES), options)


def look(head: bytes, options: Options) -> Detected:
    encoding, mark = encoding_of(head)
    if encoding.startswith("utf-16"):
        head = head[mark:].decode(encoding, "replace").encode()
    return detect(
        head,
        separator=options.separator,
        decimal=options.decimal,
        header=options.header,
        time_column=options.time_column,
        time_format=options.time_format,
    )


def open_reader(job: Job, path: Path, zone: str, plan: DayPlan | None) -> Reader:
    """The reader of a job's file. `zone` is that of times without an offset. Raises UnusableFile."""
    if job.sha256 is not None and job.position == 0 and _sha256(path) != job.sha256:
        raise UnusableFile("the file arrived differently from what was announced: it changed while it was sent")
    if job.kind == "meter-sqlite":
        return MeterSqlite(path)
    if job.kind == "imtp":
        return ForceTestFile(path, zone_of(zone))
    if job.kind == "current-logger":
        assert plan is not None
        return CurrentLoggerFile(path, plan, zone_of(zone))
    options = job.options
    mapping = None if options.columns is None else [(one.column, one.channel()) for one in options.columns]
    return GenericCsv(recoded(path), layout_of(preview(path, options), mapping), zone_of(zone))


def plan_days(job: Job, path: Path, zone: str, known: list[DayPlan]) -> DayPlan:
    """Dates for the rows of a current logger's file."""
    options, where = job.options, zone_of(zone)
    first_day = day_of(options.first_date) if options.first_date is not None else None
    end_us = None if job.modified_at is None else job.modified_at * MS
    if options.last_date is not None:
        end_us = _end_of_day(day_of(options.last_date), where)
    plan = make_plan(path, where, known, end_us=end_us, first_day=first_day)
    return replace(plan, done=0) if options.again else plan


def _end_of_day(day: int, zone: ZoneInfo) -> int:
    """The latest time a file can have whose last row is of this day, whatever its time of day."""
    local = np.array([(day + 1) * DAY - AHEAD_US - 1])
    return int(local[0] - offsets(zone, local)[1][0])


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
