"""System 002, the load-cell lab: the doors of its devices, its app and its browser page, over one shared bench."""

from collections.abc import Awaitable, Callable
from typing import Final

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Mount, Route, WebSocketRoute

from ohmstead.domain.errors import DomainError
from ohmstead.legacy.answers import refused
from ohmstead.legacy.force_lab_bench import Bench
from ohmstead.legacy.force_lab_http import DeviceHttp
from ohmstead.legacy.force_lab_io import SocketIo
from ohmstead.legacy.force_lab_rest import Rest
from ohmstead.legacy.force_lab_socket import Sockets
from ohmstead.legacy.parts import DoorParts

Endpoint = Callable[[Request], Awaitable[Response]]
# Documented as such; what a foreign page can do with it is decided by who it is, see asking.principal_of.
CORS: Final = {
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Allow-Methods": "GET, POST, DELETE, OPTIONS",
    "Access-Control-Allow-Headers": "Content-Type, Authorization",
}


def routes(parts: DoorParts) -> list[BaseRoute]:
    bench = Bench(parts)
    rest, http, sockets = Rest(parts, bench), DeviceHttp(parts), Sockets(parts, bench)
    socket_io = SocketIo(parts, bench)
    parts.lab.farewells.append(socket_io.close)
    bench.clients = sockets.count
    return [
        _route("/api/status", rest.status),
        _route("/api/start_test", rest.start_test, "POST"),
        _route("/api/stop_test", rest.stop_test, "POST"),
        _route("/api/session_data", rest.session_data),
        _route("/api/latest_reading", rest.latest_reading),
        _route("/api/current_reading", rest.current_reading),
        _route("/api/raw_data", rest.raw_data),
        _route("/api/raw_data_csv", rest.raw_data_csv),
        _route("/api/csv_files", rest.csv_files),
        _route("/api/download/{filename:path}", rest.download),
        _route("/api/delete/{filename:path}", rest.delete, "DELETE"),
        _route("/api/esp32/status", rest.device_status),
        _route("/api/esp32/command", rest.command, "POST"),
        Route("/api/esp32/register", http.register, methods=["POST"]),
        Route("/api/esp32/data", http.data, methods=["POST"]),
        WebSocketRoute("/ws", sockets.serve),
        Mount("/socket.io", socket_io),
    ]


def _route(path: str, endpoint: Endpoint, method: str = "GET") -> Route:
    async def answer(request: Request) -> Response:
        if request.method == "OPTIONS":
            return Response(status_code=204, headers=CORS)
        try:
            response = await endpoint(request)
        except DomainError as error:
            response = await refused(request, error)
        response.headers.update(CORS)
        return response

    return Route(path, answer, methods=[method, "OPTIONS"])
