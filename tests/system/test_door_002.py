"""System 002: its three generations of devices, its app and its browser page, all against one server at once."""

import asyncio
import contextlib
import json
import time
from collections.abc import AsyncIterator, Iterator
from typing import Any

import httpx
import pytest
import socketio
from websockets.asyncio.client import connect
from websockets.exceptions import InvalidStatus

from ohmstead.simulation.force_lab import Firmware, SimulatedDevice
from system.running_server import RunningServer

NAMES = {"G0": "127.0.0.10", "G1": "127.0.0.11", "G2": "127.0.0.12"}


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    env = {"OHMSTEAD_ZONE": "Europe/Budapest", "OHMSTEAD_OPEN_DOORS": "002=127.0.0.1/32:operator"}
    with RunningServer(tmp_path_factory.mktemp("door002") / "data", env=env, mqtt=False) as running:
        yield running


class OlderApp:
    """What the Flutter app asks, from a tablet in the network the door is opened to: no log-in, no header."""

    def __init__(self, server: RunningServer, device: str | None = None) -> None:
        self._client = httpx.AsyncClient(base_url=server.url, timeout=20)
        self.ws = f"ws://{server.host}:{server.http_port}/ws"
        self._query = {} if device is None else {"device": device}

    async def ask(self, method: str, path: str, status: int = 200, **options: Any) -> httpx.Response:
        answer = await self._client.request(method, path, params=self._query, **options)
        assert answer.status_code == status, (path, answer.text)
        assert answer.headers["access-control-allow-origin"] == "*"
        return answer

    async def close(self) -> None:
        await self._client.aclose()


@pytest.fixture
async def devices(server: RunningServer) -> AsyncIterator[dict[str, SimulatedDevice]]:
    url = f"ws://{server.host}:{server.http_port}/ws"
    async with contextlib.AsyncExitStack() as stack:
        found = {}
        for generation, address in NAMES.items():
            firmware = Firmware(generation, lose_stops=2 if generation == "G2" else 0, boot_ms=200)
            device = SimulatedDevice(url, firmware, source=address)
            found[generation] = await stack.enter_async_context(device)
        yield found


async def until(what: Any, within_s: float = 30.0) -> None:
    """Wait for something to be true, or say that it never was."""
    deadline = time.monotonic() + within_s
    while not (answer := what()) or (asyncio.iscoroutine(answer) and not await answer):
        assert time.monotonic() < deadline, "it never came to be"
        await asyncio.sleep(0.02)


def printed(body: Any) -> str:
    """As Dart prints a decoded body: no quotes around keys and texts."""
    return str(body).replace("'", "")


