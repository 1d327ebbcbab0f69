"""What a rule would have done: the same detectors over past data, within bounds, away from the event loop."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final, Literal

import numpy as np

from ohmstead.domain.access import Permission, Principal
from ohmstead.domain.calendar import Period, edges
from ohmstead.domain.condition import Budget, ClockSkew, Combined, Silence, Simple
from ohmstead.domain.detector import Times, Values, detector
from ohmstead.domain.device import Channel
from ohmstead.domain.errors import InvalidInput
from ohmstead.domain.person import Site
from ohmstead.domain.rhythm import UNLEARNED_US
from ohmstead.domain.rule import RuleBody, channels_of, named_channels
from ohmstead.domain.telemetry import DAY, SECOND
from ohmstead.runtime.clock import Clock
from ohmstead.series import SeriesStore, TooManySamples
from ohmstead.services.registry import Registry

Resolution = Literal["raw", "folded", "15min", "day"]
LONGEST_US: Final = 90 * DAY
USUAL_US: Final = 7 * DAY
MOST_CHANNELS: Final = 50
MOST_RAW: Final = 400_000  # samples of all channels together
FOLDED_POINTS: Final = 4_000  # buckets per channel instead
MOST_EPISODES: Final = 200


@dataclass(frozen=True, slots=True)
class Episode:
    """One time the rule would have been true. `until` None: still at the end of the span."""

    start: int
    until: int | None
    channel: int | None = None
    device: int | None = None
    value: float | None = None


@dataclass(frozen=True, slots=True)
class Preview:
    """`fired`: alerts; `episodes`: times it was true, which within a cool-down are one alert. `resolution_s`: width of
    the buckets that were looked at, None for raw samples."""

    start: int
    end: int
    resolution: Resolution
    resolution_s: float | None
    channels: int
    fired: int
    episodes: tuple[Episode, ...]
    truncated: bool
    note: str = ""


@dataclass(frozen=True, slots=True)
class _Columns:
    """What there is of one channel: for folded data each bucket gives its lowest and highest value."""

    channel: Channel
    t: Times
    v: Values
    tier: Resolution
    width_us: int | None


class Previews:
    """At most one at a time: a preview reads much, and nobody waits for two."""

    def __init__(self, series: SeriesStore, registry: Registry, site: Callable[[], Site], clock: Clock) -> None:
        self._series = series
        self._registry = registry
        self._site = site
        self._clock = clock
        self._one = asyncio.Lock()

    async def preview(self, who: Principal, body: RuleBody, start: int | None, end: int | None) -> Preview:
        """Raises Forbidden, NotFound for a channel that is not there, InvalidInput for too long a span."""
        who.require(Permission.RULES_EDIT)
        end = self._clock.now() if end is None else end
        start = end - USUAL_US if start is None else start
        if not 0 < end - start <= LONGEST_US:
            raise InvalidInput(f"from, to: a span of at most {LONGEST_US // DAY} days")
        channels = self._channels(who, body)
        note = ""
        if len(channels) > MOST_CHANNELS:
            note = f"looked at {MOST_CHANNELS} of {len(channels)} channels"
            channels = channels[:MOST_CHANNELS]
        if isinstance(body.condition, ClockSkew):
            return Preview(start, end, "raw", None, len(channels), 0, (), False, "when samples came is not kept")
        async with self._one:
            if isinstance(body.condition, Budget):
                return await self._budget(body, channels, start, end)
            columns = await self._read(channels, start, end)
            return await asyncio.to_thread(_evaluate, body, columns, start, end, note)

    def _channels(self, who: Principal, body: RuleBody) -> list[Channel]:
        if named := named_channels(body):
            found = [self._registry.channel(number) for number in named]
            for channel in found:
                who.require_sight(channel.device)
            return channels_of(body, found)
        if body.scope is not None and body.scope.device is not None:
            who.require_sight(self._registry.get(body.scope.device).device.id)
        seen = [
            channel
            for known in self._registry
            if known.device.claimed and who.may_see(known.device.id)
            for channel in known.device.channels.values()
        ]
        return channels_of(body, seen)

    async def _read(self, channels: Sequence[Channel], start: int, end: int) -> list[_Columns]:
        """Raw samples while they are few enough, else buckets."""
        found: list[_Columns] = []
        left = MOST_RAW
        for channel in channels:
            try:
                (chart,) = await self._series.chart([channel.id], start, end, 1)
                if int(chart.count.sum()) > left or self._series.raw_from(channel.id) > start:
                    raise TooManySamples(left)
                t, v = await self._series.raw(channel.id, start, end, left)
                found.append(_Columns(channel, t, v, "raw", None))
                left -= len(t)
            except TooManySamples:
                found.append(await self._folded(channel, start, end))
        return found

    async def _folded(self, channel: Channel, start: int, end: int) -> _Columns:
        (chart,) = await self._series.chart([channel.id], start, end, FOLDED_POINTS)
        n = len(chart.t)
        t, v = np.empty(2 * n, np.int64), np.empty(2 * n)
        # The lowest value of a bucket at its start, the highest in its middle: what was above all the time stays so.
        t[0::2], t[1::2] = chart.t, chart.t + chart.width_us // 2
        v[0::2], v[1::2] = chart.min, chart.max
        names: dict[str, Resolution] = {"raw": "folded", "15min": "15min", "day": "day"}
        return _Columns(channel, t, v, names[chart.tier], chart.width_us)

    async def _budget(self, body: RuleBody, channels: Sequence[Channel], start: int, end: int) -> Preview:
        assert isinstance(body.condition, Budget)
        zone, limit = self._site().zone, body.condition.limit
        borders = edges(zone, Period(body.condition.period), start, end)
        rows = await self._series.days(
            [c.id for c in channels], zone, int(borders[0]), int(borders[-1]), ("start", "increase")
        )
        episodes = []
        for channel, days in zip(channels, rows, strict=True):
            if days.increase is None:
                continue
            for low, high in pairwise(borders.tolist()):
                total = float(days.increase[(days.start >= low) & (days.start < high)].sum())
                if total > limit:
                    episodes.append(Episode(low, high if high <= end else None, channel.id, channel.device, total))
        width = 86_400.0
        note = "each begins with its day or month; an alert comes when the limit is passed"
        return _told(start, end, "day", width, len(channels), episodes, 0, note)


def _evaluate(body: RuleBody, columns: Sequence[_Columns], start: int, end: int, note: str) -> Preview:
    """In a worker: one detector per channel, or per part."""
    condition = body.condition
    folded = [one for one in columns if one.width_us is not None]
    tier: Resolution = folded[0].tier if folded else "raw"
    width = max((one.width_us or 0 for one in folded), default=0)
    if folded:
        note = "; ".join(filter(None, [note, "looked at the lowest and highest value of each bucket"]))
    if isinstance(condition, Combined):
        by_id = {one.channel.id: one for one in columns}
        parts = [_episodes(p.condition, by_id[p.channel], end) for p in condition.parts if p.channel in by_id]
        episodes = _joined(condition.mode, parts, end)
    elif isinstance(condition, Silence) and body.scope is not None and body.scope.channel is None:
        episodes = []
        for device in dict.fromkeys(one.channel.device for one in columns):
            times = np.unique(np.concatenate([one.t for one in columns if one.channel.device == device]))
            episodes += _silences(condition, times, None, device, end)
    else:
        episodes = [episode for one in columns for episode in _episodes(condition, one, end)]
    cooldown_us = int(body.cooldown_s * SECOND)
    return _told(start, end, tier, width / SECOND if folded else None, len(columns), episodes, cooldown_us, note)


def _episodes(condition: Simple, one: _Columns, end: int) -> list[Episode]:
    channel = one.channel
    if isinstance(condition, Silence):
        return _silences(condition, one.t, channel.id, channel.device, end)
    found = detector(condition, channel)
    if found is None or not len(one.t):
        return []
    episodes: list[Episode] = []
    began: tuple[int, float] | None = None
    for flip in found.feed(one.t, one.v):
        if flip.holds:
            began = (flip.at, flip.value)
        elif began is not None:
            episodes.append(Episode(began[0], flip.at, channel.id, channel.device, began[1]))
            began = None
    if began is not None:
        episodes.append(Episode(began[0], None, channel.id, channel.device, began[1]))
    return episodes


def _silences(condition: Silence, t: Times, channel: int | None, device: int, end: int) -> list[Episode]:
    if len(t) < 2:
        return []
    steps = np.diff(np.append(t, end))
    usual = float(np.median(steps[:-1])) if len(t) > 3 else float(UNLEARNED_US)
    patience = max(int(condition.floor_s * SECOND), int(condition.factor * usual))
    return [
        Episode(
            int(t[n]) + patience,
            int(t[n + 1]) if n + 1 < len(t) else None,
            channel,
            device,
            float(steps[n]) / SECOND,
        )
        for n in np.flatnonzero(steps > patience).tolist()
    ]


def _joined(mode: str, parts: Sequence[list[Episode]], end: int) -> list[Episode]:
    """When all of some conditions held at once, or any of them."""
    needed = len(parts) if mode == "all" else 1
    changes = sorted(
        [(one.start, 1) for part in parts for one in part]
        + [(end if one.until is None else one.until, -1) for part in parts for one in part]
    )
    episodes: list[Episode] = []
    held, began = 0, None
    for at, step in changes:
        held += step
        if held >= needed and began is None:
            began = at
        elif held < needed and began is not None:
            if at > began:
                episodes.append(Episode(began, None if at >= end else at))
            began = None
    return episodes


def _told(
    start: int,
    end: int,
    tier: Resolution,
    width_s: float | None,
    channels: int,
    episodes: list[Episode],
    cooldown_us: int,
    note: str,
) -> Preview:
    episodes.sort(key=lambda one: one.start)
    fired = 0
    over: dict[tuple[int | None, int | None], int] = {}
    for one in episodes:
        cause = (one.channel, one.device)
        if cause not in over or one.start - over[cause] > cooldown_us:
            fired += 1
        over[cause] = end if one.until is None else one.until
    shown = tuple(episodes[:MOST_EPISODES])
    return Preview(start, end, tier, width_s, channels, fired, shown, len(episodes) > len(shown), note)
