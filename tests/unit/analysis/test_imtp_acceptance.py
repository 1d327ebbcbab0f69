"""The acceptance set: every metric of a synthetic pull within its stated tolerance of the closed form."""

from dataclasses import replace
from math import ceil

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ohmstead.analysis import Context, Result, Trace
from ohmstead.analysis.imtp import ANALYSIS
from ohmstead.analysis.imtp.metrics import BANDS_MS, FORCE_MS, IMPULSE_MS, RFD_MS
from ohmstead.analysis.synthetic import ACCEPTANCE, RATES_HZ, Disturbance, Pull, Shape, Trial

# What linear interpolation between samples may cost, with the onset at the first sample past the threshold.
TOLERANCE = {"force": 0.5, "rfd": 10.0, "band": 12.0, "impulse": 0.02, "peak_rfd": 25.0, "peak": 0.01}


def analysed(trial: Trial, **parameters: object) -> Result:
    return ANALYSIS.run(trial.columns(), trial.context(), parameters)


def expected(trial: Trial, threshold_n: float = 10.0) -> dict[str, tuple[float, float]]:
    """By key: the closed form from the first sample above the threshold, and the tolerance."""
    pull, rate = trial.pull, trial.rate_hz
    t0 = ceil(pull.crossing(threshold_n) * rate - 1e-9) / rate
    begin = pull.net_at(t0)
    found = {
        "body_weight": (pull.base_n, TOLERANCE["peak"]),
        "peak_force_net": (pull.peak_net, TOLERANCE["peak"]),
        "peak_force_gross": (pull.base_n + pull.peak_net, TOLERANCE["peak"]),
        "peak_rfd_20ms": (pull.peak_rfd(0.020), TOLERANCE["peak_rfd"]),
    }
    for ms in FORCE_MS:
        net = pull.net_at(t0 + ms / 1000)
        found[f"force_{ms}_net"] = (net, TOLERANCE["force"])
        found[f"force_{ms}_gross"] = (pull.base_n + net, TOLERANCE["force"])
    for ms in RFD_MS:
        net, t = pull.net_at(t0 + ms / 1000), ms / 1000
        found[f"rfd_0_{ms}"] = ((net - begin) / t, TOLERANCE["rfd"])
        found[f"rfd_0_{ms}_bw"] = (net / t, TOLERANCE["rfd"])
        found[f"rfd_0_{ms}_end"] = ((pull.base_n + net) / t, TOLERANCE["rfd"])
    for start, stop in BANDS_MS:
        rise = pull.net_at(t0 + stop / 1000) - pull.net_at(t0 + start / 1000)
        found[f"rfd_{start}_{stop}"] = (rise / (stop - start) * 1000, TOLERANCE["band"])
    for ms in IMPULSE_MS:
        found[f"impulse_0_{ms}"] = (pull.impulse(t0, t0 + ms / 1000), TOLERANCE["impulse"])
    if pull.shape is Shape.COSINE:
        found["time_to_peak"] = ((pull.peak_at - t0) * 1000, 500 / rate + 0.01)
    return found


@pytest.mark.parametrize("rate", [500.0, 640.0, 1000.0, 1200.0, 2000.0])
@pytest.mark.parametrize("name", ["sigmoid", "steep sigmoid", "cosine", "uneven"])
def test_every_metric_is_within_its_tolerance(name: str, rate: float) -> None:
    trial = replace(ACCEPTANCE[name], rate_hz=rate)
    result = analysed(trial)
    for key, (value, tolerance) in expected(trial).items():
        assert result.metric(key).value == pytest.approx(value, abs=tolerance), key


@pytest.mark.parametrize("rate", RATES_HZ)
def test_peak_force_needs_no_rate(rate: float) -> None:
    result = analysed(Trial(rate_hz=rate))
    assert result.metric("peak_force_gross").value == pytest.approx(2400, abs=0.01)


@pytest.mark.parametrize("seed", range(5))
def test_noise_costs_no_more_than_noise_can(seed: int) -> None:
    """σ = 2 N: the peak is the highest of thousands of samples; the onset moves by what 4 σ are worth in time."""
    trial = replace(ACCEPTANCE["noise"], seed=seed)
    result, pull = analysed(trial), trial.pull
    assert result.metric("peak_force_net").value == pytest.approx(pull.peak_net + 4 * 2, abs=5)
    assert result.metric("body_weight").value == pytest.approx(pull.base_n, abs=4 * 2 / 1000**0.5)
    mark = result.mark("onset")
    assert mark is not None
    early, late = pull.crossing(10 - 4 * 2), pull.crossing(10 + 4 * 2)
    assert early <= (mark.t_us - trial.origin_us) / 1e6 <= late + 0.001


def test_drift_moves_the_peak_by_what_it_adds_since_weighing() -> None:
    trial = ACCEPTANCE["drift"]
    value = analysed(trial).metric("peak_force_net").value
    assert value == pytest.approx(trial.pull.peak_net + 1.0 * 4, abs=3)  # 1 N/s over the seconds from weighing to peak


