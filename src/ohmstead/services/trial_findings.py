"""What a trial holds once it is over: how it was sampled, what it misses, and its first result."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

import numpy as np

from ohmstead.analysis import quality as sampling
from ohmstead.analysis.trace import Trace
from ohmstead.domain.device import Channel
from ohmstead.domain.errors import InvalidInput
from ohmstead.domain.recording import CLOCK, Missing, Recording, Trial
from ohmstead.domain.telemetry import SECOND
from ohmstead.services import force_files
from ohmstead.services.trial_results import TrialResults
from ohmstead.services.trial_samples import TrialSamples

SERVER: Final = "server"  # who analysed, when nobody asked for it
EDGE_US: Final = SECOND // 2  # of a trial that may be without samples
MOST_GAPS: Final = 20  # named one by one; the number of all is in the quality
SEEN: Final = frozenset({"gap", "dead", "saturated", "channel"})  # kinds of Missing that samples show by themselves


class TrialFindings:
    def __init__(
        self,
        results: TrialResults,
        samples: TrialSamples,
        knots: Callable[[int, int, int], Sequence[tuple[int, int]]],
    ) -> None:
        """`knots`: of a device's clock, in a span."""
        self._results = results
        self._samples = samples
        self._knots = knots

    async def settled(self, recording: Recording, trial: Trial) -> Trial:
        """The trial with what its samples show. Its first result is made; where samples came late, another one beside
        it, unless a person has analysed it since."""
        traces = await self._samples.traces(recording, trial, {})
        channels = self._samples.channels(recording)
        quality = await asyncio.to_thread(_measured, traces)
        seen = list(zip(channels, traces.values(), quality.values(), strict=True))
        missing = [m for m in trial.missing if m.kind not in SEEN and (m.kind == CLOCK or not _came_after_all(m, seen))]
        for channel, trace, one in seen:
            missing += _holes(trial, channel.id, trace, one)
        gone = set(recording.channels) - {channel.id for channel in channels}
        missing += [Missing("channel", trial.t0 or 0, trial.t1, channel=c, detail="no longer there") for c in gone]
        clock = dict(trial.clock) | {
            str(device): knots
            for device in {channel.device for channel in channels}
            if (knots := self._knots(device, trial.t0 or 0, trial.t1 or 0))
        }
        size = None
        if sorted(traces) == ["left", "right"]:
            size = await asyncio.to_thread(
                force_files.size_of, traces["left"], traces["right"], next(iter(clock.values()), ())
            )
        by_id = {str(channel.id): one for channel, _, one in seen}
        found = replace(trial, quality=by_id, missing=tuple(missing), clock=clock, file_bytes=size)
        await self._analyse(recording, found)
        return found

    async def _analyse(self, recording: Recording, trial: Trial) -> None:
        if recording.kind not in self._results.analyses:
            return
        before = await self._results.newest([trial.id])
        if any(run.author != SERVER for run in before.values()):
            return
        try:
            result = await self._results.result(recording, trial, recording.kind, {}, trial.calibrations)
        except InvalidInput:
            return  # its columns are not what this analysis knows; a person may choose another
        await self._results.keep(trial, SERVER, trial.calibrations, result)


def _measured(traces: Mapping[str, Trace]) -> dict[str, dict[str, Any]]:
    found = {}
    for name, trace in traces.items():
        one = sampling.measured(trace).as_json()
        one["gap_count"] = len(one["gaps"])
        one["gaps"] = one["gaps"][:MOST_GAPS]
        found[name] = one
    return found


def _came_after_all(missing: Missing, seen: Sequence[tuple[Channel, Trace, Mapping[str, Any]]]) -> bool:
    """Whether the samples of that span are there: a device that keeps them sends them once it is back."""
    concerned = [(trace, one) for channel, trace, one in seen if missing.device in (None, channel.device)]
    return bool(concerned) and all(_is_whole(trace, one, missing.t0, missing.t1) for trace, one in concerned)


def _is_whole(trace: Trace, quality: Mapping[str, Any], start: int, end: int | None) -> bool:
    rate, t = quality["nominal_hz"], trace.t_us
    if rate is None or end is None or end <= start or not len(t) or start < t[0] or end > t[-1]:
        return False
    around = np.flatnonzero((t[:-1] < end) & (t[1:] > start))  # intervals that reach into the span
    return bool(np.diff(t)[around].max(initial=0) <= 2.5 * SECOND / rate)


def _holes(trial: Trial, channel: int, trace: Trace, quality: Mapping[str, Any]) -> list[Missing]:
    """What the samples themselves say is missing."""
    begin, end = trial.t0 or 0, trial.t1
    if not len(trace):
        return [Missing("gap", begin, end, channel=channel, detail="no sample at all")]
    found = [
        Missing("gap", gap["from_us"], gap["to_us"], channel=channel, detail=f"{gap['lost']} samples")
        for gap in quality["gaps"]
    ]
    # What a device holds back at its stop is not worth a word; a pull that was cut off is.
    longest = max(EDGE_US, 5 * round(SECOND / quality["nominal_hz"]) if quality["nominal_hz"] else 0)
    first, last = int(trace.t_us.min()), int(trace.t_us.max())
    if first - begin > longest:
        found.append(Missing("gap", begin, first, channel=channel, detail="nothing before this"))
    if end is not None and end - last > longest:
        found.append(Missing("gap", last, end, channel=channel, detail="nothing after this"))
    if quality["dead"]:
        found.append(Missing("dead", begin, end, channel=channel, detail="the value never changed"))
    if quality["saturated"]:
        detail = f"{quality['saturated']} samples at the end of the range"
        found.append(Missing("saturated", begin, end, channel=channel, detail=detail))
    return found
