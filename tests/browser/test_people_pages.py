"""Who may come in and what they see; the credentials of machines; energy in the calendar; settings of a device."""

import re
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from browser_pages import DESKTOP, PHONE, OpenPage, axe_violations
from playwright.sync_api import expect

from system.running_server import AddedDevice, RunningServer

PASSWORD = "a long enough one"


def assert_sound(page: Any) -> None:
    assert axe_violations(page) == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), f"{page.url} is wider than the screen"


@pytest.fixture(scope="module")
def flat(server: RunningServer) -> AddedDevice:
    """A meter that has counted one kilowatt for three days up to now, with a hole in the middle."""
    added = server.add_device("flat-2", "Flat 2")
    now = datetime.now(UTC).replace(minute=0, second=0, microsecond=0)
    samples = [
        {"t": int((now - timedelta(hours=h)).timestamp() * 1000), "v": {"energy": 500_000 - 1_000 * h}}
        for h in range(72, -1, -1)
        if not 50 < h < 60
    ]
    assert added.send({"samples": samples}).json()["rejected"] == []
    return added


def test_who_is_invited_sees_what_was_shared_and_nothing_else(
    server: RunningServer, flat: AddedDevice, signed_in: OpenPage, open_page: OpenPage
) -> None:
    server.add_device("secret-1", "Owner's own")
    admin = signed_in(server, "/people")
    expect(admin.get_by_text("Nobody is invited at the moment")).to_be_visible()
    admin.get_by_role("button", name="Invite by link").click()
    dialog = admin.get_by_role("dialog")
    dialog.get_by_label("For whom").fill("Second floor")
    dialog.get_by_label("Flat 2").check()
    assert_sound(admin)
    dialog.get_by_role("button", name="Make the link").click()
    link = dialog.get_by_label("invitation link", exact=True).inner_text()
    assert link.startswith(f"{server.url}/join#ohi_")
    dialog.get_by_role("button", name="Done").click()
    expect(admin.get_by_role("list", name="Open invitations")).to_contain_text("Second floor")

    guest = open_page(server, link.removeprefix(server.url), size=PHONE)
    guest.get_by_label("User name").fill("bela")
    guest.get_by_label("Password", exact=True).fill(PASSWORD)
    expect(guest).to_have_url(f"{server.url}/join")  # the token has left the address bar
    assert_sound(guest)
    guest.get_by_role("button", name="Join").click()
    expect(guest.get_by_role("link", name="Flat 2")).to_be_visible()
    expect(guest.get_by_role("link", name="Owner's own")).to_be_hidden()
    expect(guest.get_by_role("button", name="Manage")).to_be_hidden()

    guest.get_by_role("link", name="Flat 2").click()
    tabs = guest.get_by_role("navigation", name="This device")
    expect(tabs.get_by_role("link")).to_have_text(["Overview", "Energy", "Control", "Health", "Log", "Updates"])
    for closed in ("/people", "/tokens", "/audit", f"/devices/{flat.id}/settings"):
        guest.goto(closed)
        expect(guest.get_by_role("heading", level=1, name="Overview")).to_be_visible()

    admin.reload()
    expect(admin.get_by_label("Role of bela")).to_have_value("viewer")
    expect(admin.get_by_text("Nobody is invited at the moment")).to_be_visible()


def test_a_link_without_its_token_says_so(server: RunningServer, open_page: OpenPage) -> None:
    page = open_page(server, "/join")
    expect(page.get_by_text("The invitation is missing from the address")).to_be_visible()
    assert_sound(page)


def test_a_withdrawn_link_lets_nobody_in(
    server: RunningServer, signed_in: OpenPage, open_page: OpenPage, complaints: Any
) -> None:
    complaints.expected.append("/invitations/accept")
    admin = signed_in(server, "/people")
    admin.get_by_role("button", name="Invite by link").click()
    dialog = admin.get_by_role("dialog")
    dialog.get_by_label("For whom").fill("Mistake")
    dialog.get_by_role("button", name="Make the link").click()
    link = dialog.get_by_label("invitation link", exact=True).inner_text()
    dialog.get_by_role("button", name="Done").click()
    admin.get_by_role("button", name="Withdraw Mistake").click()
    admin.get_by_role("dialog").get_by_role("button", name="Withdraw").click()
    expect(admin.get_by_role("button", name="Withdraw Mistake")).to_be_hidden()

    guest = open_page(server, link.removeprefix(server.url))
    guest.get_by_label("User name").fill("late")
    guest.get_by_label("Password", exact=True).fill(PASSWORD)
    guest.get_by_role("button", name="Join").click()
    expect(guest.get_by_role("alert")).to_contain_text("This invitation is not valid")


