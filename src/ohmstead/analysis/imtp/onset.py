"""Where the pull begins. The method, its threshold and the filter before it are one setting, stored together."""

from dataclasses import dataclass
from typing import Final

import numpy as np

from ohmstead.analysis.imtp.force import Force
from ohmstead.analysis.imtp.parameters import (
    BODY_WEIGHT_SHARES,
    FIXED_RISES_N,
    Onset,
    Settings,
    number,
    optional,
)
from ohmstead.analysis.imtp.weighing import Weighing
from ohmstead.analysis.trace import Floats
from ohmstead.domain.errors import InvalidInput

# The slope is taken over 10 ms: shorter is noise, longer blurs the onset.
_HALF_SLOPE_S: Final = 0.005
# A slope that standing still does not reach; a floor against a too quiet sensor, like the one in newtons.
_SLOPE_FLOOR_N_PER_S: Final = 100.0


@dataclass(frozen=True, slots=True)
class Begin:
    """`t` in seconds of the trial, `force` there; `before` is the sample before it: what lies between was not seen."""

    t: float
    force: float
    before: float
    method: str
    threshold_n: float | None = None
    threshold_n_per_s: float | None = None


def begin(force: Force, quiet: Weighing | None, peak: int, settings: Settings) -> Begin | str:
    """The onset, or the reason why there is none."""
    method = Onset(str(settings["onset"]))
    if method is Onset.MANUAL:
        return _manual(force, peak, settings)
    if quiet is None:
        return "there is no quiet second before the pull to take a threshold from"
    if method is Onset.DERIVATIVE:
        return _by_slope(force, quiet, peak, number(settings, "onset_sd"))
    rise, words = _rise(method, quiet, settings)
    return _by_threshold(force, quiet, peak, rise, words, back=bool(settings["back_track"]))


def _rise(method: Onset, quiet: Weighing, settings: Settings) -> tuple[float, str]:
    """How far above the quiet level the threshold is, and how to say so."""
    if method is Onset.FIVE_SD:
        count, floor = number(settings, "onset_sd"), number(settings, "onset_floor_n")
        spread = count * quiet.sd
        words = f"{count:g} SD = {spread:.3g} N above the quiet force"
        return (spread, words) if spread >= floor else (floor, f"{floor:g} N above the quiet force ({words})")
    if method in BODY_WEIGHT_SHARES:
        share = BODY_WEIGHT_SHARES[method]
        return share * quiet.mean, f"{share * 100:g} % of body weight = {share * quiet.mean:.3g} N above it"
    return FIXED_RISES_N[method], f"{FIXED_RISES_N[method]:g} N above the quiet force"


def _by_threshold(force: Force, quiet: Weighing, peak: int, rise: float, words: str, *, back: bool) -> Begin | str:
    """The first sample of the run above the threshold that holds until the peak."""
    threshold = quiet.mean + rise
    if force.total[peak] <= threshold:
        return f"the force never rises above {threshold:.4g} N ({words})"
    below = _last(force.total[:peak] <= threshold)
    if below is None:
        return f"the force is above {threshold:.4g} N from the first sample on ({words})"
    if not back:
        return _at(force, below + 1, f"first sample of the run above {words}", threshold)
    calm = _last(force.total[: below + 1] <= quiet.mean + quiet.sd)
    if calm is None:
        return f"no sample before the pull is at or below the quiet force + 1 SD ({words})"
    return _at(force, calm, f"last sample at or below 1 SD before the run above {words}", threshold)


def _by_slope(force: Force, quiet: Weighing, peak: int, count: float) -> Begin | str:
    """The first sample of the run of rising force around the steepest rise before the peak."""
    slope = slopes(force)
    calm = slope[(force.t >= quiet.start) & (force.t < quiet.stop)]
    limit = max(float(calm.mean()) + count * float(calm.std(ddof=1)), _SLOPE_FLOOR_N_PER_S)
    after = int(np.searchsorted(force.t, quiet.stop))
    if after >= peak:
        return "the quiet window does not lie before the peak"
    steepest = after + int(np.argmax(slope[after:peak]))
    if slope[steepest] <= limit:
        return f"the force never rises faster than {limit:.4g} N/s, which the quiet force reaches by its noise"
    below = _last(slope[:steepest] <= limit)
    if below is None:
        return f"the force rises faster than {limit:.4g} N/s from the first sample on"
    found = _at(force, below + 1, f"first sample of the run that rises faster than {limit:.4g} N/s (slope over 10 ms)")
    return Begin(found.t, found.force, found.before, found.method, None, limit)


def _manual(force: Force, peak: int, settings: Settings) -> Begin | str:
    at_ms = optional(settings, "onset_ms")
    if at_ms is None:
        raise InvalidInput("an onset set by hand needs onset_ms")
    t = at_ms / 1000
    if t > force.t[-1]:
        raise InvalidInput(f"onset_ms is {at_ms:g}, the trial ends at {force.t[-1] * 1000:.4g} ms")
    if t >= force.t[peak]:
        return "the onset set by hand is not before the peak"
    before = float(force.t[max(int(np.searchsorted(force.t, t)) - 1, 0)])
    return Begin(t, force.at(t), before, "set by hand")


def slopes(force: Force) -> Floats:
    """N/s at each sample, over 10 ms around it; never over less than the samples beside it."""
    half = max(_HALF_SLOPE_S, 1 / force.rate_hz)
    low, high = np.maximum(force.t - half, force.t[0]), np.minimum(force.t + half, force.t[-1])
    rise = np.interp(high, force.t, force.total) - np.interp(low, force.t, force.total)
    return np.asarray(rise / (high - low))


def _at(force: Force, index: int, method: str, threshold: float | None = None) -> Begin:
    before = float(force.t[max(index - 1, 0)])
    return Begin(float(force.t[index]), float(force.total[index]), before, method, threshold)


def _last(mask: np.ndarray) -> int | None:
    where = np.flatnonzero(mask)
    return int(where[-1]) if len(where) else None
