"""The shapes of rooms and outputs."""

from typing import Annotated, Literal, Self

from pydantic import BaseModel, Field

from ohmstead.api.control_schemas import Reason
from ohmstead.api.schemas import Body, Name
from ohmstead.domain.output import OutputSettings, Policy, Room
from ohmstead.domain.telemetry import MS
from ohmstead.services.output_sight import OutputView as Seen

Level = Literal["on", "off"] | Annotated[float, Field(strict=True)]
PolicyName = Literal["keep", "on", "off"]


class NewRoom(Body):
    name: Name


class RoomView(BaseModel):
    id: str
    name: str

    @classmethod
    def of(cls, room: Room) -> Self:
        return cls(id=str(room.id), name=room.name)


class OutputOptions(Body):
    """`boot`, `lost_link`: what it takes when its device restarts, or is away for `lost_link_s`.

    `power_channel_id`: the channel that proves it; null: found by its name, or the only one of the device.
    `priority`: what has the lowest is shed first; null: never.
    """

    power_channel_id: str | None = Field(None, pattern=r"^[0-9]{1,16}$")
    watches_power: bool = True
    confirm_w: float = Field(1.0, gt=0, le=100_000)
    boot: PolicyName = "keep"
    lost_link: PolicyName = "keep"
    lost_link_s: int = Field(60, ge=1, le=86_400)
    priority: int | None = Field(None, ge=0, le=1_000)

    @classmethod
    def of(cls, settings: OutputSettings) -> Self:
        return cls(
            power_channel_id=None if settings.power_channel is None else str(settings.power_channel),
            watches_power=settings.watches_power,
            confirm_w=settings.confirm_w,
            boot=settings.boot.value,
            lost_link=settings.lost_link.value,
            lost_link_s=settings.lost_link_s,
            priority=settings.priority,
        )

    def settings(self) -> OutputSettings:
        return OutputSettings(
            None if self.power_channel_id is None else int(self.power_channel_id),
            self.watches_power,
            self.confirm_w,
            Policy(self.boot),
            Policy(self.lost_link),
            self.lost_link_s,
            self.priority,
        )


class NewOutput(Body):
    """`key`: what the device calls it; absent: its only switch channel, else `relay` (the name at system 004)."""

    name: Name
    room_id: str
    device_id: str
    key: str | None = Field(None, min_length=1, max_length=64)
    options: OutputOptions | None = None


class OutputPatch(Body):
    name: Name | None = None
    room_id: str | None = None
    options: OutputOptions | None = None


class Setting(Body):
    """`for_s`: a timer, after which it goes back off (or on, when it was set off)."""

    state: Level
    for_s: float | None = Field(None, gt=0)
    reason: Reason = ""


class OutputView(BaseModel):
    """`confirmed`: it is as desired, by its device's word and, where there is a power channel, by watts.

    `changed_by`: who made the present desired state; `device` when it was changed there.
    `doubt`: why it counts as unconfirmed, once there is little hope; else empty. `levels`: lowest and highest of a
    dimmer.
    """

    id: str
    name: str
    room_id: str
    device_id: str
    key: str
    desired: Level | None
    reported: Level | None
    confirmed: bool
    online: bool
    changed_by: str | None
    changed_at: int | None
    reason: str
    until_at: int | None
    then: Level | None
    power_channel_id: str | None
    doubt: str
    levels: tuple[float, float] | None
    options: OutputOptions

    @classmethod
    def of(cls, seen: Seen) -> Self:
        output, wish = seen.output, seen.wish
        return cls(
            id=str(output.id),
            name=output.name,
            room_id=str(output.room_id),
            device_id=str(output.device),
            key=output.key,
            desired=_level(seen.desired),
            reported=_level(seen.reported),
            confirmed=seen.confirmed,
            online=seen.online,
            changed_by=None if wish is None else wish.author,
            changed_at=None if wish is None else wish.at // MS,
            reason="" if wish is None else wish.reason,
            until_at=None if output.until_at is None else output.until_at // MS,
            then=_level(output.then),
            power_channel_id=None if seen.power_channel is None else str(seen.power_channel),
            doubt=seen.doubt,
            levels=seen.levels,
            options=OutputOptions.of(output.settings),
        )


def _level(state: object) -> Level | None:
    """What a device reports may be anything; what is no state of an output is none."""
    if state == "on":
        return "on"
    if state == "off":
        return "off"
    return float(state) if isinstance(state, int | float) and not isinstance(state, bool) else None
