"""System 003: what the older meter dashboard asked of its own server, asked of this one."""

import asyncio
import json
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import httpx
import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed

from builders import serial
from system.running_server import ADMIN_PASSWORD, RunningServer
from system.wire import MqttClient

ZONE = ZoneInfo("Europe/Budapest")
PASSWORD = "a long enough password"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    with RunningServer(
        tmp_path_factory.mktemp("door003") / "data", env={"OHMSTEAD_ZONE": "Europe/Budapest"}
    ) as running:
        yield running


class OlderPage:
    """The older page's own requests: a JSON body, the token of the log-in as a bearer, nothing else."""

    def __init__(self, server: RunningServer, username: str = "admin", password: str = ADMIN_PASSWORD) -> None:
        self.base = f"{server.url}/api"
        self.live_url = f"ws://{server.host}:{server.http_port}/"
        answer = httpx.post(f"{self.base}/login", json={"username": username, "password": password})
        assert answer.status_code == 200, answer.text
        self.login = answer.json()
        self.headers = {"Authorization": f"Bearer {self.login['token']}", "Content-Type": "application/json"}

    def ask(self, method: str, path: str, status: int = 200, **options: Any) -> Any:
        answer = httpx.request(method, self.base + path, headers=self.headers, timeout=20, **options)
        assert answer.status_code == status, answer.text
        return answer.json()

    def get(self, path: str, status: int = 200) -> Any:
        return self.ask("GET", path, status)


def reading(name: str, at: datetime, energy: float, **other: Any) -> dict[str, Any]:
    message = {
        "serial_number": name,
        "device_id": "1",
        "voltage": 228.399994,
        "current": 0.413,
        "power": 93.5,
        "energy": energy,
        "timestamp": at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
    }
    return message | other


def send(server: RunningServer, *messages: dict[str, Any]) -> None:
    """As the older meter publishes: empty user name and password, topic `meter/1/data` on every unit."""

    async def publish() -> None:
        client = MqttClient(server.host, server.mqtt_port)
        assert await client.connect("ESP8266Client-4f2a", "", "") == 0
        for message in messages:
            await client.publish("meter/1/data", message)
        client.disconnect()

    asyncio.run(publish())


@pytest.fixture(scope="module")
def admin(server: RunningServer) -> OlderPage:
    return OlderPage(server)


def viewer(server: RunningServer, name: str) -> OlderPage:
    answer = server.admin.post("/users", json={"username": name, "password": PASSWORD, "role": "viewer"})
    assert answer.status_code == 201, answer.text
    return OlderPage(server, name, PASSWORD)


def claimed(server: RunningServer, admin: OlderPage, *messages: dict[str, Any]) -> str:
    name = str(messages[0]["serial_number"])
    send(server, *messages)
    made = admin.ask("POST", "/devices", 201, json={"serial_number": name, "device_id": "1", "name": "Flat 1"})
    return str(made["id"])


def test_the_older_page_logs_in_lists_and_reads(server: RunningServer, admin: OlderPage) -> None:
    name, now = serial("SN"), datetime.now(UTC).replace(microsecond=0)
    assert admin.login["message"]
    assert set(admin.login["user"]) >= {"user_id", "username", "email"}
    assert admin.get("/me")["user"]["username"] == "admin"
    claimed(server, admin, *[reading(name, now - timedelta(seconds=10 * n), 12.345 - n / 1000) for n in range(5)])

    listed = next(d for d in admin.get("/devices") if d["serial_number"] == name)
    assert listed["name"] == "Flat 1"
    assert listed["device_id"] == "1"
    assert listed["status"] == "active"
    datetime.strptime(listed["last_seen"], "%Y-%m-%dT%H:%M:%S.%fZ")
    assert admin.get(f"/devices/by-serial/{name}") == listed

    latest = admin.get(f"/devices/serial/{name}/latest-reading")
    assert latest == {
        "voltage": 228.4,
        "current": 0.413,
        "power": 93.5,
        "energy": 12.345,
        "timestamp": now.strftime("%Y-%m-%dT%H:%M:%S.000Z"),
    }
    assert admin.get(f"/readings/{name}/latest-reading") == latest  # the original gave the oldest here
    rows = admin.get(f"/devices/serial/{name}/readings?limit=3")
    assert [row["energy"] for row in rows] == [12.345, 12.344, 12.343]
    assert admin.get(f"/readings/{name}")[0] == {"_id": f"{name}@{int(now.timestamp())}000000", "serial_number": name,
                                                  "device_id": "1", **latest}  # fmt: skip
    assert admin.get(f"/readings/{name}?from={rows[2]['timestamp']}&to={rows[1]['timestamp']}") == [
        row for row in admin.get(f"/readings/{name}") if row["energy"] in (12.344, 12.343)
    ]
    totals = admin.get("/stats")
    assert totals["total_readings"] >= 5
    assert totals["total_devices"] >= 1


