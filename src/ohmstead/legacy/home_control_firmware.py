"""System 004: the two routes of its page for new firmware, behind a log-in. What they take becomes a release."""

import asyncio
from typing import Final

from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import BaseRoute, Route

from ohmstead.domain.access import Permission, Principal
from ohmstead.domain.errors import DomainError, InvalidInput, TooLarge, Unauthenticated, Unavailable
from ohmstead.domain.image import TARGETS, read_image
from ohmstead.domain.installation import InstallationState
from ohmstead.domain.release import MOST_BYTES, Channel, Kind, Release, digest
from ohmstead.domain.rollout import Rollout, Terms
from ohmstead.legacy.answers import status_of
from ohmstead.legacy.asking import principal_of
from ohmstead.legacy.parts import DoorParts
from ohmstead.runtime.asgi import BodyTooLarge, ClientGone, read_body
from ohmstead.runtime.multipart import Field, NoForm, boundary_of, read_form

SYSTEM: Final = "004"
BOARD: Final = "m5core2"  # the only one this system runs on
FORM_BYTES: Final = 64 * 1024  # around the file
WAIT_S: Final = 180.0  # its page waits that long for the device
LOOK_EVERY_S: Final = 0.2
S = InstallationState


def routes(parts: DoorParts) -> list[BaseRoute]:
    door = _Firmware(parts)
    return [
        Route("/update/upload_firmware/", door.take, methods=["POST"]),
        Route("/update/upload_to_esp32/", door.send, methods=["POST"]),
    ]


class _Firmware:
    def __init__(self, parts: DoorParts) -> None:
        self._parts = parts

    def _who(self, request: Request) -> Principal:
        """Firmware takes a log-in, even where the door is open to a network."""
        who = principal_of(self._parts, request, SYSTEM)
        if who.user is None and who.token is None:
            raise Unauthenticated("please log in")
        return who

    async def take(self, request: Request) -> JSONResponse:
        """Keep the image; what the file is called says what of the device it replaces."""
        try:
            who = self._who(request)
            who.require(Permission.UPDATES_TRUST)
            file = await _file(request)
            target = file.file_name or ""
            if target not in TARGETS:
                # The device would write nothing, restart, and call it a success.
                raise InvalidInput(f"the file is called one of {', '.join(TARGETS)}")
            told = read_image(file.content, BOARD, target).app_version
            version = told or f"upload-{digest(file.content)[:8]}"
            add = self._parts.updates.releases.add_image
            made = await add(who, file.content, target, [BOARD], version, Channel.STABLE, "", again=True)
        except DomainError as error:
            return _error(error)
        return JSONResponse({"status": "uploaded_to_django", "message": f"{target}, version {made.version}, is kept."})

    async def send(self, request: Request) -> JSONResponse:
        """Bring the newest application image to every device of this system that the asker sees; wait for it."""
        try:
            who = self._who(request)
            who.require(Permission.UPDATES_EDIT)
            updates, homes = self._parts.updates, self._parts.homes
            release = _newest(updates.releases.all(who))
            is_online = self._parts.devices.is_online
            devices = [k.device.id for k in homes.all() if who.may_see(k.device.id) and is_online(k)]
            if not devices:
                raise InvalidInput("No device is online.")
            # It was asked for by name and for now: no waves, and an older version is as welcome as a newer one.
            terms = Terms(waves=(1.0,), error_threshold=1.0, downgrade_reason="page of system 004")
            rollout = await updates.rollouts.start(who, release.id, devices, terms)
        except DomainError as error:
            return _error(error)
        return await self._outcome(rollout, devices)

    async def _outcome(self, rollout: Rollout, devices: list[int]) -> JSONResponse:
        """Once every device answered again, or one of them failed for good."""
        book = self._parts.updates.rollouts.runner.book
        deadline = asyncio.get_running_loop().time() + WAIT_S
        while asyncio.get_running_loop().time() < deadline:
            found = await book.installations(rollout.id)
            failed = [one for one in found if one.state in (S.FAILED, S.CANCELLED)]
            if failed:
                return JSONResponse({"status": "error", "message": failed[0].reason}, 500)
            if all(one.state in (S.PROVING, S.CONFIRMED) for one in found):
                return JSONResponse({"status": "success", "message": f"{len(devices)} updated, and back."})
            await asyncio.sleep(LOOK_EVERY_S)
        return JSONResponse({"status": "error", "message": "The device did not come back yet."}, 500)


def _newest(releases: list[Release]) -> Release:
    """The application image that was brought last, perhaps for the second time."""
    fitting = [
        one
        for one in releases
        if one.kind is Kind.IMAGE and BOARD in one.boards and one.target == TARGETS[0] and one.withdrawn_at is None
    ]
    if not fitting:
        raise InvalidInput("upload firmware.bin first")
    return max(fitting, key=lambda one: (one.added_at, one.id))


async def _file(request: Request) -> Field:
    boundary = boundary_of(request.headers.get("content-type", ""))
    try:
        body = await read_body(request.receive, MOST_BYTES + FORM_BYTES)
    except BodyTooLarge:
        raise TooLarge(f"at most {MOST_BYTES} bytes") from None
    except ClientGone:
        raise Unavailable("the body is not complete") from None
    try:
        form = read_form(body, boundary or "")
    except NoForm as error:
        raise InvalidInput(f"no multipart form: {error}") from None
    if "firmware" not in form:
        raise InvalidInput("No file in the field `firmware`.")
    return form["firmware"]


def _error(error: DomainError) -> JSONResponse:
    return JSONResponse({"status": "error", "message": str(error)}, status_of(error))
