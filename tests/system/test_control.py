"""Commands and shadows of native devices, through the real doors: MQTT, HTTP and the live view."""

import asyncio
import json
import threading
import time
from typing import Any

import pytest

from builders import serial
from contract.test_2_people_and_machines import person
from contract.test_5_live import frame, live, until
from system.running_server import AddedDevice, RunningServer
from system.starting import StartServer
from system.wire import MqttClient

HELLO = {
    "boot": "b1",
    "board": "esp32",
    "firmware": "1.0.0",
    "channels": [{"key": "power", "quantity": "power", "unit": "W", "decimals": 1}],
    "commands": [{"name": "tare", "args": {"channel": "text"}}, {"name": "reboot", "args": {}}],
}


class Relay:
    """A native device at the far end of an MQTT connection, reading everything it is told."""

    def __init__(self, server: RunningServer, device: AddedDevice) -> None:
        self.server, self.device = server, device
        self.root = f"ohmstead/{device.serial}/"
        self.client: MqttClient
        self.unread: list[tuple[int, bytes]] = []

    async def connect(self, *topics: str, clean: bool = True) -> "Relay":
        self.client = MqttClient(self.server.host, self.server.mqtt_port)
        will = (self.root + "status", b"offline", True)
        code = await self.client.connect("relay", self.device.serial, self.device.token, clean=clean, will=will)
        assert code == 0
        for topic in topics:
            assert await self.client.subscribe(self.root + topic, 1) == 1
        return self

    async def say(self, leaf: str, message: Any) -> None:
        """Publish at QoS 1 and wait for its PUBACK; what comes before it is kept."""
        packet_id = self.client.send_publish(self.root + leaf, message)
        while (packet := await self.client.read()) != (0x40, packet_id.to_bytes(2)):
            self.unread.append(packet)

    async def hello(self, **changes: Any) -> None:
        await self.say("hello", {"serial": self.device.serial} | HELLO | changes)

    async def told(self) -> tuple[str, Any, bool]:
        """(leaf, message, retained); acknowledged, as a device does at QoS 1."""
        kind, body = self.unread.pop(0) if self.unread else await self.client.read()
        assert kind & 0xF0 == 0x30, f"PUBLISH expected, got {kind:#x}"
        end = 2 + int.from_bytes(body[:2])
        topic, rest = body[2:end].decode(), body[end:]
        if kind & 6:
            self.client.write(b"\x40\x02" + rest[:2])
            rest = rest[2:]
        return topic.removeprefix(self.root), json.loads(rest), bool(kind & 1)

    async def close(self) -> None:
        """Without a word, as when its power goes."""
        self.client.close()
        await asyncio.sleep(0.01)  # the server notices, and our own loop lets go of the socket

    async def nothing_for(self, seconds: float) -> None:
        with pytest.raises(TimeoutError):
            await self.client.read(seconds)


def issue(server: RunningServer, device: AddedDevice, name: str = "reboot", **fields: Any) -> dict[str, Any]:
    answer = server.admin.post(f"/devices/{device.id}/commands", json={"name": name, "args": {}} | fields)
    assert answer.status_code == 202, answer.text
    found: dict[str, Any] = answer.json()
    return found


def commands(server: RunningServer, device: Any) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = server.admin.get(f"/devices/{device.id}/commands").json()
    return found


def command(server: RunningServer, device: Any, command_id: str) -> dict[str, Any]:
    return next(c for c in commands(server, device) if c["id"] == command_id)


def wish(server: RunningServer, device: AddedDevice, reason: str = "", **state: Any) -> dict[str, Any]:
    answer = server.admin.patch(f"/devices/{device.id}/shadow", json={"state": state, "reason": reason})
    assert answer.status_code == 202, answer.text
    found: dict[str, Any] = answer.json()
    return found


def shadow(server: RunningServer, device: AddedDevice) -> dict[str, Any]:
    found: dict[str, Any] = server.admin.get(f"/devices/{device.id}/shadow").json()
    return found


