"""Load-cell devices of system 002, byte for byte: three generations of firmware, driven by a pull that never was.

What made the real ones hard is here too: bursts of 100 samples and then a gap, a first generation that keeps what it
measures, a second that never stops, a third that loses a stop while it sends.
"""

import asyncio
import contextlib
import json
import math
import random
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final, Self

import websockets
from websockets.asyncio.client import ClientConnection
from websockets.typing import Origin, Subprotocol

BATCH: Final = 100
WRAP: Final = 1 << 32
PING_S: Final = 25.0
RECONNECT_S: Final = 2.0
LONGEST_FRAME: Final = 15 * 1024  # what the library of the firmware takes
MOST_KEPT: Final = 120_000  # samples in the memory of the oldest generation
ZERO: Final = (-12_700, -17_500)  # counts of the unloaded cells
COUNTS_PER_NEWTON: Final = (1 / 0.001095, 1 / 0.0008938)
QUIET_S: Final = 1.5
RISE_S: Final = 0.08
HOLD_S: Final = 3.0


@dataclass(frozen=True, slots=True)
class Pull:
    """Newtons over seconds: body weight, a rise like a real one, a hold, and back; again each `every_s`."""

    body_weight_n: float = 780.0
    peak_n: float = 2600.0
    every_s: float = 8.0
    left_share: float = 0.52

    def force(self, at_s: float) -> float:
        t = at_s % self.every_s
        rise = 1 / (1 + math.exp(-(t - QUIET_S - 2 * RISE_S) / (RISE_S / 2)))
        fall = 1 / (1 + math.exp(-(t - QUIET_S - HOLD_S) / (RISE_S / 2)))
        return self.body_weight_n + (self.peak_n - self.body_weight_n) * (rise - fall)

    def counts(self, at_s: float, noise: random.Random) -> tuple[int, int]:
        """Left and right as the converters tell it."""
        force = self.force(at_s) + noise.gauss(0.0, 1.5)
        shares = (self.left_share, 1 - self.left_share)
        left, right = (
            round(zero + force * share * factor)
            for zero, share, factor in zip(ZERO, shares, COUNTS_PER_NEWTON, strict=True)
        )
        return left, right


@dataclass(slots=True)
class Firmware:
    """What one generation does with orders, without any socket. Times are milliseconds since it started."""

    generation: str  # G0, G1, G2
    pull: Pull = field(default_factory=Pull)
    boot_ms: int = 5_000
    period_ms: float = 1.0
    seed: int = 1
    lose_stops: int = 0  # G2: how many stops land while it is sending, and are forgotten
    running: bool = False
    _made: float = 0.0  # device ms up to which samples were taken
    _batch: list[dict[str, int]] = field(default_factory=list)
    _kept: list[dict[str, int]] = field(default_factory=list)
    _noise: random.Random = field(default_factory=lambda: random.Random(1))
    heard: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._noise = random.Random(self.seed)
        self._made = float(self.boot_ms)
        self.running = self.generation == "G1"

    @property
    def registration(self) -> str:
        return '{"type":"esp"}' if self.generation == "G0" else '{"type":"esp32"}'

    def receive(self, text: str) -> list[str]:
        """Frames to send for a message of the server."""
        if len(text) > LONGEST_FRAME:
            return []
        if text.find("registered") > 0 or "pong" in text:
            return []
        message = json.loads(text)
        command = message.get("cmd") if self.generation == "G0" else message.get("cmd") or message.get("command")
        self.heard.append(str(command))
        if command == "start":
            self.running = True
            return []
        if command != "stop":
            return []
        if self.generation == "G1":
            return self._flush()  # and goes on
        if self.generation == "G2":
            if self.lose_stops > 0:
                self.lose_stops -= 1  # the task that sends overwrites the state
                return []
            self.running = False
            self._batch.clear()  # fewer than 100 are lost
            return []
        self.running = False
        kept, self._kept = self._kept, []
        return [_frame(kept[n : n + BATCH]) for n in range(0, len(kept), BATCH)]

    def sample(self, until_ms: float) -> list[str]:
        """Take samples up to a moment of its own clock; the frames that are full."""
        if not self.running:
            self._made = until_ms
            return []
        frames = []
        while self._made + self.period_ms <= until_ms:
            self._made += self.period_ms
            left, right = self.pull.counts(self._made / 1000, self._noise)
            one = {"t": int(self._made) % WRAP, "l": left, "r": right}
            if self.generation == "G0":
                if len(self._kept) < MOST_KEPT:
                    self._kept.append(one)
                continue
            self._batch.append(one)
            if len(self._batch) == BATCH:
                frames += self._flush()
        return frames

    def skip(self, ms: float) -> None:
        """What is not sampled because it is busy sending."""
        self._made += ms

    def _flush(self) -> list[str]:
        batch, self._batch = self._batch, []
        return [_frame(batch)] if batch else []


