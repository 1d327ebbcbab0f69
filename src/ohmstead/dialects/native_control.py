"""The native messages beside telemetry: who a device is, what it is told, what it answers."""

from typing import Any, Final, Literal, TypeVar

import msgspec

from ohmstead.dialects.loose_json import DEEPEST, deeper_than
from ohmstead.dialects.native_tolerant import announcements
from ohmstead.domain.errors import MalformedPayload, NotJson
from ohmstead.domain.telemetry import Announcement

Json = Any  # whatever JSON holds; the device or the service it is for knows its shape


class Offer(msgspec.Struct, omit_defaults=True):
    """A command a device understands, and how it describes the arguments."""

    name: str
    args: Json = None


class Hello(msgspec.Struct, omit_defaults=True):
    """`ohmstead/<serial>/hello`: the first message of a device after each start."""

    serial: str
    boot: str | None = None
    board: str | None = None
    firmware: str | None = None
    reset: str | None = None  # why it started: "power on", "watchdog", …
    channels: list[Json] = []
    commands: list[Offer] = []

    def announced(self) -> list[Announcement]:
        """Return the channels described, without those that cannot be understood."""
        return announcements(self.channels)


class Command(msgspec.Struct):
    """`ohmstead/<serial>/commands`: a one-off order, with every field in every message; `expires_at` in ms."""

    id: str
    name: str
    args: dict[str, Json] = {}
    expires_at: int | None = None


class Reply(msgspec.Struct, omit_defaults=True):
    """`ohmstead/<serial>/replies`: what became of a command; `at` in ms."""

    id: str
    state: Literal["acknowledged", "succeeded", "failed"]
    detail: str | None = None
    at: int | None = None


class Shadow(msgspec.Struct):
    """`ohmstead/<serial>/desired` (retained) and `reported`: the state wished for, the state there is."""

    version: int
    state: dict[str, Json]


class Log(msgspec.Struct):
    """`ohmstead/<serial>/log`: lines in order, the number of the first in `from`."""

    lines: list[str]
    start: int = msgspec.field(default=0, name="from")


class Time(msgspec.Struct):
    """`ohmstead/<serial>/time`: the server's clock in ms, and whether it believes it."""

    now: int
    trusted: bool


class ReleaseFile(msgspec.Struct):
    """One file of a release, with the hexadecimal SHA-256 of its bytes."""

    path: str
    size: int
    sha256: str


class Manifest(msgspec.Struct, omit_defaults=True):
    """What a release holds. Its signature covers the exact bytes of the file, so keep them: do not encode again."""

    version: str
    boards: list[str]
    files: list[ReleaseFile]
    min_loader: int | str | None = None


MESSAGES: Final[dict[str, type[msgspec.Struct]]] = {
    "hello": Hello,
    "commands": Command,
    "replies": Reply,
    "desired": Shadow,
    "reported": Shadow,
    "log": Log,
    "time": Time,
    "manifest": Manifest,
}

Message = TypeVar("Message", bound=msgspec.Struct)

_decoders: Final[dict[type[msgspec.Struct], msgspec.json.Decoder[Any]]] = {
    message: msgspec.json.Decoder(message) for message in MESSAGES.values()
}
_encode: Final = msgspec.json.Encoder().encode


def decode(message: type[Message], payload: bytes | memoryview) -> Message:
    """Return the message; fields that are not of its shape are ignored.

    Raises NotJson, or MalformedPayload saying which field is missing or of the wrong type.
    """
    payload = bytes(payload)
    if deeper_than(payload, DEEPEST):
        raise MalformedPayload(f"nested deeper than {DEEPEST} levels")
    try:
        found: Message = _decoders[message].decode(payload)
    except msgspec.ValidationError as error:
        raise MalformedPayload(f"no {message.__name__.lower()}: {error}") from None
    except ValueError as error:
        raise NotJson(f"not JSON: {error}") from None
    return found


def encode(message: msgspec.Struct) -> bytes:
    """Return the message as JSON, without fields that say nothing."""
    return _encode(message)