class TestCommands:
    async def test_the_whole_way_there_and_back(self, server: RunningServer) -> None:
        device = server.add_device(serial("relay"))
        relay = await Relay(server, device).connect("commands")
        await relay.hello()
        with live(server) as socket:
            frame(socket)
            issued = issue(server, device, "tare", args={"channel": "left"}, reason="empty plate")
            leaf, order, retained = await relay.told()
            assert (leaf, retained) == ("commands", False)
            assert order == {
                "id": issued["id"],
                "name": "tare",
                "args": {"channel": "left"},
                "expires_at": issued["expires_at"],
            }
            for state in ("acknowledged", "succeeded"):
                await relay.say("replies", {"id": order["id"], "state": state, "detail": "-12688"})
            shown = until(socket, "command", lambda f: f["command"]["state"] == "succeeded")
        assert shown["command"]["detail"] == "-12688"
        assert shown["command"] == command(server, device, issued["id"])
        assert (shown["command"]["actor"], shown["command"]["reason"]) == ("admin", "empty plate")
        noted = server.admin.get("/audit", params={"limit": 3}).json()
        assert ("command.tare", device.serial, "empty plate") in [
            (n["action"], n["subject"], n["detail"]) for n in noted
        ]
        await relay.close()

    async def test_hello_announces_channels_and_what_the_device_is(self, server: RunningServer) -> None:
        device = server.add_device(serial("relay"))
        relay = await Relay(server, device).connect()
        await relay.hello()
        shown = server.device(device.serial)
        assert shown["online"]
        assert shown["details"] == {"firmware": "1.0.0", "board": "esp32"}
        assert [(c["key"], c["unit"]) for c in shown["channels"]] == [("power", "W")]
        assert [c["name"] for c in shadow(server, device)["commands"]] == ["tare", "reboot"]
        await relay.close()

    async def test_what_the_device_did_not_announce_is_refused(self, server: RunningServer) -> None:
        device = server.add_device(serial("relay"))
        relay = await Relay(server, device).connect("commands")
        await relay.hello()
        for body, because in (
            ({"name": "explode", "args": {}}, "explode"),
            ({"name": "tare", "args": {}}, "channel"),
            ({"name": "tare", "args": {"channel": 3}}, "text"),
            ({"name": "reboot", "args": {}, "ttl_s": 1e12}, "ttl_s"),
        ):
            answer = server.admin.post(f"/devices/{device.id}/commands", json=body)
            assert answer.status_code == 422, answer.text
            assert because in answer.json()["detail"]
        assert commands(server, device) == []
        await relay.close()

    async def test_an_absent_device_gets_its_commands_when_it_comes_back(self, server: RunningServer) -> None:
        device = server.add_device(serial("relay"))
        first, second = issue(server, device), issue(server, device)
        assert first["state"] == "queued"
        relay = await Relay(server, device).connect("commands")
        assert [(await relay.told())[1]["id"] for _ in range(2)] == [first["id"], second["id"]]
        assert command(server, device, first["id"])["state"] == "sent"
        await relay.close()
        # It never answered: the same orders come again, and a device knows them by their ids.
        relay = await Relay(server, device).connect("commands")
        assert [(await relay.told())[1]["id"] for _ in range(2)] == [first["id"], second["id"]]
        await relay.close()

    async def test_each_order_comes_once_over_a_connection_with_every_field_however_often_it_subscribes(
        self, server: RunningServer
    ) -> None:
        device = server.add_device(serial("relay"))
        waiting = issue(server, device)
        relay = await Relay(server, device).connect("commands", "commands", "#", "desired", "time")
        fresh = issue(server, device)
        orders: list[Any] = []
        while len(orders) < 2 or orders[-1]["id"] != fresh["id"]:
            leaf, told, _ = await relay.told()
            orders += [told] if leaf == "commands" else []
        assert orders == [
            {"id": one["id"], "name": "reboot", "args": {}, "expires_at": one["expires_at"]} for one in (waiting, fresh)
        ]
        assert await relay.client.subscribe(relay.root + "commands", 1) == 1
        await relay.nothing_for(0.3)
        await relay.close()

    async def test_an_expired_order_is_never_delivered(self, server: RunningServer) -> None:
        device = server.add_device(serial("relay"))
        gone = issue(server, device, ttl_s=0.2)
        relay = await Relay(server, device).connect("commands", clean=False)
        await relay.close()
        waiting = issue(server, device, ttl_s=0.2)
        await asyncio.sleep(0.3)
        relay = await Relay(server, device).connect("commands", clean=False)
        await relay.nothing_for(0.5)
        await asyncio.sleep(1.2)  # the server looks once a second
        assert {c["id"]: c["state"] for c in commands(server, device)} == {
            gone["id"]: "expired",
            waiting["id"]: "expired",
        }
        await relay.close()

    async def test_an_order_under_way_is_not_repeated_after_its_time(self, server: RunningServer) -> None:
        device = server.add_device(serial("relay"))
        relay = await Relay(server, device).connect("commands", clean=False)
        order = issue(server, device, ttl_s=0.5)
        kind, _ = await relay.client.read()
        assert kind & 0xF0 == 0x30  # received, and then the power went before it could be acknowledged
        await relay.close()
        await asyncio.sleep(0.6)
        relay = await Relay(server, device).connect(clean=False)
        await relay.nothing_for(0.3)
        assert command(server, device, order["id"])["state"] in ("sent", "expired")
        await relay.close()

    async def test_forged_unknown_and_repeated_answers_change_nothing(self, server: RunningServer) -> None:
        device, other = server.add_device(serial("relay")), server.add_device(serial("relay"))
        relay, stranger = Relay(server, device), Relay(server, other)
        await relay.connect("commands")
        await stranger.connect()
        before = server.metrics()["ohmstead_replies_ignored_total"]
        order = issue(server, device)
        assert (await relay.told())[1]["id"] == order["id"]
        await stranger.say("replies", {"id": order["id"], "state": "succeeded"})  # another device's command
        await relay.say("replies", {"id": "99999999", "state": "succeeded"})
        await relay.say("replies", {"id": "x" * 50, "state": "succeeded"})
        assert command(server, device, order["id"])["state"] == "sent"
        for state in ("failed", "failed", "succeeded"):
            await relay.say("replies", {"id": order["id"], "state": state, "detail": "stuck"})
        assert command(server, device, order["id"])["state"] == "failed"
        # The repeated "failed" and the late "succeeded" are about a command that has ended.
        assert server.metrics()["ohmstead_replies_ignored_total"] == before + 5
        assert stranger.client.send_publish(f"ohmstead/{device.serial}/replies", {"id": "1", "state": "failed"})
        kind, _ = await stranger.client.read()
        assert kind == 0x40  # acknowledged as refused: it may speak below its own serial only
        await relay.close()
        await stranger.close()

    async def test_asking_again_with_the_same_request_id_is_one_command(self, server: RunningServer) -> None:
        device = server.add_device(serial("relay"))
        ids = {issue(server, device, request_id="tap-1")["id"] for _ in range(3)}
        assert len(ids) == 1
        assert len(commands(server, device)) == 1

    async def test_what_was_queued_before_the_device_told_its_commands_is_checked_then(
        self, server: RunningServer
    ) -> None:
        device = server.add_device(serial("relay"))
        order = issue(server, device, "explode")
        relay = await Relay(server, device).connect()
        await relay.hello()
        failed = command(server, device, order["id"])
        assert failed["state"] == "failed"
        assert "announced: reboot, tare" in failed["detail"]
        await relay.close()

    def test_a_viewer_may_look_but_not_order(self, server: RunningServer) -> None:
        device = server.add_device(serial("relay"))
        viewer = person(server, "viewer")
        server.admin.post(f"/devices/{device.id}/assign", json={"user_id": viewer.headers["x-user"]})
        path = f"/devices/{device.id}/commands"
        assert viewer.post(path, json={"name": "reboot", "args": {}}).status_code == 403
        assert viewer.get(path).json() == []
        hidden = server.add_device(serial("relay"))
        for get in ("commands", "shadow", "log"):
            assert viewer.get(f"/devices/{hidden.id}/{get}").status_code == 404

    async def test_commands_and_shadows_survive_a_restart(self, start_server: StartServer) -> None:
        server = start_server()
        device = server.add_device(serial("relay"))
        order = issue(server, device, ttl_s=600)
        wish(server, device, relay="on")
        server.kill()
        server.start()
        relay = await Relay(server, device).connect("desired")
        assert await relay.told() == ("desired", {"version": 1, "state": {"relay": "on"}}, True)
        await relay.close()
        relay = await Relay(server, device).connect("commands")
        assert (await relay.told())[1]["id"] == order["id"]
        await relay.close()


