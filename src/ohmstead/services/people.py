"""Users: the first one by set-up link, others by invitation; logging in; who is asking."""

import asyncio
import re
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Final, Protocol, TypeVar

from ohmstead.database import Database
from ohmstead.domain.access import ROLES, Permission, Principal, Role
from ohmstead.domain.errors import Conflict, Forbidden, InvalidInput, NotFound, TooMany, Unauthenticated
from ohmstead.domain.person import AccessChanged, User
from ohmstead.domain.throttle import Throttle
from ohmstead.domain.trust import neighbourhood
from ohmstead.runtime.bus import Bus
from ohmstead.runtime.clock import Clock
from ohmstead.services.audit import Audit
from ohmstead.services.secrets import SetupLink
from ohmstead.services.sessions import Sessions
from ohmstead.storage import people as store

R = TypeVar("R")
USERNAME: Final = re.compile(r"[\w.@+-]{1,64}")
SHORTEST_PASSWORD: Final = 8
LONGEST_PASSWORD: Final = 256  # Argon2 would take megabytes of it; nobody types that


MOST_HASHING: Final = 2  # each takes 64 MB for a moment, and a core
MOST_WAITING: Final = 32  # for their turn; more than a few is somebody who guesses


class Hasher(Protocol):
    def hash(self, password: str) -> str: ...
    def verify(self, password: str, hash: str) -> bool: ...  # noqa: A002 - the library's own name


@dataclass(frozen=True, slots=True)
class SignedIn:
    user: User
    cookie: str


