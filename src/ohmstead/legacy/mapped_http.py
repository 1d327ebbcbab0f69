"""JSON that devices post to any path an admin mapped; what nobody mapped yet is shown to admins."""

from typing import Final

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from ohmstead.domain.errors import DomainError, InvalidInput, NotFound, TooLarge, UnsupportedBody
from ohmstead.domain.mapping import OWN_PATHS, Source
from ohmstead.legacy import json_door
from ohmstead.legacy.parts import DoorParts
from ohmstead.runtime.asgi import Scope

METHODS: Final = frozenset({"POST", "PUT"})
MOST_BODY: Final = 64 * 1024
LONGEST_PATH: Final = 512  # bytes, as of MQTT topics: what was asked for is remembered


def is_foreign(scope: Scope) -> bool:
    """Whether a request may be a device's that speaks no known language: it sends, to a path that is not ours."""
    if scope["type"] != "http" or scope["method"] not in METHODS:
        return False
    first = scope["path"].removeprefix("/").partition("/")[0]
    return first != "" and first not in OWN_PATHS


class MappedHttp:
    def __init__(self, parts: DoorParts) -> None:
        self._parts = parts

    async def take(self, request: Request) -> Response:
        """Whoever speaks to this door was written for us: it answers as our API does."""
        try:
            return await self._take(request)
        except DomainError as error:
            return self._parts.problem(error)

    async def _take(self, request: Request) -> Response:
        parts, path = self._parts, request.scope["path"]
        owner = json_door.check_sender(parts, request)
        if len(path.encode()) > LONGEST_PATH:
            raise InvalidInput(f"a path has at most {LONGEST_PATH} bytes")
        dialect = parts.mappings.find(Source.HTTP, path)
        try:
            body = await json_door.body_of(request, MOST_BODY)
        except (TooLarge, UnsupportedBody):
            if dialect is None:
                raise NotFound("there is nothing at this path") from None
            raise
        if dialect is None:
            parts.mappings.note(Source.HTTP, path, body)
            raise NotFound("nothing is mapped to this path; an admin can see what came and map it")
        taken = await json_door.take(parts, request, dialect, body, owner)
        answer = {"status": "stored", "device": taken.known.device.serial, "accepted": taken.receipt.accepted}
        rejected = [{"key": r.key, "reason": r.reason} for r in taken.receipt.rejected]
        return JSONResponse(answer | ({"rejected": rejected} if rejected else {}))
