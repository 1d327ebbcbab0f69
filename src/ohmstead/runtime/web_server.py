"""uvicorn inside our own process: several sockets, no signal handling of its own, a bounded farewell."""

import asyncio
import contextlib
import socket
import ssl
from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from typing import Any, Final

import uvicorn

from ohmstead.runtime.asgi import App, Receive, Scope, Send, respond
from ohmstead.runtime.http_direct import DirectHttp, DirectRoutes, Route
from ohmstead.runtime.ws_protocol import AskableWebSocket

FAREWELL_S: Final = 2  # of the five seconds that a stop may take in all


class _Server(uvicorn.Server):
    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.accepting = asyncio.Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.accepting.set()

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Signals belong to the composition root, which has more than this server to stop."""
        yield


def _ending_quietly(app: App) -> App:
    """Requests are cancelled by the server's end only: one that is unanswered then gets 503, and no traceback."""

    async def ending_quietly(scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await app(scope, receive, send)
        except asyncio.CancelledError:
            if scope["type"] == "http":
                with contextlib.suppress(RuntimeError):  # its answer has begun
                    await respond(send, 503, b"The server is going down", b"text/plain", [(b"retry-after", b"5")])

    return ending_quietly


class WebServer:
    """Serves an ASGI application on open sockets until `stop`. `direct` are quick ways to routes that it has."""

    def __init__(
        self,
        app: Any,
        sockets: Sequence[socket.socket],
        max_ws_frame: int,
        tls: ssl.SSLContext | None = None,
        direct: Mapping[tuple[str, str], Route] | None = None,
    ) -> None:
        self._sockets = list(sockets)
        config = uvicorn.Config(
            _ending_quietly(app),
            lifespan="off",
            loop="none",
            http=partial(DirectHttp, direct=DirectRoutes(direct or {})),  # type: ignore[arg-type]
            ws=AskableWebSocket,
            ws_max_size=max_ws_frame,
            ws_per_message_deflate=False,
            ws_ping_interval=20.0,
            ws_ping_timeout=20.0,
            proxy_headers=False,
            server_header=False,
            access_log=False,
            log_config=None,
            timeout_graceful_shutdown=FAREWELL_S,
            timeout_keep_alive=75,
            backlog=2048,
        )
        config.load()
        config.ssl = tls  # made by ourselves: uvicorn would read the files again with settings of its own
        self._server = _Server(config)

    async def run(self) -> None:
        await self._server.serve(sockets=self._sockets)

    async def ready(self) -> None:
        """Return once requests are answered."""
        await self._server.accepting.wait()

    def stop(self) -> None:
        """Stop accepting; running requests get their farewell."""
        self._server.should_exit = True
