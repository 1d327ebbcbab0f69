"""Releases, the keys that sign them, and their content for devices."""

from typing import Annotated, Any, Final

from fastapi import APIRouter, Path, Request, Response
from fastapi.responses import StreamingResponse

from ohmstead.api import release_schemas as schemas
from ohmstead.api.auth import InjectedParts, Who
from ohmstead.api.content import answer_with
from ohmstead.api.parts import Parts
from ohmstead.domain.access import Permission
from ohmstead.domain.errors import InvalidInput, TooLarge, Unavailable, UnsupportedBody
from ohmstead.domain.release import Channel
from ohmstead.runtime.asgi import BodyTooLarge, ClientGone, read_body
from ohmstead.runtime.multipart import Field, NoForm, boundary_of, read_form
from ohmstead.services.release_pieces import Piece
from ohmstead.services.releases import target_of

router = APIRouter(tags=["updates"])
Id = Annotated[int, Path(ge=0, le=2**53)]
KeyId = Annotated[str, Path(pattern=r"^[0-9a-f]{16}$")]
MOST_UPLOAD: Final = 8 << 20

_TEXT: Final = {"type": "string"}
_FILE: Final = {"type": "string", "format": "binary"}
UPLOAD: Final[dict[str, Any]] = {
    "requestBody": {
        "required": True,
        "content": {
            "multipart/form-data": {
                "schema": {
                    "type": "object",
                    "description": "`bundle`; or `image` with `board` (several: separated by commas) and `version`",
                    "properties": {
                        "bundle": _FILE,
                        "image": _FILE,
                        "board": _TEXT,
                        "version": _TEXT,
                        "channel": {"type": "string", "enum": ["stable", "beta"], "default": "stable"},
                        "notes": _TEXT,
                    },
                }
            }
        },
    }
}


@router.get("/releases")
async def releases(who: Who, parts: InjectedParts) -> list[schemas.ReleaseView]:
    """Newest first."""
    return [schemas.ReleaseView.of(one, parts.updates) for one in parts.updates.releases.all(who)]


@router.post("/releases", status_code=201, openapi_extra=UPLOAD)
async def add_release(request: Request, who: Who, parts: InjectedParts) -> schemas.ReleaseView:
    """A signed bundle, or a vendor's image; 422 says what is wrong with it, and then nothing of it is kept."""
    who.require(Permission.UPDATES_EDIT)
    form = await form_of(request)
    channel, notes = _channel(form), form["notes"].text if "notes" in form else ""
    service = parts.updates.releases
    if (bundle := form.get("bundle")) is not None:
        made = await service.add_bundle(who, bundle.content, channel, notes)
    elif (image := form.get("image")) is not None:
        boards = [name.strip() for name in _text(form, "board").split(",") if name.strip()]
        target = target_of(image.file_name)
        made = await service.add_image(who, image.content, target, boards, _text(form, "version"), channel, notes)
    else:
        raise InvalidInput("send a `bundle`, or an `image` with `board` and `version`")
    return schemas.ReleaseView.of(made, parts.updates)


@router.get("/releases/{release_id}")
async def release(release_id: Id, who: Who, parts: InjectedParts) -> schemas.ReleaseView:
    return schemas.ReleaseView.of(parts.updates.releases.get(who, release_id), parts.updates)


@router.patch("/releases/{release_id}")
async def change_release(
    release_id: Id, body: schemas.ReleasePatch, who: Who, parts: InjectedParts
) -> schemas.ReleaseView:
    channel = None if body.channel is None else Channel(body.channel)
    changed = await parts.updates.releases.change(who, release_id, channel, body.notes)
    return schemas.ReleaseView.of(changed, parts.updates)


@router.delete("/releases/{release_id}", status_code=204)
async def withdraw_release(release_id: Id, who: Who, parts: InjectedParts) -> None:
    """No device gets it any more; rollouts of it stop."""
    await parts.updates.releases.withdraw(who, release_id)


@router.get("/releases/{release_id}/content", response_class=StreamingResponse)
async def release_index(release_id: Id, request: Request, who: Who, parts: InjectedParts) -> Response:
    """The manifest of a bundle, or the file of an image."""
    piece, device = await parts.updates.downloads.for_principal(who, release_id, "")
    return _send(request, parts, piece, device)


@router.get("/releases/{release_id}/content/{name:path}", response_class=StreamingResponse)
async def release_content(release_id: Id, name: str, request: Request, who: Who, parts: InjectedParts) -> Response:
    """`manifest.json`, `manifest.sig` or `files/<path>`, whole or by range; a device gets what it is offered."""
    piece, device = await parts.updates.downloads.for_principal(who, release_id, name)
    return _send(request, parts, piece, device)


@router.get("/u/{token}/{name}", response_class=StreamingResponse)
async def signed_content(token: str, name: str, request: Request, parts: InjectedParts) -> Response:
    """An image for a device that can send no credentials; the address itself is one, for an hour."""
    piece, device = await parts.updates.downloads.by_token(token, name)
    return _send(request, parts, piece, device)


@router.get("/release-keys")
async def release_keys(who: Who, parts: InjectedParts) -> list[schemas.KeyView]:
    return [schemas.KeyView.of(key) for key in parts.updates.keys.all(who)]


@router.post("/release-keys", status_code=201)
async def trust_key(body: schemas.NewKey, who: Who, parts: InjectedParts) -> schemas.KeyView:
    return schemas.KeyView.of(await parts.updates.keys.trust(who, body.name, body.n))


@router.delete("/release-keys/{key_id}")
async def revoke_key(key_id: KeyId, who: Who, parts: InjectedParts) -> schemas.KeyView:
    """What this key signed is given to no device any more, for ever."""
    return schemas.KeyView.of(await parts.updates.keys.revoke(who, key_id))


async def form_of(request: Request, limit: int = MOST_UPLOAD) -> dict[str, Field]:
    """The multipart form of a request. Raises UnsupportedBody, TooLarge, InvalidInput."""
    boundary = boundary_of(request.headers.get("content-type", ""))
    if boundary is None:
        raise UnsupportedBody("Content-Type must be multipart/form-data")
    try:
        return read_form(await read_body(request.receive, limit), boundary)
    except BodyTooLarge:
        raise TooLarge(f"at most {limit} bytes") from None
    except ClientGone:
        raise Unavailable("the body is not complete") from None
    except NoForm as error:
        raise InvalidInput(f"no multipart form: {error}") from None


def _text(form: dict[str, Field], name: str) -> str:
    return form[name].text if name in form else ""


def _channel(form: dict[str, Field]) -> Channel:
    try:
        return Channel(_text(form, "channel") or Channel.STABLE)
    except ValueError:
        raise InvalidInput("channel: stable or beta") from None


def _send(request: Request, parts: Parts, piece: Piece, device: int | None) -> Response:
    answer = answer_with(piece, request.headers.get("range"), request.headers.get("if-range"))
    if answer.status == 416:
        return Response(status_code=416, headers=answer.headers)
    parts.updates.downloads.check_place(device)
    body = parts.updates.downloads.send(piece, answer.start, answer.end, device)
    return StreamingResponse(body, answer.status, answer.headers, "application/octet-stream")
