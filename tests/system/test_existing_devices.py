"""Wire formats §6, items 1, 7, 8, 9 and 2, and the examples of the guide, literally: unmodified devices just work."""

import asyncio
import os
import shutil
import subprocess
import time
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import httpx
import pytest

from builders import now_ms, serial
from system.running_server import RunningServer
from system.starting import StartServer, missing
from system.wire import HttpClient, MqttClient

BUDAPEST = ZoneInfo("Europe/Budapest")
RATE = 100


def wall_clock(at: datetime) -> str:
    """What the current logger of system 000 says of an instant."""
    return at.astimezone(BUDAPEST).strftime("%H:%M:%S.%f")[:-3]


def log_current(server: RunningServer, name: str, body: Any, **options: Any) -> httpx.Response:
    return httpx.post(f"{server.url}/data?device={name}", json=body, **options)


async def meter(server: RunningServer, client_id: str = "ESP8266Client-7a3f") -> MqttClient:
    """A connected meter of system 003: both flags set, both strings empty, a client id of its own making."""
    client = MqttClient(server.host, server.mqtt_port)
    assert await client.connect(client_id, "", "", keep_alive=15) == 0
    return client


def reading(name: str, **changes: Any) -> dict[str, Any]:
    return {
        "serial_number": name, "device_id": "1", "voltage": 228.399994, "current": 0.413, "power": 93.5,
        "energy": 12.345, "timestamp": "2025-09-21T08:30:10Z",
    } | changes  # fmt: skip


class TestCurrentLogger:
    """Item 1."""

    def test_a_reading_is_stored_in_amperes_with_its_date_found(self, server: RunningServer) -> None:
        name = serial("logger")
        at = datetime.now(BUDAPEST) - timedelta(seconds=2)
        answer = log_current(server, name, {"timestamp": wall_clock(at), "current": 1.5})
        assert (answer.status_code, answer.text) == (200, "OK")
        assert server.stored(name, "current") == [(int(at.timestamp() * 1000), 0.0015)]

    def test_a_time_of_day_that_is_still_to_come_was_yesterday(self, server: RunningServer) -> None:
        name = serial("logger")
        today = datetime.now(BUDAPEST)
        later = today + timedelta(minutes=5)
        assert log_current(server, name, {"timestamp": wall_clock(later), "current": 1.5}).text == "OK"
        ((t, _),) = server.stored(name, "current")
        yesterday = datetime.combine(later.date() - timedelta(days=1), later.time(), BUDAPEST)
        assert t == int(yesterday.timestamp() * 1000)

    def test_without_a_name_it_is_known_by_its_address(self, server: RunningServer) -> None:
        answer = httpx.post(f"{server.url}/data", json={"timestamp": "14:03:27.048", "current": 152.489883})
        assert (answer.status_code, answer.text) == (200, "OK")
        (device,) = [d for d in server.devices(limit=1000) if d["serial"] == "current-logger-127.0.0.1"]
        assert device["channels"][0]["last"]["value"] == 0.15248988, "the shortest decimal of the same float32"

    def test_one_that_sends_too_fast_is_slowed_down_and_loses_nothing(self, start_server: StartServer) -> None:
        server = start_server(env={"OHMSTEAD_UNCLAIMED_RATE": "20"}, mqtt=False)
        with httpx.Client(base_url=server.url) as client:
            for n in range(60):
                answer = client.post("/data?device=hasty", json={"timestamp": f"10:00:{n:02}.000", "current": n})
                assert (answer.status_code, answer.text) == (200, "OK")
        assert [round(value * 1000) for _, value in server.stored("hasty", "current")] == list(range(60))
        assert server.metrics()["ohmstead_throttled_total"] > 0

    def test_a_reading_without_its_number_is_no_error_to_the_device(self, server: RunningServer) -> None:
        name = serial("logger")
        answer = httpx.post(f"{server.url}/data?device={name}", json={"timestamp": "10:00:00.000"})
        assert (answer.status_code, answer.text) == (200, "OK")
        assert (server.device(name)["rejected"], server.device(name)["channels"]) == (1, [])

    @pytest.mark.parametrize("body", ["{}", "null", "[]", "x", ""])
    def test_what_the_old_server_refused_is_refused_and_counted(self, server: RunningServer, body: str) -> None:
        before = server.metrics()["ohmstead_malformed_total"]
        answer = httpx.post(f"{server.url}/data", content=body, headers={"content-type": "application/json"})
        assert (answer.status_code, answer.text) == (400, "Invalid data")
        assert server.metrics()["ohmstead_malformed_total"] == before + 1

    def test_a_form_of_another_site_cannot_write(self, server: RunningServer) -> None:
        for kind in ("text/plain", "application/x-www-form-urlencoded", "multipart/form-data"):
            answer = httpx.post(f"{server.url}/data", content=b'{"current":1}', headers={"content-type": kind})
            assert answer.status_code == 415

    def test_never_a_redirect(self, server: RunningServer) -> None:
        for path in ("/data", "/data?device=x", "/data/"):
            answer = httpx.post(server.url + path, json={"timestamp": "14:03:27.048", "current": 1})
            assert not answer.is_redirect

    @pytest.mark.parametrize("header", ["x-forwarded-for", "forwarded", "x-real-ip"])
    def test_through_an_unknown_proxy_nobody_is_local(self, server: RunningServer, header: str) -> None:
        value = "for=192.168.1.7" if header == "forwarded" else "192.168.1.7"
        answer = log_current(server, serial(), {"timestamp": "14:03:27.048", "current": 1}, headers={header: value})
        assert answer.status_code == 401

    def test_through_a_trusted_proxy_the_address_behind_it_decides(self, start_server: StartServer) -> None:
        server = start_server(env={"OHMSTEAD_TRUSTED_PROXIES": "127.0.0.1/32"})
        body = {"timestamp": "14:03:27.048", "current": 1}
        local, foreign = {"x-forwarded-for": "192.168.1.7"}, {"x-forwarded-for": "203.0.113.9"}
        assert httpx.post(f"{server.url}/data", json=body, headers=local).status_code == 200
        assert httpx.post(f"{server.url}/data", json=body, headers=foreign).status_code == 401
        assert [d["serial"] for d in server.devices()] == ["current-logger-192.168.1.7"]

    def test_a_foreign_network_is_refused(self, start_server: StartServer) -> None:
        server = start_server(env={"OHMSTEAD_ALLOWED_NETWORKS": "10.0.0.0/8"})
        assert httpx.post(f"{server.url}/data", json={"current": 1}).status_code == 403


