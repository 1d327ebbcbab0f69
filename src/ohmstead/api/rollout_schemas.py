"""The shapes of rollouts, of their installations, and of who runs what."""

import asyncio
from collections import Counter
from collections.abc import Sequence
from typing import Annotated, Any, Final, Literal, Self

import msgspec
from pydantic import BaseModel, Field

from ohmstead.api.schemas import Body, Instant
from ohmstead.domain.installation import Happened, Installation, InstallationState, Patience
from ohmstead.domain.rollout import Rollout, Terms, Window
from ohmstead.domain.telemetry import MS
from ohmstead.services.rollouts import Group
from ohmstead.services.updates import Updates

Id = Annotated[str, Field(pattern=r"^[0-9]{1,16}$")]
RolloutStateName = Literal["running", "paused", "stopped", "done"]
InstallationStateName = Literal[
    "planned", "offered", "downloading", "verifying", "restarting", "proving", "confirmed", "failed", "cancelled"
]
TimeOfDay = Annotated[str, Field(pattern=r"^([01][0-9]|2[0-3]):[0-5][0-9]$")]


INSTALLATIONS_PER_TURN: Final = 50  # written in one go, so that samples wait for a fraction of a millisecond


class WindowView(Body):
    """Offers are made only between these times of the site's day; 22:00 to 05:00 goes over midnight."""

    start: TimeOfDay
    end: TimeOfDay

    @classmethod
    def of(cls, window: Window) -> Self:
        return cls(start=_time(window.start), end=_time(window.end))

    def window(self) -> Window:
        return Window(_minutes(self.start), _minutes(self.end))


class NewRollout(Body):
    """`waves`: rising shares of the devices, the last one 1; devices have their turn in the order given.

    In each wave, failures / devices at or above `error_threshold` stop the rollout. A device counts as updated when it
    is back on the new version and has been well for `healthy_s`. `downgrade_reason` lets older versions through.
    """

    release_id: Id
    devices: list[Id] | Literal["all"]
    waves: list[float] = Field([0.05, 0.25, 1.0], min_length=1, max_length=20)
    error_threshold: float = Field(0.1, ge=0, le=1)
    healthy_s: int = Field(120, ge=0, le=86_400)
    offer_s: int = Field(3600, ge=1, le=604_800, description="a device that is there takes the offer within")
    stall_s: int = Field(900, ge=1, le=86_400, description="a download goes on within")
    return_s: int = Field(600, ge=1, le=86_400, description="it is back from its restart within")
    sensors: bool = Field(True, description="channels that read before must read again")
    deadline_at: Instant | None = None
    window: WindowView | None = None
    downgrade_reason: str = Field("", max_length=200)
    at_once: int = Field(30, ge=1, le=1_000, description="devices that load at the same time")

    def terms(self) -> Terms:
        return Terms(
            waves=tuple(self.waves),
            error_threshold=self.error_threshold,
            patience=Patience(self.offer_s, self.stall_s, self.return_s, self.healthy_s, self.sensors),
            deadline_at=None if self.deadline_at is None else self.deadline_at * MS,
            window=None if self.window is None else self.window.window(),
            downgrade_reason=" ".join(self.downgrade_reason.split()),
            at_once=self.at_once,
        )


class InstallationView(BaseModel):
    """`from` and `to` are versions; `reason` says why it failed, or was cancelled."""

    rollout_id: str
    device_id: str
    wave: int
    state: InstallationStateName
    from_: str | None = Field(serialization_alias="from", validation_alias="from")
    to: str
    progress: float
    reason: str | None
    changed_at: int

    @classmethod
    def of(cls, one: Installation) -> Self:
        return cls.model_validate(cls.plain(one))

    @staticmethod
    def plain(one: Installation) -> dict[str, Any]:
        """The same as it goes into JSON."""
        return {
            "rollout_id": str(one.rollout),
            "device_id": str(one.device),
            "wave": one.wave,
            "state": one.state.value,
            "from": one.from_version,
            "to": one.to_version,
            "progress": round(one.progress, 3),
            "reason": one.reason or None,
            "changed_at": one.changed_at // MS,
        }


