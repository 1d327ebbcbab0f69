"""A session report and a calibration certificate as A4 PDF. Deterministic: the time of printing is told."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from ohmstead import __version__
from ohmstead.analysis.calibration import Calibration
from ohmstead.analysis.imtp.force import combined
from ohmstead.analysis.paper import Paper, moment
from ohmstead.analysis.quality import SECOND_US
from ohmstead.analysis.result import Metric, Result
from ohmstead.analysis.session import best, summary
from ohmstead.analysis.trace import Trace

# Told apart by people who do not see red and green alike, and on a grey printer.
_COLOURS: Final = {"total": (0, 0, 0), "left": (0, 90, 181), "right": (220, 90, 0)}
_MARKED: Final = ("weighing_from", "weighing_to", "onset", "peak")
_CAUTION: Final = (
    "Rates of force development and early force differ between rigs, software and onset methods: compare only numbers "
    "made alike. An asymmetry is to be watched over several sessions; it is no verdict and no sign of injury."
)


@dataclass(frozen=True, slots=True)
class ReportedTrial:
    """`columns` are the newtons that `result` was made of. `note`: a person's words, or what is missing."""

    label: str
    taken_at: datetime
    result: Result
    columns: Mapping[str, Trace]
    accepted: bool | None = None
    note: str = ""


@dataclass(frozen=True, slots=True)
class SessionReport:
    """`details`: further lines of the heading as (name, value), such as protocol, posture or calibration."""

    title: str
    subject: str  # the pseudonym
    rig: str
    trials: Sequence[ReportedTrial]
    details: Sequence[tuple[str, str]] = field(default=())


@dataclass(frozen=True, slots=True)
class Certificate:
    """A calibration of one channel, as somebody did it."""

    device: str
    channel: str
    calibration: Calibration
    calibrated_at: datetime
    person: str
    temperature_c: float | None = None
    note: str = ""


def session_report(report: SessionReport, printed_at: datetime) -> bytes:
    """Trials in the order given, each with its curve, findings, metrics and what was withheld."""
    paper = Paper(report.title, printed_at, __version__)
    paper.heading(report.title, 16)
    for name, value in (("Subject", report.subject), ("Rig", report.rig), *report.details):
        paper.text(f"{name}: {value}")
    _overview(paper, report.trials)
    _session(paper, report.trials)
    for trial in report.trials:
        _trial(paper, trial)
    paper.text("")
    paper.text(_CAUTION, grey=True, size=8)
    return paper.bytes()


def calibration_certificate(certificate: Certificate, printed_at: datetime) -> bytes:
    line = certificate.calibration
    paper = Paper(f"Calibration of {certificate.device}, {certificate.channel}", printed_at, __version__)
    paper.heading("Calibration certificate", 16)
    temperature = certificate.temperature_c
    for name, value in (
        ("Device", certificate.device),
        ("Channel", certificate.channel),
        ("Calibrated", moment(certificate.calibrated_at)),
        ("By", certificate.person),
        ("Temperature", "not noted" if temperature is None else f"{temperature:.1f} °C"),
        ("Local gravity", f"{line.gravity:.5f} m/s²"),
    ):
        paper.text(f"{name}: {value}")
    if certificate.note:
        paper.text(f"Note: {certificate.note}")
    paper.heading("Line")
    paper.text("force (N) = (counts − zero) × slope")
    paper.text(f"Zero: {line.zero_counts:.2f} counts")
    paper.text(f"Slope: {line.newtons_per_count:.9g} N per count")
    paper.text(
        f"Method: {line.method}, least squares of counts over force" if line.points else f"Method: {line.method}"
    )
    if line.linearity_percent is None:
        paper.text("Linearity: not known; it takes three points or more")
    else:
        paper.text(
            f"Linearity: ±{line.linearity_percent:.4f} % of full scale ({line.full_scale_n:.1f} N), worst residual"
        )
    if line.points:
        paper.heading("Points")
        rows = [
            [f"{one.mass_kg:g}", f"{one.mass_kg * line.gravity:.3f}", f"{one.counts:.1f}",
             "" if one.sd_counts is None else f"{one.sd_counts:.2f}",
             "" if one.samples is None else str(one.samples), f"{residual:+z.3f}"]
            for one, residual in zip(line.points, line.residuals_n, strict=True)
        ]  # fmt: skip
        paper.table(
            ("mass (kg)", "force (N)", "mean counts", "SD (counts)", "samples", "residual (N)"), rows, [30.0] * 6, -1
        )
    paper.text("")
    paper.text("Masses are taken as exact. This certificate states what was measured; it is not an accreditation.",
               grey=True, size=8)  # fmt: skip
    return paper.bytes()


