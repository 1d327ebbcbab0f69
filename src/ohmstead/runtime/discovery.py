"""Multicast DNS: whoever asks this network for `_ohmstead._tcp.local` is told where the server is (RFC 6762, 6763)."""

import asyncio
import contextlib
import socket
import struct
from collections.abc import Mapping
from typing import Any, Final

import structlog

log = structlog.get_logger(__name__)

GROUP: Final = "224.0.0.251"
PORT: Final = 5353
SERVICE: Final = ("_ohmstead", "_tcp", "local")
_INSTANCE: Final = ("Ohmstead", *SERVICE)
_HOST: Final = ("ohmstead", "local")
_A, _PTR, _TXT, _SRV, _ANY, _IN = 1, 12, 16, 33, 255, 1
_UNICAST: Final = 0x8000
_TTL_S: Final = 120
_MOST_QUESTIONS: Final = 16
_HEAD: Final = struct.Struct(">HHHHHH")


def answer(query: bytes, ports: Mapping[str, int], address: str) -> tuple[bytes, bool] | None:
    """The answer to a question for the service, and whether it was asked for by unicast; None: not for us, or nonsense.

    `ports`: what there is, as `http`, `mqtt`, `https`, `mqtts`; `address`: where the asker reaches the server.
    """
    try:
        number, flags, count = _HEAD.unpack_from(query)[:3]
        if flags & 0xF800 or count > _MOST_QUESTIONS:
            return None
        at, unicast, asked = _HEAD.size, False, False
        for _ in range(count):
            labels, at = _labels(query, at)
            kind, group = struct.unpack_from(">HH", query, at)
            at += 4
            if labels == SERVICE and kind in (_PTR, _ANY) and group & ~_UNICAST == _IN:
                asked, unicast = True, unicast or bool(group & _UNICAST)
    except (struct.error, IndexError, ValueError):
        return None
    if not asked:
        return None
    text = b"".join(_counted(f"{name}={port}".encode()) for name, port in sorted(ports.items()))
    first = ports.get("http") or next(iter(ports.values()), 0)
    records = (
        _record(SERVICE, _PTR, _name(_INSTANCE)),
        _record(_INSTANCE, _SRV, struct.pack(">HHH", 0, 0, first) + _name(_HOST)),
        _record(_INSTANCE, _TXT, text),
        _record(_HOST, _A, socket.inet_aton(address)),
    )
    return _HEAD.pack(number, 0x8400, 0, 1, 0, len(records) - 1) + b"".join(records), unicast


def _labels(query: bytes, at: int) -> tuple[tuple[str, ...], int]:
    labels = []
    while size := query[at]:
        if size > 63:
            raise ValueError("a question is not compressed")
        labels.append(query[at + 1 : at + 1 + size].decode("ascii").lower())
        at += 1 + size
    return tuple(labels), at + 1


def _counted(text: bytes) -> bytes:
    return bytes([len(text)]) + text


def _name(labels: tuple[str, ...]) -> bytes:
    return b"".join(_counted(label.encode()) for label in labels) + b"\0"


def _record(name: tuple[str, ...], kind: int, data: bytes) -> bytes:
    return _name(name) + struct.pack(">HHIH", kind, _IN, _TTL_S, len(data)) + data


class Responder(asyncio.DatagramProtocol):
    """Answers on one socket; `ports` as in `answer`."""

    def __init__(self, ports: Mapping[str, int]) -> None:
        self._ports = ports
        self._transport: Any = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        found = answer(data, self._ports, reached_at(addr[0]))
        if found:
            text, unicast = found
            self._transport.sendto(text, addr if unicast or addr[1] != PORT else (GROUP, PORT))


def reached_at(peer: str) -> str:
    """The address of this machine on the way to a peer."""
    with contextlib.suppress(OSError), socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.connect((peer, PORT))  # nothing is sent
        address: str = probe.getsockname()[0]
        return address
    return "127.0.0.1"


async def respond(ports: Mapping[str, int], port: int = PORT) -> None:
    """Answer until cancelled. Where the port cannot be opened this is said once, and nothing else happens."""
    if not ports:
        await asyncio.Event().wait()
    sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    try:
        for option in ("SO_REUSEADDR", "SO_REUSEPORT"):
            if hasattr(socket, option):
                sock.setsockopt(socket.SOL_SOCKET, getattr(socket, option), 1)
        sock.bind(("", port))
        everywhere = struct.pack("4s4s", socket.inet_aton(GROUP), bytes(4))
        sock.setsockopt(socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP, everywhere)
    except OSError as error:
        sock.close()
        log.info("not found by multicast DNS", reason=str(error))
        await asyncio.Event().wait()
    transport, _ = await asyncio.get_running_loop().create_datagram_endpoint(lambda: Responder(ports), sock=sock)
    try:
        await asyncio.Event().wait()
    finally:
        transport.close()
