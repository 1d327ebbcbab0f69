"""Subjects and groups: who is recorded. Few enough to be in memory; each change is written before it is answered."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Final

from ohmstead.database import Database
from ohmstead.domain.access import Permission, Principal
from ohmstead.domain.errors import Conflict, InvalidInput, NotFound
from ohmstead.domain.recording import Wanted
from ohmstead.domain.subject import Group, Subject, checked_mass
from ohmstead.domain.telemetry import SECOND
from ohmstead.runtime.clock import Clock
from ohmstead.services.audit import Audit
from ohmstead.services.rooms import clean_name
from ohmstead.storage import recordings as recordings_store
from ohmstead.storage import subjects as store

MOST_SUBJECTS: Final = 20_000
MOST_GROUPS: Final = 500


class Subjects:
    def __init__(self, database: Database, audit: Audit, clock: Clock, undo_s: int) -> None:
        self._database = database
        self._audit = audit
        self._clock = clock
        self._undo_us = undo_s * SECOND
        self._subjects: dict[int, Subject] = {}
        self._groups: dict[int, Group] = {}
        self._newest = 0
        self._newest_group = 0

    async def load(self) -> None:
        self._subjects = {one.id: one for one in await self._database.read(store.load)}
        self._groups = {one.id: one for one in await self._database.read(store.load_groups)}
        self._newest = max(self._subjects, default=0)
        self._newest_group = max(self._groups, default=0)

    # Looking

    async def visible(self, who: Principal, group: int | None = None) -> list[Subject]:
        """Subjects that `who` may know of, by pseudonym: who sees some devices only, those recorded there."""
        who.require(Permission.DEVICES_READ)
        known = await self._known_to(who)
        found = [
            one
            for one in self._subjects.values()
            if one.deleted_at is None and (group is None or group in one.groups) and (known is None or one.id in known)
        ]
        return sorted(found, key=lambda one: one.pseudonym.casefold())

    async def _known_to(self, who: Principal) -> frozenset[int] | None:
        if (devices := sees_only(who)) is None:
            return None
        wanted = Wanted(devices=devices)
        return frozenset(await self._database.read(lambda c: recordings_store.subjects(c, wanted)))

    async def get(self, who: Principal, subject_id: int) -> Subject:
        """Raises NotFound both for a missing subject and for one that `who` may not know of."""
        who.require(Permission.DEVICES_READ)
        one = self._subjects.get(subject_id)
        known = await self._known_to(who)
        if one is None or one.deleted_at is not None or (known is not None and subject_id not in known):
            raise NotFound("there is no such subject")
        return one

    def known(self, subject_id: int | None) -> Subject | None:
        """For who was let in already; those in their undo time too."""
        return None if subject_id is None else self._subjects.get(subject_id)

    async def groups(self, who: Principal) -> list[tuple[Group, int]]:
        """Each with the number of its subjects, by name. Who sees some devices only sees groups of subjects there."""
        sizes = Counter(group for one in await self.visible(who) for group in one.groups)
        found = [one for one in self._groups.values() if sees_only(who) is None or one.id in sizes]
        return [(one, sizes[one.id]) for one in sorted(found, key=lambda one: one.name.casefold())]

    def size(self, group_id: int) -> int:
        return sum(group_id in one.groups and one.deleted_at is None for one in self._subjects.values())

    # Changing

    async def add(
        self,
        who: Principal,
        *,
        pseudonym: str | None = None,
        body_mass_kg: float | None = None,
        consent: str = "",
        note: str = "",
        groups: Sequence[int] = (),
    ) -> Subject:
        """Without a pseudonym the next free `S-001` is given. Raises Conflict when it is taken."""
        who.require(Permission.RECORDINGS_EDIT)
        if len(self._subjects) >= MOST_SUBJECTS:
            raise Conflict(f"at most {MOST_SUBJECTS} subjects")
        self._newest += 1
        name = self._free(pseudonym) if pseudonym else self._next_pseudonym()
        one = Subject(
            self._newest,
            name,
            self._clock.now(),
            checked_mass(body_mass_kg),
            consent,
            note,
            self._known_groups(groups),
        )
        await self._keep(one)
        await self._audit.record(who.name, "subject.add", one.pseudonym)
        return one

    async def change(self, who: Principal, subject_id: int, **changes: Any) -> Subject:
        """`changes` name fields of Subject; None for `body_mass_kg` means not known."""
        one = await self.get(who, subject_id)
        who.require(Permission.RECORDINGS_EDIT)
        if "pseudonym" in changes:
            changes["pseudonym"] = self._free(changes["pseudonym"], but=one)
        if "body_mass_kg" in changes:
            checked_mass(changes["body_mass_kg"])
        if "groups" in changes:
            changes["groups"] = self._known_groups(changes["groups"])
        changed = replace(one, **changes)
        await self._keep(changed)
        await self._audit.record(who.name, "subject.change", changed.pseudonym, ", ".join(sorted(changes)))
        return changed

    async def delete(self, who: Principal, subject_id: int) -> None:
        """It goes after the undo time; recordings stay, without a subject."""
        one = await self.get(who, subject_id)
        who.require(Permission.RECORDINGS_EDIT)
        await self._keep(replace(one, deleted_at=self._clock.now()))
        await self._audit.record(who.name, "subject.delete", one.pseudonym)

    async def restore(self, who: Principal, subject_id: int) -> Subject:
        who.require(Permission.RECORDINGS_EDIT)
        one = self._subjects.get(subject_id)
        if one is None or one.deleted_at is None:
            raise NotFound("there is no such subject in its undo time")
        restored = replace(one, deleted_at=None)
        await self._keep(restored)
        await self._audit.record(who.name, "subject.restore", one.pseudonym)
        return restored

    async def purge(self) -> None:
        limit = self._clock.now() - self._undo_us
        for one in list(self._subjects.values()):
            if one.deleted_at is not None and one.deleted_at <= limit:
                await self._database.write(lambda c, one=one: store.delete(c, one.id))  # type: ignore[misc]
                del self._subjects[one.id]

    async def add_group(self, who: Principal, name: str, note: str = "") -> Group:
        who.require(Permission.RECORDINGS_EDIT)
        if len(self._groups) >= MOST_GROUPS:
            raise Conflict(f"at most {MOST_GROUPS} groups")
        self._newest_group += 1
        return await self._keep_group(who, Group(self._newest_group, self._free_group(name), note), "group.add")

    async def change_group(self, who: Principal, group_id: int, name: str | None, note: str | None) -> Group:
        who.require(Permission.RECORDINGS_EDIT)
        old = self._group(group_id)
        changed = replace(
            old,
            name=old.name if name is None else self._free_group(name, but=old),
            note=old.note if note is None else note,
        )
        return await self._keep_group(who, changed, "group.change")

    async def delete_group(self, who: Principal, group_id: int) -> None:
        """Its members stay."""
        who.require(Permission.RECORDINGS_EDIT)
        group = self._group(group_id)
        await self._database.write(lambda c: store.delete_group(c, group_id))
        del self._groups[group_id]
        for one in list(self._subjects.values()):
            if group_id in one.groups:
                self._subjects[one.id] = replace(one, groups=tuple(g for g in one.groups if g != group_id))
        await self._audit.record(who.name, "group.delete", group.name)

    async def _keep(self, one: Subject) -> None:
        await self._database.write(lambda c: store.put(c, one))
        self._subjects[one.id] = one

    async def _keep_group(self, who: Principal, group: Group, action: str) -> Group:
        await self._database.write(lambda c: store.put_group(c, group))
        self._groups[group.id] = group
        await self._audit.record(who.name, action, group.name)
        return group

    def _group(self, group_id: int) -> Group:
        try:
            return self._groups[group_id]
        except KeyError:
            raise NotFound("there is no such group") from None

    def _known_groups(self, groups: Sequence[int]) -> tuple[int, ...]:
        if unknown := [g for g in groups if g not in self._groups]:
            raise InvalidInput(f"there is no group {unknown[0]}")
        return tuple(sorted(set(groups)))

    def _next_pseudonym(self) -> str:
        taken = {one.pseudonym for one in self._subjects.values()}
        number = self._newest
        while f"S-{number:03}" in taken:
            number += 1
        return f"S-{number:03}"

    def _free(self, pseudonym: str, but: Subject | None = None) -> str:
        cleaned = clean_name(pseudonym, "a subject")
        for one in self._subjects.values():
            if (but is None or one.id != but.id) and one.pseudonym.casefold() == cleaned.casefold():
                raise Conflict("there is a subject of that pseudonym")
        return cleaned

    def _free_group(self, name: str, but: Group | None = None) -> str:
        cleaned = clean_name(name, "a group")
        for one in self._groups.values():
            if one is not but and one.name.casefold() == cleaned.casefold():
                raise Conflict("there is a group of that name")
        return cleaned


def sees_only(who: Principal) -> frozenset[int] | None:
    """The devices that `who` is limited to; None for who sees all of them."""
    if who.device is not None:
        return frozenset((who.device,))
    return who.only_devices
