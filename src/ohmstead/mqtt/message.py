"""One application message on its way to subscribers, encoded once however many hear it."""

from math import ceil

from ohmstead.mqtt import properties as props
from ohmstead.mqtt.codes import Version
from ohmstead.mqtt.properties import Properties, Property
from ohmstead.mqtt.wire import packet, string, u16


class Message:
    """`expires_at` is in the broker's monotonic seconds, or None. `publisher` is only compared (5.0 No Local)."""

    __slots__ = ("_plain", "_plain_five", "expires_at", "payload", "properties", "publisher", "qos", "topic")

    def __init__(
        self,
        topic: str,
        payload: bytes,
        qos: int = 0,
        properties: Properties | None = None,
        expires_at: float | None = None,
        publisher: object = None,
    ) -> None:
        self.topic = topic
        self.payload = payload
        self.qos = qos
        self.properties = properties
        self.expires_at = expires_at
        self.publisher = publisher
        # QoS 0, not retained: the form that many subscribers share, for 3.x and for 5.0.
        self._plain: bytes | None = None
        self._plain_five: bytes | None = None

    def packet(self, version: Version, first: int, packet_id: int, identifiers: tuple[int, ...], now: float) -> bytes:
        """The PUBLISH with `first` as its first byte; `packet_id` counts when that byte says QoS 1 or 2."""
        five = version is Version.V5
        if first & 6:
            return self._encode(five, first, u16(packet_id), identifiers, now)
        if first != 0x30 or identifiers or self.expires_at is not None:
            return self._encode(five, first, b"", identifiers, now)
        if five:
            if self._plain_five is None:
                self._plain_five = self._encode(True, first, b"", (), now)
            return self._plain_five
        if self._plain is None:
            self._plain = self._encode(False, first, b"", (), now)
        return self._plain

    def _encode(self, five: bool, first: int, packet_id: bytes, identifiers: tuple[int, ...], now: float) -> bytes:
        if not five:
            return packet(first, string(self.topic), packet_id, self.payload)
        properties = self.properties or {}
        if identifiers or self.expires_at is not None:
            properties = dict(properties)
            if identifiers:
                properties[Property.SUBSCRIPTION_IDENTIFIER] = list(identifiers)
            if self.expires_at is not None:
                left = max(0, ceil(self.expires_at - now))
                properties[Property.MESSAGE_EXPIRY_INTERVAL] = left
        return packet(first, string(self.topic), packet_id, props.encode(properties), self.payload)
