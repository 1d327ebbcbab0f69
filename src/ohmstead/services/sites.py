"""The default site: a name and the time zone in which its days begin."""

import asyncio
from dataclasses import replace
from zoneinfo import available_timezones

from ohmstead.database import Database
from ohmstead.domain.errors import InvalidInput, NotFound
from ohmstead.domain.person import Site
from ohmstead.series import SeriesStore
from ohmstead.services.audit import Audit
from ohmstead.storage import sites as store


def stored_zone(database: Database) -> str | None:
    """The default site's zone, before anything else is loaded. Blocks; None on a new installation."""
    sites = database.read_now(store.load)
    return sites[0].zone if sites else None


class Sites:
    def __init__(self, database: Database, series: SeriesStore, audit: Audit, zone: str) -> None:
        self._database = database
        self._series = series
        self._zone_changed = asyncio.Event()
        self._audit = audit
        self._first_zone = zone
        self._sites: dict[int, Site] = {}

    async def load(self) -> None:
        self._sites = {s.id: s for s in await self._database.read(store.load)}
        if not self._sites:
            site = Site(1, "Home", self._first_zone)
            await self._database.write(lambda c: store.insert(c, site))
            self._sites[site.id] = site

    async def keep_days(self) -> None:
        """Fold the stored days again whenever the site's zone changed: minutes of work for years of data."""
        while True:
            await self._zone_changed.wait()
            self._zone_changed.clear()
            await self._series.set_zone(self.default.zone)

    @property
    def default(self) -> Site:
        return next(iter(self._sites.values()))

    def all(self) -> list[Site]:
        return list(self._sites.values())

    async def change(
        self,
        site_id: int,
        actor: str,
        name: str | None = None,
        zone: str | None = None,
        place: tuple[float, float] | None = None,
        uncounted: frozenset[int] | None = None,
    ) -> Site:
        """Raises NotFound, and InvalidInput for a zone the tz database does not have.

        `place` is (degrees north, degrees east). `uncounted`: devices that are no part of the sums.
        """
        if site_id not in self._sites:
            raise NotFound("there is no such site")
        if zone is not None and zone not in available_timezones():
            raise InvalidInput(f"{zone!r} is not a time zone of the tz database")
        old = self._sites[site_id]
        site = replace(old, name=(name or old.name).strip()[:64] or old.name, zone=zone or old.zone)
        if place is not None:
            site = replace(site, latitude=place[0], longitude=place[1])
        if uncounted is not None:
            site = replace(site, uncounted=uncounted)
        if site != old:
            columns = {n: getattr(site, n) for n in ("name", "zone", "latitude", "longitude")}
            columns["uncounted"] = sorted(site.uncounted)
            await self._database.write(lambda c: store.update(c, site_id, **columns))
            self._sites[site_id] = site
            if site.zone != old.zone:
                self._zone_changed.set()
            await self._audit.record(actor, "site.change", site.name, site.zone)
        return site
