"""Everything that records and judges recordings: handed to the doors as one."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from ohmstead.services.calibrations import Calibrations
from ohmstead.services.fast_live import FastLive
from ohmstead.services.force_devices import ForceDevices
from ohmstead.services.lab_papers import LabPapers
from ohmstead.services.open_recordings import OpenRecordings
from ohmstead.services.recordings import Recordings
from ohmstead.services.subjects import Subjects
from ohmstead.services.trial_results import TrialResults
from ohmstead.services.trial_samples import TrialSamples
from ohmstead.services.trial_scores import TrialScores
from ohmstead.services.trials import Trials


@dataclass(slots=True)
class Lab:
    subjects: Subjects
    recordings: Recordings
    open: OpenRecordings
    trials: Trials
    samples: TrialSamples
    results: TrialResults
    scores: TrialScores
    calibrations: Calibrations
    devices: ForceDevices
    fast: FastLive
    papers: LabPapers
    farewells: list[Callable[[], Awaitable[None]]] = field(default_factory=list)  # of doors, at the end
