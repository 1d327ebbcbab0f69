"""Sunrise and sunset where the site lies."""

from datetime import UTC, date, datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from ohmstead.domain.person import Site
from ohmstead.domain.schedule import Sun, SunTable

_DAY: Final = timedelta(days=1)
# From one day to the next the sun rises and sets at most a few minutes earlier or later, save at the edge of the
# polar day, where it may be an hour, and where a date without its sunset is one.
STEADY: Final = timedelta(minutes=10)


def sun_of(site: Site) -> SunTable:
    """The sun at the site, in UTC; nothing while nobody said where that is."""
    latitude, longitude = site.latitude, site.longitude
    if latitude is None or longitude is None:
        return lambda day, event: None
    from astral import Observer  # loaded on use: few sites have such a schedule
    from astral.sun import sunrise, sunset

    observer, zone = Observer(latitude, longitude), ZoneInfo(site.zone)

    def told(day: date, event: Sun) -> datetime | None:
        try:
            at: datetime = (sunrise if event is Sun.SUNRISE else sunset)(observer, date=day, tzinfo=zone)
        except ValueError:  # polar day and polar night
            return None
        return at.astimezone(UTC)  # two hours of one zone are not always as far apart as they look

    def table(day: date, event: Sun) -> datetime | None:
        at = told(day, event)
        # The library looks at days of UTC: where the sun rises just as one begins, it finds none on one date a year.
        return at or _between(told(day - _DAY, event), told(day + _DAY, event))

    return table


def _between(before: datetime | None, after: datetime | None) -> datetime | None:
    """The event of the day between two others of its kind, if they are as far apart as they should be."""
    if before is None or after is None:
        return None
    drift = (after - before) - 2 * _DAY
    return before + _DAY + drift / 2 if abs(drift) <= STEADY else None
