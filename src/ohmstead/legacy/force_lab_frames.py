"""The frames of a device on their way to clients of system 002: as they came, or gathered where they are too short."""

import asyncio
from collections import deque
from typing import Any, Final

import msgspec

from ohmstead.domain.access import Principal
from ohmstead.legacy.force_lab_bench import DOOR, Bench
from ohmstead.legacy.parts import DoorParts
from ohmstead.services.force_devices import Streamed

FEWEST_SAMPLES: Final = 5
SHORTEST: Final = 100  # characters: its app throws shorter frames away
MOST_WAITING: Final = 500  # frames; then the oldest go


def samples_of(frame: str) -> list[Any]:
    """The samples as the device wrote them; none where beside them is what only a tolerant reader takes for JSON."""
    try:
        found: list[Any] = msgspec.json.decode(frame)["samples"]
    except (ValueError, RecursionError):
        return []
    return found


class Forwarder:
    """One client's frames. `always`: also while no test runs."""

    def __init__(self, parts: DoorParts, bench: Bench, who: Principal, hint: str | None, *, always: bool) -> None:
        self.who = who
        self.dropped = 0
        self._devices = parts.lab.devices
        self._bench = bench
        self._hint = hint
        self._always = always
        self._frames: deque[str] = deque(maxlen=MOST_WAITING)
        self._gathered: list[Any] = []
        self._filled = asyncio.Event()
        self._unsubscribe = parts.bus.subscribe(Streamed, self._streamed)

    def close(self) -> None:
        self._unsubscribe()

    async def take(self) -> list[str]:
        """Frames that wait, at least one."""
        while not self._frames:
            self._filled.clear()
            await self._filled.wait()
        found = list(self._frames)
        self._frames.clear()
        return found

    def _streamed(self, fact: Streamed) -> None:
        known = self._bench.meant(self.who, self._hint)
        if known is None or known.device.id != fact.device:
            return
        if not (self._always or self._bench.busy(known) or self._devices.held_by(fact.device, DOOR)):
            return
        frame = fact.frame
        if self._gathered or fact.samples < FEWEST_SAMPLES or len(frame) < SHORTEST:
            self._gathered += samples_of(frame)
            frame = msgspec.json.encode({"samples": self._gathered}).decode()
            if len(self._gathered) < FEWEST_SAMPLES or len(frame) < SHORTEST:
                return
            self._gathered = []
        self.dropped += len(self._frames) == MOST_WAITING
        self._frames.append(frame)
        self._filled.set()
