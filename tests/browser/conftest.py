"""A real server, a real Chromium, and a watch on everything the browser complains about."""

import contextlib
from collections.abc import Iterator
from typing import Any, Final

import pytest
from browser_pages import BUILT_PAGE, DESKTOP, Complaints, OpenPage, chromium_path, log_in, missing

from system.running_server import RunningServer

FLAGS: Final = ["--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking"]
# For what is there or happens in the end; a shared computer may take its time.
PATIENCE_MS: Final = 20_000


@pytest.fixture(scope="session")
def chromium() -> Iterator[Any]:
    from playwright.sync_api import expect, sync_playwright

    if not BUILT_PAGE.exists():
        missing("the built dashboard (npm run build)")
    if (path := chromium_path()) is None:
        missing("Chromium")
    expect.set_options(timeout=PATIENCE_MS)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture
def complaints() -> Iterator[Complaints]:
    """A complaint of any page that the test did not expect fails it at its end."""
    complaints = Complaints()
    yield complaints
    assert complaints.heard == []


@pytest.fixture
def open_page(chromium: Any, complaints: Complaints) -> Iterator[OpenPage]:
    """Opens pages, each in a browser profile of its own."""
    with contextlib.ExitStack() as profiles:

        def open_page(
            server: RunningServer,
            path: str = "/",
            *,
            size: dict[str, int] = DESKTOP,
            scheme: str = "light",
            touch: bool = False,
        ) -> Any:
            profile = chromium.new_context(
                base_url=server.url,
                viewport=size,
                color_scheme=scheme,
                has_touch=touch,
                timezone_id="Europe/Budapest",
                locale="en-GB",
                reduced_motion="reduce",  # a colour is measured when it has arrived
            )
            profiles.callback(profile.close)
            profile.set_default_timeout(PATIENCE_MS)
            page = profile.new_page()
            complaints.listen(page)
            page.goto(path)
            return page

        yield open_page


@pytest.fixture
def signed_in(open_page: OpenPage) -> OpenPage:
    """As `open_page`, after logging in as the administrator."""

    def open_signed_in(server: RunningServer, path: str = "/", **options: Any) -> Any:
        page = open_page(server, "/login", **options)
        log_in(page)
        page.get_by_role("heading", level=1, name="Overview").wait_for()
        if path != "/":
            page.goto(path)
        return page

    return open_signed_in
