"""Inviting people by link: a one-time secret that carries a role and the devices a viewer will see."""

from ohmstead.database import Database
from ohmstead.domain.access import Permission, Principal, Role
from ohmstead.domain.errors import Forbidden, NotFound
from ohmstead.domain.person import Invitation
from ohmstead.domain.telemetry import DAY
from ohmstead.runtime.clock import Clock
from ohmstead.services.audit import Audit
from ohmstead.services.people import People, SignedIn
from ohmstead.services.secrets import digest, new_token
from ohmstead.services.sessions import Sessions
from ohmstead.storage import invitations as store

VALID_US = 7 * DAY
MACHINE = "token:"  # how the name of a machine begins; no user name has a colon


class Invitations:
    def __init__(self, database: Database, people: People, sessions: Sessions, audit: Audit, clock: Clock) -> None:
        self._database = database
        self._people = people
        self._sessions = sessions
        self._audit = audit
        self._clock = clock

    async def invite(self, who: Principal, role: Role, devices: tuple[int, ...], note: str) -> tuple[Invitation, str]:
        """(invitation, secret for the link). The secret is not kept."""
        who.require(Permission.USERS_EDIT)
        secret = new_token("ohi")
        now = self._clock.now()
        invitation = Invitation(digest(secret), role, devices, note[:64], who.name, now, now + VALID_US)
        await self._database.write(lambda c: store.insert(c, invitation))
        await self._audit.record(who.name, "user.invite", note or role, role)
        return invitation, secret

    async def pending(self, who: Principal) -> list[Invitation]:
        """Those that can still be accepted, newest first."""
        who.require(Permission.USERS_EDIT)
        now = self._clock.now()
        return [one for one in await self._database.read(lambda c: store.valid(c, now)) if self._stands(one)]

    def _stands(self, invitation: Invitation) -> bool:
        """Whether the inviter may still invite: who is no admin any more leaves no way in behind. Tokens may."""
        if invitation.inviter.startswith(MACHINE):
            return True
        inviter = self._people.named(invitation.inviter)
        return inviter is not None and inviter.may(Permission.USERS_EDIT)

    async def withdraw(self, who: Principal, invitation_id: str) -> None:
        found = next((i for i in await self.pending(who) if i.id == invitation_id), None)
        if found is None:
            raise NotFound("there is no such invitation")
        await self._database.write(lambda c: store.take(c, found.digest, self._clock.now()))
        await self._audit.record(who.name, "user.uninvite", found.note or found.role)

    async def accept(self, secret: str, username: str, password: str, agent: str) -> SignedIn:
        """Make the invited user and log them in.

        Raises Forbidden for a link that was used, withdrawn, is old, or whose inviter may not invite any more.
        """
        hidden, now = digest(secret), self._clock.now()
        # Taken first, so that one link cannot make two users; given back if the user cannot be made.
        invitation = await self._database.write(lambda c: store.take(c, hidden, now))
        if invitation is None or not self._stands(invitation):
            raise Forbidden("this invitation is not valid (any more); ask for a new one")
        try:
            user = await self._people.join(username, password, invitation.role, invitation.inviter)
        except Exception:
            await self._database.write(lambda c: store.insert(c, invitation))
            raise
        for device in invitation.devices:
            await self._people.assign(device, user.id)
        return SignedIn(user, await self._sessions.open(user.id, agent))
