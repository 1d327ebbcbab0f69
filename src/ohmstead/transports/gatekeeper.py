"""What the MQTT gateway asks of the rest of the server: who may come in, who may say what, and what to keep."""

from collections.abc import Iterable
from typing import Final, Protocol

from ohmstead.mqtt.properties import Properties
from ohmstead.mqtt.session import Session

NOTHING: Final = 0  # the ticket of a message that no commit has to be awaited for


class Grant(Protocol):
    """What one connected client may do. All calls are made in the event loop and have to be cheap.

    `may_publish` is asked once per topic and connection; the answer is remembered until
    `Gateway.permissions_changed()`. `owner` says whose sessions it may take over and go on with.
    """

    @property
    def owner(self) -> str: ...

    def may_publish(self, topic: str) -> bool: ...

    def may_subscribe(self, topic_filter: str, /) -> bool: ...

    def may_retain(self, topic: str) -> bool: ...

    def publish(self, topic: str, payload: bytes, qos: int, retain: bool) -> int:
        """Take one message; return the ticket whose commit makes it durable, or NOTHING.

        Raises MalformedPayload: acknowledged and counted, but not handed on. TooMany: this client has to slow
        down. Unavailable: nothing was kept, the same message is offered again in a moment.
        """

    def closed(self, clean: bool) -> None:
        """The connection is over; `clean` if the client said DISCONNECT. Its will was published before."""


class Gatekeeper(Protocol):
    def connect(self, client_id: str, username: str | None, password: bytes | None, peer: str) -> Grant | None:
        """The rights of a client, or None to refuse it. `peer` is its address; may raise TooMany, Unavailable."""


class RetainedStore(Protocol):
    def load(self) -> Iterable[tuple[str, bytes, int, bytes | None, float | None]]:
        """(topic, payload, qos, encoded properties, seconds left) of every retained message."""

    def save(
        self,
        topic: str,
        payload: bytes | None,
        qos: int,
        properties: bytes | None = None,
        left_s: float | None = None,
        /,
    ) -> int:
        """Keep `payload`, or delete the message of `topic` when it is None; the ticket to wait for."""


class Take(Protocol):
    """How a permitted message of a client enters the server: `Gateway.take`."""

    def __call__(
        self,
        grant: Grant,
        publisher: Session | None,
        topic: str,
        payload: bytes,
        qos: int,
        retain: bool,
        properties: Properties | None = None,
        /,
    ) -> int: ...
