"""Contract §6: MQTT, as far as devices need it. Clients of others are tested beside the gateway."""

import asyncio
import contextlib
import json
import struct
from typing import Any

import pytest

from builders import serial
from contract.test_3_devices import log_current
from system.running_server import AddedDevice, RunningServer
from system.starting import StartServer
from system.wire import MqttClient

T = 1_763_682_000_000
ENDED = (asyncio.IncompleteReadError, ConnectionError)
BAD_CREDENTIALS = 5


def client_of(server: RunningServer) -> MqttClient:
    return MqttClient(server.host, server.mqtt_port)


async def native(device: AddedDevice, **options: Any) -> MqttClient:
    client = client_of(device.server)
    assert await client.connect(options.pop("client_id", ""), device.serial, device.token, **options) == 0
    return client


async def anonymous(server: RunningServer) -> MqttClient:
    client = client_of(server)
    assert await client.connect("ESP8266Client-1f", "", "") == 0
    return client


def meter_reading(name: str) -> dict[str, Any]:
    return {"serial_number": name, "device_id": "1", "voltage": 230, "current": 1, "power": 230, "energy": 1,
            "timestamp": "2025-09-21T08:30:10Z"}  # fmt: skip


async def is_hung_up(client: MqttClient) -> bool:
    try:
        while True:
            await client.read(within_s=3)
    except TimeoutError:
        return False
    except ENDED:
        return True


class TestCredentials:
    async def test_serial_or_empty_with_the_token_and_any_client_id(self, server: RunningServer) -> None:
        device = server.add_device(serial())
        for username in (device.serial, ""):
            for client_id in ("", "x" * 40, "Ünïcode ☃"):
                client = client_of(server)
                assert await client.connect(client_id, username, device.token) == 0
                client.disconnect()

    @pytest.mark.parametrize(
        ("username", "password"),
        [
            ("{serial}", "wrong"),
            ("other", "{token}"),
            ("{serial}", ""),
            ("{serial}", None),
            ("", "wrong"),
            ("admin", "{token}"),
        ],
    )
    async def test_anything_else_is_code_5(self, server: RunningServer, username: str, password: str | None) -> None:
        device = server.add_device(serial())
        client = client_of(server)
        filled = None if password is None else password.format(token=device.token)
        assert await client.connect("x", username.format(serial=device.serial), filled) == BAD_CREDENTIALS
        assert await is_hung_up(client)
        client.close()

    async def test_a_person_password_is_no_credential(self, server: RunningServer) -> None:
        client = client_of(server)
        assert await client.connect("x", "admin", server.admin_password) == BAD_CREDENTIALS
        client.close()

    async def test_a_rotated_token_ends_its_connections(self, server: RunningServer) -> None:
        device = server.add_device(serial())
        client = await native(device)
        server.admin.post(f"/devices/{device.id}/rotate-token")
        assert await is_hung_up(client)
        client.close()
        again = client_of(server)
        assert await again.connect("", device.serial, device.token) == BAD_CREDENTIALS
        again.close()

    async def test_without_credentials_from_a_foreign_network_it_is_code_5(self, start_server: StartServer) -> None:
        server = start_server(env={"OHMSTEAD_ALLOWED_NETWORKS": "10.0.0.0/8"})
        client = client_of(server)
        assert await client.connect("x", "", "") == BAD_CREDENTIALS
        client.close()


