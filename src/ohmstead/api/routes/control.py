"""Rooms and what is switched in them."""

from typing import Annotated

from fastapi import APIRouter, Path

from ohmstead.api import output_schemas as schemas
from ohmstead.api.auth import InjectedParts, Who
from ohmstead.api.parts import Parts
from ohmstead.api.schemas import id_of
from ohmstead.domain.access import Permission
from ohmstead.domain.output import Output

router = APIRouter(tags=["control"])
Id = Annotated[int, Path(ge=0, le=2**53)]


def _view(output: Output, parts: Parts) -> schemas.OutputView:
    return schemas.OutputView.of(parts.control.outputs.view(output))


@router.get("/rooms")
async def rooms(who: Who, parts: InjectedParts) -> list[schemas.RoomView]:
    """All rooms; who sees only some devices gets the rooms those are in."""
    who.require(Permission.DEVICES_READ)
    return [schemas.RoomView.of(room) for room in parts.control.outputs.visible_rooms(who)]


@router.post("/rooms", status_code=201)
async def add_room(body: schemas.NewRoom, who: Who, parts: InjectedParts) -> schemas.RoomView:
    return schemas.RoomView.of(await parts.control.outputs.rooms.add(who, body.name))


@router.patch("/rooms/{room_id}")
async def rename_room(room_id: Id, body: schemas.NewRoom, who: Who, parts: InjectedParts) -> schemas.RoomView:
    return schemas.RoomView.of(await parts.control.outputs.rooms.rename(who, room_id, body.name))


@router.delete("/rooms/{room_id}", status_code=204)
async def remove_room(room_id: Id, who: Who, parts: InjectedParts) -> None:
    outputs = parts.control.outputs
    await outputs.rooms.remove(who, room_id, empty=not outputs.in_room(room_id))


@router.get("/outputs")
async def outputs(who: Who, parts: InjectedParts) -> list[schemas.OutputView]:
    return [schemas.OutputView.of(seen) for seen in parts.control.outputs.visible(who)]


@router.post("/outputs", status_code=201)
async def add_output(body: schemas.NewOutput, who: Who, parts: InjectedParts) -> schemas.OutputView:
    output = await parts.control.outputs.add(
        who,
        body.name,
        id_of(body.room_id),
        id_of(body.device_id),
        body.key,
        None if body.options is None else body.options.settings(),
    )
    return _view(output, parts)


@router.get("/outputs/{output_id}")
async def output(output_id: Id, who: Who, parts: InjectedParts) -> schemas.OutputView:
    who.require(Permission.DEVICES_READ)
    return _view(parts.control.outputs.get(who, output_id), parts)


@router.put("/outputs/{output_id}", status_code=202)
async def switch(output_id: Id, body: schemas.Setting, who: Who, parts: InjectedParts) -> schemas.OutputView:
    outputs = parts.control.outputs
    return _view(await outputs.switch(who, output_id, body.state, for_s=body.for_s, reason=body.reason), parts)


@router.patch("/outputs/{output_id}")
async def change_output(output_id: Id, body: schemas.OutputPatch, who: Who, parts: InjectedParts) -> schemas.OutputView:
    changed = await parts.control.outputs.change(
        who,
        output_id,
        name=body.name,
        room_id=None if body.room_id is None else id_of(body.room_id),
        settings=None if body.options is None else body.options.settings(),
    )
    return _view(changed, parts)


@router.delete("/outputs/{output_id}", status_code=204)
async def remove_output(output_id: Id, who: Who, parts: InjectedParts) -> None:
    await parts.control.outputs.remove(who, output_id)