def test_energy_between_two_buckets_is_not_lost(server: RunningServer, admin: OlderPage) -> None:
    name = serial("SN")
    day = datetime(2025, 9, 21, tzinfo=ZONE)
    register = [(day.replace(hour=8, minute=10), 10.0), (day.replace(hour=8, minute=50), 10.4),
                (day.replace(hour=9, minute=10), 10.9), (day.replace(hour=9, minute=50), 11.1)]  # fmt: skip
    claimed(server, admin, *[reading(name, at, kwh) for at, kwh in register])
    stats = admin.get(f"/readings/{name}/stats?mode=day&start=2025-09-21")
    assert stats["labels"] == [f"{h:02}:00" for h in range(24)]
    rows = {row["label"]: row for row in stats["raw"]}
    assert rows["08:00"]["kwh_used"] == 0.4
    assert rows["09:00"]["kwh_used"] == 0.7  # the step from 8:50 to 9:10 belongs to it
    assert (rows["09:00"]["energy_start"], rows["09:00"]["energy_end"]) == (10.9, 11.1)
    assert (rows["08:00"]["volt_min"], rows["08:00"]["amp_max"]) == (228.4, 0.413)
    assert rows["10:00"] == {
        "label": "10:00", "volt_min": "N/A", "volt_max": "N/A", "amp_min": "N/A", "amp_max": "N/A", "kwh_used": 0,
    }  # fmt: skip


def test_weeks_months_and_years_are_of_the_site(server: RunningServer, admin: OlderPage) -> None:
    name = serial("SN")
    steps = [
        (datetime(2025, 3, 29, 23, 30, tzinfo=ZONE), 100.0),
        (datetime(2025, 3, 30, 0, 30, tzinfo=ZONE), 101.0),  # of the day on which the clock is turned
        (datetime(2025, 3, 30, 23, 30, tzinfo=ZONE), 103.0),
        (datetime(2025, 4, 1, 0, 30, tzinfo=ZONE), 107.0),
    ]
    claimed(server, admin, *[reading(name, at, kwh) for at, kwh in steps])

    week = admin.get(f"/readings/{name}/stats?mode=week&start=2025-03-30")
    assert week["labels"] == ["24/03", "25/03", "26/03", "27/03", "28/03", "29/03", "30/03"]
    assert [row["kwh_used"] for row in week["raw"]] == [0, 0, 0, 0, 0, 0, 3.0]
    month = admin.get(f"/readings/{name}/stats?mode=month&start=2025-03-15")
    assert len(month["labels"]) == 31
    assert month["raw"][29] == week["raw"][6]
    year = admin.get(f"/readings/{name}/stats?mode=year&start=2025-06-01")
    assert year["labels"][2:4] == ["03/2025", "04/2025"]
    assert [row["kwh_used"] for row in year["raw"][2:4]] == [3.0, 4.0]
    assert len(admin.get(f"/readings/{name}/stats?mode=day&start=2025-03-30")["labels"]) == 23

    summary = admin.get(f"/readings/{name}/summary?period=monthly&date=2025-03-15")
    assert summary["total_energy"] == 3.0
    assert summary["max_power"] == 93.5
    assert len(summary["buckets"]) == 31
    assert set(admin.get(f"/readings/{name}/summary")) >= {"daily", "weekly", "monthly"}


