"""What native devices ask and say beside telemetry, as plain ASGI: a fleet that is updated does it hundreds of times a
second, and the framework for people costs ten times what is done.

Requests with a bearer token or a signature only; everything else about these addresses is answered by the routes of
the same names.
"""

import asyncio
import re
from collections.abc import AsyncGenerator, Coroutine, Mapping
from contextlib import aclosing
from typing import Any, Final
from urllib.parse import parse_qs

import msgspec

from ohmstead.api import problems
from ohmstead.api.content import answer_with
from ohmstead.api.parts import Parts
from ohmstead.api.signed_door import Signatures, SignedDoor, credentials_of
from ohmstead.domain.access import Principal
from ohmstead.domain.command import CommandState
from ohmstead.domain.errors import DomainError, InvalidInput, TooLarge, Unauthenticated, Unavailable
from ohmstead.domain.telemetry import MS
from ohmstead.runtime.asgi import (
    SIGNED_BY,
    BodyTooLarge,
    ClientGone,
    Message,
    Receive,
    Scope,
    Send,
    read_body,
    respond,
)
from ohmstead.services.downloads import CHUNK_BYTES
from ohmstead.services.registry import Known
from ohmstead.services.secrets import digest

PREFIX: Final = "/api/v1"
LONGEST_MESSAGE: Final = 64 * 1024
LONGEST_WAIT_S: Final = 60.0
NEWEST_VERSION: Final = 2**53
_DESIRED: Final = f"{PREFIX}/devices/me/desired"
_LEAVES: Final = {f"{PREFIX}/devices/me/{leaf}": leaf for leaf in ("hello", "reported", "replies", "log")}
_RELEASES: Final = f"{PREFIX}/releases/"
_CONTENT: Final = re.compile(rf"{_RELEASES}([0-9]{{1,15}})/content(?:/(.+))?", re.DOTALL)


