"""Real receivers for notifications: a mail server and a web server, on loopback ports of their own."""

import asyncio
import email
import email.policy
import ssl
import warnings
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from email.message import EmailMessage
from typing import Any

from aiosmtpd.smtp import SMTP, AuthResult, LoginPassword


@dataclass
class Mailbox:
    """What a mail server took. `answers`: what it says to the next messages instead of taking them."""

    mails: list[EmailMessage] = field(default_factory=list)
    answers: list[str] = field(default_factory=list)
    refuse: dict[str, str] = field(default_factory=dict)  # recipient to answer
    tried: list[str] = field(default_factory=list)  # Message-ID of every attempt, taken or not
    hold: asyncio.Event | None = None  # it takes nothing, and says nothing, until this is set
    port: int = 0

    async def handle_RCPT(self, server: Any, session: Any, envelope: Any, address: str, options: Any) -> str:
        if address in self.refuse:
            return self.refuse[address]
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        mail = email.message_from_bytes(envelope.content, policy=email.policy.default)
        assert isinstance(mail, EmailMessage)
        self.tried.append(mail["Message-ID"])
        if self.hold is not None:
            await self.hold.wait()
        if self.answers:
            return self.answers.pop(0)
        self.mails.append(mail)
        return "250 taken"


@asynccontextmanager
async def mail_server(
    box: Mailbox,
    *,
    port: int = 0,
    tls: ssl.SSLContext | None = None,
    starttls: ssl.SSLContext | None = None,
    login: tuple[str, str] | None = None,
) -> AsyncIterator[Mailbox]:
    """A mail server in this event loop."""

    def authenticator(server: Any, session: Any, envelope: Any, mechanism: str, data: Any) -> AuthResult:
        given = (data.login.decode(), data.password.decode()) if isinstance(data, LoginPassword) else None
        return AuthResult(success=given == login, handled=False)

    def made() -> SMTP:
        options: dict[str, Any] = {"authenticator": authenticator, "auth_required": True} if login else {}
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # it warns of a log-in without encryption, which is what is tested
            return SMTP(
                box, hostname="mail.test", enable_SMTPUTF8=False, tls_context=starttls,
                require_starttls=starttls is not None, auth_require_tls=False, loop=asyncio.get_running_loop(),
                **options,
            )  # fmt: skip

    server = await asyncio.get_running_loop().create_server(made, "127.0.0.1", port, ssl=tls)
    box.port = server.sockets[0].getsockname()[1]
    try:
        yield box
    finally:
        server.close()
        await server.wait_closed()


@dataclass
class Request:
    line: str
    headers: dict[str, str]
    body: bytes


@dataclass
class Receiver:
    """What a web server got. `answer` writes what it answers."""

    requests: list[Request] = field(default_factory=list)
    port: int = 0


Answer = Callable[[asyncio.StreamWriter], Awaitable[None]]


def status(line: str, *headers: str) -> Answer:
    async def answer(writer: asyncio.StreamWriter) -> None:
        writer.write("\r\n".join([f"HTTP/1.1 {line}", "Content-Length: 0", *headers, "", ""]).encode())

    return answer


@asynccontextmanager
async def web_server(
    answer: Answer | None = None, *, port: int = 0, tls: ssl.SSLContext | None = None
) -> AsyncIterator[Receiver]:
    """A web server in this event loop that takes POSTs; answers 200 unless told otherwise."""
    receiver = Receiver()

    async def one(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            head = (await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
            headers = dict(line.split(": ", 1) for line in head[1:] if line)
            headers = {name.lower(): value for name, value in headers.items()}
            body = await reader.readexactly(int(headers.get("content-length", 0)))
            receiver.requests.append(Request(head[0], headers, body))
            await (answer or status("200 OK"))(writer)
            await writer.drain()
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()

    server = await asyncio.start_server(one, "127.0.0.1", port, ssl=tls)
    receiver.port = server.sockets[0].getsockname()[1]
    try:
        yield receiver
    finally:
        server.close()
        await server.wait_closed()
        await asyncio.sleep(0)