def test_the_last_admin_stays_and_roles_come_back_by_undo(
    server: RunningServer, signed_in: OpenPage, complaints: Any
) -> None:
    complaints.expected.append("/api/v1/users/")
    page = signed_in(server, "/people")
    page.get_by_role("button", name="Add with a password").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("User name").fill("oscar")
    dialog.get_by_label("Password", exact=True).fill(PASSWORD)
    dialog.get_by_label("Role").select_option("operator")
    assert_sound(page)
    dialog.get_by_role("button", name="Add user").click()
    role = page.get_by_label("Role of oscar")
    expect(role).to_have_value("operator")
    role.select_option("viewer")
    page.get_by_role("button", name="Undo").last.click()
    expect(role).to_have_value("operator")

    page.get_by_label("Role of admin").select_option("viewer")
    dialog = page.get_by_role("dialog")
    dialog.get_by_role("button", name="Become viewer").click()
    expect(dialog.get_by_role("alert")).to_contain_text("last admin")
    dialog.get_by_role("button", name="Cancel").click()
    page.get_by_role("button", name="Delete oscar").click()
    page.get_by_role("dialog").get_by_role("button", name="Delete user").click()
    expect(role).to_be_hidden()


def test_a_token_is_made_for_a_purpose_and_revoked(server: RunningServer, signed_in: OpenPage) -> None:
    page = signed_in(server, "/tokens")
    page.get_by_role("button", name="Create token").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Name").fill("Grafana")
    dialog.get_by_role("button", name="Create token").click()
    expect(dialog.get_by_text("Choose at least one thing")).to_be_visible()
    dialog.get_by_label("Read", exact=True).check()
    dialog.get_by_label("MQTT", exact=True).check()
    dialog.get_by_label("Topic filters").fill("home/#/lamp")
    dialog.get_by_role("button", name="Create token").click()
    expect(dialog.get_by_text("is not a topic filter")).to_be_visible()
    assert_sound(page)
    dialog.get_by_label("Topic filters").fill("home/#")
    dialog.get_by_role("button", name="Create token").click()
    secret = dialog.get_by_label(re.compile("^token .Grafana.$")).inner_text()
    assert server.client(secret).get("/devices").status_code == 200
    dialog.get_by_role("button", name="Done").click()
    expect(page.get_by_role("list", name="Tokens in use")).to_contain_text("home/#")
    page.get_by_role("button", name="Revoke Grafana").click()
    page.get_by_role("dialog").get_by_role("button", name="Revoke token").click()
    expect(page.get_by_role("button", name="Revoke Grafana")).to_be_hidden()
    assert server.client(secret).get("/devices").status_code == 401


def test_energy_is_looked_into_from_years_to_hours_and_back(
    server: RunningServer, flat: AddedDevice, signed_in: OpenPage
) -> None:
    page = signed_in(server, f"/devices/{flat.id}/energy?by=year")
    year = str(datetime.now(UTC).year)
    page.get_by_role("group", name="Energy per year, All years").get_by_role("button", name=year).click()
    expect(page.get_by_role("heading", level=2, name="Energy per month")).to_be_visible()
    bars = page.get_by_role("group", name=re.compile("^Energy per month")).get_by_role("button")
    bars.last.focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=2, name="Energy per day")).to_be_visible()
    days = page.get_by_role("group", name=re.compile("^Energy per day")).get_by_role("button")
    days.first.focus()
    page.keyboard.press("End")
    expect(days.last).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=2, name="Energy per hour")).to_be_visible()
    page.get_by_role("button", name="Earlier").click()
    expect(page.locator("dd").first).to_have_text(re.compile(r"^2[345]\.00 kWh$"))
    page.get_by_role("button", name="Show as a table").click()
    table = page.get_by_role("table")
    expect(table.get_by_role("row").nth(5)).to_contain_text("1.00 kWh")
    hours = page.get_by_role("group", name=re.compile("^Energy per hour")).get_by_role("button")
    assert hours.count() in (23, 24, 25)
    hours.first.focus()
    page.keyboard.press("Escape")
    expect(page.get_by_role("heading", level=2, name="Energy per day")).to_be_visible()
    page.go_back()
    expect(page.get_by_role("heading", level=2, name="Energy per hour")).to_be_visible()


