"""Write doors for devices that post JSON: who may, in which dialect, and when it is on disk."""

from dataclasses import dataclass

from starlette.requests import Request

from ohmstead.dialects.dialect import Dialect, Envelope
from ohmstead.domain.access import Permission
from ohmstead.domain.errors import (
    Forbidden,
    MalformedPayload,
    NotFound,
    TooLarge,
    Unauthenticated,
    Unavailable,
    UnsupportedBody,
)
from ohmstead.domain.telemetry import Batch
from ohmstead.legacy.asking import BadToken, origin_of
from ohmstead.legacy.parts import DoorParts
from ohmstead.runtime.asgi import BodyTooLarge, ClientGone, media_type, read_body
from ohmstead.services.ingest import Receipt
from ohmstead.services.registry import Known

MOST_BODY = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Taken:
    """A message that is on disk."""

    known: Known
    batch: Batch
    receipt: Receipt


async def body_of(request: Request, limit: int = MOST_BODY) -> bytes:
    """Raises UnsupportedBody for anything but JSON (other sites' forms cannot send it), TooLarge."""
    if media_type(request.scope["headers"]) != b"application/json":
        raise UnsupportedBody("Content-Type must be application/json")
    try:
        return await read_body(request.receive, limit)
    except BodyTooLarge:
        raise TooLarge(f"at most {limit} bytes") from None
    except ClientGone:
        raise Unavailable("the body is not complete") from None


def check_sender(parts: DoorParts, request: Request) -> Known | None:
    """The device whose token was sent; None for an allowed sender without one.

    Raises BadToken, Unauthenticated for a proxy that is not trusted, Forbidden for a foreign network.
    """
    if header := request.headers.get("authorization", ""):
        scheme, _, secret = header.partition(" ")
        principal = parts.tokens.principal(secret.strip()) if scheme.lower() == "bearer" else None
        if principal is None:
            raise BadToken("the token is not valid")
        if principal.device is None or not principal.may(Permission.TELEMETRY_WRITE):
            raise Forbidden("this token does not belong to a device")
        try:
            return parts.registry.get(principal.device)
        except NotFound:
            raise Forbidden("the device of this token was deleted") from None
    origin = origin_of(parts, request)
    if not origin.anonymous:
        if not origin.direct:
            raise Unauthenticated("forwarded by a proxy that is not trusted, or from a foreign network")
        raise Forbidden("devices without credentials are accepted from allowed networks only")
    return None


async def take(parts: DoorParts, request: Request, dialect: Dialect, body: bytes, owner: Known | None) -> Taken:
    """Store a message of an allowed sender and return once it is on disk. Raises what ingest raises."""
    received = parts.clock.arrival()
    hint = owner.device.serial if owner else request.query_params.get("device")
    envelope = Envelope(received, request.url.path, origin_of(parts, request).address, hint)
    try:
        batch = dialect.decode(body, envelope)
    except MalformedPayload:
        parts.ingest.malformed(owner)
        raise
    if owner is not None and batch.serial not in (None, owner.device.serial):
        raise Forbidden(f"this token is of device {owner.device.serial}, not {batch.serial}")
    known = owner or parts.ingest.anonymous(batch.serial or envelope.peer, dialect)
    parts.ingest.admit(known)
    receipt = parts.ingest.submit(known, batch, received)
    await parts.tickets.committed(receipt.ticket)
    return Taken(known, batch, receipt)
