"""`WS /api/v1/devices/me/socket`: native devices over one WebSocket, for those that cannot speak MQTT.

Telemetry goes up as it is, and each frame is answered in order once it is on disk. Everything else, in both
directions, is `{"type": leaf, "message": …}` with the leaves and messages of MQTT.
"""

import asyncio
import contextlib
from typing import Any, Final, Protocol

import msgspec
from starlette.websockets import WebSocket, WebSocketDisconnect

from ohmstead.dialects import native_control as wire
from ohmstead.dialects.dialect import Envelope
from ohmstead.dialects.native import DIALECT as NATIVE
from ohmstead.domain.access import Permission
from ohmstead.domain.command import CommandChanged, CommandState
from ohmstead.domain.device import DeviceChanged
from ohmstead.domain.errors import (
    DomainError,
    Forbidden,
    MalformedPayload,
    NotFound,
    TooMany,
    Unauthenticated,
    Unavailable,
)
from ohmstead.domain.person import CredentialsRevoked
from ohmstead.domain.shadow import DesiredChanged
from ohmstead.domain.telemetry import MS
from ohmstead.runtime.asgi import Receive, Scope, Send
from ohmstead.runtime.bus import Bus
from ohmstead.runtime.clock import Clock
from ohmstead.services.commands import Commands
from ohmstead.services.ingest import Ingest, Receipt
from ohmstead.services.registry import Known, Registry
from ohmstead.services.shadows import Shadows
from ohmstead.services.tickets import Tickets
from ohmstead.services.tokens import Tokens
from ohmstead.transports.native_control import LEAVES, NativeControl, order

UNAUTHENTICATED: Final = 4401
FORBIDDEN: Final = 4403
GOING_AWAY: Final = 1001
TOO_SLOW: Final = 4408
MOST_UNANSWERED: Final = 64  # frames on their way to the disk; then no more are read
MOST_UNSENT: Final = 256
SEND_TIMEOUT_S: Final = 10.0


class ClockTrust(Protocol):
    @property
    def trusted(self) -> bool: ...


class _Other(msgspec.Struct):
    type: str
    message: msgspec.Raw = msgspec.Raw(b"{}")


class DeviceSockets:
    """An ASGI application for WebSockets."""

    def __init__(
        self,
        ingest: Ingest,
        registry: Registry,
        tokens: Tokens,
        tickets: Tickets,
        control: NativeControl,
        shadows: Shadows,
        commands: Commands,
        bus: Bus,
        clock: Clock,
        trust: ClockTrust,
    ) -> None:
        self._ingest = ingest
        self._registry = registry
        self._tokens = tokens
        self._tickets = tickets
        self._control = control
        self._shadows = shadows
        self._commands = commands
        self._bus = bus
        self._clock = clock
        self._trust = trust

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        socket = WebSocket(scope, receive, send)
        try:
            known, token = self._device(socket)
        except DomainError as error:
            await socket.accept()  # else its client is not told the close code
            await socket.close(UNAUTHENTICATED if isinstance(error, Unauthenticated) else FORBIDDEN, str(error)[:100])
            return
        await socket.accept()
        await _Session(self, socket, known, token).run()

    def _device(self, socket: WebSocket) -> tuple[Known, int | None]:
        scheme, _, secret = socket.headers.get("authorization", "").partition(" ")
        principal = self._tokens.principal(secret.strip()) if scheme.lower() == "bearer" else None
        if principal is None:
            raise Unauthenticated("send `Authorization: Bearer <device token>`")
        if principal.device is None or not principal.may(Permission.TELEMETRY_WRITE):
            raise Forbidden("this token does not belong to a device")
        return self._registry.get(principal.device), principal.token