def _overview(paper: Paper, trials: Sequence[ReportedTrial]) -> None:
    paper.heading("Trials")
    if not trials:
        paper.text("No trials.")
        return
    rows = [
        [one.label, moment(one.taken_at), _judged(one), _short(one.result, "peak_force_gross"),
         _short(one.result, "peak_force_net"), str(len(one.result.findings))]
        for one in trials
    ]  # fmt: skip
    heading = ("trial", "taken", "accepted", "peak, gross (N)", "peak, net (N)", "findings")
    paper.table(heading, rows, [40.0, 42.0, 28.0, 26.0, 26.0, 18.0], -1)


def _session(paper: Paper, trials: Sequence[ReportedTrial]) -> None:
    """The accepted trials beside each other in one table: what a coach reads first."""
    accepted = [one for one in trials if one.accepted]
    rows = []
    for one in summary([trial.result for trial in accepted]):
        metric, spread, places = one.metric, one.spread, one.metric.decimals
        best_and_mean = [_number(value, places, "withheld") for value in (one.best, spread.mean.value)]
        spreads = [_number(spread.sd.value, places), _number(one.cv_percent, 1)]
        rows.append([metric.label, *best_and_mean, *spreads, metric.unit, str(spread.n)])
    if not rows:
        return
    top = best([trial.result for trial in accepted])
    label = next((one.label for one in accepted if one.result is top), "")
    paper.heading("Session")
    paper.text(f"Of the accepted trials; the best is the one with the highest peak force: {label}.", grey=True, size=8)
    heading = ("metric", "best trial", "mean", "SD", "CV (%)", "unit", "trials")
    paper.table(heading, rows, [58.0, 26.0, 24.0, 20.0, 18.0, 18.0, 16.0], -1)


def _trial(paper: Paper, trial: ReportedTrial) -> None:
    result = trial.result
    paper.heading(f"{trial.label} ({moment(trial.taken_at)})")
    if trial.note:
        paper.text(f"Note: {trial.note}")
    _drawn(paper, trial)
    made = result.settings
    rate = made.get("rate_hz")
    paper.text(
        f"Onset: {made.get('onset')}{_after(made.get('onset_method'))}. Filter: {made.get('filter')}. "
        f"Rate: {'unknown' if not rate else f'{rate:.4g} Hz'}. Rig: {made.get('rig')}. "
        f"Analysis {result.analysis} {result.version}, Ohmstead {result.software}.",
        grey=True,
        size=8,
    )
    for finding in result.findings:
        paper.text(f"{finding.severity.value.capitalize()}: {finding.message}")
    given = [one for one in result.metrics if one.value is not None and one.shown]
    if given:
        paper.room(30)
        rows = [[one.label, _value(one), one.unit, _how(one)] for one in given]
        paper.table(("metric", "value", "unit", "method"), rows, [58.0, 20.0, 18.0, 84.0], 1)
    withheld: dict[str, list[str]] = {}
    for one in result.metrics:
        if one.withheld_reason is not None and one.shown:
            withheld.setdefault(one.withheld_reason, []).append(one.label)
    if withheld:
        paper.heading("Withheld", 10)
        paper.table(
            ("why", "metrics"), [[why, ", ".join(labels)] for why, labels in withheld.items()], [70.0, 110.0], -1
        )


def _drawn(paper: Paper, trial: ReportedTrial) -> None:
    force = combined(trial.columns, swapped=bool(trial.result.parameters.get("swap_sides")))
    if len(force) < 2:
        paper.text("No curve: there are too few samples.")
        return
    lines = [("total", force.total, _COLOURS["total"])]
    lines += [(name, values, _COLOURS[name]) for name, values in force.sides.items()]
    marks = [
        (mark.label, (mark.t_us - force.origin_us) / SECOND_US)
        for mark in trial.result.marks
        if mark.key in _MARKED and 0 <= (mark.t_us - force.origin_us) / SECOND_US <= force.t[-1]
    ]
    paper.curve(force.t, lines, marks, "N")


def _judged(trial: ReportedTrial) -> str:
    if trial.accepted is None:
        return "not judged"
    return "yes" if trial.accepted else "no"


def _short(result: Result, key: str) -> str:
    return next((_value(one) for one in result.metrics if one.key == key and one.value is not None), "withheld")


def _number(value: float | None, places: int, nothing: str = "-") -> str:
    return nothing if value is None else f"{value:z.{places}f}"


def _value(metric: Metric) -> str:
    return f"{metric.value:z.{metric.decimals}f}"


def _how(metric: Metric) -> str:
    parts = [metric.method, metric.convention, f"caution: {metric.warning}" if metric.warning else None]
    return "; ".join(part for part in parts if part)


def _after(words: object) -> str:
    return f" ({words})" if words else ""
