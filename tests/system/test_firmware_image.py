"""A rollout that replaces MicroPython itself, from a server to a simulated ESP32 and its boot loader."""

import asyncio
import json
import os
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from bundles import bundle, public
from esp_images import esp_image
from ohmstead.commands.firmware_releases import form_with
from system.firmware_board import Host, Restart, counting, until
from system.running_server import RunningServer
from system.test_firmware_links import mqtt

OLD = esp_image(content=b"old " * 50_000)
FRESH = esp_image(content=os.urandom(400_000))
CRASHES = esp_image(content=b"crash " * 50_000)


@pytest.fixture
def host(tmp_path: Path) -> Iterator[Any]:
    from sim.partitions import Chip  # type: ignore[import-not-found]

    with Host(tmp_path, start_ms=int(time.time() * 1000), esp=Chip(OLD, sectors=128)) as host:
        host.rtc_offset_ms = 0
        host.real_time = True
        yield host


@pytest.fixture
def counter() -> Iterator[dict[str, Any]]:
    with counting() as driver:
        yield driver


def test_a_rollout_brings_micropython_and_one_that_does_not_start_is_left_by_the_board_itself(
    server: RunningServer, host: Any, counter: dict[str, Any]
) -> None:
    import boot  # type: ignore[import-not-found]
    from agent import config, setup

    device = server.add_device("image")
    server.admin.post("/release-keys", json={"name": "ours", "n": public().hexadecimal})
    Path("keys.json").write_text(json.dumps({"keys": [{"id": "0", "n": public().hexadecimal}]}))
    where = mqtt(server, device, http_port=server.http_port)
    config.save({"board": "esp32", "wifi": [{"ssid": "home", "password": "x"}], "serial": device.serial,
                 "drivers": [counter], "server": where})  # fmt: skip

    def release(version: str, image: bytes) -> str:
        content = {"main.mpy": b"main", "micropython.bin": image}
        body, kind = form_with({}, "bundle", "b.tar", bundle(version, ("esp32",), content))
        made = server.admin.post("/releases", content=body, headers={"content-type": kind})
        assert made.status_code == 201, made.text
        terms = {"devices": [device.id], "healthy_s": 1, "return_s": 60, "sensors": False}
        started = server.admin.post("/rollouts", json={"release_id": made.json()["id"], **terms})
        assert started.status_code == 201, started.text
        return str(started.json()["id"])

    def installation(rollout: str) -> dict[str, Any]:
        found: dict[str, Any] = server.admin.get(f"/rollouts/{rollout}").json()["installations"][0]
        return found

    starts: list[Any] = []
    taken: list[int] = []

    async def life(rollout: str) -> Any:
        if b"crash" in host.esp.image:
            starts.append("crash")
            raise Restart
        slot = boot.choose()
        starts.append((slot, host.esp.label(host.esp.runs)))
        agent = setup.start(slot)
        task = asyncio.create_task(agent.run())
        try:
            while True:
                found = await asyncio.to_thread(installation, rollout)
                if found["state"] in ("confirmed", "failed"):
                    break
                await asyncio.sleep(0.2)
        finally:
            task.cancel()
            taken.append(agent.outbox.seq)
        return agent.version, found

    async def greet() -> str:
        agent = setup.start("")
        task = asyncio.create_task(agent.run())
        await until(lambda: agent.uplink.acknowledged > 1)
        task.cancel()
        return "done"

    def through(rollout: str) -> Any:
        while isinstance(end := host.boot(lambda: life(rollout)), Restart):
            assert len(starts) < 12
        return end

    assert host.boot(greet) == "done"
    version, found = through(release("1.1.0", FRESH))
    assert (version, found["state"]) == ("1.1.0", "confirmed"), found
    assert starts == [("", "ota_0"), ("a", "ota_1")]
    assert host.esp.image[: len(FRESH)] == FRESH
    assert host.esp.state == "valid"
    starts.clear()
    version, found = through(release("1.2.0", CRASHES))
    assert (version, found["state"]) == ("1.1.0", "failed"), found
    assert found["reason"].startswith("tries")
    assert (starts[0], starts[-1], starts.count("crash")) == (("a", "ota_1"), ("a", "ota_1"), 3)
    assert host.esp.image[: len(FRESH)] == FRESH
    assert taken == sorted(taken), "it went on measuring"
