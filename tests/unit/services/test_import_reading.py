"""What an import has to know before its first row."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from ohmstead.domain.errors import IllegalTransition
from ohmstead.importing.chunks import UnusableFile
from ohmstead.importing.current_logger import CurrentLoggerFile
from ohmstead.services.import_jobs import Job, JobState, Options, Spool
from ohmstead.services.import_reading import look, open_reader, plan_days, zone_of

ZONE = "Europe/Budapest"


def a_job(options: Options | None = None, **more: object) -> Job:
    return Job("0" * 16, "current-logger", "f", 1, options or Options(), "admin", 0, **more)  # type: ignore[arg-type]


@pytest.mark.parametrize("last", ["00:00:00.000", "12:00:00.000", "23:59:58.500", "23:59:59.999"])
@pytest.mark.parametrize("date", ["2025-06-01", "2025-10-26", "2025-03-30"])
def test_a_date_told_is_that_of_the_last_row_whatever_its_time(tmp_path: Path, last: str, date: str) -> None:
    path = tmp_path / "current_data.csv"
    path.write_text(f"{last},1\n")
    plan = plan_days(a_job(Options(last_date=date)), path, ZONE, [])
    (chunk,) = CurrentLoggerFile(path, plan, zone_of(ZONE)).chunks(0, {})
    instant = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=int(chunk.parts[0].times_us[0]))
    assert instant.astimezone(zone_of(ZONE)).isoformat(timespec="milliseconds").startswith(f"{date}T{last}")


def test_a_date_that_is_none_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "current_data.csv"
    path.write_text("10:00:00.000,1\n")
    with pytest.raises(UnusableFile, match="is no date"):
        plan_days(a_job(Options(last_date="2025-02-30")), path, ZONE, [])


def test_a_file_that_changed_on_its_way_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "x"
    path.write_bytes(b"other")
    with pytest.raises(UnusableFile, match="changed while it was sent"):
        open_reader(a_job(sha256="0" * 64), path, ZONE, None)


def test_utf16_can_be_looked_at_before_it_is_all_there() -> None:
    found = look("time;power\n2025-06-01T00:00:00Z;1,5\n".encode("utf-16"), Options())
    assert found.names == ["time", "power"]
    assert found.decimal == ","


def test_jobs_survive_and_what_belongs_to_none_goes(tmp_path: Path) -> None:
    import msgspec

    spool = Spool(tmp_path)
    job = a_job(Options(device="d"), position=7, rejected={"time": 2}, rejected_lines={"time": [1, 2]})
    spool.save(job.id, msgspec.json.encode(job))
    (tmp_path / "stray.content").write_bytes(b"x")
    (tmp_path / "broken.json").write_bytes(b"{")
    assert spool.load() == [job]
    assert [path.name for path in tmp_path.iterdir()] == [f"{job.id}.json"]


def test_the_life_of_a_job_is_a_table() -> None:
    job = a_job()
    with pytest.raises(IllegalTransition, match="receiving can become cancelled, failed, ready, not running"):
        job.move(JobState.RUNNING)
    for state in (JobState.READY, JobState.RUNNING, JobState.DONE):
        job.move(state)
    with pytest.raises(IllegalTransition):
        job.move(JobState.CANCELLED)
