"""The doors of older systems as one sub-application; each system offers its routes, and can be switched off."""

from collections.abc import Callable, Collection, Mapping
from typing import Final

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import BaseRoute, Match, Route

from ohmstead.domain.errors import DomainError, Unavailable
from ohmstead.legacy import energy_monitor, force_lab, home_control, meter_dashboard
from ohmstead.legacy.answers import refused
from ohmstead.legacy.mapped_http import METHODS, MappedHttp, is_foreign
from ohmstead.legacy.parts import DoorParts
from ohmstead.runtime.asgi import Receive, Scope, Send

# What devices of these systems ask; they have no TLS, so plain ports keep it when people have an encrypted one.
DEVICE_PATHS: Final = frozenset(
    {
        "/api/data",
        "/api/firmware/check",
        "/lights_status/",
        "/status_response_for_esp32/",
        "/esp/serial_data/",
        "/ws",
        "/api/esp32/register",
        "/api/esp32/data",
    }
)
Routes = Callable[[DoorParts], list[BaseRoute]]
SYSTEMS: Final[Mapping[str, Routes]] = {
    "001": energy_monitor.routes,
    "002": force_lab.routes,
    "003": meter_dashboard.routes,
    "004": home_control.routes,
}


class _ForeignPaths(Route):
    """Any path but those that are ours: else a wrong method on a known path would end here instead of in a 405."""

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        return super().matches(scope) if is_foreign(scope) else (Match.NONE, {})


class Doors:
    """An ASGI application that also tells which requests are its own, so that it shadows nothing."""

    def __init__(
        self,
        parts: DoorParts,
        shut: Collection[str],
        storage_failure: type[Exception],
        systems: Mapping[str, Routes] = SYSTEMS,
    ) -> None:
        """`storage_failure` is what a write raises when the disk does not take it."""
        self._routes = [route for name, offered in systems.items() if name not in shut for route in offered(parts)]
        cors = Middleware(
            CORSMiddleware,
            allow_origins=sorted(parts.origins),
            allow_methods=["GET", "POST", "PUT", "DELETE"],
            allow_headers=["Authorization", "Content-Type"],
        )

        async def not_stored(request: Request, error: Exception) -> JSONResponse:
            return await refused(request, Unavailable(str(error)))

        mapped = _ForeignPaths("/{path:path}", MappedHttp(parts).take, methods=sorted(METHODS))
        self._app = Starlette(
            routes=[*self._routes, mapped],
            middleware=[cors] if parts.origins else [],
            exception_handlers={DomainError: refused, HTTPException: refused, storage_failure: not_stored},
        )
        self._app.router.redirect_slashes = False

    def knows(self, scope: Scope) -> bool:
        """Whether the path is one of these doors, if only with another method, or a device sends to a foreign path."""
        return is_foreign(scope) or self._is_known(scope)

    def _is_known(self, scope: Scope) -> bool:
        return any(route.matches(scope)[0] is not Match.NONE for route in self._routes)

    def serves_devices(self, scope: Scope) -> bool:
        """Whether it is a device that asks."""
        return (scope["path"] in DEVICE_PATHS and self._is_known(scope)) or (
            is_foreign(scope) and not self._is_known(scope)
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self._app(scope, receive, send)
