"""The HTTP application: hot routes first, then the people-facing API, then the pages."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final, Protocol
from urllib.parse import quote

from fastapi import FastAPI
from fastapi.routing import APIRoute

from ohmstead import __version__
from ohmstead.api import fast_live, live, problems
from ohmstead.api.bodies import bounded, is_streamed, limit_of
from ohmstead.api.pages import SECURITY
from ohmstead.api.parts import Parts
from ohmstead.api.refusals import Refusals
from ohmstead.api.routes import (
    alerts,
    automation,
    calibrations,
    commands,
    control,
    devices,
    exports,
    history,
    imports,
    mappings,
    notifications,
    people,
    recordings,
    releases,
    rollouts,
    rules,
    subjects,
    system,
    trials,
    users,
)
from ohmstead.runtime.asgi import App, Receive, Scope, Send, respond

PREFIX: Final = "/api/v1"
OWN_PATHS: Final = (f"{PREFIX}/", "/api/openapi.json", "/healthz", "/readyz", "/metrics", "/assets/")
OPERATOR_PATHS: Final = frozenset({"/healthz", "/readyz", "/metrics"})
# What devices ask on plain ports even when people have an encrypted one.
DEVICE_PATHS: Final = frozenset(
    {f"{PREFIX}/time", *(f"{PREFIX}/devices/me/{leaf}" for leaf in ("desired", "hello", "reported", "replies", "log"))}
)


def _is_on_plain_ports(path: str) -> bool:
    """Whether it is there for devices and operators although people have an encrypted port."""
    below = path.removeprefix(PREFIX)
    is_content = below.startswith("/u/") or (below.startswith("/releases/") and "/content/" in below)
    return is_content or path in OPERATOR_PATHS or path in DEVICE_PATHS


def build_api(parts: Parts | None = None) -> FastAPI:
    """The people-facing API. Without parts it can only describe itself."""
    api = FastAPI(
        title="Ohmstead",
        version=__version__,
        openapi_url="/api/openapi.json",
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        generate_unique_id_function=_operation_id,
    )
    problems.install(api)
    for router in (
        people.router,
        users.router,
        commands.router,
        control.router,
        automation.router,
        exports.router,
        devices.router,
        devices.channels,
        history.router,
        system.router,
        live.router,
        fast_live.router,
        subjects.router,
        recordings.router,
        trials.router,
        calibrations.router,
        imports.router,
        mappings.router,
        releases.router,
        rollouts.router,
        notifications.router,
        rules.router,
        alerts.router,
    ):
        api.include_router(router, prefix=PREFIX)
    api.include_router(system.operators)
    if parts is not None:
        api.state.parts = parts
    return api


def _operation_id(route: APIRoute) -> str:
    return route.name


class OlderDoors(Protocol):
    """The doors of older systems: an ASGI application that tells which requests are its own."""

    def knows(self, scope: Scope) -> bool: ...
    def serves_devices(self, scope: Scope) -> bool: ...
    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None: ...


class DoorsOfDevices(Protocol):
    """A plain door for requests that are told by more than their address."""

    def knows(self, scope: Scope) -> bool: ...
    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None: ...


class Front:
    """Sends each request where it belongs. Device doors are dispatched before any framework sees them.

    Once there is an HTTPS port, plain ports serve devices and operators only, and pages redirect (design §9).
    """

    def __init__(
        self,
        doors: Mapping[tuple[str, str], App],
        api: FastAPI,
        pages: App,
        authority: Path | None = None,
        older: OlderDoors | None = None,
        max_body: int = 8 << 20,
        devices: DoorsOfDevices | None = None,
    ) -> None:
        self.refusals = Refusals()
        self._doors = dict(doors)
        self._devices = devices
        self._methods: dict[str, list[str]] = {}
        for method, path in doors:
            if method != "WEBSOCKET":
                self._methods.setdefault(path, []).append(method)
        self._api = api
        self._pages = pages
        self._authority = authority
        self._older = older
        self._max_body = max_body
        self.https_port: int | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        receive, send = self.refusals.watch(scope, receive, send)
        if scope["type"] == "http":
            door = self._doors.get((scope["method"], scope["path"]))
            if door is not None:
                await door(scope, receive, send)
            elif self._devices is not None and self._devices.knows(scope):
                await self._devices(scope, receive, send)
            elif self._older is not None and self._older.serves_devices(scope):
                await self._older(scope, receive, _secured(send))
            else:
                await self._for_people(scope, receive, send)
        elif (socket := self._doors.get(("WEBSOCKET", scope["path"]))) is not None:
            await socket(scope, receive, send)
        elif self._older is not None and self._older.serves_devices(scope):
            await self._older(scope, receive, send)
        elif self.https_port is not None and scope["scheme"] == "ws":
            await send({"type": "websocket.close", "code": 1008, "reason": "use the encrypted port"})
        elif (older := self._older_of(scope)) is not None:
            await older(scope, receive, send)
        else:
            await self._api(scope, receive, send)

    def _older_of(self, scope: Scope) -> OlderDoors | None:
        """The older doors if the request is theirs; none of them can take a path of our own away."""
        if self._older is None or scope["path"].startswith(OWN_PATHS):
            return None
        return self._older if self._older.knows(scope) else None

    async def _for_people(self, scope: Scope, receive: Receive, send: Send) -> None:
        path = scope["path"]
        if (methods := self._methods.get(path)) is not None:
            await problems.respond_not_allowed(_secured(send), methods)
        elif path == "/ca.crt":
            await self._send_authority(send)
        elif self.https_port is not None and scope["scheme"] == "http" and not _is_on_plain_ports(path):
            await self._redirect(scope, send)
        elif (older := self._older_of(scope)) is not None:
            await older(scope, receive, _secured(send))
        elif path.startswith("/api/") or path in OPERATOR_PATHS:
            limit = limit_of(scope, self._api.state.parts, self._max_body)
            limited = receive if is_streamed(path) else bounded(receive, limit)
            await self._api(_plainly(scope), limited, _secured(send))
        else:
            await self._pages(scope, receive, send)

    async def _send_authority(self, send: Send) -> None:
        """The certificate that phones and computers install once, so that they trust this server."""
        if self._authority is None or not self._authority.exists():
            await respond(send, 404, b"There is no certificate; see `ohmstead tls init`", b"text/plain", SECURITY)
            return
        name = (b"content-disposition", b'attachment; filename="ohmstead-ca.crt"')
        await respond(send, 200, self._authority.read_bytes(), b"application/x-x509-ca-cert", [name, *SECURITY])

    async def _redirect(self, scope: Scope, send: Send) -> None:
        if scope["path"].startswith("/api/"):
            detail = f"people use HTTPS here, port {self.https_port}"
            await problems.respond(_secured(send), 403, detail)
            return
        host = next((value for name, value in scope["headers"] if name == b"host"), b"localhost")
        host = host[: host.rindex(b":")] if not host.endswith(b"]") and b":" in host else host
        target = b"https://%s:%d%s" % (host, self.https_port or 443, quote(scope["path"]).encode())
        await respond(send, 307, b"", b"text/plain", [(b"location", target), *SECURITY])


def _plainly(scope: Scope) -> Scope:
    """The request without what changes nothing: `?state=&limit=` asks for nothing in particular, and HEAD is GET,
    after which the web server sends no body, whatever the application says.
    """
    query: bytes = scope["query_string"]
    if query.endswith(b"=") or b"=&" in query:
        query = b"&".join(part for part in query.split(b"&") if part.find(b"=") != len(part) - 1)
    elif scope["method"] != "HEAD":
        return scope
    return {**scope, "query_string": query, "method": "GET" if scope["method"] == "HEAD" else scope["method"]}


def _secured(send: Send) -> Send:
    async def with_headers(message: Any) -> None:
        if message["type"] == "http.response.start":
            message["headers"] = [*message.get("headers", ()), *SECURITY]
        await send(message)

    return with_headers
