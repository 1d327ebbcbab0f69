"""How much one client may ask of the broker."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Limits:
    packet_bytes: int = 1 << 20  # not checked below 16 KiB
    connect_bytes: int = 128 << 10  # of a CONNECT: whoever sends it is not known yet
    topic_bytes: int = 512
    topic_levels: int = 16
    subscriptions: int = 100
    queued_messages: int = 1_000
    # A thousand messages of 1 MiB each would be a gigabyte for one silent client.
    queued_bytes: int = 16 << 20
    # Unacknowledged deliveries per client: a burst that a healthy one takes in its stride.
    in_flight: int = 1_000
    # QoS 2 messages a client may have open towards us (5.0: Receive Maximum).
    receive_maximum: int = 1_024
    topic_aliases: int = 16
    retained_messages: int = 100_000
    offline_sessions: int = 10_000
    offline_session_s: int = 7 * 86_400
    keep_alive_s: int | None = None  # 5.0 only: what is imposed on a client that asks for more
    connect_s: float = 10.0  # between the TCP connection and its CONNECT
