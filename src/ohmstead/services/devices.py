"""What people do with devices: look, add, claim, refuse, rename, rotate credentials, delete."""

from collections.abc import Iterable

from ohmstead.domain.access import Permission, Principal, Role
from ohmstead.domain.device import Channel, DeviceChanged, DeviceState, check_transition, group_names
from ohmstead.domain.errors import Conflict, Forbidden, InvalidInput, NotFound
from ohmstead.domain.identity import is_legal
from ohmstead.domain.person import User
from ohmstead.domain.telemetry import SECOND
from ohmstead.domain.units import conversion
from ohmstead.runtime.bus import Bus
from ohmstead.runtime.clock import Clock
from ohmstead.series import SeriesStore
from ohmstead.services.audit import Audit
from ohmstead.services.people import People
from ohmstead.services.registry import NO_CHANNEL, Known, Registry
from ohmstead.services.tokens import Tokens

NATIVE = "native"


class Devices:
    def __init__(
        self,
        registry: Registry,
        series: SeriesStore,
        people: People,
        tokens: Tokens,
        audit: Audit,
        bus: Bus,
        clock: Clock,
        undo_s: int,
    ) -> None:
        self._registry = registry
        self._series = series
        self._people = people
        self._tokens = tokens
        self._audit = audit
        self._bus = bus
        self._clock = clock
        self._undo_us = undo_s * SECOND

    # Looking

    def visible(self, who: Principal, state: str | None, after: int, limit: int) -> tuple[list[Known], bool]:
        """Devices that `who` may see, with ids above `after`, at most `limit`; and whether there are more."""
        who.require(Permission.DEVICES_READ)
        found = [
            known
            for known in self._registry
            if known.device.id > after
            and (state is None or known.device.state == state)
            and who.may_see(known.device.id, claimed=known.device.claimed)
        ]
        return found[:limit], len(found) > limit

    def get(self, who: Principal, device_id: int) -> Known:
        """Raises NotFound both for a missing device and for one that `who` may not see."""
        known = self._registry.get(device_id)
        who.require_sight(device_id, claimed=known.device.claimed)
        return known

    def to_act_on(self, who: Principal, device_id: int, permission: Permission) -> Known:
        """Raises NotFound as `get` does, Forbidden for a device that `who` may only look at."""
        known = self._registry.get(device_id)
        who.require_action(device_id, permission, claimed=known.device.claimed)
        return known

    def own(self, who: Principal) -> Known:
        """The device whose own token was sent. Raises Forbidden for everyone else."""
        if who.device is None or not who.may(Permission.TELEMETRY_WRITE):
            raise Forbidden("this is for a device's own token")
        return self._registry.get(who.device)

    def channel(self, who: Principal, channel_id: int) -> Channel:
        """Raises NotFound in the same words for a missing channel and for one that `who` may not see."""
        channel = self._registry.channel(channel_id)
        if not self.may_see(who, channel.device):
            raise NotFound(NO_CHANNEL)
        return channel

    def known_channel(self, channel_id: int) -> Channel | None:
        """For who was let in by something that names the channel; None when it is gone."""
        try:
            return self._registry.channel(channel_id)
        except NotFound:
            return None

    def may_see(self, who: Principal, device_id: int) -> bool:
        try:
            self.get(who, device_id)
        except NotFound:
            return False
        return True

    def is_there(self, device_id: int) -> bool:
        """Whether a device exists and is online."""
        try:
            return self.is_online(self._registry.get(device_id))
        except NotFound:
            return False

    def is_online(self, known: Known) -> bool:
        return known.presence.is_online(self._clock.now())

    def interval_us(self, device_id: int) -> int:
        """The device's learned interval; 0 while it is not known."""
        return self._registry.get(device_id).presence.interval_us or 0

    def untimed_at(self, device_id: int) -> int:
        """When samples of a device came last that took their arrival as their time; 0: never since the start."""
        try:
            return self._registry.get(device_id).untimed_at
        except NotFound:
            return 0

    def last(self, channel_id: int) -> tuple[int, float] | None:
        return self._series.last.get(channel_id)

    # Changing

    async def add(self, who: Principal, serial: str, name: str | None) -> tuple[Known, str]:
        """A new claimed device and its token. Raises Conflict when the serial exists."""
        who.require(Permission.DEVICES_EDIT)
        if not is_legal(serial):
            raise InvalidInput("a serial has 1–64 letters, digits or . _ : -")
        if serial in self._registry.by_serial:
            raise Conflict(f"there is a device with serial {serial}")
        known = self._registry.create(serial, _clean(name) or serial, DeviceState.CLAIMED, NATIVE, self._clock.now())
        known.owns_token = True
        _, secret = await self._tokens.create(serial, ("device",), actor=who.name, device=known.device.id)
        await self._note(who, "device.add", known)
        return known, secret

    async def expect(self, who: Principal, serial: str, name: str | None, dialect: str) -> Known:
        """A new claimed device without a token, whose door is open to its dialect. Raises Conflict when it exists."""
        who.require(Permission.DEVICES_EDIT)
        if not is_legal(serial):
            raise InvalidInput("a serial has 1–64 letters, digits or . _ : -")
        if serial in self._registry.by_serial:
            raise Conflict(f"there is a device with serial {serial}")
        known = self._registry.create(serial, _clean(name) or serial, DeviceState.CLAIMED, dialect, self._clock.now())
        await self._note(who, "device.add", known)
        return known

    async def claim(self, who: Principal, device_id: int, name: str | None) -> Known:
        return await self._move(who, device_id, DeviceState.CLAIMED, "device.claim", name)

    async def refuse(self, who: Principal, device_id: int) -> Known:
        return await self._move(who, device_id, DeviceState.REFUSED, "device.refuse")

    async def unclaim(self, who: Principal, device_id: int) -> Known:
        """Undo of claim and refuse: somebody will have to answer for it again."""
        return await self._move(who, device_id, DeviceState.UNCLAIMED, "device.unclaim")

    async def _move(
        self, who: Principal, device_id: int, to: DeviceState, action: str, name: str | None = None
    ) -> Known:
        known = self.to_act_on(who, device_id, Permission.DEVICES_CLAIM)
        check_transition(known.device, to)
        await self._registry.update(known, state=to, name=_clean(name) or known.device.name)
        await self._note(who, action, known)
        return known

    async def change(
        self, who: Principal, device_id: int, *, name: str | None = None, groups: Iterable[str] | None = None
    ) -> Known:
        """A new name; the groups it is in from now on, and no others. All of it or nothing; None leaves as it is."""
        known = self.to_act_on(who, device_id, Permission.DEVICES_EDIT)
        changes: dict[str, object] = {}
        if name is not None:
            if not (cleaned := _clean(name)):
                raise InvalidInput("a device needs a name")
            changes["name"] = cleaned
        if groups is not None and (names := group_names(groups)) != known.device.groups:
            changes["groups"] = names
        if changes:
            await self._registry.update(known, **changes)
        if "name" in changes:
            await self._note(who, "device.rename", known)
        if "groups" in changes:
            await self._note(who, "device.regroup", known, ", ".join(known.device.groups) or "none")
        return known

    async def change_channel(
        self,
        who: Principal,
        channel_id: int,
        *,
        label: str | None = None,
        decimals: int | None = None,
        display_unit: str | None = None,
        keep_raw_days: int | None = None,
        keep_raw_as_set: bool = False,
    ) -> Known:
        """How people see a channel, and how long its raw samples stay. Raises InvalidInput for a foreign unit.

        None leaves things as they are; `keep_raw_as_set` lets the server's setting decide about raw samples again.
        """
        channel = self._registry.channel(channel_id)
        if not who.may_act_on(channel.device, Permission.DEVICES_EDIT):
            self.channel(who, channel_id)
            who.require(Permission.DEVICES_EDIT)
        if display_unit and conversion(display_unit, channel.unit) is None:
            raise InvalidInput(f"{channel.unit or 'a plain number'} cannot be shown in {display_unit}")
        wanted = {
            "label": None if label is None else _clean(label),
            "decimals": decimals,
            "display_unit": display_unit,
            "keep_raw_days": keep_raw_days,
        }
        changes: dict[str, object] = {name: value for name, value in wanted.items() if value is not None}
        if keep_raw_as_set:
            changes["keep_raw_days"] = None
        if changes:
            await self._registry.change_channel(channel, **changes)
        known = self._registry.get(channel.device)
        await self._note(who, "channel.change", known)
        return known

    async def rotate_token(self, who: Principal, device_id: int) -> str:
        """A new device token; the old ones stop at once."""
        known = self.to_act_on(who, device_id, Permission.DEVICES_EDIT)
        await self._tokens.delete_of_device(device_id)
        _, secret = await self._tokens.create(known.device.serial, ("device",), actor=who.name, device=device_id)
        known.owns_token = True
        await self._note(who, "device.rotate-token", known)
        return secret

    def assigned(self, who: Principal, device_id: int) -> list[tuple[User, Role]]:
        self.get(who, device_id)
        who.require(Permission.USERS_EDIT)
        return self._people.assigned(device_id)

    async def assign(self, who: Principal, device_id: int, user_id: int, role: Role = Role.VIEWER) -> Known:
        """Let a viewer see the device, or do with it what operators do with all. Raises InvalidInput."""
        known = self.get(who, device_id)
        who.require(Permission.USERS_EDIT)
        await self._people.assign(device_id, user_id, role)
        await self._note(who, "device.assign", known)
        return known

    async def unassign(self, who: Principal, device_id: int, user_id: int) -> Known:
        known = self.get(who, device_id)
        who.require(Permission.USERS_EDIT)
        await self._people.unassign(device_id, user_id)
        await self._note(who, "device.unassign", known)
        return known

    async def delete(self, who: Principal, device_id: int) -> None:
        """Hide the device now; its data goes after the undo time."""
        known = self.get(who, device_id)
        who.require(Permission.DEVICES_DELETE)
        await self._registry.update(known, deleted_at=self._clock.now())
        await self._audit.record(who.name, "device.delete", known.device.serial)
        self._bus.publish(DeviceChanged(device_id, gone=True))

    async def restore(self, who: Principal, device_id: int) -> Known:
        """Undo of delete, while the undo time lasts."""
        who.require(Permission.DEVICES_DELETE)
        known = next((k for k in self._registry.deleted() if k.device.id == device_id), None)
        if known is None:
            raise NotFound("there is no such device")
        await self._registry.update(known, deleted_at=None)
        await self._note(who, "device.restore", known)
        return known

    async def purge(self) -> None:
        """Remove for good what was deleted longer ago than the undo time."""
        limit = self._clock.now() - self._undo_us
        for known in self._registry.deleted():
            if known.device.deleted_at is not None and known.device.deleted_at <= limit:
                await self._series.delete([c.id for c in known.device.channels.values()])
                await self._tokens.delete_of_device(known.device.id)
                await self._registry.remove(known)

    async def _note(self, who: Principal, action: str, known: Known, detail: str | None = None) -> None:
        """What was done stands in the audit; `detail`: the device's name, unless something tells more."""
        await self._audit.record(who.name, action, known.device.serial, known.device.name if detail is None else detail)
        self._bus.publish(DeviceChanged(known.device.id))


def _clean(name: str | None) -> str:
    return " ".join((name or "").split())[:64]
