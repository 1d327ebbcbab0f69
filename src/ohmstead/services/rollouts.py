"""Rollouts as people see and steer them: start, pause, resume, stop, roll back, and who runs what."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from ohmstead.database import Database
from ohmstead.domain import firmware
from ohmstead.domain.access import Permission, Principal
from ohmstead.domain.errors import Conflict, InvalidInput, NotFound
from ohmstead.domain.installation import Happened, Installation, InstallationState, step
from ohmstead.domain.release import Kind, Release
from ohmstead.domain.rollout import Rollout, RolloutState, Terms, assign_waves, canaries_first, check_terms, move
from ohmstead.domain.version import is_downgrade
from ohmstead.runtime.clock import Clock
from ohmstead.services.audit import Audit
from ohmstead.services.devices import Devices
from ohmstead.services.registry import Known, Registry
from ohmstead.services.releases import Releases
from ohmstead.services.rollout_runner import RolloutRunner
from ohmstead.storage import rollouts as storage

S = InstallationState
MOST_HISTORY = 100
SHOWN = 5  # serials named in one error
NATIVE = "native"


@dataclass(frozen=True, slots=True)
class Group:
    """Devices of one kind that run the same."""

    board: str | None
    version: str | None
    dialect: str
    devices: tuple[int, ...]


class Rollouts:
    """Event-loop only. Verbs raise NotFound, Forbidden, Conflict, InvalidInput."""

    def __init__(
        self,
        database: Database,
        runner: RolloutRunner,
        releases: Releases,
        registry: Registry,
        devices: Devices,
        audit: Audit,
        clock: Clock,
    ) -> None:
        self.runner = runner
        self._database = database
        self._book = runner.book
        self._releases = releases
        self._registry = registry
        self._devices = devices
        self._audit = audit
        self._clock = clock

    async def load(self) -> None:
        await self._book.load()
        await self.runner.sweep()

    # Looking

    def all(self, who: Principal) -> list[Rollout]:
        """Newest first."""
        who.require(Permission.UPDATES_READ)
        return sorted(self._book.rollouts.values(), key=lambda one: -one.id)

    def get(self, who: Principal, rollout_id: int) -> Rollout:
        who.require(Permission.UPDATES_READ)
        return self._book.one(rollout_id)

    async def installations(self, who: Principal, rollout_id: int) -> list[Installation]:
        """In the order of their turn."""
        self.get(who, rollout_id)
        return await self._book.installations(rollout_id)

    async def timeline(self, who: Principal, rollout_id: int, device_id: int) -> list[Happened]:
        """What happened to one device, oldest first."""
        who.require(Permission.DEVICES_READ)
        self._devices.get(who, device_id)
        self._book.one(rollout_id)
        return await self._database.read(lambda c: storage.timeline(c, rollout_id, device_id))

    async def of_device(self, who: Principal, device_id: int) -> list[Installation]:
        """Newest first."""
        who.require(Permission.DEVICES_READ)
        self._devices.get(who, device_id)
        found = await self._database.read(lambda c: storage.of_device(c, device_id, MOST_HISTORY))
        live = self._book.open_of(device_id)
        return [live if live is not None and live.rollout == one.rollout else one for one in found]

    def fleet(self, who: Principal) -> list[Group]:
        """Who runs what, of the devices that `who` may see; the largest group first."""
        who.require(Permission.DEVICES_READ)
        groups: dict[tuple[str | None, str | None, str], list[int]] = {}
        for known in self._registry:
            device = known.device
            if device.claimed and who.may_see(device.id):
                key = (firmware.board(device), firmware.running(device), device.dialect)
                groups.setdefault(key, []).append(device.id)
        made = [Group(*key, tuple(devices)) for key, devices in groups.items()]
        return sorted(made, key=lambda group: -len(group.devices))

    # Starting

    async def start(self, who: Principal, release_id: int, devices: Sequence[int] | None, terms: Terms) -> Rollout:
        """`devices` in the order of their turn; None: all that say they are of its boards and run another version."""
        who.require(Permission.UPDATES_EDIT)
        check_terms(terms)
        release = self._releases.one(release_id)
        if why := self._releases.unusable(release):
            raise Conflict(why)
        async with self.runner.turn:
            chosen = self._fitting(release, terms) if devices is None else self._named(who, release, devices, terms)
            rollout = await self._begin(who.name, release, chosen, terms)
        await self._audit.record(who.name, "rollout.start", str(rollout.id), f"{release.version} to {len(chosen)}")
        return rollout

    def _fitting(self, release: Release, terms: Terms) -> list[Known]:
        found = {}
        for known in self._registry:
            device = known.device
            board, runs = firmware.board(device), firmware.running(device)
            courier = self.runner.courier(known)
            if not device.claimed or courier is None or courier.kind is not release.kind or runs == release.version:
                continue
            if board in release.boards:
                found[device.id] = known
        older = [known for known in found.values() if self._is_newer(known, release)]
        if not terms.downgrade_reason:
            for known in older:
                del found[known.device.id]
        if not found:
            named = "; name the devices of a vendor image yourself" if release.kind is Kind.IMAGE else ""
            raise InvalidInput(f"no device needs version {release.version} for {', '.join(release.boards)}{named}")
        boards = {device_id: firmware.board(known.device) or "" for device_id, known in found.items()}
        return [found[device_id] for device_id in canaries_first(boards)]

    def _named(self, who: Principal, release: Release, devices: Sequence[int], terms: Terms) -> list[Known]:
        if len(set(devices)) != len(devices) or not devices:
            raise InvalidInput("devices: each once, at least one")
        chosen = [self._devices.get(who, device_id) for device_id in devices]
        for known in chosen:
            if not known.device.claimed:
                raise Conflict(f"claim {known.device.serial} first")
            courier = self.runner.courier(known)
            if courier is None or courier.kind is not release.kind:
                raise InvalidInput(f"{known.device.serial} takes no release of the kind {release.kind}")
            board = known.device.details.get("board")
            if board is not None and board not in release.boards:
                raise InvalidInput(f"board: {known.device.serial} is {board}, not {' or '.join(release.boards)}")
        newer = [known for known in chosen if self._is_newer(known, release)]
        if newer and not terms.downgrade_reason:
            raise InvalidInput(f"{_serials(newer)} would go back to {release.version}; that takes a downgrade_reason")
        return chosen

    @staticmethod
    def _is_newer(known: Known, release: Release) -> bool:
        return is_downgrade(firmware.running(known.device), release.version)

    async def _begin(
        self, author: str, release: Release, chosen: Sequence[Known], terms: Terms, undoes: int | None = None
    ) -> Rollout:
        if busy := [known for known in chosen if known.device.id in self._book.busy]:
            number = self._book.busy[busy[0].device.id]
            raise Conflict(f"{_serials(busy)} still take part in rollout {number}; stop that first")
        now = self._clock.now()
        sizes = assign_waves(len(chosen), terms.waves)
        rollout = Rollout(
            id=max(self._book.rollouts, default=0) + 1,
            release=release.id,
            author=author,
            created_at=now,
            state=RolloutState.RUNNING,
            terms=terms,
            sizes=sizes,
            changed_at=now,
            looked_at=now,
            undoes=undoes,
        )
        waves = [wave for wave, size in enumerate(sizes) for _ in range(size)]
        installations = [
            self._planned(rollout, known, wave, release) for known, wave in zip(chosen, waves, strict=True)
        ]
        await self._book.add(rollout, installations)
        return rollout

    def _planned(self, rollout: Rollout, known: Known, wave: int, release: Release) -> Installation:
        runs = firmware.running(known.device)
        courier = self.runner.courier(known)
        has_it = courier is not None and courier.names_version and runs == release.version
        return Installation(
            rollout=rollout.id,
            device=known.device.id,
            wave=wave,
            state=S.CONFIRMED if has_it else S.PLANNED,
            from_version=runs,
            to_version=release.version,
            progress=1.0 if has_it else 0.0,
            reason="it runs it already" if has_it else "",
            changed_at=rollout.created_at,
            downgrade=bool(rollout.terms.downgrade_reason),
        )

    # Steering

    async def pause(self, who: Principal, rollout_id: int) -> Rollout:
        """No new offers and no new wave; what is under way goes on."""
        return await self._move(who, rollout_id, RolloutState.PAUSED, "rollout.pause")

    async def resume(self, who: Principal, rollout_id: int) -> Rollout:
        return await self._move(who, rollout_id, RolloutState.RUNNING, "rollout.resume")

    async def _move(self, who: Principal, rollout_id: int, to: RolloutState, action: str) -> Rollout:
        who.require(Permission.UPDATES_EDIT)
        async with self.runner.turn:
            after = move(self._book.one(rollout_id), to, self._clock.now(), f"{to} by {who.name}")
            await self._book.save(replace(after, reason="" if to is RolloutState.RUNNING else after.reason), [], [])
        await self._audit.record(who.name, action, str(rollout_id))
        return self._book.one(rollout_id)

    async def stop(self, who: Principal, rollout_id: int) -> Rollout:
        """Who only loads leaves it; who restarts already is watched to the end."""
        who.require(Permission.UPDATES_EDIT)
        async with self.runner.turn:
            await self._stop(rollout_id, f"stopped by {who.name}")
        await self._audit.record(who.name, "rollout.stop", str(rollout_id))
        return self._book.one(rollout_id)

    async def _stop(self, rollout_id: int, why: str) -> None:
        after = move(self._book.one(rollout_id), RolloutState.STOPPED, self._clock.now(), why)
        await self.runner.call_off(after, why)

    async def roll_back(self, who: Principal, rollout_id: int) -> list[Rollout]:
        """Stop it, and bring what it changed back to the version before, at once; the rollouts that do it.

        Devices whose earlier version is not kept as a release stay as they are; the reason says how many.
        """
        who.require(Permission.UPDATES_EDIT)
        async with self.runner.turn:
            rollout = self._book.one(rollout_id)
            if any(one.undoes == rollout_id for one in self._book.rollouts.values()):
                raise Conflict("this rollout was rolled back already")
            if rollout.moving:
                await self._stop(rollout_id, f"rolled back by {who.name}")
            return await self._undo(who, self._book.one(rollout_id))

    async def _undo(self, who: Principal, rollout: Rollout) -> list[Rollout]:
        release = self._releases.one(rollout.release)
        back: dict[int, list[Known]] = {}
        stay = 0
        ending = []
        for one in await self._book.installations(rollout.id):
            known = self._changed_by(one)
            if known is None:
                continue
            if not one.ended:  # on its way to, or on, the version that is not wanted: the way back begins now
                ending.append(step(one, S.FAILED, rollout.clock, "rolled back before it was confirmed"))
            before, board = one.from_version, known.device.details.get("board")
            target = None if before is None else self._releases.before(release, before, board)
            if target is None:
                stay += 1
            else:
                back.setdefault(target.id, []).append(known)
        await self.runner.keep(ending)
        why = f"rolled back by {who.name}"
        if stay:
            why += f"; {stay} cannot go back, no release of what they ran before is kept"
        await self._book.save(replace(rollout, reason=why, changed_at=self._clock.now()), [], [])
        # Going back is urgent and known to work: all at once, and failures do not stop the others.
        terms = replace(
            rollout.terms,
            waves=(1.0,),
            error_threshold=1.1,
            window=None,
            deadline_at=None,
            downgrade_reason=f"rollout {rollout.id} is rolled back",
        )
        made = []
        for release_id, chosen in back.items():
            free = [known for known in chosen if known.device.id not in self._book.busy]
            if free:
                made.append(await self._begin(who.name, self._releases.one(release_id), free, terms, rollout.id))
        await self._audit.record(who.name, "rollout.roll-back", str(rollout.id), why)
        return made

    def _changed_by(self, one: Installation) -> Known | None:
        """The device, if this installation may have put its version on it."""
        try:
            known = self._registry.get(one.device)
        except NotFound:
            return None
        courier = self.runner.courier(known)
        if courier is None or one.from_version == one.to_version:
            return None
        runs_it = courier.names_version and known.device.details.get("firmware") == one.to_version
        return known if runs_it or one.state in (S.CONFIRMED, S.PROVING, S.RESTARTING) else None

    def rolled_back_by(self, rollout_id: int) -> list[int]:
        return [one.id for one in self._book.rollouts.values() if one.undoes == rollout_id]


def _serials(found: Sequence[Known]) -> str:
    named = ", ".join(known.device.serial for known in found[:SHOWN])
    return named if len(found) <= SHOWN else f"{named} and {len(found) - SHOWN} more"
