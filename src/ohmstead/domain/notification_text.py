"""What notifications say: templates with a fixed set of names, and the usual texts. Nothing in a template is run."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, tzinfo
from typing import Any, Final

from ohmstead.domain.errors import InvalidInput
from ohmstead.domain.notification import Delivery
from ohmstead.domain.telemetry import MS, SECOND

# Every name a template may use, with what it stands for.
PLACEHOLDERS: Final[Mapping[str, str]] = {
    "headline": "what happened, in a word or two",
    "event": "raised, cleared, escalated, …",
    "severity": "info, warning or critical",
    "rule": "name of the rule",
    "message": "the alert in a sentence",
    "device": "name of the device",
    "channel": "name of the channel",
    "value": "the value that made the difference",
    "unit": "its unit",
    "limit": "the limit of the rule",
    "at": "when, on the site's clock",
    "site": "name of the site",
    "link": "address of the alert's page; empty unless the server's public address is set",
}
USUAL_TITLE: Final = "{headline}: {rule}"
USUAL_BODY: Final = """\
{message}

Device: {device}
Channel: {channel}
Value: {value} {unit}
Time: {at}
{link}"""
HEADLINES: Final[Mapping[str, str]] = {
    "raised": "Alert",
    "escalated": "Nobody has looked yet",
    "cleared": "Over",
    "acknowledged": "Seen",
    "woken": "Still there",
    "test": "Test",
}
LONGEST_TEMPLATE: Final = 4000
LONGEST_VALUE: Final = 500
LONGEST_TITLE: Final = 200

_TOKEN: Final = re.compile(r"\{\{|\}\}|\{([^{}]*)\}|[{}]")


@dataclass(frozen=True, slots=True)
class Message:
    """What a notifier sends. `key` is the same in every attempt; `events` is for machines, the texts for people.

    `urgent` lets a service ring louder. `at`: UTC microseconds of this attempt.
    """

    key: str
    title: str
    text: str
    at: int
    urgent: bool = False
    link: str = ""
    events: tuple[Mapping[str, Any], ...] = ()


def check(template: str) -> str:
    """The template itself. Raises InvalidInput naming what is not understood and what would be."""
    if len(template) > LONGEST_TEMPLATE:
        raise InvalidInput(f"a template has at most {LONGEST_TEMPLATE} characters")
    for token in _TOKEN.finditer(template):
        if token[0] in ("{{", "}}"):
            continue
        if token[1] is None:
            raise InvalidInput(f"a lone {token[0]!r} in the template; write {token[0] * 2!r} for the sign itself")
        if token[1] not in PLACEHOLDERS:
            raise InvalidInput(f"unknown placeholder {token[0]}; known are {', '.join(PLACEHOLDERS)}")
    return template


def fill(template: str, values: Mapping[str, str]) -> str:
    """The template with its names replaced. A line whose names all stand for nothing is left out."""
    lines = []
    for line in template.splitlines():
        names = [token[1] for token in _TOKEN.finditer(line) if token[1] is not None]
        if not names or any(values.get(name) for name in names):
            lines.append(_TOKEN.sub(lambda token: _filled(token, values), line).rstrip())
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip()


def _filled(token: re.Match[str], values: Mapping[str, str]) -> str:
    return token[0][0] if token[1] is None else values.get(token[1], "")


def values_of(one: Delivery, zone: tzinfo, site: str, public_url: str | None) -> dict[str, str]:
    """What the placeholders stand for. Text from devices loses its line breaks: it must not look like ours."""
    told = {name: _text(one.payload.get(name)) for name in PLACEHOLDERS}
    told |= {"event": one.event, "severity": one.severity, "site": site}
    told["headline"] = HEADLINES.get(one.event, one.event.capitalize())
    told["at"] = datetime.fromtimestamp(one.at / SECOND, zone).strftime("%Y-%m-%d %H:%M %Z")
    told["link"] = link_of(one.alert, public_url)
    told["rule"] = told["rule"] or told["message"] or "alert"
    return told


def link_of(alert: int, public_url: str | None) -> str:
    return f"{public_url.rstrip('/')}/alerts/{alert}" if public_url else ""


def _text(raw: Any) -> str:
    if raw is None or isinstance(raw, bool | Mapping | list | tuple):
        return ""
    text = f"{raw:.6g}" if isinstance(raw, float) else str(raw)
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())[:LONGEST_VALUE]


def compose(
    deliveries: Sequence[Delivery],
    *,
    key: str,
    title: str | None,
    body: str | None,
    zone: tzinfo,
    site: str,
    public_url: str | None,
    now: int,
) -> Message:
    """One message about one event, or about several in the order given (at least one)."""
    told = [values_of(one, zone, site, public_url) for one in deliveries]
    titles = [_line(fill(title or USUAL_TITLE, values)) for values in told]
    texts = [fill(USUAL_BODY if body is None else body, values) for values in told]
    events = tuple(event_of(one, values["link"]) for one, values in zip(deliveries, told, strict=True))
    urgent = any(one.urgent for one in deliveries)
    if len(deliveries) == 1:
        return Message(key, titles[0], texts[0], now, urgent, told[0]["link"], events)
    together = "\n\n".join(
        f"{n}. {head}\n{text}".rstrip() for n, (head, text) in enumerate(zip(titles, texts, strict=True), 1)
    )
    link = f"{public_url.rstrip('/')}/alerts" if public_url else ""
    return Message(key, f"{len(deliveries)} alerts at {site}", together, now, urgent, link, events)


def _line(text: str) -> str:
    return " ".join(text.split())[:LONGEST_TITLE]


def event_of(one: Delivery, link: str) -> dict[str, Any]:
    """One event as JSON for machines; instants in milliseconds."""
    known = {"alert_id": str(one.alert), "event": one.event, "at": one.at // MS, "severity": one.severity}
    names = ("rule", "message", "device", "device_id", "channel", "channel_id", "value", "unit", "limit")
    told = {name: one.payload[name] for name in names if one.payload.get(name) is not None}
    return known | told | ({"link": link} if link else {})
