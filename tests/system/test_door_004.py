"""System 004 as it is: its devices byte for byte, its page's requests, and what must not be possible."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any
from urllib.parse import quote

import httpx
import pytest

from builders import serial
from contract.test_2_people_and_machines import PASSWORD, person
from ohmstead.simulation.home_control import Generation, HomeDevice
from system.running_server import ADMIN_PASSWORD, RunningServer
from system.test_control_outputs import a_room, an_output, seen, switch

FAST = {"OHMSTEAD_HOME_CONTROL_INTERVAL_S": "1", "OHMSTEAD_HOME_CONTROL_TIMEOUT_S": "0.4"}


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    with RunningServer(tmp_path_factory.mktemp("home") / "data", env=FAST) as running:
        yield running


@pytest.fixture
async def start_device() -> AsyncIterator[Callable[..., Any]]:
    started: list[HomeDevice] = []

    async def start(generation: Generation = Generation.HEAD) -> HomeDevice:
        device = await HomeDevice(generation).start()
        started.append(device)
        return device

    yield start
    for device in started:
        await device.stop()


async def holds(condition: Callable[[], Any], within_s: float = 30.0) -> Any:
    """What the condition gives, once it is true; asked beside the loop in which the devices live."""
    deadline = time.monotonic() + within_s
    while not (found := await asyncio.to_thread(condition)):
        assert time.monotonic() < deadline, "it did not come to be"
        await asyncio.sleep(0.02)
    return found


def post_device(server: RunningServer, port: int, **fields: Any) -> httpx.Response:
    body = {"serial": serial("home"), "dialect": "home-control", "address": f"127.0.0.1:{port}"} | fields
    return server.admin.post("/devices", json=body)


async def added(server: RunningServer, device: HomeDevice) -> dict[str, Any]:
    answer = await asyncio.to_thread(post_device, server, device.port)
    assert answer.status_code == 201, answer.text
    assert answer.json()["token"] is None
    found: dict[str, Any] = answer.json()["device"]
    await holds(lambda: server.device(found["serial"])["online"])
    return found


async def a_light(server: RunningServer, device: dict[str, Any], room: str, name: str = "Pendant Lights") -> Any:
    def make() -> Any:
        body = {"name": name, "room_id": a_room(server, room), "device_id": device["id"]}
        answer = server.admin.post("/outputs", json=body)
        assert answer.status_code == 201, answer.text
        return answer.json()

    return await asyncio.to_thread(make)


class TestDevices:
    @pytest.mark.parametrize("generation", list(Generation))
    async def test_each_generation_is_added_shown_online_and_switched(
        self, server: RunningServer, start_device: Any, generation: Generation
    ) -> None:
        device = await start_device(generation)
        shown = await added(server, device)
        assert shown["dialect"] == "home-control"
        assert device.requests[:2] == ["/", "/?check_interval=1"]
        room = serial("Living Room & Co ")
        light = await a_light(server, shown, room)
        for state in ("on", "off"):
            await asyncio.to_thread(switch, server, light, state)
            await holds(lambda: seen(server, light)["confirmed"])
            assert device.lights == {(room, "Pendant Lights"): state}
        asked = next(target for target in device.requests if target.startswith("/control_led"))
        assert asked == f"/control_led?room={quote(room)}&light=Pendant%20Lights&action=on"

    async def test_the_unanswered_first_question_of_a_restarted_device_is_no_outage(
        self, server: RunningServer, start_device: Any
    ) -> None:
        device = await start_device()
        shown = await added(server, device)
        room = serial("Hall")
        light = await a_light(server, shown, room)
        await asyncio.to_thread(switch, server, light, "on")
        await holds(lambda: device.lights)
        await device.stop()
        await device.start()  # it knows nothing any more: not its server, not its lights
        assert device.lights == {}
        await holds(lambda: device.lights == {(room, "Pendant Lights"): "on"})
        assert server.device(shown["serial"])["online"]

    async def test_two_silent_rounds_are_offline_and_what_was_wished_then_comes_later(
        self, server: RunningServer, start_device: Any
    ) -> None:
        device = await start_device(Generation.PP4)
        shown = await added(server, device)
        light = await a_light(server, shown, serial("Hall"))
        device.mute = True
        await holds(lambda: not server.device(shown["serial"])["online"])
        switched = await asyncio.to_thread(switch, server, light, "on")
        assert (switched["desired"], switched["confirmed"], switched["online"]) == ("on", False, False)
        device.mute = False
        await holds(lambda: seen(server, light)["confirmed"])
        assert server.device(shown["serial"])["online"]

    async def test_the_server_restarts_and_goes_on(self, server: RunningServer, start_device: Any) -> None:
        device = await start_device()
        shown = await added(server, device)
        light = await a_light(server, shown, serial("Hall"))
        await asyncio.to_thread(switch, server, light, "on")
        await holds(lambda: seen(server, light)["confirmed"])
        await asyncio.to_thread(server.kill)
        await asyncio.to_thread(server.start)
        await holds(lambda: server.device(shown["serial"])["online"])
        assert (seen(server, light)["desired"], seen(server, light)["reported"]) == ("on", "on")
        await asyncio.to_thread(switch, server, light, "off")
        await holds(lambda: set(device.lights.values()) == {"off"})

    async def test_dead_ones_delay_nobody(self, server: RunningServer, start_device: Any) -> None:
        dead = [await start_device() for _ in range(10)]
        for one in dead:
            one.mute = True
            await asyncio.to_thread(post_device, server, one.port)
        device = await start_device(Generation.PP4)
        shown = await added(server, device)
        light = await a_light(server, shown, serial("Hall"))
        began = time.monotonic()
        await asyncio.to_thread(switch, server, light, "on")
        await holds(lambda: device.lights)
        assert time.monotonic() - began < 1.0  # each of the dead costs several time-outs of its own
        for one in dead:
            await one.stop()


class TestNoForgery:
    @pytest.mark.parametrize(
        "address",
        ["8.8.8.8", "8.8.8.8:80", "[2001:4860:4860::8888]", "http://127.0.0.1", "127.0.0.1/admin", "user@127.0.0.1",
         "127.0.0.1:0", "no-such-host.invalid", "", "0177.0.0.1", "2130706433", "127.1"],
    )  # fmt: skip
    def test_only_addresses_on_allowed_networks_are_taken(self, server: RunningServer, address: str) -> None:
        answer = post_device(server, 1, address=address)
        assert answer.status_code == 422, answer.text
        assert "address" in answer.json()["detail"]

    def test_an_address_belongs_to_that_system_only(self, server: RunningServer) -> None:
        answer = server.admin.post("/devices", json={"serial": serial(), "address": "127.0.0.1"})
        assert answer.status_code == 422
        native = server.add_device(serial())
        assert server.admin.patch(f"/devices/{native.id}/address", json={"address": "127.0.0.1"}).status_code == 422
        assert person(server, "viewer").post("/devices", json={"serial": serial()}).status_code == 403

    async def test_redirects_garbage_and_ten_megabytes_are_no_answers(self, server: RunningServer) -> None:
        visited: list[str] = []
        answers = [
            b"HTTP/1.1 302 Found\r\nLocation: /secret\r\n\r\n",
            b"\x00\x01garbage",
            b"HTTP/1.1 200 OK\r\nX: " + b"y" * 10_000_000,
        ]

        async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            try:
                visited.append((await reader.readuntil(b"\r\n\r\n")).split()[1].decode())
                writer.write(answers[len(visited) % len(answers)])
                await writer.drain()
            except (ConnectionError, asyncio.IncompleteReadError):
                pass
            finally:
                writer.transport.abort()

        odd = await asyncio.start_server(serve, "127.0.0.1", 0)
        answer = await asyncio.to_thread(post_device, server, odd.sockets[0].getsockname()[1])
        await holds(lambda: len(visited) >= 9)
        shown = await asyncio.to_thread(server.device, answer.json()["device"]["serial"])
        assert not shown["online"]
        assert set(visited) == {"/", "/?check_interval=1"}
        await asyncio.to_thread(server.admin.post, f"/devices/{shown['id']}/unclaim")
        odd.close()
        await odd.wait_closed()

    async def test_a_device_that_is_not_claimed_is_not_asked(self, server: RunningServer, start_device: Any) -> None:
        device = await start_device()
        shown = await added(server, device)
        assert (await asyncio.to_thread(server.admin.post, f"/devices/{shown['id']}/unclaim")).status_code == 200
        await asyncio.sleep(0.2)
        before = len(device.requests)
        await asyncio.sleep(1.5)
        assert len(device.requests) == before

    async def test_its_variables_are_for_admins_and_in_no_log(self, server: RunningServer, start_device: Any) -> None:
        device = await start_device()
        shown = await added(server, device)
        path = f"/devices/{shown['id']}/variables"
        operator = person(server, "operator")
        assert (await asyncio.to_thread(operator.get, f"{path}/password")).status_code == 403
        answer = await asyncio.to_thread(server.admin.get, f"{path}/password")
        assert answer.json() == {"value": "hens and cows"}
        answer = await asyncio.to_thread(server.admin.put, f"{path}/password", json={"value": "s3cret & more"})
        assert answer.status_code == 200
        assert device.variables["password"] == "s3cret & more"
        assert (await asyncio.to_thread(server.admin.get, f"{path}/other")).status_code == 422
        audit = (await asyncio.to_thread(server.admin.get, "/audit", params={"limit": 20})).text
        assert "device.variable-set" in audit
        for secret in ("hens", "s3cret"):
            assert secret not in audit
            assert secret not in server.printed()


class TestWhatDevicesAsk:
    async def test_lights_are_those_of_whose_password_it_is(self, server: RunningServer, start_device: Any) -> None:
        device = await start_device(Generation.FIRST)
        shown = await added(server, device)
        room = serial("Kitchen")
        light = await a_light(server, shown, room)
        viewer = await asyncio.to_thread(person, server, "viewer")
        name = (await asyncio.to_thread(viewer.get, "/auth/me")).json()["user"]["username"]

        def lights(user: str, password: str) -> Any:
            return httpx.get(f"{server.url}/lights_status/", auth=(user, password))

        assert (await asyncio.to_thread(lights, name, PASSWORD)).json() == []
        user = {"user_id": viewer.headers["x-user"]}
        await asyncio.to_thread(server.admin.post, f"/devices/{shown['id']}/assign", json=user)
        mine = {"room": room, "light": "Pendant Lights", "state": "off"}
        assert (await asyncio.to_thread(lights, name, PASSWORD)).json() == [mine]
        await asyncio.to_thread(switch, server, light, "on")
        all_of_them = (await asyncio.to_thread(lights, "admin", ADMIN_PASSWORD)).json()
        assert mine | {"state": "on"} in all_of_them
        assert (await asyncio.to_thread(lights, name, "wrong")).status_code == 401
        status = await device.ask("127.0.0.1", server.http_port, "GET", "/lights_status/", name, PASSWORD)
        assert status == 200

    async def test_pings_and_serial_lines(self, server: RunningServer, start_device: Any) -> None:
        device = await start_device(Generation.PP4)
        shown = await added(server, device)
        port, at = server.http_port, "127.0.0.1"
        assert await device.ask(at, port, "GET", "/status_response_for_esp32/", "admin", ADMIN_PASSWORD) == 200
        assert await device.ask(at, port, "GET", "/status_response_for_esp32/", "admin", "guess") == 401
        assert await device.send_serial(at, port, "admin", ADMIN_PASSWORD, 'said "hello" \\ and went') == 200
        lines = (await asyncio.to_thread(server.admin.get, f"/devices/{shown['id']}/log")).json()
        assert [line["text"] for line in lines] == ['said "hello" \\ and went']
        assert await device.ask(at, port, "POST", "/esp/serial_data/", "admin", ADMIN_PASSWORD, "nonsense") == 400

    @pytest.mark.parametrize("path", ["/lights_status", "/status_response_for_esp32", "/esp/serial_data"])
    def test_slashes_are_exact_and_nothing_redirects(self, server: RunningServer, path: str) -> None:
        method = "POST" if "serial" in path else "GET"
        exact = httpx.request(method, f"{server.url}{path}/")
        assert (exact.status_code, exact.headers["www-authenticate"]) == (401, 'Basic realm="Ohmstead"')
        without = httpx.request(method, server.url + path)
        assert without.status_code in (404, 405, 415)  # no redirect, and no page: any 2xx would be "online"
        assert without.headers.get("www-authenticate") is None


class TestItsPage:
    async def test_the_page_toggles_and_hears_what_the_device_said(
        self, server: RunningServer, start_device: Any
    ) -> None:
        device = await start_device()
        shown = await added(server, device)
        room = serial("Bed Room")
        await a_light(server, shown, room, "Lamp")
        page = person(server, "operator")
        url = f"{server.url}/toggle-light/{quote(room)}/Lamp/"
        script = {"X-Requested-With": "XMLHttpRequest", "X-CSRFToken": "abc", "Origin": server.url}
        for state in ("on", "off"):
            answer = await asyncio.to_thread(page.post, url, headers=script)
            assert (answer.status_code, answer.json()) == (200, {"state": state, "esp_response": {"status": "success"}})
            assert device.lights == {(room, "Lamp"): state}
        status = await asyncio.to_thread(page.get, f"{server.url}/check_home_status/")
        assert status.json() == {"home_online_status": True}

        asked = await asyncio.to_thread(page.get, url)  # what a link on any page could do
        assert (asked.status_code, asked.headers["location"]) == (302, "/rooms/")
        assert device.lights == {(room, "Lamp"): "off"}
        foreign = await asyncio.to_thread(page.post, url, headers=script | {"Origin": "http://evil.example"})
        assert foreign.status_code == 403
        missing = await asyncio.to_thread(page.post, url.replace("Lamp", "Other"), headers=script)
        assert missing.status_code == 404
        stranger = server.client()
        assert (await asyncio.to_thread(stranger.post, url, headers=script)).status_code == 401

        device.mute = True
        answer = await asyncio.to_thread(page.post, url, headers=script)
        assert answer.json() == {"state": "on", "esp_response": "no answer within 0.4 s"}

    async def test_a_viewer_does_not_toggle(self, server: RunningServer, start_device: Any) -> None:
        device = await start_device()
        shown = await added(server, device)
        room = serial("Attic")
        await a_light(server, shown, room, "Lamp")
        viewer = await asyncio.to_thread(person, server, "viewer")
        user = {"user_id": viewer.headers["x-user"]}
        await asyncio.to_thread(server.admin.post, f"/devices/{shown['id']}/assign", json=user)
        script = {"X-Requested-With": "XMLHttpRequest"}
        answer = await asyncio.to_thread(viewer.post, f"{server.url}/toggle-light/{room}/Lamp/", headers=script)
        assert answer.status_code == 403
        assert device.lights == {}


def test_two_lights_of_one_name_are_in_two_rooms(server: RunningServer) -> None:
    made = post_device(server, 9).json()["device"]

    class Added:
        id = made["id"]

    for room in (a_room(server), a_room(server)):
        light = an_output(server, Added(), name="Lamp", room_id=room)  # type: ignore[arg-type]
    body = {"name": "Lamp", "room_id": room, "device_id": made["id"]}
    assert server.admin.post("/outputs", json=body).status_code == 409
    third = a_room(server)
    moved = an_output(server, Added(), name="Lamp", room_id=third)  # type: ignore[arg-type]
    answer = server.admin.patch(f"/outputs/{moved['id']}", json={"room_id": light["room_id"]})
    assert answer.status_code == 409, answer.text  # its device could not tell them apart
    assert seen(server, moved)["room_id"] == third


def test_guessing_is_throttled_and_so_this_comes_last(server: RunningServer) -> None:
    codes = [
        httpx.get(f"{server.url}/lights_status/", auth=("nobody-here", f"guess {n}")).status_code for n in range(12)
    ]
    assert codes[0] == 401
    assert codes[-1] == 429