def test_a_reset_of_the_meter_does_not_make_energy_negative(server: RunningServer, admin: OlderPage) -> None:
    name, day = serial("SN"), datetime(2025, 9, 22, 12, tzinfo=ZONE)
    registers = [50.0, 50.2, 0.0, 0.1, 0.2, 0.3]
    claimed(server, admin, *[reading(name, day + timedelta(minutes=n * 5), kwh) for n, kwh in enumerate(registers)])
    rows = admin.get(f"/readings/{name}/stats?mode=day&start=2025-09-22")["raw"]
    assert rows[12]["kwh_used"] == 0.5


def test_live_frames_come_as_they_did_and_only_of_what_one_may_see(server: RunningServer, admin: OlderPage) -> None:
    mine, foreign = serial("SN"), serial("SN")
    now = datetime.now(UTC).replace(microsecond=0)
    mine_id = claimed(server, admin, reading(mine, now - timedelta(minutes=1), 1.0))
    claimed(server, admin, reading(foreign, now - timedelta(minutes=1), 1.0))
    lodger = viewer(server, "lodger-live")
    admin.ask("POST", f"/devices/{mine_id}/assign", json={"username": "lodger-live"})

    async def follow() -> tuple[list[Any], Any]:
        everything = connect(admin.live_url, additional_headers={"Authorization": admin.headers["Authorization"]})
        async with everything as all_of_it, connect(f"{lodger.live_url}?token={lodger.login['token']}") as own:
            await asyncio.to_thread(send, server, reading(foreign, now, 1.5), reading(mine, now, 1.25))
            frames = [json.loads(await asyncio.wait_for(all_of_it.recv(), 10)) for _ in range(2)]
            return frames, json.loads(await asyncio.wait_for(own.recv(), 10))

    frames, own = asyncio.run(follow())
    assert [f["data"]["serial_number"] for f in frames] == [foreign, mine]
    assert own["type"] == "meter_data"
    assert own["data"] == {
        "serial_number": mine,
        "device_id": "1",
        "voltage": 228.4,
        "current": 0.413,
        "power": 93.5,
        "energy": 1.25,
        "timestamp": now.strftime("%Y-%m-%dT%H:%M:%S.000Z"),
    }
    datetime.strptime(own["timestamp"], "%Y-%m-%dT%H:%M:%S.%fZ")


@pytest.mark.parametrize("query", ["", "?token=", "?token=ohs_invented"])
def test_live_frames_are_not_for_strangers(server: RunningServer, query: str) -> None:
    async def follow() -> int | None:
        async with connect(f"ws://{server.host}:{server.http_port}/{query}") as socket:
            with pytest.raises(ConnectionClosed) as closed:
                await asyncio.wait_for(socket.recv(), 10)
        return closed.value.rcvd.code if closed.value.rcvd else None

    assert asyncio.run(follow()) == 4401


def test_ending_the_session_ends_its_live_frames(server: RunningServer) -> None:
    page = OlderPage(server)

    async def follow() -> int | None:
        async with connect(f"{page.live_url}?token={page.login['token']}") as socket:
            await asyncio.to_thread(page.ask, "POST", "/auth/logout")
            with pytest.raises(ConnectionClosed) as closed:
                await asyncio.wait_for(socket.recv(), 10)
        return closed.value.rcvd.code if closed.value.rcvd else None

    assert asyncio.run(follow()) == 1001
    page.get("/devices", 403)


