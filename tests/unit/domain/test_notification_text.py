"""Templates, usual texts, and what machines get."""

from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ohmstead.domain.errors import InvalidInput
from ohmstead.domain.notification import Delivery
from ohmstead.domain.notification_text import LONGEST_TEMPLATE, LONGEST_TITLE, Message, check, compose, fill

AT = 1_763_683_200_000_000  # 2025-11-21T00:00:00Z
KETTLE = {
    "severity": "warning",
    "rule": "Kettle above 2 kW",
    "message": "Kettle draws 2.15 kW, above 2 kW for 5 minutes",
    "device": "Kitchen meter",
    "channel": "Power",
    "value": 2150.0,
    "unit": "W",
}


def told(*payloads: dict[str, Any], event: str = "raised", **options: Any) -> Message:
    rows = [Delivery(n, f"k{n}", 40 + n, event, AT, 1, "Phone", p) for n, p in enumerate(payloads, 1)]
    given: dict[str, Any] = {"title": None, "body": None, "public_url": None} | options
    return compose(rows, key="key", zone=ZoneInfo("Europe/Vienna"), site="Home", now=AT, **given)


def test_the_usual_text_is_plain_language() -> None:
    message = told(KETTLE, public_url="https://home.example/")
    assert message.title == "Alert: Kettle above 2 kW"
    assert message.text == (
        "Kettle draws 2.15 kW, above 2 kW for 5 minutes\n\nDevice: Kitchen meter\nChannel: Power\nValue: 2150 W\n"
        "Time: 2025-11-21 01:00 CET\nhttps://home.example/alerts/41"
    )
    assert not message.urgent


def test_lines_that_stand_for_nothing_are_left_out() -> None:
    message = told({"message": "Meter 3 is silent", "severity": "critical"})
    assert message.text == "Meter 3 is silent\n\nTime: 2025-11-21 01:00 CET"
    assert (message.title, message.urgent) == ("Alert: Meter 3 is silent", True)


def test_other_events_have_other_headlines() -> None:
    assert told(KETTLE, event="cleared").title == "Over: Kettle above 2 kW"
    assert told(KETTLE, event="escalated").title == "Nobody has looked yet: Kettle above 2 kW"
    assert told(KETTLE, event="odd").title == "Odd: Kettle above 2 kW"


def test_own_templates_take_the_known_names() -> None:
    message = told(KETTLE, title="{device}!", body="{{{value}}} {unit} at {site}")
    assert (message.title, message.text) == ("Kitchen meter!", "{2150} W at Home")


@pytest.mark.parametrize(
    ("template", "said"),
    [
        ("{{{{ {nope}", "unknown placeholder"),
        ("{vlaue}", r"unknown placeholder \{vlaue\}; known are headline, event"),
        ("{message.__class__}", "unknown placeholder"),
        ("{0}", "unknown placeholder"),
        ("{}", "unknown placeholder"),
        ("{value:.3f}", "unknown placeholder"),
        ("{device!r}", "unknown placeholder"),
        ("a { b", r"lone '\{'"),
        ("a } b", r"lone '\}'"),
        ("x" * (LONGEST_TEMPLATE + 1), "at most"),
    ],
)
def test_what_is_no_template_is_refused_and_said_why(template: str, said: str) -> None:
    with pytest.raises(InvalidInput, match=said):
        check(template)


@given(st.text(max_size=80))
def test_whatever_passes_the_check_can_be_filled(template: str) -> None:
    try:
        check(template)
    except InvalidInput:
        return
    assert isinstance(fill(template, {"device": "x"}), str)


def test_what_a_device_calls_itself_adds_no_line_no_header_and_no_placeholder() -> None:
    nasty = KETTLE | {"device": "a\r\nBcc: eve@example.com\x00{link}", "rule": "r" * 1000}
    message = told(nasty)
    assert "Device: a Bcc: eve@example.com {link}" in message.text
    assert "\n" not in message.title
    assert len(message.title) <= LONGEST_TITLE


def test_several_events_are_one_message_with_all_of_them() -> None:
    message = told(KETTLE, KETTLE | {"severity": "critical", "device": "Cellar"}, public_url="http://pi:8000")
    assert message.title == "2 alerts at Home"
    assert message.text.startswith("1. Alert: Kettle above 2 kW\n")
    assert "\n\n2. Alert: " in message.text
    assert (message.urgent, message.link) == (True, "http://pi:8000/alerts")
    assert [event["device"] for event in message.events] == ["Kitchen meter", "Cellar"]


def test_machines_get_the_event_with_instants_in_milliseconds() -> None:
    (event,) = told(KETTLE | {"internal": "not shown"}).events
    assert event == KETTLE | {"alert_id": "41", "event": "raised", "at": AT // 1000}
