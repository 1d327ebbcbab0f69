"""Rules, alerts and notifications in a real browser: written as a sentence, seen at once, told to somebody."""

import re
import time
from collections.abc import Iterator
from typing import Any, Final

import pytest
from browser_pages import DESKTOP, PHONE, OpenPage, axe_violations, log_in
from playwright.sync_api import expect

from system.running_server import ADMIN_PASSWORD, AddedDevice, RunningServer
from system.waiting import until

BIG_PHONE: Final = {"width": 390, "height": 844}
MINUTE_MS: Final = 60_000
DAY_MS: Final = 1440 * MINUTE_MS
# A preview of a week and an alert after its samples take a moment on a slow computer.
PATIENCE_MS: Final = 30_000


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    with RunningServer(tmp_path_factory.mktemp("alerts") / "data") as running:
        yield running


def make(server: RunningServer, path: str, body: dict[str, Any]) -> dict[str, Any]:
    answer = server.admin.post(path, json=body)
    assert answer.status_code == 201, answer.text
    made: dict[str, Any] = answer.json()
    return made


def a_kettle(server: RunningServer, serial: str, name: str) -> AddedDevice:
    """It boiled for seven minutes on each of the last three days, and has been off for the last hour."""
    device = server.add_device(serial, name)
    now = int(time.time() * 1000)
    samples = [
        {
            "t": now - day * DAY_MS + minute * MINUTE_MS,
            "v": {"power": 2400.0 if 5 <= minute < 12 else 1.5 + minute / 10},
        }
        for day in (3, 2, 1)
        for minute in range(20)
    ]
    samples += [{"t": now - minute * MINUTE_MS, "v": {"power": 1.0 + minute / 50}} for minute in range(59, 29, -1)]
    device.send({"channels": [{"key": "power", "quantity": "power", "unit": "W", "decimals": 0}], "samples": samples})
    return device


def it_boils(device: AddedDevice) -> None:
    """For the ten minutes that ended just now; told at once, so that nobody waits."""
    device.send({"samples": [{"age_ms": age, "v": {"power": 2300.0}} for age in range(600_000, 0, -30_000)]})


def channel_of(server: RunningServer, serial: str) -> str:
    found: str = server.device(serial)["channels"][0]["id"]
    return found


def test_a_rule_for_a_kettle_is_written_previewed_fires_and_is_handled(
    server: RunningServer, signed_in: OpenPage
) -> None:
    kettle = a_kettle(server, "kettle-1", "Kettle")
    page = signed_in(server, "/rules")
    expect(page.get_by_role("list", name="There from the start").get_by_role("listitem")).to_have_count(3)
    page.get_by_role("link", name="Add rule").click()
    expect(page.get_by_role("button", name="Save rule")).to_be_disabled()
    page.get_by_label("Channel", exact=True).select_option("Kettle: Power")
    page.get_by_role("textbox", name="Limit").fill("2")
    page.get_by_label("Unit of: Limit").select_option("kW")
    page.get_by_role("textbox", name="For at least").fill("5")
    page.get_by_text("Critical", exact=True).click()
    expect(page.get_by_text("When Kettle power is above 2 kW for 5 minutes: raise an alert (critical)")).to_be_visible()
    expect(page.get_by_text("It would have fired 3 times in the last 7 days.")).to_be_visible(timeout=PATIENCE_MS)
    times = page.get_by_role("list", name="When it would have been true").get_by_role("listitem")
    expect(times).to_have_count(3)
    expect(times.first).to_contain_text("Kettle power 2.400 kW")
    expect(page.get_by_text(re.compile(r"^Would have been true"))).to_have_count(3)
    page.get_by_role("textbox", name="For at least").fill("10")
    expect(page.get_by_text("It would not have fired in the last 7 days.")).to_be_visible(timeout=PATIENCE_MS)
    page.get_by_role("textbox", name="For at least").fill("5")
    page.get_by_role("button", name="Save rule").click()
    row = page.get_by_role("listitem").filter(has=page.get_by_role("link", name="Change Kettle power above 2 kW"))
    expect(row).to_contain_text("has never fired")
    bell = page.get_by_role("link", name=re.compile(r"^Alerts \("))
    expect(bell).to_have_accessible_name("Alerts (none open)")

    it_boils(kettle)
    expect(bell).to_have_accessible_name("Alerts (1 open, the gravest: critical)", timeout=PATIENCE_MS)
    expect(row).to_contain_text("fired once")
    bell.click()
    alert = page.get_by_role("list", name="Open alerts").get_by_role("listitem")
    expect(alert).to_have_count(1)
    expect(alert).to_contain_text("Kettle power is above 2 kW for 5 minutes: 2.3 kW")
    alert.get_by_role("button", name="Acknowledge").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Note").fill("boiling for tea")
    dialog.get_by_role("button", name="Acknowledge").click()
    expect(dialog).to_be_hidden()
    expect(alert).to_contain_text("Acknowledged by you: boiling for tea")
    alert.get_by_role("button", name="Snooze").click()
    dialog.get_by_role("button", name="For 1 hour").click()
    expect(alert).to_contain_text("Snoozed until")
    page.get_by_role("button", name="Undo").click()
    expect(alert).to_contain_text("Acknowledged by you")

    page.goto(f"/devices/{kettle.id}")
    listed = page.get_by_role("list", name="Alerts in this span").get_by_role("link")
    expect(listed).to_have_text("Kettle power is above 2 kW for 5 minutes: 2.3 kW")
    mark = page.get_by_role("button", name=re.compile("^Kettle power is above 2 kW.*still open"))
    mark.focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1, name="Kettle power above 2 kW")).to_be_visible()
    steps = page.get_by_role("list", name="What happened").get_by_role("listitem")
    expect(steps).to_have_count(4)
    expect(steps.nth(1)).to_contain_text("Acknowledged by admin: boiling for tea")
    expect(steps.nth(3)).to_contain_text("The snooze was ended by admin")

    kettle.send({"v": {"power": 1.0}})
    expect(steps.last).to_contain_text("Cleared by itself", timeout=PATIENCE_MS)
    expect(bell).to_have_accessible_name("Alerts (none open)")
    page.get_by_role("link", name="Alerts", exact=True).click()
    expect(page.get_by_text("All quiet")).to_be_visible()
    expect(page.get_by_text("Three rules watch by default")).to_be_visible()
    past = page.get_by_role("list", name="Alerts that are over").get_by_role("listitem")
    expect(past).to_have_count(1)
    page.get_by_label("Severity").select_option("Info")
    expect(page.get_by_text("No alert fits the filter")).to_be_visible()


