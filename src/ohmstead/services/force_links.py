"""One connection of a device that streams force, and what of the device outlives it."""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Final

from ohmstead.domain.device_time import DeviceTime
from ohmstead.domain.telemetry import Batch
from ohmstead.services.registry import Known

KEYS: Final = ("left", "right")
MOST_LATELY: Final = 100  # samples that older clients may ask for


@dataclass(slots=True, eq=False)
class ForceLink:
    """One connection of one device. `send` never waits; None: it cannot be told anything (HTTP).

    `answers`, given seconds, tells whether the other end is still there.
    """

    known: Known
    kind: str  # as it registered: esp, esp32
    address: str
    send: Callable[[str], None] | None
    close: Callable[[], None]
    connected_at: int
    heard_at: int
    answers: Callable[[float], Awaitable[bool]] | None = None
    data_at: int = 0
    told: str = ""  # the last order
    told_at: int = 0
    stops: int = 0
    started: bool = False  # whether it was ever told to start
    generation: str = ""
    waiting: deque[tuple[Batch, int, int]] = field(default_factory=deque)  # batch, received, ticket
    more: asyncio.Event = field(default_factory=asyncio.Event)
    room: asyncio.Event = field(default_factory=asyncio.Event)
    lost: int = 0


@dataclass(slots=True)
class ForceState:
    """What is known of a device that streams force; outlives its connections."""

    clock: DeviceTime = field(default_factory=DeviceTime)
    samples: int = 0
    generation: str = ""
    shared: bool = False  # another device was there while this one was: what tells them apart is not their own
    never_stops: bool = False
    lately: deque[tuple[int, float, float]] = field(default_factory=lambda: deque(maxlen=MOST_LATELY))
    latest_at: int = 0
