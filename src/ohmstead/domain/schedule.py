"""When a schedule runs: a time of day or the sun, on chosen weekdays, but not on excepted days.

Days are those of the site's zone. A time of day that a change of the clocks skips is moved by as much as the clocks
are (02:30 becomes 03:30); one that comes twice counts the first time. So every chosen day has exactly one run, and
at most one where the sun decides: at the poles it does not rise every day.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from typing import Any, Final
from zoneinfo import ZoneInfo

from ohmstead.domain.errors import InvalidInput
from ohmstead.domain.telemetry import MINUTE, SECOND

SEARCHED_DAYS: Final = 366
MOST_OFFSET_MIN: Final = 12 * 60
MOST_EXCEPTIONS: Final = 400
# What was missed while the server was down is made up for, if it is not older than this; later it would surprise.
GRACE_US: Final = 10 * MINUTE


class Sun(StrEnum):
    SUNRISE = "sunrise"
    SUNSET = "sunset"


# (day, event) to the instant, or None where the sun does not do that on that day.
SunTable = Callable[[date, Sun], datetime | None]


@dataclass(frozen=True, slots=True)
class Timing:
    """`at` or `sun` with `offset_min`. `weekdays`: 0 is Monday. `between`: only from and until these days."""

    at: time | None = None
    sun: Sun | None = None
    offset_min: int = 0
    weekdays: frozenset[int] = frozenset(range(7))
    exceptions: frozenset[date] = field(default_factory=frozenset)

    def __post_init__(self) -> None:
        if (self.at is None) == (self.sun is None):
            raise InvalidInput("a schedule runs at a time of day, or at sunrise or sunset")
        if not self.weekdays or not self.weekdays <= set(range(7)):
            raise InvalidInput("weekdays: one or more of 0 (Monday) to 6 (Sunday)")
        if abs(self.offset_min) > MOST_OFFSET_MIN or (self.offset_min and self.sun is None):
            raise InvalidInput(f"offset_min: at most {MOST_OFFSET_MIN} minutes, and only from sunrise or sunset")
        if len(self.exceptions) > MOST_EXCEPTIONS:
            raise InvalidInput(f"at most {MOST_EXCEPTIONS} exceptions")

    def to_json(self) -> dict[str, Any]:
        return {
            "at": None if self.at is None else self.at.isoformat("minutes"),
            "sun": self.sun,
            "offset_min": self.offset_min,
            "weekdays": sorted(self.weekdays),
            "exceptions": sorted(day.isoformat() for day in self.exceptions),
        }

    @classmethod
    def from_json(cls, raw: Mapping[str, Any]) -> "Timing":
        return cls(
            None if raw["at"] is None else time.fromisoformat(raw["at"]),
            None if raw["sun"] is None else Sun(raw["sun"]),
            raw["offset_min"],
            frozenset(raw["weekdays"]),
            frozenset(date.fromisoformat(day) for day in raw["exceptions"]),
        )


def run_on(timing: Timing, day: date, zone: ZoneInfo, sun: SunTable) -> int | None:
    """The instant of the run that belongs to a day; None if it has none."""
    if day.weekday() not in timing.weekdays or day in timing.exceptions:
        return None
    if timing.at is not None:
        # fold=0: the first of two equal times; one that does not exist keeps its distance from midnight.
        return _us(datetime.combine(day, timing.at, zone))
    assert timing.sun is not None  # __post_init__ made sure
    event = sun(day, timing.sun)
    # In UTC: an offset is as long as it says, over a change of the clocks too.
    return None if event is None else _us(event.astimezone(UTC) + timedelta(minutes=timing.offset_min))


def next_run(timing: Timing, after: int, zone: ZoneInfo, sun: SunTable) -> int | None:
    """The first run after an instant (not at it); None if there is none within a year."""
    # A day earlier and later than the day of `after`: an offset from the sun may reach over midnight.
    day = datetime.fromtimestamp(after // SECOND, zone).date() - timedelta(days=1)
    soonest: int | None = None
    for _ in range(SEARCHED_DAYS + 2):
        run = run_on(timing, day, zone, sun)
        if run is not None and run > after and (soonest is None or run < soonest):
            soonest = run
        if soonest is not None and _us(datetime.combine(day, time(12), zone)) > soonest:
            return soonest
        day += timedelta(days=1)
    return soonest


@dataclass(frozen=True, slots=True)
class Due:
    """What a schedule has to do now. `run`: the occurrence to carry out, if any; `done_until`: what is dealt with."""

    run: int | None
    done_until: int
    skipped: int = 0


def due(timing: Timing, done_until: int, now: int, zone: ZoneInfo, sun: SunTable) -> Due:
    """After a pause only the latest occurrence counts, and only while it is fresh: the others are skipped."""
    latest: int | None = None
    missed = 0
    at = max(done_until, now - SEARCHED_DAYS * 24 * 60 * MINUTE)
    while (run := next_run(timing, at, zone, sun)) is not None and run <= now:
        missed += latest is not None
        latest = at = run
    if latest is None:
        return Due(None, done_until)
    if now - latest > GRACE_US:
        return Due(None, latest, missed + 1)
    return Due(latest, latest, missed)


def _us(instant: datetime) -> int:
    whole = instant.astimezone(UTC)
    return int(whole.timestamp()) * SECOND
