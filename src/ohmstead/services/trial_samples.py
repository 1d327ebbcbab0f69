"""The samples of a trial: from the series, or from what was kept when the series let go of them."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ohmstead.analysis import Trace
from ohmstead.database import Database
from ohmstead.domain.device import Channel
from ohmstead.domain.errors import InvalidInput
from ohmstead.domain.recording import Recording, Trial
from ohmstead.domain.telemetry import HOUR, MINUTE, SECOND
from ohmstead.series import SeriesStore, TooManySamples
from ohmstead.series.codec import DEFAULT, codec
from ohmstead.services.calibrations import Calibrations
from ohmstead.services.devices import Devices
from ohmstead.storage import recordings as store
from ohmstead.storage.recordings import Kept

MOST_SAMPLES: Final = 4_000_000  # of one channel of one trial: over an hour at 1 kHz
MOST_TOGETHER: Final = 8_000_000  # in memory for one request, 16 bytes each
MOST_RAW_US: Final = 30 * SECOND  # of a chart without reduction
FOLDED_US: Final = 30 * MINUTE  # spans above this are drawn from rollups
CONVERTER: Final = (-8_388_608.0, 8_388_607.0)  # 24 bits, signed
RAW: Final = "raw"


@dataclass(frozen=True, slots=True)
class Column:
    """One channel of a chart: every sample (`values`), or the lowest and highest of each bucket. Times in µs UTC."""

    channel: Channel
    unit: str
    t_us: NDArray[np.int64]
    values: NDArray[np.float64] | None = None
    low: NDArray[np.float64] | None = None
    high: NDArray[np.float64] | None = None


@dataclass(frozen=True, slots=True)
class Statistics:
    """`integral` is over time, in the channel's unit times hours; gaps are bridged by straight lines."""

    channel: Channel
    unit: str
    count: int
    low: float | None
    high: float | None
    mean: float | None
    integral: float | None


