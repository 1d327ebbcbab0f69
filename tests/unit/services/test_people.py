"""Users, invitations, sessions and tokens."""

import asyncio
import threading
from typing import Any

import pytest

from ohmstead.domain.access import ROLES, Permission, Principal, Role
from ohmstead.domain.errors import Conflict, Forbidden, InvalidInput, NotFound, TooMany, Unauthenticated
from ohmstead.domain.person import CredentialsRevoked
from ohmstead.domain.telemetry import DAY
from ohmstead.domain.throttle import FREE_TRIES
from ohmstead.services.people import MOST_HASHING, MOST_WAITING
from ohmstead.services.sessions import MOST_OF_ONE

GOOD = "correct horse battery"


async def first_admin(world: Any) -> Principal:
    signed_in = await world.app.people.set_up(world.app.setup.renew(), "ada", GOOD, "a browser")
    who: Principal = world.app.people.by_session(signed_in.cookie)
    return who


async def test_a_set_up_link_works_once(world: Any) -> None:
    link = world.app.setup.renew()
    await world.app.people.set_up(link, "ada", GOOD, "")
    with pytest.raises(Conflict):
        await world.app.people.set_up(link, "eve", GOOD, "")


async def test_a_new_link_ends_the_old_one(world: Any) -> None:
    old = world.app.setup.renew()
    world.app.setup.renew()
    with pytest.raises(Forbidden, match="ohmstead user link"):
        await world.app.people.set_up(old, "ada", GOOD, "")


@pytest.mark.parametrize(("name", "password"), [("", GOOD), ("a b", GOOD), ("x" * 65, GOOD), ("ada", "short")])
async def test_names_and_passwords_have_rules(world: Any, name: str, password: str) -> None:
    with pytest.raises(InvalidInput):
        await world.app.people.set_up(world.app.setup.renew(), name, password, "")
    assert world.app.people.setup_needed


async def test_wrong_names_and_wrong_passwords_look_alike(world: Any) -> None:
    await first_admin(world)
    errors = []
    for name in ("ada", "nobody"):
        with pytest.raises(Unauthenticated) as raised:
            await world.app.people.log_in(name, "wrong password", "192.168.1.9", "")
        errors.append(str(raised.value))
    assert errors[0] == errors[1]


async def test_guessing_is_slowed_and_a_right_password_does_not_help_then(world: Any) -> None:
    await first_admin(world)
    for _ in range(5):
        with pytest.raises(Unauthenticated):
            await world.app.people.log_in("ada", "guess", "192.168.1.9", "")
    with pytest.raises(TooMany) as raised:
        await world.app.people.log_in("ada", GOOD, "192.168.1.9", "")
    assert raised.value.retry_after_s > 0


async def test_the_last_admin_stays(world: Any) -> None:
    ada = await first_admin(world)
    with pytest.raises(Conflict):
        await world.app.people.delete(ada, 1)
    with pytest.raises(Conflict):
        await world.app.people.change(ada, 1, role=Role.VIEWER)
    await world.app.people.create(ada, "kim", GOOD, Role.ADMIN)
    await world.app.people.delete(ada, 1)
    assert [u.username for u in world.app.people.all()] == ["kim"]


async def test_an_invitation_makes_one_user_who_sees_the_devices_it_names(world: Any) -> None:
    ada = await first_admin(world)
    seen, unseen = await world.device("A"), await world.device("B")
    _, secret = await world.app.invitations.invite(ada, Role.VIEWER, (seen.device.id,), "for kim")
    kim = world.app.people.by_session((await world.app.invitations.accept(secret, "kim", GOOD, "")).cookie)
    assert world.app.devices.get(kim, seen.device.id) is seen
    with pytest.raises(NotFound):
        world.app.devices.get(kim, unseen.device.id)
    with pytest.raises(Forbidden):
        await world.app.invitations.accept(secret, "eve", GOOD, "")


async def test_who_is_no_admin_any_more_leaves_no_way_in_behind(world: Any) -> None:
    ada = await first_admin(world)
    people, invitations = world.app.people, world.app.invitations
    bob = await people.create(ada, "bob", GOOD, Role.ADMIN)
    _, demoted = await invitations.invite(people.principal(bob.id), Role.ADMIN, (), "")
    _, kept = await invitations.invite(ada, Role.VIEWER, (), "")
    await people.change(ada, bob.id, role=Role.OPERATOR)
    with pytest.raises(Forbidden):
        await invitations.accept(demoted, "eve", GOOD, "")
    assert [one.inviter for one in await invitations.pending(ada)] == [ada.name]
    await people.change(ada, bob.id, role=Role.ADMIN)
    _, deleted = await invitations.invite(people.principal(bob.id), Role.ADMIN, (), "")
    await people.delete(ada, bob.id)
    with pytest.raises(Forbidden):
        await invitations.accept(deleted, "eve", GOOD, "")
    assert (await invitations.accept(kept, "kim", GOOD, "")).user.role is Role.VIEWER


async def test_an_invitation_survives_a_bad_password_but_not_a_week(world: Any) -> None:
    ada = await first_admin(world)
    _, secret = await world.app.invitations.invite(ada, Role.OPERATOR, (), "")
    with pytest.raises(InvalidInput):
        await world.app.invitations.accept(secret, "kim", "short", "")
    world.clock.us += 8 * DAY
    with pytest.raises(Forbidden):
        await world.app.invitations.accept(secret, "kim", GOOD, "")
    assert await world.app.invitations.pending(ada) == []


