"""E-mail through a mail server: plain, STARTTLS or TLS, with or without a log-in."""

import smtplib
import socket
import ssl
from collections.abc import Mapping
from datetime import UTC, datetime
from email.errors import MessageError
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import format_datetime
from typing import Any, Final

from ohmstead.domain.errors import InvalidInput
from ohmstead.domain.notification import Undelivered
from ohmstead.domain.notification_text import Message
from ohmstead.domain.notifier import Means, Route, Setting
from ohmstead.domain.telemetry import SECOND

PORTS: Final = {"starttls": 587, "tls": 465, "none": 25}
MOST_RECIPIENTS: Final = 50


class Email:
    name = "email"
    label = "E-mail"
    settings = (
        Setting("to", "To (addresses separated by commas)", required=True),
        Setting("sender", "From", required=True),
        Setting("host", "Mail server", required=True, place=True),
        Setting("port", "Port (587, 465 or 25 by the encryption)", kind="number", place=True),
        Setting("security", "Encryption", kind="choice", default="starttls", choices=tuple(PORTS), place=True),
        Setting("user", "User name"),
        Setting("password", "Password", secret=True),
        Setting("verify", "Check the certificate", kind="switch", default=True, place=True),
    )

    def check(self, config: Mapping[str, Any]) -> None:
        recipients = _addresses(config["to"])
        if not 0 < len(recipients) <= MOST_RECIPIENTS:
            raise InvalidInput(f"config: to holds 1–{MOST_RECIPIENTS} addresses, separated by commas")
        for address in (*recipients, config["sender"].strip()):
            _check_address(address)
        if config["port"] is not None and not 0 < config["port"] < 65_536:
            raise InvalidInput("config: port is 1–65535")
        if any(c in config["host"] for c in " /@?#"):
            raise InvalidInput("config: host is the name or address of a mail server, without anything else")
        if config["password"] and not config["user"]:
            raise InvalidInput("config: a password needs a user")

    def where(self, config: Mapping[str, Any]) -> str:
        return f"{config['to']} via {config['host']}"

    async def send(self, config: Mapping[str, Any], message: Message, means: Means) -> str:
        route = await means.route(config["host"], config["port"] or PORTS[config["security"]])
        mail = _mail(config, message)
        talk = _Talk(route, config, mail, means.timeout_s)
        try:
            return await means.in_thread(talk.run, talk.give_up)
        except smtplib.SMTPRecipientsRefused as error:
            raise _refused(error.recipients) from None
        except smtplib.SMTPResponseException as error:
            raise _answered(error.smtp_code, error.smtp_error) from None
        except smtplib.SMTPNotSupportedError as error:
            raise Undelivered(f"the mail server cannot do what is asked: {_plain(error)}", permanent=True) from None
        except ssl.SSLCertVerificationError as error:
            reason = f"the mail server's certificate is not trusted: {error.verify_message}"
            raise Undelivered(reason) from None
        except (OSError, smtplib.SMTPException) as error:  # SMTPException is an OSError, too
            reason = _plain(error.strerror if isinstance(error, OSError) and error.strerror else error)
            raise Undelivered(f"{route.host} port {route.port}: {reason}") from None