class TestTelemetry:
    async def test_every_native_shape_and_puback_after_the_commit(self, server: RunningServer) -> None:
        device = server.add_device(serial())
        client = await native(device)
        topic = f"ohmstead/{device.serial}/telemetry"
        await client.publish(topic, {"t": T, "v": {"power": 1}})
        assert device.stored("power") == [(T, 1)]
        await client.publish(topic, {"samples": [{"t": T + 1, "v": {"power": 2}}, {"t": T + 2, "v": {"power": 3}}]})
        await client.publish(topic, {"columns": {"t0_us": (T + 3) * 1000, "dt_us": 1000, "v": {"power": [4, 5]}}})
        assert device.stored("power") == [(T + n, n + 1) for n in range(5)]
        client.disconnect()

    async def test_boot_and_seq_work_across_doors(self, server: RunningServer) -> None:
        device = server.add_device(serial())
        client = await native(device)
        message = {"boot": "b", "seq": 1, "v": {"power": 1}}
        await client.publish(f"ohmstead/{device.serial}/telemetry", message)
        client.disconnect()
        assert device.send(message).json()["duplicates"] == 1
        assert len(device.stored("power")) == 1

    async def test_acknowledgements_come_in_order_of_receipt(self, server: RunningServer) -> None:
        device = server.add_device(serial())
        client = await native(device)
        root = f"ohmstead/{device.serial}/"
        sent = []
        for n in range(200):  # telemetry waits for a commit, logs and junk do not
            sent.append(client.send_publish(root + "telemetry", {"t": T + n, "v": {"power": n}}))
            sent.append(client.send_publish(root + "log", {"from": n, "lines": ["x"]}))
            sent.append(client.send_publish(root + "telemetry", b"junk"))
        answers = [await client.read() for _ in sent]
        assert answers == [(0x40, struct.pack("!H", packet_id)) for packet_id in sent]
        assert len(device.stored("power")) == 200
        client.disconnect()

    @pytest.mark.parametrize("junk", [b"", b"{", b"[]", b"\xff", b'{"v":{"power":NaN}}', b"[" * 2000])
    async def test_malformed_telemetry_is_acknowledged_and_counted(self, server: RunningServer, junk: bytes) -> None:
        device = server.add_device(serial())
        client = await native(device)
        before = server.metrics()["ohmstead_malformed_total"]
        await client.publish(f"ohmstead/{device.serial}/telemetry", junk)
        await client.publish(f"ohmstead/{device.serial}/telemetry", {"t": T, "v": {"power": 1}})
        client.disconnect()
        assert server.metrics()["ohmstead_malformed_total"] == before + 1
        assert server.device(device.serial)["rejected"] == 1, "shown with its device"
        assert device.stored("power") == [(T, 1)]

    async def test_a_device_that_vanishes_goes_offline_and_comes_back(self, server: RunningServer) -> None:
        device = server.add_device(serial())
        client = await native(device, will=(f"ohmstead/{device.serial}/status", b"offline", True))
        await client.publish(f"ohmstead/{device.serial}/status", b"online", retain=True)
        await client.publish(f"ohmstead/{device.serial}/telemetry", {"v": {"power": 1}})
        assert server.device(device.serial)["online"] is True
        client.close()
        async with asyncio.timeout(5):
            while server.device(device.serial)["online"]:  # noqa: ASYNC110 - the server is another process
                await asyncio.sleep(0.02)
        again = await native(device)
        await again.publish(f"ohmstead/{device.serial}/telemetry", {"v": {"power": 2}})
        assert server.device(device.serial)["online"] is True
        again.disconnect()


