"""What leaves the lab on paper or as a file: reports, certificates, samples and numbers."""

import asyncio
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Final
from zoneinfo import ZoneInfo

from ohmstead.analysis import Result
from ohmstead.domain.access import Principal
from ohmstead.domain.errors import InvalidInput, NotFound
from ohmstead.domain.recording import Recording, Trial, TrialState
from ohmstead.domain.telemetry import SECOND
from ohmstead.runtime.clock import Clock
from ohmstead.services import force_files
from ohmstead.services.calibrations import Calibrations
from ohmstead.services.devices import Devices
from ohmstead.services.recordings import Recordings
from ohmstead.services.subjects import Subjects
from ohmstead.services.trial_results import TrialResults
from ohmstead.services.trial_samples import TrialSamples
from ohmstead.services.trials import Trials

MOST_AT_ONCE: Final = 2  # files of samples: each is in memory as a whole


class LabPapers:
    def __init__(
        self,
        recordings: Recordings,
        trials: Trials,
        samples: TrialSamples,
        results: TrialResults,
        calibrations: Calibrations,
        subjects: Subjects,
        devices: Devices,
        zone: Callable[[], str],
        clock: Clock,
    ) -> None:
        self._recordings = recordings
        self._trials = trials
        self._samples = samples
        self._results = results
        self._calibrations = calibrations
        self._subjects = subjects
        self._devices = devices
        self._zone = zone
        self._clock = clock
        self._room = asyncio.Semaphore(MOST_AT_ONCE)

    def _local(self, us: int) -> datetime:
        return datetime.fromtimestamp(us / SECOND, UTC).astimezone(ZoneInfo(self._zone()))

    @property
    def zone(self) -> str:
        return self._zone()

    def older_name(self, at: int) -> str:
        """What the server of system 002 would have called a test that began then."""
        return force_files.name_of(at, self._zone())

    async def samples_csv(self, who: Principal, trial_id: int) -> tuple[str, bytes]:
        """(file name, body): a row per instant, units in the heading."""
        from ohmstead.analysis.csv_export import samples_csv

        recording, trial = await self._trials.get(who, trial_id)
        async with self._room:
            traces = await self._samples.traces(recording, trial)
            body = await asyncio.to_thread(lambda: "".join(samples_csv(traces)).encode())
        return f"{_stem(recording)}-{trial.number}.csv", body

    async def older_csv(self, who: Principal, trial_id: int) -> tuple[str, bytes]:
        """(file name, body) as the server of system 002 wrote it. Raises InvalidInput for other channels."""
        recording, trial = await self._trials.get(who, trial_id)
        return force_files.name_of(trial.asked_at, self._zone()), await self.older_file(recording, trial)

    async def older_file(self, recording: Recording, trial: Trial) -> bytes:
        async with self._room:
            traces = await self._samples.traces(recording, trial, {})
            left, right = traces.get("left"), traces.get("right")
            if left is None or right is None:
                raise InvalidInput("this form has room for `left` and `right` only")
            clock = next(iter(trial.clock.values()), ())
            return await asyncio.to_thread(force_files.render, left, right, clock, self._zone())

    async def metrics_csv(self, who: Principal, recording_id: int) -> tuple[str, bytes]:
        """(file name, body): a row per trial and metric, of the newest results."""
        from ohmstead.analysis.csv_export import metrics_csv

        recording = await self._recordings.get(who, recording_id)
        trials = await self._trials.of(recording)
        runs = await self._results.newest([t.id for t in trials])
        rows = [(f"{recording.name} #{t.number}", Result.from_json(runs[t.id].result)) for t in trials if t.id in runs]
        body = await asyncio.to_thread(lambda: "".join(metrics_csv(rows)).encode())
        return f"{_stem(recording)}-metrics.csv", body

    async def report(self, who: Principal, recording_id: int) -> tuple[str, bytes]:
        """(file name, PDF) of every trial that has a result. Raises NotFound when none has."""
        from ohmstead.analysis.report_pdf import ReportedTrial, SessionReport, session_report

        recording = await self._recordings.get(who, recording_id)
        trials = [t for t in await self._trials.of(recording) if t.state is TrialState.DONE]
        runs = await self._results.newest([t.id for t in trials])
        reported = []
        for trial in trials:
            if (run := runs.get(trial.id)) is None or trial.t0 is None:
                continue
            columns = await self._samples.traces(recording, trial, run.calibrations)
            note = "; ".join([trial.reason, *(f"{m.kind}: {m.detail}" for m in trial.missing[:3])]).strip("; ")
            reported.append(
                ReportedTrial(
                    f"Trial {trial.number}",
                    self._local(trial.t0),
                    Result.from_json(run.result),
                    columns,
                    trial.accepted,
                    note,
                )
            )
        if not reported:
            raise NotFound("no trial of this recording has a result")
        subject = self._subjects.known(recording.subject)
        report = SessionReport(
            recording.name, subject.pseudonym if subject else "", recording.rig.value, reported, _details(recording)
        )
        printed = self._local(self._clock.now())
        return f"{_stem(recording)}.pdf", await asyncio.to_thread(session_report, report, printed)

    async def certificate(self, who: Principal, calibration_id: int) -> tuple[str, bytes]:
        from ohmstead.analysis.report_pdf import Certificate, calibration_certificate

        one = self._calibrations.get(who, calibration_id)
        line = self._calibrations.line(one.id)
        channel = self._devices.channel(who, one.channel)
        device = self._devices.get(who, channel.device).device
        assert line is not None
        certificate = Certificate(
            f"{device.name} ({device.serial})",
            channel.label or channel.key,
            line,
            self._local(one.created_at),
            one.author,
            one.temperature_c,
            one.note,
        )
        printed = self._local(self._clock.now())
        return f"calibration-{one.id}.pdf", await asyncio.to_thread(calibration_certificate, certificate, printed)


def _details(recording: Recording) -> Sequence[tuple[str, str]]:
    told = (
        ("Protocol", recording.protocol),
        ("Posture", recording.posture),
        ("Body mass", "" if recording.body_mass_kg is None else f"{recording.body_mass_kg:g} kg"),
        ("Recorded by", recording.author),
        ("Note", recording.note),
    )
    return [(name, value) for name, value in told if value]


def _stem(recording: Recording) -> str:
    kept = "".join(c if c.isascii() and (c.isalnum() or c in "-_.") else "-" for c in recording.name)
    return kept.strip(".-") or f"recording-{recording.id}"