class TestMeters:
    """Items 7, 8 and 9."""

    async def test_two_serials_on_one_topic_are_two_devices(self, server: RunningServer) -> None:
        one, other = serial("SN"), serial("SN")
        clients = [await meter(server, f"ESP8266Client-{n:x}") for n in (0xA1, 0xB2)]
        for client, name, power in zip(clients, (one, other), (93.5, 40.0), strict=True):
            await client.publish("meter/1/data", reading(name, power=power))
            client.disconnect()
        assert server.stored(one, "power") == [(1_758_443_410_000, 93.5)]
        assert server.stored(other, "power") == [(1_758_443_410_000, 40.0)]

    async def test_qos_0_as_the_device_really_sends(self, server: RunningServer) -> None:
        name = serial("SN")
        client = await meter(server)
        client.send_publish("meter/1/data", reading(name), qos=0)
        await client.publish("meter/1/data", reading(serial("SN")))  # in order: acknowledged after the one before
        client.disconnect()
        assert server.stored(name, "power") == [(1_758_443_410_000, 93.5)]

    async def test_1970_float_noise_and_unknown_keys(self, server: RunningServer) -> None:
        name = serial("SN")
        client = await meter(server)
        before = now_ms()
        extras = {"mac_address": "A0:B7:65:00:00:01", "firmware_version": "1.2.3", "rssi": -61}
        await client.publish("meter/1/data", reading(name, timestamp="1970-01-01T00:00:12Z", **extras))
        client.disconnect()
        ((t, voltage),) = server.stored(name, "voltage")
        assert before <= t <= now_ms()
        assert voltage == 228.4
        assert server.stored(name, "energy") == [(t, 12345.0)]
        assert server.stored(name, "rssi") == [(t, -61)]
        device = server.device(name)
        assert device["details"]["mac_address"] == "A0:B7:65:00:00:01"
        assert device["details"]["firmware_version"] == "1.2.3"
        assert device["clock_flagged"] >= 1

    async def test_seen_before_it_is_registered_it_can_be_claimed(self, server: RunningServer) -> None:
        name = serial("SN")
        client = await meter(server)
        await client.publish("meter/1/data", reading(name))
        device = server.device(name)
        assert (device["state"], device["dialect"]) == ("unclaimed", "meter")
        claimed = server.admin.post(f"/devices/{device['id']}/claim", json={"name": "Fridge"})
        assert (claimed.status_code, claimed.json()["state"]) == (200, "claimed")
        await client.publish("meter/1/data", reading(name, timestamp="2025-09-21T08:30:20Z", power=94.0))
        client.disconnect()
        assert [v for _, v in server.stored(name, "power")] == [93.5, 94.0]

    async def test_the_same_reading_again_is_harmless(self, server: RunningServer) -> None:
        name = serial("SN")
        client = await meter(server)
        for _ in range(3):
            await client.publish("meter/1/data", reading(name))
        client.disconnect()
        assert server.stored(name, "power") == [(1_758_443_410_000, 93.5)]


