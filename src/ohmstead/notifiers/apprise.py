"""Everything else that Apprise reaches: ntfy, Gotify, Telegram, Matrix, Pushover and a hundred more.

What is checked, and what is not: before anything is handed over, the host in the address of a self-hosted service
(ntfy, Gotify, Matrix, …) is looked up and must be one this server may connect to; redirects are switched off. Apprise
then looks the name up once more by itself, so a name server that changes its answer within that moment is not caught
here, and a service may name further hosts on its own (Matrix discovery does). Services that would let a person say
freely what is sent where are therefore refused: `webhook` and `email` do that with checked addresses. The fixed hosts
of public services are not looked up beforehand. Files and addresses that a service would read here, such as templates
and keys, are not read.
"""

import logging
import re
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Final

from ohmstead.domain.errors import InvalidInput
from ohmstead.domain.notification import CLEARED, Undelivered
from ohmstead.domain.notification_text import Message
from ohmstead.domain.notifier import Means, Setting

_WEBHOOK: Final = "use the kind webhook for it"
_EMAIL: Final = "use the kind email for it"
_HERE: Final = "it would be shown on the server's own screen or log"
REFUSED: Final[Mapping[str, str]] = {
    **dict.fromkeys(("json", "jsons", "xml", "xmls", "form", "forms"), _WEBHOOK),
    **dict.fromkeys(("mailto", "mailtos"), _EMAIL),
    **dict.fromkeys(("dbus", "qt", "kde", "glib", "gnome", "macosx", "windows", "syslog", "blink1"), _HERE),
    **dict.fromkeys(("mqtt", "mqtts"), "this server is a broker itself"),
}
_SECRETS_BETWEEN: Final = re.compile(r"[/:@?&=,#]+")
_SHORTEST_SECRET: Final = 5
_loading: Final = threading.Lock()


class Apprise:
    name = "apprise"
    label = "Telegram, ntfy, Gotify, Matrix and others (Apprise address)"
    settings = (Setting("url", "Apprise address, such as ntfy://host/topic", required=True, secret=True, place=True),)

    def check(self, config: Mapping[str, Any]) -> None:
        scheme = _scheme(config["url"])
        if scheme in REFUSED:
            raise InvalidInput(f"config: {scheme}:// is not taken: {REFUSED[scheme]}")
        if _service(config["url"], 10.0) is None:
            raise InvalidInput("config: url is not an address that Apprise knows, such as ntfy://host/topic")

    def where(self, config: Mapping[str, Any]) -> str:
        return _scheme(config["url"])

    async def send(self, config: Mapping[str, Any], message: Message, means: Means) -> str:
        url = config["url"]
        service = await means.in_thread(lambda: _service(url, means.timeout_s / 2))
        if service is None or _scheme(url) in REFUSED:
            raise Undelivered("the address is not one that Apprise knows any more", permanent=True)
        if host := _own_host(service):
            await means.route(host, service.port or (443 if service.secure else 80))
        failure = await means.in_thread(lambda: _tell(service, message))
        if failure is not None:
            raise Undelivered(_without_secrets(failure, url, _own_host(service)) or "the service did not take it")
        return ""


def _scheme(url: str) -> str:
    return str(url).partition("://")[0].strip().lower()[:20]


def _service(url: str, timeout_s: float) -> Any:
    """The service behind an address; None when there is none. Blocks while Apprise is imported for the first time."""
    import apprise  # on use: it takes a tenth of a second and ten megabytes

    _reads_nothing()
    logging.getLogger("apprise").propagate = False  # what it logs may hold what was sent; see `_heard`
    asset = apprise.AppriseAsset(async_mode=False, secure_logging=True, storage_mode=apprise.PersistentStoreMode.MEMORY)
    asset.http_redirects = False
    service = apprise.Apprise.instantiate(url, asset=asset, suppress_exceptions=True)
    if service is not None:
        service.redirects = False  # the address may not say otherwise, nor wait for longer than we do
        service.socket_connect_timeout = service.socket_read_timeout = timeout_s
        service.service_retry = 0
    return service


def _reads_nothing() -> None:
    """Addresses may name templates and keys (`?template=/etc/…`, `?keyfile=http://…`) that Apprise would read here."""
    from apprise.apprise_attachment import A_MGR

    readers: Any = A_MGR
    with _loading:
        readers.remove(*(schema for schema in readers.schemas() if schema != "memory"), unload=False)


def _own_host(service: Any) -> str | None:
    """The host of a service that somebody runs themselves; None for a public one, whose hosts are fixed."""
    named = any("{host}" in template for template in getattr(service, "templates", ()))
    return service.host if named and getattr(service, "mode", None) != "cloud" else None


def _tell(service: Any, message: Message) -> str | None:
    """None when the service took it, else what it complained about. Blocks."""
    event = message.events[0].get("event") if len(message.events) == 1 else None
    kind = "success" if event == CLEARED else "info" if event == "test" else "failure" if message.urgent else "warning"
    text = f"{message.text}\n{message.link}" if message.link and message.link not in message.text else message.text
    with _heard() as said:
        taken = service.notify(body=text or message.title, title=message.title, notify_type=kind, body_format="text")
    return None if taken else "; ".join(said)


@contextmanager
def _heard() -> Iterator[list[str]]:
    """What Apprise warns of in this thread: it says no otherwise why a message was not taken."""
    said: list[str] = []
    mine = threading.get_ident()

    class Listening(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            if record.thread == mine:
                said.append(" ".join(record.getMessage().split())[:200])

    logger, handler = logging.getLogger("apprise"), Listening(logging.WARNING)
    logger.addHandler(handler)
    try:
        yield said
    finally:
        logger.removeHandler(handler)


def _without_secrets(text: str, url: str, host: str | None) -> str:
    """The text without any part of the address, but for the host, that might be a token, a user or a password."""
    rest = url.partition("://")[2]
    for part in sorted(_SECRETS_BETWEEN.split(rest), key=len, reverse=True):
        if len(part) >= _SHORTEST_SECRET and part != host:
            text = text.replace(part, "…")
    return text[:300]


NOTIFIER = Apprise()
