"""Calibrations: how counts of a channel become newtons. A history; the newest that was not withdrawn holds."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from typing import Final

import numpy as np

from ohmstead.analysis import calibration as fitting
from ohmstead.analysis.calibration import Calibration, Point
from ohmstead.analysis.context import STANDARD_GRAVITY
from ohmstead.database import Database
from ohmstead.domain.access import Permission, Principal
from ohmstead.domain.calibration import StoredCalibration
from ohmstead.domain.device import Channel
from ohmstead.domain.errors import InvalidInput, NotFound
from ohmstead.domain.telemetry import SECOND
from ohmstead.runtime.clock import Clock
from ohmstead.series import SeriesStore, TooManySamples
from ohmstead.services.audit import Audit
from ohmstead.services.devices import Devices
from ohmstead.storage import calibrations as store

LONGEST_CAPTURE_S: Final = 60.0
MOST_POINTS: Final = 50
FORCE: Final = "force"
SCALABLE: Final = frozenset({"raw", "generic"})  # quantities that a calibration can turn into newtons


@dataclass(frozen=True, slots=True)
class Load:
    """One point as a person gives it: the mass, and counts, or the span in which they were recorded."""

    mass_kg: float
    counts: float | None = None
    start: int | None = None
    end: int | None = None


@dataclass(frozen=True, slots=True)
class Capture:
    """A quiet moment of a channel."""

    samples: int
    mean: float
    sd: float
    start: int
    end: int


class Calibrations:
    def __init__(self, database: Database, series: SeriesStore, devices: Devices, audit: Audit, clock: Clock) -> None:
        self._database = database
        self._series = series
        self._devices = devices
        self._audit = audit
        self._clock = clock
        self._known: dict[int, StoredCalibration] = {}
        self._holding: dict[int, StoredCalibration] = {}  # by channel
        self._lines: dict[int, Calibration] = {}  # by id

    async def load(self) -> None:
        for one in await self._database.read(store.load):
            self._admit(one)

    def _admit(self, one: StoredCalibration) -> None:
        self._known[one.id] = one
        self._lines[one.id] = Calibration.from_json(one.fit)
        valid = [c for c in self._known.values() if c.channel == one.channel and c.withdrawn_at is None]
        if valid:
            self._holding[one.channel] = max(valid, key=lambda c: (c.created_at, c.id))
        else:
            self._holding.pop(one.channel, None)

    # Looking

    def holding(self, channel: int) -> StoredCalibration | None:
        """What holds for a channel now."""
        return self._holding.get(channel)

    def holding_id(self, channel: int) -> int | None:
        held = self._holding.get(channel)
        return None if held is None else held.id

    def of(self, channels: Sequence[int]) -> dict[str, int]:
        """channel → what holds for it now, for those that have one."""
        return {str(c): held.id for c in channels if (held := self._holding.get(c)) is not None}

    def line(self, calibration_id: int | None) -> Calibration | None:
        return None if calibration_id is None else self._lines.get(calibration_id)

    def holding_line(self, channel: int) -> Calibration | None:
        one = self._holding.get(channel)
        return None if one is None else self._lines[one.id]

    def unit(self, channel: Channel, calibration_id: int | None) -> str:
        """In which unit a channel is shown with that calibration."""
        return "N" if calibration_id is not None else channel.unit

    def visible(self, who: Principal, channel_id: int | None) -> list[StoredCalibration]:
        """Newest first. Raises NotFound for a channel that `who` may not see."""
        who.require(Permission.DEVICES_READ)
        if channel_id is not None:
            self._devices.channel(who, channel_id)
        found = [c for c in self._known.values() if channel_id in (None, c.channel) and self._sees(who, c.channel)]
        return sorted(found, key=lambda c: (c.created_at, c.id), reverse=True)

    def get(self, who: Principal, calibration_id: int) -> StoredCalibration:
        who.require(Permission.DEVICES_READ)
        one = self._known.get(calibration_id)
        if one is None or not self._sees(who, one.channel):
            raise NotFound("there is no such calibration")
        return one

    def _sees(self, who: Principal, channel: int) -> bool:
        try:
            self._devices.channel(who, channel)
        except NotFound:
            return False
        return True

    async def capture(self, who: Principal, channel_id: int, seconds: float) -> Capture:
        """Mean and spread of what a channel sent last. Raises InvalidInput when that is nothing."""
        self._devices.channel(who, channel_id)
        if not 0.1 <= seconds <= LONGEST_CAPTURE_S:
            raise InvalidInput(f"0.1–{LONGEST_CAPTURE_S:g} seconds")
        end = self._clock.now() + 1
        if (last := self._series.last.get(channel_id)) is not None:
            end = last[0] + 1
        return await self._captured(channel_id, end - round(seconds * SECOND), end)

    async def _captured(self, channel_id: int, start: int, end: int) -> Capture:
        try:
            _, values = await self._series.raw(channel_id, start, end, 200_000)
        except TooManySamples:
            raise InvalidInput("a shorter span is enough for a point") from None
        if len(values) < 2:
            raise InvalidInput("this channel sent nothing in that span")
        return Capture(len(values), float(np.mean(values)), float(np.std(values, ddof=1)), start, end)

    # Changing

    async def add(
        self,
        who: Principal,
        channel_id: int,
        method: str,
        loads: Sequence[Load],
        *,
        given: tuple[float, float] | None = None,
        gravity: float = STANDARD_GRAVITY,
        full_scale_n: float | None = None,
        temperature_c: float | None = None,
        note: str = "",
    ) -> StoredCalibration:
        """A new calibration that holds from now on. Methods: tare, two-point, multi-point, given (zero, N per count).

        A tare moves the zero of the one that holds. Raises InvalidInput when points do not make a line.
        """
        channel = self._devices.channel(who, channel_id)
        who.require(Permission.RECORDINGS_EDIT)
        if channel.quantity not in SCALABLE:
            raise InvalidInput(f"{channel.key} measures {channel.quantity} in {channel.unit} and needs no calibration")
        if len(loads) > MOST_POINTS:
            raise InvalidInput(f"at most {MOST_POINTS} points")
        points = [await self._point(channel_id, load) for load in loads]
        line = self._fit(channel_id, method, points, given, gravity, full_scale_n)
        one = StoredCalibration(
            id=max(self._known, default=0) + 1,
            channel=channel_id,
            method=method,
            fit=line.as_json(),
            points=[asdict(point) for point in points],
            temperature_c=temperature_c,
            note=note,
            author=who.name,
            created_at=self._clock.now(),
        )
        await self._database.write(lambda c: store.insert(c, one))
        self._admit(one)
        await self._audit.record(who.name, "calibration.add", channel.key, f"{method}, device {channel.device}")
        return one

    def _fit(
        self,
        channel_id: int,
        method: str,
        points: Sequence[Point],
        given: tuple[float, float] | None,
        gravity: float,
        full_scale_n: float | None,
    ) -> Calibration:
        match method:
            case "tare":
                held = self.holding_line(channel_id)
                if held is None:
                    raise InvalidInput("there is no calibration whose zero a tare could move; use two points")
                if len(points) != 1:
                    raise InvalidInput("a tare has one point")
                return held.tared(points[0])
            case "two-point":
                if len(points) != 2:
                    raise InvalidInput("two points, please")
                return fitting.two_point(points[0], points[1], gravity=gravity)
            case "multi-point":
                return fitting.multi_point(points, gravity=gravity, full_scale_n=full_scale_n)
            case "given":
                if given is None:
                    raise InvalidInput("give `zero_counts` and `newtons_per_count`")
                return fitting.given(*given)
        raise InvalidInput("method: tare, two-point, multi-point or given")

    async def _point(self, channel_id: int, load: Load) -> Point:
        if load.counts is not None:
            return Point(load.mass_kg, load.counts)
        if load.start is None or load.end is None or not 0 < load.end - load.start <= LONGEST_CAPTURE_S * SECOND:
            raise InvalidInput("a point has `counts`, or the span in which they were recorded, at most a minute")
        held = await self._captured(channel_id, load.start, load.end)
        return Point(load.mass_kg, held.mean, held.sd, held.samples)

    async def withdraw(self, who: Principal, calibration_id: int, *, undo: bool = False) -> StoredCalibration:
        """It does not hold any more; trials measured with it keep it. `undo` takes that back."""
        one = self.get(who, calibration_id)
        who.require(Permission.RECORDINGS_EDIT)
        at = None if undo else self._clock.now()
        await self._database.write(lambda c: store.withdraw(c, calibration_id, at))
        changed = replace(one, withdrawn_at=at)
        self._admit(changed)
        await self._audit.record(who.name, "calibration.restore" if undo else "calibration.withdraw", str(one.channel))
        return changed
