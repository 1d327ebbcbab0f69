"""Keeping a connection below its limit: what is shed first, when, and in which order it comes back."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from ohmstead.domain.errors import InvalidInput
from ohmstead.domain.telemetry import SECOND

# After each step the meter has to tell what it did before the next is decided.
SETTLE_US: Final = 5 * SECOND


@dataclass(frozen=True, slots=True)
class LoadLimit:
    """Above `limit_w` for `over_s` one output is shed; once there was room for it for `under_s`, it comes back.

    `margin_w` is the hysteresis: room means that with the output the load would stay this much below the limit.
    """

    limit_w: float
    margin_w: float = 200.0
    over_s: float = 10.0
    under_s: float = 60.0
    enabled: bool = True

    def __post_init__(self) -> None:
        if not 0 < self.limit_w <= 10_000_000 or not 0 <= self.margin_w < self.limit_w:
            raise InvalidInput("limit_w is above 0, and margin_w below it")
        if not 0 <= self.over_s <= 3600 or not 0 <= self.under_s <= 86_400:
            raise InvalidInput("over_s: at most an hour; under_s: at most a day")


@dataclass(frozen=True, slots=True)
class Load:
    """An output that may be shed. `watts`: what it draws, None if nobody measures it."""

    output: int
    priority: int
    watts: float | None = None


@dataclass(frozen=True, slots=True)
class Shed:
    """An output that was shed, its state before, and how much the load fell by (0 while that is not known)."""

    output: int
    state: Any
    watts: float = 0.0


@dataclass(frozen=True, slots=True)
class StoredLimit:
    """The limit of the connection that a channel measures, with what is off for its sake."""

    id: int
    channel: int
    limit: LoadLimit
    shed: tuple[Shed, ...] = ()


@dataclass(frozen=True, slots=True)
class Keeper:
    """What is shed, in that order, and since when the load is too high, or low enough. Rebuilt from `shed` alone."""

    shed: tuple[Shed, ...] = ()
    over_since: int | None = None
    under_since: int | None = None
    acted_at: int | None = None
    before_w: float | None = None  # the load when the last one was shed


@dataclass(frozen=True, slots=True)
class Step:
    keeper: Keeper
    shed: int | None = None
    restore: Shed | None = None


def step(
    keeper: Keeper, limit: LoadLimit, total_w: float, at: int, on: Sequence[Load], states: Mapping[int, Any]
) -> Step:
    """One sample of the total. At most one thing is done, and then the meter is waited for.

    `on` are the outputs that are on and may be shed; `states` what they would go back to. The lowest priority is
    shed first, of equals the one that draws most; the last one shed comes back first.
    """
    if keeper.acted_at is not None and at - keeper.acted_at < SETTLE_US:
        return Step(keeper)
    keeper = _learn(keeper, total_w)
    if total_w > limit.limit_w:
        since = keeper.over_since if keeper.over_since is not None else at
        keeper = replace(keeper, over_since=since, under_since=None)
        if at - since < limit.over_s * SECOND or not on:
            return Step(keeper)
        first = min(on, key=lambda load: (load.priority, -(load.watts or 0.0), load.output))
        gone = Shed(first.output, states.get(first.output, "on"), first.watts or 0.0)
        after = Keeper((*keeper.shed, gone), acted_at=at, before_w=total_w)
        return Step(after, shed=first.output)
    keeper = replace(keeper, over_since=None)
    if not keeper.shed:
        return Step(keeper)
    last = keeper.shed[-1]
    if total_w + last.watts > limit.limit_w - limit.margin_w:
        return Step(replace(keeper, under_since=None))
    since = keeper.under_since if keeper.under_since is not None else at
    if at - since < limit.under_s * SECOND:
        return Step(replace(keeper, under_since=since))
    return Step(Keeper(keeper.shed[:-1], acted_at=at), restore=last)


def _learn(keeper: Keeper, total_w: float) -> Keeper:
    """How much the last one shed drew, from what the load fell by, unless it is measured."""
    if keeper.before_w is None or not keeper.shed:
        return keeper
    last = keeper.shed[-1]
    if last.watts <= 0:
        last = replace(last, watts=max(0.0, keeper.before_w - total_w))
    return replace(keeper, shed=(*keeper.shed[:-1], last), before_w=None)


def taken_over(keeper: Keeper, output: int) -> Keeper:
    """A person has set a shed output: it is theirs again, and nothing is restored."""
    return replace(keeper, shed=tuple(one for one in keeper.shed if one.output != output))
