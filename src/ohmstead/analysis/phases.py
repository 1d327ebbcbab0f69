"""When something was on: spans found in a level over time."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ohmstead.analysis.trace import Floats

# Noise around one level is not two levels: below this share of the highest, nothing was switched.
_SWITCHED_SHARE = 0.3
_CLEARLY_ON = 0.05  # of the way from lowest to highest: low enough that an inrush does not hide what follows it


@dataclass(frozen=True, slots=True)
class Phase:
    """On from sample `first` through sample `last`. `whole`: both its beginning and its end were seen."""

    first: int
    last: int
    whole: bool


def threshold_between(level: Floats) -> float | None:
    """Half way from the lowest to what is usual while on; None when it never changes enough to have been switched."""
    if not len(level):
        return None
    low, high = float(level.min()), float(level.max())
    if high - low <= _SWITCHED_SHARE * max(abs(high), abs(low)):
        return None
    return (low + float(np.median(level[level > low + _CLEARLY_ON * (high - low)]))) / 2


def phases(t: Floats, level: Floats, threshold: float, shortest: float) -> list[Phase]:
    """Spans above the threshold. Pauses, and then spans, shorter than `shortest` (unit of `t`) are not counted."""
    on = level > threshold
    for state in (False, True):
        on = _without_short(t, on, state, shortest)
    edges = np.flatnonzero(np.diff(on)) + 1
    starts: list[int] = [0] if len(on) and on[0] else []
    stops: list[int] = []
    for edge in edges.tolist():
        (starts if on[edge] else stops).append(edge)
    if len(on) and on[-1]:
        stops.append(len(on))
    return [Phase(a, b - 1, a > 0 and b < len(on)) for a, b in zip(starts, stops, strict=True)]


def _without_short(t: Floats, on: NDArray[np.bool_], state: bool, shortest: float) -> NDArray[np.bool_]:
    kept = on.copy()
    borders = np.concatenate(([0], np.flatnonzero(np.diff(on)) + 1, [len(on)]))
    for first, stop in zip(borders[:-1].tolist(), borders[1:].tolist(), strict=True):
        inside = first > 0 and stop < len(on)
        if inside and on[first] == state and t[stop] - t[first] < shortest:
            kept[first:stop] = not state
    return kept
