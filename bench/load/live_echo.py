"""The least a live view can be: bodies in by HTTP, out to every WebSocket ten times a second. Stores nothing.

python -m bench.load.live_echo PORT
"""

import asyncio
import socket
import sys

import uvloop

from ohmstead.runtime.asgi import Receive, Scope, Send, read_body, respond
from ohmstead.runtime.web_server import WebServer

EVERY_S = 0.1


class Echo:
    def __init__(self) -> None:
        self._views: set[asyncio.Queue[str]] = set()
        self._bodies: list[bytes] = []

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            self._bodies.append(await read_body(receive, 1 << 20))
            await respond(send, 200, b"{}", b"application/json")
        elif scope["type"] == "websocket":
            await receive()
            await send({"type": "websocket.accept"})
            view: asyncio.Queue[str] = asyncio.Queue()
            self._views.add(view)
            try:
                while True:
                    await send({"type": "websocket.send", "text": await view.get()})
            finally:
                self._views.discard(view)

    async def flush(self) -> None:
        while True:
            await asyncio.sleep(EVERY_S)
            bodies, self._bodies = self._bodies, []
            if bodies:
                frame = (b'{"type":"echo","bodies":[' + b",".join(bodies) + b"]}").decode()
                for view in self._views:
                    view.put_nowait(frame)


async def serve(port: int) -> None:
    echo = Echo()
    sock = socket.create_server(("127.0.0.1", port), backlog=2048)
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(echo.flush())
        tasks.create_task(WebServer(echo, [sock], 1 << 20).run())


if __name__ == "__main__":
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(serve(int(sys.argv[1])))
