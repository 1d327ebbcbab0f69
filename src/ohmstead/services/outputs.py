"""Outputs: switched by people, scenes, schedules and rules."""

from dataclasses import replace
from typing import Any, Final

import structlog

from ohmstead.database import Database
from ohmstead.domain import output as rules
from ohmstead.domain.access import Permission, Principal
from ohmstead.domain.device import DeviceChanged
from ohmstead.domain.errors import Conflict, InvalidInput, NotFound
from ohmstead.domain.output import Output, OutputChanged, OutputSettings, Room, State
from ohmstead.domain.shadow import DesiredChanged, Reported, agree
from ohmstead.runtime.bus import Bus
from ohmstead.runtime.clock import Clock
from ohmstead.series import SeriesStore
from ohmstead.services.audit import Audit
from ohmstead.services.devices import Devices
from ohmstead.services.output_places import check_place, place_of
from ohmstead.services.output_policies import OutputPolicies
from ohmstead.services.output_proofs import OutputProofs
from ohmstead.services.output_sight import OutputSight, OutputView
from ohmstead.services.registry import Known, Registry
from ohmstead.services.rooms import Rooms, clean_name
from ohmstead.services.shadows import Shadows
from ohmstead.storage import outputs as store
from ohmstead.storage import retired

log = structlog.get_logger(__name__)

MOST_OUTPUTS: Final = 2_000


