"""Switching in a real browser, with proof: rooms, schedules, limits, and what a device is told."""

import re
from collections.abc import Iterator
from typing import Any, Final

import pytest
from browser_pages import DESKTOP, PHONE, OpenPage, axe_violations, log_in
from devices_beside import Beside
from playwright.sync_api import expect

from ohmstead.simulation.relays import Load
from system.running_server import ADMIN_PASSWORD, AddedDevice, RunningServer

FAST: Final = {"OHMSTEAD_HOME_CONTROL_INTERVAL_S": "1", "OHMSTEAD_HOME_CONTROL_TIMEOUT_S": "0.4"}
BIG_PHONE: Final = {"width": 390, "height": 844}
# A home is asked once a second, and is offline after two questions without an answer.
HOME_MS: Final = 15_000


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    with RunningServer(tmp_path_factory.mktemp("control") / "data", env=FAST) as running:
        yield running


@pytest.fixture
def beside() -> Iterator[Beside]:
    beside = Beside()
    yield beside
    beside.close()


def make(server: RunningServer, path: str, body: dict[str, Any]) -> dict[str, Any]:
    answer = server.admin.post(path, json=body)
    assert answer.status_code == 201, answer.text
    made: dict[str, Any] = answer.json()
    return made


def an_output(server: RunningServer, room: str, device: AddedDevice, key: str, name: str) -> dict[str, Any]:
    rooms = {one["name"]: one["id"] for one in server.admin.get("/rooms").json()}
    room_id = rooms.get(room) or make(server, "/rooms", {"name": room})["id"]
    return make(server, "/outputs", {"name": name, "room_id": room_id, "device_id": device.id, "key": key})


def card(page: Any, name: str) -> Any:
    return page.get_by_role("listitem").filter(has=page.get_by_role("switch", name=name, exact=True))


def test_a_home_of_system_004_is_added_shown_online_switched_and_survives_its_restart(
    server: RunningServer, beside: Beside, signed_in: OpenPage
) -> None:
    home = beside.home()
    page = signed_in(server)
    page.get_by_role("button", name="Add device").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_text("Home panel", exact=True).click()
    dialog.get_by_role("textbox", name="Address").fill(f"127.0.0.1:{home.port}")
    dialog.get_by_label("Serial").fill("barn-1")
    dialog.get_by_label("Name").fill("Barn")
    dialog.get_by_role("button", name="Add device").click()
    expect(dialog).to_be_hidden()
    device = page.get_by_role("listitem").filter(has=page.get_by_role("link", name="Barn"))
    expect(device).to_contain_text("Online", timeout=HOME_MS)

    page.get_by_role("link", name="Rooms").click()
    page.get_by_label("Name of the room").fill("Cowshed")
    page.get_by_role("button", name="Make this room").click()
    page.get_by_role("button", name="Add a light or relay", exact=True).click()
    dialog.get_by_label("Device").select_option("Barn")
    dialog.get_by_label("Name of the light or relay").fill("Pendant Lights")
    dialog.get_by_role("button", name="Add", exact=True).click()
    lamp = page.get_by_role("switch", name="Pendant Lights")
    expect(lamp).not_to_be_checked()
    lamp.click()
    expect(lamp).to_be_checked()
    expect(card(page, "Pendant Lights")).to_contain_text("On, confirmed", timeout=HOME_MS)
    assert home.lights == {("Cowshed", "Pendant Lights"): "on"}

    beside.do(home.stop())
    expect(card(page, "Pendant Lights")).to_contain_text("Offline", timeout=HOME_MS)
    beside.do(home.start())
    assert home.lights == {}  # it has forgotten everything
    expect(card(page, "Pendant Lights")).to_contain_text("On, confirmed", timeout=HOME_MS)
    assert home.lights == {("Cowshed", "Pendant Lights"): "on"}

    page.goto(f"/devices/{server.device('barn-1')['id']}/control")
    page.get_by_role("button", name="Read: Name of the Wi-Fi").click()
    expect(page.get_by_label("Name of the Wi-Fi", exact=True)).to_have_value("barn")


