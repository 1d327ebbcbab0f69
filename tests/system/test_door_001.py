"""System 001: energy monitors that post what they measure, and the usage their dashboard asks for."""

import asyncio
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import httpx
import pytest

from builders import serial
from system.running_server import RunningServer
from system.wire import MqttClient

ZONE = ZoneInfo("Europe/Budapest")


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    with RunningServer(
        tmp_path_factory.mktemp("door001") / "data", env={"OHMSTEAD_ZONE": "Europe/Budapest"}
    ) as running:
        yield running


def post(server: RunningServer, body: Any, **options: Any) -> httpx.Response:
    return httpx.post(f"{server.url}/api/data", json=body, **options)


def usage(server: RunningServer, **query: str) -> Any:
    answer = server.admin.get(f"{server.url}/api/usage", params=query)
    assert answer.status_code == 200, answer.text
    return answer.json()


def test_a_reading_is_stored_when_it_is_answered(server: RunningServer) -> None:
    name = serial("esp32")
    answer = post(
        server,
        {"device_id": name, "current": 2.41, "power": 554.3, "kWh": 12.084, "timestamp": "2025-07-29T10:15:00Z"},
    )
    assert answer.status_code == 200
    assert answer.json()["status"] == "stored"
    assert answer.json()["power"] == 554.3
    at = 1_753_784_100_000
    assert server.stored(name, "power") == [(at, 554.3)]
    assert server.stored(name, "energy") == [(at, 12_084.0)]  # Wh inside
    assert server.device(name)["state"] == "unclaimed"


def test_a_list_is_stored_and_power_follows_from_volts_and_amperes(server: RunningServer) -> None:
    name = serial("esp32")
    rows = [{"device": name, "irms": 2.0, "voltage": 230, "timestamp": 1_753_784_100 + n} for n in range(3)]
    answer = post(server, rows)
    assert (answer.status_code, answer.json()["power"]) == (200, 460.0)
    assert [v for _, v in server.stored(name, "power")] == [460.0] * 3
    assert "energy" not in {c["key"] for c in server.device(name)["channels"]}  # nothing is invented


def test_a_device_that_does_not_say_who_it_is_is_known_by_its_address(server: RunningServer) -> None:
    assert post(server, {"power": 5}).json()["device_id"] == "energy-monitor-127.0.0.1"


@pytest.mark.parametrize(
    ("content", "kind", "status"),
    [
        (b"{", "application/json", 400),
        (b"\xff", "application/json", 400),
        (b'{"power": 1}', "text/plain", 415),
        (b"power=1", "application/x-www-form-urlencoded", 415),
        (b'{"colour": "red"}', "application/json", 422),
        (b'"power"', "application/json", 422),
        (b"[" * 100_000, "application/json", 422),
        (b'{"power": "lots"}', "application/json", 422),
        (b" " * 1_100_000, "application/json", 413),
    ],
)
def test_what_cannot_be_read_is_refused_by_name(server: RunningServer, content: bytes, kind: str, status: int) -> None:
    answer = httpx.post(f"{server.url}/api/data", content=content, headers={"content-type": kind})
    assert answer.status_code == status
    assert answer.json().get("error") or answer.json().get("rejected")


def test_only_post_gets_in(server: RunningServer) -> None:
    for method in ("GET", "PUT", "DELETE"):
        assert httpx.request(method, f"{server.url}/api/data").status_code == 405


def test_a_forwarded_request_is_not_believed(server: RunningServer) -> None:
    assert post(server, {"power": 1}, headers={"X-Forwarded-For": "127.0.0.1"}).status_code == 401


def test_a_serial_that_owns_a_token_takes_nothing_without_it(server: RunningServer) -> None:
    device = server.add_device(serial("owned"))
    assert post(server, {"device_id": device.serial, "power": 1}).status_code == 403
    headers = {"Authorization": f"Bearer {device.token}"}
    assert post(server, {"device_id": device.serial, "power": 1}, headers=headers).status_code == 200
    assert [v for _, v in device.stored("power")] == [1.0]
    assert post(server, {"power": 1}, headers={"Authorization": "Bearer ohd_invented"}).status_code == 401


def test_a_device_cannot_speak_for_another_with_its_own_token(server: RunningServer) -> None:
    mine, other = server.add_device(serial("mine")), server.add_device(serial("other"))
    headers = {"Authorization": f"Bearer {mine.token}"}
    answer = post(server, {"device_id": other.serial, "power": 666}, headers=headers)
    assert answer.status_code == 403
    assert server.device(other.serial)["channels"] == []


