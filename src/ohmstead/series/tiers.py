"""Rollups of a series as a reader needs them: stored ones joined with what is still hot."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from ohmstead.domain import counters
from ohmstead.domain.rollups import Rollups, coarsen, fold, merge
from ohmstead.series.merging import between
from ohmstead.series.rollup_packs import ALL, DAYS, FINE_US, Pack, joined
from ohmstead.series.view import FOR_EVER, View


def fine_rows(view: View, t0: int, t1: int, only: Sequence[str] = ALL) -> Rollups:
    """Return the rollups of 15 minutes that start in [t0, t1), both multiples of that."""
    return view.fine(t0, t1, only)


def day_rows(
    view: View, borders: NDArray[np.int64], only: Sequence[str] = ALL, packs: Sequence[Pack] | None = None
) -> Rollups:
    """Return the rollups of days by their borders, at least two, of the zone for which the stored days were made."""
    low, high = int(borders[0]), int(borders[-1])
    if packs is None:
        packs = view.packs(DAYS, low, high)
    stored = joined(packs, counter=view.counter, only=only).between(low, high)
    if not len(view.overlay[0]) or int(view.overlay[0][0]) >= high:
        return stored
    if (hot := appended(view)) is not None:
        hot = hot.between(low, high)
        return merge(stored, coarsen(hot, borders)) if len(hot) else stored
    touched = view.first_touched()
    if touched >= high:
        return stored
    at = int(borders[max(0, int(np.searchsorted(borders, touched, side="right")) - 1)])
    return merge(stored.between(low, at), view.days(borders[borders >= at], only))


def appended(view: View) -> Rollups | None:
    """Return what the overlay adds to the rollups of 15 minutes, if it is all later than the sealed samples.

    None when it is not, or when a fall is undecided: then buckets have to be folded again from the samples.
    """
    t, v = between(view.overlay, 0, FOR_EVER)
    tail = view.tail
    if tail is None or not len(t) or int(t[0]) <= tail.t or tail.state.refold_from is not None:
        return None
    increase = counters.fold(t, v, tail.state)[0] if view.counter else None
    return fold(
        t,
        v,
        FINE_US,
        bridged=view.bridged(t),
        before=(tail.t, tail.v),
        increase=increase,
    )