def test_a_live_socket_of_another_sites_page_is_refused_although_the_cookie_comes_along(server: RunningServer) -> None:
    with httpx.Client(base_url=server.url) as browser:
        browser.post("/api/login", json={"username": "admin", "password": ADMIN_PASSWORD})
        cookie = "; ".join(f"{name}={value}" for name, value in browser.cookies.items())

    async def close_code(origin: str) -> int | None:
        async with connect(f"ws://{server.host}:{server.http_port}/",
                           additional_headers={"Cookie": cookie, "Origin": origin}) as socket:  # fmt: skip
            try:
                await asyncio.wait_for(socket.recv(), 0.5)
            except TimeoutError:
                return None
            except ConnectionClosed as closed:
                return closed.rcvd.code if closed.rcvd else 0
        return 0

    assert asyncio.run(close_code("http://evil.example")) == 4403
    assert asyncio.run(close_code("null")) == 4403
    assert asyncio.run(close_code(server.url)) is None


def test_two_units_with_the_same_device_id_are_two_devices(server: RunningServer, admin: OlderPage) -> None:
    one, two = serial("SN"), serial("SN")
    now = datetime.now(UTC)
    claimed(server, admin, reading(one, now, 1.0))
    claimed(server, admin, reading(two, now, 2.0))  # the original said 409: device_id exists
    assert admin.get(f"/devices/serial/{one}/latest-reading")["energy"] == 1.0
    assert admin.get(f"/devices/serial/{two}/latest-reading")["energy"] == 2.0


def test_a_meter_that_spoke_first_is_listed_unclaimed_until_somebody_answers_for_it(
    server: RunningServer, admin: OlderPage
) -> None:
    name = serial("SN")
    send(server, reading(name, datetime.now(UTC), 1.0, device_id="9c"))
    found = admin.get(f"/devices/by-serial/{name}")
    assert (found["status"], found["device_id"]) == ("unclaimed", "9c")
    admin.ask("POST", "/devices", 201, json={"serial_number": name})
    assert admin.get("/devices/id/9c/readings")[0]["serial_number"] == name
    assert admin.get(f"/devices/by-serial/{name}")["status"] == "active"


def test_a_meter_can_be_added_before_it_speaks(server: RunningServer, admin: OlderPage) -> None:
    name = serial("SN")
    made = admin.ask("POST", "/devices", 201, json={"serial_number": name, "device_id": "7", "location": "cellar"})
    assert admin.get(f"/devices/serial/{name}/latest-reading") == {}
    assert admin.get(f"/devices/serial/{name}/readings") == []
    send(server, reading(name, datetime.now(UTC), 3.0))
    assert admin.get(f"/devices/serial/{name}/latest-reading")["energy"] == 3.0
    assert admin.get(f"/devices/{made['id']}")["location"] == "cellar"
    assert admin.get("/devices/id/7/readings?limit=5")[0]["energy"] == 3.0
    assert admin.ask("POST", "/devices", 409, json={"serial_number": name, "device_id": "7"})["error"]


def test_what_people_write_about_a_meter_is_kept(server: RunningServer, admin: OlderPage) -> None:
    name = serial("SN")
    device_id = claimed(server, admin, reading(name, datetime.now(UTC), 1.0))
    admin.ask("PUT", f"/devices/serial/{name}", json={"name": "Roof", "location": "attic", "status": "inactive"})
    admin.ask("PUT", f"/devices/{device_id}", json={"ota_url": "http://192.168.1.9/f.bin", "ota_version": "2.1"})
    found = admin.get(f"/devices/by-serial/{name}")
    assert (found["name"], found["location"], found["status"]) == ("Roof", "attic", "inactive")
    offered = httpx.get(f"{admin.base}/firmware/check", params={"deviceId": name, "currentVersion": "2.0"}).json()
    assert offered == {"firmwareUrl": "http://192.168.1.9/f.bin", "version": "2.1"}
    same = httpx.get(f"{admin.base}/firmware/check", params={"deviceId": name, "currentVersion": "2.1"}).json()
    assert "message" in same
    admin.ask("DELETE", f"/devices/{device_id}")
    admin.get(f"/devices/by-serial/{name}", 404)


