"""`POST /api/v1/telemetry`: the native dialect over HTTP, acknowledged once it is on disk."""

from collections.abc import Callable, Sequence
from functools import partial

import msgspec

from ohmstead.dialects.dialect import Envelope
from ohmstead.dialects.native import DIALECT as NATIVE
from ohmstead.domain.access import Permission
from ohmstead.domain.errors import (
    DomainError,
    Forbidden,
    MalformedPayload,
    NotFound,
    TooLarge,
    Unauthenticated,
    UnsupportedBody,
)
from ohmstead.runtime.asgi import (
    SIGNED_BY,
    BodyTooLarge,
    BodyUnreadable,
    ClientGone,
    Header,
    Receive,
    Scope,
    Send,
    media_type,
    read_body,
    respond,
    unpack,
)
from ohmstead.runtime.clock import Clock
from ohmstead.runtime.http_direct import Answer, Take
from ohmstead.services.ingest import Ingest, Receipt
from ohmstead.services.registry import Known, Registry
from ohmstead.services.secrets import digest
from ohmstead.services.tickets import Tickets
from ohmstead.services.tokens import Tokens

JSON = b"application/json"
PROBLEM = b"application/problem+json"
Render = Callable[[DomainError], tuple[int, bytes, Sequence[Header]]]  # status, problem document, headers


class HttpIngest:
    """A plain ASGI application, and a direct way for devices that keep their connection."""

    def __init__(
        self,
        ingest: Ingest,
        registry: Registry,
        tokens: Tokens,
        tickets: Tickets,
        clock: Clock,
        max_body: int,
        max_unpacked: int,
        render: Render,
    ) -> None:
        self._ingest = ingest
        self._registry = registry
        self._tokens = tokens
        self._tickets = tickets
        self._clock = clock
        self._max_body = max_body
        self._max_unpacked = max_unpacked
        self._render = render
        self._limits = f"at most {max_body} bytes, {max_unpacked} unpacked"

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            digested, encoding = self._head(scope["headers"], scope.get(SIGNED_BY))
            known = self._device(digested)
            _check_type(scope["headers"])
            body = await self._body(receive, encoding)
            receipt = self._store(known, body)
            await self._tickets.committed(receipt.ticket)
        except ClientGone:
            return
        except DomainError as error:
            status, body, headers = self._render(error)
            await respond(send, status, body, PROBLEM, headers)
        else:
            await respond(send, 200, _answer(receipt), JSON)

    def direct(self, headers: Sequence[Header]) -> Take | None:
        """The same without a task, for plain bodies."""
        try:
            digested, encoding = self._head(headers)
            _check_type(headers)
        except DomainError:
            return None
        return None if encoding else partial(self._take, digested)

    def _take(self, digested: str, body: bytes, answer: Answer) -> None:
        try:
            receipt = self._store(self._device(digested), body)
        except DomainError as error:
            self._refuse(answer, error)
        else:
            self._tickets.when_committed(receipt.ticket, partial(self._committed, answer, receipt))

    def _committed(self, answer: Answer, receipt: Receipt, error: DomainError | None) -> None:
        if error is None:
            answer(200, _answer(receipt), JSON)
        else:
            self._refuse(answer, error)

    def _refuse(self, answer: Answer, error: DomainError) -> None:
        status, body, headers = self._render(error)
        answer(status, body, PROBLEM, headers)

    def _head(self, headers: Sequence[Header], signed_by: str | None = None) -> tuple[str, bytes]:
        """The digest of the token and the content encoding. `signed_by`: the digest, for who does not say the token."""
        authorization = encoding = b""
        for name, value in headers:
            if name == b"authorization":
                authorization = value
            elif name == b"content-encoding":
                encoding = value
            elif name == b"content-length" and int(value) > self._max_body:
                raise TooLarge(self._limits)
        if signed_by is not None:
            return signed_by, encoding
        scheme, _, token = authorization.partition(b" ")
        if scheme.lower() != b"bearer":
            raise Unauthenticated("telemetry needs `Authorization: Bearer <device token>`")
        return digest(token.strip()), encoding

    def _device(self, digested: str) -> Known:
        principal = self._tokens.principal_of(digested)
        if principal is None:
            raise Unauthenticated("the token is not valid")
        if not principal.may(Permission.TELEMETRY_WRITE) or principal.device is None:
            raise Forbidden("this token does not belong to a device")
        try:
            return self._registry.get(principal.device)
        except NotFound:
            raise Forbidden("the device of this token was deleted") from None

    async def _body(self, receive: Receive, encoding: bytes) -> bytes:
        try:
            body = await read_body(receive, self._max_body)
            return unpack(body, encoding, self._max_unpacked) if encoding else body
        except BodyTooLarge:
            raise TooLarge(self._limits) from None
        except BodyUnreadable as error:
            raise UnsupportedBody(str(error)) from error

    def _store(self, known: Known, body: bytes) -> Receipt:
        self._ingest.admit(known)
        received = self._clock.arrival()
        try:
            batch = NATIVE.decode(body, Envelope(received))
        except MalformedPayload:
            self._ingest.malformed(known)
            raise
        return self._ingest.submit(known, batch, received)


def _check_type(headers: Sequence[Header]) -> None:
    if (kind := media_type(headers)) not in (JSON, b""):
        raise UnsupportedBody(f"content type {kind.decode('latin-1')!r}; telemetry is application/json")


def _answer(receipt: Receipt) -> bytes:
    if not receipt.rejected:
        return b'{"accepted":%d,"duplicates":%d,"rejected":[]}' % (receipt.accepted, receipt.duplicates)
    rejected = [
        {"index": r.index, "reason": r.reason} | ({} if r.key is None else {"key": r.key}) for r in receipt.rejected
    ]
    return msgspec.json.encode({"accepted": receipt.accepted, "duplicates": receipt.duplicates, "rejected": rejected})
