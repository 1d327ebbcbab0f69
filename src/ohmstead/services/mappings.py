"""Mappings of foreign JSON to channels, and the payloads that wait for one."""

from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, Final

from ohmstead.database import Database
from ohmstead.dialects.dialect import Dialect
from ohmstead.domain.access import Permission, Principal
from ohmstead.domain.errors import Conflict, NotFound
from ohmstead.domain.mapping import Mapping, Source, check
from ohmstead.runtime.clock import Clock
from ohmstead.services.audit import Audit
from ohmstead.storage import mappings as store

MOST_MAPPINGS: Final = 1_000
MOST_UNMATCHED: Final = 100  # sources remembered; the one silent longest goes
LONGEST_UNMATCHED: Final = 4096  # bytes of a payload; a longer one is not remembered
_JSON_BEGINS: Final = frozenset(b'{[-0123456789"')


@dataclass(slots=True)
class Unmatched:
    """The newest payload of a topic or path that nothing is mapped to."""

    source: Source
    name: str
    payload: bytes
    count: int
    last_at: int


class Mappings:
    """Everything is in memory; each change is written through before it is answered. Event-loop only."""

    def __init__(
        self,
        database: Database,
        audit: Audit,
        clock: Clock,
        zone: Callable[[], str],
        make: Callable[[Mapping, str], Dialect],
    ) -> None:
        """`make` gives the dialect that reads by a mapping, for devices whose clocks are in a zone."""
        self._database = database
        self._audit = audit
        self._clock = clock
        self._zone = zone
        self._make = make
        self._mappings: dict[int, Mapping] = {}
        self._newest = 0
        self._dialects: dict[tuple[int, str], Dialect] = {}
        self._found: dict[tuple[Source, str], Mapping | None] = {}
        self._unmatched: OrderedDict[tuple[Source, str], Unmatched] = OrderedDict()
        self.generation = 0  # rises with every change, for those who remember an answer

    async def load(self) -> None:
        self._mappings = {m.id: m for m in await self._database.read(store.load)}
        self._newest = max(self._mappings, default=0)

    # Reading by them

    def find(self, source: Source, name: str) -> Dialect | None:
        """What reads the messages of a topic or path: the oldest mapping that fits, or None."""
        key = (source, name)
        if key not in self._found:
            if len(self._found) >= 10_000:
                self._found.clear()
            self._found[key] = next((m for m in self._mappings.values() if m.takes(source, name)), None)
        mapping = self._found[key]
        if mapping is None:
            return None
        zone = self._zone()
        dialect = self._dialects.get((mapping.id, zone))
        if dialect is None:
            dialect = self._dialects[mapping.id, zone] = self._make(mapping, zone)
        return dialect

    def note(self, source: Source, name: str, payload: bytes | memoryview) -> None:
        """Remember a payload that nothing is mapped to, so that an admin can see what there is to map."""
        if not 0 < len(payload) <= LONGEST_UNMATCHED or payload[0] not in _JSON_BEGINS:
            return
        key = (source, name)
        known = self._unmatched.get(key)
        if known is None:
            if len(self._unmatched) >= MOST_UNMATCHED:
                self._unmatched.popitem(last=False)
            known = self._unmatched[key] = Unmatched(source, name, b"", 0, 0)
        known.payload, known.last_at = bytes(payload), self._clock.now()
        known.count += 1
        self._unmatched.move_to_end(key)

    # What admins do

    def all(self, who: Principal) -> list[Mapping]:
        who.require(Permission.MAPPINGS_EDIT)
        return list(self._mappings.values())

    def unmatched(self, who: Principal, source: Source | None = None) -> list[Unmatched]:
        """Newest first."""
        who.require(Permission.MAPPINGS_EDIT)
        return [u for u in reversed(self._unmatched.values()) if source in (None, u.source)]

    async def create(self, who: Principal, mapping: Mapping) -> Mapping:
        """Raises InvalidInput for a mapping that makes no sense, Conflict when there are too many."""
        who.require(Permission.MAPPINGS_EDIT)
        check(mapping)
        if len(self._mappings) >= MOST_MAPPINGS:
            raise Conflict(f"at most {MOST_MAPPINGS} mappings")
        self._newest += 1
        new = replace(mapping, id=self._newest)
        await self._database.write(lambda c: store.insert(c, new))
        await self._changed(who, "mapping.create", new)
        return new

    async def change(self, who: Principal, mapping_id: int, **changes: Any) -> Mapping:
        who.require(Permission.MAPPINGS_EDIT)
        new = check(replace(self._get(mapping_id), **changes))
        await self._database.write(lambda c: store.update(c, new))
        await self._changed(who, "mapping.change", new)
        return new

    async def delete(self, who: Principal, mapping_id: int) -> None:
        """The devices and what they measured stay."""
        who.require(Permission.MAPPINGS_EDIT)
        old = self._get(mapping_id)
        await self._database.write(lambda c: store.delete(c, mapping_id))
        await self._changed(who, "mapping.delete", old, gone=True)

    def _get(self, mapping_id: int) -> Mapping:
        try:
            return self._mappings[mapping_id]
        except KeyError:
            raise NotFound("there is no such mapping") from None

    async def _changed(self, who: Principal, action: str, mapping: Mapping, *, gone: bool = False) -> None:
        if gone:
            self._mappings.pop(mapping.id, None)
        else:
            self._mappings[mapping.id] = mapping
        self._dialects.clear()
        self._found.clear()
        self.generation += 1
        for key in [k for k in self._unmatched if mapping.takes(*k)]:
            del self._unmatched[key]
        await self._audit.record(who.name, action, f"{mapping.source} {mapping.filter}", mapping.serial)