def test_a_rule_is_turned_off_deleted_and_comes_back(server: RunningServer, signed_in: OpenPage) -> None:
    a_kettle(server, "kettle-2", "Second kettle")
    limit = {"kind": "threshold", "above": 9000}
    make(
        server, "/rules", {"name": "Fuse", "condition": limit, "scope": {"channel_id": channel_of(server, "kettle-2")}}
    )
    page = signed_in(server, "/rules", size=BIG_PHONE)
    switch = page.get_by_role("switch", name="Fuse watches")
    expect(switch).to_be_checked()
    switch.press("Space")
    expect(switch).not_to_be_checked()
    page.get_by_role("button", name="Delete Fuse").click()
    expect(switch).to_be_hidden()
    page.get_by_role("button", name="Undo").click()
    expect(switch).not_to_be_checked()
    server.admin.delete(f"/devices/{server.device('kettle-2')['id']}")
    page.reload()
    fuse = page.get_by_role("listitem").filter(has=switch)
    expect(fuse).to_contain_text(re.compile("it watches nothing now: its channel is gone", re.IGNORECASE))


def test_what_the_server_refuses_is_said_at_the_field(
    server: RunningServer, signed_in: OpenPage, complaints: Any
) -> None:
    complaints.expected.append("/rules/preview")
    a_kettle(server, "kettle-3", "Third kettle")
    page = signed_in(server, "/rules/new", size=BIG_PHONE)
    page.get_by_label("Channel", exact=True).select_option("Third kettle: Power")
    page.get_by_label("Is", exact=True).select_option("outside")
    page.get_by_role("textbox", name="Lowest").fill("500")
    page.get_by_role("textbox", name="Highest").fill("100")
    lowest = page.get_by_role("textbox", name="Lowest")
    expect(lowest).to_have_accessible_description(re.compile("below must be less than above"))
    assert axe_violations(page) == []
    lowest.fill("20")
    expect(page.get_by_text(re.compile("power is above 100 W or below 20 W"))).to_be_visible()


def test_a_place_for_messages_is_added_tested_and_signed(
    server: RunningServer, signed_in: OpenPage, complaints: Any
) -> None:
    complaints.expected.append("/test")  # the answer to a test that does not arrive is a 502
    page = signed_in(server, "/notifications", size=BIG_PHONE)
    expect(page.get_by_text("Nobody is told of alerts yet")).to_be_visible()
    page.get_by_role("button", name="Add a place").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_role("button", name="Webhook").click()
    dialog.get_by_label("Name").fill("Cellar bell")
    dialog.get_by_role("textbox", name="Address (http or https)").fill("http://127.0.0.1:9/ring")
    assert axe_violations(page) == []
    dialog.get_by_role("button", name="Add", exact=True).click()
    secret = dialog.get_by_label("signature secret", exact=True)
    expect(secret).to_have_text(re.compile("^[0-9a-f]{64}$"))
    dialog.get_by_role("button", name="Done").click()
    row = page.get_by_role("list", name="Messages go to").get_by_role("listitem")
    expect(row).to_contain_text("http://127.0.0.1:9")
    page.get_by_role("button", name="Send a test to Cellar bell").click()
    expect(row).to_contain_text("The test message did not arrive: 127.0.0.1 port 9")
    page.get_by_role("button", name="Change Cellar bell").click()
    expect(dialog.get_by_role("textbox", name="Address (http or https)")).to_have_value("")  # it is never shown again
    dialog.get_by_label("Wants to hear of").select_option("critical alerts only")
    dialog.get_by_role("button", name="Save").click()
    expect(row).to_contain_text("only critical")
    (kept,) = server.admin.get("/notification-targets").json()
    assert (kept["min_severity"], sorted(kept["secrets_set"])) == ("critical", ["secret", "url"])
    page.get_by_role("button", name="Delete Cellar bell").click()
    dialog.get_by_role("button", name="Delete").click()
    expect(page.get_by_text("Nobody is told of alerts yet")).to_be_visible()


