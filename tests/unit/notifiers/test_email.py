"""E-mail through real mail servers: taken, put off, refused, encrypted, hanging."""

import asyncio
from pathlib import Path
from typing import Any

import pytest

from ohmstead.domain.errors import InvalidInput
from ohmstead.domain.notification import Undelivered
from ohmstead.domain.notification_text import Message
from ohmstead.domain.notifier import checked
from ohmstead.domain.outgoing import OutgoingRules
from ohmstead.notifiers.email import NOTIFIER
from ohmstead.runtime.certificates import LocalAuthority
from ohmstead.services.outgoing import Outgoing, is_local
from receivers import Mailbox, mail_server

MESSAGE = Message("key-1", "Alert: Küche", "2150 W\nüber 2 kW", 1_763_683_200_000_000, urgent=True)
PASSWORD = "s3cr3t-passw0rd"


def outgoing(*own: int, timeout_s: float = 3.0) -> Outgoing:
    async def names(host: str) -> list[str]:
        return ["127.0.0.1"]

    return Outgoing(OutgoingRules(None, lambda: own, is_local), timeout_s, names)


def config(at_port: int, **changes: Any) -> dict[str, Any]:
    given = {"to": "ada@home.test, bob@home.test", "sender": "pi@home.test", "host": "mail.test", "port": at_port}
    made = checked(NOTIFIER.settings, given | {"security": "none"} | changes)
    NOTIFIER.check(made)
    return made


async def refused(port: int, means: Outgoing | None = None, **changes: Any) -> Undelivered:
    with pytest.raises(Undelivered) as failed:
        await NOTIFIER.send(config(port, **changes), MESSAGE, means or outgoing())
    return failed.value


async def test_it_arrives_with_the_key_as_its_message_id() -> None:
    async with mail_server(Mailbox()) as box:
        assert await NOTIFIER.send(config(box.port), MESSAGE, outgoing()) == ""
    (mail,) = box.mails
    assert (mail["Subject"], mail["To"]) == ("Alert: Küche", "ada@home.test, bob@home.test")
    assert (mail["Message-ID"], mail["Importance"]) == ("<key-1@home.test>", "high")
    assert mail["From"] == "Ohmstead <pi@home.test>"
    assert mail["Date"] == "Fri, 21 Nov 2025 00:00:00 +0000"
    assert mail.get_content().splitlines() == ["2150 W", "über 2 kW"]


@pytest.mark.parametrize("said", ["451 4.7.1 Greylisted, come again", "452 Mailbox full", "421 Too busy"])
async def test_who_says_later_is_asked_later(said: str) -> None:
    async with mail_server(Mailbox(answers=[said])) as box:
        failure = await refused(box.port)
    assert (failure.permanent, said in str(failure), len(box.tried)) == (False, True, 1)


async def test_who_says_never_is_believed_and_quoted() -> None:
    async with mail_server(Mailbox(answers=["554 5.7.1 Looks like spam"])) as box:
        failure = await refused(box.port)
    assert (failure.permanent, str(failure)) == (True, "the mail server answered 554 5.7.1 Looks like spam")


async def test_one_recipient_who_is_unknown_does_not_hold_up_the_other() -> None:
    async with mail_server(Mailbox(refuse={"bob@home.test": "550 No such user"})) as box:
        assert await NOTIFIER.send(config(box.port), MESSAGE, outgoing()) == "not to bob@home.test: 550 No such user"
        assert len(box.mails) == 1


@pytest.mark.parametrize(("code", "permanent"), [("550", True), ("450", False)])
async def test_without_any_recipient_left_it_is_not_delivered(code: str, permanent: bool) -> None:
    refuse = {"ada@home.test": "550 No such user", "bob@home.test": f"{code} No"}
    async with mail_server(Mailbox(refuse=refuse)) as box:
        failure = await refused(box.port)
    assert (failure.permanent, "ada@home.test: 550 No such user" in str(failure)) == (permanent, True)


async def test_with_user_and_password() -> None:
    async with mail_server(Mailbox(), login=("pi", PASSWORD)) as box:
        await NOTIFIER.send(config(box.port, user="pi", password=PASSWORD), MESSAGE, outgoing())
        assert len(box.mails) == 1
        failure = await refused(box.port, user="pi", password="wrong-" + PASSWORD)
        assert (failure.permanent, "535" in str(failure), PASSWORD in str(failure)) == (True, True, False)
        assert "530" in str(await refused(box.port))


@pytest.fixture
def authority(tmp_path: Path) -> LocalAuthority:
    made = LocalAuthority(tmp_path / "tls")
    made.create(["mail.test"])
    return made


@pytest.mark.parametrize("security", ["starttls", "tls"])
async def test_encrypted_it_checks_the_name_of_the_server(
    security: str, authority: LocalAuthority, monkeypatch: Any
) -> None:
    how = {"starttls": authority.context()} if security == "starttls" else {"tls": authority.context()}
    async with mail_server(Mailbox(), **how) as box:
        assert "not trusted" in str(await refused(box.port, security=security))
        await NOTIFIER.send(config(box.port, security=security, verify=False), MESSAGE, outgoing())
        monkeypatch.setenv("SSL_CERT_FILE", str(authority.certificate))
        await NOTIFIER.send(config(box.port, security=security), MESSAGE, outgoing())
        assert "not trusted" in str(await refused(box.port, security=security, host="other.test"))
        assert len(box.mails) == 2


async def test_a_server_without_encryption_gets_no_password() -> None:
    async with mail_server(Mailbox(), login=("pi", PASSWORD)) as box:
        failure = await refused(box.port, security="starttls", user="pi", password=PASSWORD)
    assert "STARTTLS" in str(failure)
    assert box.mails == []


async def test_a_server_that_says_nothing_is_left_after_the_time() -> None:
    hung_up = asyncio.Event()

    async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()
        hung_up.set()
        writer.close()

    server = await asyncio.start_server(silent, "127.0.0.1", 0)
    async with server:
        failure = await refused(server.sockets[0].getsockname()[1], outgoing(timeout_s=0.2))
        await asyncio.wait_for(hung_up.wait(), 5)
    assert not failure.permanent


async def test_this_server_itself_is_no_mail_server() -> None:
    failure = await refused(1883, outgoing(1883))
    assert (failure.permanent, "this server itself" in str(failure)) == (True, True)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"to": "ada"}, "'ada' is not an e-mail address"),
        ({"to": ","}, "1–50 addresses"),
        ({"to": ", ".join(["a@b.test"] * 51)}, "1–50 addresses"),
        ({"sender": "pi@"}, "not an e-mail address"),
        ({"sender": "Pi <pi@home.test>"}, "not an e-mail address"),
        ({"host": "mail.test/x"}, "host is the name"),
        ({"port": 70_000}, "port is"),
        ({"password": PASSWORD}, "needs a user"),
        ({"security": "rot13"}, "security is not a choice: starttls, tls, none"),
    ],
)
def test_what_cannot_work_is_refused_when_it_is_set(changes: dict[str, Any], said: str) -> None:
    with pytest.raises(InvalidInput, match=said):
        config(25, **changes)
