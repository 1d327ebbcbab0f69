"""What a channel is, from its key and from what its device announced."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ohmstead.domain.channel import ChannelSpec, describe, legal_key, shown
from ohmstead.domain.quantity import QUANTITIES, Kind
from ohmstead.domain.telemetry import Announcement


@pytest.mark.parametrize("name", QUANTITIES)
def test_a_key_named_like_a_quantity_is_that_quantity(name: str) -> None:
    quantity = QUANTITIES[name]
    assert describe(name) == ChannelSpec(name, name, quantity.unit, quantity.kind, quantity.decimals)


def test_any_other_key_is_generic() -> None:
    assert describe("left") == ChannelSpec("left", "generic", "", Kind.GAUGE, 3)


def test_the_announced_quantity_counts_more_than_the_key() -> None:
    spec = describe("power", Announcement("power", "energy", "kWh", decimals=3))
    assert spec == ChannelSpec("power", "energy", "Wh", Kind.COUNTER, 0, 1000.0)


def test_decimals_of_the_announced_unit_are_carried_over() -> None:
    assert describe("i", Announcement("i", "current", "mA", decimals=1)).decimals == 4
    assert describe("t", Announcement("t", "temperature", "°F", decimals=1)).decimals == 1
    assert describe("e", Announcement("e", "energy", "MWh", decimals=1)).decimals == 0
    assert describe("i", Announcement("i", "current", "µA", decimals=9)).decimals == 9


def test_an_affine_unit_has_an_offset() -> None:
    spec = describe("t", Announcement("t", "temperature", "°F"))
    assert 212 * spec.factor + spec.offset == pytest.approx(100)
    assert spec.unit == "°C"


def test_a_unit_alone_converts_the_quantity_of_the_key() -> None:
    assert describe("current", Announcement("current", unit="mA")).factor == 0.001


def test_a_foreign_unit_is_kept_as_it_is() -> None:
    spec = describe("energy", Announcement("energy", "energy", "therm"))
    assert spec == ChannelSpec("energy", "generic", "therm", Kind.COUNTER, 3)


def test_an_unknown_quantity_is_generic_with_its_unit_and_kind() -> None:
    spec = describe("rain", Announcement("rain", "rainfall", "mm", "counter", 1))
    assert spec == ChannelSpec("rain", "generic", "mm", Kind.COUNTER, 1)


def test_a_key_does_not_stand_in_for_a_quantity_that_is_unknown() -> None:
    assert describe("power", Announcement("power", "horsepower", "W")).quantity == "generic"


def test_the_kind_of_a_known_quantity_is_fixed() -> None:
    assert describe("power", Announcement("power", kind="counter")).kind is Kind.GAUGE
    assert describe("x", Announcement("x", kind="angle")).kind is Kind.GAUGE


def test_units_and_decimals_are_bounded() -> None:
    spec = describe("x", Announcement("x", unit="u" * 99, decimals=99))
    assert (len(spec.unit), spec.decimals) == (16, 9)
    assert describe("x", Announcement("x", unit="\x00")).unit == ""


@pytest.mark.parametrize(
    ("key", "legal"), [("a", True), ("a" * 64, True), ("é b", True), ("", False), ("a" * 65, False)]
)
def test_legal_keys(key: str, legal: bool) -> None:
    assert legal_key(key) is legal


@given(st.text(max_size=80) | st.just("\x00\ud800"))
def test_any_key_can_be_shown(key: str) -> None:
    assert shown(key) == key if legal_key(key) else shown(key) == "" or legal_key(shown(key))
    shown(key).encode()
