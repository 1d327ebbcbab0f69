"""What the broker counts. Nothing is lost without one of these moving."""

from dataclasses import asdict, dataclass


@dataclass(slots=True)
class Counters:
    accepted: int = 0  # CONNECTs answered with success
    rejected: int = 0  # CONNECTs answered with a refusal
    received: int = 0  # PUBLISH packets taken from clients, whatever became of them
    acknowledged: int = 0  # PUBACK and PUBREC written
    delivered: int = 0  # PUBLISH packets written to subscribers, repeats included
    malformed: int = 0  # payloads that their dialect could not read
    refused: int = 0  # messages to a topic the client may not publish to
    unretained: int = 0  # retained messages handled as ordinary ones because the client may not retain
    throttled: int = 0  # times a client was made to wait because of its own rate
    stalled: int = 0  # times a client was made to wait because the store could not take more
    failed: int = 0  # messages received but not stored, their connection closed so that they come again
    subscriptions_refused: int = 0
    protocol_errors: int = 0
    keep_alive_timeouts: int = 0
    take_overs: int = 0
    wills: int = 0
    dropped_slow: int = 0  # QoS 0 messages a slow subscriber could not take in time
    dropped_full: int = 0  # messages pushed out of a full session queue
    dropped_expired: int = 0  # 5.0 message expiry
    dropped_too_large: int = 0  # above the subscriber's own Maximum Packet Size
    sessions_evicted: int = 0

    def as_dict(self) -> dict[str, int]:
        return asdict(self)

    @property
    def dropped(self) -> int:
        return self.dropped_slow + self.dropped_full + self.dropped_expired + self.dropped_too_large
