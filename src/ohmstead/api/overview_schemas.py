"""The first page at a glance."""

from typing import Self

from pydantic import BaseModel, Field

from ohmstead.domain.day_so_far import DaySoFar
from ohmstead.domain.telemetry import MS
from ohmstead.services.overview import Glance


def _rounded(kwh: float | None) -> float | None:
    return None if kwh is None else round(kwh, 6)


class DayEnergy(BaseModel):
    """kWh; null where nothing was measured. `hours` are the 24 of the clock on the wall.

    `by_now`: until the present time of day, so that an unfinished day compares with a whole one.
    """

    start: int
    end: int
    kwh: float | None
    by_now: float | None
    hours: list[float | None]

    @classmethod
    def of(cls, day: DaySoFar) -> Self:
        return cls(
            start=day.start // MS,
            end=day.end // MS,
            kwh=_rounded(day.kwh),
            by_now=_rounded(day.by_now),
            hours=[_rounded(hour) for hour in day.hours],
        )


class DeviceShare(BaseModel):
    """What one device took, in kWh. `counted`: it is part of the sums. `power`: its channel of power, if it has one."""

    device: str
    power: str | None
    counted: bool
    today: float | None
    yesterday: float | None


class OverviewView(BaseModel):
    at: int
    today: DayEnergy
    yesterday: DayEnergy
    week_ago: DayEnergy = Field(description="the same day of the week, seven days ago")
    devices: list[DeviceShare]

    @classmethod
    def of(cls, glance: Glance) -> Self:
        return cls(
            at=glance.at // MS,
            devices=[
                DeviceShare(
                    device=str(share.device),
                    power=None if share.power is None else str(share.power),
                    counted=share.counted,
                    today=_rounded(share.today),
                    yesterday=_rounded(share.yesterday),
                )
                for share in glance.shares
            ],
            **{name: DayEnergy.of(day) for name, day in glance.days.items()},
        )
