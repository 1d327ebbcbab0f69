"""What holds for every page: it keeps nobody out, fits the screen, loads nothing foreign and not much."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import httpx
import pytest
from browser_pages import DESKTOP, PHONE, OpenPage, axe_violations, old_meter_sends, setup_link
from playwright.sync_api import expect

from system.running_server import AddedDevice, RunningServer

FIRST_LOAD_BYTES: Final = 300 * 1024
LOOKS: Final = [(size, scheme) for size in (DESKTOP, PHONE) for scheme in ("light", "dark")]
LOOK_NAMES: Final = [f"{size['width']}px-{scheme}" for size, scheme in LOOKS]


@pytest.fixture(scope="module")
def meter(server: RunningServer) -> AddedDevice:
    """A claimed meter with some history, and beside it one that waits to be claimed."""
    added = server.add_device("pz-41", "Kitchen")
    ages = range(0, 900_000, 5_000)
    added.send({"samples": [{"age_ms": a, "v": {"power": 250 + a % 70_000 / 100, "voltage": 230.1}} for a in ages]})
    added.send({"v": {"energy": 812_345, "switch": 1, "current": 0.912}})
    old_meter_sends(server, 152.4)
    return added


@pytest.fixture(scope="module")
def fresh_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    with RunningServer(tmp_path_factory.mktemp("fresh") / "data", admin_password=None) as running:
        yield running


def assert_sound(page: Any) -> None:
    assert axe_violations(page) == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), f"{page.url} is wider than the screen"
    assert page.locator("html").get_attribute("lang") == "en"


@pytest.mark.parametrize(("size", "scheme"), LOOKS, ids=LOOK_NAMES)
def test_pages_of_the_dashboard_are_for_everyone(
    server: RunningServer, meter: AddedDevice, signed_in: OpenPage, size: dict[str, int], scheme: str
) -> None:
    page = signed_in(server, size=size, scheme=scheme)
    expect(page.get_by_role("region", name="1 new device")).to_be_visible()
    expect(page.get_by_role("link", name="Kitchen")).to_be_visible()
    assert_sound(page)

    page.get_by_role("button", name="Add device").click()
    expect(page.get_by_role("dialog")).to_be_visible()
    assert_sound(page)
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_be_hidden()

    page.get_by_role("button", name="Menu of admin").click()
    expect(page.get_by_role("button", name="Log out")).to_be_visible()
    assert_sound(page)

    page.goto(f"/devices/{meter.id}")
    for channel in ("Voltage", "Energy", "Switch"):
        page.get_by_role("group", name="Channels drawn").get_by_text(channel, exact=True).click()
    expect(page.locator(".uplot canvas")).to_have_count(4)
    assert_sound(page)

    page.goto("/system")
    expect(page.get_by_role("region", name="Ports").first).to_be_visible()
    expect(page.get_by_label("Time zone").first).to_be_visible()
    assert_sound(page)


MANAGEMENT: Final = ("/devices/{id}/energy", "/devices/{id}/settings", "/account", "/people", "/tokens", "/audit")


@pytest.mark.parametrize(("size", "scheme"), LOOKS, ids=LOOK_NAMES)
def test_management_is_for_everyone(
    server: RunningServer, meter: AddedDevice, signed_in: OpenPage, size: dict[str, int], scheme: str
) -> None:
    page = signed_in(server, size=size, scheme=scheme)
    for path in MANAGEMENT:
        page.goto(path.format(id=meter.id))
        expect(page.get_by_role("heading", level=2).first).to_be_visible()
        page.wait_for_load_state("networkidle")
        assert_sound(page)


@pytest.mark.parametrize(("size", "scheme"), LOOKS, ids=LOOK_NAMES)
def test_doors_are_for_everyone(
    server: RunningServer, fresh_server: RunningServer, open_page: OpenPage, size: dict[str, int], scheme: str
) -> None:
    page = open_page(server, "/login", size=size, scheme=scheme)
    expect(page.get_by_role("heading", name="Log in")).to_be_visible()
    assert_sound(page)
    for path in ("/setup", setup_link(fresh_server)):
        page = open_page(fresh_server, path, size=size, scheme=scheme)
        page.get_by_label("Password", exact=True).fill("correct horse")
        assert_sound(page)


def test_an_empty_dashboard_is_for_everyone(start_server: Any, signed_in: OpenPage) -> None:
    page = signed_in(start_server(), size=PHONE, scheme="dark")
    expect(page.get_by_role("heading", name="No device has sent anything yet")).to_be_visible()
    assert_sound(page)


def test_the_keyboard_alone_reaches_a_device(server: RunningServer, meter: AddedDevice, signed_in: OpenPage) -> None:
    page = signed_in(server)
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to the content")).to_be_focused()
    page.keyboard.press("Enter")
    kitchen = page.get_by_role("link", name="Kitchen")
    for _ in range(12):
        page.keyboard.press("Tab")
        if kitchen.evaluate("element => element === document.activeElement"):
            break
    expect(kitchen).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1, name="Kitchen")).to_be_visible()


def test_the_first_load_is_light_and_all_our_own(
    server: RunningServer, meter: AddedDevice, signed_in: OpenPage, tmp_path: Path
) -> None:
    page = signed_in(server)
    fetched: list[Any] = []
    page.on("requestfinished", lambda request: fetched.append(request))
    page.goto("/")
    expect(page.get_by_role("link", name="Kitchen")).to_be_visible()
    page.wait_for_load_state("networkidle")
    assert {request.url.split("/")[2] for request in fetched} == {f"{server.host}:{server.http_port}"}
    pieces = [r for r in fetched if r.resource_type in ("document", "script", "stylesheet")]
    assert len(pieces) >= 3
    assert not any("TimeChart" in request.url for request in pieces)
    # A browser that kept its cache reports nothing; what the server would send over the wire counts.
    sizes = {r.url: len(httpx_raw(r.url)) for r in pieces}
    assert sum(sizes.values()) <= FIRST_LOAD_BYTES, sizes


def httpx_raw(url: str) -> bytes:
    """The body as it travels, still packed."""
    with httpx.stream("GET", url, headers={"accept-encoding": "gzip"}) as answer:
        assert answer.headers.get("content-encoding") == "gzip", url
        return b"".join(answer.iter_raw())
