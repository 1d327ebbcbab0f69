"""Brings samples to the detectors that watch them, in slices that keep nobody waiting."""

import asyncio
import time
from collections.abc import Iterable
from typing import Final

import numpy as np
import structlog

from ohmstead.domain.detector import Flip
from ohmstead.domain.telemetry import DAY, Times, Values
from ohmstead.series import Layout
from ohmstead.services.rule_watch import Group, Watch, Watched

log = structlog.get_logger(__name__)

STALE_US: Final = DAY
# Evaluation gives way to everything else in the event loop after this long, twenty times a second: so long a message
# that comes meanwhile waits.
SLICE_S: Final = 0.0005

Plan = list[tuple[int, Group]]


class RuleFeed:
    """Event-loop only; one piece of work at a time. Samples older than a day when they came count for nothing here."""

    def __init__(self, watch: Watch) -> None:
        self._watch = watch
        self._plans: dict[Layout, Plan] = {}
        self.evaluated_samples = 0
        self.busy_s = 0.0

    def forget_plans(self) -> None:
        """Something else is watched now."""
        self._plans.clear()

    async def evaluate(
        self, batch: Iterable[tuple[int, Iterable[tuple[Layout, Times, Values]]]]
    ) -> list[tuple[Watched, Flip]]:
        """Feed runs of samples, each with when it was committed, layout by layout; flips in order of time."""
        flips: list[tuple[Watched, Flip]] = []
        of_layout: dict[Layout, list[tuple[Times, Values, int]]] = {}
        for committed, runs in batch:
            for layout, t, v in runs:
                if len(t):
                    of_layout.setdefault(layout, []).append((t, v, committed - STALE_US))
        began = time.perf_counter()
        for layout, pieces in of_layout.items():
            plan = self._plans.get(layout)
            if plan is None:
                groups = self._watch.groups
                plan = [(n, groups[one]) for n, one in enumerate(layout.series) if one in groups]
                self._plans[layout] = plan
            try:
                self._feed(plan, layout.width, pieces, flips)
            except Exception:  # one that cannot be evaluated must not stop the others
                log.exception("rules could not be evaluated", device=layout.device)
            if (took := time.perf_counter() - began) > SLICE_S:
                self.busy_s += took
                await asyncio.sleep(0)
                began = time.perf_counter()
        self.busy_s += time.perf_counter() - began
        flips.sort(key=lambda found: found[1].at)
        return flips

    def _feed(
        self, plan: Plan, width: int, pieces: list[tuple[Times, Values, int]], flips: list[tuple[Watched, Flip]]
    ) -> None:
        if not plan:
            return
        if len(pieces) == 1 and len(pieces[0][0]) == 1:
            self._feed_one(plan, pieces[0], flips)
            return
        t = np.concatenate([np.asarray(times, np.int64) for times, _, _ in pieces])
        table = np.concatenate([np.asarray(values, float) for _, values, _ in pieces]).reshape(len(t), width)
        oldest = min(stale for _, _, stale in pieces)
        self.evaluated_samples += len(t) * len(plan)
        if int(t.min()) < oldest:
            fresh = t >= oldest
            t, table = t[fresh], table[fresh]
            if not len(t):
                return
        earliest = int(t.min())
        for column, group in plan:
            if group.budgets:
                group.touched = earliest if group.touched is None else min(group.touched, earliest)
            if group.watched:
                flips += group.feed(t, table[:, column])

    def _feed_one(self, plan: Plan, piece: tuple[Times, Values, int], flips: list[tuple[Watched, Flip]]) -> None:
        """One row: the usual message of a small device, without the price of columns."""
        times, values, oldest = piece
        at = int(times[0])
        if at < oldest:
            return
        self.evaluated_samples += len(plan)
        for column, group in plan:
            if group.budgets:
                group.touched = at if group.touched is None else min(group.touched, at)
            if at <= group.upto or not group.watched:
                continue
            value = values[column]
            if group.low <= value <= group.high:
                group.upto = at
                continue
            flips += group.feed(np.array([at]), np.array([value], float))
