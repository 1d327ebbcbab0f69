"""The keys whose signatures this server takes."""

from dataclasses import replace
from typing import Final

from ohmstead.database import Database
from ohmstead.domain.access import Permission, Principal
from ohmstead.domain.bundle import Bundle
from ohmstead.domain.errors import Conflict, NotFound
from ohmstead.domain.release import RefusedRelease, TrustedKey
from ohmstead.domain.signing import PublicKey
from ohmstead.runtime.clock import Clock
from ohmstead.services.audit import Audit
from ohmstead.storage import releases as store

LONGEST_NAME: Final = 64


class ReleaseKeys:
    """Event-loop only. Everything is in memory, and written through."""

    def __init__(self, database: Database, audit: Audit, clock: Clock) -> None:
        self._database = database
        self._audit = audit
        self._clock = clock
        self._keys: dict[str, TrustedKey] = {}

    async def load(self) -> None:
        self._keys = {one.key.id: one for one in await self._database.read(store.keys)}

    def all(self, who: Principal) -> list[TrustedKey]:
        """In the order they were added."""
        who.require(Permission.UPDATES_READ)
        return list(self._keys.values())

    def name(self, key_id: str | None) -> str | None:
        key = self._keys.get(key_id or "")
        return None if key is None else key.name

    def trusted(self, key_id: str | None) -> PublicKey | None:
        """None for a key that is not known, or was revoked."""
        found = self._keys.get(key_id or "")
        return None if found is None or found.revoked_at is not None else found.key

    def signer(self, bundle: Bundle) -> PublicKey:
        """Raises RefusedRelease unless a trusted key signed it."""
        for one in self._keys.values():
            if one.key.verifies(bundle.raw_manifest, bundle.signature):
                if one.revoked_at is not None:
                    raise RefusedRelease("signature", f"the key {one.name} ({one.key.id}) was revoked")
                return one.key
        known = "by none of the keys this server trusts" if self._keys else "but this server trusts no key yet"
        raise RefusedRelease("signature", f"signed, {known}")

    async def trust(self, who: Principal, name: str, n: str) -> TrustedKey:
        """From now on what this key signed is taken. A revoked key stays revoked: Conflict."""
        who.require(Permission.UPDATES_TRUST)
        key = PublicKey.parse(n)
        if (known := self._keys.get(key.id)) is not None:
            raise Conflict(f"this key is {'revoked' if known.revoked_at is not None else 'trusted already'}")
        label = " ".join(name.split())[:LONGEST_NAME] or key.id
        trusted = TrustedKey(key, label, who.name, self._clock.now())
        await self._database.write(lambda c: store.put_key(c, trusted))
        self._keys[key.id] = trusted
        await self._audit.record(who.name, "release-key.trust", key.id, label)
        return trusted

    async def revoke(self, who: Principal, key_id: str) -> TrustedKey:
        """What it signed is given to no device any more. There is no way back for a key."""
        who.require(Permission.UPDATES_TRUST)
        before = self._keys.get(key_id)
        if before is None:
            raise NotFound("there is no such key")
        if before.revoked_at is not None:
            return before
        after = replace(before, revoked_by=who.name, revoked_at=self._clock.now())
        await self._database.write(lambda c: store.put_key(c, after))
        self._keys[key_id] = after
        await self._audit.record(who.name, "release-key.revoke", key_id, before.name)
        return after
