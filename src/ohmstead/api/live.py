"""`WS /api/v1/live`: the live view over a WebSocket."""

import asyncio
from collections.abc import Callable
from typing import Final, Protocol

import msgspec
from fastapi import APIRouter
from starlette.websockets import WebSocket, WebSocketDisconnect

from ohmstead.api.auth import parts_of, principal_of
from ohmstead.api.schemas import id_of
from ohmstead.domain.access import Permission, Principal
from ohmstead.domain.errors import Forbidden, Unauthenticated
from ohmstead.services.live import Ending

UNAUTHENTICATED: Final = 4401
FORBIDDEN: Final = 4403
CLOSE_CODES: Final = {
    Ending.TOO_SLOW: 4408,
    Ending.REVOKED: UNAUTHENTICATED,
    Ending.CHANGED: 1012,  # service restart: a client connects again by itself
    Ending.SHUTDOWN: 1001,
}
SEND_TIMEOUT_S: Final = 10.0
FAREWELL_S: Final = 2.0
MOST_SUBSCRIBED: Final = 10_000

router = APIRouter()


class Subscription(msgspec.Struct):
    """What a client may send."""

    subscribe: list[str]


class View(Protocol):
    """One live connection as its door sees it; `take` waits for frames, at least one unless the view ended."""

    @property
    def ended(self) -> Ending | None: ...
    def end(self, why: Ending, /) -> None: ...
    async def take(self) -> list[bytes]: ...


@router.websocket("/live")
async def live(socket: WebSocket) -> None:
    if (principal := await admitted(socket)) is None:
        return
    view = parts_of(socket).live
    viewer = view.open(principal)
    try:
        await serve(socket, viewer, lambda channels: view.subscribe(viewer, channels), view.snapshot(viewer))
    finally:
        view.close(viewer)


async def admitted(socket: WebSocket) -> Principal | None:
    """Accept the connection of someone who may look; anyone else is told why not, and None returned."""
    try:
        principal = principal_of(socket)
        principal.require(Permission.DEVICES_READ)
    except Unauthenticated as error:
        await _refuse(socket, UNAUTHENTICATED, str(error))
        return None
    except Forbidden as error:
        await _refuse(socket, FORBIDDEN, str(error))
        return None
    await socket.accept()
    return principal


async def serve(
    socket: WebSocket, view: View, subscribe: Callable[[list[int]], None], first: bytes | None = None
) -> None:
    """Send the view's frames, after `first`, and hand on what the client subscribes to, until either side ends."""
    try:
        if first is not None:
            await socket.send_text(first.decode())
        async with asyncio.TaskGroup() as tasks:
            sending = tasks.create_task(_send(socket, view))
            tasks.create_task(_receive(socket, subscribe, sending))
    except* (WebSocketDisconnect, ConnectionError):
        pass


async def _refuse(socket: WebSocket, code: int, reason: str) -> None:
    # Accepted first: a browser is not told the close code of a refused handshake.
    await socket.accept()
    await socket.close(code, reason)


async def _send(socket: WebSocket, view: View) -> None:
    while view.ended is None:
        for frame in await view.take():
            try:
                await asyncio.wait_for(socket.send_text(frame.decode()), SEND_TIMEOUT_S)
            except TimeoutError:
                view.end(Ending.TOO_SLOW)
                break
    try:
        await asyncio.wait_for(socket.close(CLOSE_CODES[view.ended], view.ended.value), FAREWELL_S)
    except TimeoutError:
        raise ConnectionError("does not read") from None  # ends the view now; the socket goes with its last bytes


async def _receive(socket: WebSocket, subscribe: Callable[[list[int]], None], sending: "asyncio.Task[None]") -> None:
    while (message := await socket.receive())["type"] == "websocket.receive":
        try:
            told = msgspec.json.decode(message.get("text") or message.get("bytes") or b"", type=Subscription)
        except msgspec.MsgspecError:
            continue  # the contract has one message; others are of a newer client and mean nothing here
        subscribe([id_of(c) for c in told.subscribe[:MOST_SUBSCRIBED]])
    sending.cancel()
