"""Results of trials: analyses run in a worker thread and kept as versions beside each other."""

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any, Final

from ohmstead.analysis import Analysis, Context, Result, session
from ohmstead.analysis import Rig as AnalysisRig
from ohmstead.analysis.session import MetricSummary
from ohmstead.database import Database
from ohmstead.domain.access import Permission, Principal
from ohmstead.domain.errors import Conflict, InvalidInput, NotFound
from ohmstead.domain.recording import CLOCK, Recording, Run, Trial, TrialChanged, TrialState
from ohmstead.runtime.bus import Bus
from ohmstead.runtime.clock import Clock
from ohmstead.services.calibrations import Calibrations
from ohmstead.services.trial_samples import TrialSamples
from ohmstead.services.trials import Trials
from ohmstead.storage import analysis_runs as store

AT_ONCE: Final = 2  # analyses, so that a list of twenty does not take every core
MOST_RUNS: Final = 200  # of one trial: dragging a line makes one each time it is let go


class TrialResults:
    def __init__(
        self,
        database: Database,
        trials: Trials,
        samples: TrialSamples,
        calibrations: Calibrations,
        analyses: Mapping[str, Analysis],
        bus: Bus,
        clock: Clock,
    ) -> None:
        self._database = database
        self._trials = trials
        self._samples = samples
        self._calibrations = calibrations
        self.analyses = analyses
        self._bus = bus
        self._clock = clock
        self._free = asyncio.Semaphore(AT_ONCE)

    # Looking

    async def of_trial(self, trial: Trial) -> list[Run]:
        """Newest first."""
        return await self._database.read(lambda c: store.of_trial(c, trial.id))

    async def newest(self, trials: Sequence[int]) -> dict[int, Run]:
        return await self._database.read(lambda c: store.newest_of(c, trials)) if trials else {}

    def summary(self, trials: Sequence[Trial], runs: Mapping[int, Run]) -> list[MetricSummary]:
        """What the accepted ones of a session come to together, by their newest results."""
        counted = [runs[one.id] for one in trials if one.accepted and one.id in runs]
        return session.summary([Result.from_json(run.result) for run in counted])

    async def run(self, trial: Trial, run_id: int | None) -> Run:
        """That run, or the newest. Raises NotFound."""
        runs = await self.of_trial(trial)
        found = runs[0] if runs and run_id is None else next((one for one in runs if one.id == run_id), None)
        if found is None:
            raise NotFound("this trial has no such result")
        return found

    # Analysing

    async def analyse(
        self,
        who: Principal,
        trial_id: int,
        parameters: Mapping[str, Any],
        *,
        analysis: str | None = None,
        recalibrate: bool = False,
        keep: bool = True,
    ) -> Run:
        """A new version beside the others. `recalibrate`: with the calibrations that hold now, not with the trial's.

        `keep` False only looks: the run has id and version 0. Raises InvalidInput for parameters out of bounds.
        """
        recording, trial = await self._trials.get(who, trial_id)
        who.require(Permission.RECORDINGS_EDIT)
        if trial.state is not TrialState.DONE:
            raise Conflict("only a trial that is over can be analysed")
        trial = await self._trials.whole(trial)
        calibrations = self._calibrations.of(recording.channels) if recalibrate else trial.calibrations
        result = await self.result(recording, trial, analysis or recording.kind, parameters, calibrations)
        if not keep:
            return Run(0, trial.id, 0, self._clock.now(), who.name, calibrations, result.as_json())
        return await self.keep(trial, who.name, calibrations, result)

    async def result(
        self,
        recording: Recording,
        trial: Trial,
        name: str,
        parameters: Mapping[str, Any],
        calibrations: Mapping[str, int],
    ) -> Result:
        analysis = self.analyses.get(name)
        if analysis is None:
            raise InvalidInput(f"there is no analysis {name!r}; there are {', '.join(sorted(self.analyses))}")
        traces = await self._samples.traces(recording, trial, calibrations)
        context = self._context(recording, trial)
        async with self._free:
            return await asyncio.to_thread(analysis.run, traces, context, parameters)

    def _context(self, recording: Recording, trial: Trial) -> Context:
        """Samples that are missing show as gaps; what a trial says of its links and its server is the reason only."""
        devices = {channel.device for channel in self._samples.channels(recording)}
        return Context(
            rig=AnalysisRig(recording.rig.value),
            body_mass_kg=recording.body_mass_kg,
            simultaneous=len(devices) == 1,
            device_time=not any(one.kind == CLOCK for one in trial.missing),
        )

    async def keep(self, trial: Trial, author: str, calibrations: Mapping[str, int], result: Result) -> Run:
        at, plain = self._clock.now(), result.as_json()

        def write(connection: Any) -> Run:
            run = store.add(connection, trial.id, at, author, calibrations, plain)
            store.trim(connection, trial.id, MOST_RUNS)
            return run

        run = await self._database.write(write)
        self._bus.publish(TrialChanged(trial.id, trial.recording))
        return run
