"""One server, a device of every kind twice: what a viewer may not see comes out of no door, whichever way is tried.

The doors are listed by the server itself, so a new route is walked through as soon as it is there.
"""

import asyncio
import itertools
import json
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final
from unittest.mock import MagicMock

import httpx
import pytest
from starlette.routing import Route
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection, connect

from builders import now_ms
from ohmstead.legacy.doors import SYSTEMS
from system.running_server import RunningServer
from system.wire import MqttClient

PASSWORD: Final = "a long enough password"
HIDDEN: Final = "UNSEEN"
VALUES: Final = {"SEEN": 1234.5, HIDDEN: 7654.25}
MARKS: Final = (HIDDEN, "7654.2", "7.6542", "7654,2")  # as it is, in thousands, and as a table may write it
# What changes the asker's own state, or waits.
LEFT_OUT: Final = ("/auth/", "/api/auth/logout", "/api/register", "/setup", "/invitations/accept")
LISTS_OF_003: Final = ("/api/devices", "/api/readings", "/api/dashboard/stats", "/api/stats")


@dataclass
class Side:
    """All that was made under one word."""

    word: str
    serials: dict[str, str] = field(default_factory=dict)
    ids: dict[str, str] = field(default_factory=dict)  # by kind of device
    channels: list[str] = field(default_factory=list)
    room: str = ""
    output: str = ""
    rule: str = ""


@dataclass
class House:
    server: RunningServer
    seen: Side
    hidden: Side
    viewer: httpx.Client
    older: httpx.Client  # the same viewer with the bearer token of the older page
    open: ExitStack
    plates: dict[str, ClientConnection] = field(default_factory=dict)

    def client(self, way: str) -> httpx.Client:
        return {"cookie": self.viewer, "bearer": self.older}.get(way) or self.server.client()

    @property
    def cookie(self) -> dict[str, str]:
        return {"cookie": f"ohmstead_session={self.viewer.cookies['ohmstead_session']}"}

    def publish(self, side: Side, value: float) -> None:
        """One more message of every kind of device."""
        asyncio.run(_publish(self.server, side, value))
        url, serials = self.server.url, side.serials
        _good(httpx.post(f"{url}/api/data", json={"device_id": serials["001"], "current": 1.0, "power": value}))
        logged = {"timestamp": "10:00:00.000", "current": value}
        _good(httpx.post(f"{url}/data?device={serials['000']}", json=logged))
        samples = [{"t": 1000 + n, "l": value, "r": value} for n in range(100)]
        self.plates[side.word].send(json.dumps({"samples": samples}))


def _good(answer: httpx.Response) -> Any:
    assert answer.status_code < 300, answer.text
    return answer.json() if "json" in answer.headers.get("content-type", "") else None


async def _publish(server: RunningServer, side: Side, value: float) -> None:
    client = MqttClient(server.host, server.mqtt_port)
    assert await client.connect("ESP8266Client-4f2a", "", "") == 0
    reading = {"voltage": value, "current": 0.4, "power": value, "energy": value, "timestamp": "1970-01-01T00:00:00Z"}
    named = {"serial_number": side.serials["003"], "device_id": f"{side.word}-label"}
    await client.publish("meter/1/data", named | reading)
    client.disconnect()


