"""What no database can keep as a text: refused from people, made harmless from devices, on both databases."""

import json

import httpx
import pytest

from builders import serial
from system.running_server import RunningServer
from system.starting import StartServer

NUL = "a\x00b"


@pytest.fixture(params=["sqlite", "postgresql"])
def either(request: pytest.FixtureRequest, start_server: StartServer) -> RunningServer:
    url = request.getfixturevalue("postgres_url") if request.param == "postgresql" else None
    return start_server(database_url=url)


def test_a_zero_byte_in_what_people_and_devices_say(either: RunningServer) -> None:
    server = either
    for path, body in (
        ("/devices", {"serial": serial(), "name": NUL}),
        ("/rooms", {"name": NUL}),
        ("/tokens", {"name": NUL, "scopes": ["read"]}),
        ("/users", {"username": NUL, "password": "a long enough one", "role": "viewer"}),
    ):
        assert server.admin.post(path, json=body).status_code == 422, path
    login = httpx.post(f"{server.api}/auth/login", json={"username": NUL, "password": NUL})
    assert login.status_code in (401, 422)

    device = server.add_device(serial())
    order = server.admin.post(f"/devices/{device.id}/commands", json={"name": "reboot", "args": {}, "reason": NUL})
    assert order.status_code == 422
    hello = {"boot": "b", "board": NUL, "firmware": NUL, "channels": [], "commands": [{"name": "reboot", "args": {}}]}
    assert device.http.post("/devices/me/hello", json=hello).status_code < 500
    order = server.admin.post(f"/devices/{device.id}/commands", json={"name": "reboot", "args": {}})
    assert order.status_code == 202, order.text
    reply = {"id": order.json()["id"], "state": "failed", "detail": NUL}
    assert device.http.post("/devices/me/replies", json=reply).status_code < 500
    reported = {"version": 1, "state": {NUL: NUL}}
    assert device.http.post("/devices/me/reported", json=reported).status_code < 500
    assert device.http.post("/devices/me/log", json={"from": 0, "lines": [NUL]}).status_code < 500
    told = device.send({"boot": NUL, "seq": 1, "channels": [{"key": NUL}], "samples": [{"v": {NUL: 1, "power": 2}}]})
    assert told.status_code < 500, told.text
    assert json.dumps(server.admin.get(f"/devices/{device.id}/commands").json())

    assert device.send({"t": 1_763_682_000_000, "v": {"power": 3}}).json()["accepted"] == 1
    assert httpx.get(f"{server.url}/healthz").status_code == 200
    assert server.restart().device(device.serial)["serial"] == device.serial
    assert "Traceback" not in server.printed()
