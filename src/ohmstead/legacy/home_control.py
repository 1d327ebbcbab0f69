"""System 004: what its devices fetch with their password, and what its page asks with a session. Slashes are exact."""

import base64
import binascii
import hashlib
import json
import re
from typing import Final

from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from ohmstead.domain.access import Permission, Principal
from ohmstead.domain.errors import DomainError, Forbidden, NotFound, TooLarge, Unauthenticated, Unavailable
from ohmstead.domain.output import Output, is_on
from ohmstead.legacy import home_control_firmware
from ohmstead.legacy.asking import origin_of, principal_of
from ohmstead.legacy.parts import DoorParts
from ohmstead.runtime.asgi import BodyTooLarge, ClientGone, read_body
from ohmstead.services.homes import HOME_CONTROL

SYSTEM: Final = "004"
MOST_BODY: Final = 16 * 1024
MOST_REMEMBERED: Final = 100
# What a device sends between the quotes is not escaped, so that it is no JSON as soon as it holds a quote.
SERIAL_DATA: Final = re.compile(r'\A\s*\{\s*"data"\s*:\s*"(.*)"\s*\}\s*\Z', re.DOTALL)


def routes(parts: DoorParts) -> list[BaseRoute]:
    door = _Door(parts)
    return [
        Route("/lights_status/", door.lights, methods=["GET"]),
        Route("/status_response_for_esp32/", door.status, methods=["GET"]),
        Route("/esp/serial_data/", door.serial_data, methods=["POST"]),
        # Without its slash nothing is there, and no page either: to a device any 2xx means that its server is well.
        *(Route(path, nothing_here) for path in ("/lights_status", "/status_response_for_esp32")),
        Route("/toggle-light/{room}/{light}/", door.toggle, methods=["GET", "POST"]),
        Route("/check_home_status/", door.home_status, methods=["GET"]),
        *home_control_firmware.routes(parts),
    ]