class TestRightsOfANativeDevice:
    async def test_it_listens_below_its_own_serial_only(self, server: RunningServer) -> None:
        mine, other = server.add_device(serial()), server.add_device(serial())
        client = await native(mine)
        for allowed in (f"ohmstead/{mine.serial}/commands", f"ohmstead/{mine.serial}/#", f"ohmstead/{mine.serial}/+"):
            assert await client.subscribe(allowed) == 0
        for denied in (
            "#", "+/#", "ohmstead/#", "ohmstead/+/telemetry", f"ohmstead/{other.serial}/commands", "$SYS/#",
            f"ohmstead/{mine.serial}x/commands", "meter/1/control", f"+/{mine.serial}/#",
            f"$share/g/ohmstead/{other.serial}/#",
        ):  # fmt: skip
            assert await client.subscribe(denied) == 0x80, denied
        client.disconnect()

    async def test_it_speaks_below_its_own_serial_only(self, server: RunningServer) -> None:
        mine, other = server.add_device(serial()), server.add_device(serial())
        for topic in (f"ohmstead/{other.serial}/telemetry", "meter/1/data", f"ohmstead/{mine.serial}/commands", "any"):
            client = await native(mine)
            client.send_publish(topic, {"t": T, "v": {"power": 666}})
            client.send_publish(f"ohmstead/{mine.serial}/log", b"")
            with contextlib.suppress(ENDED):  # acknowledged without effect, or hung up: both are legal in 3.1.1
                await client.read(within_s=5)
            client.close()
        assert server.device(other.serial)["channels"] == []
        assert server.device(mine.serial)["channels"] == []

    async def test_a_device_gets_what_it_subscribed_to(self, server: RunningServer) -> None:
        device = server.add_device(serial())
        listener, speaker = await native(device, client_id="l"), await native(device, client_id="s")
        assert await listener.subscribe(f"ohmstead/{device.serial}/log") == 0
        await speaker.publish(f"ohmstead/{device.serial}/log", {"from": 1, "lines": ["hello"]})
        topic, payload, _ = await listener.message()
        assert (topic, json.loads(payload)["lines"]) == (f"ohmstead/{device.serial}/log", ["hello"])
        listener.disconnect()
        speaker.disconnect()


class TestRightsWithoutCredentials:
    async def test_no_wildcards_and_no_topics_of_others(self, server: RunningServer) -> None:
        device = server.add_device(serial())
        client = await anonymous(server)
        assert await client.subscribe("meter/1/control") == 0
        for denied in (
            "#", "+", "meter/#", "meter/+/control", "meter/+/data", "meter/1/data", "$SYS/#", "any",
            f"ohmstead/{device.serial}/telemetry", f"ohmstead/{device.serial}/#",
        ):  # fmt: skip
            assert await client.subscribe(denied) == 0x80, denied
        client.disconnect()

    async def test_it_publishes_only_what_existing_devices_publish(self, server: RunningServer) -> None:
        device = server.add_device(serial())
        for topic in (
            f"ohmstead/{device.serial}/telemetry",
            "meter/1/control",
            "firmwareUpdateOTA/device/SN001",
            "any",
        ):
            client = await anonymous(server)
            client.send_publish(topic, {"t": T, "v": {"power": 666}})
            client.send_publish("meter/1/data", meter_reading(serial("SN")))
            with contextlib.suppress(ENDED):
                await client.read(within_s=5)
            client.close()
        assert server.device(device.serial)["channels"] == []

    async def test_it_retains_nothing(self, server: RunningServer) -> None:
        client = await anonymous(server)
        assert await client.subscribe("meter/7/control") == 0
        client.send_publish("meter/7/data", meter_reading(serial("SN")), retain=True)
        with contextlib.suppress(ENDED):
            await client.read()
        client.close()
        made = server.admin.post("/tokens", json={"name": "m", "scopes": ["mqtt"], "topics": ["meter/#"]}).json()
        listener = client_of(server)
        assert await listener.connect("", "", made["token"]) == 0
        assert await listener.subscribe("meter/#") == 0
        with pytest.raises(TimeoutError):
            await listener.read(within_s=0.3)
        listener.close()

    async def test_a_serial_that_owns_a_token_never_takes_anonymous_data(self, server: RunningServer) -> None:
        device = server.add_device(serial())
        refused = server.metrics()["ohmstead_refused_total"]
        client = await anonymous(server)
        client.send_publish("meter/1/data", meter_reading(device.serial))
        with contextlib.suppress(ENDED):
            await client.read(within_s=5)
        client.close()
        assert server.device(device.serial)["channels"] == []
        assert server.metrics()["ohmstead_refused_total"] == refused + 1

    async def test_a_serial_keeps_its_dialect(self, server: RunningServer) -> None:
        name = serial("SN")
        assert log_current(server, name).status_code == 200
        client = await anonymous(server)
        client.send_publish("meter/1/data", meter_reading(name))
        with contextlib.suppress(ENDED):
            await client.read(within_s=5)
        client.close()
        assert [c["key"] for c in server.device(name)["channels"]] == ["current"]


