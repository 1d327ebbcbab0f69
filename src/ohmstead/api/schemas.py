"""The words of the people-facing API, and the shapes of devices. OpenAPI and the dashboard's types come from such."""

from collections.abc import Iterator, Mapping
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, field_validator, model_validator

from ohmstead.domain.device import LONGEST_GROUP, MOST_GROUPS, Channel
from ohmstead.domain.instants import parse_rfc3339
from ohmstead.domain.telemetry import MS
from ohmstead.services.devices import Devices
from ohmstead.services.registry import Known

LAST_MS = 253_402_300_799_000  # year 9999


def _instant(raw: Any) -> Any:
    """Milliseconds, or RFC 3339, to milliseconds."""
    if isinstance(raw, str):
        text = raw.strip()
        whole, point, fraction = text.partition(".")  # a clock of seconds times 1000 has one
        if whole.lstrip("-").isdigit() and (fraction.isdigit() or not point):
            return int(whole)
        # In a query string a bare "+" of an offset arrives as a space.
        us = parse_rfc3339(text) or parse_rfc3339("+".join(text.rsplit(" ", 1)))
        if us is not None:
            return us // MS
        raise ValueError("an instant is milliseconds since 1970 or RFC 3339, e.g. 2026-01-31T12:00:00Z")
    return raw


Instant = Annotated[int, BeforeValidator(_instant), Field(ge=0, le=LAST_MS)]
Name = Annotated[str, Field(min_length=1, max_length=64)]


def id_of(text: str) -> int:
    """The number behind an id of the API; -1, which nothing has, for a text that is none."""
    return int(text) if len(text) <= 16 and text.isascii() and text.isdecimal() else -1


class Body(BaseModel):
    """What a request brings. A NUL or half a character is no text: no database could store it."""

    model_config = ConfigDict(extra="forbid")

    @field_validator("*", mode="after")
    @classmethod
    def _storable(cls, value: object) -> object:
        if not all(map(_storable, _texts(value))):
            raise ValueError("holds characters that are no text")
        return value


def _texts(value: object) -> Iterator[str]:
    """Every text in a value, however deep; what is a Body of its own has been looked at."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for key, held in value.items():
            yield from _texts(key)
            yield from _texts(held)
    elif isinstance(value, list | tuple | set | frozenset):
        for held in value:
            yield from _texts(held)


def _storable(text: str) -> bool:
    return "\x00" not in text and not any("\ud800" <= c <= "\udfff" for c in text)


class Last(BaseModel):
    t: int
    value: float


class ChannelView(BaseModel):
    id: str
    key: str
    quantity: str
    unit: str
    kind: Literal["gauge", "counter", "state"]
    decimals: int
    label: str
    display_unit: str
    keep_raw_days: int | None
    last: Last | None

    @classmethod
    def of(cls, channel: Channel, last: tuple[int, float] | None) -> Self:
        return cls(
            id=str(channel.id),
            key=channel.key,
            quantity=channel.quantity,
            unit=channel.unit,
            kind=channel.kind.value,
            decimals=channel.decimals,
            label=channel.label or channel.key,
            display_unit=channel.display_unit,
            keep_raw_days=channel.keep_raw_days,
            last=None if last is None else Last(t=last[0] // MS, value=last[1]),
        )


class DeviceView(BaseModel):
    id: str
    serial: str
    name: str
    state: Literal["unclaimed", "claimed", "refused"]
    dialect: str
    online: bool
    last_seen_at: int | None
    channels: list[ChannelView]
    details: dict[str, str]
    groups: list[str]
    owns_token: bool
    rejected: int
    clock_flagged: int

    @classmethod
    def of(cls, known: Known, devices: Devices) -> Self:
        device, seen = known.device, known.presence.last_seen_at
        return cls(
            id=str(device.id),
            serial=device.serial,
            name=device.name,
            state=device.state.value,
            dialect=device.dialect,
            online=devices.is_online(known),
            last_seen_at=None if seen is None else seen // MS,
            channels=[ChannelView.of(c, devices.last(c.id)) for c in device.channels.values()],
            details=device.details,
            groups=list(device.groups),
            owns_token=known.owns_token,
            rejected=known.rejected,
            clock_flagged=known.clock_flagged,
        )


class DevicePage(BaseModel):
    items: list[DeviceView]
    next: str | None


class NewDevice(Body):
    """`dialect` home-control: a device of system 004, which is asked at `address` (host or host:port)."""

    serial: str = Field(max_length=64)
    name: str | None = Field(None, max_length=64)
    dialect: Literal["native", "home-control"] = "native"
    address: str | None = Field(None, max_length=260)


class AddedDevice(BaseModel):
    """`token` is null for a device that is asked: it has nothing to sign in to."""

    device: DeviceView
    token: str | None


class Claim(Body):
    name: str | None = Field(None, max_length=64)


class DevicePatch(Body):
    """`groups`: all that the device is to be in; a group is there for as long as a device names it."""

    name: Name | None = None
    groups: list[Annotated[str, Field(min_length=1, max_length=LONGEST_GROUP)]] | None = Field(
        None, max_length=MOST_GROUPS
    )

    @model_validator(mode="after")
    def _says_something(self) -> Self:
        if self.name is None and self.groups is None:
            raise ValueError("give a name, or groups")
        return self


class ChannelPatch(Body):
    label: str | None = Field(None, max_length=64)
    decimals: int | None = Field(None, ge=0, le=9)
    display_unit: str | None = Field(None, max_length=16)
    keep_raw_days: int | None = Field(None, ge=1, le=36_500)


class Replacement(Body):
    by: str


class Assignment(Body):
    """`role` of the user on this device: a viewer may look at it, an operator switch and set it up as well."""

    user_id: str
    role: Literal["viewer", "operator"] = "viewer"


class TokenSecret(BaseModel):
    token: str
