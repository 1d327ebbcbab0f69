"""A release going out in waves: who is in which, when the next one begins, and when it stops by itself.

Every decision is a function of what is stored and of the instant it is taken at.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from math import ceil
from typing import Final

from ohmstead.domain.errors import IllegalTransition, InvalidInput
from ohmstead.domain.installation import InstallationState, Patience
from ohmstead.domain.telemetry import SECOND

S = InstallationState
# Between two looks the rollout's time goes on by no more than this, whatever the clock says.
LONGEST_LOOK_US: Final = 60 * SECOND
# A device that has been away for so long holds up no wave; it is followed when it comes.
ABSENT_S: Final = 600
MOST_WAVES: Final = 20
# Devices that begin together stay in step: they load, restart and are confirmed together, and samples wait for all of
# them. A fleet of 500 is through in a minute all the same.
BETWEEN_BEGINNINGS_S: Final = 0.07
DAY_MINUTES: Final = 24 * 60


class RolloutState(StrEnum):
    RUNNING = "running"
    PAUSED = "paused"
    STOPPED = "stopped"
    DONE = "done"


R = RolloutState
LEGAL: Final[Mapping[R, frozenset[R]]] = {
    R.RUNNING: frozenset({R.PAUSED, R.STOPPED, R.DONE}),
    R.PAUSED: frozenset({R.RUNNING, R.STOPPED}),
    R.STOPPED: frozenset(),
    R.DONE: frozenset(),
}


@dataclass(frozen=True, slots=True)
class Window:
    """Minutes of the site's day between which offers are made; from 22:00 to 05:00 goes over midnight."""

    start: int
    end: int

    def holds(self, minute: int) -> bool:
        if self.start <= self.end:
            return self.start <= minute < self.end
        return minute >= self.start or minute < self.end


@dataclass(frozen=True, slots=True)
class Terms:
    """`waves`: rising shares of the devices, the last one 1. `downgrade_reason`: why older versions are wanted."""

    waves: tuple[float, ...] = (0.05, 0.25, 1.0)
    error_threshold: float = 0.1
    patience: Patience = field(default_factory=Patience)
    deadline_at: int | None = None
    window: Window | None = None
    downgrade_reason: str = ""
    at_once: int = 30  # devices that load at the same time


@dataclass(frozen=True, slots=True)
class Rollout:
    id: int
    release: int
    author: str
    created_at: int
    state: RolloutState
    terms: Terms
    sizes: tuple[int, ...]  # devices in each wave
    wave: int = 0
    reason: str = ""
    changed_at: int = 0
    clock: int = 0  # the rollout's own time
    looked_at: int = 0
    undoes: int | None = None  # the rollout it rolls back

    @property
    def moving(self) -> bool:
        return self.state in (R.RUNNING, R.PAUSED)


@dataclass(frozen=True, slots=True)
class Tally:
    """Installations of one wave, counted. `absent`: open, and their device has long been away."""

    states: Mapping[InstallationState, int]
    absent: int = 0

    def count(self, *states: InstallationState) -> int:
        return sum(self.states.get(state, 0) for state in states)


def check_terms(terms: Terms) -> None:
    """Raises InvalidInput."""
    shares = terms.waves
    if not 1 <= len(shares) <= MOST_WAVES or any(not 0 < share <= 1 for share in shares):
        raise InvalidInput(f"waves: 1–{MOST_WAVES} shares above 0 and up to 1")
    if list(shares) != sorted(set(shares)) or shares[-1] != 1:
        raise InvalidInput("waves: each share is larger than the one before, and the last is 1")
    window = terms.window
    if window is not None and (
        window.start == window.end or not all(0 <= m < DAY_MINUTES for m in (window.start, window.end))
    ):
        raise InvalidInput("window: two different times of the day")


def assign_waves(count: int, waves: Sequence[float]) -> tuple[int, ...]:
    """How many devices are in each wave. At least one is in the first; a wave that would be empty is left out."""
    bounds = [min(count, ceil(round(share * count, 6))) for share in waves]
    sizes = [bound - (bounds[n - 1] if n else 0) for n, bound in enumerate(bounds)]
    return tuple(size for size in sizes if size > 0)