def test_a_meter_is_told_where_its_firmware_is(server: RunningServer, admin: OlderPage) -> None:
    name = serial("SN")
    claimed(server, admin, reading(name, datetime.now(UTC), 1.0))

    async def listen() -> tuple[str, bytes, bool]:
        meter = MqttClient(server.host, server.mqtt_port)
        await meter.connect("ESP8266Client-1", "", "")
        assert await meter.subscribe(f"firmwareUpdateOTA/device/{name}") == 0
        path = f"/firmwareUpdateOta?serialNumber={name}&OTAurl=http://192.168.1.9/f.bin"
        assert await asyncio.to_thread(admin.get, path) == {"success": True}
        told = await meter.message()
        meter.disconnect()
        return told

    topic, payload, _ = asyncio.run(listen())
    assert topic.endswith(name)
    assert json.loads(payload)["OTAurl"] == "http://192.168.1.9/f.bin"
    admin.get(f"/firmwareUpdateOTA?serialNumber={name}&OTAurl=file:///etc/passwd", 400)


def test_a_cookie_alone_cannot_start_an_update_by_a_picture_on_some_page(server: RunningServer) -> None:
    with httpx.Client(base_url=server.url) as browser:
        browser.post("/api/login", json={"username": "admin", "password": ADMIN_PASSWORD})
        answer = browser.get("/api/firmwareUpdateOTA", params={"serialNumber": "x", "OTAurl": "http://evil/x.bin"})
    assert answer.status_code == 401


def test_the_page_asks_for_its_totals_without_a_token(server: RunningServer) -> None:
    """As it always did; the cookie of the log-in comes along instead."""
    assert httpx.get(f"{server.url}/api/stats").status_code == 401
    with httpx.Client(base_url=server.url) as browser:
        browser.post("/api/login", json={"username": "admin", "password": ADMIN_PASSWORD})
        assert browser.get("/api/stats").status_code == 200


READ_ROUTES = ["/me", "/devices", "/devices/by-serial/{sn}", "/devices/serial/{sn}/latest-reading", "/stats",
               "/devices/serial/{sn}/readings", "/readings", "/readings/{sn}", "/readings/{sn}/latest-reading",
               "/readings/{sn}/stats?mode=day&start=2025-09-21", "/readings/{sn}/summary", "/dashboard/stats",
               "/devices/by-user/admin", "/devices/id/1/readings", "/auth/me", "/users"]  # fmt: skip


@pytest.mark.parametrize("path", READ_ROUTES)
def test_nothing_is_read_without_a_token_or_with_a_bad_one(server: RunningServer, path: str) -> None:
    url = f"{server.url}/api{path.format(sn='SN001')}"
    missing = httpx.get(url)
    assert missing.status_code == 401
    assert set(missing.json()) == {"error"}
    bad = httpx.get(url, headers={"Authorization": "Bearer eyJhbGciOiJIUzI1NiJ9.e30.x"})
    assert bad.status_code == 403
    assert set(bad.json()) == {"error"}


def test_a_viewer_sees_and_changes_nothing_of_others(server: RunningServer, admin: OlderPage) -> None:
    foreign = serial("SN")
    foreign_id = claimed(server, admin, reading(foreign, datetime.now(UTC), 1.0))
    lodger = viewer(server, "lodger-nosy")
    assert lodger.get("/devices") == []
    assert lodger.get("/readings") == []
    assert lodger.get("/stats") == {"total_readings": 0, "total_devices": 0}
    assert lodger.get("/dashboard/stats")["total_energy"] == 0
    for path in READ_ROUTES:
        if "{sn}" in path:
            lodger.get(path.format(sn=foreign), 404)
            assert lodger.get(path.format(sn=foreign), 404) == lodger.get(path.format(sn="never-there"), 404)
    lodger.get("/devices/by-user/admin", 403)
    lodger.get("/users", 403)
    lodger.ask("PUT", f"/devices/serial/{foreign}", 404, json={"name": "mine"})
    lodger.ask("PUT", f"/devices/{foreign_id}", 404, json={"name": "mine"})
    lodger.ask("DELETE", f"/devices/{foreign_id}", 404)
    lodger.ask("POST", f"/devices/{foreign_id}/assign", 404, json={"username": "lodger-nosy"})
    lodger.ask("POST", "/devices", 403, json={"serial_number": foreign, "device_id": "1"})
    lodger.get(f"/firmwareUpdateOTA?serialNumber={foreign}&OTAurl=http://evil/x.bin", 404)
    assert admin.get(f"/devices/by-serial/{foreign}")["name"] == "Flat 1"


