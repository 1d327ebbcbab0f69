"""The force lab on a real server: four devices at full speed, and a restart in the middle of a trial."""

import asyncio
import contextlib
import json
import time
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from websockets.asyncio.client import connect

from ohmstead.simulation.force_lab import Firmware, SimulatedDevice
from system.running_server import RunningServer

SOURCES = [f"127.0.0.{20 + n}" for n in range(4)]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    with RunningServer(tmp_path_factory.mktemp("lab") / "data", mqtt=False) as running:
        yield running


def a_device(server: RunningServer, source: str, generation: str = "G2", **options: Any) -> SimulatedDevice:
    url = f"ws://{server.host}:{server.http_port}/ws"
    firmware = Firmware(generation, boot_ms=options.pop("boot_ms", 60_000))
    return SimulatedDevice(url, firmware, gap_ms=0, source=source, **options)


async def asked(server: RunningServer, method: str, path: str, **options: Any) -> Any:
    answer = await asyncio.to_thread(lambda: server.admin.request(method, path, **options))
    assert answer.status_code < 300, answer.text
    return answer.json() if answer.content else None


async def force_devices(server: RunningServer, serials: list[str]) -> list[dict[str, Any]]:
    """Once each of them has its channels."""
    for _ in range(200):
        found = await asked(server, "GET", "/force-devices")
        mine = [d for d in found if d["serial"] in serials and len(d["channels"]) == 2]
        if len(mine) == len(serials):
            return mine
        for device in found:
            if device["serial"] in serials and not device["streaming"] and device["connected"]:
                await asked(server, "POST", f"/force-devices/{device['device_id']}/stream", json={"command": "start"})
        await asyncio.sleep(0.05)
    raise AssertionError("the devices never had their channels")


async def watch(server: RunningServer, channels: list[str], seen: dict[str, int]) -> None:
    cookie = "; ".join(f"{name}={value}" for name, value in server.admin.cookies.items())
    url = f"ws://{server.host}:{server.http_port}/api/v1/live/force"
    async with connect(url, additional_headers={"Cookie": cookie}, proxy=None, max_size=None) as socket:
        await socket.send(json.dumps({"subscribe": channels}))
        async for text in socket:
            frame = json.loads(text)
            for channel, values in frame.get("v", {}).items():
                seen[channel] = seen.get(channel, 0) + len(values)


async def test_nothing_is_lost_at_four_devices_of_two_channels_at_1000_hz(server: RunningServer) -> None:
    async with contextlib.AsyncExitStack() as stack:
        devices = [await stack.enter_async_context(a_device(server, source)) for source in SOURCES]
        known = await force_devices(server, SOURCES)
        channels = [channel["id"] for device in known for channel in device["channels"]]
        assert len(channels) == 8
        seen: dict[str, int] = {}
        watching = asyncio.get_running_loop().create_task(watch(server, channels, seen))
        body = {"name": "Four rigs", "kind": "span", "channels": channels, "start": {"for_s": 5.0}}
        recording = await asked(server, "POST", "/recordings", json=body)
        trial = recording["trial_list"][0]
        deadline = time.monotonic() + 60
        while trial["state"] != "done" or not trial["quality"]:
            assert time.monotonic() < deadline, trial
            await asyncio.sleep(0.1)
            trial = await asked(server, "GET", f"/trials/{trial['id']}")
        watching.cancel()
        await asked(server, "POST", f"/recordings/{recording['id']}/finish")
    assert trial["missing"] == []
    for one in trial["quality"].values():
        assert one["samples"] == pytest.approx(5000, abs=5)  # the clock is followed at up to 0.05 %
        assert one["lost"] == 0
    assert set(seen) == set(channels)
    assert min(seen.values()) >= 4000  # the view began a little later than the trial
    by_serial = {device["serial"]: device for device in known}
    for source, device in zip(SOURCES, devices, strict=True):
        query = {"channel": by_serial[source]["channels"][0]["id"], "from": 0, "to": 4_000_000_000_000, "raw": True}
        deadline = time.monotonic() + 60
        stored = 0
        while stored < device.sent and time.monotonic() < deadline:  # the last ones may still be on their way
            stored = len((await asked(server, "GET", "/history", params=query))["value"])
        assert stored == device.sent


async def test_a_trial_goes_on_after_the_server_was_killed(server: RunningServer) -> None:
    source = "127.0.0.30"
    async with a_device(server, source, clock=time.monotonic) as device:
        (known,) = await force_devices(server, [source])
        channels = [channel["id"] for channel in known["channels"]]
        body = {"name": "Interrupted", "channels": channels, "start": {}}
        recording = await asked(server, "POST", "/recordings", json=body)
        trial = recording["trial_list"][0]
        await asyncio.sleep(1.0)
        server.kill()
        await asyncio.to_thread(server.start)
        await asyncio.wait_for(device.connected.wait(), 10)
        running = await asked(server, "GET", f"/trials/{trial['id']}")
        assert running["state"] == "running"
        await asyncio.sleep(1.0)
        stopped = await asked(server, "POST", f"/trials/{trial['id']}/stop")
    assert stopped["state"] == "done"
    (outage,) = [m for m in stopped["missing"] if m["kind"] == "server"]
    assert outage["end"] - outage["start"] > 100
    data = await asked(server, "GET", f"/trials/{trial['id']}/data", params={"points": 0, "calibrate": "none"})
    steps = np.diff(data["channels"][0]["t_us"])
    assert (steps > 0).all()
    assert np.count_nonzero(steps > 50_000) == 1  # the outage itself, and no other hole
    assert len(steps) > 1400