@pytest.mark.parametrize("generation", ["G0", "G1", "G2"])
async def test_a_test_by_the_app_with_each_generation(
    server: RunningServer, devices: dict[str, SimulatedDevice], generation: str
) -> None:
    app, device = OlderApp(server, NAMES[generation]), devices[generation]
    status = (await app.ask("GET", "/api/status")).json()
    assert status["esp_connected"] is True
    assert status["connected_devices"]["esp"] == 3
    assert status["is_testing"] is False
    assert len(printed(status)) >= 50
    frames: list[str] = []
    async with connect(f"{app.ws}?device={NAMES[generation]}", proxy=None) as live:
        await live.send('{"type":"flutter"}')
        assert json.loads(await live.recv()) == {"status": "registered", "type": "flutter"}
        began = time.monotonic()
        started = (await app.ask("POST", "/api/start_test")).json()
        assert started["status"] == "started"
        await live.send('{"cmd":"start"}')  # the app gives each order twice
        again = (await app.ask("POST", "/api/start_test")).json()
        assert again["csv_file"] == started["csv_file"]

        async def follow() -> None:
            while True:
                frames.append(str(await live.recv()))

        following = asyncio.get_running_loop().create_task(follow())
        await asyncio.sleep(1.2)  # a pull takes its time
        assert (await app.ask("GET", "/api/status")).json()["is_testing"] is True
        await live.send('{"cmd":"stop"}')
        stopped = (await app.ask("POST", "/api/stop_test")).json()
        await until(lambda: any("samples" in frame for frame in frames))
        following.cancel()
    assert {"command_ack": "start", "success": True} in [json.loads(frame) for frame in frames if "ack" in frame]
    assert stopped["status"] == "stopped"
    assert stopped["csv_file"] == started["csv_file"]
    assert 200 <= stopped["sample_count"] <= (time.monotonic() - began) * 1000
    samples = [frame for frame in frames if "samples" in frame]
    assert samples
    assert all(len(frame) >= 100 and len(json.loads(frame)["samples"]) >= 5 for frame in samples)
    session = (await app.ask("GET", "/api/session_data")).json()
    assert session["is_testing"] is False
    assert len(session["data"]) == 100
    assert set(session["data"][0]) == {"left", "right", "timestamp"}
    assert len(printed(session)) >= 200

    listed = (await app.ask("GET", "/api/csv_files")).json()["files"]
    mine = next(f for f in listed if f["filename"] == started["csv_file"])
    assert mine["filepath"] == f"test_data/{mine['filename']}"
    file = await app.ask("GET", f"/api/download/{mine['filename']}")
    lines = file.content.split(b"\r\n")
    assert lines[0] == b"timestamp,left_sensor,right_sensor,esp32_time_ms"
    assert lines[-1] == b""
    assert len(file.content) == mine["size"]
    assert len(lines) - 2 == stopped["sample_count"]
    ms = [int(line.split(b",")[3]) for line in lines[1:-1]]
    sent = {s["t"]: (s["l"], s["r"]) for frame in samples for s in json.loads(frame)["samples"]}
    rows = {int(t): (int(left), int(right)) for _, left, right, t in (line.split(b",") for line in lines[1:-1])}
    assert ms == sorted(ms)
    both = sent.keys() & rows.keys()
    assert len(both) >= 100
    assert {t: sent[t] for t in both} == {t: rows[t] for t in both}
    if generation == "G1":
        await until(lambda: device.firmware.heard.count("stop") >= 3)  # it never stops; that is tried, not believed
    else:
        await until(lambda: not device.firmware.running)
    orders = [json.loads(frame) for frame in device.frames if '"cmd"' in frame]
    assert all(order["cmd"] == order["command"] for order in orders)
    assert not any("registered" in frame or "pong" in frame for frame in device.frames if '"cmd"' in frame)
    await app.close()


async def test_a_socket_io_client_starts_sees_and_stops(
    server: RunningServer, devices: dict[str, SimulatedDevice]
) -> None:
    page = socketio.AsyncClient()
    heard: dict[str, list[Any]] = {}
    for event in ("registration_response", "sensor_data", "test_status", "data_complete"):
        heard[event] = []
        page.on(event, heard[event].append)
    await page.connect(f"{server.url}?device={NAMES['G2']}", transports=["polling", "websocket"])
    try:
        await page.emit("register", {"type": "browser"})
        await until(lambda: heard["registration_response"])
        assert heard["registration_response"][0]["type"] == "browser"
        await page.emit("browser_command", {"cmd": "start"})
        await until(lambda: any(told["status"] == "started" for told in heard["test_status"]))
        await until(lambda: len(heard["sensor_data"]) >= 3)
        assert set(heard["sensor_data"][0]["samples"][0]) == {"t", "l", "r"}
        await page.emit("browser_command", {"cmd": "stop"})
        await until(lambda: heard["data_complete"])
        assert any(told["status"] == "stopped" for told in heard["test_status"])
        assert heard["data_complete"][0]["sample_count"] >= 200
    finally:
        await page.disconnect()
    await until(lambda: not devices["G2"].firmware.running)


async def test_without_a_device_the_app_is_told_so_in_its_own_words(server: RunningServer) -> None:
    app = OlderApp(server, "127.0.0.99")
    answer = await app.ask("POST", "/api/start_test", 400)
    assert answer.json() == {"error": "No ESP32 device connected"}
    assert (await app.ask("POST", "/api/stop_test", 400)).json() == {"error": "No ESP32 device connected"}
    assert (await app.ask("GET", "/api/current_reading", 404)).json()["error"]
    session = (await app.ask("GET", "/api/session_data")).json()
    assert session["data"] == []
    assert len(printed(session)) >= 200
    await app.close()


@pytest.mark.parametrize("name", ["..%2fohmstead.db", "..%2f..%2fetc%2fpasswd", "imtp_test_20250101_000000.csv",
                                  "imtp_test_20250101_0000.csv", "imtp_test_99999999_999999.csv"])  # fmt: skip
async def test_no_file_name_leads_anywhere_else(server: RunningServer, name: str) -> None:
    app = OlderApp(server)
    for method, path in (("GET", "/api/download/"), ("DELETE", "/api/delete/")):
        answer = await app.ask(method, path + name, 404)
        assert answer.json() == {"error": "File not found"}
    await app.close()


