"""Contract §7: limits, each at its edge."""

import asyncio
import contextlib
import json
from typing import Any

import pytest
from websockets.exceptions import ConnectionClosed

from builders import serial
from contract.test_5_live import close_code, frame, live
from contract.test_6_mqtt import ENDED, is_hung_up, native
from system.running_server import AddedDevice, RunningServer
from system.starting import StartServer

T = 1_763_682_000_000


@pytest.fixture
def device(server: RunningServer) -> AddedDevice:
    return server.add_device(serial())


def nested(depth: int) -> bytes:
    """A telemetry message whose unknown part makes it `depth` deep."""
    return b'{"v":{"power":1},"extra":' + b"[" * (depth - 1) + b"]" * (depth - 1) + b"}"


class TestJson:
    def test_depth_16_is_taken_and_17_is_not(self, device: AddedDevice) -> None:
        assert device.send_bytes(nested(16)).status_code == 200
        assert device.send_bytes(nested(17)).status_code == 422

    @pytest.mark.parametrize("depth", [1_000, 100_000, 4_000_000])
    def test_depth_without_end_does_no_harm(self, server: RunningServer, device: AddedDevice, depth: int) -> None:
        for opening in (b"[", b'{"v":'):
            assert device.send_bytes((opening * depth)[: 8 << 20]).status_code in (400, 422)
        assert server.metrics()["ohmstead_can_write"] == 1

    def test_numbers_without_end(self, device: AddedDevice) -> None:
        body = b'{"t":%d,"v":{"power":1,"voltage":%s}}' % (T, b"9" * 1_000_000)
        answer = device.send_bytes(body)
        assert answer.status_code in (200, 400)
        if answer.status_code == 200:
            assert [(r["index"], r["key"]) for r in answer.json()["rejected"]] == [(0, "voltage")]


class TestChannels:
    def test_a_thousand_and_each_further_one_is_named(self, server: RunningServer, device: AddedDevice) -> None:
        assert device.send({"t": T, "v": {f"k{n}": n for n in range(1000)}}).json()["accepted"] == 1000
        body = device.send({"t": T + 1, "v": {"k5": 1, "one": 1, "more": 1}}).json()
        assert body["accepted"] == 1
        assert {(r["index"], r["key"]) for r in body["rejected"]} == {(0, "one"), (0, "more")}
        assert len(server.device(device.serial)["channels"]) == 1000

    @pytest.mark.parametrize("key", ["", "x" * 65, "a\nb", "\x00"])
    def test_illegal_keys_are_named(self, device: AddedDevice, key: str) -> None:
        body = device.send({"t": T, "v": {key: 1, "good": 2}}).json()
        assert body["accepted"] == 1
        assert len(body["rejected"]) == 1

    @pytest.mark.parametrize("key", ["x" * 64, "a b", "../etc", "'; DROP TABLE device;--", "☃", "<b>", "__proto__"])
    def test_odd_keys_are_only_names(self, device: AddedDevice, key: str) -> None:
        assert device.send({"t": T, "v": {key: 1}}).json()["accepted"] == 1
        assert device.stored(key) == [(T, 1)]


class TestMqtt:
    async def test_a_packet_of_one_mebibyte_and_no_more(self, device: AddedDevice) -> None:
        topic = f"ohmstead/{device.serial}/telemetry"
        client = await native(device)
        body = json.dumps({"t": T, "v": {"power": 1}}).encode()
        await client.publish(topic, body + b" " * (1024 * 1024 - len(body) - len(topic) - 8))
        assert device.stored("power") == [(T, 1)]
        client.send_publish(topic, body + b" " * 1024 * 1024)
        assert await is_hung_up(client)
        client.close()

    @pytest.mark.parametrize("levels", [16, 17])
    async def test_16_levels(self, device: AddedDevice, levels: int) -> None:
        client = await native(device)
        asked = f"ohmstead/{device.serial}/" + "/".join("x" * (levels - 2))
        assert await subscribed(client, asked) is (levels == 16)
        client.close()

    @pytest.mark.parametrize("size", [512, 513])
    async def test_topics_of_512_bytes(self, device: AddedDevice, size: int) -> None:
        client = await native(device)
        root = f"ohmstead/{device.serial}/"
        assert await subscribed(client, root + "x" * (size - len(root))) is (size == 512)
        client.close()

    async def test_100_subscriptions(self, device: AddedDevice) -> None:
        client = await native(device)
        answers = [await client.subscribe(f"ohmstead/{device.serial}/n{n}") for n in range(101)]
        assert answers == [0] * 100 + [0x80]
        assert await client.subscribe(f"ohmstead/{device.serial}/n5") == 0, "renewing one is none more"
        client.disconnect()

    async def test_a_thousand_messages_wait_for_a_session_and_the_rest_is_counted(self, device: AddedDevice) -> None:
        topic = f"ohmstead/{device.serial}/log"
        sleeper = await native(device, client_id="sleeper", clean=False)
        assert await sleeper.subscribe(topic, qos=1) == 1
        sleeper.close()
        speaker = await native(device, client_id="speaker")
        for n in range(1100):
            speaker.send_publish(topic, b'{"from":%d,"lines":["x"]}' % n)
        for _ in range(1100):
            await speaker.read()
        speaker.disconnect()
        awake = await native(device, client_id="sleeper", clean=False)
        got = 0
        try:
            while True:
                kind, body = await awake.read(within_s=5)
                assert kind & 0xF0 == 0x30
                at = 2 + int.from_bytes(body[:2])
                awake.write(b"\x40\x02" + body[at : at + 2])
                got += 1
        except TimeoutError:
            pass
        assert got == 1000
        awake.disconnect()


async def subscribed(client: Any, topic_filter: str) -> bool:
    try:
        return bool(await client.subscribe(topic_filter) < 0x80)
    except ENDED:
        return False


class TestWebSocket:
    def test_a_frame_of_one_mebibyte_and_no_more(self, server: RunningServer) -> None:
        with live(server) as view:
            frame(view)
            view.send('{"subscribe":[]}' + " " * (1024 * 1024 - 16))
            view.ping().wait(5)
            with contextlib.suppress(ConnectionClosed):
                view.send(" " * (1024 * 1024 + 1))
            assert close_code(view) == 1009


class TestRates:
    @pytest.mark.parametrize("version", [4, 5])
    async def test_beyond_its_rate_it_is_slowed_down_and_loses_nothing(
        self, start_server: StartServer, version: int
    ) -> None:
        server = start_server(env={"OHMSTEAD_DEVICE_RATE": "200", "OHMSTEAD_DEVICE_BURST": "100"})
        device = server.add_device("hasty")
        client = await native(device, version=version)
        sent = [client.send_publish("ohmstead/hasty/telemetry", {"t": T + n, "v": {"power": n}}) for n in range(300)]
        answers = [await client.read() for _ in sent]
        assert answers == [(0x40, packet_id.to_bytes(2, "big")) for packet_id in sent]
        assert len(device.stored("power")) == 300
        assert server.metrics()["ohmstead_mqtt_throttled_total"] > 0
        client.disconnect()

    async def test_a_claimed_device_may_burst_5000(self, device: AddedDevice) -> None:
        client = await native(device)
        topic = f"ohmstead/{device.serial}/telemetry"
        for n in range(5000):
            client.send_publish(topic, {"t": T + n, "v": {"power": n}})
        clock = asyncio.get_running_loop().time
        began = clock()
        for _ in range(5000):
            await client.read()
        assert clock() - began < 30
        assert len(device.stored("power")) == 5000
        client.disconnect()