def _furnish(house: House, side: Side) -> None:
    server, word = house.server, side.word
    side.serials = {kind: f"{word}-{kind}" for kind in ("native", "000", "001", "002", "003", "004")}
    device = server.add_device(side.serials["native"], f"{word} native")
    value = VALUES[word]
    _good(device.send({"v": {"power": value, "energy": value, "switch": 1}}))
    url = f"ws://{server.host}:{server.http_port}/ws?device={side.serials['002']}"
    plate = house.open.enter_context(connect(url, proxy=None))
    plate.send('{"type":"esp32"}')
    assert "registered" in str(plate.recv(timeout=10))
    house.plates[word] = plate
    house.publish(side, value)
    at = {"dialect": "home-control", "address": "127.0.0.1:9"}
    _good(server.admin.post("/devices", json={"serial": side.serials["004"], "name": f"{word} home"} | at))
    for _ in range(200):  # the plate's samples are on their way beside the others
        listed = {d["serial"]: d for d in server.devices(limit=100)}
        if listed.get(side.serials["002"], {}).get("channels"):
            break
    for kind, serial in side.serials.items():
        side.ids[kind] = listed[serial]["id"]
        side.channels += [c["id"] for c in listed[serial]["channels"]]
        if listed[serial]["state"] == "unclaimed":
            _good(server.admin.post(f"/devices/{side.ids[kind]}/claim", json={"name": f"{word} {kind}"}))
    side.room = _good(server.admin.post("/rooms", json={"name": f"{word} room"}))["id"]
    lamp = {"name": f"{word} lamp", "room_id": side.room, "device_id": side.ids["004"]}
    side.output = _good(server.admin.post("/outputs", json=lamp))["id"]
    threshold = {"kind": "threshold", "above": 1}
    rule = {"name": f"{word} rule", "scope": {"channel_id": side.channels[0]}, "condition": threshold}
    side.rule = _good(server.admin.post("/rules", json=rule))["id"]


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    with RunningServer(tmp_path_factory.mktemp("doors") / "data") as server, ExitStack() as stack:
        server.admin.post("/users", json={"username": "lodger", "password": PASSWORD, "role": "viewer"})
        viewer, older = server.client(), stack.enter_context(httpx.Client(base_url=server.url))
        user = _good(viewer.post("/auth/login", json={"username": "lodger", "password": PASSWORD}))["user"]
        told = _good(httpx.post(f"{server.url}/api/login", json={"username": "lodger", "password": PASSWORD}))
        older.headers["authorization"] = f"Bearer {told['token']}"
        house = House(server, Side("SEEN"), Side(HIDDEN), viewer, older, stack)
        for side in (house.seen, house.hidden):
            _furnish(house, side)
        for device in house.seen.ids.values():
            _good(server.admin.post(f"/devices/{device}/assign", json={"user_id": user["id"]}))
        yield house


def routes(server: RunningServer, *methods: str) -> list[tuple[str, str]]:
    """(method, path) of every operation of the API and of the doors of older systems."""
    described = httpx.get(f"{server.url}/api/openapi.json").json()["paths"]
    found = [(m.upper(), path) for path, operations in described.items() for m in operations]
    for offered in SYSTEMS.values():
        for route in offered(MagicMock()):
            if isinstance(route, Route):
                found += [(m, route.path.replace(":path", "")) for m in sorted(route.methods or ())]
    return sorted({(m, p) for m, p in found if m in methods and not any(out in p for out in LEFT_OUT)})


def filled(path: str, side: Side) -> Iterator[str]:
    """The path with everything in its places that could name something of `side`."""
    names = [part.partition("}")[0] for part in path.split("{")[1:]]
    devices = [side.ids[kind] for kind in ("native", "000", "002", "003", "004")]
    meant = {
        "device_id": devices,
        "id": devices,
        "channel_id": side.channels[:2],
        "room_id": [side.room],
        "output_id": [side.output],
        "rule_id": [side.rule],
        "room": [f"{side.word} room"],
        "light": [f"{side.word} lamp"],
        "serial": [side.serials["001"], side.serials["003"]],
        "label": [f"{side.word}-label"],
    }
    choices = [meant.get(name, ["2"] if name.endswith("_id") else [side.serials["002"], "admin"]) for name in names]
    for values in itertools.product(*choices):
        yield path.format(**dict(zip(names, values, strict=True)))


def asking(side: Side) -> list[tuple[str, str | int | float | bool | None]]:
    """Questions that name the devices of `side` in every way a query can."""
    span: list[tuple[str, Any]] = [("from", 0), ("to", now_ms() + 60_000), ("period", "day"), ("mode", "day")]
    return [
        *span,
        ("start", f"{datetime.now(UTC):%Y-%m-%d}"),
        ("device", side.serials["002"]),
        ("device_id", side.serials["001"]),
    ]


