"""The shapes of commands, shadows and device logs, and of what devices fetch over HTTP."""

from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, Field, JsonValue

from ohmstead.api.schemas import Body
from ohmstead.domain.command import Command, Offer
from ohmstead.domain.shadow import Shadow
from ohmstead.domain.telemetry import MS
from ohmstead.services.device_logs import LogLine

Reason = Annotated[str, Field(max_length=200)]
CommandState = Literal["queued", "sent", "acknowledged", "succeeded", "failed", "expired"]


class NewCommand(Body):
    """`request_id`: asking again with the same one gives the same command."""

    name: str = Field(max_length=64)
    args: dict[str, JsonValue] = Field(default_factory=dict)
    ttl_s: float | None = Field(None, gt=0)
    reason: Reason = ""
    request_id: str | None = Field(None, max_length=64)


class CommandView(BaseModel):
    id: str
    device_id: str
    name: str
    args: dict[str, Any]
    state: CommandState
    detail: str
    actor: str
    reason: str
    created_at: int
    expires_at: int
    changed_at: int

    @classmethod
    def of(cls, command: Command) -> Self:
        return cls(
            id=str(command.id),
            device_id=str(command.device),
            name=command.name,
            args=dict(command.args),
            state=command.state.value,
            detail=command.detail,
            actor=command.actor,
            reason=command.reason,
            created_at=command.created_at // MS,
            expires_at=command.expires_at // MS,
            changed_at=command.changed_at // MS,
        )


class WishView(BaseModel):
    value: Any
    version: int
    at: int
    author: str
    reason: str


class ReportView(BaseModel):
    value: Any
    at: int


class OfferView(BaseModel):
    name: str
    args: dict[str, Any] | None


class ShadowView(BaseModel):
    """`delta`: what is desired and not reported so. `commands`: what the device announced; null if it never did."""

    version: int
    seen: int
    reported_at: int | None
    desired: dict[str, WishView]
    reported: dict[str, ReportView]
    delta: dict[str, Any]
    commands: list[OfferView] | None

    @classmethod
    def of(cls, shadow: Shadow, offers: tuple[Offer, ...] | None) -> Self:
        return cls(
            version=shadow.version,
            seen=shadow.seen,
            reported_at=None if shadow.reported_at is None else shadow.reported_at // MS,
            desired={
                key: WishView(value=w.value, version=w.version, at=w.at // MS, author=w.author, reason=w.reason)
                for key, w in shadow.desired.items()
            },
            reported={key: ReportView(value=r.value, at=r.at // MS) for key, r in shadow.reported.items()},
            delta=shadow.delta(),
            commands=None
            if offers is None
            else [OfferView(name=o.name, args=None if o.args is None else dict(o.args)) for o in offers],
        )


class Wishes(Body):
    """Fields of the desired state; null takes a field away."""

    state: dict[str, JsonValue] = Field(min_length=1, max_length=100)
    reason: Reason = ""


class LogView(BaseModel):
    number: int
    at: int
    text: str

    @classmethod
    def of(cls, line: LogLine) -> Self:
        return cls(number=line.number, at=line.at // MS, text=line.text)


class DeviceOrders(BaseModel):
    """What a device has to do: its desired state, and the commands it has not answered."""

    version: int
    state: dict[str, Any]
    commands: list[dict[str, Any]]


class NewAddress(Body):
    address: str = Field(max_length=260)


class AddressView(BaseModel):
    address: str


class VariableView(BaseModel):
    value: str = Field(max_length=256)
