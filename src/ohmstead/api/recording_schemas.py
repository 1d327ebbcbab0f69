"""The shapes of recordings. Instants are ms."""

from typing import Any, Literal, Self

from pydantic import BaseModel, Field

from ohmstead.analysis.session import MetricSummary
from ohmstead.api.lab_schemas import IdText, Kind, Mass, Note, Text, ms_of
from ohmstead.api.schemas import Body, Name
from ohmstead.api.trial_schemas import TrialView, TriggerBody
from ohmstead.domain.recording import Recording, Rig
from ohmstead.domain.subject import Subject
from ohmstead.domain.telemetry import MS

RigName = Literal["plate", "inline"]


class NewRecording(Body):
    """`start`: a first trial begins at once, with this trigger."""

    kind: Kind = "imtp"
    name: Name
    channels: list[IdText] = Field(min_length=1, max_length=50)
    subject_id: IdText | None = None
    protocol: Text = ""
    rig: RigName = "plate"
    posture: Text = ""
    body_mass_kg: Mass | None = None
    note: Note = ""
    start: TriggerBody | None = None


class RecordingPatch(Body):
    name: Name | None = None
    subject_id: IdText | None = None
    protocol: Text | None = None
    rig: RigName | None = None
    posture: Text | None = None
    body_mass_kg: Mass | None = None
    note: Note | None = None

    def changes(self) -> dict[str, Any]:
        """Fields of Recording that were sent."""
        sent = {name: getattr(self, name) for name in self.model_fields_set}
        if "subject_id" in sent:
            subject = sent.pop("subject_id")
            sent["subject"] = None if subject is None else int(subject)
        if "rig" in sent:
            sent["rig"] = Rig(sent["rig"] or "plate")
        return {k: v for k, v in sent.items() if v is not None or k in ("subject", "body_mass_kg")}


class RecordingView(BaseModel):
    id: str
    kind: str
    name: str
    subject_id: str | None
    subject: str | None = Field(description="the pseudonym")
    protocol: str
    rig: RigName
    posture: str
    body_mass_kg: float | None
    note: str
    channels: list[str]
    started_at: int
    ended_at: int | None
    author: str
    trials: int
    accepted: int

    @classmethod
    def of(cls, one: Recording, subject: Subject | None, counts: tuple[int, int] = (0, 0)) -> Self:
        return cls(
            id=str(one.id),
            kind=one.kind,
            name=one.name,
            subject_id=None if one.subject is None else str(one.subject),
            subject=None if subject is None else subject.pseudonym,
            protocol=one.protocol,
            rig=one.rig.value,
            posture=one.posture,
            body_mass_kg=one.body_mass_kg,
            note=one.note,
            channels=[str(c) for c in one.channels],
            started_at=one.started_at // MS,
            ended_at=ms_of(one.ended_at),
            author=one.author,
            trials=counts[0],
            accepted=counts[1],
        )


class MetricSummaryView(BaseModel):
    """One metric over the accepted trials; `best`: of the trial with the highest peak. Null: it cannot be said."""

    key: str
    label: str
    unit: str
    decimals: int
    trials: int
    best: float | None
    mean: float | None
    sd: float | None
    cv_percent: float | None

    @classmethod
    def of(cls, one: MetricSummary) -> Self:
        metric, spread = one.metric, one.spread
        return cls(
            key=metric.key,
            label=metric.label,
            unit=metric.unit,
            decimals=metric.decimals,
            trials=spread.n,
            best=one.best,
            mean=spread.mean.value,
            sd=spread.sd.value,
            cv_percent=one.cv_percent,
        )


class RecordingDetail(RecordingView):
    """With its trials, each with its newest result, and what the accepted ones come to together."""

    trial_list: list[TrialView]
    summary: list[MetricSummaryView]


class RecordingPage(BaseModel):
    items: list[RecordingView]
    next: str | None
