"""The shapes of history and energy, in columns and buckets. Instants are ms."""

import math
from typing import Literal, Self

from pydantic import BaseModel

from ohmstead.domain.energy import Energy
from ohmstead.domain.telemetry import MS


class Series(BaseModel):
    """One channel's history in columns; which of them are there depends on what was asked."""

    channel: str
    unit: str
    kind: Literal["gauge", "counter", "state"]
    tier: str
    t: list[int]
    width_ms: int | None = None
    count: list[int] | None = None
    min: list[float] | None = None
    max: list[float] | None = None
    mean: list[float] | None = None
    increase: list[float] | None = None
    value: list[float] | None = None
    t_us: list[int] | None = None


class EnergyBucket(BaseModel):
    """`kwh` is null where nothing was measured; the shares are of the bucket's time and add up to 1."""

    start: int
    end: int
    kwh: float | None
    quality: Literal["measured", "integrated", "partial", "missing"]
    measured: float
    integrated: float
    missing: float


class EnergyPage(BaseModel):
    items: list[EnergyBucket]

    @classmethod
    def of(cls, report: Energy) -> Self:
        columns = zip(
            (report.start // MS).tolist(),
            (report.end // MS).tolist(),
            report.kwh.round(9).tolist(),
            report.quality,
            report.measured.round(4).tolist(),
            report.integrated.round(4).tolist(),
            report.missing.round(4).tolist(),
            strict=True,
        )
        return cls(
            items=[
                EnergyBucket(
                    start=start,
                    end=end,
                    kwh=None if math.isnan(kwh) else kwh,
                    quality=quality.value,
                    measured=measured,
                    integrated=integrated,
                    missing=missing,
                )
                for start, end, kwh, quality, measured, integrated, missing in columns
            ]
        )