class _Door:
    def __init__(self, parts: DoorParts) -> None:
        self._parts = parts
        # A device sends its password every ten seconds; what was right with a hash is right while that hash stays.
        self._right: dict[bytes, tuple[int, str]] = {}

    # Devices

    async def lights(self, request: Request) -> Response:
        """The lights of whose password it is, and nobody else's."""
        try:
            who = await self._by_password(request)
        except Unauthenticated as error:
            return _refused(error)
        return JSONResponse(
            [
                {
                    "room": self._room(output),
                    "light": output.name,
                    "state": "on" if is_on(self._parts.outputs.view(output).desired) else "off",
                }
                for output in self._lights(who)
            ]
        )

    async def status(self, request: Request) -> Response:
        """Any 2xx tells the device that its server is there."""
        try:
            who = await self._by_password(request)
        except Unauthenticated as error:
            return _refused(error)
        return JSONResponse({"status": "success", "message": f"The server is online, {who.name}."})

    async def serial_data(self, request: Request) -> Response:
        """Lines of a device's serial port go to its log; it is the one at the address that sends."""
        try:
            who = await self._by_password(request)
        except Unauthenticated as error:
            return _refused(error)
        try:
            body = await read_body(request.receive, MOST_BODY)
        except BodyTooLarge:
            raise TooLarge(f"at most {MOST_BODY} bytes") from None
        except ClientGone:
            raise Unavailable("the body is not complete") from None
        text = _text_of(body)
        if text is None:
            return JSONResponse({"status": "error", "message": 'expected {"data":"…"}'}, 400)
        peer = origin_of(self._parts, request).address
        for known in self._parts.homes.all():
            address = self._parts.homes.of(known.device.id)
            if address is not None and address.host == peer and who.may_see(known.device.id):
                self._parts.logs.add(known.device.id, text.splitlines())
        return JSONResponse({"status": "success"})

    async def _by_password(self, request: Request) -> Principal:
        """Raises Unauthenticated, and TooMany for whoever guesses."""
        header = request.headers.get("authorization", "")
        scheme, _, encoded = header.partition(" ")
        if scheme.lower() != "basic":
            raise Unauthenticated("send `Authorization: Basic …`")
        people = self._parts.people
        digest = hashlib.sha256(header.encode()).digest()
        if (right := self._right.get(digest)) is not None:
            principal = people.principal(right[0])
            if principal is not None and people.get(right[0]).password_hash == right[1]:
                return principal
            del self._right[digest]
        try:
            name, colon, password = base64.b64decode(encoded.strip(), validate=True).decode().partition(":")
        except (binascii.Error, UnicodeDecodeError):
            raise Unauthenticated("the credentials cannot be read") from None
        if not colon:
            raise Unauthenticated("the credentials cannot be read")
        user = await people.check_password(name, password, origin_of(self._parts, request).address)
        if len(self._right) >= MOST_REMEMBERED:
            self._right.clear()
        self._right[digest] = (user.id, user.password_hash)
        principal = people.principal(user.id)
        if principal is None:
            raise Unauthenticated("there is no such user any more")
        return principal

    # People

    async def toggle(self, request: Request) -> Response:
        """Switch a light to what it is not, and tell what its device said to it."""
        who = principal_of(self._parts, request, SYSTEM)
        from_page = request.headers.get("x-requested-with", "").lower() == "xmlhttprequest"
        if request.method == "GET" and not from_page:
            # A link or a picture on any page could ask this; the page itself says that it is a script.
            return RedirectResponse("/rooms/", 302)
        outputs = self._parts.outputs
        output = self._light(who, request.path_params["room"], request.path_params["light"])
        if self._parts.homes.of(output.device) is None:
            body = {"error": "The device of this light has no address yet.", "action": "go_to_settings"}
            return JSONResponse(body, 400)
        state = "off" if is_on(outputs.view(output).desired) else "on"
        try:
            await outputs.switch(who, output.id, state, reason="page of system 004")
        except Forbidden as error:
            return JSONResponse({"error": str(error)}, 403)
        said = await self._parts.home_control.drive(output)
        if not from_page:
            return RedirectResponse("/rooms/", 302)
        return JSONResponse({"state": state, "esp_response": _json_of(said)})

    async def home_status(self, request: Request) -> Response:
        """True while any of the devices answers, null while nothing is known."""
        who = principal_of(self._parts, request, SYSTEM)
        who.require(Permission.DEVICES_READ)
        seen = [known for known in self._parts.homes.all() if who.may_see(known.device.id)]
        if any(self._parts.devices.is_online(known) for known in seen):
            online: bool | None = True
        else:
            online = False if any(k.presence.gone or k.presence.last_seen_at for k in seen) else None
        return JSONResponse({"home_online_status": online})

    # Lights

    def _lights(self, who: Principal) -> list[Output]:
        outputs = self._parts.outputs
        return [
            seen.output
            for seen in outputs.visible(who)
            if self._parts.registry.get(seen.output.device).device.dialect == HOME_CONTROL
        ]

    def _light(self, who: Principal, room: str, light: str) -> Output:
        for output in self._lights(who):
            if (self._room(output), output.name) == (room, light):
                return output
        raise NotFound("there is no such light")

    def _room(self, output: Output) -> str:
        return self._parts.outputs.rooms.get(output.room_id).name


async def nothing_here(request: Request) -> Response:
    return JSONResponse({"status": "error", "message": f"the address is {request.url.path}/"}, 404)


def _refused(error: DomainError) -> JSONResponse:
    body = {"status": "error", "message": str(error)}
    return JSONResponse(body, 401, {"WWW-Authenticate": 'Basic realm="Ohmstead"'})


def _text_of(body: bytes) -> str | None:
    text = body.decode("utf-8", "replace")
    try:
        message = json.loads(text)
    except (ValueError, RecursionError):
        found = SERIAL_DATA.match(text)
        return None if found is None else found[1]
    data = message.get("data") if isinstance(message, dict) else None
    return data if isinstance(data, str) else None


def _json_of(said: str) -> object:
    """What the device said, as the page expects it: its JSON, or the text of what went wrong."""
    try:
        found = json.loads(said)
    except (ValueError, RecursionError):
        return said
    return found if isinstance(found, dict) else said
