"""What the tests do in a page, and what they listen for."""

import datetime
import os
import re
import shutil
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final
from zoneinfo import ZoneInfo

import httpx
import pytest

from system.running_server import ADMIN_PASSWORD, RunningServer

ROOT: Final = Path(__file__).parents[2]
BUILT_PAGE: Final = ROOT / "src" / "ohmstead" / "web" / "index.html"
AXE: Final = ROOT / "dashboard" / "node_modules" / "axe-core" / "axe.min.js"
# The first is the same browser without its own windows, which nobody sees here.
CHROMIUM_NAMES: Final = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome")
DESKTOP: Final = {"width": 1280, "height": 800}
PHONE: Final = {"width": 360, "height": 740}

OpenPage = Callable[..., Any]


def missing(what: str) -> None:
    """A visible skip on a developer's machine; a failure where CI promises that everything is there."""
    if os.environ.get("CI"):
        pytest.fail(f"{what} is missing, and CI is set", pytrace=False)
    pytest.skip(f"{what} is missing")


def chromium_path() -> str | None:
    return os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, CHROMIUM_NAMES)), None)


@dataclass
class Complaints:
    """What a browser said that nobody should have to read: console errors, broken scripts, a breached CSP.

    `expected` are pieces of complaints that belong to the test.
    """

    heard: list[str] = field(default_factory=list)
    expected: list[str] = field(default_factory=list)

    def listen(self, page: Any) -> None:
        page.on("pageerror", lambda error: self._note(f"script: {error}"))
        page.on("console", self._console)
        page.add_init_script(
            "document.addEventListener('securitypolicyviolation',"
            "e => console.error('CSP breached: ' + e.violatedDirective + ' ' + e.blockedURI))"
        )

    def _console(self, message: Any) -> None:
        if message.type in ("error", "warning"):
            self._note(f"{message.type}: {message.text} {message.location.get('url', '')}")

    def _note(self, complaint: str) -> None:
        # Chromium notes every answer above 399; that nobody is signed in is what this question is asked for.
        if "/auth/me" not in complaint and not any(piece in complaint for piece in self.expected):
            self.heard.append(complaint)


def old_meter_sends(server: RunningServer, milliamperes: float) -> None:
    """What an unmodified current logger posts; it has no credentials and no name."""
    timestamp = datetime.datetime.now(ZoneInfo("Europe/Budapest")).strftime("%H:%M:%S.%f")[:-3]
    answer = httpx.post(f"{server.url}/data", json={"timestamp": timestamp, "current": milliamperes})
    assert answer.status_code == 200, answer.text


def setup_link(server: RunningServer) -> str:
    """Path and fragment of the one-time link on the server's console."""
    found = re.search(r"/setup#\S+", server.printed())
    assert found is not None, server.printed()
    return found.group()


def log_in(page: Any, username: str = "admin", password: str = ADMIN_PASSWORD) -> None:
    page.get_by_label("User name").fill(username)
    page.get_by_label("Password", exact=True).fill(password)
    page.get_by_role("button", name="Log in").click()


def axe_violations(page: Any) -> list[str]:
    """What axe-core finds wrong. The page's CSP allows no foreign script tag, so axe's text is evaluated."""
    if not AXE.exists():
        missing("axe-core (npm ci in dashboard/)")
    page.evaluate(AXE.read_text())
    found = page.evaluate("async () => (await axe.run(document, {resultTypes: ['violations']})).violations")
    return [
        f"{page.url} {violation['id']}: {node['failureSummary']} {node['html'][:200]}"
        for violation in found
        for node in violation["nodes"]
    ]
