"""The shapes of results: of one trial, and over many. Instants are ms."""

from typing import Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field

from ohmstead.analysis.reliability import TrendPoint
from ohmstead.api.lab_schemas import Kind
from ohmstead.api.schemas import Body
from ohmstead.domain.recording import Run
from ohmstead.domain.telemetry import MS
from ohmstead.services.trial_scores import MetricReport, Trend

Use = Literal["best", "mean"]


class MetricView(BaseModel):
    """Either `value` or `withheld_reason` is null."""

    key: str
    label: str
    value: float | None
    unit: str
    method: str
    convention: str | None = None
    withheld_reason: str | None = None
    warning: str | None = None
    decimals: int = 1
    shown: bool = True
    group: str = ""


class FindingView(BaseModel):
    key: str
    severity: Literal["problem", "warning", "note"]
    message: str
    value: float | None = None
    limit: float | None = None
    unit: str = ""


class MarkView(BaseModel):
    """An instant worth drawing; `t_us` is UTC."""

    key: str
    label: str
    t_us: int
    value: float | None = None


class RunView(BaseModel):
    """One result. `id` "0": it was only looked at, not kept."""

    id: str
    trial_id: str
    version: int
    created_at: int
    author: str
    analysis: str
    analysis_version: str
    software: str
    parameters: dict[str, Any]
    settings: dict[str, Any]
    calibrations: dict[str, str]
    acceptable: bool
    metrics: list[MetricView]
    findings: list[FindingView]
    marks: list[MarkView]
    quality: dict[str, Any]

    @classmethod
    def of(cls, run: Run) -> Self:
        result = run.result
        return cls(
            id=str(run.id),
            trial_id=str(run.trial),
            version=run.version,
            created_at=run.created_at // MS,
            author=run.author,
            analysis=result["analysis"],
            analysis_version=result["version"],
            software=result["software"],
            parameters=dict(result["parameters"]),
            settings=dict(result["settings"]),
            calibrations={channel: str(one) for channel, one in run.calibrations.items()},
            acceptable=result["acceptable"],
            metrics=[MetricView(**one) for one in result["metrics"]],
            findings=[FindingView(**one) for one in result["findings"]],
            marks=[MarkView(**one) for one in result["marks"]],
            quality=dict(result["quality"]),
        )


class AnalyseBody(Body):
    """`recalibrate`: with the calibrations that hold now. `keep` false: only look, as while a line is dragged."""

    parameters: dict[str, float | bool | str | None] = Field(default={}, max_length=100)
    analysis: Kind | None = None
    recalibrate: bool = False
    keep: bool = True


class AnalysisView(BaseModel):
    """One kind of analysis, and what can be set: enough to draw a form."""

    name: str
    label: str
    version: str
    parameters: list[dict[str, Any]]


class ScoreView(BaseModel):
    subject_id: str | None
    recording_id: str
    at: int
    best: float
    mean: float
    trials: int


class EstimateView(BaseModel):
    """`value` null: `reason` says why."""

    model_config = ConfigDict(from_attributes=True)

    value: float | None
    unit: str
    method: str
    reason: str | None = None
    lower: float | None = None
    upper: float | None = None


class ReliabilityView(BaseModel):
    """`n` subjects, each by the newest `sessions` of their sessions; `left_out` have fewer."""

    n: int
    sessions: int
    left_out: int
    icc_3_1: EstimateView
    icc_2_1: EstimateView
    cv_percent: EstimateView
    typical_error: EstimateView
    sem: EstimateView
    mdc95: EstimateView
    smallest_worthwhile_change: EstimateView


class MetricReportView(BaseModel):
    """`reliability` null: `reason` says why. `note`: what was left out because it was measured in another way."""

    metric: str
    label: str
    unit: str
    note: str | None
    scores: list[ScoreView]
    reliability: ReliabilityView | None
    reason: str | None

    @classmethod
    def of(cls, report: MetricReport) -> Self:
        found = report.reliability
        return cls(
            metric=report.metric,
            label=report.series.label,
            unit=report.series.unit,
            note=report.series.note,
            scores=[
                ScoreView(
                    subject_id=None if s.subject is None else str(s.subject),
                    recording_id=str(s.recording),
                    at=s.at // MS,
                    best=s.best,
                    mean=s.mean,
                    trials=len(s.values),
                )
                for s in report.series.scores
            ],
            reliability=None if found is None else ReliabilityView.model_validate(found, from_attributes=True),
            reason=report.reason,
        )


class ChangeView(BaseModel):
    """Never good or bad: `beyond` what chance alone would do, `within` it, or `unknown`."""

    difference: float
    mdc95: float | None
    verdict: Literal["beyond", "within", "unknown"]
    sentence: str


class TrendPointView(BaseModel):
    """`lower`, `upper`: where the value could be without any change since the first one."""

    at: int
    value: float
    lower: float | None
    upper: float | None
    change: ChangeView | None

    @classmethod
    def of(cls, point: TrendPoint) -> Self:
        change = point.change
        told = None if change is None else ChangeView.model_validate(change, from_attributes=True)
        return cls(at=point.at_us // MS, value=point.value, lower=point.lower, upper=point.upper, change=told)


class TrendView(BaseModel):
    """`note`: what was left out because it was measured in another way."""

    metric: str
    label: str
    unit: str
    note: str | None
    points: list[TrendPointView]

    @classmethod
    def of(cls, trend: Trend) -> Self:
        return cls(
            metric=trend.metric,
            label=trend.series.label,
            unit=trend.series.unit,
            note=trend.series.note,
            points=[TrendPointView.of(point) for point in trend.points],
        )
