"""How much a request may carry. The framework reads a whole body before it asks who sent it."""

from typing import Final

from starlette.exceptions import HTTPException
from starlette.requests import HTTPConnection

from ohmstead.api.auth import SAFE_METHODS, principal_of
from ohmstead.api.parts import Parts
from ohmstead.domain.errors import DomainError
from ohmstead.runtime.asgi import Message, Receive, Scope

OF_STRANGERS: Final = 64 << 10  # a log-in fits many times; a thousand of them that never end fit into memory

_STREAMED_BEFORE: Final = "/api/v1/imports/"
_STREAMED_BEHIND: Final = "/content"


def is_streamed(path: str) -> bool:
    """Whether the route takes a file in pieces, keeps none of it in memory, and asks first who sends it."""
    return path.startswith(_STREAMED_BEFORE) and path.endswith(_STREAMED_BEHIND)


def limit_of(scope: Scope, parts: Parts, limit: int) -> int:
    """How many bytes a request may carry: `limit`, and much less from whoever is not known."""
    if scope["method"] not in SAFE_METHODS:
        try:
            principal_of(HTTPConnection(scope), parts)
        except DomainError:
            return min(limit, OF_STRANGERS)
    return limit


def bounded(receive: Receive, limit: int) -> Receive:
    """The same messages; HTTPException 413 as soon as they carry more than `limit` bytes."""
    size = 0

    async def at_most() -> Message:
        nonlocal size
        message = await receive()
        size += len(message.get("body", b""))
        if size > limit:
            raise HTTPException(413, f"at most {limit} bytes")
        return message

    return at_most
