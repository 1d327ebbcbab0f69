"""What happened since this process started. Every loss has a number here."""

from dataclasses import dataclass, fields


@dataclass(slots=True)
class Counters:
    """Event-loop only; read by /metrics and the system page."""

    messages: int = 0
    samples: int = 0
    duplicates: int = 0
    rejected: int = 0
    malformed: int = 0
    clock_flagged: int = 0
    refused: int = 0
    throttled: int = 0
    busy: int = 0
    failed: int = 0
    live_too_slow: int = 0
    stale_reports: int = 0
    replies_ignored: int = 0

    def items(self) -> list[tuple[str, int]]:
        return [(f.name, getattr(self, f.name)) for f in fields(self)]
