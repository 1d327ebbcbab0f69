"""Updates over real sockets: a fleet whose release is bad, a server that is killed, and the two older systems."""

import asyncio
import contextlib
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any

import pytest

from builders import serial
from bundles import bundle, public
from esp_images import esp_image
from ohmstead.commands.firmware_releases import form_with
from ohmstead.simulation.home_control import AfterUpdate, HomeDevice
from ohmstead.simulation.meter_updating import UpdatingMeter
from ohmstead.simulation.updating import Fault, UpdatingDevice
from ohmstead.simulation.updating_link import UpdatingOverHttp
from system.running_server import RunningServer
from system.starting import StartServer

FAST = {"OHMSTEAD_HOME_CONTROL_INTERVAL_S": "1", "OHMSTEAD_HOME_CONTROL_TIMEOUT_S": "0.4"}
QUICK = {"healthy_s": 1, "return_s": 20, "sensors": False}
IMAGE = esp_image(content=bytes(range(256)) * 400)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    with RunningServer(tmp_path_factory.mktemp("updates") / "data", env=FAST) as running:
        trust(running)
        yield running


@pytest.fixture
async def tasks() -> AsyncIterator[list[asyncio.Task[Any]]]:
    """What is put in is ended with the test."""
    running: list[asyncio.Task[Any]] = []
    yield running
    for task in running:
        task.cancel()
    await asyncio.gather(*running, return_exceptions=True)


def trust(server: RunningServer) -> None:
    answer = server.admin.post("/release-keys", json={"name": "ours", "n": public().hexadecimal})
    assert answer.status_code == 201, answer.text


def upload(server: RunningServer, field: str, name: str, content: bytes, **fields: str) -> Any:
    body, kind = form_with(fields, field, name, content)
    answer = server.admin.post("/releases", content=body, headers={"content-type": kind})
    assert answer.status_code == 201, answer.text
    return answer.json()


def start(server: RunningServer, release: Any, devices: Any, **terms: Any) -> Any:
    body = {"release_id": release["id"], "devices": devices, **QUICK, **terms}
    answer = server.admin.post("/rollouts", json=body)
    assert answer.status_code == 201, answer.text
    return answer.json()


def rollout(server: RunningServer, started: Any) -> Any:
    return server.admin.get(f"/rollouts/{started['id']}").json()


async def until(look: Callable[[], Any], good: Callable[[Any], bool], within_s: float = 30.0) -> Any:
    """What `look` gives once it is good; asked beside the loop in which the devices live."""
    deadline = time.monotonic() + within_s
    while not good(found := await asyncio.to_thread(look)):
        assert time.monotonic() < deadline, found
        await asyncio.sleep(0.1)
    return found


def over(found: Any) -> bool:
    still = ("planned", "offered", "downloading", "verifying", "restarting", "proving")
    return found["state"] in ("stopped", "done") and not any(i["state"] in still for i in found["installations"])


async def a_fleet(
    server: RunningServer, tasks: list[asyncio.Task[Any]], count: int, is_bad: Callable[[int], bool] = lambda n: False
) -> dict[str, UpdatingDevice]:
    """Devices by id, running, all on 1.0.0."""

    def add() -> list[tuple[str, str, str]]:
        made = []
        for _ in range(count):
            name = serial("U")
            body = server.admin.post("/devices", json={"serial": name}).json()
            made.append((body["device"]["id"], name, body["token"]))
        return made

    fleet = {}
    for n, (device_id, name, token) in enumerate(await asyncio.to_thread(add)):
        device = UpdatingDevice("esp32", "1.0.0", [public()], fault=Fault(unhealthy=is_bad(n)))
        fleet[device_id] = device
        tasks.append(asyncio.create_task(UpdatingOverHttp(server.url, name, token, device).run()))

    def all_said_hello() -> Any:
        groups = server.admin.get("/fleet").json()["items"]
        return {d for g in groups if g["version"] == "1.0.0" for d in g["device_ids"]}

    await until(all_said_hello, lambda known: fleet.keys() <= known)
    return fleet


