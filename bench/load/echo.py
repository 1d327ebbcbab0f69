"""The bare minimum on the server's own web server: read a body, send it back. `python -m bench.load.echo PORT`."""

import asyncio
import socket
import sys

import uvloop

from ohmstead.runtime.asgi import Receive, Scope, Send, read_body, respond
from ohmstead.runtime.web_server import WebServer


async def app(scope: Scope, receive: Receive, send: Send) -> None:
    body = await read_body(receive, 1 << 23)
    await respond(send, 200, body, b"application/json")


async def serve(port: int) -> None:
    sock = socket.create_server(("127.0.0.1", port), backlog=2048)
    await WebServer(app, [sock], 1 << 20).run()


if __name__ == "__main__":
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(serve(int(sys.argv[1])))
