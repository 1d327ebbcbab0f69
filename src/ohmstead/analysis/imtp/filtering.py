"""Zero-lag Butterworth. Off by default: it lowers the noise and with it every threshold made of noise."""

from math import atan, pi, tan
from typing import Final

from ohmstead.analysis.trace import Floats
from ohmstead.domain.errors import InvalidInput

HIGHEST_SHARE: Final = 0.4  # of the rate; above it the filter has nothing left to remove
# Two passes of order two would be 6 dB down at the cut-off; this moves it back to 3 dB (Winter, 2009).
_TWO_PASSES: Final = (2**0.5 - 1) ** 0.25


def zero_lag(values: Floats, rate_hz: float, cut_off_hz: float) -> Floats:
    """Order 2 forward and backward, so order 4 without delay, 3 dB down at `cut_off_hz`.

    Raises InvalidInput when the cut-off is above 0.4 × rate.
    """
    if cut_off_hz > HIGHEST_SHARE * rate_hz:
        raise InvalidInput(
            f"a cut-off of {cut_off_hz:g} Hz needs a rate of {cut_off_hz / HIGHEST_SHARE:g} Hz or more; "
            f"this trial has {rate_hz:.4g} Hz, so at most {HIGHEST_SHARE * rate_hz:.4g} Hz"
        )
    from scipy.signal import butter, sosfiltfilt  # takes most of a second: only who filters pays

    corrected = atan(tan(pi * cut_off_hz / rate_hz) / _TWO_PASSES) / pi * rate_hz
    sections = butter(2, corrected, fs=rate_hz, output="sos")
    padding = min(len(values) - 1, round(3 * rate_hz / cut_off_hz))
    return values if padding < 1 else sosfiltfilt(sections, values, padlen=padding)


def described(cut_off_hz: float | None) -> str:
    if cut_off_hz is None:
        return "none"
    return f"Butterworth, 4th order, zero lag (2nd order forward and backward), −3 dB at {cut_off_hz:g} Hz"
