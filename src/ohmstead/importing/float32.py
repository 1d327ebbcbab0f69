"""Float32 noise removed from whole columns; value by value the same as `domain.decimals`."""

import numpy as np
from numpy.typing import NDArray

from ohmstead.domain.decimals import scale, shortest_float32

Floats = NDArray[np.float64]


def cleaned(values: Floats, power_of_ten: int = 0) -> Floats:
    """Return the shortest decimals of the same float32, times 10 ** `power_of_ten` by moving the point. NaN stays."""
    out = np.full(len(values), np.nan)
    finite = np.isfinite(values)
    magnitude = np.zeros(len(values))
    np.log10(np.abs(values), out=magnitude, where=finite & (values != 0))
    left = finite & (np.abs(values) < 1e6) & (np.abs(values) > 1e-6)
    zero = finite & (values == 0)
    out[zero] = 0.0
    whole = left & (values % 1 == 0)
    single = values.astype(np.float32)
    for digits in (6, 7, 8):
        # How far the point moves so that `digits` digits stand before it.
        moved = digits - 1 - np.floor(magnitude).astype(np.int64)
        moved = np.where(whole, 0, np.clip(moved, 0, 15))
        # Six digits are those of the number as it was written; more are those of the float32 behind it.
        source = values if digits == 6 else single.astype(np.float64)
        shifted = np.rint(np.where(left, source, 0.0) * 10.0**moved)
        candidate = shifted / 10.0**moved
        fits = left & (whole | ((digits == 6) & (candidate == values)) | (candidate.astype(np.float32) == single))
        fits &= (moved + max(0, -power_of_ten) <= 22) & (np.abs(shifted) < 2**53)
        down = moved - power_of_ten
        scaled = np.where(down >= 0, shifted / 10.0 ** np.maximum(down, 0), shifted * 10.0 ** np.maximum(-down, 0))
        out = np.where(fits, scaled, out)
        left &= ~fits
    rest = np.flatnonzero(finite & ~zero & np.isnan(out))
    for row in rest.tolist():
        out[row] = scale(shortest_float32(float(values[row])), power_of_ten)
    return out