async def test_a_shut_door_stays_shut(server: RunningServer) -> None:
    """From an address that no rule opens: no reading, no orders, no frames, no Socket.IO."""
    transport = httpx.AsyncHTTPTransport(local_address="127.0.0.77")
    async with httpx.AsyncClient(transport=transport, base_url=server.url) as stranger:
        for method, path in (("GET", "/api/status"), ("POST", "/api/start_test"), ("GET", "/api/csv_files")):
            assert (await stranger.request(method, path)).status_code == 401
        polled = await stranger.get("/socket.io/", params={"EIO": "4", "transport": "polling"})
        assert (polled.status_code, polled.json()) == (401, {"error": "please log in"})  # no session is kept for it
        joined = {"EIO": "4", "transport": "polling", "sid": "made up"}
        assert (await stranger.post("/socket.io/", params=joined, content="40")).status_code == 400
    direct = f"ws://{server.host}:{server.http_port}/socket.io/?EIO=4&transport=websocket"
    with pytest.raises(InvalidStatus):
        await connect(direct, proxy=None, local_addr=("127.0.0.77", 0))
    url = f"ws://{server.host}:{server.http_port}/ws"
    async with connect(url, proxy=None, local_addr=("127.0.0.77", 0)) as socket:
        await socket.send('{"type":"flutter"}')
        assert "error" in json.loads(await socket.recv())


async def test_a_foreign_page_cannot_use_an_opened_door(server: RunningServer) -> None:
    async with httpx.AsyncClient(base_url=server.url, headers={"Origin": "https://elsewhere.example"}) as page:
        for method, path in (("GET", "/api/status"), ("POST", "/api/start_test"), ("DELETE", "/api/delete/x.csv")):
            assert (await page.request(method, path)).status_code == 403
        preflight = await page.options("/api/start_test")
        assert preflight.headers["access-control-allow-origin"] == "*"
        assert "access-control-allow-credentials" not in preflight.headers


@pytest.mark.parametrize("origin", ["https://elsewhere.example", "null"])
async def test_a_page_is_no_device(server: RunningServer, origin: Any) -> None:
    """Nor is one that hides where it comes from, as a sandboxed frame does."""
    url = f"ws://{server.host}:{server.http_port}/ws"
    async with connect(url, proxy=None, origin=origin) as socket:
        await socket.send('{"type":"esp32"}')
        await asyncio.wait_for(socket.wait_closed(), 5)
        assert socket.close_code == 4403


async def test_samples_over_http_are_answered_once_they_are_on_disk(server: RunningServer) -> None:
    async with httpx.AsyncClient(base_url=server.url) as device:
        told = await device.post("/api/esp32/register", json={"type": "esp32", "device_id": "rig-7"})
        assert told.json()["success"] is True
        samples = [{"t": 1000 + n, "l": -12_688 - n, "r": -17_431 + n} for n in range(100)]
        answer = await device.post("/api/esp32/data", json={"samples": samples})
        assert answer.json() == {"success": True, "samples_received": 100}
        assert (await device.post("/api/esp32/data", json={"done": True})).json() == {"error": "No samples in data"}
    known = server.device("rig-7")
    left = next(c for c in known["channels"] if c["key"] == "left")
    assert (left["quantity"], left["last"]["value"]) == ("raw", -12_787)


async def test_a_ping_is_answered_and_nonsense_ends_nothing(server: RunningServer) -> None:
    url = f"ws://{server.host}:{server.http_port}/ws?device=nonsense"
    async with connect(url, proxy=None, origin="file://", subprotocols=["arduino"]) as socket:  # type: ignore[list-item]
        assert socket.subprotocol == "arduino"
        await socket.send('{"type":"esp32"}')
        assert str(await socket.recv()).find("registered") > 0
        for nonsense in (
            "",
            "what",
            "[]",
            '{"samples":5}',
            '{"samples":[5,null,{"t":"x"}]}',
            '{"done":true}',
            "{" * 5000,
        ):
            await socket.send(nonsense)
        await socket.send('{"samples":[{"t":4294967295,"l":1,"r":2},{"t":0,"l":3,"r":4}]}')
        await socket.send('{"ping":true}')
        assert json.loads(await socket.recv()) == {"pong": True}
    await until(lambda: any(c["last"] for c in server.device("nonsense")["channels"]))
    assert [value for _, value in server.stored("nonsense", "left")] == [1.0, 3.0]


