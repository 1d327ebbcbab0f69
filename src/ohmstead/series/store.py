"""The series store: samples in, durable when their ticket is committed; columns out."""

import asyncio
from collections.abc import Callable, Sequence

import numpy as np
import sqlalchemy as sa
from numpy.typing import NDArray

from ohmstead.database import Database
from ohmstead.domain.calendar import Period, edges
from ohmstead.domain.quantity import Kind
from ohmstead.domain.rollups import Rollups, empty
from ohmstead.domain.telemetry import Times, Values
from ohmstead.runtime.clock import Clock
from ohmstead.series.appending import Appending
from ohmstead.series.blocks import BlockReader
from ohmstead.series.charts import Chart, draw
from ohmstead.series.hot import Hot
from ohmstead.series.journal import JournalCodec, Record
from ohmstead.series.layout import Item, Layout, Layouts, Mark, Run
from ohmstead.series.loading import Loaded, load
from ohmstead.series.marks import Marks
from ohmstead.series.reader import Snapshots, TooManySamples
from ohmstead.series.recording import Recording
from ohmstead.series.rollup_packs import ALL, DAYS, FINE_US, load_many
from ohmstead.series.sealer import Sealer
from ohmstead.series.states import known_of
from ohmstead.series.tables import journal
from ohmstead.series.tiers import day_rows, fine_rows
from ohmstead.series.view import UNKNOWN, View


