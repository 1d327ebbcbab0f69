"""The first page answers at a glance: how much now, how much today beside other days, what is on, what is wrong."""

import re
import time
from typing import Any, Final

import pytest
from browser_pages import PHONE, OpenPage, axe_violations
from playwright.sync_api import expect

from system.running_server import AddedDevice, RunningServer

HOUR_MS: Final = 3_600_000


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Any:
    with RunningServer(tmp_path_factory.mktemp("overview") / "data") as running:
        yield running


@pytest.fixture(scope="module")
def house(server: RunningServer) -> AddedDevice:
    """A meter of the house that drew 600 W for nine days, and one of the oven behind it that draws 400 W of these."""
    for serial, name, watts in (("oven-1", "Oven", 400.0), ("house-1", "House", 600.0)):
        added = server.add_device(serial, name)
        now = int(time.time() * 1000)
        steps = range(9 * 24 * 12, -1, -1)
        announced = [{"key": "power", "quantity": "power", "unit": "W"}]
        samples = [{"t": now - step * HOUR_MS // 12, "v": {"power": watts}} for step in steps]
        assert added.send({"channels": announced, "samples": samples}).status_code == 200
    return added


def answer(page: Any, label: str) -> Any:
    return (
        page.get_by_role("list", name="At a glance")
        .get_by_role("listitem")
        .filter(has=page.get_by_text(label, exact=True))
    )


def test_now_and_today_and_other_days(server: RunningServer, house: AddedDevice, signed_in: OpenPage) -> None:
    page = signed_in(server, size=PHONE)
    expect(answer(page, "Now")).to_contain_text("1.000 kW")
    expect(answer(page, "Today")).to_contain_text("as much as yesterday by now")
    expect(answer(page, "Today")).to_contain_text("as much as a week ago by now")
    expect(answer(page, "Is anything wrong?")).to_contain_text("All well")
    house.send({"v": {"power": 1600.0}})
    expect(answer(page, "Now")).to_contain_text("2.000 kW")  # without a reload
    house.send({"v": {"power": 600.0}})

    chart = page.get_by_role("application", name=re.compile("^Energy by the hour, today, yesterday, a week ago"))
    chart.focus()
    for _ in range(30):
        page.keyboard.press("ArrowRight")
    reading = page.locator("figcaption")
    expect(reading).to_contain_text("23:00–24:00")
    expect(reading).to_contain_text(re.compile(r"Yesterday (1\.00|0\.\d+) kWh"))
    assert axe_violations(page) == []


def test_a_meter_behind_another_one_is_left_out(server: RunningServer, house: AddedDevice, signed_in: OpenPage) -> None:
    page = signed_in(server)
    page.get_by_role("button", name="What counts").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Oven").uncheck()
    assert axe_violations(page) == []
    dialog.get_by_role("button", name="Save").click()
    expect(dialog).to_be_hidden()
    expect(answer(page, "Now")).to_contain_text("600 W")
    page.get_by_role("button", name="What counts").click()
    expect(dialog.get_by_label("Oven")).not_to_be_checked()
    dialog.get_by_label("Oven").check()
    dialog.get_by_role("button", name="Save").click()
    expect(answer(page, "Now")).to_contain_text("1.000 kW")
