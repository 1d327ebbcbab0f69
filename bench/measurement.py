"""What an area hands back, and what becomes of it beside its budget."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from statistics import median
from typing import Any

from bench.budgets import Budget


@dataclass(frozen=True, slots=True)
class Measurement:
    """Every value measured for one budget, with the peer's value of the same round, if there is a peer.

    No values: it could not be measured here, and `note` says why.
    """

    budget: str
    values: Sequence[float] = ()
    peer: Sequence[float] = ()
    note: str = ""


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the table."""

    budget: Budget
    measurement: Measurement
    measured: float | None = field(init=False)
    peer: float | None = field(init=False)
    ratio: float | None = field(init=False)

    def __post_init__(self) -> None:
        values, peer = self.measurement.values, self.measurement.peer
        object.__setattr__(self, "measured", median(values) if values else None)
        object.__setattr__(self, "peer", median(peer) if peer else None)
        pairs = [ours / theirs for ours, theirs in zip(values, peer, strict=False) if theirs]
        object.__setattr__(self, "ratio", median(pairs) if pairs else None)

    @property
    def aim_met(self) -> bool | None:
        return _met(self.measured, self.budget.aim, self.budget.better)

    @property
    def limit_met(self) -> bool | None:
        return _met(self.ratio, self.budget.limit, self.budget.better)

    @property
    def verdict(self) -> str:
        if self.measured is None:
            return "n/a"
        aim, limit = self.aim_met, self.limit_met
        if aim is None and limit is None:
            return "—"
        if aim is not False and limit is not False:
            return "yes" if limit is not None or self.budget.limit is None else "aim yes, no peer"
        if aim is False and limit is False:
            return "NO"
        return "ratio NO" if limit is False else "aim NO" if limit is None else "ratio yes, aim NO"

    def as_json(self) -> dict[str, Any]:
        budget, found = self.budget, self.measurement
        return {
            "id": budget.id,
            "area": budget.area,
            "budget": budget.what,
            "unit": budget.unit,
            "better": budget.better,
            "measured": shown(self.measured),
            "lowest": shown(min(found.values)) if found.values else None,
            "highest": shown(max(found.values)) if found.values else None,
            "rounds": len(found.values),
            "aim": budget.aim,
            "peer_name": budget.peer,
            "peer": shown(self.peer),
            "ratio": shown(self.ratio),
            "limit": budget.limit,
            "verdict": self.verdict,
            "note": found.note,
        }


def _met(value: float | None, bound: float | None, better: str) -> bool | None:
    if value is None or bound is None:
        return None
    return value >= bound if better == "more" else value <= bound


def shown(value: float | None) -> float | None:
    """Three significant figures: more would pretend to a precision that shared cores do not have."""
    if value is None:
        return None
    rounded = float(f"{value:.3g}")
    return int(rounded) if rounded == int(rounded) and abs(rounded) >= 100 else rounded


def alternate(rounds: int, ours: Callable[[], float], theirs: Callable[[], float]) -> tuple[list[float], list[float]]:
    """Measure in pairs, the order turned round each time, so that drift of the machine hits both alike."""
    mine: list[float] = []
    others: list[float] = []
    for n in range(rounds):
        for which in (ours, theirs) if n % 2 == 0 else (theirs, ours):
            (mine if which is ours else others).append(which())
    return mine, others
