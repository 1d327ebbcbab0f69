"""`make screenshots`: pictures of every page, on three screens and in both colours, into screenshots/.

The server is the demonstration with a lab, rules, people and updates added; nothing of it stays.
"""

import argparse
import contextlib
import os
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parent.parent
sys.path[:0] = [str(ROOT / "tests"), str(ROOT / "tests" / "browser")]

from browser_pages import chromium_path, log_in  # noqa: E402
from playwright.sync_api import sync_playwright  # noqa: E402
from screenshot_house import House, furnish  # noqa: E402

from system.running_server import environment, free_port  # noqa: E402

PASSWORD = "a house to look at"  # noqa: S105 - of a server that lives as long as this script
SCREENS = {"phone": (390, 844), "tablet": (1024, 768), "laptop": (1440, 900)}
FLAGS = ["--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking"]
PATIENCE_MS = 15_000
STARTS_WITHIN_S = 120.0

Act = Callable[[Any], None]


def pressed(*names: str) -> Act:
    """Presses buttons or links, one after the other."""

    def act(page: Any) -> None:
        for name in names:
            page.get_by_role("button", name=re.compile(name)).or_(
                page.get_by_role("link", name=re.compile(name))
            ).first.click()

    return act


def pages(house: House) -> dict[str, tuple[str, Act | None]]:
    """Name → address and what is done there before the picture is taken."""
    device, rule, alert = f"/devices/{house.meter}", f"/rules/{house.rule}", f"/alerts/{house.alert}"
    trial = f"/lab/trial/{house.session}/{house.trial}"
    return {
        "overview": ("/", None),
        "devices-add": ("/", pressed("^Add device")),
        "menu-person": ("/", pressed("^Menu of")),
        "menu-manage": ("/", pressed("^Manage")),
        "device": (device, None),
        "device-day": (device, pressed("^24 h")),
        "device-month": (device, pressed("^30 d")),
        "device-energy": (f"{device}/energy", None),
        "device-settings": (f"{device}/settings", None),
        "device-control": (f"/devices/{house.relay}/control", None),
        "device-health": (f"/devices/{house.relay}/health", None),
        "device-log": (f"/devices/{house.relay}/log", None),
        "device-updates": (f"/devices/{house.node}/updates", None),
        "rooms": ("/rooms", None),
        "room-edit": ("/rooms", pressed("^Add room")),
        "output-edit": ("/rooms", pressed("^(Settings|Change|Edit)")),
        "scene-edit": ("/rooms", pressed("^Add scene")),
        "schedules": ("/schedules", None),
        "schedule-edit": ("/schedules", pressed("^Add schedule")),
        "load-limits": ("/load-limits", None),
        "load-limit-edit": ("/load-limits", pressed("^Add (a )?limit")),
        "alerts": ("/alerts", None),
        "alert": (alert, None),
        "alert-snooze": ("/alerts", pressed("^Snooze")),
        "rules": ("/rules", None),
        "rule-new": ("/rules/new", None),
        "rule": (rule, None),
        "notifications": ("/notifications", None),
        "notification-add": ("/notifications", pressed("^Add a place")),
        "sent": ("/notifications/sent", None),
        "lab": ("/lab", None),
        "lab-session-new": ("/lab", pressed("^New session")),
        "lab-session": (f"/lab/session/{house.session}", None),
        "lab-trial": (trial, None),
        "lab-athletes": ("/lab/athletes", None),
        "lab-athlete": (f"/lab/athletes/{house.subject}", None),
        "lab-groups": ("/lab/groups", None),
        "lab-calibration": ("/lab/calibration", None),
        "recordings": ("/recordings", None),
        "recording": (f"/recordings/{house.recording}", None),
        "releases": ("/updates", None),
        "release-keys": ("/updates/keys", None),
        "board": ("/updates/board", None),
        "rollouts": ("/updates/rollouts", None),
        "rollout-new": ("/updates/rollouts/new", None),
        "rollout": (f"/updates/rollouts/{house.rollout}", None),
        "fleet": ("/updates/fleet", None),
        "people": ("/people", None),
        "people-add": ("/people", pressed("^Add with a password")),
        "people-invite": ("/people", pressed("^Invite")),
        "tokens": ("/tokens", None),
        "token-add": ("/tokens", pressed("^(Create|Add|New) ")),
        "audit": ("/audit", None),
        "mapping": ("/mapping", None),
        "import": ("/import", None),
        "system": ("/system", None),
        "account": ("/account", None),
        "not-found": ("/no/such/page", None),
        "no-device": ("/devices/999999", None),
        "link-lost": ("/", lambda page: page.context.set_offline(True)),
        "device-delete": (f"{device}/settings", pressed("^Delete")),
    }


