"""What trials come to together: a session, a person over time, a group; and how far that can be trusted."""

import asyncio
import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from ohmstead.analysis import reliability
from ohmstead.analysis.reliability import Reliability, TrendPoint
from ohmstead.analysis.session import LEADING
from ohmstead.database import Database
from ohmstead.domain.access import Permission, Principal
from ohmstead.domain.recording import Run, Wanted
from ohmstead.services.subjects import sees_only
from ohmstead.storage import analysis_runs as store

MOST_SCORED: Final = 20_000  # trials in one report of reliability
# These are the same wherever the onset was.
WITHOUT_ONSET: Final = ("peak_force", "body_weight", "pre_tension", "left_at", "right_at", "asymmetry_peak_force")
FEWEST: Final = 3  # subjects that reliability takes

Way = tuple[str, ...]  # how a number was measured: only equal ways may stand in one series


@dataclass(frozen=True, slots=True)
class Score:
    """What one session of one subject came to, by one metric.

    `best`: of the trial with the highest peak force; a signed number such as an asymmetry has no best of its own.
    """

    subject: int | None
    recording: int
    at: int
    values: tuple[float, ...]  # of the trials that count
    best: float
    unit: str
    way: Way

    @property
    def mean(self) -> float:
        return math.fsum(self.values) / len(self.values)

    def used(self, use: str) -> float:
        return self.best if use == "best" else self.mean


@dataclass(frozen=True, slots=True)
class Series:
    """Scores that may be compared, oldest first. `note`: what was left out because it may not; None: nothing."""

    label: str
    unit: str
    scores: Sequence[Score]
    note: str | None


@dataclass(frozen=True, slots=True)
class MetricReport:
    metric: str
    series: Series
    reliability: Reliability | None  # None: fewer than two subjects or sessions
    reason: str | None


@dataclass(frozen=True, slots=True)
class Trend:
    metric: str
    series: Series
    points: Sequence[TrendPoint]


class TrialScores:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def series(
        self, who: Principal, metric: str, *, subject: int | None, group: int | None, kind: str, way: Way | None = None
    ) -> Series:
        """One score per session, all measured in one way: as `way` says, or as most of the newest were."""
        who.require(Permission.DEVICES_READ)
        wanted = Wanted(subject=subject, group=group, kind=kind, devices=sees_only(who))
        rows = await self._database.read(lambda c: store.newest_accepted(c, wanted, MOST_SCORED))
        return await asyncio.to_thread(_series, rows, metric, way)

    async def reliability(
        self,
        who: Principal,
        metric: str,
        *,
        subject: int | None,
        group: int | None,
        kind: str,
        use: str,
        way: Way | None = None,
    ) -> MetricReport:
        """Of the best, or the mean, trial of each session. Sessions are matched by their order, the newest last."""
        series = await self.series(who, metric, subject=subject, group=group, kind=kind, way=way)
        rows: dict[str, list[float]] = {}
        for score in series.scores:
            if score.subject is not None:
                rows.setdefault(str(score.subject), []).append(score.used(use))
        sessions = sessions_to_compare([len(row) for row in rows.values()])
        if sessions is None:
            return MetricReport(metric, series, None, "it takes three subjects with two sessions each")
        padded = {key: [None] * (sessions - len(row)) + list(row[-sessions:]) for key, row in rows.items()}
        found = await asyncio.to_thread(reliability.reliability, padded, series.unit)
        return MetricReport(metric, series, found, None)

    async def trend(self, who: Principal, subject: int, metric: str, *, kind: str, use: str) -> Trend:
        """One subject over time, each point with the band of what chance alone would do, if the group shows it."""
        own = await self.series(who, metric, subject=subject, group=None, kind=kind)
        mdc95 = None
        if own.scores:
            way = own.scores[-1].way
            report = await self.reliability(who, metric, subject=None, group=None, kind=kind, use=use, way=way)
            mdc95 = None if report.reliability is None else report.reliability.mdc95.value
        points = [(score.at, score.used(use)) for score in own.scores]
        return Trend(metric, own, reliability.trend(points, own.unit, mdc95))


def sessions_to_compare(counts: Sequence[int]) -> int | None:
    """How many sessions of everybody to compare: what leaves the error its most degrees of freedom, so that one
    person with many sessions does not shut out all others. None where fewer than three people have two.
    """
    offered = [(k, sum(count >= k for count in counts)) for k in range(2, max(counts, default=0) + 1)]
    usable = [(k, n) for k, n in offered if n >= FEWEST]
    return max(usable, key=lambda one: ((one[1] - 1) * (one[0] - 1), one[1]))[0] if usable else None


def _way(run: Run, metric: str) -> Way:
    """A rig measures something of its own; the onset, its threshold and the filter are one setting."""
    settings, parameters = run.result["settings"], run.result["parameters"]
    way = [str(settings.get("rig", "")), str(settings.get("filter", ""))]
    if not metric.startswith(WITHOUT_ONSET):
        way += [str(settings.get("onset", "")), str(parameters.get("back_track", ""))]
    return tuple(way)


def _counts(run: Run, *, accepted: bool | None) -> bool:
    """What a person accepted, or has not judged though nothing speaks against it."""
    return bool(accepted or run.result["acceptable"])


def _series(rows: Sequence[tuple[int | None, int, int, bool | None, Run]], metric: str, way: Way | None) -> Series:
    label, unit = metric, ""
    found: list[tuple[int | None, int, int, float, float, Way]] = []
    for subject, recording, at, accepted, run in rows:
        by_key = {m["key"]: m for m in run.result["metrics"] if m["key"] in (metric, LEADING)}
        one = by_key.get(metric)
        if one is None or one["value"] is None or not _counts(run, accepted=accepted):
            continue
        label, unit = one["label"], one["unit"]
        lead = by_key.get(LEADING, one)["value"]
        rank = -math.inf if lead is None else float(lead)
        found.append((subject, recording, at, float(one["value"]), rank, _way(run, metric)))
    if way is None and found:
        sessions = {(recording, one_way): at for _, recording, at, _, _, one_way in found}
        often = Counter(one_way for _, one_way in sessions)
        way = max(often, key=lambda w: (often[w], max(at for (_, one), at in sessions.items() if one == w)))
    scores: dict[int, Score] = {}
    ranks: dict[int, float] = {}
    for subject, recording, at, value, rank, one_way in found:
        if one_way != way:
            continue
        held = scores.get(recording)
        best = value if held is None or rank > ranks[recording] else held.best
        ranks[recording] = max(rank, ranks.get(recording, -math.inf))
        values = (value,) if held is None else (*held.values, value)
        scores[recording] = Score(subject, recording, at, values, best, unit, one_way)
    others = [one for one in found if one[5] != way]
    return Series(label, unit, list(scores.values()), _left_out(others, way))


def _left_out(others: Sequence[tuple[Any, ...]], way: Way | None) -> str | None:
    if not others or way is None:
        return None
    names = {"plate": "force plate", "inline": "in-line rig", "none": "no filter"}
    ways = sorted({", ".join(names.get(one, one) for one in other[5][:3] if one) for other in others})
    many = "1 trial" if len(others) == 1 else f"{len(others)} trials"
    return f"{many} measured in another way, left out since it cannot be compared: {'; '.join(ways)}"