class RolloutSummary(BaseModel):
    """`wave` counts from 0; `sizes`: devices in each wave; `rolled_back_by`: the rollouts that undo it."""

    id: str
    state: RolloutStateName
    wave: int
    reason: str | None
    release_id: str
    version: str
    author: str
    created_at: int
    changed_at: int
    sizes: list[int]
    waves: list[float]
    error_threshold: float
    healthy_s: int
    deadline_at: int | None
    window: WindowView | None
    downgrade_reason: str | None
    undoes: str | None
    rolled_back_by: list[str]

    @classmethod
    def of(cls, one: Rollout, updates: Updates) -> Self:
        terms = one.terms
        return cls(
            id=str(one.id),
            state=one.state.value,
            wave=one.wave,
            reason=one.reason or None,
            release_id=str(one.release),
            version=updates.releases.one(one.release).version,
            author=one.author,
            created_at=one.created_at // MS,
            changed_at=one.changed_at // MS,
            sizes=list(one.sizes),
            waves=list(terms.waves),
            error_threshold=terms.error_threshold,
            healthy_s=terms.patience.healthy_s,
            deadline_at=None if terms.deadline_at is None else terms.deadline_at // MS,
            window=None if terms.window is None else WindowView.of(terms.window),
            downgrade_reason=terms.downgrade_reason or None,
            undoes=None if one.undoes is None else str(one.undoes),
            rolled_back_by=[str(other) for other in updates.rollouts.rolled_back_by(one.id)],
        )


class FailureView(BaseModel):
    """Devices that failed for the same reason, apart from its details."""

    reason: str
    count: int
    device_ids: list[str]


class RolloutView(RolloutSummary):
    """`counts`: installations by state, for each wave."""

    counts: list[dict[InstallationStateName, int]]
    failures: list[FailureView]
    installations: list[InstallationView]

    @staticmethod
    async def encoded(one: Rollout, found: Sequence[Installation], updates: Updates) -> bytes:
        """The JSON of it. A fleet has thousands of installations, and people look at them each second."""
        counts: list[Counter[str]] = [Counter() for _ in one.sizes]
        failed: dict[str, list[str]] = {}
        written: list[msgspec.Raw] = []
        for number, installation in enumerate(found, 1):
            counts[installation.wave][installation.state.value] += 1
            if installation.state is InstallationState.FAILED:
                failed.setdefault(installation.reason.partition(":")[0], []).append(str(installation.device))
            written.append(msgspec.Raw(msgspec.json.encode(InstallationView.plain(installation))))
            if number % INSTALLATIONS_PER_TURN == 0:
                await asyncio.sleep(0)
        often = sorted(failed.items(), key=lambda item: -len(item[1]))
        whole = RolloutSummary.of(one, updates).model_dump(mode="json") | {
            "counts": [dict(states) for states in counts],
            "failures": [{"reason": why, "count": len(ids), "device_ids": ids} for why, ids in often],
            "installations": written,
        }
        return msgspec.json.encode(whole)


class EventView(BaseModel):
    at: int
    state: InstallationStateName
    detail: str

    @classmethod
    def of(cls, one: Happened) -> Self:
        return cls.model_validate({"at": one.at // MS, "state": one.state, "detail": one.detail})


class FleetGroup(BaseModel):
    """Devices of one board that run the same version; null: they never said."""

    board: str | None
    version: str | None
    dialect: str
    count: int
    device_ids: list[str]

    @classmethod
    def of(cls, one: Group) -> Self:
        return cls(
            board=one.board,
            version=one.version,
            dialect=one.dialect,
            count=len(one.devices),
            device_ids=[str(device) for device in one.devices],
        )


class FleetView(BaseModel):
    items: list[FleetGroup]


def _minutes(text: str) -> int:
    return int(text[:2]) * 60 + int(text[3:])


def _time(minutes: int) -> str:
    return f"{minutes // 60:02d}:{minutes % 60:02d}"