class SeriesStore:
    """One per process, over an open Database. All methods are for the event-loop thread.

    Order of life: construct, `load`, `define` every known series, then `database.start`, `start`, serve, `stop`,
    `database.close`.
    """

    def __init__(self, database: Database, clock: Clock, zone: str = "UTC") -> None:
        self._database = database
        self._clock = clock
        self._hot = Hot()
        self._layouts = Layouts()
        self._device_of: dict[int, int] = {}
        self._kinds: dict[int, Kind] = {}
        self._raw_from: dict[int, int] = {}
        self._versions: dict[int, int] = {}  # by device
        self._shifts: dict[int, int] = {}  # by device
        self._began = clock.now()
        self._marks: dict[int, Marks] = {}
        self.last: dict[int, tuple[int, float]] = {}
        self._sealer = Sealer(database, clock, self._hot, self._device_of, self._kinds, self._marks, zone)
        self._recording = Recording(
            clock, self._hot, self._sealer, self._marks, self._versions, self.last, is_postgresql=database.is_postgresql
        )
        database.writer.attach(self._recording)
        self._appending = Appending(database.writer)

    # ── life ─────────────────────────────────────────────────────────────────────────────────────────────────

    def load(self) -> None:
        """Bring back what is in memory only: last values, marks, hot rows from the journal. Blocks; before serving."""
        loaded: Loaded = self._database.read_now(
            lambda connection: load(connection, self._hot, self._layouts, self._clock.monotonic())
        )
        self._device_of.update(loaded.device_of)
        self._raw_from.update(loaded.raw_from)
        self._versions.update(loaded.versions)
        self._marks.update(loaded.marks)
        self.last.update(loaded.last)
        self._recording.loaded(loaded)
        self._sealer.loaded(loaded)

    def start(self) -> None:
        """Begin sealing in the background; needs the running loop."""
        self._sealer.start(asyncio.get_running_loop())

    async def stop(self) -> None:
        """End background work. Samples still hot stay in the journal."""
        await self._sealer.stop()

    def define(self, series: int, *, device: int, kind: Kind) -> None:
        """Tell the store what a series is. Idempotent."""
        self._device_of[series] = device
        self._kinds[series] = kind

    def layout(self, device: int, series: tuple[int, ...]) -> Layout:
        """Return the interned layout of rows that carry `series` of `device`; hold on to it."""
        layout = self._layouts.get(device, series)
        for one in series:
            self._device_of.setdefault(one, device)
        return layout

    # ── in ───────────────────────────────────────────────────────────────────────────────────────────────────

    def append(self, runs: Sequence[tuple[Layout, Times, Values]], *, mark: Mark | None = None) -> int:
        """Hand samples to the writer and return at once with their ticket.

        Values are flat and row-major, finite, as many as rows times width; the lists belong to the store afterwards.
        `mark` is (device, boot, seq) of the batch. Of small messages that a device sends one after the other,
        those without a mark travel as one run: they share its ticket.
        """
        return self._appending.append(runs, mark)

    def on_stored(self, callback: Callable[[Sequence[Run]], None]) -> None:
        """`callback(runs)` in the loop, after the commit: what became durable, one message or several at a time."""
        self._recording.on_stored.append(callback)

    def on_record(self, callback: Callable[[int, Sequence[Item]], None]) -> None:
        """`callback(record, items)` in the loop, after the commit: a journal record and what was appended in it."""
        self._recording.on_record.append(callback)

    def hold(self, first_needed: Callable[[], int]) -> None:
        """Keep journal records from `first_needed()` on, sealed or not, until it says a higher one."""
        self._sealer.holders.append(first_needed)

    @property
    def last_record(self) -> int:
        """The newest journal record that was told."""
        return self._sealer.announced_upto

    async def records(self, after: int, limit: int) -> list[tuple[int, Record]]:
        """Return up to `limit` journal records above `after` that are still there, in order."""
        query = sa.select(journal.c.id, journal.c.payload).where(journal.c.id > after).order_by(journal.c.id)

        def read(connection: sa.Connection) -> list[tuple[int, Record]]:
            codec = JournalCodec()
            return [(number, codec.decode(data)) for number, data in connection.execute(query.limit(limit))]

        return await self._database.read(read)

    def seen(self, device: int, boot: str, seq: int) -> bool:
        """True if the batch (boot, seq) is among the last 1024 committed ones of the device."""
        marks = self._marks.get(device)
        return marks is not None and (boot, seq) in marks

    @property
    def clock_floor(self) -> int:
        """When the newest group was committed: no time before it is now."""
        return self._recording.clock_floor

    def raw_from(self, series: int) -> int:
        """Samples before this instant are no longer taken."""
        return self._raw_from.get(series, 0)

    def version(self, series: int) -> int:
        """A number that changes whenever data of the series changed, across restarts too."""
        device = self._device_of.get(series, -1)
        # The record that brought the last sample; above it the changes without samples, which a restart forgets:
        # it counts them from a later moment on.
        return ((self._began + self._shifts.get(device, 0)) << 40) + self._versions.get(device, 0)

    # ── out ──────────────────────────────────────────────────────────────────────────────────────────────────

    async def raw(
        self, series: int, t0: int, t1: int, limit: int = 1_000_000
    ) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
        """Return instants and values in [t0, t1), ascending. Raises TooManySamples above `limit`."""
        hot = Snapshots(self._hot, self._device_of, [series]).columns(series)
        low = self.raw_from(series)

        def read(connection: sa.Connection) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
            view = View(connection, BlockReader(connection), series, counter=False, overlay=hot)
            return view.samples(max(t0, low), t1)

        t, v = await self._database.read(read)
        if len(t) > limit:
            raise TooManySamples(limit)
        return t, v

    async def first(self, series: int) -> tuple[int, float] | None:
        """Return the earliest sample, or None."""
        snapshots = Snapshots(self._hot, self._device_of, [series])

        def read(connection: sa.Connection) -> tuple[int, float] | None:
            (view,) = self._views(connection, snapshots, [series])
            t = view.next_sample(-1)
            return None if t is None else (t, float(view.samples(t, t + 1)[1][0]))

        return await self._database.read(read)

    async def chart(self, series: Sequence[int], t0: int, t1: int, points: int) -> list[Chart]:
        """Return one chart per series over [t0, t1) with at most about `points` buckets."""
        snapshots = Snapshots(self._hot, self._device_of, list(series))
        zone = self._sealer.days_zone

        @np.errstate(over="ignore", invalid="ignore")
        def read(connection: sa.Connection) -> list[Chart]:
            views = self._views(connection, snapshots, series)
            return [draw(view, zone, t0, t1, points, self.raw_from(view.series)) for view in views]

        return await self._database.read(read)

    async def days(
        self, series: Sequence[int], zone: str, t0: int, t1: int, only: Sequence[str] = ALL
    ) -> list[Rollups]:
        """Return, per series, the rollups of the calendar days of `zone` that overlap [t0, t1).

        Days without samples are absent. Columns not named in `only` (which must name `start`) are zero: asking for
        few is much faster. Fast in the store's own zone; any other is folded from quarters of an hour.
        """
        snapshots = Snapshots(self._hot, self._device_of, list(series))
        is_own = zone == self._sealer.days_zone

        @np.errstate(over="ignore", invalid="ignore")
        def read(connection: sa.Connection) -> list[Rollups]:
            borders = edges(zone, Period.DAY, t0, t1)
            if not len(borders):
                return [empty(counter=self._is_counter(one)) for one in series]
            views = self._views(connection, snapshots, series, of_hot_only=is_own)
            if not is_own:
                return [view.days(borders, only) for view in views]
            packs = load_many(connection, series, DAYS, int(borders[0]), int(borders[-1]))
            return [day_rows(view, borders, only, packs.get(view.series, ())) for view in views]

        return await self._database.read(read)

    async def quarters(self, series: Sequence[int], t0: int, t1: int) -> list[Rollups]:
        """Return, per series, the rollups of 15 minutes that overlap [t0, t1); those without samples are absent."""
        snapshots = Snapshots(self._hot, self._device_of, list(series))
        low, high = t0 // FINE_US * FINE_US, -(-t1 // FINE_US) * FINE_US

        @np.errstate(over="ignore", invalid="ignore")
        def read(connection: sa.Connection) -> list[Rollups]:
            return [fine_rows(view, low, high) for view in self._views(connection, snapshots, series)]

        return await self._database.read(read)

    def _views(
        self, connection: sa.Connection, snapshots: Snapshots, series: Sequence[int], *, of_hot_only: bool = False
    ) -> list[View]:
        """`of_hot_only`: what is stored packed needs to be known only of series with hot samples."""
        reader = BlockReader(connection)
        overlays = {one: snapshots.columns(one) for one in series}
        known = known_of(connection, [one for one in series if len(overlays[one][0]) or not of_hot_only])
        return [
            View(
                connection,
                reader,
                one,
                counter=self._is_counter(one),
                overlay=overlays[one],
                known=known.get(one, UNKNOWN),
            )
            for one in series
        ]

    def _is_counter(self, series: int) -> bool:
        return self._kinds.get(series) is Kind.COUNTER

    # ── upkeep ───────────────────────────────────────────────────────────────────────────────────────────────

    async def seal(self, everything: bool = False) -> None:
        """Seal what is due, or everything."""
        await self._sealer.seal(everything=everything)

    async def expire(
        self,
        series: int,
        *,
        raw_before: int | None = None,
        fine_before: int | None = None,
        days_before: int | None = None,
    ) -> None:
        """Drop what is older, per tier. `raw_from` moves to the border of a day at or before `raw_before`."""
        border = await self._sealer.expire(series, self.raw_from(series), raw_before, fine_before, days_before)
        if border is not None:
            self._raw_from[series] = border
        self._changed(series)

    async def delete(self, series: Sequence[int]) -> None:
        """Delete all data of these series, in small transactions. Nothing may be appended to them meanwhile."""
        for one in series:
            if one in self._device_of:
                await self._sealer.delete(one)
                self.last.pop(one, None)
                self._raw_from.pop(one, None)
                self._changed(one)

    async def set_zone(self, zone: str) -> None:
        """Make `zone` the store's: its days are the stored ones. All days are folded again. Raises InvalidInput."""
        await self._sealer.set_zone(zone)

    def _changed(self, series: int) -> None:
        device = self._device_of[series]
        self._shifts[device] = self._shifts.get(device, 0) + 1

    def stats(self) -> dict[str, float]:
        """Figures for the metrics and the system page."""
        return {
            "hot_samples": self._hot.samples,
            "journal_bytes": self._sealer.journal.bytes,
            "pending_samples": self._database.writer.pending,
            "groups": self._database.writer.groups,
            "failed_groups": self._database.writer.failed_groups,
            "longest_group_s": self._database.writer.longest_group_s,
            **self._sealer.stats(),
        }
