"""Rooms: names under which outputs are found."""

from typing import Final

from ohmstead.database import Database
from ohmstead.domain.access import Permission, Principal
from ohmstead.domain.errors import Conflict, InvalidInput, NotFound
from ohmstead.domain.output import Room
from ohmstead.services.audit import Audit
from ohmstead.storage import outputs as store

MOST_ROOMS: Final = 500


class Rooms:
    """Everything is in memory; each change is written through before it is answered."""

    def __init__(self, database: Database, audit: Audit) -> None:
        self._database = database
        self._audit = audit
        self._rooms: dict[int, Room] = {}
        self._newest = 0

    async def load(self) -> None:
        self._rooms = {room.id: room for room in await self._database.read(store.load_rooms)}
        self._newest = max(self._rooms, default=0)

    def all(self) -> list[Room]:
        return list(self._rooms.values())

    def get(self, room_id: int) -> Room:
        try:
            return self._rooms[room_id]
        except KeyError:
            raise NotFound("there is no such room") from None

    async def add(self, who: Principal, name: str) -> Room:
        """Raises Conflict when the name is taken."""
        who.require(Permission.ROOMS_EDIT)
        cleaned = self._free_name(name)
        if len(self._rooms) >= MOST_ROOMS:
            raise Conflict(f"at most {MOST_ROOMS} rooms")
        self._newest += 1
        room = self._rooms[self._newest] = Room(self._newest, cleaned)
        try:
            await self._database.write(lambda c: store.insert_room(c, room))
        except BaseException:
            del self._rooms[room.id]
            raise
        await self._audit.record(who.name, "room.add", room.name)
        return room

    async def rename(self, who: Principal, room_id: int, name: str) -> Room:
        who.require(Permission.ROOMS_EDIT)
        old = self.get(room_id)
        room = Room(room_id, self._free_name(name, but=old))
        await self._database.write(lambda c: store.rename_room(c, room_id, room.name))
        self._rooms[room_id] = room
        await self._audit.record(who.name, "room.rename", room.name, f"was {old.name}")
        return room

    async def remove(self, who: Principal, room_id: int, *, empty: bool) -> None:
        """Raises Conflict while outputs are in it."""
        who.require(Permission.ROOMS_EDIT)
        room = self.get(room_id)
        if not empty:
            raise Conflict("there are outputs in this room; move or remove them first")
        await self._database.write(lambda c: store.delete_room(c, room_id))
        del self._rooms[room_id]
        await self._audit.record(who.name, "room.remove", room.name)

    def _free_name(self, name: str, but: Room | None = None) -> str:
        cleaned = clean_name(name, "a room")
        if any(r is not but and r.name.casefold() == cleaned.casefold() for r in self._rooms.values()):
            raise Conflict("there is a room of that name")
        return cleaned


def clean_name(name: str, whose: str) -> str:
    """A name as it is kept. Raises InvalidInput if nothing printable is left of it."""
    cleaned = " ".join(name.split())[:64]
    if not cleaned or not cleaned.isprintable():
        raise InvalidInput(f"{whose} needs a name of 1–64 printable characters")
    return cleaned
