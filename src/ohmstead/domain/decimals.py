"""Numbers as people wrote them: float32 noise removed, powers of ten moved without leaving a trace."""

from struct import Struct
from typing import Final

import numpy as np

_SINGLE: Final = Struct("<f")
_pack, _unpack = _SINGLE.pack, _SINGLE.unpack
# Below the smallest normal float32 digits are lost; such a number did not come from a float32 register.
_SMALLEST_NORMAL: Final = float(np.finfo(np.float32).tiny)


def shortest_float32(value: float) -> float:
    """Return the decimal with the fewest digits that is the same float32 as `value`: 228.399994 → 228.4.

    Whole numbers, zero, what no normal float32 can hold, infinities and NaN come back untouched.
    """
    # A float32 keeps any decimal of six digits, so if there is one it is this one.
    short = float("%.6g" % value)  # noqa: UP031 - a third quicker than an f-string, and this runs per sample
    if short == value or value % 1 == 0:
        return value
    if abs(value) < _SMALLEST_NORMAL or value != value:
        return value
    packed = _pack(value)
    if _pack(short) == packed:
        return short
    single = _unpack(packed)[0]
    for digits in ("%.7g", "%.8g"):
        short = float(digits % single)
        if _pack(short) == packed:
            return short
    # Nine digits, or eight where a power of two has its neighbours unevenly far: numpy knows.
    return float(str(np.float32(single)))


def scale(value: float, power_of_ten: int) -> float:
    """Return the finite `value` times 10 ** `power_of_ten`, its decimal point moved: 0.413 by 3 → 413.0.

    The result is the float nearest to the decimal `value` is written as, so no digits appear that nobody wrote
    (413.00000000000006). Beyond the range of floats it is an infinity or zero.
    """
    try:
        return float(f"{value!r}e{power_of_ten}")
    except ValueError:  # `value` is itself written with an exponent
        digits, _, exponent = repr(value).partition("e")
        return float(f"{digits}e{int(exponent) + power_of_ten}")
