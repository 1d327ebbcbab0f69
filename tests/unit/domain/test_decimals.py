"""Float32 noise goes, what was written stays."""

import math
from decimal import Decimal

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ohmstead.domain.decimals import scale, shortest_float32

SMALLEST_NORMAL = float(np.finfo(np.float32).tiny)
singles = st.floats(width=32, allow_nan=False, allow_infinity=False)


def significant_digits(value: float) -> int:
    return len(Decimal(repr(value)).normalize().as_tuple().digits)


@pytest.mark.parametrize(
    ("noisy", "clean"),
    [
        (228.399994, 228.4),
        (228.39999389648438, 228.4),
        (152.489883, 152.48988),
        (0.10000000149011612, 0.1),
        (-49.9900017, -49.99),
        (12.3450003, 12.345),
        (3.0000001, 3.0),
    ],
)
def test_noise_of_a_float32_goes(noisy: float, clean: float) -> None:
    assert shortest_float32(noisy) == clean


@pytest.mark.parametrize(
    "value", [0.0, 1.0, -7.0, 0.1, 228.4, 16_777_217.0, 123_456_789.0, 1e300, 1e-50, 1.23456789e-40, math.inf]
)
def test_what_carries_no_noise_is_untouched(value: float) -> None:
    assert shortest_float32(value) == value
    assert shortest_float32(-value) == -value


def test_whole_numbers_may_be_ints() -> None:
    assert shortest_float32(16_777_217) == 16_777_217
    assert scale(16_777_217, -3) == 16_777.217


def test_nan_is_untouched() -> None:
    assert math.isnan(shortest_float32(math.nan))


def test_the_sign_of_zero_is_kept() -> None:
    assert math.copysign(1, shortest_float32(-0.0)) == -1


@given(st.integers(-999_999, 999_999), st.integers(-6, 0))
def test_six_digits_come_back_from_any_float32_meter(digits: int, exponent: int) -> None:
    written = float(f"{digits}e{exponent}")
    assert shortest_float32(float(np.float32(written))) == written
    printed_with_noise = float(f"{float(np.float32(written)):.9g}")
    assert shortest_float32(printed_with_noise) == written


@given(singles)
def test_the_result_is_the_same_float32_and_none_is_shorter(value: float) -> None:
    short = shortest_float32(value)
    assert np.float32(short) == np.float32(value)
    if not value.is_integer() and abs(value) >= SMALLEST_NORMAL:
        assert significant_digits(short) <= significant_digits(float(str(np.float32(value))))


@pytest.mark.parametrize("exponent", range(-126, 0))
def test_powers_of_two_whose_neighbours_are_unevenly_far_are_shortest_too(exponent: int) -> None:
    value = 2.0**exponent
    assert significant_digits(shortest_float32(value)) == significant_digits(float(str(np.float32(value))))


@given(st.floats(-3e38, 3e38))
def test_cleaning_twice_is_cleaning_once(value: float) -> None:
    once = shortest_float32(value)
    assert shortest_float32(once) == once
    if not value.is_integer() and abs(value) >= SMALLEST_NORMAL:
        assert np.float32(once) == np.float32(value)


@pytest.mark.parametrize(
    ("value", "power", "scaled"),
    [
        (12.345, 3, 12345.0),
        (0.413, 3, 413.0),
        (4.13, 2, 413.0),
        (152.48988, -3, 0.15248988),
        (0.07, 2, 7.0),
        (-1.1, 3, -1100.0),
        (1e-07, 3, 0.0001),
        (1.5e22, -3, 1.5e19),
        (5.0, 0, 5.0),
        (1e308, 3, math.inf),
        (1e-320, -10, 0.0),
    ],
)
def test_scaling_moves_the_point(value: float, power: int, scaled: float) -> None:
    assert scale(value, power) == scaled


@given(st.floats(allow_nan=False, allow_infinity=False), st.integers(-12, 12))
def test_scaling_is_what_decimal_arithmetic_says(value: float, power: int) -> None:
    assert scale(value, power) == float(Decimal(repr(value)).scaleb(power))


@given(st.integers(-(10**12), 10**12), st.integers(0, 6), st.integers(-6, 6))
def test_scaling_there_and_back_changes_nothing(digits: int, decimals: int, power: int) -> None:
    written = float(f"{digits}e-{decimals}")
    assert scale(scale(written, power), -power) == written
