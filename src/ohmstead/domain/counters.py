"""How much a counter has counted: registers in, increases out, whatever restarts and bad reads do to it.

The rule. The *held* register is the highest value believed so far.

* At or above the held register: the excess counts, and the value becomes the held register.
* Below it by at most 2 %: a dip. It adds nothing; the register stays held until it is exceeded.
* Below that: a *fall*. Its window is the next 3 samples or all samples of the next 10 minutes, whichever
  reaches further. If a sample of the window is back at 98 % of the held register or more, everything before
  it was a dip and added nothing, however often or deep it fell meanwhile; the sample that is back counts only
  what it has above the held register. If none is back, it was a reset: the fallen sample counts from 0, and
  all that follow are judged by this same rule against the new register (a fall among them opens its own
  window).

The first sample of a series adds 0. Equal values add 0. A register below zero is read as 0.

The result is a function of the whole sorted series, however it is cut: a fall whose window is still open when
the samples end adds 0 for now, and the state names the instant from which to fold again with what follows.
"""

from dataclasses import dataclass
from typing import Final, Self

import numpy as np
from numpy.typing import NDArray

from ohmstead.domain.telemetry import MINUTE

BACK: Final = 0.98  # of the held register: this close, and it is the same register again
# A meter that restarts sends zeros for a few records; one that is read badly may do so for some minutes.
WINDOW_SAMPLES: Final = 3
WINDOW_US: Final = 10 * MINUTE


@dataclass(frozen=True, slots=True)
class CounterState:
    """What the samples before a cut mean for those after it. Equal states fold equal samples equally.

    `held` is None before the first sample, else ≥ 0. `refold_from` is the instant of an undecided fall: `held`
    is then the register before that fall, and folding goes on with the sample of that instant, not after it.
    """

    held: float | None = None
    refold_from: int | None = None

    def to_numbers(self) -> tuple[float, int]:
        """Two plain numbers for a row or a column; -1 stands for None (neither can be negative)."""
        return (
            -1.0 if self.held is None else self.held,
            -1 if self.refold_from is None else self.refold_from,
        )

    @classmethod
    def from_numbers(cls, held: float, refold_from: int) -> Self:
        return cls(None if held < 0 else float(held), None if refold_from < 0 else int(refold_from))


START: Final = CounterState()


def fold(
    t_us: NDArray[np.int64], v: NDArray[np.float64], state: CounterState = START
) -> tuple[NDArray[np.float64], CounterState]:
    """Return the increase each sample adds, aligned with `t_us`, and the state after the last one.

    `t_us` ascends strictly, `v` is finite; both follow the samples that led to `state`. If `state.refold_from`
    is set, the samples from that instant on must be among them (this result replaces their provisional
    increases); ValueError if they are missing. Where they exist no more, fold with `CounterState(state.held)`.

    Increases of samples from the returned `refold_from` on are 0 and provisional. All others are final: no
    later sample changes them.
    """
    n = len(v)
    if n == 0:
        return np.empty(0), state
    if state.refold_from is not None and t_us[0] > state.refold_from:
        raise ValueError(f"samples from {state.refold_from} on must be folded again; the first is at {t_us[0]}")
    increase = np.empty(n)
    increase[0] = 0.0 if state.held is None else v[0] - state.held
    np.subtract(v[1:], v[:-1], out=increase[1:])
    if v[0] >= 0 and increase.min() >= 0:
        return increase, CounterState(float(v[-1]))
    register = np.maximum(v, 0.0)
    return _fold_with_falls(t_us, register, float(register[0]) if state.held is None else state.held)


def _fold_with_falls(
    t_us: NDArray[np.int64], register: NDArray[np.float64], held: float
) -> tuple[NDArray[np.float64], CounterState]:
    """As `fold`, for registers ≥ 0: rides each rising stretch at once, stops only where the register is low."""
    n = len(register)
    increase = np.zeros(n)
    steps = np.diff(register)
    falls = np.append(np.flatnonzero(steps < 0) + 1, n)
    i = 0
    while i < n:
        value = float(register[i])
        if value >= held:
            end = int(falls[np.searchsorted(falls, i, side="right")])
            increase[i] = value - held
            increase[i + 1 : end] = steps[i : end - 1]
            held = float(register[end - 1])
            i = end
        elif value >= BACK * held:
            i = _first_outside(register, i + 1, BACK * held, held)
        else:
            window_end = min(n, _window_end(t_us, i))
            back = _first_back(register, i + 1, window_end, BACK * held)
            if back < window_end:
                i = back
            elif n - 1 >= i + WINDOW_SAMPLES and t_us[-1] - t_us[i] >= WINDOW_US:
                held = 0.0  # no later sample can be in the window: a reset, and sample i is judged again
            else:
                return increase, CounterState(held, int(t_us[i]))
    return increase, CounterState(held)


def _window_end(t_us: NDArray[np.int64], fall: int) -> int:
    """Index after the last sample (present or to come) that may still turn the fall into a dip."""
    return max(fall + WINDOW_SAMPLES + 1, int(np.searchsorted(t_us, t_us[fall] + WINDOW_US, side="right")))


def _first_back(register: NDArray[np.float64], start: int, end: int, threshold: float) -> int:
    """Index of the first register ≥ threshold in [start, end), or `end`."""
    size = 16  # most dips are a sample or two; looking at ever larger pieces keeps long windows cheap as well
    while start < end:
        found = register[start : min(start + size, end)] >= threshold
        at = int(found.argmax())
        if found[at]:
            return start + at
        start += size
        size *= 4
    return end


def _first_outside(register: NDArray[np.float64], start: int, low: float, high: float) -> int:
    """Index of the first register < low or ≥ high from `start` on, or the number of registers."""
    size, end = 16, len(register)
    while start < end:
        piece = register[start : start + size]
        found = (piece >= high) | (piece < low)
        at = int(found.argmax())
        if found[at]:
            return start + at
        start += size
        size *= 4
    return end