async def test_who_says_nothing_or_something_else_is_no_client(server: RunningServer) -> None:
    url = f"ws://{server.host}:{server.http_port}/ws"
    for first in ('{"type":"toaster"}', "hello", "[]"):
        async with connect(url, proxy=None) as socket:
            await socket.send(first)
            await asyncio.wait_for(socket.wait_closed(), 5)
            assert socket.close_code == 1008


async def test_three_tablets_and_a_page_at_once(server: RunningServer, devices: dict[str, SimulatedDevice]) -> None:
    """Each tablet has its own device and its own test; the page looks on at one of them."""
    apps = {generation: OlderApp(server, NAMES[generation]) for generation in NAMES}
    page = socketio.AsyncClient()
    frames: list[Any] = []
    page.on("sensor_data", frames.append)
    await page.connect(f"{server.url}?device={NAMES['G1']}", transports=["websocket"])
    try:
        for app in apps.values():
            assert (await app.ask("POST", "/api/start_test")).json()["status"] == "started"
        await asyncio.sleep(1.0)
        stopped = await asyncio.gather(*(app.ask("POST", "/api/stop_test") for app in apps.values()))
    finally:
        await page.disconnect()
    ended = [answer.json() for answer in stopped]
    assert min(one["sample_count"] for one in ended) >= 150, [one["sample_count"] for one in ended]
    assert len({one["csv_file"] for one in ended}) == 3
    assert frames
    counts = {g: (await app.ask("GET", "/api/session_data")).json()["sample_count"] for g, app in apps.items()}
    assert min(counts.values()) >= 150
    for app in apps.values():
        await app.close()
    assert devices["G2"].sent > 0


async def test_devices_and_an_app_that_tell_nothing_of_each_other(server: RunningServer) -> None:
    """Three generations behind one address, and an app that names none: all hear it, nobody is sent away."""
    url = f"ws://{server.host}:{server.http_port}/ws"
    source = "127.0.0.60"
    app = OlderApp(server)
    before = (await app.ask("GET", "/api/status")).json()["connected_devices"]["esp"]
    async with contextlib.AsyncExitStack() as stack:
        found = {}
        for generation in ("G0", "G1", "G2"):
            device = SimulatedDevice(url, Firmware(generation, boot_ms=300), source=source)
            found[generation] = await stack.enter_async_context(device)
        status = (await app.ask("GET", "/api/status")).json()
        assert status["connected_devices"]["esp"] == before + 3
        started = (await app.ask("POST", "/api/start_test")).json()
        await until(lambda: found["G0"].firmware.running and found["G2"].firmware.running)

        async def testing() -> bool:
            return bool((await app.ask("GET", "/api/status")).json()["session_sample_count"])

        await until(testing)
        stopped = (await app.ask("POST", "/api/stop_test")).json()
        assert stopped["csv_file"] == started["csv_file"]
        assert stopped["sample_count"] > 0
        await until(lambda: not found["G0"].firmware.running and not found["G2"].firmware.running)
        assert all(sum("registered" in frame for frame in device.frames) == 1 for device in found.values())
    await app.close()


async def test_a_device_that_keeps_its_samples_hands_them_over_before_the_stop_is_answered(
    server: RunningServer, devices: dict[str, SimulatedDevice]
) -> None:
    """The app sends its own stop only after that answer."""
    app = OlderApp(server, NAMES["G0"])
    async with connect(f"{app.ws}?device={NAMES['G0']}", proxy=None) as live:
        await live.send('{"type":"flutter"}')
        await live.recv()
        await app.ask("POST", "/api/start_test")
        await live.send('{"cmd":"start"}')
        await until(lambda: devices["G0"].firmware.running)
        await until(lambda: len(devices["G0"].firmware._kept) > 300)
        stopped = (await app.ask("POST", "/api/stop_test")).json()
        await live.send('{"cmd":"stop"}')
    assert stopped["sample_count"] >= 300
    reading = (await app.ask("GET", "/api/latest_reading")).text
    assert ".0" not in reading  # counts as the device wrote them
    file = await app.ask("GET", f"/api/download/{stopped['csv_file']}")
    first, *_, last = (int(line.split(b",")[3]) for line in file.content.split(b"\r\n")[1:-1])
    assert 200 <= first < last  # the device's own milliseconds
    await app.close()
