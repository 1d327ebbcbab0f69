"""What this process listens on: ports opened before anything else is built, so that a taken one ends the start."""

import socket
from dataclasses import dataclass, field
from ipaddress import ip_address
from typing import Final

import structlog

from ohmstead.database import StartupError
from ohmstead.runtime.ports import PortTaken, open_port
from ohmstead.services.system import Port
from ohmstead.settings import DEFAULT_HTTP_PORTS, DEFAULT_MQTT_PORT, Settings

log = structlog.get_logger("ohmstead")
LOOPBACK: Final = "127.0.0.1"


@dataclass(slots=True)
class Sockets:
    """What this process listens on, and what it wanted to."""

    http: list[socket.socket] = field(default_factory=list)
    mqtt: list[socket.socket] = field(default_factory=list)
    https: list[socket.socket] = field(default_factory=list)
    mqtts: list[socket.socket] = field(default_factory=list)
    ports: list[Port] = field(default_factory=list)

    def reachable(self) -> dict[str, int]:
        """What this network may be told of: the first port of each kind that more than this machine can reach."""
        found: dict[str, int] = {}
        for kind in ("http", "mqtt", "https", "mqtts"):
            for sock in getattr(self, kind):
                address, port = sock.getsockname()[:2]
                if not ip_address(address).is_loopback:
                    found.setdefault(kind, port)
        return found

    def close(self) -> None:
        for sock in (*self.http, *self.mqtt, *self.https, *self.mqtts):
            sock.close()


def open_sockets(settings: Settings) -> Sockets:
    """A default port that is taken is skipped and shown; one that was asked for is a StartupError."""
    opened = Sockets()
    asked = settings.http_port
    for port in asked or DEFAULT_HTTP_PORTS:
        _open(opened, opened.http, "http", settings.host, port, must=asked is not None)
    if not opened.http:
        raise StartupError("no HTTP port is free; name one with --http-port")
    if settings.mqtt_port != 0:
        port = settings.mqtt_port if settings.mqtt_port is not None else DEFAULT_MQTT_PORT
        _open(opened, opened.mqtt, "mqtt", _mqtt_host(settings), port, must=settings.mqtt_port is not None)
    if settings.https_port is not None:
        _open(opened, opened.https, "https", settings.host, settings.https_port, must=True)
    if settings.mqtts_port is not None:
        _open(opened, opened.mqtts, "mqtts", _mqtt_host(settings), settings.mqtts_port, must=True)
    return opened


def _mqtt_host(settings: Settings) -> str | None:
    if not settings.mqtt_open:
        return settings.mqtt_host or settings.host
    if settings.mqtt_host not in (None, LOOPBACK, "::1", "localhost"):
        raise StartupError("OHMSTEAD_MQTT_OPEN lets anyone in: it goes with loopback only, not with an MQTT host")
    return settings.mqtt_host or LOOPBACK


def _open(opened: Sockets, into: list[socket.socket], kind: str, host: str | None, port: int, *, must: bool) -> None:
    try:
        sock = open_port(host, port)
    except PortTaken as error:
        if must:
            opened.close()
            raise StartupError(f"port {port} ({kind}) cannot be opened: {error}; choose another one") from error
        opened.ports.append(Port(kind, port, "skipped", str(error)))
        log.warning("port skipped", kind=kind, port=port, reason=str(error))
    else:
        into.append(sock)
        opened.ports.append(Port(kind, sock.getsockname()[1], "open"))
