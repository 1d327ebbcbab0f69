"""Releases that go from a real server to a board in this process, through each of its starts."""

import asyncio
import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from bundles import bundle, public
from ohmstead.commands.firmware_releases import form_with
from system.firmware_board import Host, Restart, until
from system.running_server import AddedDevice, RunningServer

MOST_STARTS = 12


class Updated:
    """A board that trusts the key of the tests, and what it is offered.

    `start` gives the slot that is started, or raises Restart where what lies there does not run.
    """

    def __init__(
        self,
        server: RunningServer,
        device: AddedDevice,
        host: Host,
        board: str,
        start: Callable[[], str],
        config: Mapping[str, Any],
    ) -> None:
        from agent import config as configuration

        self._server, self._device, self._host, self._board, self._start = server, device, host, board, start
        self.taken: list[int] = []  # by the end of each start that came so far: samples
        self._starts = 0
        server.admin.post("/release-keys", json={"name": "ours", "n": public().hexadecimal})
        Path("keys.json").write_text(json.dumps({"keys": [{"id": "0", "n": public().hexadecimal}]}))
        wifi = [{"ssid": "home", "password": "x"}]
        configuration.save({"board": board, "wifi": wifi, "serial": device.serial, **config})
        host.real_time = True
        assert host.boot(self._greet) == "done"

    def through(self, version: str, content: dict[str, bytes]) -> tuple[str, dict[str, Any]]:
        """Roll this release out until its installation ends: (the version that then runs, the installation)."""
        rollout = self._roll_out(version, content)
        self._starts = 0
        while isinstance(end := self._host.boot(lambda: self._life(rollout)), Restart):
            assert self._starts < MOST_STARTS
        running, found = end
        return running, found

    async def _greet(self) -> str:
        from agent import setup

        agent = setup.start("")
        task = asyncio.create_task(agent.run())
        await until(lambda: agent.uplink.acknowledged > 1)
        task.cancel()
        return "done"

    def _roll_out(self, version: str, content: dict[str, bytes]) -> str:
        admin = self._server.admin
        body, kind = form_with({}, "bundle", "b.tar", bundle(version, (self._board,), content))
        made = admin.post("/releases", content=body, headers={"content-type": kind})
        assert made.status_code == 201, made.text
        terms = {"devices": [self._device.id], "healthy_s": 1, "return_s": 60, "sensors": False}
        started = admin.post("/rollouts", json={"release_id": made.json()["id"], **terms})
        assert started.status_code == 201, started.text
        return str(started.json()["id"])

    def _installation(self, rollout: str) -> dict[str, Any]:
        found: dict[str, Any] = self._server.admin.get(f"/rollouts/{rollout}").json()["installations"][0]
        return found

    async def _life(self, rollout: str) -> tuple[str, dict[str, Any]]:
        from agent import setup

        self._starts += 1
        agent = setup.start(self._start())
        task = asyncio.create_task(agent.run())
        try:
            while True:
                found = await asyncio.to_thread(self._installation, rollout)
                if found["state"] in ("confirmed", "failed"):
                    return agent.version, found
                await asyncio.sleep(0.2)
        finally:
            task.cancel()
            self.taken.append(agent.outbox.seq)
