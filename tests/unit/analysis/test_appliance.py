"""An appliance with known habits: every number is plain arithmetic."""

import numpy as np
import pytest

from ohmstead.analysis import Context, Result, Trace
from ohmstead.analysis.appliance import ANALYSIS
from ohmstead.domain.errors import InvalidInput


def analysed(unit: str, t_s: np.ndarray, values: np.ndarray, **parameters: object) -> Result:
    trace = Trace(np.rint(t_s * 1e6).astype(np.int64), values, unit)
    return ANALYSIS.run({"channel": trace}, Context(), parameters)


@pytest.fixture(scope="module")
def fridge() -> Result:
    """A day at 10 s: 100 W for 20 min of each hour, else 2 W."""
    t = np.arange(0, 86_401, 10.0)
    return analysed("W", t, np.where(t % 3600 < 1200, 100.0, 2.0))


@pytest.mark.parametrize(
    ("key", "value", "tolerance"),
    [
        ("energy", 24 * (100 / 3 + 2 * 2 / 3), 0.01),
        ("mean_power", 100 / 3 + 2 * 2 / 3, 0.01),
        ("peak_power", 100, 0),
        ("steady_power", 100, 0),
        ("duty_cycle", 100 / 3, 0.02),
        ("cycles", 24, 0),  # the day begins while it is on: 23 more, and the first instant of the next day
        ("cycle_on", 1200, 1e-6),
        ("cycle_period", 3600, 1e-6),
    ],
)
def test_a_day_of_a_fridge(fridge: Result, key: str, value: float, tolerance: float) -> None:
    assert fridge.metric(key).value == pytest.approx(value, abs=tolerance)


def test_inrush_of_a_motor_on_the_wave_of_its_current() -> None:
    """2 A amplitude, plus 18 A that decay with 50 ms, from 1 s on; 50 Hz at 2 kHz."""
    t = np.arange(0, 5, 1 / 2000)
    amplitude = np.where(t >= 1, 2 + 18 * np.exp(-(t - 1) / 0.05), 0.0)
    result = analysed("A", t, amplitude * np.sin(2 * np.pi * 50 * t))
    assert result.metric("inrush_peak").value == pytest.approx(2 + 18 * np.exp(-0.005 / 0.05), abs=0.1)
    assert result.metric("inrush_peak").convention == "of the wave"
    assert result.metric("steady_current").value == pytest.approx(2 / 2**0.5, rel=1e-6)
    assert result.metric("steady_power").value == pytest.approx(230 * 2 / 2**0.5, rel=1e-6)
    square = np.trapezoid((amplitude * np.sin(2 * np.pi * 50 * t)) ** 2, t) / (t[-1] - t[0])
    assert result.metric("rms_current").value == pytest.approx(square**0.5, rel=1e-9)
    switched = next(mark for mark in result.marks if mark.key == "on")
    assert switched.t_us == pytest.approx(1e6, abs=20_000)


def test_power_from_current_says_what_it_assumed() -> None:
    t = np.arange(0, 3601, 1.0)
    metric = analysed("A", t, np.full(len(t), 2.0), voltage_v=200.0, power_factor=0.5).metric("energy")
    assert metric.value == pytest.approx(200)
    assert "200 V" in metric.method
    assert "0.5" in metric.method


def test_recorded_voltage_is_used_instead_of_the_assumed_one() -> None:
    t = np.arange(0, 3601, 1.0)
    us = (t * 1e6).astype(np.int64)
    columns = {"i": Trace(us, np.full(len(t), 2.0), "A"), "u": Trace(us + 5, np.full(len(t), 110.0), "V")}
    assert ANALYSIS.run(columns, Context(), {}).metric("energy").value == pytest.approx(220)


def test_a_long_gap_is_not_filled_with_energy_nobody_saw() -> None:
    t = np.concatenate([np.arange(0, 1801, 10.0), np.arange(5400, 7201, 10.0)])
    result = analysed("W", t, np.full(len(t), 100.0))
    assert result.metric("energy").value == pytest.approx(100)  # two half hours
    assert result.metric("mean_power").value == pytest.approx(100)
    assert [one.key for one in result.findings] == ["gaps"]


def test_what_never_switches_has_no_cycles_and_says_why() -> None:
    t = np.arange(0, 600, 1.0)
    result = analysed("W", t, 100 + np.sin(t))
    assert "never changed enough" in str(result.metric("duty_cycle").withheld_reason)
    assert result.metric("steady_power").value == pytest.approx(100, abs=0.1)


def test_a_short_pause_is_no_cycle_when_told_so() -> None:
    t = np.arange(0, 1000, 1.0)
    power = np.where((t >= 100) & (t < 900) & ~((t >= 400) & (t < 403)), 50.0, 0.0)
    assert analysed("W", t, power).metric("cycles").value == 2
    assert analysed("W", t, power, shortest_s=10).metric("cycles").value == 1


@pytest.mark.parametrize("count", [0, 1, 2])
def test_next_to_nothing_is_survived(count: int) -> None:
    result = analysed("A", np.arange(count) * 1.0, np.ones(count))
    assert all((one.value is None) == (one.withheld_reason is not None) for one in result.metrics)


def test_other_units_are_refused() -> None:
    with pytest.raises(InvalidInput, match="in A or W; found N"):
        analysed("N", np.arange(3.0), np.ones(3))


def test_a_result_says_how_it_was_made(fridge: Result) -> None:
    assert fridge.settings["on_above"] == pytest.approx(51)
    assert fridge.settings["columns"] == {"W": "channel"}
    assert all(one.method for one in fridge.metrics)
