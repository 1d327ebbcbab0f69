"""Machine credentials: made once, shown once, kept as digests."""

from dataclasses import replace
from functools import partial
from typing import Final

from ohmstead.database import Database
from ohmstead.domain.access import SCOPES, Permission, Principal
from ohmstead.domain.errors import InvalidInput, NotFound
from ohmstead.domain.person import CredentialsRevoked, Token
from ohmstead.runtime.bus import Bus
from ohmstead.runtime.clock import Clock
from ohmstead.services.audit import Audit
from ohmstead.services.secrets import digest, new_token
from ohmstead.storage import tokens as store

DEVICE_PREFIX: Final = "ohd"
OTHER_PREFIX: Final = "oht"
FLUSHED_AT_ONCE: Final = 50  # samples travel in the same transaction


class Tokens:
    """Everything is in memory; each change is written through before it is answered."""

    def __init__(self, database: Database, audit: Audit, bus: Bus, clock: Clock) -> None:
        self._database = database
        self._audit = audit
        self._bus = bus
        self._clock = clock
        self._tokens: dict[str, Token] = {}
        self._principals: dict[str, Principal] = {}
        self._of_device: dict[int, set[str]] = {}
        self._used: dict[int, int] = {}
        self._newest = 0
        self._told_expired: set[int] = set()

    async def load(self) -> None:
        for token in await self._database.read(store.load):
            self._admit(token)

    def _admit(self, token: Token) -> None:
        permissions: frozenset[Permission] = frozenset().union(*(SCOPES[s] for s in token.scopes))
        self._tokens[token.digest] = token
        self._newest = max(self._newest, token.id)
        if token.device_id is not None:
            self._of_device.setdefault(token.device_id, set()).add(token.digest)
        self._principals[token.digest] = Principal(
            f"token:{token.name}", permissions, device=token.device_id, topics=token.topics, token=token.id
        )

    def principal(self, secret: str | bytes) -> Principal | None:
        """Who a secret speaks for; None if it is unknown, revoked or expired."""
        return self.principal_of(digest(secret))

    def principal_of(self, digested: str) -> Principal | None:
        """The same for who keeps the digest of a secret that is sent often."""
        known = self._tokens.get(digested)
        if known is None:
            return None
        now = self._clock.now()
        if known.expires_at is not None and known.expires_at <= now:
            return None
        self._used[known.id] = now
        return self._principals[known.digest]

    def all(self) -> list[Token]:
        """With the instant of their last use, in order of creation."""
        return [replace(t, last_used_at=self._used.get(t.id, t.last_used_at)) for t in self._tokens.values()]

    async def create(
        self,
        name: str,
        scopes: tuple[str, ...],
        *,
        actor: str,
        device: int | None = None,
        topics: tuple[str, ...] = (),
        expires_at: int | None = None,
    ) -> tuple[Token, str]:
        """(token, secret). The secret is not kept. Raises InvalidInput for scopes that make no sense."""
        if not scopes or (set(scopes) - set(SCOPES)):
            raise InvalidInput(f"scopes: one or more of {', '.join(sorted(SCOPES))}")
        if ("device" in scopes) != (device is not None):
            raise InvalidInput("scope `device` goes with a device, and a device with scope `device`")
        if ("mqtt" in scopes) != bool(topics):
            raise InvalidInput("scope `mqtt` goes with the topic filters it may use")
        secret = new_token(DEVICE_PREFIX if device is not None else OTHER_PREFIX)
        self._newest += 1
        token = Token(
            self._newest,
            digest(secret),
            name[:64],
            tuple(dict.fromkeys(scopes)),
            topics,
            device,
            self._clock.now(),
            expires_at,
            None,
        )
        await self._database.write(lambda c: store.insert(c, token))
        self._admit(token)
        await self._audit.record(actor, "token.create", token.name, ", ".join(token.scopes))
        return token, secret

    async def delete(self, token_id: int, actor: str) -> None:
        token = next((t for t in self._tokens.values() if t.id == token_id), None)
        if token is None:
            raise NotFound("there is no such token")
        await self._database.write(lambda c: store.delete(c, token_id))
        self._forget(token)
        await self._audit.record(actor, "token.delete", token.name)

    async def delete_of_device(self, device: int) -> None:
        await self._database.write(lambda c: store.delete_of_device(c, device))
        for token in [t for t in self._tokens.values() if t.device_id == device]:
            self._forget(token)

    async def rehome(self, old: int, new: int) -> None:
        """Let the tokens of device `old` speak for device `new`; what they opened has to connect again."""
        await self._database.write(lambda c: store.rehome(c, old, new))
        for token in [t for t in self._tokens.values() if t.device_id == old]:
            self._forget(token)
            self._admit(replace(token, device_id=new))

    def _forget(self, token: Token) -> None:
        self._told_expired.discard(token.id)
        self._tokens.pop(token.digest, None)
        self._principals.pop(token.digest, None)
        if token.device_id is not None:
            self._of_device.get(token.device_id, set()).discard(token.digest)
        self._bus.publish(CredentialsRevoked(token=token.id))

    def owned_by(self, device: int) -> bool:
        """Whether the device has a token, so that nothing anonymous may speak in its name."""
        return bool(self._of_device.get(device))

    def digests_of(self, device: int) -> tuple[str, ...]:
        """Of all its tokens, also of those that are over: a signature is made with one of them."""
        return tuple(self._of_device.get(device, ()))

    async def flush(self) -> None:
        """Write when tokens were last used; end what expired ones opened."""
        now = self._clock.now()
        for token in self._tokens.values():
            if token.expires_at is not None and token.expires_at <= now and token.id not in self._told_expired:
                self._told_expired.add(token.id)
                self._bus.publish(CredentialsRevoked(token=token.id))
        used, self._used = self._used, {}
        if not used:
            return
        for token in list(self._tokens.values()):
            if token.id in used:
                self._tokens[token.digest] = replace(token, last_used_at=used[token.id])
        ids = list(used)
        for start in range(0, len(ids), FLUSHED_AT_ONCE):
            some = {token_id: used[token_id] for token_id in ids[start : start + FLUSHED_AT_ONCE]}
            await self._database.write(partial(store.touch, used=some), later=True)
