"""Updates in a real browser: a release is rolled out and stops by itself, and older devices are sent theirs."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import pytest
from browser_pages import DESKTOP, PHONE, Complaints, OpenPage, axe_violations, log_in
from devices_beside import Beside
from playwright.sync_api import expect

from bundles import bundle, public
from esp_images import esp_image
from ohmstead.commands.firmware_releases import form_with
from ohmstead.simulation.home_control import AfterUpdate, HomeDevice
from ohmstead.simulation.meter_updating import UpdatingMeter
from ohmstead.simulation.updating import Fault, UpdatingDevice
from ohmstead.simulation.updating_link import UpdatingOverHttp
from system.running_server import ADMIN_PASSWORD, RunningServer
from system.waiting import until

FAST: Final = {"OHMSTEAD_HOME_CONTROL_INTERVAL_S": "1", "OHMSTEAD_HOME_CONTROL_TIMEOUT_S": "0.4"}
ROLLOUT_MS: Final = 40_000


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    with RunningServer(tmp_path_factory.mktemp("updates") / "data", env=FAST) as running:
        answer = running.admin.post("/release-keys", json={"name": "Workshop", "n": public().hexadecimal})
        assert answer.status_code == 201, answer.text
        yield running


@pytest.fixture
def beside() -> Iterator[Beside]:
    beside = Beside()
    yield beside
    beside.close()


def slug(name: str) -> str:
    return name.lower().replace(" ", "-")


def a_fleet(server: RunningServer, beside: Beside, names: list[str], bad: set[str], board: str = "esp32") -> list[str]:
    """Ids of running devices on 1.0.0; the `bad` ones do not get well with a new version."""
    ids = []
    for name in names:
        added = server.add_device(slug(name), name)
        device = UpdatingDevice(board, "1.0.0", [public()], fault=Fault(unhealthy=name in bad))
        beside.begin(UpdatingOverHttp(server.url, added.serial, added.token, device).run())
        ids.append(added.id)
    wanted = set(ids)
    until(lambda: wanted <= running(server, "1.0.0"), "the devices never said hello")
    return ids


def running(server: RunningServer, version: str) -> set[str]:
    groups = server.admin.get("/fleet").json()["items"]
    return {device for group in groups if group["version"] == version for device in group["device_ids"]}


def devices(server: RunningServer) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = server.admin.get("/devices").json()["items"]
    return found


def upload(server: RunningServer, field: str, name: str, content: bytes, **fields: str) -> dict[str, Any]:
    body, kind = form_with(fields, field, name, content)
    answer = server.admin.post("/releases", content=body, headers={"content-type": kind})
    assert answer.status_code == 201, answer.text
    made: dict[str, Any] = answer.json()
    return made


def a_home(server: RunningServer, beside: Beside, name: str) -> tuple[HomeDevice, str]:
    home = beside.home()
    body = {"serial": slug(name), "name": name, "dialect": "home-control", "address": f"127.0.0.1:{home.port}"}
    shown = server.admin.post("/devices", json=body).json()["device"]
    until(lambda: server.device(shown["serial"])["online"], "the home never answered")
    return home, shown["id"]


def test_a_bundle_is_brought_and_rolled_out_and_stops_by_itself_where_it_goes_wrong(
    server: RunningServer, beside: Beside, signed_in: OpenPage, complaints: Complaints, tmp_path: Path
) -> None:
    complaints.expected.append("422")  # the forged one
    names = [f"Node {n}" for n in range(1, 7)]
    ids = a_fleet(server, beside, names, bad={"Node 1", "Node 2"})
    good, forged = tmp_path / "ohmstead-1.1.0.tar", tmp_path / "forged.tar"
    good.write_bytes(bundle("1.1.0"))
    forged.write_bytes(bundle("1.2.0", signer="somebody else"))

    page = signed_in(server)
    page.get_by_role("button", name="Manage").click()
    page.get_by_role("link", name="Updates").click()
    page.get_by_label("Bundle or image").set_input_files(forged)
    complaint = page.get_by_role("alert")
    page.get_by_role("button", name="Add release").click()
    expect(complaint).to_contain_text("by none of the keys this server trusts")
    page.get_by_label("Bundle or image").set_input_files(good)
    page.get_by_label("Notes (optional)").fill("Quieter Wi-Fi")
    page.get_by_role("button", name="Add release").click()
    row = page.get_by_role("list", name="Releases").get_by_role("listitem").filter(has_text="1.1.0")
    expect(row).to_contain_text(f"signed by Workshop ({public().id})")
    expect(row).to_contain_text("Quieter Wi-Fi")

    page.get_by_role("link", name="Roll out 1.1.0").click()
    planned = page.get_by_role("list", name="Planned waves").get_by_role("listitem")
    expect(planned).to_have_count(3)
    page.get_by_label("Waves (percent of the devices)").fill("50, 100")
    expect(planned).to_have_count(2)
    expect(planned.first).to_contain_text("Wave 1: 3 devices")
    page.get_by_label("Watch each device for (minutes)").fill("0")
    page.get_by_role("button", name="Start rollout to 6 devices").click()

    expect(page.get_by_role("note")).to_contain_text(
        re.compile(r"It stopped by itself in the first wave: [12] of 3 devices failed"), timeout=ROLLOUT_MS
    )
    why = page.get_by_role("list", name="Reasons of failures")
    expect(why).to_contain_text(re.compile(r"[12] × health check failed: sensors did not answer"))
    waves = page.get_by_role("list", name="Waves").get_by_role("listitem")
    expect(waves.nth(1)).to_contain_text("3 left as they were")
    failed = page.get_by_role("list", name="Devices").get_by_role("listitem").filter(has_text="Failed").first
    expect(failed).to_contain_text("it is back on 1.0.0")
    failed.get_by_role("button").click()
    history = page.get_by_role("list", name="History")
    expect(history).to_contain_text("Offered")
    expect(history).to_contain_text("Failed")
    assert len(running(server, "1.0.0") & set(ids)) >= 4


def test_a_rollout_is_stopped_paused_and_rolled_back_by_a_click(
    server: RunningServer, beside: Beside, signed_in: OpenPage
) -> None:
    ids = a_fleet(server, beside, ["Pond 1", "Pond 2"], bad=set(), board="esp32c3")
    first = upload(server, "bundle", "a.tar", bundle("1.0.0", boards=("esp32c3",), files={"main.mpy": b"old"}))
    second = upload(server, "bundle", "b.tar", bundle("1.3.0", boards=("esp32c3",), files={"main.mpy": b"new"}))
    body = {"release_id": second["id"], "devices": ids, "waves": [0.5, 1], "healthy_s": 0, "sensors": False}
    started = server.admin.post("/rollouts", json={**body, "healthy_s": 3600}).json()
    page = signed_in(server, f"/updates/rollouts/{started['id']}")
    expect(page.get_by_text("On the new version, being watched").first).to_be_visible()
    page.get_by_role("button", name="Pause").click()
    expect(page.get_by_role("note")).to_contain_text("Paused by admin")
    page.get_by_role("button", name="Go on").click()
    expect(page.get_by_role("heading", name="Running, in the first wave")).to_be_visible()
    page.get_by_role("button", name="Stop", exact=True).click()
    page.get_by_role("button", name="Stop it now").click()
    expect(page.get_by_role("note")).to_contain_text("Stopped by admin, in the first wave")
    page.get_by_role("button", name="Roll back").click()
    page.get_by_role("button", name="Bring devices back").click()
    page.get_by_role("link", name=re.compile(r"^rollout \d+$")).click()
    expect(page.get_by_role("heading", level=1, name="Rollout of 1.0.0")).to_be_visible()
    until(lambda: set(ids) <= running(server, first["version"]), "they were never brought back")


@pytest.mark.parametrize(
    ("after", "words"),
    [
        (AfterUpdate.RESETS, "Updated"),
        (AfterUpdate.REFUSES, "It answered 500: Update Failed: Wrong Magic Byte"),
        (AfterUpdate.STAYS_AWAY, "It never came back"),
    ],
    ids=lambda value: value.name.lower() if isinstance(value, AfterUpdate) else "",
)
def test_a_device_of_system_004_is_updated_from_its_page(
    server: RunningServer, beside: Beside, signed_in: OpenPage, tmp_path: Path, after: AfterUpdate, words: str
) -> None:
    home, device_id = a_home(server, beside, f"Barn {after.value}")
    home.after_update = after
    content = esp_image(content=after.value.encode() * 900)
    image = tmp_path / "firmware.bin"
    image.write_bytes(content)
    page = signed_in(server, "/updates")
    page.get_by_label("Bundle or image").set_input_files(image)
    page.get_by_label("Boards").fill("m5core2, esp32")
    page.get_by_label("Version", exact=True).fill(f"2.{len(after.value)}")
    page.get_by_role("button", name="Add release").click()
    expect(page.get_by_role("list", name="Releases")).to_contain_text(f"2.{len(after.value)}")

    page.goto(f"/devices/{device_id}/updates")
    page.get_by_label("Watch it afterwards for (minutes)").fill("0")
    page.get_by_label("Back after a restart within (minutes)").fill("0.1")
    page.get_by_role("button", name=f"Update to 2.{len(after.value)}").click()
    history = page.get_by_role("list", name="Installations")
    expect(history).to_contain_text(words, timeout=ROLLOUT_MS)
    if after is AfterUpdate.RESETS:
        assert home.flash == {"firmware.bin": content}


def test_a_meter_of_system_003_is_updated_from_its_page(
    server: RunningServer, beside: Beside, signed_in: OpenPage
) -> None:
    content = esp_image(content=b"meter" * 300)
    upload(server, "image", "firmware.bin", content, board="esp32", version="3.1")
    meter = UpdatingMeter("SN77", "m77", "1.0")
    beside.begin(meter.run(server.host, server.mqtt_port))
    until(lambda: any(one["serial"] == "SN77" for one in devices(server)), "the meter was never heard of")
    device_id = next(one["id"] for one in devices(server) if one["serial"] == "SN77")
    server.admin.post(f"/devices/{device_id}/claim")
    page = signed_in(server, f"/devices/{device_id}/updates")
    page.get_by_label("Version", exact=True).select_option("3.1 (stable, firmware.bin)")
    page.get_by_label("Watch it afterwards for (minutes)").fill("0")
    page.get_by_role("button", name="Update to 3.1").click()
    expect(page.get_by_role("list", name="Installations")).to_contain_text("Updated", timeout=ROLLOUT_MS)
    assert meter.flash == content


def test_a_key_is_trusted_and_revoked_for_good(server: RunningServer, signed_in: OpenPage, tmp_path: Path) -> None:
    described = tmp_path / "ohmstead-signing.json"
    described.write_text(f'{{"keys": [{{"id": "{public("spare").id}", "n": "{public("spare").hexadecimal}"}}]}}')
    page = signed_in(server, "/updates/keys")
    page.get_by_role("button", name="Trust a key").click()
    page.get_by_label("Public key").set_input_files(described)
    page.get_by_label("Name of the key").fill("Spare")
    page.get_by_role("button", name="Trust this key").click()
    row = page.get_by_role("listitem").filter(has_text="Spare")
    expect(row).to_contain_text(public("spare").id)
    made = upload(server, "bundle", "s.tar", bundle("4.0.0", files={"main.mpy": b"spare"}, signer="spare"))
    page.get_by_role("button", name="Revoke Spare").click()
    expect(page.get_by_role("dialog")).to_contain_text("A revoked key never comes back")
    page.get_by_role("button", name="Revoke key for good").click()
    expect(row).to_contain_text("nothing it signed is given to any device")
    page.get_by_role("link", name="Releases").click()
    release = page.get_by_role("listitem").filter(has_text="4.0.0")
    expect(release).to_contain_text("Key revoked")
    assert page.get_by_role("link", name="Roll out 4.0.0").count() == 0
    assert server.admin.get(f"/releases/{made['id']}").json()["unusable"]


def test_a_viewer_sees_the_history_of_a_device_and_nothing_to_press(server: RunningServer, open_page: OpenPage) -> None:
    device = server.add_device("u-shown", "Shown")
    user = server.admin.post("/users", json={"username": "vera", "password": ADMIN_PASSWORD, "role": "viewer"}).json()
    assert server.admin.post(f"/devices/{device.id}/assign", json={"user_id": user["id"]}).status_code < 300
    page = open_page(server, "/login")
    log_in(page, "vera")
    page.get_by_role("heading", level=1, name="Overview").wait_for()
    page.goto(f"/devices/{device.id}/updates")
    expect(page.get_by_text("Nothing has been installed from here yet")).to_be_visible()
    assert page.get_by_role("heading", name="Update this device").count() == 0
    page.goto("/updates")
    expect(page.get_by_role("heading", level=1, name="Overview")).to_be_visible()


INSECURE: Final = "Object.defineProperty(window, 'isSecureContext', {value: false})"
NO_SERIAL: Final = "delete Navigator.prototype.serial"
# A port that another program holds, as Chromium says it.
BUSY_PORT: Final = """Object.defineProperty(Navigator.prototype, 'serial', {configurable: true, value: {
    requestPort: async () => Object.assign(new EventTarget(), {
        getInfo: () => ({}),
        open: async () => { throw new DOMException('Failed to open serial port.', 'NetworkError') },
        close: async () => undefined,
    }),
}})"""


@pytest.mark.parametrize(
    ("without", "words"),
    [(INSECURE, "This page came over plain HTTP"), (NO_SERIAL, "This browser cannot use serial ports")],
    ids=["insecure", "another browser"],
)
def test_where_no_board_can_be_written_the_page_says_what_is_missing(
    server: RunningServer, signed_in: OpenPage, without: str, words: str
) -> None:
    page = signed_in(server, "/updates")
    page.add_init_script(without)
    page.goto("/updates/board")
    expect(page.get_by_role("heading", name="What is missing")).to_be_visible()
    expect(page.get_by_role("note")).to_contain_text(words)
    expect(page.get_by_text("Chrome, Edge or Opera on a computer").first).to_be_visible()
    assert page.get_by_role("button", name="Connect a board").count() == 0
    assert axe_violations(page) == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_a_board_is_asked_for_by_the_page_itself(server: RunningServer, signed_in: OpenPage, tmp_path: Path) -> None:
    """What speaks with boards is fetched under the policy of the pages, and what it says is put into plain words."""
    image = tmp_path / "flash.bin"
    image.write_bytes(esp_image("esp32s3").ljust(0x8000, b"\xff") + b"\xaa\x50".ljust(0x1000, b"\xff"))
    page = signed_in(server, "/updates")
    page.add_init_script(BUSY_PORT)
    page.reload()
    page.get_by_role("link", name="Put Ohmstead on a board").click()
    page.get_by_label("Image", exact=True).set_input_files(image)
    expect(page.get_by_text("everything for a blank board")).to_be_visible()
    expect(page.get_by_text("ESP32-S3", exact=True)).to_be_visible()
    page.get_by_role("button", name="Connect a board").click()
    expect(page.get_by_role("alert")).to_contain_text("another program or page holds it")
    expect(page.get_by_label("the log", exact=True)).to_contain_text("Failed to open serial port")
    expect(page.get_by_role("button", name="Write to the board")).to_be_disabled()
    assert axe_violations(page) == []


def test_only_admins_write_boards(server: RunningServer, open_page: OpenPage) -> None:
    server.admin.post("/users", json={"username": "otto", "password": ADMIN_PASSWORD, "role": "operator"})
    page = open_page(server, "/login")
    log_in(page, "otto")
    page.get_by_role("heading", level=1, name="Overview").wait_for()
    page.goto("/updates")
    expect(page.get_by_role("heading", level=2, name="Bring a release")).to_be_visible()
    assert page.get_by_role("link", name="Put Ohmstead on a board").count() == 0
    page.goto("/updates/board")
    expect(page.get_by_role("heading", level=1, name="Overview")).to_be_visible()


@pytest.fixture(scope="module")
def furnished(server: RunningServer) -> dict[str, str]:
    """A stopped and a running rollout, a device that is behind, a release that nobody gets any more."""
    stale = upload(server, "bundle", "w.tar", bundle("0.9.0", boards=("esp32s3",)))
    release = upload(server, "bundle", "f.tar", bundle("5.0.0", boards=("esp32s3",)), notes="Steadier readings")
    assert server.admin.delete(f"/releases/{stale['id']}").status_code == 204
    beside = Beside()
    ids = a_fleet(server, beside, [f"Gate {n}" for n in range(1, 5)], bad={"Gate 1"}, board="esp32s3")
    terms = {"release_id": release["id"], "healthy_s": 0, "sensors": False}
    made = server.admin.post("/rollouts", json={**terms, "devices": ids[:3], "waves": [0.3, 1]}).json()
    until(lambda: server.admin.get(f"/rollouts/{made['id']}").json()["state"] == "stopped", "it never stopped")
    beside.close()
    moving = server.admin.post("/rollouts", json={**terms, "devices": ids[3:]}).json()
    return {"device": ids[0], "stopped": made["id"], "running": moving["id"], "release": release["id"]}


PAGES: Final = (
    "/updates",
    "/updates/keys",
    "/updates/board",
    "/updates/rollouts",
    "/updates/rollouts/{stopped}",
    "/updates/rollouts/{running}",
    "/updates/rollouts/new?release={release}",
    "/updates/fleet",
    "/devices/{device}/updates",
)
LOOKS: Final = [(DESKTOP, "dark"), (PHONE, "light")]  # what is too wide is so in both schemes


@pytest.mark.parametrize(("size", "scheme"), LOOKS, ids=[f"{size['width']}px-{scheme}" for size, scheme in LOOKS])
def test_pages_of_updates_are_for_everyone(
    server: RunningServer, furnished: dict[str, str], signed_in: OpenPage, size: dict[str, int], scheme: str
) -> None:
    page = signed_in(server, size=size, scheme=scheme)
    for path in PAGES:
        page.goto(path.format(**furnished))
        expect(page.get_by_role("heading", level=2).first).to_be_visible()
        page.wait_for_load_state("networkidle")
        assert axe_violations(page) == []
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), f"{page.url} is too wide"
    page.goto(f"/updates/rollouts/{furnished['running']}")
    page.get_by_role("button", name="Stop", exact=True).click()
    expect(page.get_by_role("dialog")).to_be_visible()
    assert axe_violations(page) == []
