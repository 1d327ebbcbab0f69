"""Load limits: watch the total of a connection, shed outputs by priority, and bring them back in order."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Final

from ohmstead.database import Database, StorageFailure
from ohmstead.domain import load_limit as rules
from ohmstead.domain.access import Permission, Principal
from ohmstead.domain.errors import Conflict, InvalidInput, NotFound
from ohmstead.domain.load_limit import Keeper, Load, LoadLimit, StoredLimit
from ohmstead.domain.output import is_on
from ohmstead.domain.shadow import DesiredChanged
from ohmstead.domain.telemetry import Times, Values
from ohmstead.runtime.bus import Bus
from ohmstead.series import Layout, SeriesStore
from ohmstead.services.audit import Audit
from ohmstead.services.devices import Devices
from ohmstead.services.outputs import Outputs
from ohmstead.services.shadows import Shadows
from ohmstead.storage import load_limits as store

AUTHOR: Final = "load limit"


class LoadLimits:
    """Decided with each stored sample of the total, carried out at the next tick."""

    def __init__(
        self,
        database: Database,
        devices: Devices,
        series: SeriesStore,
        outputs: Outputs,
        shadows: Shadows,
        audit: Audit,
        bus: Bus,
    ) -> None:
        self._database = database
        self._devices = devices
        self._series = series
        self._outputs = outputs
        self._shadows = shadows
        self._audit = audit
        self._limits: dict[int, StoredLimit] = {}
        self._keepers: dict[int, Keeper] = {}
        self._by_channel: dict[int, int] = {}
        self._to_set: list[tuple[int, int, Any]] = []  # limit, output, state
        bus.subscribe(DesiredChanged, self._desired_changed)
        series.on_stored(self._stored)

    async def load(self) -> None:
        for stored in await self._database.read(store.load):
            self._admit(stored)

    def _admit(self, stored: StoredLimit) -> None:
        self._limits[stored.id] = stored
        self._keepers[stored.id] = Keeper(stored.shed)
        self._by_channel[stored.channel] = stored.id

    def visible(self, who: Principal) -> list[StoredLimit]:
        """Limits of channels that `who` may see, with what is shed now."""
        who.require(Permission.DEVICES_READ)
        return [
            replace(stored, shed=self._keepers[stored.id].shed)
            for stored in self._limits.values()
            if self._sees(who, stored.channel)
        ]

    def _sees(self, who: Principal, channel_id: int) -> bool:
        try:
            self._devices.channel(who, channel_id)
        except NotFound:
            return False
        return True

    async def put(self, who: Principal, limit_id: int | None, channel_id: int, limit: LoadLimit) -> StoredLimit:
        """A new limit (None), or another content of one. Raises NotFound, Forbidden, Conflict, InvalidInput."""
        who.require(Permission.ROOMS_EDIT)
        if self._devices.channel(who, channel_id).quantity != "power":
            raise InvalidInput("a load limit watches a channel that measures power")
        old = None if limit_id is None else self._get(limit_id)
        if self._by_channel.get(channel_id, limit_id) != limit_id:
            raise Conflict("this channel has a limit already")
        number = max(self._limits, default=0) + 1 if old is None else old.id
        stored = StoredLimit(number, channel_id, limit, () if old is None else self._keepers[old.id].shed)
        await self._database.write(lambda c: store.put(c, stored))
        if old is not None:
            self._by_channel.pop(old.channel, None)
        self._admit(stored)
        await self._audit.record(who.name, "load-limit.change", f"channel {channel_id}", f"{limit.limit_w:g} W")
        return stored

    async def remove(self, who: Principal, limit_id: int) -> None:
        """What it has shed comes back at once: nobody else would bring it back."""
        who.require(Permission.ROOMS_EDIT)
        stored = self._get(limit_id)
        await self._database.write(lambda c: store.delete(c, limit_id))
        self._to_set += [(limit_id, one.output, one.state) for one in reversed(self._keepers[limit_id].shed)]
        del self._limits[limit_id], self._keepers[limit_id], self._by_channel[stored.channel]
        await self._audit.record(who.name, "load-limit.remove", f"channel {stored.channel}")

    def _get(self, limit_id: int) -> StoredLimit:
        try:
            return self._limits[limit_id]
        except KeyError:
            raise NotFound("there is no such load limit") from None

    # Watching

    def _stored(self, runs: Sequence[tuple[Layout, Times, Values]]) -> None:
        if not self._by_channel:
            return
        for layout, times, values in runs:
            for place, channel in enumerate(layout.series):
                if (limit_id := self._by_channel.get(channel)) is not None and len(times):
                    newest = max(range(len(times)), key=times.__getitem__)
                    if self._series.last[channel][0] == times[newest]:  # a late sample says nothing about now
                        watts = float(values[place + newest * len(layout.series)])
                        self._step(self._limits[limit_id], watts, int(times[newest]))

    def _step(self, stored: StoredLimit, total_w: float, at: int) -> None:
        before = self._keepers[stored.id]
        if not stored.limit.enabled:
            return
        on, states = self._loads()
        done = rules.step(before, stored.limit, total_w, at, on, states)
        self._keepers[stored.id] = done.keeper
        if done.shed is not None:
            self._to_set.append((stored.id, done.shed, "off"))
        if done.restore is not None:
            self._to_set.append((stored.id, done.restore.output, done.restore.state))
        if done.keeper.shed != before.shed:
            self._keep(stored)

    def _loads(self) -> tuple[list[Load], dict[int, Any]]:
        """What is on and may be shed."""
        on, states = [], {}
        for output in self._outputs.with_priority():
            view = self._outputs.view(output)
            state = view.reported if view.desired is None else view.desired
            if not is_on(state):
                continue
            last = None if view.power_channel is None else self._series.last.get(view.power_channel)
            on.append(Load(output.id, output.settings.priority or 0, None if last is None else last[1]))
            states[output.id] = state
        return on, states

    def _keep(self, stored: StoredLimit) -> None:
        kept = self._limits[stored.id] = replace(stored, shed=self._keepers[stored.id].shed)
        self._database.writer.put(lambda c: store.note_shed(c, kept))

    async def tick(self) -> None:
        """Carry out what was decided, in order; what cannot be stored waits for the next tick."""
        while self._to_set:
            limit_id, output_id, state = decided = self._to_set.pop(0)
            output = self._outputs.known(output_id)
            if output is None:
                continue
            limit = self._limits.get(limit_id)
            reason = "the limit was removed" if limit is None else f"{limit.limit.limit_w:g} W"
            try:
                await self._outputs.set(output, state, author=AUTHOR, reason=reason)
            except StorageFailure:
                self._to_set.insert(0, decided)
                raise
            await self._audit.record(AUTHOR, "output.switch", output.name, f"{state}: {reason}")

    def _desired_changed(self, fact: DesiredChanged) -> None:
        """What somebody else sets while it is shed is theirs again."""
        desired = self._shadows.of(fact.device).desired
        for output in self._outputs.of_device(fact.device):
            wish = desired.get(output.field)
            if output.field not in fact.fields or wish is None or wish.author == AUTHOR:
                continue
            for stored in list(self._limits.values()):
                before = self._keepers[stored.id]
                after = rules.taken_over(before, output.id)
                if after.shed != before.shed:
                    self._keepers[stored.id] = after
                    self._keep(stored)
