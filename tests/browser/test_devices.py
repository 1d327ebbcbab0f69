"""A meter that nobody announced: seen, claimed, watched; a device with a token; the way back after each step."""

import re
from typing import Any

import pytest
from browser_pages import PHONE, Complaints, OpenPage, old_meter_sends
from playwright.sync_api import expect

from system.running_server import RunningServer
from system.waiting import until


def drawn_pixels(page: Any) -> int:
    """How many pixels of the first chart carry the colour of its first line."""
    return int(
        page.evaluate(
            """() => {
              const canvas = document.querySelector('.uplot canvas');
              const {data} = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
              let found = 0;
              for (let i = 0; i < data.length; i += 4)
                if (data[i + 3] > 200 && data[i] === 0x0b && data[i + 1] === 0x6b && data[i + 2] === 0x5d) found += 1;
              return found;
            }"""
        )
    )


def test_a_meter_appears_is_claimed_and_draws_live(server: RunningServer, signed_in: OpenPage) -> None:
    page = signed_in(server)
    expect(page.get_by_text("Live", exact=True)).to_be_visible()
    old_meter_sends(server, 152.4)
    newcomers = page.get_by_role("region", name="1 new device")
    expect(newcomers).to_contain_text("152 mA")  # without a reload

    newcomers.get_by_label(re.compile("^Name for")).fill("Workbench")
    newcomers.get_by_role("button", name=re.compile("^Claim")).click()
    expect(newcomers).to_be_hidden()
    expect(page.get_by_role("status").last).to_contain_text("Workbench is now among your devices.")

    page.get_by_role("link", name="Workbench").click()
    expect(page.get_by_role("heading", level=1, name="Workbench")).to_be_visible()
    chart = page.get_by_role("application", name=re.compile("^Chart of Current, Last 15 minutes"))
    expect(chart.get_by_role("listitem")).to_contain_text("152 mA")
    for milliamperes in (300, 421):
        old_meter_sends(server, milliamperes)
        expect(page.locator("dd").first).to_contain_text(f"{milliamperes} mA")
    expect(chart.get_by_role("listitem")).to_contain_text("152 mA to 421 mA")
    assert drawn_pixels(page) > 0


def test_claim_and_refusal_can_be_taken_back(start_server: Any, signed_in: OpenPage) -> None:
    server = start_server()
    old_meter_sends(server, 152.4)
    page = signed_in(server)
    for verb in ("Refuse", "Claim"):
        button = page.get_by_role("region", name="1 new device").get_by_role("button", name=re.compile(f"^{verb}"))
        button.click()
        expect(button).to_be_hidden()
        page.get_by_role("button", name="Undo").last.click()
        expect(button).to_be_visible()


def test_an_added_device_gets_a_token_and_sends(server: RunningServer, signed_in: OpenPage) -> None:
    page = signed_in(server)
    page.get_by_role("button", name="Add device").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Serial").fill("roof-1")
    dialog.get_by_label("Name").fill("Roof")
    dialog.get_by_role("button", name="Add device").click()
    token = dialog.get_by_label("token of roof-1", exact=True).inner_text()
    assert token in dialog.get_by_label("curl line", exact=True).inner_text()
    dialog.get_by_role("button", name="Done").click()
    expect(page.get_by_text("never heard of")).to_be_visible()

    answer = server.client(token).post("/telemetry", json={"v": {"power": 1834.2, "energy": 812345.0}})
    assert answer.json()["accepted"] == 2
    card = page.get_by_role("listitem").filter(has=page.get_by_role("link", name="Roof"))
    expect(card).to_contain_text("1.834 kW")
    expect(card).to_contain_text("812.3")
    expect(card).to_contain_text("Online")


def test_a_device_is_renamed_and_deleted_and_comes_back_by_undo(server: RunningServer, signed_in: OpenPage) -> None:
    added = server.add_device("shed-9", "Shed")
    added.send({"v": {"temperature": 7.5}})
    page = signed_in(server, f"/devices/{added.id}/settings")
    page.get_by_role("textbox", name="Name", exact=True).fill("Garden shed")
    page.get_by_role("button", name="Rename").click()
    expect(page.get_by_role("heading", level=1, name="Garden shed")).to_be_visible()
    page.get_by_role("button", name="Delete device").click()
    page.get_by_role("dialog").get_by_role("button", name="Delete device and data").click()
    expect(page.get_by_role("heading", level=1, name="Overview")).to_be_visible()
    expect(page.get_by_role("link", name="Garden shed")).to_be_hidden()
    page.get_by_role("button", name="Undo").last.click()
    expect(page.get_by_role("link", name="Garden shed")).to_be_visible()


def test_groups_are_typed_chosen_and_found_in_who_runs_what(server: RunningServer, signed_in: OpenPage) -> None:
    first, second = server.add_device("pump-1", "Pump one"), server.add_device("pump-2", "Pump two")
    page = signed_in(server, f"/devices/{first.id}/settings")
    groups, save = page.get_by_role("combobox", name="Groups"), page.get_by_role("button", name="Save groups")
    expect(save).to_be_disabled()
    groups.fill("Boiler room")
    groups.press("Enter")
    groups.fill("Upper  floor")
    save.click()  # what was typed counts without Enter, too
    expect(save).to_be_disabled()  # already while it is being sent
    until(lambda: server.device("pump-1")["groups"] == ["Boiler room", "Upper floor"])

    page = signed_in(server, f"/devices/{second.id}/settings")
    page.get_by_role("combobox", name="Groups").click()
    page.get_by_role("option", name="Boiler room").click()
    page.get_by_role("button", name="Save groups").click()
    expect(page.get_by_role("button", name="Save groups")).to_be_disabled()
    until(lambda: server.device("pump-2")["groups"] == ["Boiler room"])

    page = signed_in(server, "/updates/fleet")
    page.get_by_label("Group", exact=True).select_option("Upper floor")
    members = page.get_by_role("list", name="Who runs what").get_by_role("listitem")
    expect(members).to_have_count(1)
    expect(members).to_contain_text("Pump one")
    page.get_by_label("Group", exact=True).select_option("Boiler room")
    expect(members).to_have_count(2)


