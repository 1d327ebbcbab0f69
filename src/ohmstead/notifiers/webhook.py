"""A POST of JSON to a web address, signed when a secret is shared with the receiver."""

import hashlib
import hmac
import json
import ssl
from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import SplitResult, quote, urlsplit

from ohmstead.domain.errors import InvalidInput
from ohmstead.domain.notification import Undelivered
from ohmstead.domain.notification_text import Message
from ohmstead.domain.notifier import Means, Setting
from ohmstead.domain.telemetry import MS, SECOND
from ohmstead.runtime.http_client import NoAnswer, post

SIGNATURE: Final = "Ohmstead-Signature"
# Answers that may be another one later; every other 4xx says that the request itself is wrong.
LATER: Final = frozenset({408, 409, 421, 425, 429})

_LEGAL: Final = "/?%:@!$&'()*+,;=~-._[]"


def signature(secret: str, at_s: int, body: bytes) -> str:
    """`t=<seconds>,v1=<hex>`: HMAC-SHA256 with the secret over `<seconds>.<body>`; the time foils a replay."""
    digest = hmac.new(secret.encode(), f"{at_s}.".encode() + body, hashlib.sha256).hexdigest()
    return f"t={at_s},v1={digest}"


class Webhook:
    name = "webhook"
    label = "Webhook"
    settings = (
        # The whole address counts as secret: many services put their token into it.
        Setting("url", "Address (http or https)", required=True, secret=True, place=True),
        Setting("secret", "Shared secret for the signature", secret=True),
        Setting("verify", "Check the certificate", kind="switch", default=True, place=True),
    )

    def check(self, config: Mapping[str, Any]) -> None:
        try:
            parts = urlsplit(config["url"])
            legal = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
            legal = legal and parts.username is None and config["url"].isascii() and " " not in config["url"]
        except ValueError:
            legal = False
        if not legal:
            raise InvalidInput(
                "config: url is not an address such as https://host:port/path, without user and password"
            )

    def where(self, config: Mapping[str, Any]) -> str:
        parts = urlsplit(config["url"])
        return f"{parts.scheme}://{parts.netloc}"

    async def send(self, config: Mapping[str, Any], message: Message, means: Means) -> str:
        parts = urlsplit(config["url"])
        secure = parts.scheme == "https"
        route = await means.route(parts.hostname or "", parts.port or (443 if secure else 80))
        body = json.dumps(document(message), ensure_ascii=False).encode()
        headers = {
            "Content-Type": "application/json",
            "User-Agent": "Ohmstead",
            "Accept": "*/*",
            "Idempotency-Key": message.key,
        }
        if config.get("secret"):
            headers[SIGNATURE] = signature(config["secret"], message.at // SECOND, body)
        try:
            answer = await post(
                route.addresses,
                route.port,
                _target(parts),
                body,
                headers,
                host=route.host,
                timeout_s=means.timeout_s,
                tls=_tls(config) if secure else None,
            )
        except NoAnswer as error:
            raise Undelivered(f"{route.host} port {route.port}: {error}") from None
        return _verdict(answer.status)


def document(message: Message) -> dict[str, Any]:
    """What the receiver gets; instants in milliseconds."""
    return {
        "id": message.key,
        "title": message.title,
        "text": message.text,
        "urgent": message.urgent,
        "link": message.link or None,
        "at": message.at // MS,
        "events": list(message.events),
    }


def _verdict(status: int) -> str:
    if 200 <= status < 300:
        return f"answered {status}"
    if 300 <= status < 400:
        raise Undelivered(f"the receiver answered {status}: redirects are not followed", permanent=True)
    raise Undelivered(f"the receiver answered {status}", permanent=400 <= status < 500 and status not in LATER)


def _target(parts: SplitResult) -> str:
    """Path and query as they go on the wire; what is encoded already stays so."""
    path = quote(parts.path or "/", safe=_LEGAL)
    return f"{path}?{quote(parts.query, safe=_LEGAL)}" if parts.query else path


def _tls(config: Mapping[str, Any]) -> ssl.SSLContext:
    context = ssl.create_default_context()
    if config.get("verify") is False:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    return context


NOTIFIER = Webhook()
