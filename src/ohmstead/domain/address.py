"""Addresses of devices that are asked: `host`, `host:port`, `[IPv6]:port`."""

import re
from dataclasses import dataclass
from typing import Final

from ohmstead.domain.errors import InvalidInput

USUAL_PORT: Final = 80
# What a host name may hold (RFC 1123); nothing that could mean more than a name in a URL or a header.
_NAME: Final = re.compile(r"(?!-)[A-Za-z0-9._-]{1,253}")
_BRACKETED: Final = re.compile(r"\[([0-9A-Fa-f:.]{2,45})\](?::([0-9]{1,5}))?")


@dataclass(frozen=True, slots=True)
class Address:
    host: str
    port: int = USUAL_PORT

    def __str__(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == USUAL_PORT else f"{host}:{self.port}"


def parse(text: str) -> Address:
    """Raises InvalidInput."""
    text = text.strip()
    if bracketed := _BRACKETED.fullmatch(text):
        return Address(bracketed[1], _port(bracketed[2]))
    host, colon, port = text.partition(":")
    if not _NAME.fullmatch(host) or (colon and not port):
        raise InvalidInput("address: an IP address or a host name, with :port if it is not 80")
    return Address(host.lower(), _port(port or None))


def _port(text: str | None) -> int:
    if text is None:
        return USUAL_PORT
    if not (text.isascii() and text.isdecimal()) or not 0 < int(text) < 65_536:
        raise InvalidInput("address: a port is 1–65535")
    return int(text)
