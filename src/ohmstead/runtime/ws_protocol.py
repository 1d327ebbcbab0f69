"""uvicorn's WebSocket, which an application can ask whether the other end is still there."""

import asyncio
import os
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any, Final

from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol

# Under this name in `extensions` of the scope: await it with seconds; True once a ping sent now is answered.
ANSWERS: Final = "ohmstead.answers"

Answers = Callable[[float], Awaitable[bool]]


class AskableWebSocket(WebSocketsSansIOProtocol):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._asked: dict[bytes, asyncio.Future[None]] = {}

    def handle_connect(self, event: Any) -> None:
        super().handle_connect(event)
        if self.response.status_code == 101:
            extensions: MutableMapping[str, Any] = self.scope["extensions"]
            extensions[ANSWERS] = self._answers

    def handle_pong(self, event: Any) -> None:
        asked = self._asked.pop(bytes(event.data), None)
        if asked is None:
            super().handle_pong(event)
        elif not asked.done():
            asked.set_result(None)

    async def _answers(self, within_s: float) -> bool:
        if self.disconnected or self.close_sent or self.transport.is_closing():
            return False
        word = os.urandom(8)  # keep-alive uses four bytes
        self._asked[word] = answered = self.loop.create_future()
        self.conn.send_ping(word)
        self.transport.write(b"".join(self.conn.data_to_send()))
        try:
            await asyncio.wait_for(answered, within_s)
        except TimeoutError:
            return False
        finally:
            self._asked.pop(word, None)
        return True


def answers_of(scope: Any) -> Answers | None:
    """What to ask of this connection; None under another server."""
    found: Answers | None = (scope.get("extensions") or {}).get(ANSWERS)
    return found
