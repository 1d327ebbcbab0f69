"""Announced units."""

from math import isclose

import pytest

from ohmstead.domain.quantity import QUANTITIES
from ohmstead.domain.units import CONVERSIONS, SPELLINGS, conversion


@pytest.mark.parametrize(
    ("value", "announced", "canonical", "expected"),
    [
        (1.5, "kWh", "Wh", 1500),
        (3_600_000, "J", "Wh", 1000),
        (152.5, "mA", "A", 0.1525),
        (3300, "mV", "V", 3.3),
        (2.5, "kW", "W", 2500),
        (1.2, "kN", "N", 1200),
        (750, "g", "kg", 0.75),
        (212, "°F", "°C", 100),
        (-40, "degF", "°C", -40),
        (273.15, "K", "°C", 0),
        (1013.25, "hPa", "Pa", 101_325),
        (1, "bar", "Pa", 100_000),
        (2, "kB", "bytes", 2000),
        (2, "KiB", "bytes", 2048),
        (1500, "ms", "s", 1.5),
        (250, "l", "m³", 0.25),
        (7, "m3", "m³", 7),
        (95, "%", "1", 0.95),
        (21.5, "C", "°C", 21.5),
        (230, "V", "V", 230),
    ],
)
def test_a_unit_becomes_the_canonical_one(value: float, announced: str, canonical: str, expected: float) -> None:
    found = conversion(announced, canonical)
    assert found is not None
    factor, offset = found
    assert isclose(value * factor + offset, expected, abs_tol=1e-9)


@pytest.mark.parametrize(
    ("announced", "canonical"), [("V", "A"), ("", "W"), ("furlong", "m³"), ("ma", "A"), ("MA", "A")]
)
def test_a_foreign_unit_has_no_conversion(announced: str, canonical: str) -> None:
    assert conversion(announced, canonical) is None


def test_the_tables_hang_together() -> None:
    canonical = {quantity.unit for quantity in QUANTITIES.values()}
    assert set(CONVERSIONS) <= canonical
    units = canonical | {unit for units in CONVERSIONS.values() for unit in units}
    assert set(SPELLINGS.values()) <= units
    assert units.isdisjoint(SPELLINGS)
    assert all(factor > 0 for units in CONVERSIONS.values() for factor, _ in units.values())
