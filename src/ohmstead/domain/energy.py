"""Energy per bucket of the calendar, and where each figure comes from.

A meter's register says exactly how much passed between two samples, however far apart; a power channel says it
only where its samples lie close enough to be joined by straight lines. So each bucket takes the counter, unless
the power channel covers more of the bucket's time, and says which it was and how much time nobody watched.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ohmstead.domain.rollups import Rollups, coarsen
from ohmstead.domain.telemetry import HOUR, SECOND

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]

WH_PER_KWH: Final = 1_000
WATT_SECONDS_PER_KWH: Final = WH_PER_KWH * HOUR // SECOND
# Two lost samples in a row are common on Wi-Fi; across more than that a straight line is a guess.
BRIDGED_INTERVALS: Final = 3
_ENOUGH: Final = 0.99  # of a bucket's time; a minute of restart does not make a day partial
# A register is exact across a hole, so a reading that was lost beside it is no reason to believe a straight line more.
_CLEARLY: Final = 0.01


class Quality(StrEnum):
    """How a figure came about."""

    MEASURED = "measured"  # from a counter's register
    INTEGRATED = "integrated"  # from power over time
    PARTIAL = "partial"  # from either, but part of the time is missing
    MISSING = "missing"  # no sample at all


_BY_CODE: Final = (Quality.MEASURED, Quality.INTEGRATED, Quality.PARTIAL, Quality.MISSING)
_PARTIAL: Final = 2
_MISSING: Final = 3


@dataclass(frozen=True, slots=True, eq=False)
class Energy:
    """One row per bucket [start, end), in columns of equal length.

    `kwh` is NaN where the quality is MISSING. `measured` and `integrated` are the shares of the bucket's time that
    the figure rests on, and `missing` is the rest.
    """

    start: Ints
    end: Ints
    kwh: Floats
    measured: Floats
    integrated: Floats
    quality: list[Quality]

    @property
    def missing(self) -> Floats:
        return 1.0 - self.measured - self.integrated


def energy(
    borders: Ints,
    *,
    counter: Rollups | None = None,
    power: Rollups | None = None,
    until_us: int | None = None,
    interval_us: int = 0,
) -> Energy:
    """Return the energy of the buckets [borders[i], borders[i + 1]), in order.

    `counter` are rollups of a register in Wh, `power` of a channel in W, in the same or in finer buckets (each
    within one of these); rows outside the borders are left out. Buckets that begin at `until_us` (now, as a rule)
    or later are absent, and time from then on is not missing yet. `interval_us` is the usual step between samples:
    a bucket may lack that much at its ends, because a step counts in the bucket of its later sample.
    """
    if until_us is not None:
        borders = borders[: np.searchsorted(borders[:-1], until_us) + 1]
    start, end = borders[:-1], borders[1:]
    span = (end if until_us is None else np.minimum(end, until_us)) - start
    counted, measured, counter_fits = _figures(counter, borders, span, interval_us)
    summed, integrated, power_fits = _figures(power, borders, span, interval_us)
    by_power = np.isnan(counted) | (power_fits - counter_fits > _CLEARLY)
    by_power &= ~np.isnan(summed)
    measured = np.where(by_power, 0.0, measured)
    integrated = np.where(by_power, integrated, 0.0)
    kwh = np.where(by_power, summed, counted)
    return Energy(start, end, kwh, measured, integrated, _qualities(kwh, measured, integrated))


def summed(days: Energy, borders: Ints, *, until_us: int | None = None) -> Energy:
    """Return longer buckets as sums of their days, so that both tell the same whatever each day rests on.

    `days` lie without a hole between the first and the last of `borders`, which are borders of days, up to
    `until_us`, from which on nothing counts, as in `energy`.
    """
    cuts = np.searchsorted(borders[:-1], days.start, side="right") - 1
    firsts = np.flatnonzero(np.diff(cuts, prepend=-1))
    start, end = borders[:-1][: len(firsts)], borders[1:][: len(firsts)]
    if len(firsts) == 0:
        return Energy(start, end, days.kwh, days.measured, days.integrated, [])
    span = (days.end if until_us is None else np.minimum(days.end, until_us)) - days.start
    known = ~np.isnan(days.kwh)
    kwh = np.add.reduceat(np.where(known, days.kwh, 0.0), firsts)
    kwh[~np.logical_or.reduceat(known, firsts)] = np.nan
    whole = np.add.reduceat(span, firsts)
    measured, integrated = (np.add.reduceat(s * span, firsts) / whole for s in (days.measured, days.integrated))
    return Energy(start, end, kwh, measured, integrated, _qualities(kwh, measured, integrated))


def _qualities(kwh: Floats, measured: Floats, integrated: Floats) -> list[Quality]:
    partial = measured + integrated < _ENOUGH
    codes = np.where(np.isnan(kwh), _MISSING, np.where(partial, _PARTIAL, integrated > measured))
    return [_BY_CODE[code] for code in codes.tolist()]


def _figures(rollups: Rollups | None, borders: Ints, span: Ints, interval_us: int) -> tuple[Floats, Floats, Floats]:
    """kWh (NaN without samples), share of time covered, and how well that time fits the bucket, for each bucket.

    Time beyond the bucket is as bad a fit as time that is missing: a step that began long before the bucket brings
    energy that another one may have counted already.
    """
    kwh, share, fit = np.full(len(span), np.nan), np.zeros(len(span)), np.zeros(len(span))
    if rollups is None or len(span) == 0:
        return kwh, share, fit
    rows = coarsen(rollups.between(int(borders[0]), int(borders[-1])), borders)
    at = np.searchsorted(borders, rows.start)
    kwh[at] = rows.integral / WATT_SECONDS_PER_KWH if rows.increase is None else rows.increase / WH_PER_KWH
    unwatched = span[at] - rows.covered
    unwatched[(unwatched > 0) & (unwatched <= interval_us) & (rows.covered > 0)] = 0
    share[at] = 1.0 - np.clip(unwatched / span[at], 0.0, 1.0)
    fit[at] = 1.0 - np.clip(np.abs(unwatched) / span[at], 0.0, 1.0)
    return kwh, share, fit