def test_a_viewer_reads_but_does_not_change_what_is_assigned(server: RunningServer, admin: OlderPage) -> None:
    name = serial("SN")
    device_id = claimed(server, admin, reading(name, datetime.now(UTC), 1.0))
    lodger = viewer(server, "lodger-good")
    user_id = lodger.get("/me")["user"]["_id"]
    admin.ask("POST", f"/devices/{device_id}/assign", json={"user_id": user_id})
    assert [d["serial_number"] for d in lodger.get("/devices")] == [name]
    assert lodger.get("/devices/by-user/lodger-good") == lodger.get("/devices")
    assert lodger.get("/readings")[0]["serial_number"] == name
    lodger.ask("PUT", f"/devices/serial/{name}", 403, json={"name": "mine"})
    lodger.ask("DELETE", f"/devices/{device_id}", 403)
    lodger.ask("POST", f"/devices/{device_id}/assign", 403, json={"username": "admin"})


def test_bad_requests_are_named(server: RunningServer, admin: OlderPage) -> None:
    name = serial("SN")
    claimed(server, admin, reading(name, datetime.now(UTC), 1.0))
    assert admin.get(f"/readings/{name}/stats?mode=day", 400) == {"error": "Missing start date"}
    assert admin.get(f"/readings/{name}/stats?mode=decade&start=2025-01-01", 400) == {"error": "Invalid mode"}
    for start in ("yesterday", "2025-13-01", "9999-12-31", "0001-01-01"):
        assert admin.get(f"/readings/{name}/stats?mode=day&start={start}", 400)["error"]
    assert admin.ask("POST", "/devices", 400, json={"device_id": "1"})["error"]
    assert admin.ask("POST", "/devices", 400, json={"serial_number": "a b/c"})["error"]
    assert admin.ask("POST", "/devices", 400, json=["SN"])["error"]
    assert admin.ask("POST", "/devices", 400, content=b"{")["error"]
    assert admin.get("/devices/none", 404)["error"]
    assert admin.ask("POST", f"/readings/{name}", 405, json={})["error"]
    assert admin.get(f"/devices/serial/{name}/readings?limit=-5") == admin.get(f"/devices/serial/{name}/readings")
    wrong = httpx.post(f"{admin.base}/login", json={"username": "admin", "password": "not it"})
    assert (wrong.status_code, set(wrong.json())) == (401, {"error"})
    assert httpx.post(f"{admin.base}/login", data={"username": "admin"}).status_code == 415


def test_registration_is_shut_by_default(server: RunningServer) -> None:
    answer = httpx.post(
        f"{server.url}/api/register", json={"username": "new", "email": "a@b.c", "password": "long enough 1"}
    )
    assert answer.status_code == 403
    assert set(answer.json()) == {"error"}


def test_registration_makes_a_viewer_when_an_admin_allows_it(start_server: Any) -> None:
    server = start_server(env={"OHMSTEAD_METER_REGISTRATION": "1"}, mqtt=False)
    url = f"{server.url}/api/register"
    person = {"username": "lodger", "email": "lodger@home.example", "password": PASSWORD}
    made = httpx.post(url, json=person)
    assert made.status_code == 201
    assert made.json()["user_id"]
    assert httpx.post(url, json=person).status_code == 409
    assert httpx.post(url, json=person | {"username": "other", "password": "short"}).status_code == 400
    page = OlderPage(server, "lodger", PASSWORD)
    assert page.get("/me")["user"]["role"] == "viewer"
    assert page.get("/devices") == []