def _frame(samples: list[dict[str, int]]) -> str:
    return json.dumps({"samples": samples}, separators=(",", ":"))


class SimulatedDevice:
    """A firmware behind a socket. `gap_ms`: what it does not sample while it sends, as the real ones."""

    def __init__(
        self,
        url: str,
        firmware: Firmware,
        *,
        gap_ms: float = 100.0,
        source: str | None = None,
        clock: Callable[[], float] | None = None,
    ) -> None:
        """`url` is `ws://host:port/ws`; `source` the address it comes from (loopback has many)."""
        self.firmware = firmware
        self.sent = 0  # samples
        self.frames: list[str] = []  # what the server sent
        self._url = url
        self._gap_ms = gap_ms
        self._source = source
        self._clock = clock
        self._socket: ClientConnection | None = None
        self._running: asyncio.Task[None] | None = None
        self.connected = asyncio.Event()

    async def __aenter__(self) -> Self:
        self._running = asyncio.get_running_loop().create_task(self.run())
        await asyncio.wait_for(self.connected.wait(), 10)
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._running is not None:
            self._running.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._running

    async def drop(self) -> None:
        """Lose the connection as if the power went, and come back."""
        self.connected.clear()
        if self._socket is not None:
            self._socket.transport.abort()

    async def run(self) -> None:
        """Connect, register, stream when told; connect again for ever."""
        while True:
            try:
                await self._once()
            except* (OSError, websockets.WebSocketException, TimeoutError):
                pass
            self.connected.clear()
            await asyncio.sleep(RECONNECT_S if self._clock is None else 0.05)

    async def _once(self) -> None:
        options: dict[str, Any] = {} if self._source is None else {"local_addr": (self._source, 0)}
        async with websockets.connect(
            self._url,
            origin=Origin("file://"),
            subprotocols=[Subprotocol("arduino")],
            user_agent_header="arduino-WebSocket-Client",
            compression=None,
            ping_interval=None,
            close_timeout=1,
            proxy=None,
            **options,
        ) as socket:
            self._socket = socket
            await socket.send(self.firmware.registration)
            first = str(await asyncio.wait_for(socket.recv(), 10))
            self.frames.append(first)
            if first.find("registered") <= 0:
                raise OSError(first)
            self.connected.set()
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(self._listen(socket))
                tasks.create_task(self._stream(socket))
                tasks.create_task(self._ping(socket))

    async def _listen(self, socket: ClientConnection) -> None:
        async for text in socket:
            self.frames.append(str(text))
            await self._send(socket, self.firmware.receive(str(text)))
        raise OSError("closed")

    async def _ping(self, socket: ClientConnection) -> None:
        while True:
            await asyncio.sleep(PING_S)
            await socket.send('{"ping":true}')

    async def _stream(self, socket: ClientConnection) -> None:
        loop = asyncio.get_running_loop()
        began, boot = loop.time(), self.firmware._made
        while True:
            await asyncio.sleep(0.02)
            now = boot + (loop.time() - began) * 1000
            frames = self.firmware.sample(now)
            await self._send(socket, frames)
            if frames and self._gap_ms:
                await asyncio.sleep(self._gap_ms / 1000)
                self.firmware.skip(self._gap_ms)

    async def _send(self, socket: ClientConnection, frames: list[str]) -> None:
        for frame in frames:
            await socket.send(frame)
            self.sent += frame.count('"t"')
