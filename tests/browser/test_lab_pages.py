"""The force lab in a real browser: a session by keyboard, by touch, and every page for everyone."""

import re
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import pytest
from browser_pages import PHONE, OpenPage, axe_violations
from devices_beside import Beside, ToldPull
from playwright.sync_api import expect

from ohmstead.simulation.force_lab import COUNTS_PER_NEWTON, ZERO
from system.running_server import RunningServer

TABLET: Final = {"width": 1024, "height": 768}
UPRIGHT: Final = {"width": 768, "height": 1024}
G: Final = 9.80665
QUIET_COUNTS: Final = 400_000  # of the left cell, below someone who stands


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    with RunningServer(tmp_path_factory.mktemp("lab") / "data") as running:
        yield running


@pytest.fixture(scope="module")
def pull(server: RunningServer) -> Iterator[ToldPull]:
    """A claimed, calibrated rig."""
    beside = Beside()
    pull = beside.rig(server)
    (device,) = server.admin.get("/force-devices").json()
    assert server.admin.post(f"/devices/{device['device_id']}/claim", json={"name": "Rig"}).status_code == 200
    for channel in device["channels"]:
        side = ("left", "right").index(channel["key"])
        points = [{"mass_kg": kg, "counts": ZERO[side] + kg * G * COUNTS_PER_NEWTON[side]} for kg in (0, 20, 60)]
        body = {"channel_id": channel["id"], "method": "multi-point", "points": points, "temperature_c": 21.0}
        assert server.admin.post("/calibrations", json=body).status_code == 201
    yield pull
    beside.close()


@pytest.fixture(scope="module")
def trial(server: RunningServer, pull: ToldPull) -> dict[str, Any]:
    """A pull that was recorded before; the whole session is under `session`."""
    (device,) = server.admin.get("/force-devices").json()
    subject = server.admin.post("/subjects", json={"pseudonym": "Heron", "body_mass_kg": 79.5}).json()
    body = {"name": "Before", "channels": [c["id"] for c in device["channels"]], "subject_id": subject["id"]}
    session = server.admin.post("/recordings", json=body).json()
    wait_until_quiet(server, body["channels"][0])
    begun = server.admin.post(f"/recordings/{session['id']}/trials", json={"pre_s": 1.0, "for_s": 5.0}).json()
    pull.now()
    deadline = time.monotonic() + 60
    while (found := server.admin.get(f"/trials/{begun['id']}").json())["result"] is None:
        assert time.monotonic() < deadline, found
    return {**found, "session": session, "subject": subject}


def wait_until_quiet(server: RunningServer, channel: str, seconds: float = 1.5) -> None:
    """Until the rig has streamed somebody standing for a while: what was before a start belongs to the trial."""
    deadline = time.monotonic() + 60
    while True:
        answer = server.admin.get("/calibrations/capture", params={"channel": channel, "seconds": seconds})
        if answer.status_code == 200:
            found = answer.json()
            if found["samples"] >= 900 * seconds and found["mean"] < QUIET_COUNTS and found["sd"] < QUIET_COUNTS / 100:
                return
        assert time.monotonic() < deadline, answer.text


def settled(page: Any) -> None:
    """The plate is quiet, as the page sees it."""
    expect(page.get_by_text("Steady: 780 N")).to_be_visible()


def pulled(page: Any) -> None:
    expect(page.locator("[data-of=total]")).to_have_text(re.compile("^2,[56]"))


def assert_sound(page: Any) -> None:
    assert axe_violations(page) == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), f"{page.url} is wider than the screen"


def assert_figure(page: Any, name: str, low: float, high: float) -> None:
    text = page.get_by_role("definition").filter(has_text="N").nth(0).inner_text()
    value = float(text.split()[0].replace(",", ""))
    assert low < value < high, (name, text)