class Outputs:
    """Event-loop only. The last setting accepted wins, and everybody is told which one that is."""

    def __init__(
        self,
        database: Database,
        registry: Registry,
        devices: Devices,
        series: SeriesStore,
        shadows: Shadows,
        rooms: Rooms,
        audit: Audit,
        bus: Bus,
        clock: Clock,
    ) -> None:
        self._database = database
        self._devices = devices
        self._shadows = shadows
        self._sight = OutputSight(registry, devices, shadows)
        self.rooms = rooms
        self._audit = audit
        self._bus = bus
        self._clock = clock
        self._outputs: dict[int, Output] = {}
        self._by_device: dict[int, list[int]] = {}  # device -> its outputs, in order
        self._newest = 0
        self._shown: dict[int, OutputView] = {}
        self._proofs = OutputProofs(series, shadows, bus, self._outputs, self._show)
        self._policies = OutputPolicies(self, shadows, bus)
        bus.subscribe(DesiredChanged, self._desired_changed)
        bus.subscribe(Reported, self._reported)
        bus.subscribe(DeviceChanged, self._device_changed)

    async def load(self) -> None:
        await self.rooms.load()
        self._newest = await self._database.read(lambda c: retired.newest(c, "output"))
        for output in await self._database.read(store.load):
            self._outputs[output.id] = output
            self._by_device.setdefault(output.device, []).append(output.id)
            self._newest = max(self._newest, output.id)
        for output in self._outputs.values():
            self._proofs.begin(output, self._power_channel(output))

    # Looking

    def visible(self, who: Principal) -> list[OutputView]:
        who.require(Permission.DEVICES_READ)
        return [self.view(output) for output in self._outputs.values() if self._sight.seen_by(who, output)]

    def visible_rooms(self, who: Principal) -> list[Room]:
        """All rooms; for who sees only some devices, the rooms of those."""
        if who.only_devices is None and who.device is None:
            return self.rooms.all()
        seen = {output.room_id for output in self._outputs.values() if self._sight.seen_by(who, output)}
        return [room for room in self.rooms.all() if room.id in seen]

    def get(self, who: Principal, output_id: int) -> Output:
        """Raises NotFound both for a missing output and for one that `who` may not see."""
        output = self._outputs.get(output_id)
        if output is None or not self._sight.seen_by(who, output):
            raise NotFound("there is no such output")
        return output

    def known(self, output_id: int) -> Output | None:
        """The output, if it and its device are (still) there."""
        output = self._outputs.get(output_id)
        return output if output is not None and self._sight.device(output) is not None else None

    def of_device(self, device_id: int) -> list[Output]:
        return [self._outputs[output_id] for output_id in self._by_device.get(device_id, ())]

    def with_priority(self) -> list[Output]:
        """Outputs that may be shed."""
        return [
            o for o in self._outputs.values() if o.settings.priority is not None and self._sight.device(o) is not None
        ]

    def in_room(self, room_id: int) -> list[Output]:
        return [output for output in self._outputs.values() if output.room_id == room_id]

    def view(self, output: Output) -> OutputView:
        return self._sight.view(output, self._proofs.get(output.id), self._power_channel(output))

    def _power_channel(self, output: Output) -> int | None:
        return self._sight.power_channel(output, len(self._by_device.get(output.device, ())))

    # Making and changing

    async def add(
        self,
        who: Principal,
        name: str,
        room_id: int,
        device_id: int,
        key: str | None = None,
        settings: OutputSettings | None = None,
    ) -> Output:
        """Raises NotFound, Forbidden, Conflict when the device has it already, InvalidInput."""
        known = self._devices.get(who, device_id)
        who.require(Permission.ROOMS_EDIT)
        self.rooms.get(room_id)
        name = clean_name(name, "an output")
        key, field = place_of(known, name, key, self._newest + 1)
        self._newest += 1
        output = Output(self._newest, room_id, device_id, name, key, field, settings or OutputSettings())
        check_place(known, output, self.of_device(device_id))
        if len(self._outputs) >= MOST_OUTPUTS:
            raise Conflict(f"at most {MOST_OUTPUTS} outputs")
        self._check_settings(who, output)
        self._outputs[output.id] = output
        self._by_device.setdefault(device_id, []).append(output.id)
        try:
            await self._database.write(lambda c: store.insert(c, output))
        except BaseException:
            del self._outputs[output.id]
            self._by_device[device_id].remove(output.id)
            raise
        self._settled_anew(output)
        await self._audit.record(who.name, "output.add", output.name, known.device.serial)
        await self._policies.share(device_id)
        return output

    def _check_settings(self, who: Principal, output: Output) -> None:
        settings = output.settings
        if settings.power_channel is not None:
            channel = self._devices.channel(who, settings.power_channel)
            if channel.quantity != "power":
                raise InvalidInput(f"channel {channel.key} does not measure power")

    async def change(
        self,
        who: Principal,
        output_id: int,
        *,
        name: str | None = None,
        room_id: int | None = None,
        settings: OutputSettings | None = None,
    ) -> Output:
        output = self.get(who, output_id)
        who.require(Permission.ROOMS_EDIT)
        if name is not None:
            output = replace(output, name=clean_name(name, "an output"))
        if room_id is not None:
            output = replace(output, room_id=self.rooms.get(room_id).id)
            known = self._devices.get(who, output.device)
            check_place(known, output, self.of_device(output.device))
        if settings is not None:
            output = replace(output, settings=settings)
            self._check_settings(who, output)
        await self._keep(output)
        self._settled_anew(output)
        await self._audit.record(who.name, "output.change", output.name)
        await self._policies.share(output.device)
        return output

    async def remove(self, who: Principal, output_id: int) -> None:
        output = self.get(who, output_id)
        who.require(Permission.ROOMS_EDIT)
        await self._database.write(lambda c: store.delete(c, output_id))
        self._forget(output)
        await self._audit.record(who.name, "output.remove", output.name)

    def _forget(self, output: Output) -> None:
        if self._outputs.pop(output.id, None) is not None:
            self._by_device[output.device].remove(output.id)
        self._proofs.forget(output)
        self._policies.forget(output.id)
        self._shown.pop(output.id, None)
        self._bus.publish(OutputChanged(output.id, output.device, gone=True))

    async def _keep(self, output: Output) -> None:
        """Memory first: the next setting must see this one."""
        before, self._outputs[output.id] = self._outputs[output.id], output
        try:
            await self._database.write(lambda c: store.update(c, output))
        except BaseException:
            if self._outputs.get(output.id) is output:
                self._outputs[output.id] = before
            raise

    # Switching

    async def switch(
        self, who: Principal, output_id: int, state: Any, *, for_s: float | None = None, reason: str = ""
    ) -> Output:
        """Desire a state; returns once it is on disk and on its way. Raises NotFound, Forbidden, InvalidInput."""
        output = self._outputs.get(output_id)
        known = None if output is None else self._sight.device(output)
        if output is None or known is None:
            raise NotFound("there is no such output")
        if not who.may_act_on(output.device, Permission.CONTROL):
            self.get(who, output_id)
            who.require(Permission.CONTROL)
        if not known.device.claimed:
            raise Conflict("claim the device first")
        checked, timer = self.check(output, state), rules.check_timer(for_s)
        await self.set(output, checked, author=who.name, reason=reason, timer_us=timer)
        said = f"{checked}" + ("" if for_s is None else f" for {for_s:g} s") + (f": {reason}" if reason else "")
        await self._audit.record(who.name, "output.switch", output.name, said)
        return self._outputs.get(output_id, output)

    def check(self, output: Output, state: Any) -> State:
        """The state as this output takes it. Raises InvalidInput."""
        return rules.check_state(state, self._sight.description(output))

    async def set(
        self, output: Output, state: State, *, author: str, reason: str = "", timer_us: int | None = None
    ) -> None:
        """Desire a state that was checked, for whoever may; a timer that ran is over."""
        if (kept := self._outputs.get(output.id)) is None:
            return
        now = self._clock.now()
        before = self._shadows.of(kept.device).desired.get(kept.field)
        output = replace(kept, until_at=None, then=None)
        if timer_us is not None:
            then = rules.back_to(state, None if before is None else before.value)
            output = replace(output, until_at=now + timer_us, then=then)
        self._outputs[output.id] = output
        try:
            await self._shadows.wish(
                output.device,
                {output.field: state},
                author=author,
                reason=reason,
                also=lambda c: store.update(c, output),
            )
        except BaseException:
            if self._outputs.get(output.id) is output:
                self._outputs[output.id] = kept
            raise

    # What time brings

    async def tick(self) -> None:
        """Once a second: timers that end, links that are lost, settings that nothing proves, what is shown."""
        now = self._clock.now()
        await self._policies.tick()
        for output in list(self._outputs.values()):
            if (known := self._sight.device(output)) is not None:
                try:
                    await self._mind(output, known, now)
                except InvalidInput:  # one that cannot be set must not stop the others
                    log.exception("an output could not be set", output=output.name)

    async def _mind(self, output: Output, known: Known, now: int) -> None:
        online = self._devices.is_online(known)
        if output.until_at is not None and output.then is not None and now >= output.until_at:
            await self.set(output, output.then, author="timer")
        await self._policies.mind_the_link(output, now, online=online, seen_at=known.presence.last_seen_at)
        self._proofs.doubt(output, now, online=online)
        self._show(output)

    # What happens

    def _desired_changed(self, fact: DesiredChanged) -> None:
        for output in self.of_device(fact.device):
            if output.field in fact.fields:
                self._proofs.begin(output, self._power_channel(output))
                self._show(output)

    def _reported(self, fact: Reported) -> None:
        shadow = self._shadows.of(fact.device)
        for output in self.of_device(fact.device):
            if output.field not in fact.fields:
                continue
            if output.field in fact.local and output.then is not None:
                self._end_timer(output, shadow.desired[output.field].value)
            self._proofs.reported(output)
            self._show(output)

    def _end_timer(self, output: Output, state: Any) -> None:
        """Somebody at the device did what the timer would do."""
        if agree(output.then, state):
            output = self._outputs[output.id] = replace(output, until_at=None, then=None)
            self._database.writer.put(lambda c: store.update(c, output))

    def _device_changed(self, fact: DeviceChanged) -> None:
        for output in self.of_device(fact.device):
            if fact.gone:
                self._shown.pop(output.id, None)
                self._bus.publish(OutputChanged(output.id, output.device, gone=True))
            else:
                proof = self._proofs.get(output.id)
                if proof is not None and not proof.watched and self._power_channel(output) is not None:
                    self._proofs.begin(output, self._power_channel(output))  # its power channel is new
                self._show(output)

    def _settled_anew(self, output: Output) -> None:
        for sibling in self.of_device(output.device):  # with a second output the only meter is nobody's
            self._proofs.begin(sibling, self._power_channel(sibling))
            self._show(sibling)

    def _show(self, output: Output) -> None:
        output = self._outputs.get(output.id, output)
        view = self.view(output)
        if self._shown.get(output.id) != view:
            self._shown[output.id] = view
            self._bus.publish(OutputChanged(output.id, output.device))
