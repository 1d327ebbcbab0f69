"""Where the force was quiet before the pull: on a plate that is body weight, in line it is pre-tension."""

from dataclasses import dataclass
from typing import Final

import numpy as np

from ohmstead.analysis.context import Rig
from ohmstead.analysis.imtp.force import Force
from ohmstead.analysis.imtp.parameters import Settings, number, optional
from ohmstead.analysis.trace import Floats
from ohmstead.domain.errors import InvalidInput

# A plate that carries less than this share of the peak is empty: nobody has stepped on it yet.
_UNLOADED_SHARE: Final = 0.1
# A quiet stretch elsewhere (empty plate, slack chain) is not the one before the pull.
_LEVEL_SHARE: Final = 0.3
_LEVEL_N: Final = 50.0
_SMOOTHED_S: Final = 0.25


@dataclass(frozen=True, slots=True)
class Weighing:
    """`start` and `stop` in seconds of the trial, `stop` excluded; SD over n − 1."""

    start: float
    stop: float
    mean: float
    sd: float
    sides: dict[str, float]  # the mean of each side
    searched: bool


def weighed(force: Force, rig: Rig, settings: Settings) -> Weighing | None:
    """The window given, or the quietest of `weigh_s` before the pull (the last of equals). None: there is no room.

    Raises InvalidInput for a given window that is shorter than 1 s or lies outside the trial.
    """
    start, stop = optional(settings, "weigh_from_ms"), optional(settings, "weigh_to_ms")
    if (start is None) != (stop is None):
        raise InvalidInput("a weighing window needs both its ends, weigh_from_ms and weigh_to_ms")
    if start is not None and stop is not None:
        return _given(force, start / 1000, stop / 1000)
    first, last, _ = pull_begins(force, rig)
    seconds = number(settings, "weigh_s")
    # If nobody ever stood on the plate for long enough, what there is before is weighed, and found wanting.
    found = _quietest(force, first, last, seconds) or _quietest(force, 0, last, seconds)
    return None if found is None else _over(force, *found, searched=True)


def pull_begins(force: Force, rig: Rig) -> tuple[int, int, float]:
    """(first sample worth looking at, last sample before the force is half way to its peak, lowest level between).

    Coarse, and only for finding the quiet stretch; the onset is found by `onset`.
    """
    peak = int(np.argmax(force.total))
    first = 0
    if rig is Rig.PLATE:
        empty = np.flatnonzero(force.total[:peak] < _UNLOADED_SHARE * force.total[peak])
        # With less than a second on the plate there was no weighing either way.
        if len(empty) and force.t[peak] - force.t[empty[-1]] > 1.0:
            first = int(empty[-1]) + 1
    lead = force.total[first : peak + 1]
    width = max(1, min(len(lead), round(_SMOOTHED_S * force.rate_hz)))
    sums = np.concatenate(([0.0], np.cumsum(lead)))
    lowest = float(((sums[width:] - sums[:-width]) / width).min())
    half = (lowest + float(force.total[peak])) / 2
    below = np.flatnonzero(lead < half)
    return first, first + int(below[-1]) if len(below) else first, lowest


def _quietest(force: Force, first: int, last: int, seconds: float) -> tuple[int, int] | None:
    t = force.t
    if last <= first or t[last] - t[first] < seconds:
        return None
    starts = np.arange(first, last)
    stops = np.searchsorted(t, t[starts] + seconds - 1e-9)
    fits = stops <= last
    starts, stops = starts[fits], stops[fits]
    enough = stops - starts >= 2
    starts, stops = starts[enough], stops[enough]
    if not len(starts):
        return None
    level = float(np.median(force.total[np.searchsorted(t, t[last] - seconds) : last + 1]))
    mean, variance = _moments(force.total - level, starts, stops)
    near = np.abs(mean) <= max(_LEVEL_SHARE * abs(level), _LEVEL_N)
    if not near.any():
        return None
    starts, stops, variance = starts[near], stops[near], variance[near]
    # Differences of running sums carry rounding; what is equal up to it is equal.
    scale = float(np.abs(force.total).max())
    equal = np.flatnonzero(variance <= variance.min() + (1e-7 * scale) ** 2)
    return int(starts[equal[-1]]), int(stops[equal[-1]])


def _moments(values: Floats, starts: np.ndarray, stops: np.ndarray) -> tuple[Floats, Floats]:
    sums = np.concatenate(([0.0], np.cumsum(values)))
    squares = np.concatenate(([0.0], np.cumsum(values * values)))
    n = stops - starts
    total = sums[stops] - sums[starts]
    return total / n, np.maximum((squares[stops] - squares[starts] - total * total / n) / (n - 1), 0.0)


def _given(force: Force, start: float, stop: float) -> Weighing:
    if stop - start < 1.0 - 1e-9:
        raise InvalidInput(f"a weighing window should be 1 s or longer, not {max(stop - start, 0):.3g} s")
    first, last = np.searchsorted(force.t, [start - 1e-9, stop - 1e-9])
    if stop > force.t[-1] + 1e-9 or last - first < 2:
        raise InvalidInput(f"the weighing window ends at {stop:.3g} s, the trial at {force.t[-1]:.3g} s")
    return _over(force, int(first), int(last), searched=False)


def _over(force: Force, first: int, last: int, *, searched: bool) -> Weighing:
    quiet = force.total[first:last]
    sides = {name: float(values[first:last].mean()) for name, values in force.sides.items()}
    stop = float(force.t[last]) if last < len(force) else float(force.t[-1])
    return Weighing(float(force.t[first]), stop, float(quiet.mean()), float(quiet.std(ddof=1)), sides, searched)
