"""Dates for a file that tells times of day only: where days begin in it, found once and kept.

Pure: the jumps of the clock in, segments with a date each out.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final, NamedTuple, Self
from zoneinfo import ZoneInfo

from ohmstead.domain.telemetry import DAY, SECOND
from ohmstead.importing.chunks import UnusableFile
from ohmstead.importing.wall_clock import is_repeated, local_of

# Steps back of less than this are a clock that was corrected, not a new day.
JITTER_US: Final = 60 * SECOND
# The device sets its clock by NTP; the file's own time may be a little behind the last row.
AHEAD_US: Final = 5 * SECOND
MOST_JUMPS: Final = 100_000
_EPOCH_DAY: Final = date(1970, 1, 1).toordinal()


class Jump(NamedTuple):
    """Between two rows the time of day fell (or, across midnight, was corrected back)."""

    offset: int  # bytes before the later row
    before_us: int
    after_us: int


class Segment(NamedTuple):
    """Rows from this byte on are of this day (days since 1970), in the second pass of a repeated hour or not."""

    offset: int
    day: int
    second: bool


@dataclass(frozen=True, slots=True)
class Rhythm:
    """What one look through rows found: the first and last time of day, and the jumps between."""

    first_us: int
    last_us: int
    jumps: Sequence[Jump]


@dataclass(frozen=True, slots=True)
class DayPlan:
    """Dates of the first `size` bytes of a file whose SHA-256 is `digest`; `done` bytes of them are imported."""

    size: int
    digest: str
    segments: tuple[Segment, ...]
    last_us: int  # time of day of the last row
    done: int = 0

    def to_json(self) -> dict[str, Any]:
        return {
            "size": self.size,
            "digest": self.digest,
            "segments": [list(s) for s in self.segments],
            "last_us": self.last_us,
            "done": self.done,
        }

    @classmethod
    def from_json(cls, told: dict[str, Any]) -> Self:
        segments = tuple(Segment(int(o), int(d), bool(s)) for o, d, s in told["segments"])
        return cls(told["size"], told["digest"], segments, told["last_us"], told["done"])


def day_of(text: str) -> int:
    """Days since 1970 of `YYYY-MM-DD`. Raises UnusableFile."""
    try:
        return date.fromisoformat(text).toordinal() - _EPOCH_DAY
    except ValueError:
        raise UnusableFile(f"{text!r:.40} is no date; write it as 2025-09-21") from None


def dated_back(rhythm: Rhythm, start: int, zone: ZoneInfo, end_us: int) -> list[Segment]:
    """Segments for rows from byte `start` on whose last row was written at about `end_us`."""
    local = local_of(zone, end_us + AHEAD_US)
    last_day = (local - rhythm.last_us) // DAY
    return _back_from(last_day, rhythm, start, zone)


def _back_from(last_day: int, rhythm: Rhythm, start: int, zone: ZoneInfo) -> list[Segment]:
    segments: list[Segment] = []
    day = last_day
    for jump in reversed(rhythm.jumps):
        repeats = _repeats(zone, day, jump)
        segments.append(Segment(jump.offset, day, repeats))
        day -= 0 if repeats else _days(jump)
    segments.append(Segment(start, day, second=False))
    return segments[::-1]


def dated_on(rhythm: Rhythm, start: int, zone: ZoneInfo, first_day: int, *, second: bool = False) -> list[Segment]:
    """Segments for rows from byte `start` on, the first of which is of `first_day`."""
    segments = [Segment(start, first_day, second)]
    day = first_day
    for jump in rhythm.jumps:
        repeats = _repeats(zone, day, jump)
        day += 0 if repeats else _days(jump)
        segments.append(Segment(jump.offset, day, repeats))
    return segments


def continued(known: DayPlan, rhythm: Rhythm, zone: ZoneInfo, end_us: int | None) -> list[Segment]:
    """Segments for the rows behind `known`: dated back from the end, or on from what is known where that fails."""
    last = known.segments[-1]
    if end_us is not None:
        segments = dated_back(rhythm, known.size, zone, end_us)
        if (segments[0].day - last.day) * DAY + rhythm.first_us >= known.last_us - JITTER_US:
            return segments
    joint = Jump(known.size, known.last_us, rhythm.first_us)
    day, second = last.day, last.second
    if is_jump(joint.after_us - joint.before_us):
        second = _repeats(zone, day, joint)
        day += 0 if second else _days(joint)
    return dated_on(rhythm, known.size, zone, day, second=second)


def is_jump(step_us: int) -> bool:
    """Whether a step between two times of day cannot lie within one pass of one day."""
    return step_us < -JITTER_US or step_us > DAY - JITTER_US


def _days(jump: Jump) -> int:
    return 1 if jump.after_us < jump.before_us else -1


def _repeats(zone: ZoneInfo, day: int, jump: Jump) -> bool:
    """Whether this fall is the hour that autumn repeats."""
    if jump.after_us > jump.before_us:
        return False
    return is_repeated(zone, day * DAY + jump.after_us) and is_repeated(zone, day * DAY + jump.before_us)
