"""What a notifier is: a file in `notifiers/` that ends in one object which keeps this contract."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final, Protocol, TypeVar

from ohmstead.domain.errors import InvalidInput
from ohmstead.domain.notification_text import Message

T = TypeVar("T")
LONGEST_TEXT: Final = 2000


@dataclass(frozen=True, slots=True)
class Setting:
    """One thing a notifier must be told. A `secret` one is never shown again.

    `kind`: text, number, switch or choice. `place`: it says where things go; whoever changes it must give the secrets
    anew, or a changed address would be sent the old password.
    """

    name: str
    label: str
    kind: str = "text"
    required: bool = False
    secret: bool = False
    place: bool = False
    default: str | int | bool | None = None
    choices: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Route:
    """A host and port that was looked up and checked. Connect to `addresses`, in order.

    `host` is for TLS and headers.
    """

    host: str
    port: int
    addresses: tuple[str, ...]


class Means(Protocol):
    """What a notifier may use of the outer world."""

    timeout_s: float

    async def route(self, host: str, port: int) -> Route:
        """Look up and check. Raises Undelivered: for good when the address is refused, else for now."""
        ...

    async def in_thread(self, work: Callable[[], T], give_up: Callable[[], object] | None = None) -> T:
        """Run blocking `work` beside the event loop. After `timeout_s` call `give_up` and raise Undelivered."""
        ...


class Notifier(Protocol):
    """One way to reach people or machines. Stateless."""

    name: str
    label: str
    settings: tuple[Setting, ...]

    def check(self, config: Mapping[str, Any]) -> None:
        """What `checked` cannot see. Raises InvalidInput that quotes no secret.

        Called in a thread: it may take a second.
        """
        ...

    def where(self, config: Mapping[str, Any]) -> str:
        """Where it goes, in a few words and without secrets."""
        ...

    def send(self, config: Mapping[str, Any], message: Message, means: Means) -> Awaitable[str]:
        """Return once the other side took the message, with a note or "". Raises Undelivered.

        Must end within a small multiple of `means.timeout_s`, follow no redirect, and connect to checked addresses
        only.
        """
        ...


def checked(settings: tuple[Setting, ...], given: Mapping[str, Any]) -> dict[str, Any]:
    """A complete config: known names, right types, defaults filled in. Raises InvalidInput that quotes no value."""
    if strange := sorted(set(given) - {one.name for one in settings}):
        known = ", ".join(one.name for one in settings)
        raise InvalidInput(f"config: unknown {', '.join(name[:40] for name in strange)}; known are {known}")
    return {one.name: _value(one, given.get(one.name)) for one in settings}


def _value(one: Setting, raw: Any) -> Any:
    if raw is None or raw == "":
        if one.required:
            raise InvalidInput(f"config: {one.name} is missing ({one.label})")
        return one.default
    if one.kind == "switch":
        legal = isinstance(raw, bool)
    elif one.kind == "number":
        legal = isinstance(raw, int) and not isinstance(raw, bool)
    else:
        legal = isinstance(raw, str) and len(raw) <= LONGEST_TEXT and raw.isprintable()
        legal = legal and (not one.choices or raw in one.choices)
    if not legal:
        choices = f": {', '.join(one.choices)}" if one.choices else ""
        raise InvalidInput(f"config: {one.name} is not a {one.kind}{choices}")
    return raw
