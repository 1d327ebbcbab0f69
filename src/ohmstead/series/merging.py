"""Sorting, removing repeats, merging: pure functions over columns."""

from collections.abc import Sequence
from itertools import pairwise
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ohmstead.series.hot import EMPTY, Columns

BLOCK_MOST: Final = 4096
BLOCK_LEAST: Final = 2048  # a smaller block is merged with what comes next


def settled(t: NDArray[np.int64], v: NDArray[np.float64]) -> Columns:
    """Return samples in order of arrival as strictly ascending samples; of repeats the last to arrive stays."""
    if len(t) < 2 or bool((t[1:] > t[:-1]).all()):
        return t, v
    order = np.argsort(t, kind="stable")
    t, v = t[order], v[order]
    keep = np.append(t[1:] != t[:-1], True)
    return t[keep], v[keep]


def merged(parts: Sequence[Columns]) -> Columns:
    """Merge parts, each strictly ascending; where an instant is in several, the later part wins."""
    parts = [part for part in parts if len(part[0])]
    if not parts:
        return EMPTY
    if len(parts) == 1:
        return parts[0]
    return settled(np.concatenate([t for t, _ in parts]), np.concatenate([v for _, v in parts]))


def between(columns: Columns, t0: int, t1: int) -> Columns:
    """Return the ascending samples in [t0, t1)."""
    t, v = columns
    low, high = np.searchsorted(t, (t0, t1))
    return t[low:high], v[low:high]


def cuts(n: int) -> list[tuple[int, int]]:
    """Return the (start, end) of blocks of about equal size: one up to BLOCK_MOST samples, else none below half."""
    pieces = max(1, -(-n // BLOCK_MOST))
    borders = [n * i // pieces for i in range(pieces + 1)]
    return [(a, b) for a, b in pairwise(borders) if b > a]