def test_a_complete_session_with_the_keyboard_only(
    server: RunningServer, pull: ToldPull, signed_in: OpenPage, tmp_path: Path
) -> None:
    page = signed_in(server, "/lab", size=TABLET)
    new = page.get_by_role("button", name="New session")
    new.wait_for()
    for _ in range(30):
        page.keyboard.press("Tab")
        if new.evaluate("element => element === document.activeElement"):
            break
    expect(new).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_label("Athlete").last).to_be_focused()
    page.keyboard.press("Tab")
    page.keyboard.type("Robin")
    page.keyboard.press("Tab")
    page.keyboard.type("79,5")
    page.keyboard.press("Enter")  # sends the form
    expect(page.get_by_role("heading", level=1)).to_contain_text("Robin")
    settled(page)
    page.screenshot(path=tmp_path / "1-weigh.png")
    page.keyboard.press("Space")
    expect(page.get_by_text("Ready?")).to_be_visible()
    page.screenshot(path=tmp_path / "2-ready.png")
    page.keyboard.press("Space")
    expect(page.get_by_text("Pull, hard and fast!")).to_be_visible()
    pull.now()
    expect(page.get_by_text("Highest (N)")).to_be_visible()
    pulled(page)
    page.screenshot(path=tmp_path / "3-pull.png")
    page.keyboard.press("Enter")  # the pull is over
    result = page.get_by_role("region", name="Trial 1")
    expect(result).to_be_visible()
    assert_figure(page, "peak force, net", 1780, 1860)
    print(result.get_by_test_id("took").inner_text())
    page.screenshot(path=tmp_path / "4-result.png")
    assert_sound(page)
    page.keyboard.press("ArrowLeft")  # it does not count
    expect(page.get_by_text("Ready?")).to_be_visible()
    settled(page)
    page.keyboard.press("ArrowRight")
    expect(page.get_by_text("Pull, hard and fast!")).to_be_visible()
    pull.now()
    pulled(page)
    page.keyboard.press("ArrowRight")
    expect(page.get_by_role("region", name="Trial 2")).to_be_visible()
    page.keyboard.press("Enter")  # accepts
    trials = page.get_by_role("region", name="Trials of this session")
    expect(trials.get_by_role("row").filter(has_text="rejected")).to_have_count(1)
    expect(trials.get_by_role("row").filter(has_text="best")).to_contain_text("accepted")
    page.screenshot(path=tmp_path / "5-overview.png")
    page.keyboard.press("Tab")
    expect(page.get_by_role("button", name="Finish the session")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_text("Finished")).to_be_visible()
    (mine,) = [one for one in server.admin.get("/recordings").json()["items"] if one["subject"] == "Robin"]
    assert (mine["trials"], mine["accepted"], mine["body_mass_kg"]) == (2, 1, 79.5)
    assert mine["ended_at"] is not None
    assert len(list(tmp_path.glob("*.png"))) == 5


def test_a_complete_session_with_touch_only(
    server: RunningServer, pull: ToldPull, signed_in: OpenPage, tmp_path: Path
) -> None:
    page = signed_in(server, "/lab", size=UPRIGHT, touch=True)
    page.get_by_role("button", name="New session").tap()
    page.get_by_role("button", name="Begin").tap()
    settled(page)
    for name in ("Weighed: go on", "Start the countdown"):
        button = page.get_by_role("button", name=name)
        box = button.bounding_box()
        assert box is not None
        assert box["height"] >= 44
        page.screenshot(path=tmp_path / f"{name.split(':')[0]}.png")
        button.tap()
    expect(page.get_by_text("Pull, hard and fast!")).to_be_visible()
    pull.now()
    pulled(page)
    page.get_by_role("button", name="Pull is over").tap()
    page.get_by_role("region", name="Trial 1").wait_for()
    page.screenshot(path=tmp_path / "result.png")
    page.get_by_role("button", name="Accept").tap()
    expect(page.get_by_role("button", name="Next trial")).to_be_visible()
    assert_sound(page)
    page.get_by_role("button", name="Finish the session").tap()
    expect(page.get_by_role("link", name="1", exact=True)).to_be_visible()
    assert len(list(tmp_path.glob("*.png"))) == 3


def test_who_started_first_is_said_to_the_second(
    server: RunningServer, trial: dict[str, Any], signed_in: OpenPage
) -> None:
    page = signed_in(server, f"/lab/session/{trial['session']['id']}")
    page.get_by_role("button", name="Weighed: go on").click()
    other = server.admin.post(f"/recordings/{trial['session']['id']}/trials", json={"for_s": 60}).json()
    notice = page.get_by_role("region", name=f"Trial {other['number']} is running")
    expect(notice).to_contain_text("Nobody else can start one until it is over")
    expect(page.get_by_role("button", name="Start the countdown")).to_be_disabled()
    notice.get_by_role("button", name="Stop that trial").click()
    expect(page.get_by_role("button", name="Start the countdown")).to_be_enabled()