async def orders_of(parts: Parts, known: Known, version: int, wait_s: float) -> dict[str, Any]:
    """The desired state as soon as its version is not `version` or a command waits, at the latest after `wait_s`."""
    control = parts.control
    control.native.present(known)
    waiting = [c for c in control.commands.deliverable(known.device.id) if c.state is CommandState.QUEUED]
    shadow = await control.shadows.newer(known.device.id, version, 0 if waiting else wait_s)
    orders = control.commands.deliverable(known.device.id)
    for command in orders:
        control.commands.sent(command)
    told = [{"id": str(c.id), "name": c.name, "args": dict(c.args), "expires_at": c.expires_at // MS} for c in orders]
    return {"version": shadow.version, "state": shadow.document(), "commands": told}


async def take_message(parts: Parts, known: Known, leaf: str, receive: Receive) -> None:
    """Returns once the message is on disk. Raises TooLarge, Unavailable, and what its content deserves."""
    try:
        body = await read_body(receive, LONGEST_MESSAGE)
    except BodyTooLarge:
        raise TooLarge(f"at most {LONGEST_MESSAGE} bytes") from None
    except ClientGone:
        raise Unavailable("the body is not complete") from None
    await parts.tickets.committed(parts.control.native.take(known, leaf, body))


class DeviceDoor:
    """A plain ASGI application."""

    def __init__(self, parts: Parts, signatures: Signatures) -> None:
        self._parts = parts
        self._signed = SignedDoor(self._open, signatures)

    def knows(self, scope: Scope) -> bool:
        """Whether the request is one for this door."""
        method, path = scope["method"], scope["path"]
        if method == "POST":
            mine = path in _LEAVES
        else:
            mine = method == "GET" and (path == _DESIRED or (_CONTENT.fullmatch(path) is not None))
        return mine and (_bearer(scope) is not None or credentials_of(scope) is not None)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self._signed(scope, receive, send)

    async def _open(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await self._answer(scope, receive, send)
        except DomainError as error:
            status, body, headers = problems.render(error)
            await respond(send, status, body, problems.MEDIA_TYPE.encode(), headers)

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        parts, path = self._parts, scope["path"]
        signer = scope.get(SIGNED_BY)
        who = parts.tokens.principal_of(digest(_bearer(scope) or b"") if signer is None else signer)
        if who is None:
            raise Unauthenticated("the token is not valid")
        if (leaf := _LEAVES.get(path)) is not None:
            known = parts.devices.own(who)
            await parts.updates.downloads.turn_of(known.device.id)
            await take_message(parts, known, leaf, receive)
            await send({"type": "http.response.start", "status": 204, "headers": []})
            await send({"type": "http.response.body", "body": b""})
        elif path == _DESIRED:
            known = parts.devices.own(who)
            await parts.updates.downloads.turn_of(known.device.id)
            asked = parse_qs(scope["query_string"].decode("latin-1"))
            version, wait_s = _number(asked, "version", NEWEST_VERSION), _number(asked, "wait", LONGEST_WAIT_S)
            orders = await orders_of(parts, known, int(version), wait_s)
            await respond(send, 200, msgspec.json.encode(orders), b"application/json")
        else:
            await self._send_content(who, scope, receive, send)

    async def _send_content(self, who: Principal, scope: Scope, receive: Receive, send: Send) -> None:
        downloads = self._parts.updates.downloads
        found = _CONTENT.fullmatch(scope["path"])
        if found is None:
            raise InvalidInput("the number of a release, and the name of one of its files")
        if who.device is not None:
            await downloads.turn_of(who.device)
        piece, device = await downloads.for_principal(who, int(found[1]), found[2] or "")
        headers = {name: value.decode("latin-1") for name, value in scope["headers"] if name in (b"range", b"if-range")}
        answer = answer_with(piece, headers.get(b"range"), headers.get(b"if-range"))
        if answer.status != 416:
            downloads.check_place(device)
        told = [(name.lower().encode(), value.encode()) for name, value in answer.headers.items()]
        told.append((b"content-type", b"application/octet-stream"))
        start = {"type": "http.response.start", "status": answer.status, "headers": told}
        size = answer.end - answer.start
        if size <= 0:
            await send(start)
            await send({"type": "http.response.body", "body": b""})
            return
        sending = _send_all(start, downloads.send(piece, answer.start, answer.end, device), size, send)
        await (sending if size <= CHUNK_BYTES else _unless_gone(sending, receive))


async def _send_all(start: Message, chunks: AsyncGenerator[bytes, None], size: int, send: Send) -> None:
    """The head leaves with the first bytes, as one packet."""
    async with aclosing(chunks):
        async for chunk in chunks:
            if start:
                await send(start)
                start = {}
            size -= len(chunk)
            await send({"type": "http.response.body", "body": chunk, "more_body": size > 0})


async def _unless_gone(answering: Coroutine[Any, Any, None], receive: Receive) -> None:
    """A device that gave up and comes again must not find its place taken by what nobody reads."""

    async def gone() -> None:
        while (await receive())["type"] != "http.disconnect":
            pass

    async with asyncio.TaskGroup() as tasks:
        sending = tasks.create_task(answering)
        watching = tasks.create_task(gone())
        await asyncio.wait((sending, watching), return_when=asyncio.FIRST_COMPLETED)
        sending.cancel()
        watching.cancel()


def _bearer(scope: Scope) -> bytes | None:
    for name, value in scope["headers"]:
        if name == b"authorization":
            scheme, _, token = value.partition(b" ")
            return token.strip() if scheme.lower() == b"bearer" else None
    return None


def _number(asked: Mapping[str, list[str]], name: str, most: float) -> float:
    text = asked.get(name, ["0"])[-1]
    try:
        value = float(text)
    except ValueError:
        value = -1.0
    if not 0 <= value <= most or (name == "version" and not text.isdecimal()):
        raise InvalidInput(f"{name}: a number from 0 to {most:g}")
    return value
