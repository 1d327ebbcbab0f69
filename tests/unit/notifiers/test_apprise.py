"""Apprise against a web server that stands for a self-hosted service; nothing leaves this computer."""

import json
from pathlib import Path
from typing import Any

import pytest

from ohmstead.domain.errors import InvalidInput
from ohmstead.domain.notification import Undelivered
from ohmstead.domain.notification_text import Message
from ohmstead.domain.outgoing import OutgoingRules
from ohmstead.notifiers.apprise import NOTIFIER, _own_host, _service
from ohmstead.services.homes import look_up
from ohmstead.services.outgoing import Outgoing, is_local
from receivers import status, web_server

MESSAGE = Message("key-1", "Alert: kettle", "2150 W", 1_763_683_200_000_000, True, "http://pi/alerts/7")
TOKEN = "t0ken-0123456789"


def outgoing(*own: int) -> Outgoing:
    return Outgoing(OutgoingRules(None, lambda: own, is_local), 5.0, look_up)


async def refused(url: str, means: Outgoing) -> Undelivered:
    with pytest.raises(Undelivered) as failed:
        await NOTIFIER.send({"url": url}, MESSAGE, means)
    return failed.value


async def test_ntfy_on_the_lan_gets_title_text_and_link() -> None:
    async with web_server(status("200 OK")) as receiver:
        assert await NOTIFIER.send({"url": f"ntfy://127.0.0.1:{receiver.port}/home"}, MESSAGE, outgoing()) == ""
    (request,) = receiver.requests
    told = json.loads(request.body)
    assert (told["topic"], told["title"]) == ("home", "Alert: kettle")
    assert told["message"] == "2150 W\nhttp://pi/alerts/7"


async def test_what_the_service_refuses_is_said_without_the_token() -> None:
    async with web_server(status("403 Forbidden")) as receiver:
        failure = await refused(f"gotify://127.0.0.1:{receiver.port}/{TOKEN}", outgoing())
    assert (failure.permanent, "403" in str(failure), TOKEN in str(failure)) == (False, True, False)


@pytest.mark.parametrize("switch", ["", "?redirect=yes"])
async def test_a_redirect_is_not_followed_whatever_the_address_says(switch: str) -> None:
    async with web_server() as ourselves:
        moved = status("307 Moved", f"Location: http://127.0.0.1:{ourselves.port}/api/v1/users")
        async with web_server(moved) as receiver:
            await refused(f"gotify://127.0.0.1:{receiver.port}/{TOKEN}{switch}", outgoing(ourselves.port))
    assert len(receiver.requests) == 1
    assert ourselves.requests == []


@pytest.mark.parametrize(
    "address",
    [
        "tgram://123456789:abcdefghijklmnopqrstuvwxyzABCDEFG/1?template={}",
        "discord://123456/abcdef?template={}",
        "workflows://127.0.0.1/WF/SIG?template={}",
        "fcm://project/token/?keyfile={}",
    ],
)
async def test_no_file_of_this_computer_goes_anywhere(address: str, tmp_path: Path) -> None:
    kept = tmp_path / "kept.json"
    kept.write_text('{"text": "nobody else\'s business"}')
    for named in (str(kept), kept.as_uri(), "http://127.0.0.1:1/kept.json"):
        with pytest.raises(InvalidInput):
            NOTIFIER.check({"url": address.format(named)})


async def test_this_server_itself_is_never_called() -> None:
    async with web_server() as ourselves:
        for host in ("127.0.0.1", "localhost"):
            failure = await refused(f"ntfy://{host}:{ourselves.port}/home", outgoing(ourselves.port))
            assert (failure.permanent, "this server itself" in str(failure)) == (True, True)
    assert ourselves.requests == []


@pytest.mark.parametrize("url", ["gotify://169.254.169.254/" + TOKEN, "ntfy://0.0.0.0/home"])
async def test_addresses_that_are_no_receivers_are_refused(url: str) -> None:
    assert "not allowed" in str(await refused(url, outgoing()))


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("json://127.0.0.1:8000/", "use the kind webhook"),
        ("FORMS://nas/", "use the kind webhook"),
        ("mailto://user:" + TOKEN + "@mail.test", "use the kind email"),
        ("syslog://", "the server's own screen or log"),
        ("mqtt://127.0.0.1/x", "broker itself"),
        ("file:///etc/passwd", "not an address that Apprise knows"),
        ("nonsense", "not an address that Apprise knows"),
    ],
)
def test_what_would_go_around_the_rules_is_refused(url: str, said: str) -> None:
    with pytest.raises(InvalidInput, match=said) as refusal:
        NOTIFIER.check({"url": url})
    assert TOKEN not in str(refusal.value)


@pytest.mark.parametrize(
    ("url", "host"),
    [
        ("ntfy://nas:8080/home", "nas"),
        ("ntfy://home", None),  # ntfy.sh
        ("gotifys://push.home.test/" + TOKEN, "push.home.test"),
        ("matrix://user:password@matrix.home.test/#alerts", "matrix.home.test"),
        ("tgram://123456789:abcdefg_hijklmnop/12315544/", None),
    ],
)
def test_the_host_of_a_self_hosted_service_is_known(url: str, host: Any) -> None:
    assert _own_host(_service(url, 5.0)) == host