def canaries_first(boards: Mapping[int, str]) -> list[int]:
    """Devices in the order they get their turn: one of each board, then the next of each, …"""
    by_board: dict[str, list[int]] = {}
    for device, board in boards.items():
        by_board.setdefault(board, []).append(device)
    queues = [iter(by_board[board]) for board in sorted(by_board)]
    order: list[int] = []
    while queues:
        still = []
        for queue in queues:
            found = next(queue, None)
            if found is not None:
                order.append(found)
                still.append(queue)
        queues = still
    return order


def move(rollout: Rollout, to: RolloutState, now: int, reason: str = "") -> Rollout:
    """Raises IllegalTransition."""
    if to not in LEGAL[rollout.state]:
        raise IllegalTransition(f"a rollout that is {rollout.state} cannot become {to}")
    return replace(rollout, state=to, reason=reason, changed_at=now)


def look(rollout: Rollout, now: int) -> Rollout:
    """The rollout's time goes on. A clock that went back, or leapt, moves it by nothing, or by a minute."""
    passed = min(max(now - rollout.looked_at, 0), LONGEST_LOOK_US)
    return replace(rollout, clock=rollout.clock + passed, looked_at=now)


def steer(rollout: Rollout, tallies: Sequence[Tally], now: int, *, trusted: bool) -> Rollout:
    """Stop, go on to the next wave, or be done. An untrusted clock ends nothing."""
    if rollout.state is not R.RUNNING:
        return rollout
    if why := _too_many(rollout, tallies):
        return move(rollout, R.STOPPED, now, why)
    if all(tally.count(S.CONFIRMED, S.FAILED, S.CANCELLED) == sum(tally.states.values()) for tally in tallies):
        return move(rollout, R.DONE, now)
    deadline = rollout.terms.deadline_at
    if deadline is not None and trusted and now >= deadline:
        return move(rollout, R.STOPPED, now, "its time was up")
    if rollout.wave + 1 < len(rollout.sizes) and _over(tallies[rollout.wave]):
        return replace(rollout, wave=rollout.wave + 1, changed_at=now)
    return rollout


def room(rollout: Rollout, tallies: Sequence[Tally], *, minute: int, trusted: bool) -> int:
    """How many more devices may be offered the release now. `minute` of the site's day."""
    if rollout.state is not R.RUNNING:
        return 0
    window = rollout.terms.window
    if window is not None and not (trusted and window.holds(minute)):
        return 0
    loading = sum(tally.count(S.OFFERED, S.DOWNLOADING, S.VERIFYING) - tally.absent for tally in tallies)
    return max(0, rollout.terms.at_once - loading)


def wait_s(began: float | None, now: float) -> float:
    """How long until the next device may begin, when one did at `began` (both in seconds of a clock that only runs)."""
    return 0.0 if began is None else max(0.0, began + BETWEEN_BEGINNINGS_S - now)


def _too_many(rollout: Rollout, tallies: Sequence[Tally]) -> str:
    """Why it stops: in one of the waves so far, the share of failures reached the threshold."""
    for number, tally in enumerate(tallies[: rollout.wave + 1]):
        failed, size = tally.count(S.FAILED), rollout.sizes[number]
        if failed and failed / size >= rollout.terms.error_threshold:
            limit = rollout.terms.error_threshold
            return f"wave {number + 1}: {failed} of {size} failed ({failed / size:.0%}; it stops at {limit:.0%})"
    return ""


def _over(tally: Tally) -> bool:
    """A wave is over when all of it ended, or only devices are left that are away and another one is well."""
    left = tally.count(S.PLANNED, S.OFFERED, S.DOWNLOADING, S.VERIFYING, S.RESTARTING, S.PROVING)
    return left == 0 or (left == tally.absent and tally.count(S.CONFIRMED) > 0)
