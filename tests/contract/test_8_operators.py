"""Contract §8 and design §9: health, metrics, the description of the API, and headers of every page."""

import asyncio
import contextlib
import json
import time
from pathlib import Path

import httpx
import pytest
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect

from builders import serial
from contract.test_2_people_and_machines import person, token
from system.running_server import RunningServer
from system.wire import MqttClient

FORWARDING = ("x-forwarded-for", "forwarded", "x-forwarded-proto", "x-forwarded-host", "x-real-ip")
CSP = (
    "default-src 'self'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; "
    "object-src 'none'; base-uri 'none'; frame-ancestors 'self'"
)


class TestHealth:
    def test_healthy_and_ready_without_a_login(self, server: RunningServer) -> None:
        assert httpx.get(f"{server.url}/healthz").status_code == 200
        assert httpx.get(f"{server.url}/readyz").status_code == 200

    def test_other_methods_are_refused(self, server: RunningServer) -> None:
        assert httpx.post(f"{server.url}/healthz").status_code == 405


class TestMetrics:
    def test_loopback_may_read_them(self, server: RunningServer) -> None:
        answer = httpx.get(f"{server.url}/metrics")
        assert answer.status_code == 200
        assert answer.headers["content-type"].startswith("text/plain; version=0.0.4")
        for line in answer.text.splitlines():
            if line and not line.startswith("#"):
                name, value = line.rsplit(" ", 1)
                assert name.startswith("ohmstead_")
                float(value)

    @pytest.mark.parametrize("header", FORWARDING)
    def test_loopback_behind_a_proxy_may_not(self, server: RunningServer, header: str) -> None:
        for value in ("127.0.0.1", "for=127.0.0.1", "http"):
            assert httpx.get(f"{server.url}/metrics", headers={header: value}).status_code == 401

    def test_a_read_token_may_from_anywhere(self, server: RunningServer) -> None:
        forwarded = {"x-forwarded-for": "203.0.113.9"}
        assert token(server, "read").get(f"{server.url}/metrics", headers=forwarded).status_code == 200
        assert server.admin.get(f"{server.url}/metrics", headers=forwarded).status_code == 200
        assert token(server, "write").get(f"{server.url}/metrics", headers=forwarded).status_code in (401, 403)
        assert person(server, "viewer").get(f"{server.url}/metrics", headers=forwarded).status_code in (401, 403)

    def test_what_happened_is_counted(self, server: RunningServer) -> None:
        device = server.add_device("counted")
        before = server.metrics()
        device.send({"samples": [{"t": 1_763_682_000_000, "v": {"power": n}} for n in range(3)]})
        device.send({"t": 5, "v": {"power": 1}})
        device.send_bytes(b"{")
        after = server.metrics()
        grown = {name: after[name] - before.get(name, 0) for name in after if after[name] != before.get(name, 0)}
        assert grown["ohmstead_samples_total"] == 1
        assert grown["ohmstead_duplicates_total"] == 2
        assert grown["ohmstead_rejected_total"] == 1
        assert grown["ohmstead_malformed_total"] == 1

    @pytest.mark.parametrize(
        ("message", "counted"),
        [
            (b"x" * (8 << 20) + b"x", 'http_refused_total{status="413"}'),
            (b"{", 'http_refused_total{status="400"}'),
            (b'{"v":5}', 'http_refused_total{status="422"}'),
            (b"[" * 50, "malformed_total"),
            (b'{"v":{"power":1e999}}', "rejected_total"),
            (b'{"t":1,"v":{"power":1}}', "rejected_total"),
            (b'{"t":"soon","v":{"power":1}}', "clock_flagged_total"),
        ],
        ids=["a body too large", "no JSON", "wrong types", "too deep", "an infinity", "a time before 2000", "no time"],
    )
    def test_bad_messages_are_counted(self, server: RunningServer, message: bytes, counted: str) -> None:
        device = server.add_device(serial())
        before = server.metrics().get(f"ohmstead_{counted}", 0)
        device.send_bytes(message)
        assert server.metrics()[f"ohmstead_{counted}"] == before + 1

    def test_unknown_senders_are_counted(self, server: RunningServer) -> None:
        name = 'ohmstead_http_refused_total{status="401"}'
        before = server.metrics().get(name, 0)
        httpx.post(f"{server.api}/telemetry", json={"v": {"power": 1}}, headers={"authorization": "Bearer none"})
        assert server.metrics()[name] == before + 1

    def test_frames_too_large_and_views_refused_are_counted(self, server: RunningServer) -> None:
        url = f"ws://{server.host}:{server.http_port}/api/v1"
        device = server.add_device(serial())
        token = {"authorization": f"Bearer {device.token}"}
        for path, frame, code in (("devices/me/socket", "x" * ((1 << 20) + 1), 1009), ("live", "", 4403)):
            name = f'ohmstead_websocket_ended_total{{code="{code}"}}'
            before = server.metrics().get(name, 0)
            with connect(f"{url}/{path}", additional_headers=token) as socket:
                with contextlib.suppress(ConnectionClosed):
                    socket.send(frame)
                    while True:
                        socket.recv(5)
                assert socket.close_code == code
            deadline = time.monotonic() + 30
            while server.metrics().get(name, 0) != before + 1:
                assert time.monotonic() < deadline, name

    async def test_what_the_mqtt_door_refuses_is_counted(self, server: RunningServer) -> None:
        device = server.add_device(serial())
        before = server.metrics()
        stranger = MqttClient(server.host, server.mqtt_port)
        assert await stranger.connect("", "nobody", "wrong") == 5
        stranger.close()
        client = MqttClient(server.host, server.mqtt_port)
        assert await client.connect("", device.serial, device.token) == 0
        assert await client.subscribe("#") == 0x80
        await client.publish("not/mine", {})
        connected = server.metrics()["ohmstead_mqtt_connections"]
        client.write(b"\x30\xff\xff\xff\x7f")  # a packet of a quarter of a gigabyte
        with pytest.raises((asyncio.IncompleteReadError, ConnectionError)):
            await client.read()
        client.close()
        after = server.metrics()
        for name in ("rejected", "subscriptions_refused", "refused", "protocol_errors"):
            assert after[f"ohmstead_mqtt_{name}_total"] == before[f"ohmstead_mqtt_{name}_total"] + 1, name
        assert connected >= 1
        assert after["ohmstead_mqtt_dropped_total"] >= 0


