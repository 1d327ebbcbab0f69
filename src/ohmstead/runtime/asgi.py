"""Plain ASGI for the hot routes: read a bounded body, answer in two messages."""

import zlib
from collections.abc import Awaitable, Callable, MutableMapping, Sequence
from typing import Any

Message = MutableMapping[str, Any]
Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]
Header = tuple[bytes, bytes]

GZIP = 31  # window bits with which zlib expects a gzip header
SIGNED_BY = "ohmstead.signed_by"  # in a scope: digest of the token whose holder signed the request
MOST_MEMBERS = 64  # of one gzip body: each costs a copy of what follows it


class BodyTooLarge(Exception):
    """The body, or what it unpacks to, is above the limit."""


class BodyUnreadable(Exception):
    """The content encoding is unknown, or the packed body is broken."""


class ClientGone(Exception):
    """The client closed the connection before its body was complete."""


async def read_body(receive: Receive, limit: int) -> bytes:
    """The whole body. Raises BodyTooLarge as soon as it is, ClientGone if it never becomes whole."""
    message = await receive()
    if message["type"] == "http.disconnect":
        raise ClientGone
    body: bytes = message.get("body", b"")
    if not message.get("more_body", False):
        if len(body) > limit:
            raise BodyTooLarge
        return body
    parts = [body]
    size = len(body)
    while message.get("more_body", False):
        message = await receive()
        if message["type"] == "http.disconnect":
            raise ClientGone
        parts.append(message.get("body", b""))
        size += len(parts[-1])
        if size > limit:
            raise BodyTooLarge
    return b"".join(parts)


def unpack(body: bytes, encoding: bytes, limit: int) -> bytes:
    """Undo a content encoding: identity or gzip, of which never more than `limit` bytes are unpacked."""
    encoding = encoding.strip().lower()
    if encoding in (b"", b"identity"):
        return body
    if encoding not in (b"gzip", b"x-gzip"):
        raise BodyUnreadable(f"content encoding {encoding.decode('latin-1')!r} is not known; gzip is")
    parts: list[bytes] = []
    while body or not parts:  # a gzip file may have several members
        if len(parts) == MOST_MEMBERS:
            raise BodyUnreadable(f"the gzip body has more than {MOST_MEMBERS} members")
        unpacker = zlib.decompressobj(GZIP)
        try:
            parts.append(unpacker.decompress(body, limit + 1))
        except zlib.error as error:
            raise BodyUnreadable(f"the gzip body is broken: {error}") from error
        limit -= len(parts[-1])
        if limit < 0:
            raise BodyTooLarge
        if not unpacker.eof:
            raise BodyUnreadable("the gzip body ends too early")
        body = unpacker.unused_data
    return b"".join(parts)


def media_type(headers: Sequence[Header]) -> bytes:
    """The content type without its parameters, in lower case; empty if there is none."""
    for name, value in headers:
        if name == b"content-type":
            return value.partition(b";")[0].strip().lower()
    return b""


async def respond(send: Send, status: int, body: bytes, content_type: bytes, extra: Sequence[Header] = ()) -> None:
    headers = [(b"content-type", content_type), (b"content-length", b"%d" % len(body)), *extra]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
