"""The contract every payload language fulfils."""

from typing import NamedTuple, Protocol

from ohmstead.domain.telemetry import Batch


class Envelope(NamedTuple):
    """What the transport knows about a payload beside its bytes."""

    received_us: int  # arrival, UTC microseconds; strictly rising within one process
    source: str = ""  # MQTT topic or HTTP path
    peer: str = ""  # source address without the port
    hint: str | None = None  # identity given outside the payload, e.g. `?device=`


class Dialect(Protocol):
    """One payload language. Stateless; never touches the network or the clock."""

    name: str

    topics: tuple[str, ...]
    """MQTT filters on which a device without credentials may publish in this dialect; empty for none."""

    listens: tuple[str, ...]
    """MQTT filters that such a device may subscribe to (no wildcard reaches the client: it names the levels)."""

    def decode(self, payload: bytes | memoryview, envelope: Envelope) -> Batch:
        """Return every sample in the order sent.

        Samples without a usable time get `envelope.received_us`. An empty batch is legal. One bad sample is a
        Rejection in the batch and does not stop the others. Raises NotJson or MalformedPayload when nothing in
        the payload can be trusted.
        """
        ...