async def test_a_bad_release_stops_by_itself_in_its_first_wave(
    server: RunningServer, tasks: list[asyncio.Task[Any]]
) -> None:
    fleet = await a_fleet(server, tasks, 200, is_bad=lambda n: n % 5 == 0)
    release = upload(server, "bundle", "b.tar", bundle("1.1.0"))
    started = start(server, release, list(fleet))
    found = await until(lambda: rollout(server, started), over)
    assert (found["state"], found["wave"], found["sizes"]) == ("stopped", 0, [10, 40, 150])
    assert found["reason"].startswith("wave 1: ")
    states = Counter(one["state"] for one in found["installations"])
    assert states["failed"] >= 1
    assert states["cancelled"] >= 190
    (why,) = found["failures"]
    assert (why["reason"], why["count"]) == ("health", states["failed"])
    groups = (await asyncio.to_thread(server.admin.get, "/fleet")).json()["items"]
    runs = {device: group["version"] for group in groups for device in group["device_ids"]}
    assert {runs[device] for device in why["device_ids"]} == {"1.0.0"}
    assert all(device.firmware == "1.0.0" for device in fleet.values() if device.fault.unhealthy)
    assert sum(device.firmware == "1.1.0" for device in fleet.values()) <= 8
    events = server.admin.get(f"/rollouts/{found['id']}/installations/{why['device_ids'][0]}").json()
    assert (events[0]["state"], events[-1]["state"]) == ("offered", "failed")


async def test_a_server_killed_in_mid_rollout_goes_on_where_it_was(
    start_server: StartServer, tasks: list[asyncio.Task[Any]]
) -> None:
    server = start_server(env={"OHMSTEAD_UPDATE_RATE_BYTES": "60000"})
    trust(server)
    fleet = await a_fleet(server, tasks, 12)
    release = upload(server, "bundle", "b.tar", bundle("1.1.0", files={"main.mpy": b"m" * 12_000}))
    started = start(server, release, list(fleet), waves=[0.5, 1.0])

    def some_confirmed() -> Any:
        return Counter(one["state"] for one in rollout(server, started)["installations"])

    await until(some_confirmed, lambda states: states["downloading"] + states["proving"] + states["confirmed"] >= 2)
    await asyncio.to_thread(server.kill)
    await asyncio.to_thread(server.start)
    found = await until(lambda: rollout(server, started), over)
    states = {one["state"] for one in found["installations"]}
    assert (found["state"], states) == ("done", {"confirmed"}), found["failures"]
    assert {device.firmware for device in fleet.values()} == {"1.1.0"}


# System 004


async def a_home(server: RunningServer) -> tuple[HomeDevice, str]:
    device = await HomeDevice().start()
    body = {"serial": serial("home"), "dialect": "home-control", "address": f"127.0.0.1:{device.port}"}
    shown = (await asyncio.to_thread(server.admin.post, "/devices", json=body)).json()["device"]
    await until(lambda: server.device(shown["serial"]), lambda found: bool(found["online"]))
    return device, shown["id"]


async def leave(server: RunningServer, device: HomeDevice, device_id: str) -> None:
    await device.stop()
    await asyncio.to_thread(server.admin.delete, f"/devices/{device_id}")


@pytest.fixture(scope="module")
def image(server: RunningServer) -> Any:
    return upload(server, "image", "firmware.bin", IMAGE, board="m5core2,esp32", version="2.1")


@pytest.mark.parametrize(
    ("after", "state", "reason"),
    [
        (AfterUpdate.ANSWERS, "confirmed", None),
        (AfterUpdate.RESETS, "confirmed", None),
        (AfterUpdate.REFUSES, "failed", "it answered 500: Update Failed: Wrong Magic Byte"),
        (AfterUpdate.STAYS_AWAY, "failed", "it never came back"),
    ],
    ids=lambda value: value.name.lower() if isinstance(value, AfterUpdate) else "",
)
async def test_a_device_of_system_004_is_sent_its_image_and_asked_whether_it_is_back(
    server: RunningServer, image: Any, after: AfterUpdate, state: str, reason: str | None
) -> None:
    device, device_id = await a_home(server)
    device.after_update = after
    started = await asyncio.to_thread(start, server, image, [device_id], return_s=4)
    found = await until(lambda: rollout(server, started), over)
    (one,) = found["installations"]
    assert (one["state"], one["reason"]) == (state, reason)
    if after is not AfterUpdate.REFUSES:
        assert device.flash == {"firmware.bin": IMAGE}
    await leave(server, device, device_id)


async def test_an_upload_that_breaks_off_is_begun_again(server: RunningServer, image: Any) -> None:
    device, device_id = await a_home(server)
    device.cut_after = 30_000
    started = await asyncio.to_thread(start, server, image, [device_id])
    found = await until(lambda: rollout(server, started), over)
    assert found["installations"][0]["state"] == "confirmed"
    assert device.requests.count("/django_update_firmware") == 2
    await leave(server, device, device_id)


