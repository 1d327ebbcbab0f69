"""How older clients are answered: JSON without ceremony, errors as `{"error": …}`."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Final

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse

from ohmstead.dialects.loose_json import load
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
    UnsupportedBody,
)
from ohmstead.domain.telemetry import MS, SECOND
from ohmstead.runtime.asgi import BodyTooLarge, ClientGone, media_type, read_body

STATUS: Final[Mapping[type[DomainError], int]] = {
    NotJson: 400,
    InvalidInput: 400,
    Unauthenticated: 401,
    Forbidden: 403,
    NotFound: 404,
    Conflict: 409,
    Gone: 410,
    TooLarge: 413,
    UnsupportedBody: 415,
    MalformedPayload: 422,
    TooMany: 429,
    Unavailable: 503,
    OutOfSpace: 507,
}
MOST_BODY: Final = 64 * 1024  # what people fill into a form


def status_of(error: DomainError) -> int:
    return next((STATUS[kind] for kind in type(error).__mro__ if kind in STATUS), 500)


async def refused(_: Request, error: Exception) -> JSONResponse:
    """The exception handler of every older door."""
    if isinstance(error, HTTPException):
        return JSONResponse({"error": error.detail}, error.status_code, error.headers)
    assert isinstance(error, DomainError)
    headers = {"Retry-After": str(error.retry_after_s)} if isinstance(error, TooMany | Unavailable) else None
    return JSONResponse({"error": str(error)}, status_of(error), headers)


async def body_of(request: Request, limit: int = MOST_BODY) -> dict[str, Any]:
    """The JSON object of a request. Raises UnsupportedBody, TooLarge, NotJson, MalformedPayload, InvalidInput."""
    if media_type(request.scope["headers"]) != b"application/json":
        raise UnsupportedBody("Content-Type must be application/json")
    try:
        raw = await read_body(request.receive, limit)
    except BodyTooLarge:
        raise TooLarge(f"at most {limit} bytes") from None
    except ClientGone:
        raise NotJson("the body is not complete") from None
    body = load(raw)
    if not isinstance(body, dict):
        raise InvalidInput("expected a JSON object")
    return body


def text_of(body: Mapping[str, Any], name: str, longest: int = 512) -> str | None:
    """A text field (a number is taken as one); None when it is absent or null. Raises InvalidInput."""
    value = body.get(name)
    if value is None:
        return None
    if isinstance(value, int | float) and not isinstance(value, bool):
        value = str(value)
    if not isinstance(value, str) or len(value) > longest:
        raise InvalidInput(f"{name}: expected a text of at most {longest} characters")
    return value


def limit_of(request: Request, default: int, most: int) -> int:
    """`?limit=`, as lenient as the older servers: what is no number is the default."""
    told = request.query_params.get("limit", "")
    number = int(told) if told.isascii() and told.isdigit() and len(told) < 10 else 0
    return min(number, most) if number > 0 else default


def iso(t_us: int | None) -> str | None:
    """UTC with milliseconds, as JavaScript writes it: 2025-09-21T08:30:10.000Z."""
    if t_us is None:
        return None
    instant = datetime.fromtimestamp(t_us // SECOND, UTC)
    return f"{instant:%Y-%m-%dT%H:%M:%S}.{t_us % SECOND // MS:03d}Z"


def rounded(value: float | None, decimals: int, divisor: float = 1.0) -> float | None:
    return None if value is None else round(value / divisor, decimals)
