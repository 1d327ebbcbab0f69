"""Native devices over a WebSocket: acknowledged in order after the commit, and told what they should do."""

import asyncio
import json
from typing import Any

import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from builders import serial
from system.running_server import RunningServer


def opened(server: RunningServer, token: str | None) -> Any:
    headers = {} if token is None else {"Authorization": f"Bearer {token}"}
    url = f"ws://{server.host}:{server.http_port}/api/v1/devices/me/socket"
    return connect(url, additional_headers=headers, proxy=None)


async def said(socket: ClientConnection, what: str) -> dict[str, Any]:
    """The next frame that has this key, or is of this type."""
    async with asyncio.timeout(10):
        while True:
            frame: dict[str, Any] = json.loads(await socket.recv())
            if what in frame or frame.get("type") == what:
                return frame


async def test_columns_are_answered_in_order_once_they_are_stored(server: RunningServer) -> None:
    device = server.add_device(serial())
    async with opened(server, device.token) as socket:
        start = 1_763_682_000_000_000
        for seq in range(20):
            values = [float(seq * 100 + n) for n in range(100)]
            columns = {"t0_us": start + seq * 100_000, "dt_us": 1000, "v": {"left": values, "right": values}}
            await socket.send(json.dumps({"boot": "a", "seq": seq, "columns": columns}))
        answers = [await said(socket, "accepted") for _ in range(20)]
        assert answers == [{"accepted": 200, "duplicates": 0, "rejected": []}] * 20
        await socket.send(json.dumps({"boot": "a", "seq": 19, "columns": columns}))
        assert (await said(socket, "accepted"))["duplicates"] == 200
    raw = server.raw(server.channel(device.serial, "left")["id"])
    assert raw["value"] == [float(n) for n in range(2000)]


async def test_a_command_reaches_the_device_and_its_reply_comes_back(server: RunningServer) -> None:
    device = server.add_device(serial())
    async with opened(server, device.token) as socket:
        assert "now" in (await said(socket, "time"))["message"]
        hello = {"serial": device.serial, "boot": "b", "commands": [{"name": "blink", "args": {}}]}
        await socket.send(json.dumps({"type": "hello", "message": hello}))
        assert await said(socket, "stored") == {"stored": "hello"}
        issued = server.admin.post(f"/devices/{device.id}/commands", json={"name": "blink", "args": {}}).json()
        command = (await said(socket, "commands"))["message"]
        assert (command["id"], command["name"]) == (issued["id"], "blink")
        reply = {"id": command["id"], "state": "succeeded", "detail": "blinked", "at": 0}
        await socket.send(json.dumps({"type": "replies", "message": reply}))
        assert await said(socket, "stored") == {"stored": "replies"}
    (listed,) = server.admin.get(f"/devices/{device.id}/commands").json()
    assert listed["state"] == "succeeded"


async def test_what_cannot_be_read_is_told_and_ends_nothing(server: RunningServer) -> None:
    device = server.add_device(serial())
    async with opened(server, device.token) as socket:
        for nonsense in ("what", "[]", '{"type":"telemetry"}', '{"type":5}', '{"columns":{"v":[]}}', b"\xff", b""):
            await socket.send(nonsense)
            assert (await said(socket, "error"))["error"]
        for message in ('{"v":{"power":5}}', b'{"v":{"power":6}}'):
            await socket.send(message)
            assert (await said(socket, "accepted"))["accepted"] == 1


async def test_only_a_device_of_ours_comes_in_and_leaves_when_its_token_does(server: RunningServer) -> None:
    for token in (None, "wrong"):
        async with opened(server, token) as socket:
            with pytest.raises(ConnectionClosed) as caught:
                await socket.recv()
            assert caught.value.rcvd is not None
            assert caught.value.rcvd.code == 4401
    device = server.add_device(serial())
    async with opened(server, device.token) as socket:
        await said(socket, "desired")
        server.admin.post(f"/devices/{device.id}/rotate-token")
        with pytest.raises(ConnectionClosed) as caught:
            await said(socket, "nothing more")
        assert caught.value.rcvd is not None
        assert caught.value.rcvd.code == 4401