def questions(path: str, side: Side) -> list[list[tuple[str, Any]]]:
    if path in LISTS_OF_003 or path == "/api/usage":
        return [[], asking(side), [("device_id", f"{side.word}-label")]]
    if any(path.endswith(end) for end in ("/history", "/energy", "/export.csv", "/export.parquet", "/capture")):
        return [[*asking(side)[:4], ("channel", channel)] for channel in side.channels]
    return [[], asking(side)] if "{" not in path else [asking(side)]


def walk(client: httpx.Client, server: RunningServer, side: Side) -> dict[str, list[httpx.Response]]:
    """Every answer to a GET that names what is of `side`, by path."""
    found: dict[str, list[httpx.Response]] = {}
    for _, path in routes(server, "GET"):
        for address, query in itertools.product(filled(path, side), questions(path, side)):
            found.setdefault(path, []).append(client.get(server.url + address, params=query))
    return found


def told(answer: httpx.Response) -> bool:
    """Whether it says something hidden that was not in the question."""
    text = answer.text
    for name in {part for part in answer.request.url.path.split("/") if HIDDEN in part}:
        text = text.replace(name, "")
    return any(mark in text for mark in MARKS)


def test_an_admin_finds_it_behind_every_kind_of_door(house: House) -> None:
    """What is looked for below is there to be found, else the search would prove nothing."""
    found = {
        p for p, answers in walk(house.server.admin, house.server, house.hidden).items() if any(map(told, answers))
    }
    assert found >= {
        "/api/v1/devices", "/api/v1/devices/{device_id}", "/api/v1/history", "/api/v1/export.csv", "/api/v1/outputs",
        "/api/v1/rooms", "/api/v1/rules", "/api/v1/audit",
        "/api/v1/devices/{device_id}/export/current_data.csv",
        "/api/usage", "/api/current_reading", "/api/latest_reading", "/api/devices", "/api/readings",
        "/api/devices/by-serial/{serial}", "/api/readings/{serial}/stats", "/api/readings/{serial}/summary",
        "/api/devices/id/{label}/readings",
    }, found  # fmt: skip


@pytest.mark.parametrize("way", ["cookie", "bearer", "nothing"])
def test_no_answer_tells_a_viewer_or_a_stranger_of_it(house: House, way: str) -> None:
    client = house.client(way)
    wrong = []
    for path, answers in walk(client, house.server, house.hidden).items():
        for answer in answers:
            if told(answer) or answer.status_code >= 500:
                wrong.append((answer.status_code, str(answer.request.url), answer.text[:200]))
            if way == "nothing" and answer.status_code == 200 and "{device_id}" in path:
                wrong.append((answer.status_code, str(answer.request.url), "answered a stranger"))
    assert not wrong, "\n".join(map(str, wrong))


@pytest.mark.parametrize("way", ["cookie", "bearer", "nothing"])
def test_nothing_of_it_is_changed_by_a_viewer_or_a_stranger(house: House, way: str) -> None:
    client = house.client(way)
    before = [house.server.admin.get(f"/devices/{one}").json() for one in house.hidden.ids.values()]
    done = []
    for method, path in routes(house.server, "POST", "PUT", "PATCH", "DELETE"):
        if "{" not in path or "/devices/me/" in path:
            continue
        for address in filled(path, house.hidden):
            answer = client.request(method, house.server.url + address, json={"name": "mine", "state": "on"})
            if answer.status_code < 400 or answer.status_code >= 500 or told(answer):
                done.append((method, address, answer.status_code, answer.text[:200]))
    assert not done, "\n".join(map(str, done))
    after = [house.server.admin.get(f"/devices/{one}").json() for one in house.hidden.ids.values()]
    assert [(d["name"], d["state"]) for d in after] == [(d["name"], d["state"]) for d in before]


