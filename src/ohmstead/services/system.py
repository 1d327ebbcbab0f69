"""What the server knows about itself: ports, notices, store and counters."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

from ohmstead import __version__
from ohmstead.database import Database
from ohmstead.runtime.clock import Clock
from ohmstead.series import SeriesStore
from ohmstead.services.counters import Counters
from ohmstead.services.machine import Machine, Room


@dataclass(frozen=True, slots=True)
class Port:
    """A port that was asked for: open, or skipped because someone else has it."""

    kind: str
    port: int
    state: str
    detail: str = ""


@dataclass(frozen=True, slots=True)
class SystemNotice:
    level: str
    text: str


Measures = Callable[[], Iterable[tuple[str, float]]]  # names, with labels where there are any, and values


@dataclass(slots=True)
class System:
    database: Database
    series: SeriesStore
    counters: Counters
    clock: Clock
    trusted: Callable[[], bool]
    machine: Machine
    started_at: int = 0
    ports: list[Port] = field(default_factory=list)
    notices: list[SystemNotice] = field(default_factory=list)
    gauges: dict[str, Callable[[], float]] = field(default_factory=dict)
    measures: list[Measures] = field(default_factory=list)
    version: str = __version__

    def health(self) -> str | None:
        """None if the store can write, else why not."""
        return self.database.writer.health

    def current_notices(self) -> list[SystemNotice]:
        """What a person should know now, the worst first."""
        found = list(self.notices)
        if not self.trusted():
            found.insert(
                0,
                SystemNotice(
                    "warning",
                    "The clock of this computer is not trusted: it is behind the newest stored data, or far "
                    "ahead of it. Times that devices send are used as they are, and nothing expires.",
                ),
            )
        if self.room().short:
            found.insert(
                0,
                SystemNotice(
                    "warning",
                    "The disk is nearly full. When nothing more fits, devices are told to keep what they have. "
                    "Make room, or keep single samples for less long.",
                ),
            )
        if (reason := self.health()) is not None:
            found.insert(0, SystemNotice("error", f"Nothing can be stored: {reason}"))
        return found

    def room(self) -> Room:
        return self.machine.room(self.clock.now())

    def newest(self) -> int | None:
        """The newest instant that is stored, of whatever channel."""
        return max((last[0] for last in self.series.last.values()), default=None)

    def store(self) -> dict[str, Any]:
        return self.series.stats()

    def metrics(self) -> str:
        """Prometheus text exposition format."""
        lines = [f'ohmstead_info{{version="{self.version}"}} 1']
        lines += [f"ohmstead_{name}_total {value}" for name, value in self.counters.items()]
        lines += [f"ohmstead_{name} {read()}" for name, read in self.gauges.items()]
        lines += [f"ohmstead_{name} {value}" for measured in self.measures for name, value in measured()]
        lines += [
            f"ohmstead_store_{name} {float(value)}"
            for name, value in self.store().items()
            if isinstance(value, int | float)
        ]
        lines.append(f"ohmstead_can_write {int(self.health() is None)}")
        return "\n".join(lines) + "\n"
