"""Devices: list, add, claim, refuse, rename, credentials, delete."""

from typing import Annotated, Literal

from fastapi import APIRouter, Path, Query

from ohmstead.api import schemas
from ohmstead.api.auth import InjectedParts, Who
from ohmstead.api.parts import Parts
from ohmstead.api.people_schemas import AssignedUser
from ohmstead.domain.access import Role
from ohmstead.domain.errors import InvalidInput
from ohmstead.services.registry import Known

router = APIRouter(prefix="/devices", tags=["devices"])
channels = APIRouter(prefix="/channels", tags=["devices"])
Id = Annotated[int, Path(ge=0, le=2**53)]


def _view(known: Known, parts: Parts) -> schemas.DeviceView:
    return schemas.DeviceView.of(known, parts.devices)


@router.get("")
async def devices(
    who: Who,
    parts: InjectedParts,
    state: Literal["unclaimed", "claimed", "refused"] | None = None,
    limit: Annotated[int, Query(ge=1, le=1000)] = 500,
    after: Annotated[int, Query(ge=0)] = 0,
) -> schemas.DevicePage:
    found, more = parts.devices.visible(who, state, after, limit)
    return schemas.DevicePage(
        items=[_view(known, parts) for known in found], next=str(found[-1].device.id) if more else None
    )


@router.post("", status_code=201)
async def add(body: schemas.NewDevice, who: Who, parts: InjectedParts) -> schemas.AddedDevice:
    if body.dialect == "home-control":
        known = await parts.control.homes.add(who, body.serial, body.name, body.address or "")
        return schemas.AddedDevice(device=_view(known, parts), token=None)
    if body.address is not None:
        raise InvalidInput("a native device speaks for itself; it needs no address")
    known, token = await parts.devices.add(who, body.serial, body.name)
    return schemas.AddedDevice(device=_view(known, parts), token=token)


@router.get("/{device_id}")
async def device(device_id: Id, who: Who, parts: InjectedParts) -> schemas.DeviceView:
    return _view(parts.devices.get(who, device_id), parts)


@router.patch("/{device_id}")
async def change(device_id: Id, body: schemas.DevicePatch, who: Who, parts: InjectedParts) -> schemas.DeviceView:
    return _view(await parts.devices.change(who, device_id, name=body.name, groups=body.groups), parts)


@router.delete("/{device_id}", status_code=204)
async def delete(device_id: Id, who: Who, parts: InjectedParts) -> None:
    await parts.devices.delete(who, device_id)


@router.post("/{device_id}/restore")
async def restore(device_id: Id, who: Who, parts: InjectedParts) -> schemas.DeviceView:
    return _view(await parts.devices.restore(who, device_id), parts)


@router.post("/{device_id}/claim")
async def claim(device_id: Id, who: Who, parts: InjectedParts, body: schemas.Claim | None = None) -> schemas.DeviceView:
    return _view(await parts.devices.claim(who, device_id, body.name if body else None), parts)


@router.post("/{device_id}/unclaim")
async def unclaim(device_id: Id, who: Who, parts: InjectedParts) -> schemas.DeviceView:
    return _view(await parts.devices.unclaim(who, device_id), parts)


@router.post("/{device_id}/refuse")
async def refuse(device_id: Id, who: Who, parts: InjectedParts) -> schemas.DeviceView:
    return _view(await parts.devices.refuse(who, device_id), parts)


@router.post("/{device_id}/rotate-token")
async def rotate_token(device_id: Id, who: Who, parts: InjectedParts) -> schemas.TokenSecret:
    return schemas.TokenSecret(token=await parts.devices.rotate_token(who, device_id))


@router.post("/{device_id}/assign")
async def assign(device_id: Id, body: schemas.Assignment, who: Who, parts: InjectedParts) -> schemas.DeviceView:
    user = schemas.id_of(body.user_id)
    return _view(await parts.devices.assign(who, device_id, user, Role(body.role)), parts)


@router.delete("/{device_id}/assign/{user_id}", status_code=204)
async def unassign(device_id: Id, user_id: Id, who: Who, parts: InjectedParts) -> None:
    await parts.devices.unassign(who, device_id, user_id)


@router.get("/{device_id}/users")
async def assigned(device_id: Id, who: Who, parts: InjectedParts) -> list[AssignedUser]:
    """The viewers that a device is assigned to."""
    return [AssignedUser.on(user, role) for user, role in parts.devices.assigned(who, device_id)]


@router.post("/{device_id}/replace")
async def replace(device_id: Id, body: schemas.Replacement, who: Who, parts: InjectedParts) -> schemas.DeviceView:
    """The device `by` carries on this one's history."""
    new = int(body.by) if body.by.isdecimal() else -1
    return _view(await parts.replacing.replace(who, device_id, new), parts)


@channels.patch("/{channel_id}")
async def change_channel(
    channel_id: Id, body: schemas.ChannelPatch, who: Who, parts: InjectedParts
) -> schemas.DeviceView:
    known = await parts.devices.change_channel(
        who,
        channel_id,
        label=body.label,
        decimals=body.decimals,
        display_unit=body.display_unit,
        keep_raw_days=body.keep_raw_days,
        keep_raw_as_set="keep_raw_days" in body.model_fields_set and body.keep_raw_days is None,
    )
    return _view(known, parts)