class _Talk:
    """One conversation with a mail server, in a thread; `give_up` ends it from another one."""

    def __init__(self, route: Route, config: Mapping[str, Any], mail: EmailMessage, timeout_s: float) -> None:
        self._route = route
        self._config = config
        self._mail = mail
        self._timeout_s = timeout_s
        self._client: smtplib.SMTP | None = None
        self._over = False

    def run(self) -> str:
        config = self._config
        with self._connect() as client:
            if config["security"] == "starttls":
                client.starttls(context=_tls(config))
            if config["user"]:
                client.login(config["user"], config["password"] or "")
            refused = client.send_message(self._mail, config["sender"], _addresses(config["to"]))
        if not refused:
            return ""
        return "; ".join(f"not to {address}: {_said(*answer)}" for address, answer in refused.items())

    def give_up(self) -> None:
        self._over = True
        sock = None if self._client is None else self._client.sock
        if sock is not None:
            try:
                sock.shutdown(socket.SHUT_RDWR)
            except OSError:
                return  # it is closed already

    def _connect(self) -> smtplib.SMTP:
        """To the first of the checked addresses that answers; the name is not looked up again."""
        failed: OSError = ConnectionError("there was no time left to connect")
        for address in self._route.addresses:
            if self._over:
                break
            try:
                self._client = self._made(address)
            except smtplib.SMTPResponseException:
                raise
            except OSError as error:
                failed = error
            else:
                return self._client
        raise failed

    def _made(self, address: str) -> smtplib.SMTP:
        tls = self._config["security"] == "tls"
        client = (
            _PinnedTls(timeout=self._timeout_s, context=_tls(self._config)) if tls else _Pinned(timeout=self._timeout_s)
        )
        client.local_hostname = "ohmstead.local"
        client.address = address
        client._host = self._route.host  # what a certificate is checked for; `connect` alone leaves it empty
        code, text = client.connect(self._route.host, self._route.port)
        if code != 220:
            client.close()
            raise smtplib.SMTPConnectError(code, text)
        return client


class _Pinned(smtplib.SMTP):
    """Connects to one address, but speaks to, and checks the certificate of, a host of another name."""

    address: str
    _host: str

    def _get_socket(self, host: str, port: int, timeout: float) -> socket.socket:
        return socket.create_connection((self.address, port), timeout)


class _PinnedTls(smtplib.SMTP_SSL, _Pinned):
    """TLS from the first byte, over the socket that `_Pinned` opens."""


def _mail(config: Mapping[str, Any], message: Message) -> EmailMessage:
    mail = EmailMessage()
    sender = config["sender"].strip()
    mail["From"] = Address("Ohmstead", addr_spec=sender)
    mail["To"] = ", ".join(_addresses(config["to"]))
    mail["Subject"] = message.title or "Ohmstead"
    mail["Date"] = format_datetime(datetime.fromtimestamp(message.at / SECOND, UTC))
    # The same in every attempt: mail programs show a message that came twice once.
    mail["Message-ID"] = f"<{message.key}@{sender.rpartition('@')[2]}>"
    mail["Auto-Submitted"] = "auto-generated"
    if message.urgent:
        mail["Importance"] = "high"
    mail.set_content(message.text or message.title)
    return mail


def _addresses(text: str) -> list[str]:
    return [part.strip() for part in text.split(",") if part.strip()]


def _check_address(address: str) -> None:
    try:
        parsed = Address(addr_spec=address)
        legal = bool(parsed.username and parsed.domain) and address.isascii() and " " not in address
    except (ValueError, IndexError, MessageError):  # IndexError: how it meets an address that just ends
        legal = False
    if not legal:
        raise InvalidInput(f"config: {address!r:.80} is not an e-mail address")


def _tls(config: Mapping[str, Any]) -> ssl.SSLContext:
    context = ssl.create_default_context()
    if config["verify"] is False:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    return context


def _answered(code: int, text: bytes | str) -> Undelivered:
    """4xx asks to come again (greylisting, a full box), 5xx never to."""
    return Undelivered(f"the mail server answered {_said(code, text)}", permanent=code >= 500)


def _refused(answers: Mapping[str, tuple[int, bytes]]) -> Undelivered:
    reasons = "; ".join(f"{address}: {_said(*answer)}" for address, answer in answers.items())
    permanent = all(code >= 500 for code, _ in answers.values())
    return Undelivered(f"the mail server takes none of the recipients: {reasons}"[:500], permanent=permanent)


def _said(code: int, text: bytes | str) -> str:
    return f"{code} {_plain(text.decode('utf-8', 'replace') if isinstance(text, bytes) else text)}"


def _plain(what: object) -> str:
    return " ".join("".join(c if c.isprintable() else " " for c in str(what)).split())[:200]


NOTIFIER = Email()
