"""The shapes of people: users, invitations, sessions, the first start. Instants are ms."""

from collections.abc import Iterable
from typing import Literal, Self

from pydantic import BaseModel, Field

from ohmstead.api.schemas import Body, Name
from ohmstead.domain.access import Role
from ohmstead.domain.person import Invitation, Session, User
from ohmstead.domain.telemetry import MS

RoleName = Literal["viewer", "operator", "admin"]


class UserView(BaseModel):
    id: str
    username: str
    role: RoleName

    @classmethod
    def of(cls, user: User) -> Self:
        return cls(id=str(user.id), username=user.username, role=user.role.value)


class AssignedUser(UserView):
    """`role` is what the user is everywhere, `device_role` on the device in question."""

    device_role: RoleName

    @classmethod
    def on(cls, user: User, role: Role) -> Self:
        return cls(id=str(user.id), username=user.username, role=user.role.value, device_role=role.value)


class Me(BaseModel):
    """`operates`: devices on which a viewer may do what an operator may; absent when there are none."""

    user: UserView
    operates: list[str] = []

    @classmethod
    def of(cls, user: User, operates: Iterable[int]) -> Self:
        return cls(user=UserView.of(user), operates=[str(device) for device in sorted(operates)])


class Login(Body):
    username: str = Field(max_length=64)
    password: str = Field(max_length=1024)


class NewUser(Body):
    username: Name
    password: str = Field(max_length=1024)
    role: RoleName = "viewer"


class UserPatch(Body):
    role: RoleName | None = None
    password: str | None = Field(None, max_length=1024)


class PasswordChange(Body):
    old: str = Field(max_length=1024)
    new: str = Field(max_length=1024)


class NewInvitation(Body):
    role: RoleName = "viewer"
    devices: list[str] = Field(default=[], max_length=1000)
    note: str = Field("", max_length=64)


class InvitationView(BaseModel):
    id: str
    role: RoleName
    devices: list[str]
    note: str
    inviter: str
    created_at: int
    expires_at: int

    @classmethod
    def of(cls, invitation: Invitation) -> Self:
        return cls(
            id=invitation.id,
            role=invitation.role.value,
            devices=[str(d) for d in invitation.devices],
            note=invitation.note,
            inviter=invitation.inviter,
            created_at=invitation.created_at // MS,
            expires_at=invitation.expires_at // MS,
        )


class CreatedInvitation(BaseModel):
    invitation: InvitationView
    token: str


class Acceptance(Body):
    token: str = Field(max_length=200)
    username: Name
    password: str = Field(max_length=1024)


class SessionView(BaseModel):
    id: str
    created_at: int
    expires_at: int
    agent: str
    current: bool

    @classmethod
    def of(cls, session: Session, current: str | None) -> Self:
        return cls(
            id=session.id,
            created_at=session.created_at // MS,
            expires_at=session.expires_at // MS,
            agent=session.agent,
            current=session.digest == current,
        )


class SetupState(BaseModel):
    needed: bool


class Setup(Body):
    token: str = Field(max_length=200)
    username: Name
    password: str = Field(max_length=1024)
    site_name: str | None = Field(None, max_length=64)
    zone: str | None = Field(None, max_length=64)
