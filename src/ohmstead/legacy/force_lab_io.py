"""The Socket.IO surface that system 002 documents, for its browser page: Engine.IO 4, loaded when somebody asks."""

import asyncio
import contextlib
from dataclasses import dataclass, field
from typing import Any, Final

import msgspec
from starlette.requests import HTTPConnection

from ohmstead.domain.access import Permission, Principal
from ohmstead.domain.errors import DomainError
from ohmstead.domain.recording import TrialChanged, TrialState
from ohmstead.legacy.answers import status_of
from ohmstead.legacy.asking import principal_of
from ohmstead.legacy.force_lab_bench import NO_DEVICE, SYSTEM, Bench, NoDevice
from ohmstead.legacy.force_lab_frames import Forwarder, samples_of
from ohmstead.legacy.parts import DoorParts
from ohmstead.runtime.asgi import App, Receive, Scope, Send, respond

MOST_CLIENTS: Final = 200
MOST_UNSENT: Final = 500  # messages to one client; then the newest go, until it reads again
RENEW_S: Final = 2.0


@dataclass(slots=True)
class _Client:
    connection: HTTPConnection
    hint: str | None
    forwarding: asyncio.Task[None] | None = None
    tests: dict[int, str] = field(default_factory=dict)


class SocketIo:
    """An ASGI application for everything below `/socket.io/`."""

    def __init__(self, parts: DoorParts, bench: Bench) -> None:
        self._parts = parts
        self._bench = bench
        self._clients: dict[str, _Client] = {}
        self._server: Any = None
        self._app: App | None = None
        self._telling: set[asyncio.Task[None]] = set()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if self._app is None:
            self._app = self._build()
        # Engine.IO keeps a session for whoever asks, long before it lets us ask who that is.
        connection = HTTPConnection(scope)
        begins = "sid" not in connection.query_params and scope.get("method") != "OPTIONS"
        if begins and (refusal := self._refused(connection)) is not None:
            await _refuse(scope, send, *refusal)
            return
        # What mounts this takes the prefix off; Engine.IO wants to see it.
        await self._app({**scope, "root_path": ""}, receive, send)

    def _refused(self, connection: HTTPConnection) -> tuple[int, str] | None:
        """(status, reason) for who may not even begin."""
        try:
            principal_of(self._parts, connection, SYSTEM).require(Permission.DEVICES_READ)
        except DomainError as error:
            return status_of(error), str(error)
        if len(self._server.eio.sockets) >= MOST_CLIENTS:
            return 503, "too many clients"
        return None

    def _build(self) -> App:
        import socketio  # loaded on use: most servers never serve this page

        # Whose page it is is asked in `_connect`, as everywhere; cookies are never allowed to foreign ones.
        server = socketio.AsyncServer(
            async_mode="asgi", cors_allowed_origins="*", cors_credentials=False, max_http_buffer_size=64 * 1024
        )
        server.on("connect", self._connect)
        server.on("disconnect", self._disconnect)
        server.on("register", self._register)
        server.on("browser_command", self._command)
        self._server = server
        self._refusal = socketio.exceptions.ConnectionRefusedError
        self._parts.bus.subscribe(TrialChanged, self._trial_changed)
        app: App = socketio.ASGIApp(server)
        return app

    async def close(self) -> None:
        if self._server is not None:
            for client in self._clients.values():
                if client.forwarding is not None:
                    client.forwarding.cancel()
            with contextlib.suppress(Exception):
                await self._server.shutdown()

    def _who(self, client: _Client) -> Principal:
        who = principal_of(self._parts, client.connection, SYSTEM)
        who.require(Permission.DEVICES_READ)
        return who

    async def _connect(self, sid: str, environ: dict[str, Any], auth: Any = None) -> None:
        connection = HTTPConnection(environ["asgi.scope"])
        client = _Client(connection, connection.query_params.get("device"))
        try:
            self._who(client)
        except DomainError as error:
            raise self._refusal(str(error)) from error
        if len(self._clients) >= MOST_CLIENTS:
            raise self._refusal("too many clients")
        self._clients[sid] = client
        client.forwarding = asyncio.get_running_loop().create_task(self._forward(sid, client))

    async def _disconnect(self, sid: str, reason: str = "") -> None:
        client = self._clients.pop(sid, None)
        if client is not None and client.forwarding is not None:
            client.forwarding.cancel()

    async def _register(self, sid: str, data: Any = None) -> None:
        kind = data.get("type") if isinstance(data, dict) else None
        answer = {"type": str(kind or "browser")[:32], "status": "registered"}
        await self._server.emit("registration_response", answer, to=sid)

    async def _command(self, sid: str, data: Any = None) -> None:
        """Start and stop of a test, recorded like any other."""
        client = self._clients.get(sid)
        command = data.get("cmd") or data.get("command") if isinstance(data, dict) else None
        if client is None or command not in ("start", "stop"):
            return
        try:
            who = self._who(client)
            if command == "start":
                await self._bench.start(who, client.hint)
            else:
                await self._bench.stop(who, client.hint)
        except NoDevice:
            await self._server.emit("test_status", {"status": "error", "message": NO_DEVICE}, to=sid)
        except DomainError as error:
            await self._server.emit("test_status", {"status": "error", "message": str(error)}, to=sid)

    async def _forward(self, sid: str, client: _Client) -> None:
        forwarder = Forwarder(self._parts, self._bench, self._who(client), client.hint, always=True)
        loop = asyncio.get_running_loop()
        asked = loop.time()
        try:
            while True:
                frames = await forwarder.take()
                if loop.time() - asked > RENEW_S:
                    forwarder.who, asked = self._who(client), loop.time()
                for frame in frames:
                    if (samples := samples_of(frame)) and self._has_room(sid):
                        await self._server.emit("sensor_data", {"samples": samples}, to=sid)
        except DomainError:  # logged out, or its rights were taken
            await self._server.disconnect(sid)
        finally:
            forwarder.close()

    def _has_room(self, sid: str) -> bool:
        """Whether a client reads what it is sent: Engine.IO itself would keep all of it."""
        socket = self._server.eio.sockets.get(self._server.manager.eio_sid_from_sid(sid, "/"))
        return socket is None or socket.queue.qsize() < MOST_UNSENT

    def _trial_changed(self, fact: TrialChanged) -> None:
        if self._clients:
            task = asyncio.get_running_loop().create_task(self._tell(fact.trial))
            self._telling.add(task)
            task.add_done_callback(self._telling.discard)

    async def _tell(self, trial_id: int) -> None:
        """Each step of a test once, to whoever may see it."""
        for sid, client in list(self._clients.items()):
            try:
                recording, trial = await self._parts.lab.trials.get(self._who(client), trial_id)
            except DomainError:
                continue
            told = client.tests.get(trial_id)
            if trial.state is TrialState.RUNNING and told is None:
                client.tests[trial_id] = "started"
                await self._server.emit("test_status", {"status": "started"}, to=sid)
            elif trial.state is TrialState.DONE and told in (None, "started"):
                client.tests[trial_id] = "stopped"
                await self._server.emit("test_status", {"status": "stopped"}, to=sid)
            if trial.quality and client.tests.get(trial_id) == "stopped":
                client.tests[trial_id] = "complete"
                count = max(one["samples"] for one in trial.quality.values())
                file = self._bench.file_name(recording, trial) if self._bench.is_file(recording) else None
                await self._server.emit("data_complete", {"sample_count": count, "csv_file": file}, to=sid)


async def _refuse(scope: Scope, send: Send, status: int, reason: str) -> None:
    if scope["type"] == "websocket":
        await send({"type": "websocket.close", "code": 4401 if status == 401 else 4403, "reason": reason[:100]})
        return
    body = msgspec.json.encode({"error": reason})
    await respond(send, status, body, b"application/json", [(b"access-control-allow-origin", b"*")])