def test_a_replaced_token_is_shown_once_and_works(server: RunningServer, signed_in: OpenPage) -> None:
    added = server.add_device("gate-3", "Gate")
    page = signed_in(server, f"/devices/{added.id}/settings")
    page.get_by_role("button", name="Replace token").click()
    page.get_by_role("dialog").get_by_role("button", name="Replace token").click()
    token = page.get_by_label("token of gate-3", exact=True).inner_text()
    assert token != added.token
    assert added.send({"v": {"power": 1}}).status_code == 401
    assert server.client(token).post("/telemetry", json={"v": {"power": 1}}).status_code == 200


def test_the_chart_obeys_mouse_and_keyboard(server: RunningServer, signed_in: OpenPage) -> None:
    added = server.add_device("attic-1", "Attic")
    added.send({"samples": [{"age_ms": age, "v": {"power": 200 + age / 1000}} for age in range(0, 600_000, 2_000)]})
    page = signed_in(server, f"/devices/{added.id}")
    chart = page.get_by_role("application")
    words = chart.get_attribute("aria-label")
    assert words is not None
    assert words.startswith("Chart of Power, Last 15 minutes, live")

    box = chart.locator(".u-over").bounding_box()
    assert box is not None
    assert drawn_pixels(page) > 200
    page.mouse.move(box["x"] + box["width"] * 0.6, box["y"] + 80)
    expect(chart.get_by_text(re.compile(r"^Power [\d.]+ W$"))).to_be_visible()  # the tooltip
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] * 0.8, box["y"] + 80, steps=4)
    page.mouse.up()
    expect(chart).not_to_have_attribute("aria-label", re.compile("live"))
    page.mouse.dblclick(box["x"] + box["width"] * 0.5, box["y"] + 80)
    expect(chart).to_have_attribute("aria-label", re.compile("Last 15 minutes, live"))

    chart.focus()
    page.keyboard.press("ArrowLeft")
    expect(chart).not_to_have_attribute("aria-label", re.compile("live"))
    page.keyboard.press("Escape")
    page.keyboard.press("ArrowDown")
    expect(chart).to_have_attribute("aria-label", re.compile("Last 30 min, live"))


def test_the_chart_obeys_fingers(server: RunningServer, signed_in: OpenPage) -> None:
    added = server.add_device("attic-2", "Attic by hand")
    added.send({"samples": [{"age_ms": age, "v": {"power": 200 + age / 1000}} for age in range(0, 600_000, 5_000)]})
    page = signed_in(server, f"/devices/{added.id}", size=PHONE, touch=True)
    chart = page.get_by_role("application")
    plot = chart.locator(".u-over")
    plot.scroll_into_view_if_needed()
    box = plot.bounding_box()
    assert box is not None
    y = box["y"] + 60
    hand = page.context.new_cdp_session(page)

    def fingers(kind: str, *shares: float) -> None:
        points = [{"x": box["x"] + box["width"] * share, "y": y, "id": n} for n, share in enumerate(shares)]
        hand.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})

    fingers("touchStart", 0.4, 0.6)
    fingers("touchMove", 0.2, 0.8)
    fingers("touchEnd")
    expect(chart).to_have_attribute("aria-label", re.compile("^Chart of Power, .* to "))  # a third of it, in the middle
    fingers("touchStart", 0.8)
    for share in (0.6, 0.4, 0.2, 0.01, -0.2, -0.4):
        fingers("touchMove", share)
    fingers("touchEnd")
    expect(chart).to_have_attribute("aria-label", re.compile("Last 5 min, live"))  # at the present it follows it


def test_a_lost_connection_is_said_and_mended(start_server: Any, signed_in: OpenPage, complaints: Complaints) -> None:
    server = start_server()
    page = signed_in(server)
    expect(page.get_by_text("Live", exact=True)).to_be_visible()
    complaints.expected.append("ERR_CONNECTION_REFUSED")
    server.kill()
    expect(page.get_by_text("Live values stopped at")).to_be_visible()
    server.start()
    added = server.add_device("later-1", "Later")
    added.send({"v": {"power": 42}})
    expect(page.get_by_text("Live values stopped at")).to_be_hidden()
    expect(page.get_by_role("link", name="Later")).to_be_visible()


@pytest.mark.parametrize("serial", ["no spaces please", "ünïcode"])
def test_a_bad_serial_is_not_sent(server: RunningServer, signed_in: OpenPage, serial: str) -> None:
    page = signed_in(server)
    page.get_by_role("button", name="Add device").click()
    field = page.get_by_role("dialog").get_by_label("Serial")
    field.fill(serial)
    page.get_by_role("dialog").get_by_role("button", name="Add device").click()
    assert field.evaluate("element => element.validity.patternMismatch")