def test_a_relay_is_switched_from_a_phone_and_every_step_is_seen(
    server: RunningServer, beside: Beside, signed_in: OpenPage
) -> None:
    device = server.add_device("relay-1", "Boiler room")
    link = beside.relay(server, device, Load("boiler", 1800.0))
    an_output(server, "Cellar", device, "boiler", "Boiler")
    page = signed_in(server, "/rooms", size=BIG_PHONE)
    boiler, shown = page.get_by_role("switch", name="Boiler"), card(page, "Boiler")
    expect(boiler).not_to_be_checked()
    box = boiler.bounding_box()
    assert box is not None
    assert box["height"] >= 44
    assert box["width"] >= 200

    page.get_by_role("button", name="Timer of Boiler").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("For how many minutes").fill("30")
    dialog.get_by_label("Why").fill("guests are coming")
    dialog.get_by_role("button", name="Switch on for 30 min").click()
    expect(boiler).to_be_checked()
    expect(shown).to_contain_text("On, confirmed by its power")
    expect(shown).to_contain_text("1.800 kW")
    expect(shown).to_contain_text(re.compile(r"(30|29) min left, then off"))
    expect(shown).to_contain_text("by you, just now: guests are coming")

    beside.call(link.cut)
    expect(shown).to_contain_text("Offline, was on")
    boiler.click()
    expect(boiler).not_to_be_checked()  # the wish is shown at once, and that it is only a wish
    expect(shown).to_contain_text("Offline: will be off once it is back")
    assert link.relay.states == {"boiler": "on"}
    page.goto(f"/devices/{device.id}/control")
    row = page.get_by_role("list", name="Desired and reported").get_by_role("listitem").filter(has_text="Boiler")
    expect(row).to_contain_text("desiredoff")
    expect(row).to_contain_text("reported (differs)on")
    page.goto("/rooms")

    beside.call(link.plug)
    expect(shown).to_contain_text("Off, confirmed by its power")
    assert link.relay.states == {"boiler": "off"}
    beside.call(lambda: link.relay.touch("boiler"))  # somebody presses its button
    expect(shown).to_contain_text("at the device")
    expect(boiler).to_be_checked()

    page.goto("/audit")
    entry = page.get_by_role("listitem").filter(has_text="guests are coming")
    expect(entry).to_contain_text("admin")
    expect(entry).to_contain_text("Boiler")


def test_a_switch_can_be_taken_back_and_a_dead_lamp_is_told(
    server: RunningServer, beside: Beside, signed_in: OpenPage
) -> None:
    device = server.add_device("relay-2", "Shed")
    link = beside.relay(server, device, Load("lamp", 20.0, dimmable=True))
    an_output(server, "Shed", device, "lamp", "Shed lamp")
    page = signed_in(server, "/rooms")
    lamp, shown = page.get_by_role("switch", name="Shed lamp"), card(page, "Shed lamp")
    lamp.click()
    expect(shown).to_contain_text("On, confirmed by its power")
    page.get_by_role("button", name="Undo").click()
    expect(shown).to_contain_text("Off, confirmed by its power")

    slider = page.get_by_role("slider", name="Brightness of Shed lamp")
    slider.focus()
    page.keyboard.press("End")
    expect(shown).to_contain_text("100 %, confirmed by its power")
    page.keyboard.press("ArrowLeft")
    expect(shown).to_contain_text("99 %, confirmed by its power")
    lamp.click()
    expect(shown).to_contain_text("Off, confirmed by its power")

    beside.call(lambda: link.relay.burnt.add("lamp"))
    lamp.click()
    expect(shown).to_contain_text("Not confirmed: its device says on, but no power is drawn")


def test_scenes_and_schedules_are_made_run_and_shown(
    server: RunningServer, beside: Beside, signed_in: OpenPage
) -> None:
    device = server.add_device("relay-3", "Porch box")
    beside.relay(server, device, Load("porch", 12.0))
    an_output(server, "Porch", device, "porch", "Porch light")
    page = signed_in(server, "/rooms")
    page.get_by_role("button", name="Add scene").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Name of the scene").fill("Arrival")
    dialog.get_by_role("radiogroup", name="Porch light").get_by_text("On", exact=True).click()
    dialog.get_by_role("button", name="Save scene").click()
    page.get_by_role("button", name="Arrival sets 1 output").click()
    expect(card(page, "Porch light")).to_contain_text("On, confirmed by its power")
    expect(card(page, "Porch light")).to_contain_text("scene Arrival")

    page.get_by_role("link", name="Schedules").click()
    page.get_by_role("button", name="Add schedule").click()
    dialog.get_by_label("Name", exact=True).fill("Before breakfast")
    dialog.get_by_label("Time", exact=True).fill("06:40")
    dialog.get_by_role("group", name="Weekdays").get_by_text("Sun", exact=True).click()  # not on Sundays
    dialog.get_by_text("Run a scene").click()
    dialog.get_by_role("button", name="Save schedule").click()
    week = page.get_by_role("button", name="06:40 Before breakfast: the scene Arrival")
    expect(week).to_have_count(6)
    row = page.get_by_role("listitem").filter(has=page.get_by_role("button", name="Turn off Before breakfast"))
    expect(row).to_contain_text("at 06:40, on Mon, Tue, Wed, Thu, Fri, Sat")
    expect(row).to_contain_text(re.compile(r"Next: .*06:40"))
    page.get_by_role("button", name="Turn off Before breakfast").click()
    expect(page.get_by_text("Turned off: it does not run.")).to_be_visible()
    expect(page.get_by_role("button", name=re.compile(r"^06:40 .*\(turned off\)$"))).to_have_count(6)
    page.get_by_role("button", name="Delete Before breakfast").click()
    expect(page.get_by_text("There is no schedule yet")).to_be_visible()
    expect(page.get_by_text("Before breakfast is deleted.")).to_be_visible()
    page.get_by_role("button", name="Undo").last.click()
    expect(page.get_by_role("button", name="Turn on Before breakfast")).to_be_visible()