def test_a_viewer_sees_the_alerts_of_their_devices_and_handles_none(
    server: RunningServer, open_page: OpenPage, signed_in: OpenPage
) -> None:
    mine, other = a_kettle(server, "kettle-5", "Flat five"), a_kettle(server, "kettle-6", "Flat six")
    for serial in ("kettle-5", "kettle-6"):
        limit = {"kind": "threshold", "above": 2000}
        make(
            server, "/rules", {"name": serial, "condition": limit, "scope": {"channel_id": channel_of(server, serial)}}
        )
    user = make(server, "/users", {"username": "vera", "password": ADMIN_PASSWORD, "role": "viewer"})
    assert server.admin.post(f"/devices/{mine.id}/assign", json={"user_id": user["id"]}).status_code < 300
    page = open_page(server, "/login")
    log_in(page, "vera")
    bell = page.get_by_role("link", name=re.compile(r"^Alerts \("))
    expect(bell).to_have_accessible_name("Alerts (none open)")
    for kettle in (other, mine):
        it_boils(kettle)
    expect(bell).to_have_accessible_name("Alerts (1 open, the gravest: warning)", timeout=PATIENCE_MS)
    bell.click()
    alerts = page.get_by_role("list", name="Open alerts").get_by_role("listitem")
    expect(alerts).to_have_count(1)
    expect(alerts).to_contain_text("Flat five")
    expect(page.get_by_role("button", name=re.compile("^Acknowledge"))).to_have_count(0)
    expect(page.get_by_role("navigation", name="Alerts").get_by_role("link")).to_have_text(["Inbox", "Rules"])
    for closed in ("/notifications", "/notifications/sent", "/rules/new"):
        page.goto(closed)
        expect(page.get_by_role("heading", level=1, name="Overview")).to_be_visible()
    for kettle in (other, mine):
        kettle.send({"v": {"power": 1.0}})


@pytest.fixture(scope="module")
def eventful(server: RunningServer) -> str:
    """Id of an alert; of everything that these pages show there is something."""
    kettle = a_kettle(server, "kettle-9", "Busy kettle")
    channel = channel_of(server, "kettle-9")
    hook = {"url": "http://127.0.0.1:9/x"}
    target = make(server, "/notification-targets", {"name": "Deaf", "kind": "webhook", "config": hook})
    limit = {"kind": "threshold", "above": 2000, "for_s": 300}
    rule = {"name": "Busy", "condition": limit, "scope": {"channel_id": channel}, "targets": [target["id"]]}
    made = make(server, "/rules", rule | {"quiet": {"start": "03:00", "end": "03:01"}, "escalation": {"after_s": 3600}})
    parts = [{"channel_id": channel, "condition": {"kind": "threshold", "above": 9e9}}]
    make(server, "/rules", {"name": "Both", "severity": "info", "condition": {"kind": "all", "parts": parts}})
    it_boils(kettle)
    found = until(
        lambda: server.admin.get("/alerts", params={"rule": made["id"]}).json()["items"], "no alert was raised"
    )
    alert: str = found[0]["id"]
    return alert


LOOKS: Final = [(size, scheme) for size in (DESKTOP, PHONE) for scheme in ("light", "dark")]


@pytest.mark.parametrize(("size", "scheme"), LOOKS, ids=[f"{size['width']}px-{scheme}" for size, scheme in LOOKS])
def test_alert_pages_are_for_everyone(
    server: RunningServer, eventful: str, signed_in: OpenPage, size: dict[str, int], scheme: str
) -> None:
    rules = {rule["name"]: rule["id"] for rule in server.admin.get("/rules").json()}
    page = signed_in(server, size=size, scheme=scheme)
    pages = ["/alerts", f"/alerts/{eventful}", "/rules", f"/rules/{rules['Busy']}", f"/rules/{rules['Both']}"]
    for path in [*pages, "/notifications", "/notifications/sent", f"/devices/{server.device('kettle-9')['id']}"]:
        page.goto(path)
        expect(page.get_by_role("heading", level=2).first).to_be_visible()
        page.wait_for_load_state("networkidle")
        assert axe_violations(page) == []
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), f"{path} is wider than the screen"
    page.goto("/alerts")
    card = page.get_by_role("list", name="Open alerts").get_by_role("listitem").filter(has_text="Busy kettle")
    card.get_by_role("button", name="Snooze").click()
    expect(page.get_by_role("dialog")).to_be_visible()
    assert axe_violations(page) == []
