"""Accounts of system 003: a token for a day in exchange for name and password."""

import time
from typing import Any, Final

from starlette.requests import Request
from starlette.responses import JSONResponse

from ohmstead.domain.access import Permission, Role
from ohmstead.domain.errors import Forbidden, InvalidInput, TooMany, Unauthenticated
from ohmstead.domain.person import User
from ohmstead.domain.telemetry import DAY, SECOND
from ohmstead.domain.trust import same_site
from ohmstead.legacy.answers import body_of, iso, text_of
from ohmstead.legacy.asking import origin_of
from ohmstead.legacy.meter_shapes import who
from ohmstead.legacy.parts import DoorParts
from ohmstead.runtime.rates import Rate

VALID_US: Final = DAY
# Each registration costs a slow hash and a row: a household registers a few people, a script thousands.
REGISTRATIONS_PER_HOUR: Final = 20


class Accounts:
    def __init__(self, parts: DoorParts) -> None:
        self._parts = parts
        self._registrations = Rate(REGISTRATIONS_PER_HOUR / 3600, REGISTRATIONS_PER_HOUR)

    async def register(self, request: Request) -> JSONResponse:
        """Makes a viewer who sees nothing until devices are assigned. An e-mail address is not kept."""
        if not self._parts.registration:
            raise Forbidden("Registration is switched off; ask an admin for an invitation")
        body = await body_of(request)
        username, password = text_of(body, "username"), text_of(body, "password")
        if not username or not password:
            raise InvalidInput("Username and password are required")
        if not self._registrations.take(time.monotonic()):
            raise TooMany("Too many registrations; try again later", retry_after_s=600)
        user = await self._parts.people.join(username, password, Role.VIEWER, "registration")
        return JSONResponse({"message": "User registered successfully", "user_id": str(user.id)}, 201)

    async def log_in(self, request: Request) -> JSONResponse:
        body = await body_of(request)
        username, password = text_of(body, "username"), text_of(body, "password", 1024)
        if not username or not password:
            raise InvalidInput("Username and password are required")
        address = origin_of(self._parts, request).address
        user = await self._parts.people.check_password(username, password, address)
        agent = request.headers.get("user-agent", "")
        token = await self._parts.sessions.open(user.id, agent, VALID_US)
        answer = JSONResponse({"message": "Login successful", "token": token, "user": _user(user)})
        if same_site(request.headers.get("origin"), request.headers.get("host", "")):
            # The older page asks for its totals and follows its live frames without the token.
            self._parts.set_cookie(answer, request, token, VALID_US // SECOND)
        return answer

    async def log_out(self, request: Request) -> JSONResponse:
        """Ends the session of the token or the cookie; says the same when there is none."""
        try:
            principal = who(self._parts, request)
        except (Unauthenticated, Forbidden):
            principal = None
        if principal is not None and principal.user is not None:
            for session in self._parts.sessions.of(principal.user):
                if session.digest == principal.session:
                    await self._parts.sessions.close(session)
        answer = JSONResponse({"message": "Logged out successfully"})
        answer.delete_cookie(self._parts.cookie, path="/")
        return answer

    async def me(self, request: Request) -> JSONResponse:
        principal = who(self._parts, request)
        if principal.user is None:
            raise Unauthenticated("this is not a person")
        return JSONResponse({"user": _user(self._parts.people.get(principal.user))})

    async def users(self, request: Request) -> JSONResponse:
        who(self._parts, request).require(Permission.USERS_EDIT)
        return JSONResponse([_user(user) for user in self._parts.people.all()])


def _user(user: User) -> dict[str, Any]:
    return {
        "_id": str(user.id),
        "id": str(user.id),
        "user_id": str(user.id),
        "username": user.username,
        "email": None,
        "role": user.role.value,
        "created_at": iso(user.created_at),
    }
