"""Serials: what devices tell becomes what is safe, and two devices never become one."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ohmstead.domain.identity import LONGEST, is_legal, legal_serial


@pytest.mark.parametrize("serial", ["SN001", "a", "aa:bb:cc", "x" * 64, "kitchen-1.v2_b"])
def test_a_legal_serial_stays(serial: str) -> None:
    assert is_legal(serial)
    assert legal_serial(serial) == serial


@pytest.mark.parametrize("serial", ["", "x" * 65, "a b", "é", "a/b", "a+", "#", "a\n", "%20", "١"])
def test_these_are_not_legal(serial: str) -> None:
    assert not is_legal(serial)


@pytest.mark.parametrize(
    ("told", "serial"),
    [
        ("a b", "a%20b"),
        ("a/b", "a%2Fb"),
        ("é", "%C3%A9"),
        ("100%", "100%25"),
        ("  SN001\n", "SN001"),
        ("#", "%23"),
        ("\ud800", "%ED%A0%80"),
    ],
)
def test_foreign_characters_become_their_bytes(told: str, serial: str) -> None:
    assert legal_serial(told) == serial


@pytest.mark.parametrize("told", ["", " ", "\t\n"])
def test_who_tells_nothing_gets_the_fallback(told: str) -> None:
    assert legal_serial(told, "meter-1") == "meter-1"


def test_a_long_name_is_cut_between_escapes_and_stays_distinct() -> None:
    one, other = legal_serial("é" * 40 + "1"), legal_serial("é" * 40 + "2")
    assert len(one) <= LONGEST
    assert one != other
    assert one.startswith("%C3%A9" * 7)
    assert one.split("-")[0].replace("%C3", "").replace("%A9", "") == ""


@given(st.text(max_size=100), st.text(max_size=100))
def test_every_serial_is_safe_and_names_stay_apart(one: str, other: str) -> None:
    serial = legal_serial(one, "fallback")
    assert 0 < len(serial) <= LONGEST
    assert all(c.isascii() and (c.isalnum() or c in "._:-%") for c in serial)
    if one.strip() != other.strip() and one.strip() and other.strip():
        assert serial != legal_serial(other)
