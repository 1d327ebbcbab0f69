"""Devices of system 003: list, add or claim, describe, assign, delete."""

from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse

from ohmstead.domain.access import Permission, Principal
from ohmstead.domain.device import DeviceState
from ohmstead.domain.errors import Conflict, Forbidden, InvalidInput
from ohmstead.domain.identity import is_legal
from ohmstead.legacy.answers import body_of, text_of
from ohmstead.legacy.meter_shapes import METER, by_id, by_serial, device, seen, who
from ohmstead.legacy.parts import DoorParts
from ohmstead.services.registry import Known


class MeterDevices:
    def __init__(self, parts: DoorParts) -> None:
        self._parts = parts

    async def all(self, request: Request) -> JSONResponse:
        principal = who(self._parts, request)
        return JSONResponse([device(self._parts, known) for known in seen(self._parts, principal)])

    async def by_user(self, request: Request) -> JSONResponse:
        """The devices a user may see, to that user and to admins. A stranger does not learn which names exist."""
        principal = who(self._parts, request)
        username = request.path_params["username"]
        if principal.name == username:
            found = seen(self._parts, principal)
        else:
            principal.require(Permission.USERS_EDIT)
            user = next((u for u in self._parts.people.all() if u.username == username), None)
            theirs = None if user is None else self._parts.people.principal(user.id)
            found = [] if theirs is None else seen(self._parts, theirs)
        return JSONResponse([device(self._parts, known) for known in found])

    async def by_serial(self, request: Request) -> JSONResponse:
        principal = who(self._parts, request)
        return JSONResponse(device(self._parts, by_serial(self._parts, principal, request.path_params["serial"])))

    async def one(self, request: Request) -> JSONResponse:
        principal = who(self._parts, request)
        return JSONResponse(device(self._parts, by_id(self._parts, principal, request.path_params["id"])))

    async def add(self, request: Request) -> JSONResponse:
        """A new meter; or one that spoke before anybody answered for it, which the original could never claim."""
        principal = who(self._parts, request)
        principal.require(Permission.DEVICES_CLAIM)
        body = await body_of(request)
        serial, name = text_of(body, "serial_number"), text_of(body, "name", 64)
        if not serial:
            raise InvalidInput("Serial number is required")
        if not is_legal(serial):
            raise InvalidInput("Serial number: 1–64 letters, digits or . _ : -")
        known = self._parts.registry.by_serial.get(serial)
        if known is None:
            known = await self._parts.devices.expect(principal, serial, name, METER)
        elif known.device.state is DeviceState.UNCLAIMED:
            known = await self._parts.devices.claim(principal, known.device.id, name)
        else:
            raise Conflict("Serial number already exists")
        await self._write_card(principal, known, body)
        answer = {
            "id": str(known.device.id),
            "message": "Device created successfully",
            "device": device(self._parts, known),
        }
        return JSONResponse(answer, 201)

    async def change(self, request: Request) -> JSONResponse:
        principal = who(self._parts, request)
        known = self._named(request, principal)
        principal.require(Permission.DEVICES_EDIT)
        body = await body_of(request)
        if name := text_of(body, "name", 64):
            await self._parts.devices.change(principal, known.device.id, name=name)
        await self._write_card(principal, known, body)
        return JSONResponse({"message": "Device updated successfully", "device": device(self._parts, known)})

    async def assign(self, request: Request) -> JSONResponse:
        principal = who(self._parts, request)
        known = self._named(request, principal)
        principal.require(Permission.USERS_EDIT)
        body = await body_of(request)
        told = text_of(body, "user_id") or text_of(body, "userId")
        username = text_of(body, "username")
        users = self._parts.people.all()
        user = next((u for u in users if str(u.id) == told or u.username == username), None)
        if user is None:
            raise InvalidInput("user_id or username: there is no such user")
        await self._parts.devices.assign(principal, known.device.id, user.id)
        return JSONResponse({"message": "Device assigned successfully", "device": device(self._parts, known)})

    async def delete(self, request: Request) -> JSONResponse:
        principal = who(self._parts, request)
        known = self._named(request, principal)
        await self._parts.devices.delete(principal, known.device.id)
        return JSONResponse({"message": "Device deleted successfully"})

    def _named(self, request: Request, principal: Principal) -> Known:
        if "serial" in request.path_params:
            return by_serial(self._parts, principal, request.path_params["serial"])
        return by_id(self._parts, principal, request.path_params["id"])

    async def _write_card(self, principal: Principal, known: Known, body: dict[str, Any]) -> None:
        columns = {"device_id": "label", "location": "location", "status": "status", "ota_url": "ota_url",
                   "ota_version": "ota_version"}  # fmt: skip
        texts = {column: text for name, column in columns.items() if (text := text_of(body, name)) is not None}
        if texts.get("status") in {str(s) for s in DeviceState}:
            raise Forbidden("status: this word is the server's own")
        if texts:
            await self._parts.cards.write(principal, known.device.id, **texts)
