"""What devices tell of themselves in words: the last lines of each, in memory only."""

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from ohmstead.domain.access import Permission, Principal
from ohmstead.domain.device import DeviceChanged
from ohmstead.runtime.bus import Bus
from ohmstead.runtime.clock import Clock
from ohmstead.services.devices import Devices

MOST_LINES: Final = 500
LONGEST_LINE: Final = 500


@dataclass(frozen=True, slots=True)
class LogLine:
    """`number` is the device's own count; `at` is when the line arrived."""

    number: int
    at: int
    text: str


@dataclass(frozen=True, slots=True)
class LogTold:
    """A device told lines that were not known."""

    device: int
    lines: tuple[LogLine, ...]


class DeviceLogs:
    def __init__(self, devices: Devices, bus: Bus, clock: Clock) -> None:
        self._devices = devices
        self._bus = bus
        self._clock = clock
        self._lines: dict[int, deque[LogLine]] = {}
        bus.subscribe(DeviceChanged, self._device_changed)

    def take(self, device_id: int, start: int, lines: Sequence[str]) -> None:
        """Lines in order, the first with number `start`. Those that are known are not kept twice."""
        kept = self._lines.setdefault(device_id, deque(maxlen=MOST_LINES))
        now = self._clock.now()
        # A device that starts counting again has restarted; a repeated message overlaps with what is there.
        known = {line.number: line.text for line in kept}
        fresh = []
        for number, raw in enumerate(lines[-MOST_LINES:], start + max(0, len(lines) - MOST_LINES)):
            text = "".join(c if c.isprintable() else " " for c in raw[:LONGEST_LINE])
            if known.get(number) != text:
                fresh.append(LogLine(number, now, text))
        kept.extend(fresh)
        if fresh:
            self._bus.publish(LogTold(device_id, tuple(fresh)))

    def add(self, device_id: int, lines: Sequence[str]) -> None:
        """Lines of a device that does not count them."""
        kept = self._lines.get(device_id)
        self.take(device_id, kept[-1].number + 1 if kept else 1, lines)

    def of(self, who: Principal, device_id: int) -> list[LogLine]:
        """Oldest first. Raises NotFound."""
        who.require(Permission.DEVICES_READ)
        self._devices.get(who, device_id)
        return list(self._lines.get(device_id, ()))

    def _device_changed(self, fact: DeviceChanged) -> None:
        if fact.gone:
            self._lines.pop(fact.device, None)
