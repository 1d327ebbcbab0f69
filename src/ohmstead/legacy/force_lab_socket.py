"""`/ws` of system 002: plain WebSocket. The first text frame tells whether a device, the app or a page is speaking."""

import asyncio
import contextlib
import itertools
from typing import Any, Final

import msgspec
from starlette.websockets import WebSocket, WebSocketDisconnect, WebSocketState

from ohmstead.dialects import load_cell
from ohmstead.dialects.loose_json import load
from ohmstead.domain.access import Permission, Principal
from ohmstead.domain.errors import DomainError, Forbidden, MalformedPayload, Unauthenticated
from ohmstead.domain.identity import legal_serial
from ohmstead.legacy.asking import origin_of, principal_of
from ohmstead.legacy.force_lab_bench import SYSTEM, Bench
from ohmstead.legacy.force_lab_frames import Forwarder
from ohmstead.legacy.parts import DoorParts
from ohmstead.runtime.ws_protocol import answers_of
from ohmstead.services.force_links import ForceLink

FIRST_WORD_S: Final = 15.0
SEND_TIMEOUT_S: Final = 10.0
MOST_UNSENT: Final = 64
RENEW_S: Final = 2.0  # how often it is asked again what a client may see
FORBIDDEN: Final = 4403
UNAUTHENTICATED: Final = 4401
REPLACED: Final = 4409
DEVICES: Final = frozenset({"esp", "esp32"})
CLIENTS: Final = frozenset({"flutter", "browser"})
SUBPROTOCOL: Final = "arduino"
# What the library of these devices sends. A page is no device; `null` is a page that hides where it comes from.
DEVICE_ORIGINS: Final = frozenset({None, "", "file://"})


