"""The shapes of trials: how they begin, what they hold and what they do not. Instants are ms, durations seconds."""

from typing import Any, Literal, Self

from pydantic import BaseModel, Field

from ohmstead.api.lab_schemas import Text, ms_of
from ohmstead.api.result_schemas import RunView
from ohmstead.api.schemas import Body
from ohmstead.domain.recording import Missing, Run, Trial, Trigger
from ohmstead.domain.telemetry import MS
from ohmstead.services.trial_samples import Column, Statistics

StateName = Literal["armed", "running", "done", "cancelled"]


class TriggerBody(Body):
    """`above`: starts when the sum of the channels rises above this (N where calibrated, else as stored); null: now.

    `pre_s`: what was before belongs to it too. `for_s`: it ends by itself; null: by somebody.
    """

    above: float | None = Field(None, allow_inf_nan=False)
    pre_s: float = Field(0.0, ge=0, le=60)
    for_s: float | None = Field(None, gt=0, le=31_622_400)

    def trigger(self) -> Trigger:
        return Trigger(self.above, self.pre_s, self.for_s)

    @classmethod
    def of(cls, trigger: Trigger) -> Self:
        return cls(above=trigger.above, pre_s=trigger.pre_s, for_s=trigger.for_s)


class MissingView(BaseModel):
    """`kind`: link, server, storage, gap, dead, saturated, channel; clock: times are those of arrival."""

    kind: str
    start: int
    end: int | None
    channel_id: str | None
    device_id: str | None
    detail: str

    @classmethod
    def of(cls, one: Missing) -> Self:
        return cls(
            kind=one.kind,
            start=one.t0 // MS,
            end=ms_of(one.t1),
            channel_id=None if one.channel is None else str(one.channel),
            device_id=None if one.device is None else str(one.device),
            detail=one.detail,
        )


class TrialView(BaseModel):
    """`start_us`, `end_us`: the span, pre-roll included. `quality` is by channel id: rate, jitter, gaps."""

    id: str
    recording_id: str
    number: int
    state: StateName
    trigger: TriggerBody
    asked_at: int
    start_us: int | None
    end_us: int | None
    started_by: str
    ended_by: str
    accepted: bool | None
    reason: str
    missing: list[MissingView]
    quality: dict[str, Any]
    calibrations: dict[str, str]
    result: RunView | None

    @classmethod
    def of(cls, trial: Trial, run: Run | None = None) -> Self:
        """`run`: its newest result."""
        return cls(
            id=str(trial.id),
            recording_id=str(trial.recording),
            number=trial.number,
            state=trial.state.value,
            trigger=TriggerBody.of(trial.trigger),
            asked_at=trial.asked_at // MS,
            start_us=trial.t0,
            end_us=trial.t1,
            started_by=trial.started_by,
            ended_by=trial.ended_by,
            accepted=trial.accepted,
            reason=trial.reason,
            missing=[MissingView.of(one) for one in trial.missing],
            quality=dict(trial.quality),
            calibrations={channel: str(one) for channel, one in trial.calibrations.items()},
            result=None if run is None else RunView.of(run),
        )


class TrialPage(BaseModel):
    items: list[TrialView]
    next: str | None


class StatisticsView(BaseModel):
    """`integral`: over time, in `unit` · h (W gives Wh)."""

    channel_id: str
    key: str
    unit: str
    count: int
    min: float | None
    max: float | None
    mean: float | None
    integral: float | None

    @classmethod
    def of(cls, one: Statistics) -> Self:
        return cls(
            channel_id=str(one.channel.id),
            key=one.channel.key,
            unit=one.unit,
            count=one.count,
            min=one.low,
            max=one.high,
            mean=one.mean,
            integral=one.integral,
        )


class ColumnView(BaseModel):
    """`t_us` counts from `start_us` of the answer. Either `value` (every sample) or `min` and `max` (by bucket)."""

    channel_id: str
    key: str
    label: str
    unit: str
    t_us: list[int]
    value: list[float] | None = None
    min: list[float] | None = None
    max: list[float] | None = None

    @classmethod
    def of(cls, one: Column, start_us: int) -> "ColumnView":
        return cls.model_construct(
            channel_id=str(one.channel.id),
            key=one.channel.key,
            label=one.channel.label or one.channel.key,
            unit=one.unit,
            t_us=(one.t_us - start_us).tolist(),
            value=None if one.values is None else one.values.tolist(),
            min=None if one.low is None else one.low.tolist(),
            max=None if one.high is None else one.high.tolist(),
        )


class TrialData(BaseModel):
    trial_id: str
    start_us: int
    end_us: int
    channels: list[ColumnView]


class AcceptBody(Body):
    accepted: bool | None
    reason: Text = ""