async def test_the_page_of_system_004_uploads_and_sends_only_for_who_is_logged_in(server: RunningServer) -> None:
    device, device_id = await a_home(server)
    body, kind = form_with({}, "firmware", "firmware.bin", esp_image(content=b"newer" * 50))
    headers = {"content-type": kind}

    def post(path: str, **more: Any) -> Any:
        return server.client().post(f"{server.url}{path}", **more)

    def posted(path: str, **more: Any) -> Any:
        return server.admin.post(f"{server.url}{path}", timeout=60, **more)

    for path in ("/update/upload_firmware/", "/update/upload_to_esp32/"):
        assert (await asyncio.to_thread(post, path, content=body, headers=headers)).status_code == 401
    odd, odd_kind = form_with({}, "firmware", "picture.png", b"PNG")
    refused = await asyncio.to_thread(
        posted, "/update/upload_firmware/", content=odd, headers={"content-type": odd_kind}
    )
    assert (refused.status_code, refused.json()["status"]) == (400, "error")
    kept = await asyncio.to_thread(posted, "/update/upload_firmware/", content=body, headers=headers)
    assert (kept.status_code, kept.json()["status"]) == (200, "uploaded_to_django")
    sent = await asyncio.to_thread(posted, "/update/upload_to_esp32/")
    assert (sent.status_code, sent.json()["status"]) == (200, "success"), sent.text
    assert device.flash["firmware.bin"] == esp_image(content=b"newer" * 50)
    await leave(server, device, device_id)


# System 003


async def a_meter(server: RunningServer, tasks: list[asyncio.Task[Any]], **options: bool) -> tuple[UpdatingMeter, str]:
    meter = UpdatingMeter(serial("SN"), serial("m"), "1.0", **options)
    tasks.append(asyncio.create_task(meter.run(server.host, server.mqtt_port)))

    def claimed() -> Any:
        with contextlib.suppress(StopIteration, KeyError, AssertionError):
            found = server.device(meter.serial)
            server.admin.post(f"/devices/{found['id']}/claim")
            return found
        return None

    found = await until(claimed, lambda one: one is not None)
    return meter, found["id"]


@pytest.mark.parametrize(
    ("options", "state", "reason"),
    [
        ({}, "confirmed", None),
        ({"talks": False}, "confirmed", None),
        ({"takes": False}, "failed", "Wrong Magic Byte"),
        ({"returns": False}, "failed", "it never came back"),
    ],
    ids=["talks", "older and silent", "cannot flash", "never back"],
)
async def test_a_meter_of_system_003_fetches_its_image_by_a_signed_address(
    server: RunningServer, tasks: list[asyncio.Task[Any]], options: dict[str, bool], state: str, reason: str | None
) -> None:
    content = esp_image(content=serial("x").encode() * 9)
    image = await asyncio.to_thread(upload, server, "image", "firmware.bin", content, board="esp32", version="2.0")
    meter, device_id = await a_meter(server, tasks, **options)
    started = await asyncio.to_thread(start, server, image, [device_id], return_s=8)
    found = await until(lambda: rollout(server, started), over)
    (one,) = found["installations"]
    assert (one["state"], one["reason"]) == (state, reason)
    assert len(meter.notices) == 1
    if state == "confirmed":
        assert meter.flash == content
        # The address has served: it is over with the installation.
        again = await asyncio.to_thread(server.client().get, meter.notices[0]["OTAurl"])
        assert again.status_code == 410


async def test_a_meter_that_asks_is_told_of_what_waits_for_it(server: RunningServer) -> None:
    meter = UpdatingMeter(serial("SN"), serial("m"), "1.0")
    running = [asyncio.create_task(meter.run(server.host, server.mqtt_port))]

    def claimed() -> Any:
        with contextlib.suppress(StopIteration, KeyError, AssertionError):
            found = server.device(meter.serial)
            return found if server.admin.post(f"/devices/{found['id']}/claim").status_code == 200 else None
        return None

    found = await until(claimed, lambda one: one is not None)
    running[0].cancel()
    await asyncio.gather(*running, return_exceptions=True)
    image = await asyncio.to_thread(
        upload, server, "image", "firmware.bin", esp_image(content=b"asked for" * 9), board="esp32", version="3.0"
    )
    await asyncio.to_thread(start, server, image, [found["id"]])

    def check(running_version: str) -> Any:
        query = {"deviceId": meter.serial, "currentVersion": running_version}
        return server.client().get(f"{server.url}/api/firmware/check", params=query).json()

    told = await until(lambda: check("1.0"), lambda answer: "firmwareUrl" in answer)
    assert told["version"] == "3.0"
    assert (await asyncio.to_thread(server.client().get, told["firmwareUrl"])).content == esp_image(
        content=b"asked for" * 9
    )
    assert "message" in await asyncio.to_thread(check, "3.0")
