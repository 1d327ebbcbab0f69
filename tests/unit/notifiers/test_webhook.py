"""The webhook against real web servers, friendly and hostile."""

import asyncio
import hashlib
import hmac
import ipaddress
import json
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from ohmstead.domain.notification import Undelivered
from ohmstead.domain.notification_text import Message
from ohmstead.domain.notifier import checked
from ohmstead.domain.outgoing import OutgoingRules
from ohmstead.notifiers.webhook import NOTIFIER, signature
from ohmstead.runtime.certificates import LocalAuthority
from ohmstead.services.outgoing import Outgoing, is_local
from receivers import status, web_server

AT = 1_763_683_200_123_456
MESSAGE = Message(
    "key-1", "Alert: Küche", "2150 W", AT, True, "http://pi:8000/alerts/7", ({"event": "raised", "alert_id": "7"},)
)


class Names:
    """A name server that says what it is told, one answer after the other; the last one again and again."""

    def __init__(self, *answers: Sequence[str]) -> None:
        self.answers = list(answers)
        self.asked = 0

    async def __call__(self, host: str) -> list[str]:
        self.asked += 1
        return list(self.answers[min(self.asked, len(self.answers)) - 1])


def outgoing(*own: int, names: Names | None = None, timeout_s: float = 2.0, networks: Any = None) -> Outgoing:
    return Outgoing(OutgoingRules(networks, lambda: own, is_local), timeout_s, names or Names(["127.0.0.1"]))


async def send(url: str, means: Outgoing | None = None, **config: Any) -> str:
    given = checked(NOTIFIER.settings, {"url": url} | config)
    NOTIFIER.check(given)
    return await NOTIFIER.send(given, MESSAGE, means or outgoing())


async def refused(url: str, means: Outgoing | None = None, **config: Any) -> Undelivered:
    with pytest.raises(Undelivered) as failed:
        await send(url, means, **config)
    return failed.value


async def test_the_receiver_gets_texts_for_people_and_events_for_machines() -> None:
    async with web_server() as receiver:
        assert await send(f"http://hook.test:{receiver.port}/a%20b/u?token=x%20y") == "answered 200"
    (request,) = receiver.requests
    assert request.line == "POST /a%20b/u?token=x%20y HTTP/1.1"
    assert request.headers["host"] == f"hook.test:{receiver.port}"
    assert request.headers["content-type"] == "application/json"
    assert request.headers["idempotency-key"] == "key-1"
    assert json.loads(request.body) == {
        "id": "key-1",
        "title": "Alert: Küche",
        "text": "2150 W",
        "urgent": True,
        "link": "http://pi:8000/alerts/7",
        "at": AT // 1000,
        "events": [{"event": "raised", "alert_id": "7"}],
    }
    assert "ohmstead-signature" not in request.headers


async def test_a_shared_secret_signs_body_and_time() -> None:
    async with web_server() as receiver:
        await send(f"http://hook.test:{receiver.port}/", secret="shared")
    (request,) = receiver.requests
    at, digest = (part.partition("=")[2] for part in request.headers["ohmstead-signature"].split(","))
    assert int(at) == AT // 1_000_000
    assert hmac.new(b"shared", at.encode() + b"." + request.body, hashlib.sha256).hexdigest() == digest
    assert b"shared" not in request.body


async def test_the_check_in_the_how_to_page_tells_genuine_from_forged() -> None:
    page = Path(__file__).parents[3] / "docs" / "how-to" / "notifications.md"
    code = page.read_text().partition("```python\n")[2].partition("```")[0]
    names: dict[str, Any] = {}
    exec(code, names)
    is_genuine = names["is_genuine"]
    now = int(time.time())
    header = signature("shared", now, b"{}")
    assert is_genuine("shared", header, b"{}")
    assert not is_genuine("other", header, b"{}")
    assert not is_genuine("shared", header, b"{ }")
    assert not is_genuine("shared", header.replace(f"t={now}", f"t={now + 1}"), b"{}")
    assert not is_genuine("shared", signature("shared", now - 3600, b"{}"), b"{}")


@pytest.mark.parametrize(
    ("line", "permanent"),
    [("500 Oops", False), ("503 Later", False), ("429 Slow down", False), ("408 Slow", False), ("404 Gone", True),
     ("401 Who", True), ("302 Found", True), ("304 Same", True), ("199 Odd", False)],
)  # fmt: skip
async def test_what_the_receiver_refuses_is_tried_again_only_if_that_can_help(line: str, permanent: bool) -> None:
    async with web_server(status(line)) as receiver:
        failure = await refused(f"http://hook.test:{receiver.port}/")
    assert (failure.permanent, line[:3] in str(failure)) == (permanent, True)


