"""Reading back: charts and raw samples of the channels somebody may see."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ohmstead.domain.access import Principal
from ohmstead.domain.device import Channel
from ohmstead.domain.errors import InvalidInput
from ohmstead.series import Chart, SeriesStore, TooManySamples
from ohmstead.services.devices import Devices

__all__ = ["Chart", "History", "RawColumns"]

MOST_RAW: Final = 1_000_000
MOST_POINTS: Final = 10_000
MOST_CHANNELS: Final = 50


@dataclass(frozen=True, slots=True)
class RawColumns:
    t_us: NDArray[np.int64]
    value: NDArray[np.float64]


class History:
    def __init__(self, series: SeriesStore, devices: Devices) -> None:
        self._series = series
        self._devices = devices

    def channels(self, who: Principal, ids: Sequence[int]) -> list[Channel]:
        """Raises NotFound if any of them does not exist for `who`."""
        if not 0 < len(ids) <= MOST_CHANNELS:
            raise InvalidInput(f"ask for 1–{MOST_CHANNELS} channels")
        return [self._devices.channel(who, channel_id) for channel_id in ids]

    def version(self, channels: Sequence[Channel]) -> str:
        """Changes whenever the data of one of the channels did."""
        return "-".join(str(self._series.version(c.id)) for c in channels)

    async def chart(self, channels: Sequence[Channel], t0: int, t1: int, points: int) -> list[Chart]:
        """Half-open span [t0, t1) in about `points` buckets. Empty buckets are absent."""
        _check_span(t0, t1)
        if not 0 < points <= MOST_POINTS:
            raise InvalidInput(f"points: 1–{MOST_POINTS}")
        return await self._series.chart([c.id for c in channels], t0, t1, points)

    async def raw(self, channels: Sequence[Channel], t0: int, t1: int) -> list[RawColumns]:
        """Every sample in [t0, t1). Raises InvalidInput naming the limit if there are too many."""
        _check_span(t0, t1)
        found = []
        left = MOST_RAW
        for channel in channels:
            try:
                columns = RawColumns(*await self._series.raw(channel.id, t0, t1, left))
            except TooManySamples:
                raise InvalidInput(f"more than {MOST_RAW} samples: ask for a shorter span") from None
            left -= len(columns.t_us)
            found.append(columns)
        return found


def _check_span(t0: int, t1: int) -> None:
    if t0 >= t1:
        raise InvalidInput("`from` must be before `to`")