def test_it_may_come_over_mqtt_too(server: RunningServer) -> None:
    name = serial("kitchen")

    async def publish() -> None:
        client = MqttClient(server.host, server.mqtt_port)
        await client.connect("monitor")
        await client.publish(f"energy/{name}/data", {"current": 1.5, "power": 345.0})
        client.disconnect()

    asyncio.run(publish())
    assert [v for _, v in server.stored(name, "power")] == [345.0]


def test_usage_tells_rows_and_totals_in_the_days_of_the_site(server: RunningServer) -> None:
    name, noon = serial("usage"), datetime(2025, 9, 21, 12, tzinfo=ZONE)
    # 600 W for two hours, a reading each minute, no register: the server integrates
    rows = [
        {"device_id": name, "current": 2.6, "power": 600, "timestamp": (noon + timedelta(minutes=n)).isoformat()}
        for n in range(121)
    ]
    assert post(server, rows).status_code == 200
    found = usage(server, period="day", device_id=name, **{"from": "2025-09-21", "to": "2025-09-22"})
    assert found["zone"] == "Europe/Budapest"
    assert [row["timestamp"] for row in found["rows"]][:2] == ["2025-09-21T10:00:00.000Z", "2025-09-21T11:00:00.000Z"]
    # The hour's first reading has no step before it; a step counts where it ends.
    assert found["rows"][1] | {"end": None} == {
        "timestamp": "2025-09-21T11:00:00.000Z", "end": None, "current": 2.6, "power": 600.0, "kwh": 0.6,
    }  # fmt: skip
    assert [(t["timestamp"], t["kwh"]) for t in found["totals"]] == [("2025-09-20T22:00:00.000Z", 1.2)]
    week = usage(server, period="week", device_id=name, **{"from": "2025-09-21", "to": "2025-09-22"})
    assert [t["kwh"] for t in week["totals"]] == [1.2]
    assert week["totals"][0]["timestamp"] == "2025-09-14T22:00:00.000Z"
    month = usage(server, period="month", device_id=name, **{"from": "2025-09-01", "to": "2025-10-01"})
    assert [t["kwh"] for t in month["totals"]] == [1.2]


def test_usage_of_a_register_spans_the_gap_between_readings(server: RunningServer) -> None:
    name, day = serial("usage"), datetime(2025, 9, 21, 8, 50, tzinfo=ZONE)
    rows = [
        {"device_id": name, "power": 100, "kWh": kwh, "timestamp": (day + timedelta(minutes=m)).isoformat()}
        for m, kwh in ((0, 5.0), (30, 5.5), (60, 5.75))
    ]
    assert post(server, rows).status_code == 200
    found = usage(server, device_id=name, **{"from": "2025-09-21T00:00:00+02:00", "to": "2025-09-22T00:00:00+02:00"})
    assert [row["kwh"] for row in found["rows"]] == [0.0, 0.75]


def test_usage_needs_a_login(server: RunningServer) -> None:
    assert httpx.get(f"{server.url}/api/usage").status_code == 401
    assert httpx.get(f"{server.url}/api/usage", headers={"Authorization": "Bearer nonsense"}).status_code == 401


@pytest.mark.parametrize(
    "query",
    [{"period": "fortnight"}, {"period": "year"}, {"from": "never"}, {"from": "2025-09-22", "to": "2025-09-21"},
     {"from": "0"}, {"from": "2020-01-01", "to": "2025-01-01"}],
)  # fmt: skip
def test_usage_names_what_it_cannot_answer(server: RunningServer, query: dict[str, str]) -> None:
    answer = server.admin.get(f"{server.url}/api/usage", params=query)
    assert answer.status_code == 400
    assert answer.json()["error"]


def test_a_viewer_has_no_usage_of_what_is_not_assigned(server: RunningServer) -> None:
    name = serial("usage")
    post(server, {"device_id": name, "power": 1})
    made = server.admin.post("/users", json={"username": "v001", "password": "a long password", "role": "viewer"})
    assert made.status_code == 201
    guest = server.client()
    guest.post("/auth/login", json={"username": "v001", "password": "a long password"})
    assert guest.get(f"{server.url}/api/usage", params={"device_id": name}).status_code == 404
    assert guest.get(f"{server.url}/api/usage").json()["devices"] == []


def test_a_door_opened_to_the_network_reads_without_a_login(start_server: Any) -> None:
    server = start_server(env={"OHMSTEAD_OPEN_DOORS": "001=127.0.0.0/8:operator"}, mqtt=False)
    post(server, {"device_id": "m1", "power": 1})
    assert httpx.get(f"{server.url}/api/usage").json()["devices"] == ["m1"]
    assert httpx.get(f"{server.url}/api/devices").status_code == 401
    assert httpx.get(f"{server.url}/api/usage", headers={"Origin": "http://evil.example"}).status_code == 403