def test_an_order_is_checked_sent_and_answered(server: RunningServer, beside: Beside, signed_in: OpenPage) -> None:
    device = server.add_device("relay-4", "Pump")
    link = beside.relay(server, device, Load("pump", 400.0))
    page = signed_in(server, f"/devices/{device.id}/control")
    page.get_by_label("Command").select_option("identify")
    send = page.get_by_role("button", name="Send identify")
    expect(send).to_be_disabled()
    page.get_by_label("seconds").fill("90")
    expect(page.get_by_text("seconds is at most 60.")).to_be_visible()
    page.get_by_label("seconds").fill("5")
    page.get_by_label("Why").fill("which one is it")
    send.click()
    order = page.get_by_role("list", name="Orders").get_by_role("listitem").filter(has_text="identify")
    expect(order).to_contain_text("done")
    expect(order).to_contain_text("by you, just now: which one is it")

    page.get_by_role("link", name="Health").click()
    expect(page.get_by_role("listitem").filter(has_text="Signal")).to_contain_text("Good")
    expect(page.get_by_text("power on", exact=True)).to_be_visible()
    page.get_by_role("link", name="Log", exact=True).click()
    expect(page.get_by_text("The device has said nothing yet")).to_be_visible()
    beside.do(link.log(1, "valve is stuck"))
    expect(page.get_by_role("log")).to_contain_text("valve is stuck")


def test_a_viewer_sees_and_switches_nothing(server: RunningServer, beside: Beside, open_page: OpenPage) -> None:
    device = server.add_device("relay-5", "Attic")
    beside.relay(server, device, Load("fan", 30.0))
    an_output(server, "Attic", device, "fan", "Fan")
    user = make(server, "/users", {"username": "vera", "password": ADMIN_PASSWORD, "role": "viewer"})
    assert server.admin.post(f"/devices/{device.id}/assign", json={"user_id": user["id"]}).status_code < 300
    page = open_page(server, "/login")
    log_in(page, "vera")
    page.get_by_role("link", name="Rooms").click()
    expect(page.get_by_role("region", name="Attic")).to_contain_text("Off, says its device")
    assert page.get_by_role("switch").count() == 0
    expect(page.get_by_text("Boiler")).to_be_hidden()
    assert axe_violations(page) == []


@pytest.fixture(scope="module")
def furnished(server: RunningServer) -> AddedDevice:
    """Something of everything that these pages show, and a device that is away."""
    device = server.add_device("relay-9", "Kitchen box")
    channels = [
        {"key": "kettle_power", "quantity": "power", "unit": "W"},
        {"key": "signal", "quantity": "signal", "unit": "dBm"},
        {"key": "uptime", "quantity": "duration", "unit": "s"},
    ]
    device.send({"channels": channels, "v": {"kettle_power": 0.0, "signal": -81, "uptime": 5_000}})
    kettle = an_output(server, "Kitchen", device, "kettle", "Kettle")
    server.admin.put(f"/outputs/{kettle['id']}", json={"state": "on", "reason": "tea"})
    server.admin.patch("/sites/1", json={"latitude": 47.5, "longitude": 19.0})
    setting = {"output_id": kettle["id"], "state": "on"}
    make(server, "/schedules", {"name": "Tea", "sun": "sunrise", "offset_min": 30, "setting": setting})
    make(server, "/load-limits", {"channel_id": server.channel("relay-9", "kettle_power")["id"], "limit_w": 3000})
    return device


PAGES: Final = (
    "/rooms",
    "/schedules",
    "/load-limits",
    "/devices/{id}/control",
    "/devices/{id}/health",
    "/devices/{id}/log",
)
LOOKS: Final = [(size, scheme) for size in (DESKTOP, PHONE) for scheme in ("light", "dark")]


@pytest.mark.parametrize(("size", "scheme"), LOOKS, ids=[f"{size['width']}px-{scheme}" for size, scheme in LOOKS])
def test_pages_of_control_are_for_everyone(
    server: RunningServer, furnished: AddedDevice, signed_in: OpenPage, size: dict[str, int], scheme: str
) -> None:
    page = signed_in(server, size=size, scheme=scheme)
    for path in PAGES:
        page.goto(path.format(id=furnished.id))
        expect(page.get_by_role("heading", level=2).first).to_be_visible()
        page.wait_for_load_state("networkidle")
        assert axe_violations(page) == []
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), f"{page.url} is too wide"
    if scheme == "light":
        for opener in (
            "Add room",
            "Settings of Kettle",
            "Timer of Kettle",
            "Add a light or relay to Kitchen",
            "Add scene",
        ):
            page.goto("/rooms")
            page.get_by_role("button", name=opener, exact=True).click()
            expect(page.get_by_role("dialog")).to_be_visible()
            page.wait_for_load_state("networkidle")
            assert axe_violations(page) == [], opener
        page.goto("/schedules")
        page.get_by_role("button", name="Change Tea").click()
        expect(page.get_by_role("dialog")).to_be_visible()
        assert axe_violations(page) == []
