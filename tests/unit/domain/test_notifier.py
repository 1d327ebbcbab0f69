"""What a notifier must be told, checked before it is kept."""

from typing import Any

import pytest

from ohmstead.domain.errors import InvalidInput
from ohmstead.domain.notifier import LONGEST_TEXT, Setting, checked

SETTINGS = (
    Setting("host", "Host", required=True, place=True),
    Setting("port", "Port", kind="number", default=25),
    Setting("verify", "Check the certificate", kind="switch", default=True),
    Setting("security", "Encryption", kind="choice", default="tls", choices=("tls", "none")),
    Setting("password", "Password", secret=True),
)


def test_what_is_not_given_is_the_default() -> None:
    assert checked(SETTINGS, {"host": "nas", "port": "", "verify": False}) == {
        "host": "nas", "port": 25, "verify": False, "security": "tls", "password": None,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({}, r"host is missing \(Host\)"),
        ({"host": ""}, "host is missing"),
        ({"host": 5}, "host is not a text"),
        ({"host": "a\r\nb"}, "host is not a text"),
        ({"host": "x" * (LONGEST_TEXT + 1)}, "host is not a text"),
        ({"host": "nas", "port": "25"}, "port is not a number"),
        ({"host": "nas", "port": True}, "port is not a number"),
        ({"host": "nas", "verify": 1}, "verify is not a switch"),
        ({"host": "nas", "security": "rot13"}, "security is not a choice: tls, none"),
        ({"host": "nas", "hots": "x"}, "unknown hots; known are host, port, verify, security, password"),
    ],
)
def test_what_does_not_fit_is_refused_by_name(given: dict[str, Any], said: str) -> None:
    with pytest.raises(InvalidInput, match=said):
        checked(SETTINGS, given)


def test_no_value_is_quoted() -> None:
    with pytest.raises(InvalidInput) as refused:
        checked(SETTINGS, {"host": "nas", "password": "s3cr3t\n"})
    assert "s3cr3t" not in str(refused.value)
