"""Firmware of system 003: what an update offers a meter, and telling a meter to fetch one."""

from typing import Final
from urllib.parse import urlsplit

import msgspec
from starlette.requests import Request
from starlette.responses import JSONResponse

from ohmstead.domain.access import Permission
from ohmstead.domain.errors import Forbidden, InvalidInput, Unauthenticated
from ohmstead.legacy.answers import body_of, text_of
from ohmstead.legacy.asking import origin_of
from ohmstead.legacy.meter_shapes import by_serial, label_of, who
from ohmstead.legacy.parts import DoorParts

LONGEST_URL: Final = 512


class MeterFirmware:
    def __init__(self, parts: DoorParts) -> None:
        self._parts = parts

    async def check(self, request: Request) -> JSONResponse:
        """What a meter without credentials asks; its card says which version waits for it, and where."""
        if not origin_of(self._parts, request).anonymous:
            who(self._parts, request)
        query = request.query_params
        asked, current = query.get("deviceId", ""), query.get("currentVersion", "")
        claimed = [known for known in self._parts.registry if known.device.claimed]
        named = [k for k in claimed if k.device.serial == asked]
        # Many units say 1: what could be any of several is none of them, or a meter would get another's firmware.
        named = named or [k for k in claimed if label_of(self._parts, k) == asked]
        if len(named) == 1:
            if (offer := self._parts.meter_updates.asked(named[0], current)) is not None:
                return JSONResponse({"firmwareUrl": offer[0], "version": offer[1]})
            card = self._parts.cards.of(named[0].device.id)
            if card.ota_url and card.ota_version not in ("", current):
                return JSONResponse({"firmwareUrl": card.ota_url, "version": card.ota_version})
        return JSONResponse({"message": "No update available"})

    async def update(self, request: Request) -> JSONResponse:
        """Tell a meter over MQTT where its new firmware is.

        It changes something although the older page uses GET: a token in the header is asked for, because a
        cookie would come along with any picture on any page.
        """
        principal = who(self._parts, request)
        if request.method == "GET" and not request.headers.get("authorization"):
            raise Unauthenticated("send `Authorization: Bearer <token>`")
        told = dict(request.query_params) if request.method == "GET" else await body_of(request)
        serial, url = text_of(told, "serialNumber"), text_of(told, "OTAurl", LONGEST_URL) or ""
        if not serial:
            raise InvalidInput("serialNumber is required")
        known = by_serial(self._parts, principal, serial)
        principal.require(Permission.DEVICES_EDIT)
        parts = urlsplit(url) if url.isprintable() else None
        if parts is None or parts.scheme not in ("http", "https") or not parts.netloc:
            raise InvalidInput(f"OTAurl: an http or https address of at most {LONGEST_URL} characters")
        await self._parts.cards.write(principal, known.device.id, ota_url=url)
        await self._parts.audit.record(principal.name, "device.update-firmware", known.device.serial, url)
        # Both words: which one is read depends on the age of the firmware.
        self._parts.publish(
            f"firmwareUpdateOTA/device/{known.device.serial}", msgspec.json.encode({"OTAurl": url, "url": url})
        )
        return JSONResponse({"success": True})

    async def upload(self, request: Request) -> JSONResponse:
        """The original never could; images go through releases, where they are checked before any device runs them."""
        if not who(self._parts, request).may(Permission.DEVICES_EDIT):
            raise Forbidden("this needs an operator")
        return JSONResponse({"error": "Upload images as releases: POST /api/v1/releases"}, 501)
