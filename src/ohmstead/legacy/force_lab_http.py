"""Devices of system 002 that post their samples: the same frames over HTTP, answered once they are on disk."""

from typing import Any, Final

from starlette.requests import Request
from starlette.responses import JSONResponse

from ohmstead.dialects import load_cell
from ohmstead.dialects.loose_json import load
from ohmstead.domain.errors import Forbidden, MalformedPayload, Unauthenticated
from ohmstead.domain.identity import legal_serial
from ohmstead.legacy import json_door
from ohmstead.legacy.answers import text_of
from ohmstead.legacy.asking import origin_of
from ohmstead.legacy.parts import DoorParts

MOST_NAMES: Final = 1000


class DeviceHttp:
    def __init__(self, parts: DoorParts) -> None:
        self._parts = parts
        self._names: dict[str, str] = {}  # by address: what the device there called itself

    async def register(self, request: Request) -> JSONResponse:
        address = self._address(request)
        message = load(await json_door.body_of(request))
        told = text_of(message, "device_id", 64) if isinstance(message, dict) else None
        serial = legal_serial(told or "", address)
        if len(self._names) < MOST_NAMES:
            self._names[address] = serial
        link = await self._parts.lab.devices.posting(serial, address)
        answer = {"success": True, "message": "ESP32 registered", "device_id": link.known.device.serial}
        return JSONResponse(answer)

    async def data(self, request: Request) -> JSONResponse:
        address = self._address(request)
        body = await json_door.body_of(request)
        try:
            frame = load_cell.read(body)
        except MalformedPayload:
            self._parts.ingest.malformed(None)
            return JSONResponse({"error": "No samples in data"}, 400)
        if not frame.ms:
            return JSONResponse({"error": "No samples in data"}, 400)
        devices = self._parts.lab.devices
        hint = request.query_params.get("device")
        serial = legal_serial(hint) if hint else self._names.get(address, address)
        link = await devices.posting(serial, address)
        await devices.take(link, (frame.ms, frame.left, frame.right), body.decode("utf-8", "replace"))
        await devices.intake.stored(link)
        answer: dict[str, Any] = {"success": True, "samples_received": len(frame.ms)}
        return JSONResponse(answer)

    def _address(self, request: Request) -> str:
        origin = origin_of(self._parts, request)
        if not origin.anonymous:
            if not origin.direct:
                raise Unauthenticated("forwarded by a proxy that is not trusted, or from a foreign network")
            raise Forbidden("devices without credentials are accepted from allowed networks only")
        return origin.address