def test_the_onset_is_moved_with_the_keyboard_and_kept_as_a_version_beside_the_old(
    server: RunningServer, trial: dict[str, Any], signed_in: OpenPage
) -> None:
    page = signed_in(server, f"/lab/trial/{trial['session']['id']}/{trial['id']}", size=TABLET)
    onset = page.get_by_role("slider", name="Onset")
    before = int(onset.get_attribute("aria-valuenow"))
    onset.focus()
    page.keyboard.press("Shift+ArrowRight")
    page.keyboard.press("ArrowRight")
    expect(onset).to_have_attribute("aria-valuenow", str(before + 11))
    results = page.get_by_role("region", name="Results with the line where it is")
    rfd = results.get_by_role("row").filter(has=page.get_by_role("rowheader", name="RFD 0–200 ms", exact=True))
    expect(rfd).to_contain_text("+")  # later on a rising curve: steeper
    assert len(server.admin.get(f"/trials/{trial['id']}/results").json()) == 1  # only looked
    page.get_by_role("button", name="Keep as a new version").click()
    versions = page.get_by_role("list", name="Versions").get_by_role("listitem")
    expect(versions).to_have_count(2)
    expect(versions.first).to_contain_text("set by hand")
    new, old = server.admin.get(f"/trials/{trial['id']}/results").json()
    assert new["parameters"]["onset"] == "manual"
    assert old["parameters"]["onset"] == "5sd"
    moved = (marks(new)["onset"] - marks(old)["onset"]) / 1000
    assert moved == pytest.approx(11, abs=1.5)  # the line began at a whole millisecond


def marks(run: dict[str, Any]) -> dict[str, int]:
    return {one["key"]: one["t_us"] for one in run["marks"]}


PAGES: Final = (
    "/lab",
    "/lab/athletes",
    "/lab/athletes/{subject}",
    "/lab/groups",
    "/lab/calibration",
    "/recordings",
    "/recordings/{session}",
    "/lab/session/{session}",
    "/lab/trial/{session}/{trial}",
)


@pytest.mark.parametrize(("size", "scheme"), [(UPRIGHT, "light"), (PHONE, "dark")], ids=["tablet", "phone-dark"])
def test_pages_of_the_lab_are_for_everyone(
    server: RunningServer, trial: dict[str, Any], signed_in: OpenPage, size: dict[str, int], scheme: str
) -> None:
    page = signed_in(server, size=size, scheme=scheme)
    ids = {"subject": trial["subject"]["id"], "session": trial["session"]["id"], "trial": trial["id"]}
    for path in PAGES:
        page.goto(path.format(**ids))
        expect(page.get_by_role("heading", level=2).or_(page.get_by_label("What to do now")).first).to_be_visible()
        expect(page.get_by_role("status", name="Loading")).to_have_count(0)
        assert_sound(page)


def test_a_recording_of_any_channels_is_started_stopped_and_summed_up(
    server: RunningServer, trial: dict[str, Any], signed_in: OpenPage
) -> None:
    meter = server.add_device("meter-1", "Fridge meter")
    meter.send({"v": {"power": 80.0}})
    page = signed_in(server, f"/recordings?device={meter.id}")
    page.get_by_label("Name", exact=True).fill("Fridge")
    page.get_by_label("Power").check()
    page.get_by_role("button", name="Start recording").click()
    stop = page.get_by_role("button", name="Stop Fridge")
    expect(stop).to_be_visible()
    for value in (90.0, 110.0):
        meter.send({"v": {"power": value}})
    stop.click()
    expect(stop).to_have_count(0)
    page.get_by_role("link", name="Fridge", exact=True).click()
    sums = page.get_by_role("group", name="Sums, table").get_by_role("row").filter(has_text="power")
    expect(sums).to_contain_text("110.000 W")
    expect(sums).to_contain_text("W·h")
    assert_sound(page)
