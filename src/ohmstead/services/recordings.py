"""Recordings: who may see, begin, change, finish and delete them. Samples are stored whether anybody records or not."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Final

from ohmstead.database import Database
from ohmstead.domain.access import Permission, Principal
from ohmstead.domain.errors import InvalidInput, NotFound
from ohmstead.domain.recording import Recording, Rig, Wanted
from ohmstead.domain.subject import checked_mass
from ohmstead.domain.telemetry import SECOND
from ohmstead.runtime.clock import Clock
from ohmstead.services.audit import Audit
from ohmstead.services.devices import Devices
from ohmstead.services.open_recordings import OpenRecordings
from ohmstead.services.rooms import clean_name
from ohmstead.services.subjects import Subjects, sees_only
from ohmstead.storage import recordings as store

MOST_CHANNELS: Final = 50


class Recordings:
    """Event-loop only."""

    def __init__(
        self,
        database: Database,
        devices: Devices,
        subjects: Subjects,
        opened: OpenRecordings,
        audit: Audit,
        clock: Clock,
        undo_s: int,
    ) -> None:
        self._database = database
        self._devices = devices
        self._subjects = subjects
        self._open = opened
        self._audit = audit
        self._clock = clock
        self._undo_us = undo_s * SECOND
        self._newest = 0

    async def load(self) -> None:
        self._newest, _ = await self._database.read(store.newest_ids)

    # Looking

    async def visible(
        self, who: Principal, wanted: Wanted, limit: int, before: tuple[int, int] | None
    ) -> list[Recording]:
        """Newest first; `before` is (started_at, id) of the last one seen."""
        who.require(Permission.DEVICES_READ)
        wanted = replace(wanted, devices=sees_only(who))
        return await self._database.read(lambda c: store.recordings(c, wanted, limit, before))

    async def counts(self, recordings: Sequence[int]) -> dict[int, tuple[int, int]]:
        """recording → (trials done, of them accepted)."""
        return await self._database.read(lambda c: store.counts(c, recordings)) if recordings else {}

    async def get(self, who: Principal, recording_id: int, *, deleted: bool = False) -> Recording:
        """Raises NotFound also for one that holds data of a device that `who` may not see."""
        who.require(Permission.DEVICES_READ)

        def read(connection: Any) -> tuple[Recording | None, list[int]]:
            return store.get(connection, recording_id), store.devices_of(connection, recording_id)

        one, devices = await self._database.read(read)
        only = sees_only(who)
        if one is None or (one.deleted_at is not None) != deleted or not (only is None or only.issuperset(devices)):
            raise NotFound("there is no such recording")
        if only is not None and not devices:
            raise NotFound("there is no such recording")
        return one

    # Changing

    async def create(
        self,
        who: Principal,
        *,
        kind: str,
        name: str,
        channels: Sequence[int],
        subject: int | None = None,
        protocol: str = "",
        rig: Rig = Rig.PLATE,
        posture: str = "",
        body_mass_kg: float | None = None,
        note: str = "",
    ) -> Recording:
        """An open recording, to which trials can be added. The body mass of the subject is kept as it is today."""
        found = [self._devices.channel(who, one) for one in dict.fromkeys(channels)]
        who.require(Permission.RECORDINGS_EDIT)
        if not 0 < len(found) <= MOST_CHANNELS:
            raise InvalidInput(f"1–{MOST_CHANNELS} channels")
        if subject is not None:
            known = await self._subjects.get(who, subject)
            body_mass_kg = known.body_mass_kg if body_mass_kg is None else body_mass_kg
        self._newest += 1
        one = Recording(
            self._newest,
            kind,
            clean_name(name, "a recording"),
            tuple(channel.id for channel in found),
            self._clock.now(),
            who.name,
            subject,
            protocol,
            rig,
            posture,
            checked_mass(body_mass_kg),
            note,
        )
        devices = sorted({channel.device for channel in found})
        await self._database.write(lambda c: store.insert(c, one, devices))
        self._open.begin(one)
        await self._audit.record(who.name, "recording.add", one.name, one.kind)
        return one

    async def change(self, who: Principal, recording_id: int, **changes: Any) -> Recording:
        """`changes` name fields of Recording; its channels and times stay."""
        one = await self.get(who, recording_id)
        who.require(Permission.RECORDINGS_EDIT)
        if "name" in changes:
            changes["name"] = clean_name(changes["name"], "a recording")
        if changes.get("subject") is not None:
            await self._subjects.get(who, changes["subject"])
        checked_mass(changes.get("body_mass_kg"))
        changed = replace(one, **changes)
        await self._save(changed)
        await self._audit.record(who.name, "recording.change", changed.name, ", ".join(sorted(changes)))
        return changed

    async def finish(self, who: Principal, recording_id: int) -> Recording:
        """No more trials. One that runs ends."""
        one = await self.get(who, recording_id)
        who.require(Permission.RECORDINGS_EDIT)
        return await self._finish(one, who.name)

    async def _finish(self, one: Recording, by: str) -> Recording:
        if one.ended_at is not None:
            return one
        for trial in self._open.trials_of(one.id):
            await self._open.end(trial, self._clock.now(), by)
        ended = replace(one, ended_at=self._clock.now())
        await self._save(ended)
        return ended

    async def delete(self, who: Principal, recording_id: int) -> None:
        """It can be brought back during the undo time. Its samples are the channels' and stay there."""
        one = await self.get(who, recording_id)
        who.require(Permission.RECORDINGS_EDIT)
        one = await self._finish(one, who.name)
        await self._save(replace(one, deleted_at=self._clock.now()))
        await self._audit.record(who.name, "recording.delete", one.name)

    async def restore(self, who: Principal, recording_id: int) -> Recording:
        one = await self.get(who, recording_id, deleted=True)
        who.require(Permission.RECORDINGS_EDIT)
        restored = replace(one, deleted_at=None)
        await self._save(restored)
        await self._audit.record(who.name, "recording.restore", one.name)
        return restored

    async def _save(self, one: Recording) -> None:
        if one.subject is not None and self._subjects.known(one.subject) is None:
            one = replace(one, subject=None)  # who was deleted for good meanwhile
        await self._database.write(lambda c: store.update(c, one))
        self._open.put(one)

    # What time brings

    async def tick(self) -> None:
        """End what ends by itself, settle what is complete, finish what was forgotten. A few times a second."""
        now = self._clock.now()
        await self._open.tick(now)
        for one in self._open.forgotten(now):
            await self._finish(one, "time")

    async def purge(self) -> None:
        """Remove for good what was deleted longer ago than the undo time."""
        limit = self._clock.now() - self._undo_us
        recordings, trials = await self._database.read(lambda c: store.deleted_before(c, limit))
        if recordings or trials:
            await self._database.write(lambda c: store.delete(c, recordings, trials))