class TestDescription:
    def test_openapi_is_served_and_is_what_the_repository_says(self, server: RunningServer) -> None:
        served = httpx.get(f"{server.url}/api/openapi.json").json()
        assert served["openapi"].startswith("3.")
        kept = json.loads((Path(__file__).parents[2] / "contract" / "openapi.json").read_text())
        assert served["paths"].keys() == kept["paths"].keys()


class TestHeaders:
    @pytest.mark.parametrize(
        "path", ["/", "/devices/5", "/api/v1/time", "/api/v1/devices", "/healthz", "/assets/none.js"]
    )
    def test_every_page_and_answer_is_guarded(self, server: RunningServer, path: str) -> None:
        answer = httpx.get(server.url + path)
        assert answer.headers["content-security-policy"] == CSP
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["referrer-policy"] == "same-origin"
        assert "server" not in answer.headers

    def test_any_path_of_the_dashboard_is_its_page(self, server: RunningServer) -> None:
        page, deep = (httpx.get(server.url + path) for path in ("/", "/devices/5?x=y"))
        assert page.status_code == deep.status_code == 200
        assert page.headers["content-type"].startswith("text/html")
        assert page.text == deep.text

    @pytest.mark.parametrize(
        "path", ["/assets/../../etc/passwd", "/%2e%2e/%2e%2e/etc/passwd", "/assets/%00", "//etc/passwd"]
    )
    def test_no_path_leads_out(self, server: RunningServer, path: str) -> None:
        answer = httpx.get(server.url + path)
        assert answer.status_code in (200, 400, 404)
        assert "root:" not in answer.text

    def test_no_other_site_may_read(self, server: RunningServer) -> None:
        answer = server.admin.get("/devices", headers={"origin": "http://evil.example"})
        assert "access-control-allow-origin" not in answer.headers
        asked = {"origin": "http://evil.example", "access-control-request-method": "POST"}
        preflight = httpx.options(f"{server.api}/devices", headers=asked)
        assert "access-control-allow-origin" not in preflight.headers