class TestExamplesOfTheGuide:
    """Item 9, typed by a person."""

    def test_mosquitto_pub(self, server: RunningServer) -> None:
        if (mosquitto_pub := shutil.which("mosquitto_pub")) is None:
            missing("mosquitto_pub")
        assert mosquitto_pub is not None
        told = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
        message = (
            '{"serial_number":"SN001","device_id":"1","voltage":228.399994,"current":0.413,"power":93.5,'
            f'"energy":12.345,"timestamp":"{told}"}}'
        )
        command = [mosquitto_pub, "-h", "127.0.0.1", "-p", str(server.mqtt_port)]
        subprocess.run([*command, "-q", "1", "-t", "meter/1/data", "-m", message], check=True, timeout=10)
        self.claim_and_chart(server, "SN001", "voltage", 228.4)

    def test_curl(self, server: RunningServer) -> None:
        if (curl := shutil.which("curl")) is None:
            missing("curl")
        assert curl is not None
        body = '{"timestamp":"14:03:27.048","current":152.49}'
        command = [curl, "-s", "-d", body, "-H", "content-type: application/json", f"localhost:{server.http_port}/data"]
        done = subprocess.run(command, check=True, timeout=10, capture_output=True, text=True)
        assert done.stdout == "OK"
        self.claim_and_chart(server, "current-logger-127.0.0.1", "current", 0.15249)

    def claim_and_chart(self, server: RunningServer, name: str, key: str, value: float) -> None:
        device = server.device(name)
        assert server.admin.post(f"/devices/{device['id']}/claim", json={"name": "Mine"}).status_code == 200
        channel = next(c for c in device["channels"] if c["key"] == key)
        last = channel["last"]
        assert last["value"] == value
        asked = {"channel": channel["id"], "from": last["t"] - 86_400_000, "to": last["t"] + 1, "points": 100}
        chart = server.admin.get("/history", params=asked).json()
        assert value in chart["max"]
        assert sum(chart["count"]) >= 1


async def post_at_100_hz(server: RunningServer, seconds: float) -> tuple[int, int]:
    """(posts, posts that were answered late) of one logger on one keep-alive connection."""
    name = serial("rate")
    client = await HttpClient(server.host, server.http_port).connect()
    posts, late = int(seconds * RATE), 0
    clock = asyncio.get_running_loop().time
    began = clock()
    sent: list[tuple[str, float]] = []
    for n in range(posts):
        told = wall_clock(datetime.now(BUDAPEST))
        value = round(n * 0.001, 3)
        sent.append((told, value))
        status, body = await client.post(f"/data?device={name}", {"timestamp": told, "current": value})
        assert (status, body) == (200, b"OK")
        due = began + (n + 1) / RATE
        late += clock() > due + 1
        await asyncio.sleep(max(0.0, due - clock()))
    client.close()
    stored = server.stored(name, "current")
    expected = dict(sent)  # two readings in one millisecond are one instant, of which the last wins
    assert [v for _, v in stored] == [round(v / 1000, 9) for v in expected.values()], "lost, or out of order"
    assert [t % 1000 for t, _ in stored] == [int(told[-3:]) for told in expected]
    return posts, late


class TestRate:
    """Item 2."""

    @pytest.mark.slow
    async def test_100_posts_a_second_on_one_connection_lose_nothing(self, server: RunningServer) -> None:
        posts, _ = await post_at_100_hz(server, seconds=10)
        assert posts == 1000

    @pytest.mark.skipif("OHMSTEAD_TEST_LONG" not in os.environ, reason="set OHMSTEAD_TEST_LONG=1 for ten minutes")
    async def test_for_ten_minutes(self, start_server: StartServer) -> None:
        server = start_server()
        posts, late = await post_at_100_hz(server, seconds=600)
        print(f"\n{posts} posts in 10 min, {late} answered more than 1 s late")
        assert late == 0