class Sockets:
    def __init__(self, parts: DoorParts, bench: Bench) -> None:
        self._parts = parts
        self._devices = parts.lab.devices
        self._bench = bench
        self._numbers = itertools.count(1)
        self._roles: dict[int, str] = {}  # clients that are connected

    def count(self, role: str) -> int:
        return sum(one == role for one in self._roles.values())

    async def serve(self, socket: WebSocket) -> None:
        offered = socket.scope.get("subprotocols") or ()
        await socket.accept(SUBPROTOCOL if SUBPROTOCOL in offered else None)
        try:
            async with asyncio.timeout(FIRST_WORD_S):
                first = _message(await socket.receive_text())
            kind = first.get("type") if isinstance(first, dict) else None
            if kind in DEVICES:
                await self._device(socket, str(kind))
            elif kind in CLIENTS:
                await self._client(socket, str(kind))
            else:
                await socket.close(1008, "the first frame tells the type: esp, esp32, flutter or browser")
        except TimeoutError:
            with contextlib.suppress(RuntimeError):
                await socket.close(1008, "nothing was said")
        except (WebSocketDisconnect, KeyError, ConnectionError):  # KeyError: a binary frame has no text
            pass

    # Devices

    async def _device(self, socket: WebSocket, kind: str) -> None:
        origin = origin_of(self._parts, socket)
        page = socket.headers.get("origin")
        if not origin.anonymous or page not in DEVICE_ORIGINS:
            await socket.close(FORBIDDEN, "devices without credentials are accepted from allowed networks only")
            return
        hint = socket.query_params.get("device")
        serial = legal_serial(hint) if hint else origin.address
        out: asyncio.Queue[str | None] = asyncio.Queue(MOST_UNSENT)

        def send(text: str) -> None:
            with contextlib.suppress(asyncio.QueueFull):  # it does not read; its stop will be repeated
                out.put_nowait(text)

        def close() -> None:
            while out.full():
                out.get_nowait()
            out.put_nowait(None)

        # The word must not be the first thing in the text: the firmware asks for a place above 0.
        send(f'{{"status":"registered","type":"{kind}","message":"{kind} connected"}}')
        try:
            name, answers = serial or origin.address, answers_of(socket.scope)
            link = await self._devices.connect(name, kind, origin.address, send, close, answers)
        except DomainError as error:
            await socket.send_text(msgspec.json.encode({"error": str(error)}).decode())
            await socket.close(FORBIDDEN, str(error)[:100])
            return
        try:
            async with asyncio.TaskGroup() as tasks:
                sending = tasks.create_task(_send(socket, out))
                listening = tasks.create_task(self._listen(socket, link, out))
                sending.add_done_callback(lambda _: listening.cancel())
                listening.add_done_callback(lambda _: close())
        except* (WebSocketDisconnect, ConnectionError, TimeoutError, KeyError, RuntimeError):
            pass
        finally:
            self._devices.disconnect(link)

    async def _listen(self, socket: WebSocket, link: ForceLink, out: "asyncio.Queue[str | None]") -> None:
        while True:
            text = await socket.receive_text()
            try:
                if text.startswith('{"samples"'):
                    await self._take(link, load_cell.read(text), text)
                    continue
                message = _message(text)
                if not isinstance(message, dict):
                    raise MalformedPayload("expected an object")
                if message.get("ping"):
                    self._devices.heard(link)
                    with contextlib.suppress(asyncio.QueueFull):
                        out.put_nowait('{"pong":true}')
                elif "samples" in message:
                    await self._take(link, load_cell.frame(message), text)
                else:
                    self._devices.heard(link)
            except MalformedPayload:
                self._parts.ingest.malformed(link.known)

    async def _take(self, link: ForceLink, frame: load_cell.Frame, text: str) -> None:
        if frame.rejected:
            link.known.rejected += len(frame.rejected)
        await self._devices.take(link, (frame.ms, frame.left, frame.right), text)

    # Clients

    async def _client(self, socket: WebSocket, role: str) -> None:
        try:
            who = self._who(socket)
        except (Unauthenticated, Forbidden) as error:
            await socket.send_text(msgspec.json.encode({"error": str(error)}).decode())
            await socket.close(UNAUTHENTICATED if isinstance(error, Unauthenticated) else FORBIDDEN, str(error)[:100])
            return
        number = next(self._numbers)
        self._roles[number] = role
        hint = socket.query_params.get("device")
        await socket.send_text(f'{{"status":"registered","type":"{role}"}}')
        forwarder = Forwarder(self._parts, self._bench, who, hint, always=role == "browser")
        try:
            async with asyncio.TaskGroup() as tasks:
                sending = tasks.create_task(self._forward(socket, forwarder))
                tasks.create_task(self._obey(socket, hint, f"client {number}", sending))
        except* (WebSocketDisconnect, ConnectionError, TimeoutError, KeyError, RuntimeError):
            pass
        except* DomainError:  # logged out, or its rights were taken
            if socket.application_state is WebSocketState.CONNECTED:
                await socket.close(UNAUTHENTICATED)
        finally:
            forwarder.close()
            del self._roles[number]
            self._bench.leave(f"client {number}")

    def _who(self, socket: WebSocket) -> Principal:
        who = principal_of(self._parts, socket, SYSTEM)
        who.require(Permission.DEVICES_READ)
        return who

    async def _forward(self, socket: WebSocket, forwarder: Forwarder) -> None:
        loop = asyncio.get_running_loop()
        asked = loop.time()
        while True:
            frames = await forwarder.take()
            if loop.time() - asked > RENEW_S:
                forwarder.who, asked = self._who(socket), loop.time()
            for frame in frames:
                await asyncio.wait_for(socket.send_text(frame), SEND_TIMEOUT_S)

    async def _obey(self, socket: WebSocket, hint: str | None, client: str, sending: asyncio.Task[None]) -> None:
        """Orders go to the device and open no test; the app asks for that over REST."""
        try:
            while True:
                message = _message(await socket.receive_text())
                if not isinstance(message, dict):
                    continue
                if message.get("ping"):
                    await socket.send_text('{"pong":true}')
                    continue
                command = message.get("cmd") or message.get("command")
                if not isinstance(command, str):
                    continue
                try:
                    heard = self._bench.order(self._who(socket), hint, command, client)
                except Forbidden:
                    heard = False
                answer = {"command_ack": command[:32], "success": heard}
                await socket.send_text(msgspec.json.encode(answer).decode())
        finally:
            sending.cancel()


async def _send(socket: WebSocket, out: "asyncio.Queue[str | None]") -> None:
    while (text := await out.get()) is not None:
        await asyncio.wait_for(socket.send_text(text), SEND_TIMEOUT_S)
    with contextlib.suppress(RuntimeError):
        await asyncio.wait_for(socket.close(REPLACED), SEND_TIMEOUT_S)


def _message(text: str) -> Any:
    """Whatever JSON it is; None for what is none."""
    try:
        return load(text.encode("utf-8", "replace"))
    except MalformedPayload:
        return None
