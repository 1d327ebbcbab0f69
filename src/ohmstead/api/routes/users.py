"""Users, invitations, sessions and passwords."""

from typing import Annotated

from fastapi import APIRouter, Path, Request, Response

from ohmstead.api import people_schemas as schemas
from ohmstead.api.auth import InjectedParts, Who, check_same_site, set_cookie
from ohmstead.api.routes.people import COOKIE_S
from ohmstead.api.schemas import id_of
from ohmstead.domain.access import Permission, Principal, Role
from ohmstead.domain.errors import Forbidden

router = APIRouter(tags=["people"])
Id = Annotated[int, Path(ge=0, le=2**53)]


@router.get("/users")
async def users(who: Who, parts: InjectedParts) -> list[schemas.UserView]:
    who.require(Permission.USERS_EDIT)
    return [schemas.UserView.of(user) for user in parts.people.all()]


@router.post("/users", status_code=201)
async def create_user(body: schemas.NewUser, who: Who, parts: InjectedParts) -> schemas.UserView:
    user = await parts.people.create(who, body.username, body.password, Role(body.role))
    return schemas.UserView.of(user)


@router.patch("/users/{user_id}")
async def change_user(user_id: Id, body: schemas.UserPatch, who: Who, parts: InjectedParts) -> schemas.UserView:
    role = None if body.role is None else Role(body.role)
    return schemas.UserView.of(await parts.people.change(who, user_id, role=role, password=body.password))


@router.delete("/users/{user_id}", status_code=204)
async def delete_user(user_id: Id, who: Who, parts: InjectedParts) -> None:
    await parts.people.delete(who, user_id)


@router.get("/invitations")
async def invitations(who: Who, parts: InjectedParts) -> list[schemas.InvitationView]:
    return [schemas.InvitationView.of(i) for i in await parts.invitations.pending(who)]


@router.post("/invitations", status_code=201)
async def invite(body: schemas.NewInvitation, who: Who, parts: InjectedParts) -> schemas.CreatedInvitation:
    devices = tuple(parts.devices.get(who, id_of(d)).device.id for d in body.devices)
    invitation, secret = await parts.invitations.invite(who, Role(body.role), devices, body.note)
    return schemas.CreatedInvitation(invitation=schemas.InvitationView.of(invitation), token=secret)


@router.delete("/invitations/{invitation_id}", status_code=204)
async def withdraw(invitation_id: str, who: Who, parts: InjectedParts) -> None:
    await parts.invitations.withdraw(who, invitation_id)


@router.post("/invitations/accept", status_code=201, response_model_exclude_defaults=True)
async def accept(body: schemas.Acceptance, request: Request, response: Response, parts: InjectedParts) -> schemas.Me:
    check_same_site(request)
    agent = request.headers.get("user-agent", "")
    signed_in = await parts.invitations.accept(body.token, body.username, body.password, agent)
    set_cookie(response, request, signed_in.cookie, COOKIE_S, parts.trust)
    return schemas.Me.of(signed_in.user, parts.people.operates(signed_in.user.id))


@router.post("/auth/password", status_code=204)
async def change_password(body: schemas.PasswordChange, who: Who, parts: InjectedParts) -> None:
    await parts.people.change_own_password(who, body.old, body.new, who.session)


@router.get("/auth/sessions")
async def sessions(who: Who, parts: InjectedParts) -> list[schemas.SessionView]:
    return [schemas.SessionView.of(s, who.session) for s in parts.sessions.of(_person(who))]


@router.delete("/auth/sessions/{session_id}", status_code=204)
async def end_session(session_id: str, who: Who, parts: InjectedParts) -> None:
    await parts.sessions.close_one(_person(who), session_id)


def _person(who: Principal) -> int:
    if who.user is None:
        raise Forbidden("a token has no sessions")
    return who.user
