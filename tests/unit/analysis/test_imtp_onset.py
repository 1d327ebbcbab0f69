"""Each onset method beside the closed form of its threshold; the filter beside its own promise."""

import numpy as np
import pytest

from ohmstead.analysis import Context, Result
from ohmstead.analysis.imtp import ANALYSIS
from ohmstead.analysis.imtp.filtering import zero_lag
from ohmstead.analysis.synthetic import ACCEPTANCE, Disturbance, Pull, Shape, Trial


def onset_s(trial: Trial, **parameters: object) -> float:
    result = ANALYSIS.run(trial.columns(), trial.context(), parameters)
    mark = result.mark("onset")
    assert mark is not None
    return (mark.t_us - trial.origin_us) / 1e6


@pytest.mark.parametrize(
    ("method", "rise_n"), [("2.5bw", 20.0), ("5bw", 40.0), ("10bw", 80.0), ("75n", 75.0), ("20n", 20.0)]
)
@pytest.mark.parametrize("shape", Shape)
def test_a_fixed_threshold_is_crossed_where_the_closed_form_says(method: str, rise_n: float, shape: Shape) -> None:
    trial = Trial(Pull(shape=shape))
    crossed = trial.pull.crossing(rise_n)
    assert crossed <= onset_s(trial, onset=method) <= crossed + 0.0011


def test_five_sd_is_five_times_the_noise_and_never_below_its_floor() -> None:
    trial = Trial(disturbance=Disturbance(noise_n=6.0))
    result = ANALYSIS.run(trial.columns(), trial.context(), {})
    assert result.settings["onset_threshold_n"] - result.settings["quiet_mean_n"] == pytest.approx(30, rel=0.1)
    quiet = ANALYSIS.run(Trial().columns(), Trial().context(), {"onset_floor_n": 12.0})
    assert quiet.settings["onset_threshold_n"] == pytest.approx(812, abs=0.01)
    assert "12 N" in quiet.settings["onset_method"]


def test_going_back_finds_the_last_sample_at_rest() -> None:
    trial = ACCEPTANCE["noise"]
    plain, back = onset_s(trial), onset_s(trial, back_track=True)
    assert back < plain
    assert trial.pull.crossing(0.5) - 0.02 < back


@pytest.mark.parametrize("noise", [0.0, 0.5])
def test_the_derivative_finds_where_a_cosine_begins(noise: float) -> None:
    """Within 30 ms, which is how far apart experts and this method are (Liu, Qu & Stone 2020)."""
    trial = Trial(Pull(shape=Shape.COSINE), Disturbance(noise_n=noise))
    assert onset_s(trial, onset="derivative") == pytest.approx(trial.pull.begin_s, abs=0.03)


def test_hum_that_drowns_the_derivative_is_said_and_not_guessed_at() -> None:
    trial = Trial(Pull(steepness=8.0), Disturbance(hum_n=15.0))
    result = ANALYSIS.run(trial.columns(), trial.context(), {"onset": "derivative"})
    assert "never rises faster" in str(result.metric("rfd_0_100").withheld_reason)
    assert result.metric("peak_force_net").value is not None


def test_a_spike_before_the_pull_is_not_its_onset() -> None:
    trial = Trial()
    columns = trial.columns()
    columns["left"].values[3000:3003] += 200
    mark = ANALYSIS.run(columns, trial.context(), {}).mark("onset")
    assert mark is not None
    assert (mark.t_us - trial.origin_us) / 1e6 == pytest.approx(onset_s(trial))


@pytest.mark.parametrize("method", ["10bw", "75n"])
def test_late_methods_say_that_they_are_late(method: str) -> None:
    result = ANALYSIS.run(Trial().columns(), Trial().context(), {"onset": method})
    assert [one.key for one in result.findings] == ["late_onset"]


def test_a_given_weighing_window_is_taken_as_given() -> None:
    trial = ACCEPTANCE["noise"]
    result = ANALYSIS.run(trial.columns(), trial.context(), {"weigh_from_ms": 500, "weigh_to_ms": 2000})
    total = sum(one.values for one in trial.columns().values())
    assert result.metric("body_weight").value == pytest.approx(total[500:2000].mean())
    assert result.settings["quiet_sd_n"] == pytest.approx(total[500:2000].std(ddof=1))
    assert result.settings["quiet_window"] == "given"


def test_the_quietest_second_is_found() -> None:
    trial = Trial(disturbance=Disturbance(noise_n=1.0))
    columns = trial.columns()
    calm = np.ones(10_000, bool)
    calm[1200:2300] = False
    for one in columns.values():
        one.values[calm] += np.random.default_rng(7).normal(0, 4, int(calm.sum()))
    result = ANALYSIS.run(columns, trial.context(), {})
    first = result.mark("weighing_from")
    assert first is not None
    assert 1.19 <= (first.t_us - trial.origin_us) / 1e6 <= 1.31


@pytest.mark.parametrize("cut_off", [10.0, 50.0, 100.0])
def test_the_filter_halves_the_power_at_its_cut_off_and_delays_nothing(cut_off: float) -> None:
    t = np.arange(4000) / 1000
    wave = np.sin(2 * np.pi * cut_off * t)
    smooth = zero_lag(wave, 1000.0, cut_off)[1000:3000]
    inner = wave[1000:3000]
    gain = float(smooth @ inner / (inner @ inner))  # in phase: what is out of phase does not count
    assert gain == pytest.approx(2**-0.5, abs=0.002)
    assert np.abs(smooth - gain * inner).max() < 0.01


def test_at_100_hz_the_filter_is_harmless_and_at_10_hz_it_is_not() -> None:
    """Dos'Santos et al. 2018: at 100 Hz at most 0.8 %."""
    trial = ACCEPTANCE["steep sigmoid"]
    plain, mild, heavy = (
        _forces(ANALYSIS.run(trial.columns(), trial.context(), parameters | {"onset": "manual", "onset_ms": 3860}))
        for parameters in ({}, {"filter": "butterworth"}, {"filter": "butterworth", "cut_off_hz": 10.0})
    )
    assert np.abs(mild / plain - 1).max() < 0.0008
    assert np.abs(heavy / plain - 1).max() > 0.004


def test_filter_and_threshold_are_recorded_together() -> None:
    trial = ACCEPTANCE["noise"]
    result = ANALYSIS.run(trial.columns(), trial.context(), {"filter": "butterworth", "cut_off_hz": 40.0})
    plain = ANALYSIS.run(trial.columns(), trial.context(), {})
    assert "40 Hz" in result.settings["filter"]
    assert result.settings["quiet_sd_n"] < plain.settings["quiet_sd_n"] / 2
    assert result.parameters["cut_off_hz"] == 40.0


def _forces(result: Result) -> np.ndarray:
    return np.array([result.metric(f"force_{ms}_gross").value for ms in (50, 100, 150, 200, 250)])


def test_no_context_is_needed_beyond_the_rig() -> None:
    assert ANALYSIS.run(Trial().columns(), Context(), {}).acceptable