def test_a_channel_is_renamed_and_shown_in_the_unit_somebody_chose(server: RunningServer, signed_in: OpenPage) -> None:
    added = server.add_device("attic-7", "Attic sensor")
    added.send({"v": {"temperature": 20.0}})
    page = signed_in(server, f"/devices/{added.id}/settings")
    page.get_by_role("button", name="Edit Temperature").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Label").fill("Under the roof")
    dialog.get_by_label("Shown in").select_option("°F")
    assert_sound(page)
    dialog.get_by_role("button", name="Save").click()
    page.get_by_role("navigation", name="This device").get_by_role("link", name="Overview").click()
    expect(page.get_by_role("term").first).to_have_text("Under the roof")
    expect(page.locator("dd").first).to_have_text("68.0 °F")


@pytest.mark.parametrize("size", [DESKTOP, PHONE], ids=["desktop", "phone"])
def test_what_somebody_did_is_in_the_audit_log(
    server: RunningServer, signed_in: OpenPage, size: dict[str, int]
) -> None:
    server.add_device(f"noted-{size['width']}", "Noted")
    page = signed_in(server, "/audit", size=size)
    page.get_by_label("Filter").fill(f"noted-{size['width']} added")
    expect(page.get_by_role("list", name="Changes").get_by_role("listitem")).to_have_count(1)
    expect(page.get_by_role("status").first).to_contain_text("1 change found")
    page.get_by_label("Filter").fill("nothing of the kind")
    expect(page.get_by_text("No change fits the filter")).to_be_visible()
    assert_sound(page)


def test_a_session_elsewhere_is_ended(server: RunningServer, signed_in: OpenPage) -> None:
    phone = signed_in(server, "/account", size=PHONE)
    page = signed_in(server, "/account")
    sessions = page.get_by_role("list", name="Sessions").get_by_role("listitem")
    expect(sessions.nth(1)).to_be_visible()
    before = sessions.count()
    page.get_by_role("button", name=re.compile("^End Chrome")).first.click()  # newest first: the phone's
    expect(sessions).to_have_count(before - 1)
    expect(phone.get_by_role("heading", name="Log in")).to_be_visible()


def test_unknown_json_becomes_a_device(server: RunningServer, signed_in: OpenPage) -> None:
    page = signed_in(server, "/mapping")
    message = {"ENERGY": {"Power": 1834, "Total": 812.345}, "Uptime": 12}
    httpx.post(f"{server.url}/tele/boiler/SENSOR", json=message)
    page.get_by_role("button", name="Map /tele/boiler/SENSOR").click()
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_text("This message comes from “boiler”.")).to_be_visible()
    expect(dialog.get_by_label("Uptime: 12")).not_to_be_checked()
    dialog.get_by_label("Name of ENERGY › Total").fill("energy")
    assert_sound(page)
    dialog.get_by_role("button", name="Save mapping").click()
    expect(page.get_by_role("list", name="Mappings")).to_contain_text("energy in kWh")
    httpx.post(f"{server.url}/tele/boiler/SENSOR", json=message).raise_for_status()
    boiler = server.device("boiler")
    assert {c["key"]: c["last"]["value"] for c in boiler["channels"]} == {"power": 1834, "energy": 812_345}
    page.get_by_role("button", name="Delete /tele/+/SENSOR").click()
    page.get_by_role("dialog").get_by_role("button", name="Delete mapping").click()
    expect(page.get_by_text("There is no mapping yet")).to_be_visible()


def test_a_table_is_brought_in(server: RunningServer, signed_in: OpenPage) -> None:
    rows = "".join(f"2026-03-01 {hour:02}:00;{100 + hour},5;x\n" for hour in range(24))
    table = f"time;Power [W];remark\n{rows}broken;1;x\n"
    page = signed_in(server, "/import")
    page.get_by_label("File").set_input_files({"name": "house.csv", "mimeType": "text/csv", "buffer": table.encode()})
    expect(page.get_by_role("table")).to_contain_text("101,5")
    expect(page.get_by_role("button", name="Start import")).to_be_disabled()
    page.get_by_role("combobox", name="Serial of the device").fill("house-7")
    assert_sound(page)
    page.get_by_role("button", name="Start import").click()
    job = page.get_by_role("list", name="Imports").get_by_role("listitem").filter(has_text="house.csv")
    expect(job).to_contain_text("Done: 24 values")
    expect(job).to_contain_text("Left out: 1 row: the time cannot be read (lines 26)")
    key = server.device("house-7")["channels"][0]["key"]
    assert [value for _, value in server.stored("house-7", key)] == [100.5 + hour for hour in range(24)]
    assert_sound(page)
