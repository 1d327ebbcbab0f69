"""Commands: issued by people and rules, kept until their device took them or their time is over."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from ohmstead.database import Database
from ohmstead.domain import command as rules
from ohmstead.domain.access import Permission, Principal
from ohmstead.domain.command import Command, CommandChanged, CommandState, Offer
from ohmstead.domain.device import DeviceChanged
from ohmstead.domain.errors import Conflict, InvalidInput, TooMany
from ohmstead.domain.shadow import Greeted
from ohmstead.domain.telemetry import DAY
from ohmstead.runtime.bus import Bus
from ohmstead.runtime.clock import Clock
from ohmstead.services.audit import Audit
from ohmstead.services.counters import Counters
from ohmstead.services.devices import Devices
from ohmstead.services.registry import Known
from ohmstead.services.shadows import Shadows
from ohmstead.storage import commands as store

NOTHING: Final = 0
NATIVE: Final = "native"
MOST_OPEN: Final = 100  # per device
MOST_REMEMBERED: Final = 1000
KEPT_US: Final = 90 * DAY
LONGEST_DETAIL: Final = 1024


class Commands:
    """Event-loop only. What has not ended is in memory; the rest is read from the database."""

    def __init__(
        self,
        database: Database,
        devices: Devices,
        shadows: Shadows,
        audit: Audit,
        bus: Bus,
        clock: Clock,
        counters: Counters,
        fixed_offers: Mapping[str, Sequence[Offer]] | None = None,
    ) -> None:
        """`fixed_offers`: what devices of older systems understand, by dialect; they announce nothing."""
        self._fixed_offers = fixed_offers or {}
        self._database = database
        self._devices = devices
        self._shadows = shadows
        self._audit = audit
        self._bus = bus
        self._clock = clock
        self._counters = counters
        self._open: dict[int, Command] = {}
        self._ended: dict[int, Command] = {}  # the latest: what a reader may not find in the database yet
        self._newest = 0
        bus.subscribe(Greeted, self._greeted)
        bus.subscribe(DeviceChanged, self._device_changed)

    async def load(self) -> None:
        self._newest = await self._database.read(store.newest_id)
        self._open = {c.id: c for c in await self._database.read(store.load_open)}

    # Looking

    async def of_device(self, who: Principal, device_id: int, limit: int, before: int | None) -> list[Command]:
        """Newest first. Raises NotFound."""
        who.require(Permission.DEVICES_READ)
        self._devices.get(who, device_id)
        stored = await self._database.read(lambda c: store.of_device(c, device_id, limit, before))
        return [self._open.get(c.id) or self._ended.get(c.id) or c for c in stored]

    def deliverable(self, device_id: int) -> list[Command]:
        """What may be sent to the device now, in order of issue; what it did not answer yet is among it."""
        now = self._clock.now()
        return [c for c in self._open.values() if c.device == device_id and c.deliverable(now)]

    def queued_for(self) -> set[int]:
        """Devices for which something waits that was not sent yet."""
        return {c.device for c in self._open.values() if c.state is CommandState.QUEUED}

    def _offers(self, known: Known) -> Sequence[Offer] | None:
        if known.device.dialect == NATIVE:
            return self._shadows.offers(known.device.id)
        return self._fixed_offers.get(known.device.dialect, ())

    # Issuing

    async def issue(
        self,
        who: Principal,
        device_id: int,
        name: str,
        args: Mapping[str, Any],
        *,
        ttl_s: float | None = None,
        reason: str = "",
        request_id: str | None = None,
    ) -> Command:
        """A queued command, on disk. Raises NotFound, Forbidden, InvalidInput, Conflict, TooMany.

        With a `request_id` that was used for this device before, the command of then.
        """
        known = self._devices.to_act_on(who, device_id, Permission.CONTROL)
        if not known.device.claimed:
            raise Conflict("claim the device first")
        if request_id is not None:
            asked = await self._database.read(lambda c: store.asked_before(c, device_id, request_id))
            if asked is not None:
                return self._open.get(asked.id, asked)
        rules.check(self._offers(known), name, args)
        if sum(c.device == device_id for c in self._open.values()) >= MOST_OPEN:
            raise TooMany(f"{MOST_OPEN} commands already wait for this device", retry_after_s=10)
        self._newest += 1
        command = rules.issue(
            number=self._newest,
            device=device_id,
            name=name,
            args=args,
            actor=who.name,
            reason=reason,
            now=self._clock.now(),
            ttl_s=ttl_s,
            request_id=request_id,
        )
        await self._database.write(lambda c: store.insert(c, command))
        self._open[command.id] = command
        self._bus.publish(CommandChanged(command))
        self._shadows.wake(device_id)
        await self._audit.record(who.name, f"command.{name}"[:64], known.device.serial, reason)
        return self._open.get(command.id, command)

    # What becomes of them

    def sent(self, command: Command) -> None:
        """The command is on its way to its device; sending it again changes nothing."""
        if (now := self._open.get(command.id)) is not None and now.state is CommandState.QUEUED:
            self._step(rules.advance(now, CommandState.SENT, self._clock.now()))

    def answered(self, known: Known, command_id: str, state: str, detail: str) -> int:
        """Take in a device's answer; the ticket after which it is on disk. What makes no sense is counted."""
        command = self._open.get(int(command_id)) if command_id.isdecimal() and len(command_id) < 17 else None
        if command is None or command.device != known.device.id:
            self._counters.replies_ignored += 1
            return NOTHING
        now = self._clock.now()
        after = rules.follow(command, CommandState(state), now, _told(detail))
        if after is None:
            if command.state != state:  # a repetition of what is known already is normal
                self._counters.replies_ignored += 1
            return NOTHING
        return self._step(after)

    def fail(self, command: Command, detail: str) -> None:
        """The command cannot be done; for transports that learn it in another way than by an answer."""
        if (now := self._open.get(command.id)) is not None:
            self._step(rules.advance(now, CommandState.FAILED, self._clock.now(), _told(detail)))

    def succeed(self, command: Command, detail: str = "") -> None:
        if (now := self._open.get(command.id)) is not None:
            if now.state is CommandState.QUEUED:
                now = rules.advance(now, CommandState.SENT, self._clock.now())
            self._step(rules.advance(now, CommandState.SUCCEEDED, self._clock.now(), _told(detail)))

    def expire(self) -> None:
        """End what was not answered in its time."""
        now = self._clock.now()
        for command in list(self._open.values()):
            if (gone := rules.expire(command, now)) is not None:
                self._step(gone)

    async def forget(self) -> None:
        """Remove what ended long ago."""
        before = self._clock.now() - KEPT_US
        await self._database.write(lambda c: store.forget(c, before))

    def _step(self, command: Command) -> int:
        if command.open:
            self._open[command.id] = command
        else:
            self._open.pop(command.id, None)
            self._ended[command.id] = command
            if len(self._ended) > MOST_REMEMBERED:
                del self._ended[next(iter(self._ended))]
        ticket = self._database.writer.put(lambda c: store.update(c, command))
        self._bus.publish(CommandChanged(command))
        return ticket

    def _greeted(self, fact: Greeted) -> None:
        """What was queued before the device said what it can, is checked now."""
        for command in [c for c in self._open.values() if c.device == fact.device]:
            if command.state is not CommandState.QUEUED:
                continue
            try:
                rules.check(self._shadows.offers(fact.device), command.name, command.args)
            except InvalidInput as error:
                self.fail(command, str(error))

    def _device_changed(self, fact: DeviceChanged) -> None:
        if fact.gone:
            for command in [c for c in self._open.values() if c.device == fact.device]:
                self.fail(command, "the device was deleted")


def _told(detail: str) -> str:
    """What a device says, as a database can keep it."""
    return detail[:LONGEST_DETAIL].replace("\x00", "�")
