"""Who asks at an older system's door: a person or a token as everywhere, or a network the door is opened to."""

from collections.abc import Mapping
from typing import Final

from starlette.requests import HTTPConnection

from ohmstead.domain.access import ROLES, Principal
from ohmstead.domain.errors import Forbidden, Unauthenticated
from ohmstead.domain.trust import Origin, same_site
from ohmstead.legacy.parts import DoorParts

# What each system's devices speak: a door that is opened to a network shows these devices only.
DIALECTS: Final[Mapping[str, frozenset[str]]] = {
    "000": frozenset({"current-logger"}),
    "001": frozenset({"energy-monitor"}),
    "002": frozenset({"load-cell"}),
    "003": frozenset({"meter"}),
    "004": frozenset({"home-control"}),
}
SAFE_METHODS: Final = frozenset({"GET", "HEAD", "OPTIONS"})


class BadToken(Unauthenticated):
    """A token was sent, but it is unknown, revoked or has expired."""


def principal_of(parts: DoorParts, connection: HTTPConnection, system: str) -> Principal:
    """Raises BadToken, Unauthenticated, and Forbidden for another site's page.

    A token outweighs a cookie, a cookie the opened door. The bearer token of an older client is a session or a
    token of ours.
    """
    if header := connection.headers.get("authorization", ""):
        scheme, _, secret = header.partition(" ")
        if scheme.lower() != "bearer":
            raise Unauthenticated("send `Authorization: Bearer <token>`")
        return by_token(parts, secret.strip())
    cookie = connection.cookies.get(parts.cookie)
    principal = parts.people.by_session(cookie) if cookie else None
    if principal is None:
        principal = _opened(parts, connection, system)
    elif connection.scope["type"] == "websocket" or connection.scope["method"] not in SAFE_METHODS:
        _check_page(parts, connection)
    if principal is None:
        raise Unauthenticated("please log in")
    return principal


def by_token(parts: DoorParts, secret: str) -> Principal:
    principal = parts.tokens.principal(secret) or parts.people.by_session(secret)
    if principal is None:
        raise BadToken("the token is not valid or has expired")
    return principal


def origin_of(parts: DoorParts, connection: HTTPConnection) -> Origin:
    peer = connection.client.host if connection.client else ""
    return parts.trust.origin(peer, connection.scope["headers"])


def _opened(parts: DoorParts, connection: HTTPConnection, system: str) -> Principal | None:
    origin = origin_of(parts, connection)
    role = parts.open_doors.role(system, origin)
    if role is None:
        return None
    _check_page(parts, connection)  # else any web page seen by a person in that network could use the door
    devices = frozenset(k.device.id for k in parts.registry if k.device.dialect in DIALECTS[system])
    return Principal(f"door {system} from {origin.address}", ROLES[role], role=role, only_devices=devices)


def _check_page(parts: DoorParts, connection: HTTPConnection) -> None:
    origin = connection.headers.get("origin")
    if origin in parts.origins or same_site(origin, connection.headers.get("host", "")):
        return
    raise Forbidden("this request comes from another site")
