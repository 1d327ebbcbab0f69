"""From the line on the console to the first page; logging in and out."""

from typing import Any

import httpx
from browser_pages import Complaints, OpenPage, log_in, setup_link
from playwright.sync_api import expect

from system.running_server import RunningServer


def fill_setup(page: Any, password: str) -> None:
    page.get_by_label("User name").fill("ada")
    page.get_by_label("Password", exact=True).fill(password)
    page.get_by_label("Name of this site").fill("Mill house")


def test_the_link_on_the_console_sets_the_server_up(start_server: Any, open_page: OpenPage) -> None:
    server = start_server(admin_password=None)
    page = open_page(server, setup_link(server))
    expect(page.get_by_label("Time zone").first).to_have_value("Europe/Budapest")
    expect(page).to_have_url(f"{server.url}/setup")  # the token has left the address bar
    fill_setup(page, "seven c")
    submit = page.get_by_role("button", name="Create the administrator")
    expect(submit).to_be_disabled()
    page.get_by_label("Password", exact=True).fill("a long enough one")
    submit.click()
    expect(page.get_by_role("heading", name="No device has sent anything yet")).to_be_visible()
    page.goto("/system")
    expect(page.get_by_label("Name")).to_have_value("Mill house")
    assert httpx.get(f"{server.api}/setup").json() == {"needed": False}


def test_without_the_link_every_page_leads_to_set_up_and_says_where_it_is(
    start_server: Any, open_page: OpenPage, complaints: Complaints
) -> None:
    server = start_server(admin_password=None)
    page = open_page(server, "/system")
    expect(page).to_have_url(f"{server.url}/setup")
    expect(page.get_by_text("ohmstead user link")).to_be_visible()
    complaints.expected.append("/api/v1/setup")
    page.get_by_label("Set-up link or token").fill("http://x/setup#not-the-token")
    fill_setup(page, "a long enough one")
    page.get_by_role("button", name="Create the administrator").click()
    expect(page.get_by_role("alert").last).to_contain_text("link")
    page.get_by_label("Set-up link or token").fill(server.url + setup_link(server))
    page.get_by_role("button", name="Create the administrator").click()
    expect(page.get_by_role("heading", level=1, name="Overview")).to_be_visible()


def test_a_visitor_logs_in_where_they_wanted_to_go_and_out_again(
    server: RunningServer, open_page: OpenPage, complaints: Complaints
) -> None:
    complaints.expected.append("/auth/login")
    page = open_page(server, "/system")
    log_in(page, password="not the password")
    expect(page.get_by_role("alert")).to_have_text("User name or password is wrong.")
    log_in(page)
    expect(page.get_by_role("heading", level=1, name="System")).to_be_visible()
    page.get_by_role("button", name="Menu of admin").click()
    page.get_by_role("button", name="Log out").click()
    expect(page.get_by_role("heading", name="Log in")).to_be_visible()
    page.goto("/system")
    expect(page.get_by_role("heading", name="Log in")).to_be_visible()


def test_an_unknown_page_says_so(server: RunningServer, signed_in: OpenPage) -> None:
    page = signed_in(server, "/no/such/page")
    expect(page.get_by_role("heading", name="There is no such page")).to_be_visible()


def test_the_chosen_colours_stay(server: RunningServer, signed_in: OpenPage) -> None:
    page = signed_in(server)
    page.get_by_role("button", name="Menu of admin").click()
    page.get_by_text("Dark", exact=True).click()
    page.reload()
    expect(page.locator("html")).to_have_attribute("data-mantine-color-scheme", "dark")