class People:
    """Everything is in memory; each change is written through before it is answered."""

    def __init__(
        self,
        database: Database,
        audit: Audit,
        bus: Bus,
        clock: Clock,
        sessions: Sessions,
        setup: SetupLink,
        hasher: Callable[[], Hasher],
    ) -> None:
        self._database = database
        self._audit = audit
        self._bus = bus
        self._clock = clock
        self._sessions = sessions
        self._setup = setup
        self._hasher = hasher
        self._throttle = Throttle()
        self._users: dict[int, User] = {}
        self._newest = 0
        self._assigned: dict[int, frozenset[int]] = {}  # user id -> device ids, looked up with each request
        self._operates: dict[int, frozenset[int]] = {}  # the same, of those on which the user is operator
        self._changing = asyncio.Lock()
        self._turns = asyncio.Semaphore(MOST_HASHING)
        self._waiting = 0

    async def load(self) -> None:
        self._users = {u.id: u for u in await self._database.read(store.all_users)}
        self._newest = max(self._users, default=0)
        assigned, operates = defaultdict[int, set[int]](set), defaultdict[int, set[int]](set)
        for device, user, role in await self._database.read(store.assignments):
            assigned[user].add(device)
            if role == Role.OPERATOR:
                operates[user].add(device)
        self._assigned = {user: frozenset(devices) for user, devices in assigned.items()}
        self._operates = {user: frozenset(devices) for user, devices in operates.items()}

    # The first user

    @property
    def setup_needed(self) -> bool:
        return not self._users

    async def set_up(self, secret: str, username: str, password: str, agent: str) -> SignedIn:
        """Make the first admin. Raises Conflict once there is one, Forbidden for a wrong or spent link."""
        async with self._changing:
            if not self.setup_needed:
                raise Conflict("this server is set up already")
            if not self._setup.matches(secret):
                raise Forbidden("this set-up link is not valid (any more); `ohmstead user link` prints a new one")
            user = await self._insert(username, password, Role.ADMIN, actor=username)
            self._setup.spend()
        return SignedIn(user, await self._sessions.open(user.id, agent))

    async def ensure_admin(self, password: str) -> bool:
        """Make user `admin` on an empty database; True if it was made."""
        if self.setup_needed:
            await self._insert("admin", password, Role.ADMIN, actor="OHMSTEAD_ADMIN_PASSWORD", shortest=1)
            return True
        return False

    # Users

    def all(self) -> list[User]:
        return list(self._users.values())

    def get(self, user_id: int) -> User:
        try:
            return self._users[user_id]
        except KeyError:
            raise NotFound("there is no such user") from None

    async def create(self, who: Principal, username: str, password: str, role: Role) -> User:
        """Raises Conflict when the name is taken, InvalidInput for a name or password that is not legal."""
        who.require(Permission.USERS_EDIT)
        async with self._changing:
            return await self._insert(username, password, role, actor=who.name)

    async def join(self, username: str, password: str, role: Role, actor: str) -> User:
        """A user who was invited by `actor`, whose right to do so was checked when they invited."""
        async with self._changing:
            return await self._insert(username, password, role, actor=actor)

    async def _insert(
        self, username: str, password: str, role: Role, actor: str, shortest: int = SHORTEST_PASSWORD
    ) -> User:
        self._check_name(username)
        hashed = await self._hash(password, shortest)
        self._newest += 1
        user = User(self._newest, username, role, hashed, self._clock.now())
        await self._database.write(lambda c: store.insert_user(c, user))
        self._users[user.id] = user
        await self._audit.record(actor, "user.create", username, role)
        return user

    def _check_name(self, username: str) -> None:
        if not USERNAME.fullmatch(username):
            raise InvalidInput("a user name has 1–64 letters, digits or . _ @ + -")
        if any(u.username.casefold() == username.casefold() for u in self._users.values()):
            raise Conflict("there is a user of that name")

    async def _hash(self, password: str, shortest: int = SHORTEST_PASSWORD) -> str:
        if not shortest <= len(password) <= LONGEST_PASSWORD:
            raise InvalidInput(f"a password has {shortest}–{LONGEST_PASSWORD} characters")
        return await self._slowly(self._hasher().hash, password)

    async def _slowly(self, work: Callable[..., R], *args: str) -> R:
        """Run what is slow on purpose beside the event loop. Raises TooMany when too much of it waits."""
        if self._waiting >= MOST_WAITING:
            raise TooMany("too many people are logging in at once", retry_after_s=2)
        self._waiting += 1
        try:
            async with self._turns:
                return await asyncio.to_thread(work, *args)
        finally:
            self._waiting -= 1

    async def change(
        self, who: Principal, user_id: int, *, role: Role | None = None, password: str | None = None
    ) -> User:
        """Another role, or a new password (which ends every session). Raises Conflict for the last admin."""
        who.require(Permission.USERS_EDIT)
        async with self._changing:
            old = self.get(user_id)
            if role not in (None, Role.ADMIN):
                self._keep_an_admin(old)
            hashed = old.password_hash if password is None else await self._hash(password)
            user = replace(old, role=role or old.role, password_hash=hashed)
            await self._store(user)
        if password is not None:
            await self._sessions.close_all(user_id)
            await self._audit.record(who.name, "user.reset-password", user.username)
        if user.role is not old.role:
            await self._audit.record(who.name, "user.role", user.username, user.role)
            self._bus.publish(AccessChanged(user_id))
        return user

    async def change_own_password(self, who: Principal, old: str, new: str, session: str | None) -> None:
        """Raises Forbidden for a wrong old password. Ends every other session (digest `session` stays)."""
        if who.user is None:
            raise Forbidden("a token has no password")
        user = self.get(who.user)
        keys = (f"user:{user.username.casefold()}",)
        self._check_throttle(keys)
        self._throttle.failed(keys, self._clock.monotonic())  # before the slow check, as in check_password
        if not await self._slowly(self._hasher().verify, old[:LONGEST_PASSWORD], user.password_hash):
            raise Forbidden("the old password is wrong")
        self._throttle.succeeded(keys)
        hashed = await self._hash(new)
        async with self._changing:
            await self._store(replace(self.get(user.id), password_hash=hashed))
        await self._sessions.close_all(user.id, but=session)
        await self._audit.record(who.name, "user.change-password", user.username)

    async def delete(self, who: Principal, user_id: int) -> None:
        who.require(Permission.USERS_EDIT)
        async with self._changing:
            user = self.get(user_id)
            self._keep_an_admin(user)
            await self._sessions.close_all(user_id)
            await self._database.write(lambda c: store.delete_user(c, user_id))
            del self._users[user_id]
            self._assigned.pop(user_id, None)
            self._operates.pop(user_id, None)
        await self._audit.record(who.name, "user.delete", user.username)
        self._bus.publish(AccessChanged(user_id))

    def _keep_an_admin(self, leaving: User) -> None:
        admins = [u for u in self._users.values() if u.role is Role.ADMIN]
        if admins == [leaving]:
            raise Conflict("this is the last admin; make someone else admin first")

    async def _store(self, user: User) -> None:
        await self._database.write(
            lambda c: store.update_user(c, user.id, role=user.role, password_hash=user.password_hash)
        )
        self._users[user.id] = user

    # Logging in

    async def log_in(self, username: str, password: str, address: str, agent: str) -> SignedIn:
        """Raises TooMany while throttled, Unauthenticated (the same for a wrong name or password)."""
        user = await self.check_password(username, password, address)
        return SignedIn(user, await self._sessions.open(user.id, agent))

    async def check_password(self, username: str, password: str, address: str) -> User:
        """As `log_in`, without opening a session: for doors that have credentials of their own."""
        keys = (f"user:{username.casefold()[:64]}", f"address:{neighbourhood(address)}")
        self._check_throttle(keys)
        # Counted before the slow check, so that parallel guesses cannot slip in beside it.
        self._throttle.failed(keys, self._clock.monotonic())
        user = next((u for u in self._users.values() if u.username == username), None)
        if not await self._password_fits(user, password[:LONGEST_PASSWORD]) or user is None:
            raise Unauthenticated("user name or password is wrong")
        self._throttle.succeeded(keys)
        return user

    def _check_throttle(self, keys: tuple[str, ...]) -> None:
        if wait := self._throttle.wait_s(keys, self._clock.monotonic()):
            raise TooMany(f"too many failed attempts; try again in {wait} s", retry_after_s=wait)

    async def _password_fits(self, user: User | None, password: str) -> bool:
        hasher = self._hasher()
        if user is None:  # the same work as for a known user: time must not tell which names exist
            await self._slowly(hasher.hash, password)
            return False
        return await self._slowly(hasher.verify, password, user.password_hash)

    # Who is asking

    def principal(self, user_id: int, session: str | None = None) -> Principal | None:
        """What a user may now; None if there is no such user (any more)."""
        user = self._users.get(user_id)
        if user is None:
            return None
        everything = user.role in (Role.ADMIN, Role.OPERATOR)
        return Principal(
            user.username,
            ROLES[user.role],
            user=user.id,
            role=user.role,
            only_devices=None if everything else self._assigned.get(user.id, frozenset()),
            operates=frozenset() if everything else self.operates(user_id),
            session=session,
        )

    def named(self, username: str) -> Principal | None:
        user = next((u for u in self._users.values() if u.username == username), None)
        return None if user is None else self.principal(user.id)

    def by_session(self, cookie: str) -> Principal | None:
        session = self._sessions.find(cookie)
        return None if session is None else self.principal(session.user_id, session.digest)

    # Assignment

    def assigned(self, device: int) -> list[tuple[User, Role]]:
        """Whom a device is assigned to, and what they are on it."""
        users = [user for user in self._users.values() if device in self._assigned.get(user.id, frozenset())]
        return [(user, Role.OPERATOR if device in self.operates(user.id) else Role.VIEWER) for user in users]

    def operates(self, user_id: int) -> frozenset[int]:
        """Devices on which the user was made operator."""
        return self._operates.get(user_id, frozenset())

    async def assign(self, device: int, user_id: int, role: Role = Role.VIEWER) -> None:
        """Let a viewer see a device, or be its operator. Raises InvalidInput for a role nobody has on one device."""
        self.get(user_id)
        if role is Role.ADMIN:
            raise InvalidInput("on one device somebody is viewer or operator")
        await self._database.write(lambda c: store.assign(c, device, user_id, role.value))
        self._assigned[user_id] = self._assigned.get(user_id, frozenset()) | {device}
        others = self.operates(user_id) - {device}
        self._operates[user_id] = others | {device} if role is Role.OPERATOR else others
        self._bus.publish(AccessChanged(user_id))

    async def unassign(self, device: int, user_id: int) -> None:
        self.get(user_id)
        await self._database.write(lambda c: store.unassign(c, device, user_id))
        self._assigned[user_id] = self._assigned.get(user_id, frozenset()) - {device}
        self._operates[user_id] = self.operates(user_id) - {device}
        self._bus.publish(AccessChanged(user_id))
