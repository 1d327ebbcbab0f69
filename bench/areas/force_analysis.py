"""From the newtons of a trial to its result, and from a session of trials to its paper."""

import time
from collections.abc import Callable
from datetime import UTC, datetime

from bench.measurement import Measurement
from bench.workspace import Bench
from ohmstead.analysis.imtp import ANALYSIS
from ohmstead.analysis.report_pdf import ReportedTrial, SessionReport, session_report
from ohmstead.analysis.synthetic import Disturbance, Pull, Trial

TRIAL = Trial(Pull(left_share=0.52), Disturbance(noise_n=2.0, hum_n=1.0))  # 10 s at 1000 Hz, two channels
FILTERED = {"filter": "butterworth", "cut_off_hz": 100.0}


def run(bench: Bench) -> list[Measurement]:
    columns, context = TRIAL.columns(), TRIAL.context()
    result = ANALYSIS.run(columns, context, FILTERED)  # what is imported on first use is not the analysis
    assert result.metric("rfd_0_100").value is not None
    began = datetime(2026, 1, 1, tzinfo=UTC)
    reported = ReportedTrial("Trial", began, ANALYSIS.run(columns, context, {}), columns)
    session = SessionReport("Session", "S-001", "plate", [reported] * 6)
    session_report(session, began)
    times, rounds = bench.scale(40, 1), bench.rounds
    plain = [_slowest_usual(lambda: ANALYSIS.run(columns, context, {}), times) for _ in range(rounds)]
    filtered = [_slowest_usual(lambda: ANALYSIS.run(columns, context, FILTERED), times) for _ in range(rounds)]
    paper = [_slowest_usual(lambda: session_report(session, began), bench.scale(5, 1)) for _ in range(rounds)]
    return [
        Measurement("analysis-trial", plain),
        Measurement("analysis-filtered", filtered),
        Measurement("analysis-report", paper),
    ]


def _slowest_usual(work: Callable[[], object], times: int) -> float:
    """The 95th percentile in ms: somebody waits for each of them."""
    taken = []
    for _ in range(times):
        began = time.perf_counter()
        work()
        taken.append((time.perf_counter() - began) * 1000)
    return sorted(taken)[int(0.95 * (len(taken) - 1))]
