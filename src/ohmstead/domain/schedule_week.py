"""A week of schedules, as a calendar shows it: days as long as they are, the sun, and every run."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from ohmstead.domain.schedule import Sun, SunTable, Timing, run_on
from ohmstead.domain.telemetry import SECOND

DAYS: Final = 7


@dataclass(frozen=True, slots=True)
class Day:
    """Half-open: [start, end) in microseconds, 23 to 25 hours. The sun: None where it does not rise or set that day."""

    date: date
    start: int
    end: int
    sunrise: int | None
    sunset: int | None


@dataclass(frozen=True, slots=True)
class Run:
    """`excepted`: it would run then, but its day is an exception."""

    at: int
    excepted: bool = False


def monday_of(now: int, zone: ZoneInfo) -> date:
    today = datetime.fromtimestamp(now // SECOND, zone).date()
    return today - timedelta(days=today.weekday())


def days_from(first: date, zone: ZoneInfo, sun: SunTable) -> list[Day]:
    dates = [first + timedelta(days=n) for n in range(DAYS + 1)]
    starts = [int(datetime.combine(day, time(), zone).timestamp()) * SECOND for day in dates]
    return [
        Day(day, starts[n], starts[n + 1], _us(sun(day, Sun.SUNRISE)), _us(sun(day, Sun.SUNSET)))
        for n, day in enumerate(dates[:DAYS])
    ]


def runs_within(timing: Timing, days: Sequence[Day], zone: ZoneInfo, sun: SunTable) -> list[Run]:
    """In order. An offset from the sun may bring a run of the day before or after into the span."""
    always = replace(timing, exceptions=frozenset())
    first, last = days[0].date - timedelta(days=1), days[-1].date + timedelta(days=1)
    found = []
    for n in range((last - first).days + 1):
        day = first + timedelta(days=n)
        at = run_on(always, day, zone, sun)
        if at is not None and days[0].start <= at < days[-1].end:
            found.append(Run(at, day in timing.exceptions))
    return sorted(found, key=lambda run: run.at)


def _us(instant: datetime | None) -> int | None:
    return None if instant is None else int(instant.timestamp()) * SECOND
