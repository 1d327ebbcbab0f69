"""Domain errors as RFC 9457 problem documents. Nobody else knows both words."""

from collections.abc import Iterable, Mapping, Sequence
from http import HTTPStatus
from typing import Any, Final

import msgspec
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException
from starlette.routing import Match

from ohmstead.domain.errors import (
    Conflict,
    DomainError,
    Forbidden,
    Gone,
    InvalidInput,
    MalformedPayload,
    NotFound,
    NotJson,
    OutOfSpace,
    TooLarge,
    TooMany,
    Unauthenticated,
    Unavailable,
    Undeliverable,
    UnsupportedBody,
)
from ohmstead.runtime import asgi

STATUS: Final[Mapping[type[DomainError], int]] = {
    NotJson: 400,
    Unauthenticated: 401,
    Forbidden: 403,
    NotFound: 404,
    Conflict: 409,
    Gone: 410,
    TooLarge: 413,
    UnsupportedBody: 415,
    MalformedPayload: 422,
    InvalidInput: 422,
    TooMany: 429,
    Undeliverable: 502,
    Unavailable: 503,
    OutOfSpace: 507,
}
MEDIA_TYPE: Final = "application/problem+json"
METHODS: Final = ("DELETE", "GET", "PATCH", "POST", "PUT")


def status_of(error: DomainError) -> int:
    return next((STATUS[kind] for kind in type(error).__mro__ if kind in STATUS), 500)


def document(status: int, detail: str, errors: Sequence[Mapping[str, Any]] = ()) -> dict[str, Any]:
    """The fields of a problem document."""
    body: dict[str, Any] = {
        "type": "about:blank",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "detail": detail,
    }
    if errors:
        body["errors"] = list(errors)
    return body


def headers_of(error: DomainError) -> dict[str, str]:
    if isinstance(error, TooMany | Unavailable):
        return {"Retry-After": str(error.retry_after_s)}
    return {"WWW-Authenticate": "Bearer"} if isinstance(error, Unauthenticated) else {}


def render(error: DomainError) -> tuple[int, bytes, list[tuple[bytes, bytes]]]:
    """(status, body, headers) for doors that speak plain ASGI."""
    status = status_of(error)
    headers = [(k.lower().encode(), v.encode()) for k, v in headers_of(error).items()]
    return status, msgspec.json.encode(document(status, str(error))), headers


def response(error: DomainError) -> JSONResponse:
    status = status_of(error)
    return JSONResponse(document(status, str(error)), status, headers_of(error), MEDIA_TYPE)


async def respond(send: asgi.Send, status: int, detail: str, headers: Sequence[asgi.Header] = ()) -> None:
    """A problem document from plain ASGI."""
    await asgi.respond(send, status, msgspec.json.encode(document(status, detail)), MEDIA_TYPE.encode(), headers)


async def respond_not_allowed(send: asgi.Send, methods: Iterable[str]) -> None:
    """405, and the methods that are allowed."""
    allowed = ", ".join(sorted(methods))
    await respond(send, 405, f"this path knows {allowed}", [(b"allow", allowed.encode())])


def _methods_of(request: Request) -> str:
    """Every method of the path asked for; the framework names those of one route only."""
    found = [
        method
        for method in METHODS
        if any(route.matches({**request.scope, "method": method})[0] is Match.FULL for route in request.app.routes)
    ]
    return ", ".join(sorted([*found, "HEAD"] if "GET" in found else found))


def install(app: FastAPI) -> None:
    """Let every error of `app` leave as a problem document."""

    @app.exception_handler(DomainError)
    async def domain_error(_: Request, error: DomainError) -> JSONResponse:
        return response(error)

    @app.exception_handler(RequestValidationError)
    async def invalid(_: Request, error: RequestValidationError) -> JSONResponse:
        errors = error.errors()
        if all(e["loc"][:1] == ("path",) for e in errors):
            # Ids are strings to everyone but us: one that was never given is simply not there.
            return JSONResponse(document(404, "there is no such thing"), 404, media_type=MEDIA_TYPE)
        if any(e["type"] == "json_invalid" for e in errors):
            return JSONResponse(document(400, "the body is not JSON"), 400, media_type=MEDIA_TYPE)
        # The input itself is left out: it may be a password.
        named = [{"at": "/".join(map(str, e["loc"])), "detail": e["msg"]} for e in errors]
        body = document(422, "; ".join(f"{n['at']}: {n['detail']}" for n in named[:3]), named)
        return JSONResponse(body, 422, media_type=MEDIA_TYPE)

    @app.exception_handler(HTTPException)
    async def http_error(request: Request, error: HTTPException) -> JSONResponse:
        headers, detail = dict(error.headers or {}), str(error.detail)
        if error.status_code == 405:
            headers["Allow"] = _methods_of(request)
            detail = f"this path knows {headers['Allow']}"
        elif error.status_code == 404:
            detail = "there is nothing at this path"
        return JSONResponse(document(error.status_code, detail), error.status_code, headers, MEDIA_TYPE)
