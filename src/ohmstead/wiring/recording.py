"""What records: subjects, recordings, calibrations, results, and the devices that stream force."""

from collections.abc import Coroutine
from typing import TYPE_CHECKING, Any, Final

from ohmstead import analysis as analysis_package
from ohmstead.runtime.periodic import every
from ohmstead.runtime.plugins import discover
from ohmstead.services.calibrations import Calibrations
from ohmstead.services.fast_live import FastLive
from ohmstead.services.force_devices import ForceDevices
from ohmstead.services.lab import Lab
from ohmstead.services.lab_papers import LabPapers
from ohmstead.services.open_recordings import OpenRecordings
from ohmstead.services.recordings import Recordings
from ohmstead.services.settling import Settling
from ohmstead.services.subjects import Subjects
from ohmstead.services.trial_book import TrialBook
from ohmstead.services.trial_findings import TrialFindings
from ohmstead.services.trial_results import TrialResults
from ohmstead.services.trial_samples import TrialSamples
from ohmstead.services.trial_scores import TrialScores
from ohmstead.services.trials import Trials

if TYPE_CHECKING:
    from ohmstead.app import App

LOAD_CELL: Final = "load-cell"


class LabWiring:
    """Builds the lab and keeps it going."""

    def __init__(self, lab: Lab) -> None:
        self.lab = lab

    @classmethod
    async def build(cls, app: "App") -> "LabWiring":
        database, series, clock, audit, bus = app.database, app.series, app.clock, app.audit, app.bus
        subjects = Subjects(database, audit, clock, app.settings.undo_s)
        calibrations = Calibrations(database, series, app.devices, audit, clock)
        dialect = app.dialects[LOAD_CELL]
        devices = ForceDevices(
            app.ingest, app.registry, app.devices, series, app.tickets, calibrations, dialect, bus, clock
        )
        book = TrialBook(database, bus)
        settling = Settling(database, series, book, clock)
        opened = OpenRecordings(database, series, app.devices, calibrations, devices, settling, book, bus, clock)
        devices.intake.lost = opened.not_stored
        recordings = Recordings(database, app.devices, subjects, opened, audit, clock, app.settings.undo_s)
        trials = Trials(database, recordings, opened, settling, calibrations, book, audit, clock)
        samples = TrialSamples(database, series, app.devices, calibrations)
        analyses = discover(analysis_package, "ANALYSIS")
        results = TrialResults(database, trials, samples, calibrations, analyses, bus, clock)
        settling.settled = TrialFindings(results, samples, devices.knots).settled
        scores = TrialScores(database)
        papers = LabPapers(
            recordings,
            trials,
            samples,
            results,
            calibrations,
            subjects,
            app.devices,
            lambda: app.sites.default.zone,
            clock,
        )
        fast = FastLive(series, app.devices, calibrations, bus)
        fast.concerns = opened.concerns
        app.retention.keepers.append(samples.keep)
        for part in (subjects, calibrations, opened, settling, recordings, trials):
            await part.load()
        return cls(
            Lab(subjects, recordings, opened, trials, samples, results, scores, calibrations, devices, fast, papers)
        )

    def work(self) -> list[Coroutine[Any, Any, None]]:
        """What runs beside the doors, each until cancelled."""
        return [every(0.1, self.keep, "trials"), every(60.0, self.purge, "deleted recordings")]

    async def keep(self) -> None:
        """What time alone brings; a few times a second."""
        self.lab.devices.tick()
        await self.lab.recordings.tick()

    async def purge(self) -> None:
        await self.lab.recordings.purge()
        await self.lab.subjects.purge()

    async def shut(self) -> None:
        """No more samples, no more views; what came is on its way to the disk."""
        self.lab.fast.shut()
        for farewell in self.lab.farewells:
            await farewell()
        await self.lab.devices.shut()
        await self.lab.trials.flush()