class TestShadow:
    async def test_a_wish_is_retained_for_the_device_and_reported_back(self, server: RunningServer) -> None:
        device = server.add_device(serial("relay"))
        relay = await Relay(server, device).connect("desired")
        assert wish(server, device, "dark", relay="on")["delta"] == {"relay": "on"}
        assert await relay.told() == ("desired", {"version": 1, "state": {"relay": "on"}}, False)
        await relay.say("reported", {"version": 1, "state": {"relay": "on"}})
        shown = shadow(server, device)
        assert (shown["delta"], shown["seen"]) == ({}, 1)
        assert shown["desired"]["relay"] | {"at": 0} == {
            "value": "on", "version": 1, "at": 0, "author": "admin", "reason": "dark",
        }  # fmt: skip
        await relay.close()
        relay = await Relay(server, device).connect("desired")
        assert await relay.told() == ("desired", {"version": 1, "state": {"relay": "on"}}, True)
        await relay.close()

    async def test_a_change_at_the_device_is_shown_as_such(self, server: RunningServer) -> None:
        device = server.add_device(serial("relay"))
        relay = await Relay(server, device).connect("desired")
        wish(server, device, relay="on")
        await relay.told()
        for state in ("on", "off"):
            await relay.say("reported", {"version": 1, "state": {"relay": state}})
        assert await relay.told() == ("desired", {"version": 2, "state": {"relay": "off"}}, False)
        shown = shadow(server, device)
        assert shown["delta"] == {}
        assert shown["desired"]["relay"]["author"] == "device"
        await relay.close()

    async def test_garbage_is_counted_and_does_no_harm(self, server: RunningServer) -> None:
        device = server.add_device(serial("relay"))
        relay = await Relay(server, device).connect()
        for leaf, payload in (
            ("reported", b"\xff"),
            ("reported", {"version": 2**60, "state": {}}),
            ("reported", {"version": 1, "state": {str(n): n for n in range(300)}}),
            ("reported", {"version": 1, "state": {"x": "y" * 40_000}}),
            ("hello", {"serial": "someone-else"}),
            ("replies", {"id": "1", "state": "queued"}),
            ("log", {"lines": "no list"}),
        ):
            await relay.say(leaf, payload)
        shown = server.device(device.serial)
        assert shown["rejected"] == 6
        assert shadow(server, device)["reported"] == {}
        await relay.close()


