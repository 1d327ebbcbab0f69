"""Commands, shadows and logs of devices; and what a native device says and fetches over HTTP."""

from typing import Annotated, Literal

from fastapi import APIRouter, Path, Query, Request

from ohmstead.api import control_schemas as schemas
from ohmstead.api.auth import InjectedParts, Who
from ohmstead.api.device_door import orders_of, take_message
from ohmstead.domain.access import Permission
from ohmstead.domain.errors import Conflict

router = APIRouter(prefix="/devices", tags=["control"])
Id = Annotated[int, Path(ge=0, le=2**53)]
VariableName = Annotated[str, Path(max_length=64)]


# What devices say and fetch


@router.get("/me/desired")
async def desired_of_me(
    who: Who,
    parts: InjectedParts,
    version: Annotated[int, Query(ge=0, le=2**53)] = 0,
    wait: Annotated[float, Query(ge=0, le=60)] = 0,
) -> schemas.DeviceOrders:
    """The desired state as soon as its version is not `version` or a command waits, at the latest after `wait` s."""
    return schemas.DeviceOrders(**await orders_of(parts, parts.devices.own(who), version, wait))


@router.post("/me/{leaf}", status_code=204)
async def message_of_me(
    leaf: Literal["hello", "reported", "replies", "log"], request: Request, who: Who, parts: InjectedParts
) -> None:
    """The same messages as over MQTT; 204 once they are on disk."""
    await take_message(parts, parts.devices.own(who), leaf, request.receive)


# What people do


@router.post("/{device_id}/commands", status_code=202)
async def issue_command(device_id: Id, body: schemas.NewCommand, who: Who, parts: InjectedParts) -> schemas.CommandView:
    command = await parts.control.commands.issue(
        who,
        device_id,
        body.name,
        body.args,
        ttl_s=body.ttl_s,
        reason=body.reason,
        request_id=body.request_id,
    )
    return schemas.CommandView.of(command)


@router.get("/{device_id}/commands")
async def commands(
    device_id: Id,
    who: Who,
    parts: InjectedParts,
    limit: Annotated[int, Query(ge=1, le=1000)] = 100,
    before: Annotated[int | None, Query(ge=0, le=2**53)] = None,
) -> list[schemas.CommandView]:
    """Newest first."""
    found = await parts.control.commands.of_device(who, device_id, limit, before)
    return [schemas.CommandView.of(command) for command in found]


@router.get("/{device_id}/shadow")
async def shadow(device_id: Id, who: Who, parts: InjectedParts) -> schemas.ShadowView:
    who.require(Permission.DEVICES_READ)
    parts.devices.get(who, device_id)
    shadows = parts.control.shadows
    return schemas.ShadowView.of(shadows.of(device_id), shadows.offers(device_id))


@router.patch("/{device_id}/shadow", status_code=202)
async def wish(device_id: Id, body: schemas.Wishes, who: Who, parts: InjectedParts) -> schemas.ShadowView:
    """Desire fields of the device's state directly, without an output."""
    known = parts.devices.to_act_on(who, device_id, Permission.CONTROL)
    if not known.device.claimed:
        raise Conflict("claim the device first")
    shadows = parts.control.shadows
    after = await shadows.wish(device_id, body.state, author=who.name, reason=body.reason)
    await parts.audit.record(who.name, "device.wish", known.device.serial, body.reason)
    return schemas.ShadowView.of(after, shadows.offers(device_id))


@router.patch("/{device_id}/address")
async def move_device(device_id: Id, body: schemas.NewAddress, who: Who, parts: InjectedParts) -> schemas.AddressView:
    """A device of system 004 is reached elsewhere now."""
    await parts.control.homes.move(who, device_id, body.address)
    return schemas.AddressView(address=str(parts.control.homes.of(device_id)))


@router.get("/{device_id}/address")
async def address_of_device(device_id: Id, who: Who, parts: InjectedParts) -> schemas.AddressView:
    who.require(Permission.DEVICES_READ)
    known = parts.control.homes.known(who, device_id)
    return schemas.AddressView(address=str(parts.control.homes.of(known.device.id)))


@router.get("/{device_id}/variables/{name}")
async def variable(device_id: Id, name: VariableName, who: Who, parts: InjectedParts) -> schemas.VariableView:
    """A variable of a device of system 004. For admins: passwords are among them."""
    return schemas.VariableView(value=await parts.control.variables.variable(who, device_id, name))


@router.put("/{device_id}/variables/{name}")
async def set_variable(
    device_id: Id, name: VariableName, body: schemas.VariableView, who: Who, parts: InjectedParts
) -> schemas.VariableView:
    return schemas.VariableView(value=await parts.control.variables.variable(who, device_id, name, body.value))


@router.get("/{device_id}/log")
async def log_of_device(device_id: Id, who: Who, parts: InjectedParts) -> list[schemas.LogView]:
    """The last lines the device told, oldest first."""
    return [schemas.LogView.of(line) for line in parts.control.logs.of(who, device_id)]
