"""Set-up, login, and who am I."""

from typing import Final

from fastapi import APIRouter, Request, Response

from ohmstead.api import people_schemas as schemas
from ohmstead.api.auth import COOKIE, InjectedParts, Who, address_of, check_same_site, set_cookie
from ohmstead.api.parts import Parts
from ohmstead.domain.errors import Unauthenticated
from ohmstead.services.people import SignedIn

router = APIRouter(tags=["people"])
COOKIE_S: Final = 30 * 86_400


def _agent(request: Request) -> str:
    return request.headers.get("user-agent", "")


def _welcome(request: Request, response: Response, signed_in: SignedIn, parts: Parts) -> schemas.Me:
    set_cookie(response, request, signed_in.cookie, COOKIE_S, parts.trust)
    return schemas.Me.of(signed_in.user, parts.people.operates(signed_in.user.id))


@router.get("/setup")
async def setup_state(parts: InjectedParts) -> schemas.SetupState:
    return schemas.SetupState(needed=parts.people.setup_needed)


@router.post("/setup", status_code=201, response_model_exclude_defaults=True)
async def set_up(body: schemas.Setup, request: Request, response: Response, parts: InjectedParts) -> schemas.Me:
    check_same_site(request)
    signed_in = await parts.people.set_up(body.token, body.username, body.password, _agent(request))
    site = parts.sites.default
    await parts.sites.change(site.id, body.username, body.site_name, body.zone)
    return _welcome(request, response, signed_in, parts)


@router.post("/auth/login", response_model_exclude_defaults=True)
async def log_in(body: schemas.Login, request: Request, response: Response, parts: InjectedParts) -> schemas.Me:
    check_same_site(request)
    signed_in = await parts.people.log_in(body.username, body.password, address_of(request), _agent(request))
    return _welcome(request, response, signed_in, parts)


@router.post("/auth/logout", status_code=204)
async def log_out(request: Request, response: Response, parts: InjectedParts) -> None:
    check_same_site(request)
    if (cookie := request.cookies.get(COOKIE)) and (session := parts.sessions.find(cookie)):
        await parts.sessions.close(session)
    response.delete_cookie(COOKIE, path="/")


@router.get("/auth/me", response_model_exclude_defaults=True)
async def me(who: Who, parts: InjectedParts) -> schemas.Me:
    if who.user is None:
        raise Unauthenticated("a token is not a person")
    return schemas.Me.of(parts.people.get(who.user), who.operates)
