"""Instants as devices and people write them, brought to UTC microseconds."""

from datetime import UTC, datetime, timedelta
from typing import Final

EARLIEST_US: Final = 946_684_800_000_000  # 2000-01-01: a clock that was never set says 1970, or 2000 and a little
LATEST_US: Final = 7_258_118_400_000_000  # 2200-01-01: beyond it the number was not a time, or in another unit

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND: Final = timedelta(microseconds=1)
_LONGEST: Final = 48  # characters; RFC 3339 with nine decimals and an offset has 35


def parse_rfc3339(text: str, *, bare_is_utc: bool = False) -> int | None:
    """Return the UTC microseconds of `2025-09-21T08:30:10.5+02:00`, or None when it is not such a text.

    A text without an offset names no instant and gives None, unless `bare_is_utc`. Digits finer than a
    microsecond are cut off.
    """
    # What is at these places tells a date with a time from the other forms of ISO 8601.
    if not 16 <= len(text) <= _LONGEST or text[7] != "-" or text[10] not in "Tt ":
        return None
    try:
        instant = datetime.fromisoformat(text)
    except ValueError:
        try:
            instant = datetime.fromisoformat(text.upper())
        except ValueError:
            return None
    if instant.tzinfo is None:
        if not bare_is_utc:
            return None
        instant = instant.replace(tzinfo=UTC)
    return (instant - _EPOCH) // _MICROSECOND