async def test_a_new_password_ends_the_other_sessions(world: Any) -> None:
    ada = await first_admin(world)
    other = (await world.app.people.log_in("ada", GOOD, "192.168.1.9", "phone")).cookie
    await world.app.people.change_own_password(ada, GOOD, GOOD + "!", ada.session)
    assert world.app.people.by_session(other) is None
    assert [s.digest for s in world.app.sessions.of(1)] == [ada.session]
    with pytest.raises(Forbidden, match="old password"):
        await world.app.people.change_own_password(ada, GOOD, GOOD, ada.session)


async def test_sessions_end_by_themselves(world: Any) -> None:
    await first_admin(world)
    cookie = (await world.app.people.log_in("ada", GOOD, "192.168.1.9", "")).cookie
    world.clock.us += 31 * DAY
    assert world.app.people.by_session(cookie) is None


async def test_a_token_has_the_rights_of_its_scopes_until_it_expires(world: Any) -> None:
    token, secret = await world.app.tokens.create("grafana", ("read",), actor="ada", expires_at=world.clock.us + DAY)
    who = world.app.tokens.principal(secret)
    assert who.may(Permission.DEVICES_READ)
    assert not who.may(Permission.DEVICES_EDIT)
    assert world.app.tokens.all()[0].last_used_at is not None
    world.clock.us += 2 * DAY
    assert world.app.tokens.principal(secret) is None
    assert token.digest != secret


@pytest.mark.parametrize("scopes", [(), ("root",), ("device",), ("mqtt",)])
async def test_scopes_that_make_no_sense_are_refused(world: Any, scopes: tuple[str, ...]) -> None:
    with pytest.raises(InvalidInput):
        await world.app.tokens.create("x", scopes, actor="ada")


async def test_revoking_tells_everyone_who_holds_a_door_open(world: Any) -> None:
    revoked: list[CredentialsRevoked] = []
    world.app.bus.subscribe(CredentialsRevoked, revoked.append)
    token, secret = await world.app.tokens.create("x", ("read",), actor="ada")
    await world.app.tokens.delete(token.id, "ada")
    assert revoked == [CredentialsRevoked(token=token.id)]
    assert world.app.tokens.principal(secret) is None


async def test_who_may_not_invite_cannot(world: Any) -> None:
    for role in (Role.VIEWER, Role.OPERATOR):
        with pytest.raises(Forbidden):
            await world.app.invitations.invite(Principal("pat", ROLES[role]), Role.ADMIN, (), "")


async def test_who_has_a_whole_network_of_addresses_is_slowed_as_one(world: Any) -> None:
    await first_admin(world)
    for n in range(5):
        with pytest.raises(Unauthenticated):
            await world.app.people.log_in(f"guess{n}", "guess", f"2001:db8::{n}:1", "")
    with pytest.raises(TooMany):
        await world.app.people.log_in("another", "guess", "2001:db8::77:1", "")


class CountingHasher:
    """Tells how many of it were at work at once."""

    def __init__(self) -> None:
        self.now = self.most = 0
        self.go = threading.Event()

    def hash(self, password: str) -> str:
        self.now += 1
        self.most = max(self.most, self.now)
        self.go.wait(5)
        self.now -= 1
        return password


async def test_slow_hashes_take_turns_and_a_flood_of_them_is_turned_away(
    world: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    hasher = CountingHasher()
    monkeypatch.setattr(world.app.people, "_hasher", lambda: hasher)
    tries = [world.app.people.log_in(f"user{n}", "guess", f"10.0.{n}.1", "") for n in range(100)]
    flood = asyncio.gather(*tries, return_exceptions=True)
    await asyncio.sleep(0)
    hasher.go.set()
    found = [type(answer) for answer in await flood]
    assert found.count(TooMany) == 100 - MOST_WAITING
    assert found.count(Unauthenticated) == MOST_WAITING
    assert 0 < hasher.most <= MOST_HASHING


async def test_parallel_guesses_of_the_old_password_are_counted(world: Any) -> None:
    ada = await first_admin(world)
    guesses = [world.app.people.change_own_password(ada, f"guess {n}", GOOD, None) for n in range(20)]
    found = [type(answer) for answer in await asyncio.gather(*guesses, return_exceptions=True)]
    assert found.count(Forbidden) == FREE_TRIES


async def test_a_session_or_token_that_expires_closes_what_it_opened(world: Any) -> None:
    ada = await first_admin(world)
    ended: list[CredentialsRevoked] = []
    world.app.bus.subscribe(CredentialsRevoked, ended.append)
    token, _ = await world.app.tokens.create("day", ("read",), actor="ada", expires_at=world.clock.us + DAY)
    world.clock.us += 400 * DAY
    for _ in range(2):
        await world.app.sessions.flush()
        await world.app.tokens.flush()
    assert ended == [CredentialsRevoked(session=ada.session), CredentialsRevoked(token=token.id)]


async def test_one_person_has_at_most_a_hundred_sessions_and_the_oldest_end(world: Any) -> None:
    who = await first_admin(world)
    sessions = world.app.sessions
    assert who.user is not None
    cookies = []
    for _ in range(MOST_OF_ONE + 5):
        world.clock.us += 1
        cookies.append(await sessions.open(who.user, "a script"))
    assert len(sessions.of(who.user)) == MOST_OF_ONE
    assert sessions.find(cookies[4]) is None
    assert sessions.find(cookies[5]) is not None
    await sessions.load()
    assert len(sessions.of(who.user)) == MOST_OF_ONE