def test_sides_share_the_pull_as_they_were_told_to() -> None:
    result = analysed(ACCEPTANCE["uneven"])
    for key in ("peak_force", "rfd_0_100", "rfd_0_250", "impulse_0_300"):
        assert result.metric(f"asymmetry_{key}_bai").value == pytest.approx(10.0, abs=0.01), key
        assert result.metric(f"asymmetry_{key}_max_min").value == pytest.approx(10 / 55 * 100, abs=0.02), key


def test_the_skew_of_two_converters_is_taken_out_before_it_looks_like_asymmetry() -> None:
    """5 ms at 8000 N/s would be 40 N between the sides."""
    result = analysed(Trial(disturbance=Disturbance(skew_us=5300)))
    assert result.settings["skew_us"] == pytest.approx(300, abs=1)  # to the nearest instant of the other
    assert result.metric("asymmetry_rfd_0_250_bai").value == pytest.approx(0, abs=0.05)


def test_counts_and_their_calibration_give_the_same_as_newtons() -> None:
    from ohmstead.analysis.calibration import given as line

    left, right = line(-12_688.0, -0.0046), line(-17_431.0, -0.0047)
    trial = ACCEPTANCE["noise"]
    counts = trial.counts(left, right)
    there = ANALYSIS.run(
        {"left": left.applied(counts["left"]), "right": right.applied(counts["right"])}, trial.context(), {}
    )
    here = analysed(trial)
    for one in here.metrics:
        # Half a count of 5 mN on each side; the onset may fall on the next sample only if that tips the threshold.
        assert there.metric(one.key).value == pytest.approx(one.value, rel=2e-3, abs=0.5), one.key


@settings(max_examples=15, deadline=None)
@given(shift_us=st.integers(-(2**50), 2**50))
def test_when_a_trial_took_place_changes_nothing(shift_us: int) -> None:
    trial = replace(ACCEPTANCE["noise"], duration_s=9.0)
    moved = {name: Trace(one.t_us + shift_us, one.values) for name, one in trial.columns().items()}
    here, there = analysed(trial), ANALYSIS.run(moved, trial.context(), {})
    assert here.metrics == there.metrics
    assert here.findings == there.findings
    assert [mark.t_us - shift_us for mark in there.marks] == [mark.t_us for mark in here.marks]


@settings(max_examples=15, deadline=None)
@given(scale=st.floats(0.5, 3.0))
def test_twice_the_force_is_twice_every_force_and_the_same_share(scale: float) -> None:
    trial = Trial(Pull(shape=Shape.COSINE, left_share=0.55))  # the top of a sigmoid is too flat to have one instant
    columns = {name: Trace(one.t_us, one.values * scale) for name, one in trial.columns().items()}
    parameters = {"onset": "5bw"}
    mass = Context(body_mass_kg=80.0)
    here, there = ANALYSIS.run(trial.columns(), mass, parameters), ANALYSIS.run(columns, mass, parameters)
    for one in here.metrics:
        factor = 1.0 if one.unit in ("%", "ms", "%/s") else scale
        assert one.value is not None
        # A sample exactly at the threshold may fall to either side of it by rounding; none is here.
        assert there.metric(one.key).value == pytest.approx(one.value * factor, rel=1e-6, abs=1e-6), one.key


@pytest.mark.parametrize("name", ACCEPTANCE)
def test_analysing_again_gives_the_same_to_the_last_bit(name: str) -> None:
    trial = ACCEPTANCE[name]
    assert analysed(trial) == analysed(trial)


def test_the_same_seed_makes_the_same_trial_and_another_another() -> None:
    one, same, other = (replace(ACCEPTANCE["noise"], seed=seed).columns()["left"] for seed in (1, 1, 2))
    assert np.array_equal(one.values, same.values)
    assert not np.array_equal(one.values, other.values)


@pytest.mark.parametrize("shape", Shape)
def test_closed_forms_agree_with_a_sum_of_many_small_pieces(shape: Shape) -> None:
    pull = Pull(shape=shape)
    t0 = pull.crossing(10.0)
    assert pull.net_at(t0) == pytest.approx(10.0, abs=1e-6)
    fine = np.linspace(t0, t0 + 0.3, 300_001)
    assert pull.impulse(t0, t0 + 0.3) == pytest.approx(np.trapezoid(pull.net(fine), fine), abs=1e-6)
    rises = pull.net(fine[20_000:]) - pull.net(fine[:-20_000])
    if shape is Shape.COSINE:
        assert rises.max() / 0.02 == pytest.approx(pull.peak_rfd(0.02), rel=1e-6)


def test_devices_samples_are_whole_counts_and_milliseconds() -> None:
    from ohmstead.analysis.calibration import given as line

    cell = line(-12_688.0, -0.0046)
    samples = Trial(rate_hz=500.0, duration_s=0.01).samples(cell, cell)
    assert [one["t"] for one in samples] == [0, 2, 4, 6, 8]
    assert samples[0]["l"] == round(400 / -0.0046 - 12_688)