class TestOverHttp:
    def test_a_long_poll_is_answered_as_soon_as_something_is_wished(self, server: RunningServer) -> None:
        device = server.add_device(serial("relay"))
        began = time.monotonic()
        timer = threading.Timer(0.3, lambda: wish(server, device, relay="on"))
        timer.start()
        answer = device.http.get("/devices/me/desired", params={"version": 0, "wait": 10})
        timer.join()
        assert answer.json() == {"version": 1, "state": {"relay": "on"}, "commands": []}
        assert 0.2 < time.monotonic() - began < 5
        assert device.http.get("/devices/me/desired", params={"version": 0, "wait": 10}).json()["version"] == 1

    def test_it_is_answered_at_the_latest_when_the_wait_is_over(self, server: RunningServer) -> None:
        device = server.add_device(serial("relay"))
        answer = device.http.get("/devices/me/desired", params={"version": 0, "wait": 0.2})
        assert answer.json() == {"version": 0, "state": {}, "commands": []}

    def test_commands_come_with_it_and_are_answered(self, server: RunningServer) -> None:
        device = server.add_device(serial("relay"))
        order = issue(server, device)
        told = device.http.get("/devices/me/desired", params={"version": 0, "wait": 10}).json()["commands"]
        assert told == [{"id": order["id"], "name": "reboot", "args": {}, "expires_at": order["expires_at"]}]
        assert command(server, device, order["id"])["state"] == "sent"
        for leaf, message in (
            ("replies", {"id": order["id"], "state": "succeeded"}),
            ("reported", {"version": 0, "state": {"relay": "off"}}),
            ("log", {"from": 7, "lines": ["wifi: joined", "tab\there"]}),
            ("log", {"from": 7, "lines": ["wifi: joined", "tab\there"]}),
            ("hello", {"serial": device.serial} | HELLO),
        ):
            answer = device.http.post(f"/devices/me/{leaf}", json=message)
            assert answer.status_code == 204, answer.text
        assert command(server, device, order["id"])["state"] == "succeeded"
        assert shadow(server, device)["reported"]["relay"]["value"] == "off"
        lines = server.admin.get(f"/devices/{device.id}/log").json()
        assert [(line["number"], line["text"]) for line in lines] == [(7, "wifi: joined"), (8, "tab here")]

    def test_only_a_device_may_ask_for_itself(self, server: RunningServer) -> None:
        device = server.add_device(serial("relay"))
        assert server.admin.get("/devices/me/desired").status_code == 403
        assert server.client().get("/devices/me/desired").status_code == 401
        assert device.http.post("/devices/me/replies", content=b"{").status_code == 400
        assert device.http.post("/devices/me/replies", json={"id": 1}).status_code == 422
        assert device.http.post("/devices/me/log", content=b"x" * 70_000).status_code == 413
        order = {"name": "reboot", "args": {}}
        assert device.http.post(f"/devices/{device.id}/commands", json=order).status_code == 404
