"""The firmware on its links, in front of a real server: cuts, restarts, orders, releases."""

import asyncio
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from system.firmware_board import Cutter, Host, Restart, counting, live, until
from system.firmware_rollout import Updated
from system.running_server import RunningServer
from system.starting import StartServer


@pytest.fixture
def host(tmp_path: Path) -> Iterator[Any]:
    with Host(tmp_path, start_ms=int(time.time() * 1000)) as host:
        host.rtc_offset_ms = 0
        yield host


@pytest.fixture
def counter() -> Iterator[dict[str, Any]]:
    with counting() as driver:
        yield driver


def mqtt(server: RunningServer, device: Any, **more: Any) -> dict[str, Any]:
    return {"host": "127.0.0.1", "port": server.mqtt_port, "token": device.token, "backlog_ms": 0, **more}


def is_gapless(stored: list[tuple[int, float]], at_least: int) -> bool:
    values = [v for _, v in stored]
    assert values == [float(n) for n in range(1, len(values) + 1)], "each once, in order, none between is missing"
    return len(values) >= at_least


@pytest.mark.parametrize("link", ["mqtt", "http", "websocket"])
def test_every_link_delivers_each_sample_once_over_cuts_in_the_middle_of_packets(
    server: RunningServer, host: Any, counter: dict[str, Any], link: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    from agent import supervisor

    device = server.add_device(f"cut-{link}")
    # Each link counts as one that worked, or the waits between them double, up to half a minute.
    monkeypatch.setattr(supervisor, "_WORKED", -1)
    direct = server.mqtt_port if link == "mqtt" else server.http_port

    async def talk(agent: Any) -> None:
        cutter = await Cutter(direct).start()
        agent.uplink.settings["port"] = cutter.port
        for up, down in ((700, None), (None, 20), (1500, None), (None, 90)):
            await until(lambda: agent.uplink.up)
            seq = agent.outbox.seq
            cutter.up_left, cutter.down_left = up, down
            cuts = cutter.cuts
            await until(lambda cuts=cuts: cutter.cuts > cuts)  # type: ignore[misc]
            agent.uplink.live = True
            assert agent.outbox.seq >= seq
        await until(lambda: agent.uplink.up)
        agent.sensors.all.clear()
        await until(lambda: agent.outbox.pending == 0)
        await cutter.stop()

    settings = mqtt(server, device, link=link, port=1)
    live(host, talk, serial=device.serial, drivers=[counter], server=settings)
    assert is_gapless(device.stored("count"), at_least=20)
    assert [v for _, v in device.stored("level")][:2] == [-0.01, -0.02]


def test_a_server_that_is_killed_and_comes_back_has_every_sample_once(
    start_server: StartServer, host: Any, counter: dict[str, Any]
) -> None:
    server = start_server()
    device = server.add_device("server-away")

    async def talk(agent: Any) -> int:
        await until(lambda: agent.uplink.acknowledged > 3)
        await asyncio.to_thread(server.kill)
        seq = agent.outbox.seq
        await until(lambda: agent.outbox.seq > seq + 20)
        await asyncio.to_thread(server.start)
        await until(lambda: agent.uplink.up)
        agent.sensors.all.clear()
        await until(lambda: agent.outbox.pending == 0)
        return int(agent.outbox.seq)

    taken = live(host, talk, serial=device.serial, drivers=[counter], server=mqtt(server, device))
    assert is_gapless(device.stored("count"), at_least=taken)
    assert host.restarts == 0


def test_a_server_that_refuses_the_token_is_no_reason_to_restart_or_to_lose_anything(
    server: RunningServer, host: Any, counter: dict[str, Any]
) -> None:
    device = server.add_device("wrong-token")

    async def talk(agent: Any) -> Any:
        await until(lambda: any("uplink" in line for line in agent.log.lines))
        assert not agent.uplink.up
        return agent

    agent = live(host, talk, serial=device.serial, drivers=[counter], server=mqtt(server, device, token="wrong"))
    assert agent.outbox.lost == 0
    assert agent.outbox.pending == agent.outbox.seq


def lamp(host: Any) -> dict[str, Any]:
    class Pin:
        IN, OUT, OPEN_DRAIN, PULL_UP = 0, 1, 2, 3

        def __init__(self, number: int, *mode: int, value: int = 0) -> None:
            self.level = value

        def __call__(self, level: int | None = None) -> int:
            if level is not None:
                self.level = level
            return self.level

    sys.modules["machine"].Pin = Pin  # type: ignore[attr-defined]
    return {"driver": "relay", "outputs": [{"key": "lamp", "pin": 5}], "interval_s": 5}


def order(server: RunningServer, device: Any, name: str, args: dict[str, Any] | None = None, **more: Any) -> str:
    answer = server.admin.post(f"/devices/{device.id}/commands", json={"name": name, "args": args or {}, **more})
    assert answer.status_code == 202, answer.text
    return str(answer.json()["id"])


async def outcome(server: RunningServer, device: Any, number: str) -> tuple[str, str]:
    def look() -> Any:
        listed = server.admin.get(f"/devices/{device.id}/commands").json()
        found = next(c for c in listed if c["id"] == number)
        return (found["state"], found["detail"]) if found["state"] in ("succeeded", "failed", "expired") else None

    deadline = time.monotonic() + 60
    while not (found := await asyncio.to_thread(look)):
        assert time.monotonic() < deadline, "no answer"
        await asyncio.sleep(0.1)
    state, detail = found
    return state, detail


@pytest.mark.parametrize("link", ["mqtt", "websocket"])
def test_an_output_follows_what_is_desired_and_commands_are_answered(
    server: RunningServer, host: Any, link: str
) -> None:
    device = server.add_device(f"lamp-{link}")
    room = server.admin.post("/rooms", json={"name": f"Room {link}"}).json()["id"]

    async def talk(agent: Any) -> None:
        await until(lambda: agent.uplink.up and agent.uplink.acknowledged)
        body = {"name": "Lamp", "room_id": room, "device_id": device.id, "key": "lamp"}
        output = (await asyncio.to_thread(server.admin.post, "/outputs", json=body)).json()
        await asyncio.to_thread(server.admin.put, f"/outputs/{output['id']}", json={"state": "on"})
        await until(lambda: agent.outputs["lamp"].get("lamp") == "on")

        def confirmed() -> bool:
            outputs = server.admin.get("/outputs").json()
            return any(o["id"] == output["id"] and o["confirmed"] and o["reported"] == "on" for o in outputs)

        deadline = time.monotonic() + 60
        while not await asyncio.to_thread(confirmed):
            assert time.monotonic() < deadline
            await asyncio.sleep(0.1)
        number = await asyncio.to_thread(order, server, device, "self_test")
        assert await outcome(server, device, number) == ("succeeded", "1 sensors work")
        number = await asyncio.to_thread(order, server, device, "interval", {"interval_s": -1})
        assert (await outcome(server, device, number))[0] == "failed"
        number = await asyncio.to_thread(order, server, device, "interval", {"interval_s": 7})
        assert (await outcome(server, device, number))[0] == "succeeded"
        assert agent.sensors.all[0].interval == 7_000
        number = await asyncio.to_thread(order, server, device, "log")
        assert (await outcome(server, device, number))[0] == "succeeded"

    port = server.mqtt_port if link == "mqtt" else server.http_port
    settings = mqtt(server, device, link=link, port=port)
    live(host, talk, serial=device.serial, drivers=[lamp(host)], server=settings)


def test_a_document_that_is_too_long_is_left_out_and_said_so_and_the_link_lives_on(
    server: RunningServer, host: Any
) -> None:
    device = server.add_device("too-long")

    async def talk(agent: Any) -> None:
        await until(lambda: agent.uplink.acknowledged)
        wish = {"state": {"note": "x" * 20_000}, "reason": ""}
        await asyncio.to_thread(server.admin.patch, f"/devices/{device.id}/shadow", json=wish)
        await until(lambda: any("too long" in line for line in agent.log.lines))
        number = await asyncio.to_thread(order, server, device, "sync")
        assert (await outcome(server, device, number))[0] == "succeeded"

    live(host, talk, serial=device.serial, drivers=[lamp(host)], server=mqtt(server, device))


def test_an_order_to_restart_is_obeyed_once(server: RunningServer, host: Any) -> None:
    device = server.add_device("restarts")
    numbers: list[str] = []

    async def talk(agent: Any) -> None:
        await until(lambda: agent.uplink.up)
        await asyncio.sleep(0.3)
        numbers.append(await asyncio.to_thread(order, server, device, "reboot"))
        await asyncio.sleep(15)

    settings = {"serial": device.serial, "drivers": [lamp(host)], "server": mqtt(server, device)}
    assert isinstance(live(host, talk, **settings), Restart)

    async def again(agent: Any) -> Any:
        await until(lambda: agent.uplink.up)
        before = agent.restarting
        agent.uplink.message("commands", b'{"id":"%s","name":"reboot","args":{}}' % numbers[0].encode())
        await asyncio.sleep(1.5)
        return before or agent.restarting

    assert live(host, again) is False
    assert host.restarts == 1
    listed = server.admin.get(f"/devices/{device.id}/commands").json()
    assert listed[0]["state"] == "succeeded"


def test_a_meter_of_system_003_can_be_replaced_by_this_board(
    server: RunningServer, host: Any, counter: dict[str, Any]
) -> None:
    """Nothing but its topic and its message tells them apart."""
    from agent import setup  # noqa: F401 - loads what the format needs

    sys.modules["drivers.counter"].CHANNELS = (("power", "power", "W", 1), ("energy", "energy", "Wh", 0))  # type: ignore[attr-defined]

    async def talk(agent: Any) -> None:
        await until(lambda: agent.uplink.acknowledged >= 5)

    settings = {"host": "127.0.0.1", "port": server.mqtt_port, "format": "meter", "device_id": "1"}
    live(host, talk, serial="SN-board", drivers=[counter], server=settings)
    device = server.device("SN-board")
    assert device["dialect"] == "meter"
    assert {c["key"] for c in device["channels"]} >= {"power", "energy"}


def test_a_rollout_reaches_the_board_and_a_release_that_does_not_start_is_left_by_the_board_itself(
    server: RunningServer, host: Any, counter: dict[str, Any]
) -> None:
    """The slots are real, their content is not started: which version runs is what the slot says of itself."""
    import boot  # type: ignore[import-not-found]

    device = server.add_device("updated")
    starts: list[str] = []

    def start() -> str:
        slot: str = boot.choose()
        starts.append(slot)
        if slot and b"broken" in Path(slot, "main.mpy").read_bytes():
            raise Restart
        return slot

    where = mqtt(server, device, http_port=server.http_port)
    board = Updated(server, device, host, "sim", start, {"drivers": [counter], "server": where})
    version, found = board.through("1.1.0", {"main.mpy": b"good" * 500})
    assert (version, found["state"], starts) == ("1.1.0", "confirmed", ["", "a"])
    starts.clear()
    version, found = board.through("1.2.0", {"main.mpy": b"broken" * 500})
    assert (version, found["state"], starts) == ("1.1.0", "failed", ["a", "b", "b", "b", "a"])
    assert found["reason"].startswith("tries")
