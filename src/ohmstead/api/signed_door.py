"""The doors of devices for those that sign what they ask instead of sending their token over a plain link."""

from collections.abc import MutableMapping
from typing import Any, Final

from ohmstead.api import problems
from ohmstead.domain.errors import DomainError, TooLarge, Unauthenticated
from ohmstead.domain.signed_request import ANSWER_HEADER, SCHEME, Proof, Stamps, mac_of_answer
from ohmstead.domain.telemetry import MS
from ohmstead.runtime.asgi import SIGNED_BY, App, BodyTooLarge, ClientGone, Receive, Scope, Send, read_body, respond
from ohmstead.runtime.clock import Clock
from ohmstead.services.registry import Registry
from ohmstead.services.tokens import Tokens

# One sentence for everything that is wrong with a proof: who guesses learns nothing from it.
_REFUSED: Final = "the signature is not valid; its time may be over"


class Signatures:
    """Who signed a request, asked of tokens and clock. Event-loop only."""

    def __init__(self, registry: Registry, tokens: Tokens, clock: Clock, max_body: int) -> None:
        self._registry = registry
        self._tokens = tokens
        self._clock = clock
        self._stamps = Stamps(clock.now() // MS)
        self.max_body = max_body

    def signer(self, proof: Proof | None, method: str, target: str, body: bytes) -> str:
        """The digest of the token that signed. Raises Unauthenticated."""
        known = proof and self._registry.by_serial.get(proof.serial)
        if proof is not None and known:
            for digested in self._tokens.digests_of(known.device.id):
                if not proof.holds(bytes.fromhex(digested), method, target, body):
                    continue
                who = self._tokens.principal_of(digested)
                if who and who.token and self._stamps.take(who.token, proof.stamp_ms, self._clock.now() // MS):
                    return digested
        raise Unauthenticated(_REFUSED)


class SignedDoor:
    """A plain ASGI application in front of another one, whose unsigned requests it hands on as they are."""

    def __init__(self, door: App, signatures: Signatures) -> None:
        self._door = door
        self._signatures = signatures

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        credentials = credentials_of(scope)
        if credentials is None:
            await self._door(scope, receive, send)
            return
        try:
            body = await self._body(receive)
            proof = Proof.parse(credentials)
            signer = self._signatures.signer(proof, scope["method"], _target(scope), body)
        except ClientGone:
            return
        except DomainError as error:
            status, problem, headers = problems.render(error)
            await respond(send, status, problem, problems.MEDIA_TYPE.encode(), headers)
            return
        assert proof is not None
        # Files of a release are signed by who made them.
        answer = send if "/content" in scope["path"] else _sealed(send, bytes.fromhex(signer), proof.stamp_ms)
        await self._door({**scope, SIGNED_BY: signer}, _again(body, receive), answer)

    async def _body(self, receive: Receive) -> bytes:
        try:
            return await read_body(receive, self._signatures.max_body)
        except BodyTooLarge:
            raise TooLarge(f"at most {self._signatures.max_body} bytes") from None


def credentials_of(scope: Scope) -> bytes | None:
    """What stands behind the scheme of a signed request; None for any other."""
    for name, value in scope["headers"]:
        if name == b"authorization":
            scheme, _, credentials = value.partition(b" ")
            return credentials.strip() if scheme.lower() == SCHEME else None
    return None


def _target(scope: Scope) -> str:
    raw: bytes = scope.get("raw_path") or scope["path"].encode()
    path, query = raw.partition(b"?")[0], scope["query_string"]
    return (path + b"?" + query if query else path).decode("latin-1")


def _again(body: bytes, receive: Receive) -> Receive:
    """The body that was read, once; then what else comes from the client."""
    waiting = [body]

    async def receive_again() -> MutableMapping[str, Any]:
        if waiting:
            return {"type": "http.request", "body": waiting.pop(), "more_body": False}
        return await receive()

    return receive_again


def _sealed(send: Send, key: bytes, stamp_ms: int) -> Send:
    """Holds a small answer back until it is whole, and tells its MAC."""
    start: dict[str, Any] = {}
    parts: list[bytes] = []

    async def send_sealed(message: MutableMapping[str, Any]) -> None:
        if message["type"] == "http.response.start":
            start.update(message)
            return
        parts.append(message.get("body", b""))
        if message.get("more_body", False):
            return
        body = b"".join(parts)
        mac = mac_of_answer(key, stamp_ms, start["status"], body)
        await send({**start, "headers": [*start["headers"], (ANSWER_HEADER, mac.encode())]})
        await send({"type": "http.response.body", "body": body})

    return send_sealed