@contextlib.contextmanager
def demonstration(folder: str) -> Iterator[str]:
    """The address of a server with ten meters and a month behind it."""
    http, mqtt = free_port(), free_port()
    command = [sys.executable, "-m", "ohmstead", "demo", "--data-dir", folder]
    command += ["--http-port", str(http), "--mqtt-port", str(mqtt)]
    with subprocess.Popen(  # noqa: S603 - our own command
        command, env=environment({"OHMSTEAD_ADMIN_PASSWORD": PASSWORD}), stdout=subprocess.PIPE, text=True
    ) as process:
        try:
            assert process.stdout is not None
            for line in process.stdout:
                if "now live" in line:
                    break
            yield f"http://127.0.0.1:{http}"
        finally:
            process.terminate()


class Photographer:
    def __init__(self, browser: Any, url: str, folder: Path) -> None:
        self._browser = browser
        self._url = url
        self._folder = folder

    def shoot(self, wanted: dict[str, tuple[str, Act | None]], screen: str, scheme: str) -> None:
        width, height = SCREENS[screen]
        profile = self._browser.new_context(
            base_url=self._url,
            viewport={"width": width, "height": height},
            color_scheme=scheme,
            has_touch=screen != "laptop",
            locale="en-GB",
            reduced_motion="reduce",
        )
        profile.set_default_timeout(PATIENCE_MS)
        page = profile.new_page()
        page.goto("/login")
        page.screenshot(path=self._folder / f"login-{screen}-{scheme}.png")
        log_in(page, password=PASSWORD)
        page.get_by_role("navigation", name="Main").wait_for()
        for name, (address, act) in wanted.items():
            try:
                page.goto(address)
                page.get_by_role("heading").first.wait_for()
                page.wait_for_load_state("networkidle")
                if act is not None:
                    act(page)
                page.wait_for_timeout(400)  # charts draw in the frame after their data
                width_of_page = page.evaluate("document.documentElement.scrollWidth")
                if width_of_page > width:
                    print(f"{name} on {screen}: {width_of_page} px wide")
                dialog = page.get_by_role("dialog").count() > 0
                page.screenshot(path=self._folder / f"{name}-{screen}-{scheme}.png", full_page=not dialog)
            except Exception as error:  # one page less is no reason to have none
                print(f"{name} on {screen}: {str(error).splitlines()[0]}")
            profile.set_offline(False)
        profile.close()


def main() -> None:
    told = argparse.ArgumentParser(description=__doc__)
    told.add_argument("only", nargs="*", help="names of pages; all without one")
    told.add_argument("--screens", nargs="*", default=list(SCREENS), choices=SCREENS)
    told.add_argument("--schemes", nargs="*", default=["light", "dark"], choices=["light", "dark"])
    told.add_argument("--into", type=Path, default=ROOT / "screenshots")
    options = told.parse_args()
    options.into.mkdir(parents=True, exist_ok=True)
    with contextlib.ExitStack() as opened:
        folder = opened.enter_context(tempfile.TemporaryDirectory())
        url = os.environ.get("OHMSTEAD_URL") or opened.enter_context(demonstration(folder))
        house = opened.enter_context(furnish(url, PASSWORD))
        playwright = opened.enter_context(sync_playwright())
        browser = playwright.chromium.launch(executable_path=chromium_path(), args=FLAGS)
        wanted = {name: how for name, how in pages(house).items() if not options.only or name in options.only}
        began = time.monotonic()
        for screen in options.screens:
            for scheme in options.schemes:
                Photographer(browser, url, options.into).shoot(wanted, screen, scheme)
        print(f"{len(list(options.into.glob('*.png')))} pictures in {options.into}, {time.monotonic() - began:.0f} s")
        browser.close()


if __name__ == "__main__":
    main()
