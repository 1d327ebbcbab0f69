"""Live frames of system 003: a WebSocket on the root path, one frame per reading, server to client only."""

import asyncio
import contextlib
from collections.abc import Callable
from typing import Final

import msgspec
from starlette.websockets import WebSocket, WebSocketDisconnect

from ohmstead.domain.access import Permission, Principal
from ohmstead.domain.errors import Forbidden, NotFound, Unauthenticated
from ohmstead.legacy.answers import iso
from ohmstead.legacy.asking import by_token, principal_of
from ohmstead.legacy.meter_shapes import SYSTEM, label_of, reading
from ohmstead.legacy.parts import DoorParts
from ohmstead.services.readings import Follower, Reading

UNAUTHENTICATED: Final = 4401
FORBIDDEN: Final = 4403
GOING_AWAY: Final = 1001
SEND_TIMEOUT_S: Final = 10.0


class MeterLive:
    def __init__(self, parts: DoorParts) -> None:
        self._parts = parts

    async def follow(self, socket: WebSocket) -> None:
        """Older pages cannot send a header: they come with the cookie of their log-in, `?token=`, or an opened door."""
        try:
            principal, renew = self._who(socket)
            principal.require(Permission.DEVICES_READ)
        except Unauthenticated as error:
            await _refuse(socket, UNAUTHENTICATED, str(error))
            return
        except Forbidden as error:
            await _refuse(socket, FORBIDDEN, str(error))
            return
        await socket.accept()
        readings = self._parts.readings
        follower = readings.follow(principal, renew)
        try:
            async with asyncio.TaskGroup() as tasks:
                sending = tasks.create_task(self._send(socket, follower))
                tasks.create_task(_listen(socket, sending))
        except* (WebSocketDisconnect, ConnectionError, TimeoutError):
            pass
        finally:
            readings.unfollow(follower)

    def _who(self, socket: WebSocket) -> tuple[Principal, Callable[[], Principal] | None]:
        """Who follows; and, where no person or token stands behind it, how to ask again what it may see."""
        token = socket.query_params.get("token")
        if token and not socket.headers.get("authorization"):
            return by_token(self._parts, token), None
        principal = principal_of(self._parts, socket, SYSTEM)
        if principal.user is None and principal.token is None:
            return principal, lambda: principal_of(self._parts, socket, SYSTEM)
        return principal, None

    async def _send(self, socket: WebSocket, follower: Follower) -> None:
        while not follower.ended:
            for one in await follower.take():
                if (frame := self._frame(one)) is not None:
                    await asyncio.wait_for(socket.send_text(frame), SEND_TIMEOUT_S)
        await socket.close(GOING_AWAY)

    def _frame(self, one: Reading) -> str | None:
        try:
            known = self._parts.registry.get(one.device)
        except NotFound:  # deleted meanwhile
            return None
        data = {"serial_number": known.device.serial, "device_id": label_of(self._parts, known), **reading(one)}
        frame = {"type": "meter_data", "data": data, "timestamp": iso(self._parts.clock.now())}
        return msgspec.json.encode(frame).decode()


async def _listen(socket: WebSocket, sending: asyncio.Task[None]) -> None:
    """Nothing is expected from the client; its going ends the view."""
    with contextlib.suppress(WebSocketDisconnect):
        while (await socket.receive())["type"] != "websocket.disconnect":
            pass
    sending.cancel()


async def _refuse(socket: WebSocket, code: int, reason: str) -> None:
    # Accepted first: a browser is not told the close code of a refused handshake.
    await socket.accept()
    await socket.close(code, reason)
