"""Which steps between samples are bridged by a straight line: those that are usual where they lie.

A device that is set to another interval must neither lose its energy from then on nor have its holes filled. So what
is usual follows from the steps before, and from nothing else: late samples, another order of arrival and folding
again give the same, and samples that follow change nothing. A sample changes the judgement of the HISTORY steps after
it at most.

The steps before are not averaged: a plug that reports every ten minutes, and many times within the seconds in which
its load changes, is not silent afterwards. A few steps of about this length are enough to make it usual.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from ohmstead.domain.energy import BRIDGED_INTERVALS
from ohmstead.domain.telemetry import HOUR, SECOND

Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]

# A burst must not make every lost packet a hole; and nobody knows what a load did during half a day.
SHORTEST_GAP_US: Final = 5 * SECOND
LONGEST_GAP_US: Final = 12 * HOUR
# A step is usual if so many of so many steps before it were at least a third as long; at the beginning of a series,
# where there are fewer than ALIKE, all of them. Nothing says that the very first one is not usual.
ALIKE: Final = 4
STEPS: Final = 32
# So many instants before a sample are needed to judge the step to it.
HISTORY: Final = STEPS + 1
# Steps judged together: what a processor keeps at hand, and a hole makes only those around it slower.
_AT_ONCE: Final = 8192


@dataclass(frozen=True, slots=True)
class Learned:
    """Steps that end at `upto` or earlier are bridged if they are at most `gap_us`: stored rollups were folded so."""

    upto: int
    gap_us: int


def bridged(t_us: Ints, before: Ints, learned: Learned | None = None) -> Bools:
    """Return for each instant (ascending) whether the step to it is bridged.

    `before` are the last instants earlier than these, HISTORY of them or all that there are.
    """
    before = before[-HISTORY:]
    if len(before) == 0:
        if len(t_us) == 0:
            return np.empty(0, np.bool_)
        return np.append(False, bridged(t_us[1:], t_us[:1], learned))
    found = np.empty(len(t_us), np.bool_)
    for start in range(0, len(t_us), _AT_ONCE):
        some = t_us[max(0, start - HISTORY) : start + _AT_ONCE]
        every = some if start >= HISTORY else np.concatenate((before, some))
        steps = every[1:] - every[:-1]
        end = min(start + _AT_ONCE, len(t_us))
        found[start:end] = _usual(steps, len(steps) - (end - start))
    if learned is not None:
        old = int(np.searchsorted(t_us, learned.upto, side="right"))
        found[:old] = np.diff(t_us[:old], prepend=before[-1:]) <= learned.gap_us
    return found


def _usual(steps: Ints, first: int) -> Bools | bool:
    """Judge the steps from number `first` on, at least one; if it is below STEPS, they are the first of a series.

    A plain bool is for all of them.
    """
    own = steps[first:]
    longest = int(own.max())
    if longest <= min(LONGEST_GAP_US, max(SHORTEST_GAP_US, BRIDGED_INTERVALS * int(steps.min()))):
        return True
    usual = own <= SHORTEST_GAP_US
    skipped = max(0, ALIKE - first)  # without enough steps before them
    pairs = np.minimum(steps[:-1], steps[1:])
    shortest = np.minimum(pairs[:-2], pairs[2:])[first + skipped - ALIKE : -1]  # of the four before each
    usual[skipped:] |= own[skipped:] <= BRIDGED_INTERVALS * shortest
    doubtful = np.flatnonzero(~usual)
    if len(doubtful):
        number = doubtful + first
        before = sliding_window_view(np.concatenate((np.zeros(STEPS, np.int64), steps)), STEPS)[number]
        alike = np.count_nonzero(BRIDGED_INTERVALS * before >= own[doubtful, np.newaxis], axis=1)
        usual[doubtful] = alike >= np.minimum(ALIKE, number)
    usual &= own <= LONGEST_GAP_US
    return usual
