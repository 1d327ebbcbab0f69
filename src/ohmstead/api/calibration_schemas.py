"""The shapes of calibrations. Instants are ms."""

from typing import Any, Literal, Self

from pydantic import BaseModel, Field

from ohmstead.api.lab_schemas import IdText, Note, ms_of
from ohmstead.api.schemas import Body, Instant
from ohmstead.domain.calibration import StoredCalibration
from ohmstead.domain.telemetry import MS
from ohmstead.services.calibrations import Capture, Load

Method = Literal["tare", "two-point", "multi-point", "given"]


class LoadBody(Body):
    """One point: the mass, and its counts, or the span in which they were recorded (at most a minute)."""

    mass_kg: float = Field(ge=0, le=10_000, allow_inf_nan=False)
    counts: float | None = Field(None, allow_inf_nan=False)
    start: Instant | None = None
    end: Instant | None = None

    def load(self) -> Load:
        us = [None if ms is None else ms * MS for ms in (self.start, self.end)]
        return Load(self.mass_kg, self.counts, us[0], us[1])


class NewCalibration(Body):
    """`tare`: one point without load moves the zero of the calibration that holds. `given`: zero and slope are told."""

    channel_id: IdText
    method: Method
    points: list[LoadBody] = Field(default=[], max_length=50)
    zero_counts: float | None = Field(None, allow_inf_nan=False)
    newtons_per_count: float | None = Field(None, allow_inf_nan=False)
    gravity: float = Field(9.80665, gt=9.7, lt=9.9)
    full_scale_n: float | None = Field(None, gt=0, allow_inf_nan=False)
    temperature_c: float | None = Field(None, ge=-60, le=120)
    note: Note = ""


class CalibrationView(BaseModel):
    """newtons = (counts − zero_counts) × newtons_per_count."""

    id: str
    channel_id: str
    method: str
    zero_counts: float
    newtons_per_count: float
    points: list[dict[str, Any]]
    residuals_n: list[float]
    linearity_percent: float | None
    full_scale_n: float | None
    temperature_c: float | None
    note: str
    author: str
    created_at: int
    withdrawn_at: int | None
    holds: bool

    @classmethod
    def of(cls, one: StoredCalibration, *, holds: bool) -> Self:
        fit = one.fit
        return cls(
            id=str(one.id),
            channel_id=str(one.channel),
            method=one.method,
            zero_counts=fit["zero_counts"],
            newtons_per_count=fit["newtons_per_count"],
            points=list(one.points),
            residuals_n=list(fit["residuals_n"]),
            linearity_percent=fit["linearity_percent"],
            full_scale_n=fit["full_scale_n"],
            temperature_c=one.temperature_c,
            note=one.note,
            author=one.author,
            created_at=one.created_at // MS,
            withdrawn_at=ms_of(one.withdrawn_at),
            holds=holds,
        )


class CaptureView(BaseModel):
    """A quiet moment; `start` and `end` can be sent back as a calibration point."""

    samples: int
    mean: float
    sd: float
    start: int
    end: int

    @classmethod
    def of(cls, one: Capture) -> Self:
        return cls(samples=one.samples, mean=one.mean, sd=one.sd, start=one.start // MS, end=-(-one.end // MS))