class TrialSamples:
    def __init__(self, database: Database, series: SeriesStore, devices: Devices, calibrations: Calibrations) -> None:
        self._database = database
        self._series = series
        self._devices = devices
        self._calibrations = calibrations

    def channels(self, recording: Recording) -> list[Channel]:
        """Those of its channels that still exist, in its order."""
        found = (self._devices.known_channel(c) for c in recording.channels)
        return [channel for channel in found if channel is not None]

    def names(self, channels: Sequence[Channel]) -> list[str]:
        """How an analysis calls them: by key, with the device where keys meet."""
        keys = [channel.key for channel in channels]
        return [c.key if keys.count(c.key) == 1 else f"{c.device}:{c.key}" for c in channels]

    async def raw(
        self, trial: Trial, channel: int, start: int | None = None, end: int | None = None
    ) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
        """As stored, ascending, within the trial. Raises InvalidInput when they are too many."""
        if trial.t0 is None:
            return np.empty(0, np.int64), np.empty(0)
        t0 = trial.t0 if start is None else max(trial.t0, start)
        last = self._series.last.get(channel)
        until = trial.t1 if trial.t1 is not None else (last[0] + 1 if last else t0)
        t1 = until if end is None else min(until, end)
        if t1 <= t0:
            return np.empty(0, np.int64), np.empty(0)
        if t0 < self._series.raw_from(channel):
            held = await self._database.read(lambda c: store.kept(c, trial.id, channel))
            if held is not None:
                t, v = await asyncio.to_thread(_decoded, held)
                low, high = np.searchsorted(t, (t0, t1))
                return t[low:high], v[low:high]
        try:
            return await self._series.raw(channel, t0, t1, MOST_SAMPLES)
        except TooManySamples:
            raise InvalidInput(f"more than {MOST_SAMPLES} samples: ask for a shorter span") from None

    async def traces(
        self, recording: Recording, trial: Trial, calibrations: Mapping[str, int] | None = None
    ) -> dict[str, Trace]:
        """By name, in newtons where `calibrations` (of the trial, if not given) say how.

        Raises InvalidInput when they are too many together.
        """
        used = trial.calibrations if calibrations is None else calibrations
        channels = self.channels(recording)
        found, together = {}, 0
        for name, channel in zip(self.names(channels), channels, strict=True):
            t, v = await self.raw(trial, channel.id)
            together += len(t)
            if together > MOST_TOGETHER:
                raise InvalidInput(f"more than {MOST_TOGETHER} samples in all its channels: record fewer, or shorter")
            limits = CONVERTER if channel.quantity == RAW else None
            trace = Trace(t, v, channel.unit, limits)
            line = self._calibrations.line(used.get(str(channel.id)))
            found[name] = trace if line is None else line.applied(trace)
        return found

    async def chart(
        self,
        recording: Recording,
        trial: Trial,
        *,
        start: int | None,
        end: int | None,
        points: int,
        calibrations: Mapping[str, int],
    ) -> list[Column]:
        """About `points` buckets per channel; every sample where there are no more than that. `points` 0: all.

        Raises InvalidInput for all samples of more than half a minute.
        """
        if trial.t0 is None:
            return []
        until = trial.t1 if trial.t1 is not None else max(self._newest(recording), trial.t0) + 1
        t0 = max(trial.t0, start or trial.t0)
        t1 = min(until, end if end is not None else until)
        if points == 0 and t1 - t0 > MOST_RAW_US:
            raise InvalidInput("every sample: of 30 seconds at most; say how many `points`")
        columns = []
        for channel in self.channels(recording):
            used = calibrations.get(str(channel.id))
            line, unit = self._calibrations.line(used), self._calibrations.unit(channel, used)
            if t1 - t0 > FOLDED_US and t0 >= self._series.raw_from(channel.id) and points:
                (chart,) = await self._series.chart([channel.id], t0, t1, points)
                low, high = (
                    (chart.min, chart.max) if line is None else (line.newtons(chart.min), line.newtons(chart.max))
                )
                low, high = np.minimum(low, high), np.maximum(low, high)
                columns.append(Column(channel, unit, np.asarray(chart.t), low=low, high=high))
                continue
            t, v = await self.raw(trial, channel.id, t0, t1)
            columns.append(_reduced(channel, unit, t, v if line is None else line.newtons(v), t0, t1, points))
        return columns

    async def statistics(
        self, recording: Recording, trial: Trial, start: int | None = None, end: int | None = None
    ) -> list[Statistics]:
        found = []
        for channel in self.channels(recording):
            used = trial.calibrations.get(str(channel.id))
            t, v = await self.raw(trial, channel.id, start, end)
            line = self._calibrations.line(used)
            unit = self._calibrations.unit(channel, used)
            found.append(_statistics(channel, unit, t, v if line is None else line.newtons(v)))
        return found

    def _newest(self, recording: Recording) -> int:
        lasts = (self._series.last.get(c) for c in recording.channels)
        return max((last[0] for last in lasts if last is not None), default=0)

    async def keep(self, channel: int, device: int, before: int) -> int:
        """Copy what trials hold of a channel before an instant. Returns from where on its series may let go.

        That is earlier than asked when a trial begins before it that is not over.
        """
        for trial_id, t0, t1 in await self._database.read(lambda c: store.spans_before(c, channel, device, before)):
            if t1 is None:
                return min(before, t0)
            try:
                t, v = await self._series.raw(channel, t0, t1, MOST_SAMPLES)
            except TooManySamples:
                return min(before, t0)  # too much to copy: the series itself keeps it
            held = await asyncio.to_thread(_encoded, trial_id, channel, t, v)
            await self._database.write(lambda c, held=held: store.keep(c, held))  # type: ignore[misc]
        return before


def _encoded(trial: int, channel: int, t: NDArray[np.int64], v: NDArray[np.float64]) -> Kept:
    coder = codec(DEFAULT)
    if not len(t):
        return Kept(trial, channel, 0, DEFAULT, b"", b"")
    return Kept(trial, channel, len(t), DEFAULT, coder.encode_times(t), coder.encode_values(v))


def _decoded(held: Kept) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    if not held.n:
        return np.empty(0, np.int64), np.empty(0)
    coder = codec(held.codec)
    return coder.decode_times(held.times, held.n), coder.decode_values(held.data, held.n)


def _reduced(
    channel: Channel, unit: str, t: NDArray[np.int64], v: NDArray[np.float64], t0: int, t1: int, points: int
) -> Column:
    """Lowest and highest by bucket of equal time, so that no peak is lost between two pixels."""
    if points == 0 or len(t) <= 2 * points:
        return Column(channel, unit, t, values=v)
    width = max(1, -(-(t1 - t0) // points))
    bucket = (t - t0) // width
    starts = np.flatnonzero(np.diff(bucket, prepend=-1))
    return Column(channel, unit, t[starts], low=np.minimum.reduceat(v, starts), high=np.maximum.reduceat(v, starts))


def _statistics(channel: Channel, unit: str, t: NDArray[np.int64], v: NDArray[np.float64]) -> Statistics:
    if not len(t):
        return Statistics(channel, unit, 0, None, None, None, None)
    area = float(np.trapezoid(v, t.astype(np.float64) / HOUR)) if len(t) > 1 else None
    span = (int(t[-1]) - int(t[0])) / HOUR
    mean = area / span if area is not None and span else float(v.mean())
    return Statistics(channel, unit, len(t), float(v.min()), float(v.max()), mean, area)