NUMBERED: Final = ("{device_id}", "{id}", "{channel_id}", "{output_id}", "{room_id}", "{rule_id}")


def test_a_foreign_id_is_told_in_the_words_of_a_missing_one(house: House) -> None:
    told_apart = []
    for method, path in routes(house.server, "GET", "POST", "PUT", "PATCH", "DELETE"):
        if sum(path.count(name) for name in NUMBERED) != 1 or path.count("{") != 1:
            continue
        missing = house.older.request(
            method, house.server.url + path.partition("{")[0] + "4711" + path.partition("}")[2]
        )
        for address in filled(path, house.hidden):
            foreign = house.older.request(method, house.server.url + address)
            if (foreign.status_code, foreign.text) != (missing.status_code, missing.text):
                told_apart.append((method, address, foreign.text, missing.text))
    assert not told_apart, "\n".join(map(str, told_apart))


LIVE: Final = (("/api/v1/live", None), ("/api/v1/live/force", "subscribe"), ("/", None), ("/ws", '{"type":"flutter"}'))


@pytest.mark.parametrize(("path", "hello"), LIVE)
def test_no_live_view_shows_it(house: House, path: str, hello: str | None) -> None:
    url = f"ws://{house.server.host}:{house.server.http_port}{path}"
    if path == "/ws":
        url += f"?device={house.hidden.serials['002']}"
    frames: list[str] = []
    with connect(url, additional_headers=house.cookie, proxy=None) as view:
        if hello == "subscribe":
            hello = json.dumps({"subscribe": house.hidden.channels + house.seen.channels})
        if hello is not None:
            view.send(hello)
        for n in range(3):
            house.publish(house.hidden, VALUES[HIDDEN] + n / 1000)
            house.publish(house.seen, VALUES["SEEN"] + n / 1000)
            try:
                frames += [str(view.recv(timeout=2)) for _ in range(2)]
            except (TimeoutError, ConnectionClosed):
                break
    text = "".join(frames)
    assert not [mark for mark in MARKS if mark in text], text[:500]
    channels = [c for c in house.hidden.channels if f'"{c}":' in text]
    assert not channels, text[:500]
    if path in ("/", "/api/v1/live"):
        assert "SEEN-" in text, "the viewer's own devices are there"


@pytest.mark.parametrize("path", [path for path, _ in LIVE])
def test_no_live_view_opens_to_a_stranger(house: House, path: str) -> None:
    with connect(f"ws://{house.server.host}:{house.server.http_port}{path}", proxy=None) as view:
        house.publish(house.hidden, VALUES[HIDDEN])
        frames = until_closed(view, '{"type":"flutter"}')
    assert "samples" not in frames
    assert HIDDEN not in frames


def until_closed(view: ClientConnection, hello: str) -> str:
    """All that came until the server closed the connection. Raises TimeoutError if it does not."""
    frames = ""
    with suppress(ConnectionClosed):
        view.send(hello)
        while True:
            frames += str(view.recv(timeout=10))
    return frames


async def test_mqtt_is_no_way_around(house: House) -> None:
    server = house.server
    cookie = house.viewer.cookies["ohmstead_session"]
    for username, password in (("lodger", PASSWORD), (house.hidden.serials["native"], PASSWORD), ("", cookie)):
        client = MqttClient(server.host, server.mqtt_port)
        assert await client.connect("x", username, password) in (4, 5)
        client.close()
    stranger = MqttClient(server.host, server.mqtt_port)
    assert await stranger.connect("y", "", "") == 0
    native = house.hidden.serials["native"]
    for topic in ("#", "+/#", "meter/+/data", "meter/1/data", f"ohmstead/{native}/telemetry", f"ohmstead/{native}/#",
                  "ohmstead/+/status", "$SYS/#", "$share/x/#"):  # fmt: skip
        assert await stranger.subscribe(topic) == 0x80, topic
    stranger.close()