async def test_a_redirect_to_this_server_is_not_followed() -> None:
    async with web_server() as ourselves:
        moved = status("307 Moved", f"Location: http://127.0.0.1:{ourselves.port}/api/v1/users")
        async with web_server(moved) as receiver:
            failure = await refused(f"http://hook.test:{receiver.port}/", outgoing(ourselves.port))
    assert "redirects are not followed" in str(failure)
    assert len(receiver.requests) == 1
    assert ourselves.requests == []


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "hook.test", "[::1]"])
async def test_this_server_itself_is_never_called(host: str) -> None:
    async with web_server() as ourselves:
        means = outgoing(ourselves.port, names=Names(["::1", "127.0.0.1"]))
        failure = await refused(f"http://{host}:{ourselves.port}/api/v1/users", means)
    assert (failure.permanent, "this server itself" in str(failure)) == (True, True)
    assert ourselves.requests == []


@pytest.mark.parametrize("address", ["169.254.169.254", "fe80::1", "0.0.0.0", "224.0.0.1", "::"])
async def test_addresses_that_are_no_receivers_are_refused(address: str) -> None:
    failure = await refused("http://hook.test/", outgoing(names=Names([address])))
    assert failure.permanent
    assert "not allowed" in str(failure)


async def test_a_name_that_changes_its_address_after_the_check_changes_nothing() -> None:
    names = Names(["127.0.0.1"], ["169.254.169.254"])
    async with web_server() as receiver:
        await send(f"http://rebinding.test:{receiver.port}/", outgoing(names=names))
    assert (names.asked, len(receiver.requests)) == (1, 1)
    assert receiver.requests[0].headers["host"] == f"rebinding.test:{receiver.port}"


async def test_only_networks_the_operator_allows() -> None:
    means = outgoing(networks=[ipaddress.ip_network("192.168.0.0/16")])
    assert "OHMSTEAD_NOTIFY_NETWORKS" in str(await refused("http://hook.test/", means))


async def test_a_name_nobody_knows_is_asked_again_later() -> None:
    failure = await refused("http://hook.test/", outgoing(names=Names([])))
    assert (failure.permanent, str(failure)) == (
        False,
        "the name hook.test is not known (no answer from the name server)",
    )


async def test_the_next_address_is_tried_when_the_first_does_not_answer() -> None:
    async with web_server() as receiver:
        await send(f"http://hook.test:{receiver.port}/", outgoing(names=Names(["127.0.0.2", "127.0.0.1"])))
    assert len(receiver.requests) == 1


async def test_a_receiver_that_hangs_is_left_after_the_time() -> None:
    forever = asyncio.Event()

    async def hang(writer: asyncio.StreamWriter) -> None:
        await forever.wait()

    async with web_server(hang) as receiver:
        failure = await refused(f"http://hook.test:{receiver.port}/", outgoing(timeout_s=0.1))
        forever.set()
    assert (failure.permanent, "no answer within 0.1 s" in str(failure)) == (False, True)


async def test_of_an_endless_answer_only_the_beginning_is_read() -> None:
    written = 0

    async def endless(writer: asyncio.StreamWriter) -> None:
        nonlocal written
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 10485760\r\n\r\n")
        for _ in range(160):
            writer.write(b"x" * 65_536)
            await writer.drain()
            written += 65_536

    async with web_server(endless) as receiver:
        assert await send(f"http://hook.test:{receiver.port}/") == "answered 200"
    assert written < 10_485_760


@pytest.mark.parametrize("answer", [b"", b"SSH-2.0-OpenSSH\r\n", b"\x00" * 100, b"HTTP/1.1 abc\r\n\r\n"])
async def test_garbage_is_no_answer(answer: bytes) -> None:
    async def garbage(writer: asyncio.StreamWriter) -> None:
        writer.write(answer)

    async with web_server(garbage) as receiver:
        assert not (await refused(f"http://hook.test:{receiver.port}/")).permanent


@pytest.fixture
def authority(tmp_path: Path) -> LocalAuthority:
    made = LocalAuthority(tmp_path / "tls")
    made.create(["hook.test", "127.0.0.1"])
    return made


async def test_over_tls_the_certificate_counts(authority: LocalAuthority) -> None:
    async with web_server(tls=authority.context()) as receiver:
        url = f"https://hook.test:{receiver.port}/"
        assert "certificate is not trusted" in str(await refused(url))
        assert receiver.requests == []
        assert await send(url, verify=False) == "answered 200"


async def test_over_tls_it_is_the_name_that_is_checked(authority: LocalAuthority, monkeypatch: Any) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(authority.certificate))
    async with web_server(tls=authority.context()) as receiver:
        assert await send(f"https://hook.test:{receiver.port}/") == "answered 200"
        assert "certificate is not trusted" in str(await refused(f"https://other.test:{receiver.port}/"))
