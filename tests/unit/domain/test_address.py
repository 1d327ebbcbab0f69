"""Addresses of devices that are asked."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ohmstead.domain.address import Address, parse
from ohmstead.domain.errors import InvalidInput


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("192.168.1.20", Address("192.168.1.20", 80)),
        (" 192.168.1.20:8080 ", Address("192.168.1.20", 8080)),
        ("Home.local", Address("home.local", 80)),
        ("[fd00::1]", Address("fd00::1", 80)),
        ("[fd00::1]:81", Address("fd00::1", 81)),
    ],
)
def test_a_host_with_or_without_a_port(text: str, address: Address) -> None:
    assert parse(text) == address
    assert parse(str(address)) == address


@pytest.mark.parametrize(
    "text",
    ["", "http://x", "x/y", "x y", "x:0", "x:65536", "x:", "x:80:90", "user@x", "x\r\nHost: y", "x?y", "x#y",
     "::1", "-x", "[::1", "x:８０"],
)  # fmt: skip
def test_anything_that_could_mean_more_is_refused(text: str) -> None:
    with pytest.raises(InvalidInput, match="address"):
        parse(text)


@given(st.text())
def test_whatever_is_taken_is_plain(text: str) -> None:
    try:
        address = parse(text)
    except InvalidInput:
        return
    assert str(address).isascii()
    assert not set(str(address)) & set(" /@?#\r\n\\")