class TestMqttTokens:
    async def test_a_token_may_use_the_filters_it_names(self, server: RunningServer) -> None:
        body = {"name": "hub", "scopes": ["mqtt"], "topics": ["meter/#", "hub/+/state"]}
        secret = server.admin.post("/tokens", json=body).json()["token"]
        client = client_of(server)
        assert await client.connect("hub", "", secret) == 0
        assert await client.subscribe("meter/#") == 0
        assert await client.subscribe("meter/+/data") == 0
        assert await client.subscribe("hub/+/state") == 0
        for denied in ("#", "hub/#", "ohmstead/#", "hub/+/+"):
            assert await client.subscribe(denied) == 0x80
        meter = await anonymous(server)
        name = serial("SN")
        await meter.publish("meter/1/data", meter_reading(name))
        topic, payload, _ = await client.message()
        assert (topic, json.loads(payload)["serial_number"]) == ("meter/1/data", name)
        client.disconnect()
        meter.disconnect()

    async def test_retained_messages_are_on_disk_when_acknowledged(self, start_server: StartServer) -> None:
        server = start_server()
        device = server.add_device("keeper")
        client = await native(device)
        for n in range(20):
            await client.publish("ohmstead/keeper/reported", {"version": n, "state": {}}, retain=True)
        five = await native(device, version=5, client_id="five")
        own, ten_minutes = b"\x26\0\1a\0\1b", b"\x02\0\0\x02\x58"
        five.send_publish("ohmstead/keeper/log", {"from": 1, "lines": []}, retain=True, properties=own + ten_minutes)
        assert (await five.read())[0] == 0x40
        server.kill()
        client.close()
        five.close()
        server.start()
        again = await native(device)
        assert await again.subscribe("ohmstead/keeper/reported") == 0
        topic, payload, retained = await again.message()
        assert (topic, json.loads(payload)["version"], retained) == ("ohmstead/keeper/reported", 19, True)
        again.disconnect()
        five = await native(device, version=5)
        assert await five.subscribe("ohmstead/keeper/log") == 0
        _, told, _ = await five.message()
        assert own in told
        left = told.partition(b"\x02\0\0")[2][:2]
        assert 0 < int.from_bytes(left, "big") < 600
        five.disconnect()


class TestManners:
    @pytest.mark.parametrize(
        "noise",
        [b"GET / HTTP/1.1\r\n\r\n", b"\x10\xff\xff\xff\xff\xff", b"\x00" * 50, b"\xff" * 50, b"\x30\x02\x00\x05ab",
         b"\x82\x05\x00\x01\x00\x01#", b"\x10\x0c\x00\x04MQTT\x09\x02\x00\x00\x00\x00"],
        ids=["http", "endless length", "zeros", "ones", "publish first", "subscribe first", "version 9"],
    )  # fmt: skip
    async def test_noise_ends_the_connection_and_nothing_else(self, server: RunningServer, noise: bytes) -> None:
        device = server.add_device(serial())
        good, bad = await native(device), await client_of(server).open()
        bad.write(noise)
        assert await is_hung_up(bad)
        bad.close()
        await good.publish(f"ohmstead/{device.serial}/telemetry", {"t": T, "v": {"power": 1}})
        good.disconnect()
        assert "Traceback" not in server.printed()

    async def test_keep_alive_of_a_silent_client_ends(self, server: RunningServer) -> None:
        client = client_of(server)
        assert await client.connect("", "", "", keep_alive=1) == 0
        assert await is_hung_up(client), "after one and a half times its keep-alive"
        client.close()

    async def test_a_ping_is_answered(self, server: RunningServer) -> None:
        client = await anonymous(server)
        await client.ping()
        client.disconnect()