class _Session:
    """One connection of one device."""

    def __init__(self, door: DeviceSockets, socket: WebSocket, known: Known, token: int | None) -> None:
        self._door = door
        self._socket = socket
        self._known = known
        self._token = token
        self._answers: asyncio.Queue[tuple[Receipt | int, str]] = asyncio.Queue(MOST_UNANSWERED)
        self._out: asyncio.Queue[bytes | int] = asyncio.Queue(MOST_UNSENT)  # a number closes with that code

    async def run(self) -> None:
        door, device = self._door, self._known.device.id
        ends = [
            door._bus.subscribe(DesiredChanged, lambda fact: self._desired() if fact.device == device else None),
            door._bus.subscribe(
                CommandChanged, lambda fact: self._deliver() if fact.command.device == device else None
            ),
            door._bus.subscribe(CredentialsRevoked, self._revoked),
        ]
        self._known.presence.connections += 1
        door._control.present(self._known)
        door._bus.publish(DeviceChanged(device))
        try:
            self._put("time", wire.encode(wire.Time(door._clock.now() // MS, door._trust.trusted)))
            self._desired()
            self._deliver()
            async with asyncio.TaskGroup() as tasks:
                working = [tasks.create_task(self._answer()), tasks.create_task(self._send())]
                listening = tasks.create_task(self._listen())
                for one in (*working, listening):
                    one.add_done_callback(lambda _: [t.cancel() for t in (*working, listening)])
        except* (WebSocketDisconnect, ConnectionError, TimeoutError, RuntimeError):
            pass
        finally:
            for end in ends:
                end()
            self._known.presence.disconnected()
            door._bus.publish(DeviceChanged(device))

    async def _listen(self) -> None:
        while True:
            payload = await self._next()
            try:
                await self._answers.put(self._take(payload))
            except (MalformedPayload, NotFound) as error:
                self._say({"error": str(error)})
            except (TooMany, Unavailable) as error:
                # Nothing of it was kept: the device sends it again.
                self._say({"error": str(error), "retry_after_s": error.retry_after_s})
                await asyncio.sleep(min(error.retry_after_s, 5))
            except Forbidden as error:
                self._say({"error": str(error)})
                self._end(FORBIDDEN)
                return

    async def _next(self) -> bytes:
        """The next message, whichever kind of frame it came in."""
        message = await self._socket.receive()
        if message["type"] == "websocket.disconnect":
            raise WebSocketDisconnect(message.get("code", 1000))
        text: str | None = message.get("text")
        return message.get("bytes") or b"" if text is None else text.encode()

    def _take(self, payload: bytes) -> tuple[Receipt | int, str]:
        door, known = self._door, self._known
        if payload.lstrip().startswith(b'{"type"'):
            try:
                other = msgspec.json.decode(payload, type=_Other)
            except (ValueError, RecursionError) as error:
                raise MalformedPayload(str(error)) from None
            if other.type == "ping":
                return 0, "pong"
            if other.type not in LEAVES:
                raise NotFound(f"nothing is known by the name {other.type[:32]!r}")
            ticket = door._control.take(known, other.type, bytes(other.message))
            if other.type == "hello":
                self._deliver()
            return ticket, other.type
        door._ingest.admit(known)
        received = door._clock.arrival()
        try:
            batch = NATIVE.decode(payload, Envelope(received))
        except MalformedPayload:
            door._ingest.malformed(known)
            raise
        return door._ingest.submit(known, batch, received), "telemetry"

    async def _answer(self) -> None:
        """In order of receipt, each once it is on disk."""
        while True:
            taken, leaf = await self._answers.get()
            try:
                await self._door._tickets.committed(taken if isinstance(taken, int) else taken.ticket)
            except Unavailable as error:
                self._say({"error": str(error), "retry_after_s": error.retry_after_s})
                continue
            if isinstance(taken, int):
                self._say({"type": "pong"} if leaf == "pong" else {"stored": leaf})
                continue
            rejected = [
                {"index": r.index, "reason": r.reason} | ({} if r.key is None else {"key": r.key})
                for r in taken.rejected
            ]
            self._say({"accepted": taken.accepted, "duplicates": taken.duplicates, "rejected": rejected})

    async def _send(self) -> None:
        while not isinstance(frame := await self._out.get(), int):
            await asyncio.wait_for(self._socket.send_text(frame.decode()), SEND_TIMEOUT_S)
        with contextlib.suppress(RuntimeError):
            await asyncio.wait_for(self._socket.close(frame), SEND_TIMEOUT_S)

    # What it is told

    def _desired(self) -> None:
        self._put("desired", self._door._control.desired(self._known.device.id))

    def _deliver(self) -> None:
        for command in self._door._commands.deliverable(self._known.device.id):
            if command.state is CommandState.QUEUED:
                self._put("commands", order(command))
                self._door._commands.sent(command)

    def _revoked(self, fact: CredentialsRevoked) -> None:
        if fact.token is not None and fact.token == self._token:
            self._end(UNAUTHENTICATED)

    def _put(self, leaf: str, message: bytes) -> None:
        self._queue(b'{"type":"%s","message":%s}' % (leaf.encode(), message))

    def _say(self, answer: dict[str, Any]) -> None:
        self._queue(msgspec.json.encode(answer))

    def _queue(self, frame: bytes) -> None:
        if self._out.full():
            self._end(TOO_SLOW)
        else:
            self._out.put_nowait(frame)

    def _end(self, code: int) -> None:
        while not self._out.empty():
            self._out.get_nowait()
        self._out.put_nowait(code)
