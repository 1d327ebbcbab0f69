"""What a chart shows: one span in about as many buckets as there are pixels, from the coarsest tier that has them."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ohmstead.domain.calendar import Period, edges
from ohmstead.domain.rollups import Rollups, coarsen, empty, merge
from ohmstead.domain.telemetry import DAY, MS
from ohmstead.series.rollup_packs import DRAWN, FINE_US
from ohmstead.series.tiers import day_rows
from ohmstead.series.view import View

RAW: Final = "raw"
QUARTER_HOURS: Final = "15min"
CALENDAR_DAYS: Final = "day"


@dataclass(frozen=True, slots=True)
class Chart:
    """One series, folded. Columns of equal length, one entry per bucket that holds samples; `t` is its start.

    `increase` is None unless the series is a counter. A bucket reaches `width_us` far, at most to the next one
    (calendar days may be an hour shorter or longer).
    """

    series: int
    tier: str
    width_us: int
    t: NDArray[np.int64]
    count: NDArray[np.int64]
    min: NDArray[np.float64]
    max: NDArray[np.float64]
    mean: NDArray[np.float64]
    increase: NDArray[np.float64] | None = None


def draw(view: View, zone: str | None, t0: int, t1: int, points: int, raw_from: int) -> Chart:
    """Fold [t0, t1) of the view's series into at most about `points` buckets. Buckets at the ends are cut exactly
    at t0 and t1 as long as raw samples exist there."""
    pixel = max(MS, -(-(t1 - t0) // max(1, points)))
    if t1 <= t0:
        return _chart(view, RAW, pixel, [], np.array([t0, t0]))
    if pixel >= DAY and zone is not None:
        days = edges(zone, Period.DAY, t0, t1)
        every = max(1, -(-(len(days) - 1) // points))
        borders = np.append(days[:-1:every], days[-1])
        return _chart(view, CALENDAR_DAYS, every * DAY, _by_days(view, zone, t0, t1, raw_from), borders, t0)
    if pixel >= FINE_US:
        width = -(-pixel // FINE_US) * FINE_US
        borders = np.arange(t0 // FINE_US * FINE_US, t1 + width, width)
        return _chart(view, QUARTER_HOURS, width, _by_quarters(view, t0, t1, raw_from), borders, t0)
    width = -(-pixel // MS) * MS
    if raw_from > t0:
        # What is older than the raw samples is still there in quarters of an hour.
        borders = np.arange(t0, t1 + width, width)
        borders[0] = t0 // FINE_US * FINE_US  # the first quarter of an hour may have begun earlier
        return _chart(view, RAW, width, _by_quarters(view, t0, t1, raw_from, width, t0), borders, t0)
    drawn = view.drawn(t0, t1, width)
    return Chart(view.series, RAW, width, drawn.t, drawn.count, drawn.lowest, drawn.highest, drawn.mean, drawn.increase)


def _chart(
    view: View, tier: str, width: int, parts: Sequence[Rollups], borders: NDArray[np.int64], first: int = 0
) -> Chart:
    """Coarsen consecutive parts to the buckets that are drawn. Each by itself: joining them fine costs far more."""
    rows = merge(empty(counter=view.counter), *(coarsen(part, borders) for part in parts))
    t = np.maximum(rows.start, first)
    return Chart(view.series, tier, width, t, rows.count, rows.lowest, rows.highest, rows.mean, rows.increase)


def _by_days(view: View, zone: str, t0: int, t1: int, raw_from: int) -> list[Rollups]:
    """Whole days from their tier, the rest of the span in quarters of an hour."""
    days = edges(zone, Period.DAY, t0, t1)
    inside = days[(days >= t0) & (days <= t1)]
    if len(inside) < 2:
        return _by_quarters(view, t0, t1, raw_from)
    return [
        *_by_quarters(view, t0, int(inside[0]), raw_from),
        day_rows(view, inside, DRAWN),
        *_by_quarters(view, int(inside[-1]), t1, raw_from),
    ]


def _by_quarters(view: View, t0: int, t1: int, raw_from: int, width: int = FINE_US, origin: int = 0) -> list[Rollups]:
    """Whole quarters of an hour from their tier, the ends (and with a smaller `width` all raw samples) from raw."""
    low, high = -(-t0 // FINE_US) * FINE_US, t1 // FINE_US * FINE_US
    if t0 < raw_from:
        low = t0 // FINE_US * FINE_US
    if t1 <= raw_from:
        high = -(-t1 // FINE_US) * FINE_US
    if width < FINE_US:
        high = min(high, -(-raw_from // FINE_US) * FINE_US)
    if high <= low:
        return [view.folded(t0, t1).rollups(width, origin_us=origin)] if t0 < t1 else []
    parts = view.fine_parts(low, high, DRAWN)
    if t0 < low:
        parts.insert(0, view.folded(t0, low).rollups(FINE_US))
    if high < t1:
        parts.append(view.folded(high, t1).rollups(width, origin_us=origin))
    return parts
