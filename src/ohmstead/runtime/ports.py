"""Opening ports: IPv4 and IPv6 on one socket where the system has both."""

import errno
import socket
from typing import Final

BACKLOG: Final = 2048


class PortTaken(OSError):
    """The port cannot be opened; the message says why."""


def open_port(host: str | None, port: int) -> socket.socket:
    """A listening TCP socket. `host` None means every address, IPv4 and IPv6. Port 0 picks a free one.

    Raises PortTaken with the system's reason.
    """
    try:
        if host is None:
            return _listen_everywhere(port)
        family = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0][0]
        return _listen(family, host, port)
    except OverflowError:
        raise PortTaken("ports are 0–65535") from None
    except OSError as error:
        raise PortTaken(error.strerror or str(error)) from error


def _listen_everywhere(port: int) -> socket.socket:
    if socket.has_dualstack_ipv6():
        try:
            return _listen(socket.AF_INET6, "::", port)
        except OSError as error:
            if error.errno not in (errno.EADDRNOTAVAIL, errno.EAFNOSUPPORT):  # IPv6 is switched off
                raise
    return _listen(socket.AF_INET, "0.0.0.0", port)  # noqa: S104 - a server in a house is there for its devices


def _listen(family: int, host: str, port: int) -> socket.socket:
    sock = socket.socket(family, socket.SOCK_STREAM)
    try:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if family == socket.AF_INET6:
            sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0 if host == "::" else 1)
        sock.bind((host, port))
        sock.listen(BACKLOG)
        sock.setblocking(False)
    except OSError:
        sock.close()
        raise
    return sock