def test_a_shut_door_is_not_there(start_server: Any) -> None:
    server = start_server(env={"OHMSTEAD_DOORS_OFF": "001,003"})
    for path in ("/api/devices", "/api/login", "/api/usage", "/api/stats"):
        assert httpx.get(server.url + path).status_code == 404
    assert httpx.post(f"{server.url}/api/data", json={"power": 1}).status_code == 404

    async def publish() -> None:
        client = MqttClient(server.host, server.mqtt_port)
        await client.connect("ESP8266Client-1", "", "")
        await client.publish("meter/1/data", reading("SN-shut", datetime.now(UTC), 1.0))
        client.disconnect()

    asyncio.run(publish())
    assert server.devices() == []


def test_a_door_that_is_opened_to_a_network_shows_its_own_devices_only(start_server: Any) -> None:
    server = start_server(env={"OHMSTEAD_OPEN_DOORS": "003=127.0.0.0/8:viewer"})
    admin = OlderPage(server)
    claimed(server, admin, reading("SN-open", datetime.now(UTC), 1.0))
    native = server.add_device("native-1")
    native.send({"v": {"power": 5}})
    url = f"{server.url}/api"
    assert [d["serial_number"] for d in httpx.get(f"{url}/devices").json()] == ["SN-open"]
    assert httpx.get(f"{url}/readings/SN-open").status_code == 200
    assert httpx.get(f"{url}/readings/native-1").status_code == 404
    assert httpx.get(f"{url}/devices", headers={"X-Forwarded-For": "127.0.0.1"}).status_code == 401
    assert httpx.get(f"{url}/devices", headers={"Origin": "http://evil.example"}).status_code == 403
    assert httpx.put(f"{url}/devices/serial/SN-open", json={"name": "x"}).status_code == 403
    assert httpx.get(f"{url}/v1/devices").status_code == 401
    assert httpx.get(f"{url}/usage").status_code == 401

    async def follow() -> list[str]:
        async with connect(f"ws://{server.host}:{server.http_port}/") as socket:
            await asyncio.to_thread(native.send, {"v": {"power": 6}})
            await asyncio.to_thread(claimed, server, admin, reading("SN-later", datetime.now(UTC), 1.0))
            await asyncio.to_thread(send, server, reading("SN-later", datetime.now(UTC) + timedelta(seconds=5), 1.1))
            return [json.loads(await asyncio.wait_for(socket.recv(), 10))["data"]["serial_number"]]

    assert asyncio.run(follow()) == ["SN-later"]


def test_the_token_is_valid_for_a_day(server: RunningServer) -> None:
    page = OlderPage(server)
    sessions = server.admin.get("/auth/sessions").json()
    newest = max(sessions, key=lambda s: s["created_at"])
    assert newest["expires_at"] - newest["created_at"] == 86_400_000
    assert newest["expires_at"] > time.time() * 1000
    page.ask("POST", "/auth/logout")


def test_an_older_page_that_is_served_elsewhere_may_ask_when_its_origin_is_named(start_server: Any) -> None:
    server = start_server(env={"OHMSTEAD_LEGACY_ORIGINS": "http://old.example:3001"}, mqtt=False)
    wanted = {"Access-Control-Request-Method": "GET", "Access-Control-Request-Headers": "authorization"}

    def allowed(origin: str) -> str | None:
        preflight = httpx.options(f"{server.url}/api/devices", headers={"Origin": origin, **wanted})
        return preflight.headers.get("access-control-allow-origin")

    assert allowed("http://old.example:3001") == "http://old.example:3001"
    assert allowed("http://evil.example") is None
    page = OlderPage(server)
    answer = httpx.get(f"{page.base}/devices", headers={**page.headers, "Origin": "http://old.example:3001"})
    assert answer.status_code == 200
    assert answer.headers["access-control-allow-origin"] == "http://old.example:3001"
    assert "access-control-allow-credentials" not in answer.headers
    own = httpx.options(f"{server.url}/api/v1/devices", headers={"Origin": "http://old.example:3001", **wanted})
    assert "access-control-allow-origin" not in own.headers
