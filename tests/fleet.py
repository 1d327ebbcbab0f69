"""Simulated devices in the world of a test: they speak with the real services, without sockets."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from bundles import bundle, public
from ohmstead.domain.access import SCOPES, Principal
from ohmstead.domain.errors import Gone, NotFound
from ohmstead.domain.release import Channel, Release
from ohmstead.domain.rollout import Rollout, Terms
from ohmstead.services.registry import Known
from ohmstead.simulation.updating import Fault, UpdatingDevice, Withdrawn
from world import World


@dataclass
class Member:
    """A device of the fleet: what the server knows of it, and the device itself."""

    world: World
    known: Known
    device: UpdatingDevice
    boots: int = 0
    online: bool = True

    def say(self, leaf: str, message: dict[str, Any]) -> None:
        self.world.app.control.native.take(self.known, leaf, json.dumps(message).encode())

    def hello(self) -> None:
        self.boots += 1
        serial = self.known.device.serial
        self.say(
            "hello",
            {
                "serial": serial,
                "boot": f"{serial}-{self.boots}",
                "board": self.device.board,
                "firmware": self.device.firmware,
            },
        )

    def report(self, release: dict[str, Any]) -> None:
        version = self.world.app.control.shadows.of(self.known.device.id).version
        self.say("reported", {"version": version, "state": {"release": release}})

    @property
    def offer(self) -> dict[str, Any] | None:
        found: dict[str, Any] | None = self.world.app.control.shadows.of(self.known.device.id).document().get("release")
        return found

    async def fetch(self, path: str, start: int, on_data: Callable[[bytes], None]) -> None:
        me = Principal("device", SCOPES["device"], device=self.known.device.id)
        offer = self.offer
        try:
            if offer is None:
                raise NotFound("there is no offer")
            piece, _ = await self.world.app.updating.updates.downloads.for_principal(me, int(offer["id"]), path)
        except (NotFound, Gone):
            raise Withdrawn from None
        on_data(piece.content[start:])

    async def act(self) -> None:
        """What the device does about its desired state, restart included."""
        if not (self.online and self.device.alive):
            return
        said = self.device.firmware
        if await self.device.offered(self.offer, self.fetch) and self.device.alive:
            self.device.start()
            self.hello()
            self.device.tell()
        elif self.device.firmware != said:
            self.hello()
        self.say("log", {"from": 0, "lines": []})  # a word of life

    async def leave(self) -> None:
        self.online = False
        self.known.presence.gone = True


class Fleet:
    """Devices with serials F0, F1, …, all on 1.0.0."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.members: list[Member] = []
        self.updates = world.app.updating.updates
        self.runner = world.app.updating.runner

    async def join(self, count: int, board: str = "esp32", version: str = "1.0.0", **fault: Any) -> list[Member]:
        made = []
        for _ in range(count):
            known = await self.world.device(f"F{len(self.members)}")
            device = UpdatingDevice(board, version, [public()], fault=Fault(**fault))
            member = Member(self.world, known, device)
            device.report = member.report
            member.hello()
            self.members.append(member)
            made.append(member)
        return made

    async def release(self, version: str = "1.1.0", **options: Any) -> Release:
        who = self.world.admin
        if not self.updates.keys.all(who):
            await self.updates.keys.trust(who, "ours", public().hexadecimal)
        return await self.updates.releases.add_bundle(who, bundle(version, **options), Channel.STABLE, "")

    async def start(self, release: Release, members: list[Member] | None = None, **terms: Any) -> Rollout:
        chosen = None if members is None else [member.known.device.id for member in members]
        return await self.updates.rollouts.start(self.world.admin, release.id, chosen, Terms(**terms))

    async def tick(self) -> None:
        """What the server does by itself, without what it waits in between."""
        await self.runner.look()
        while await self.runner.begin():
            pass

    async def live(self, seconds: float, step: float = 30.0) -> None:
        """Time passes; devices and the server do what they do."""
        for _ in range(int(seconds / step)):
            self.world.clock.us += int(step * 1e6)
            for member in self.members:
                await member.act()
            await self.tick()

    def rollout(self, rollout: Rollout) -> Rollout:
        return self.updates.rollouts.get(self.world.admin, rollout.id)

    async def states(self, rollout: Rollout) -> dict[str, str]:
        """State of each installation by serial."""
        found = await self.updates.rollouts.installations(self.world.admin, rollout.id)
        registry = self.world.app.registry
        return {registry.get(one.device).device.serial: one.state.value for one in found}

    async def reasons(self, rollout: Rollout) -> dict[str, str]:
        found = await self.updates.rollouts.installations(self.world.admin, rollout.id)
        registry = self.world.app.registry
        return {registry.get(one.device).device.serial: one.reason for one in found}
