"""Who is asking over HTTP: a session cookie or a bearer token; and whether the page that asks is ours."""

from collections.abc import Callable
from typing import Annotated, Final
from urllib.parse import urlsplit

from fastapi import Depends, Request, Response
from starlette.requests import HTTPConnection

from ohmstead.api.parts import Parts
from ohmstead.domain.access import Permission, Principal
from ohmstead.domain.errors import Forbidden, Unauthenticated
from ohmstead.domain.trust import TrustRules

COOKIE: Final = "ohmstead_session"
SAFE_METHODS: Final = frozenset({"GET", "HEAD", "OPTIONS"})


def parts_of(connection: HTTPConnection) -> Parts:
    parts: Parts = connection.app.state.parts
    return parts


def principal_of(connection: HTTPConnection, parts: Parts | None = None) -> Principal:
    """Raises Unauthenticated, Forbidden for another site's page. A token in the header outweighs a cookie."""
    parts = parts or parts_of(connection)
    header = connection.headers.get("authorization", "")
    if header:
        scheme, _, token = header.partition(" ")
        principal = parts.tokens.principal(token.strip()) if scheme.lower() == "bearer" else None
        if principal is None:
            raise Unauthenticated("the token is not valid")
        return principal
    cookie = connection.cookies.get(COOKIE)
    principal = parts.people.by_session(cookie) if cookie else None
    if principal is None:
        raise Unauthenticated("please log in")
    if connection.scope.get("method", "GET") not in SAFE_METHODS or connection.scope["type"] == "websocket":
        check_same_site(connection)
    return principal


def check_same_site(connection: HTTPConnection) -> None:
    """A browser tells which page asks; only our own may change anything with a cookie (design §9)."""
    origin = connection.headers.get("origin")
    if origin is not None and urlsplit(origin).netloc.lower() != connection.headers.get("host", "").lower():
        raise Forbidden("this request comes from another site")


def signed_in(request: Request) -> Principal:
    return principal_of(request)


def requires(permission: Permission) -> Callable[[Request], Principal]:
    def check(request: Request) -> Principal:
        principal = principal_of(request)
        principal.require(permission)
        return principal

    return check


Who = Annotated[Principal, Depends(signed_in)]
InjectedParts = Annotated[Parts, Depends(parts_of)]


def set_cookie(response: Response, request: Request, value: str, max_age_s: int, trust: TrustRules) -> None:
    """`Secure` wherever the browser speaks HTTPS, with us or with a proxy in front of us."""
    peer = request.client.host if request.client else ""
    secure = request.url.scheme == "https" or trust.encrypted(peer, request.scope["headers"])
    response.set_cookie(COOKIE, value, max_age=max_age_s, httponly=True, samesite="lax", secure=secure, path="/")


def address_of(request: Request) -> str:
    peer = request.client.host if request.client else ""
    return parts_of(request).trust.origin(peer, request.scope["headers"]).address
