"""Trials that should not be believed, or not wholly: each is a result that says so, never an exception."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ohmstead.analysis import Context, Result, Rig, Severity, Trace
from ohmstead.analysis.imtp import ANALYSIS
from ohmstead.analysis.synthetic import ACCEPTANCE, Disturbance, Pull, Shape, Trial
from ohmstead.domain.errors import InvalidInput

EARLY = ("force_50_gross", "rfd_0_50", "rfd_0_250", "rfd_100_200", "peak_rfd_20ms", "impulse_0_100", "time_to_peak",
         "asymmetry_rfd_0_100_bai")  # fmt: skip


def analysed(trial: Trial, context: Context | None = None, **parameters: object) -> Result:
    return ANALYSIS.run(trial.columns(), context or trial.context(), parameters)


def findings(result: Result) -> dict[str, Severity]:
    return {one.key: one.severity for one in result.findings}


def withheld(result: Result) -> set[str]:
    return {one.key for one in result.metrics if one.value is None}


def spoiled(trial: Trial, side: str, start_s: float, stop_s: float, value: float, limits: tuple[float, float]) -> dict:
    columns = trial.columns()
    t = (columns[side].t_us - trial.origin_us) / 1e6
    values = np.where((t >= start_s) & (t < stop_s), value, columns[side].values)
    return {name: Trace(one.t_us, values if name == side else one.values, "N", limits) for name, one in columns.items()}


@pytest.mark.parametrize("rate", [80.0, 100.0, 160.0])
def test_at_the_rate_of_an_hx711_there_is_peak_force_and_nothing_early(rate: float) -> None:
    result = analysed(ACCEPTANCE[f"{rate:g} Hz"])
    given = {one.key for one in result.metrics if one.value is not None}
    assert {"peak_force_gross", "peak_force_net", "peak_force_relative_net", "asymmetry_peak_force_bai"} <= given
    assert not [key for key in given if key.startswith(("force_", "rfd_", "impulse_", "peak_rfd", "normalised"))]
    assert all(f"{rate:g} Hz" in str(result.metric(key).withheld_reason) for key in EARLY)
    assert findings(result) == {"sampling": Severity.WARNING}


def test_at_320_hz_force_from_150_ms_comes_with_a_warning_and_rfd_does_not_come() -> None:
    result = analysed(ACCEPTANCE["320 Hz"])
    for key in ("force_150_gross", "force_200_net", "force_250_gross"):
        assert result.metric(key).value is not None
        assert "320 Hz" in str(result.metric(key).warning)
    assert result.metric("peak_force_gross").warning is None
    assert {"force_50_gross", "force_90_net", "force_100_gross", *EARLY} <= withheld(result)


@pytest.mark.parametrize("rate", [500.0, 640.0, 1000.0, 2000.0])
def test_from_500_hz_on_nothing_is_withheld(rate: float) -> None:
    assert withheld(analysed(ACCEPTANCE[f"{rate:g} Hz"])) == set()


@pytest.mark.parametrize(
    ("trial", "context", "words"),
    [
        (Trial(disturbance=Disturbance(jitter_us=1500, noise_n=1)), Context(), "jitter"),
        (Trial(), Context(device_time=False), "on arrival"),
        (Trial(), Context(simultaneous=False), "same time"),
    ],
)
def test_a_time_base_that_cannot_be_trusted_gives_no_rfd(trial: Trial, context: Context, words: str) -> None:
    result = analysed(trial, context)
    assert set(EARLY) <= withheld(result)
    assert words in str(result.metric("rfd_0_100").withheld_reason)
    assert result.metric("peak_force_gross").value is not None


def test_one_sample_lost_in_the_first_250_ms_voids_every_rfd() -> None:
    trial = Trial(disturbance=Disturbance(lost=((3.9, 3.901),)))
    result = analysed(trial)
    rfd = [one for one in result.metrics if "rfd" in one.key]
    assert all("1 samples are missing within 0–250 ms" in str(one.withheld_reason) for one in rfd)
    assert result.metric("force_100_gross").value is not None  # 3.847 s: before the loss
    assert result.metric("force_200_gross").value is not None
    assert "missing" in str(result.metric("force_200_gross").warning)
    assert result.metric("impulse_0_100").value is not None
    assert result.metric("impulse_0_200").value is None


def test_a_loss_at_the_onset_itself_leaves_no_time_to_count_from() -> None:
    result = analysed(Trial(disturbance=Disturbance(lost=((3.74, 3.76),))))
    assert result.metric("force_100_gross").withheld_reason == "samples are missing at the onset"
    assert result.metric("rfd_0_100").value is None


def test_a_loss_after_the_peak_voids_nothing_early() -> None:
    trial = Trial(Pull(shape=Shape.COSINE), Disturbance(lost=((6.5, 6.6),)))
    result = analysed(trial)
    assert withheld(result) == set()
    assert findings(result) == {"gaps": Severity.WARNING}


def test_losses_known_by_sequence_count_even_if_the_instants_close_up() -> None:
    trial = Trial()
    lost = ((trial.origin_us + 3_900_000, trial.origin_us + 3_903_000),)
    assert analysed(trial, replace(trial.context(), lost_us=lost)).metric("rfd_0_100").value is None


def test_a_dead_channel_is_named_and_nothing_is_made_of_the_other_half() -> None:
    columns = Trial().columns()
    columns["right"] = Trace(columns["right"].t_us, np.full(len(columns["right"]), 400.0))
    result = ANALYSIS.run(columns, Context(), {})
    assert findings(result) == {"dead_channel": Severity.PROBLEM}
    assert withheld(result) == {one.key for one in result.metrics}
    assert "right is dead" in str(result.metric("peak_force_gross").withheld_reason)


def test_a_side_that_only_makes_noise_does_not_follow_the_pull() -> None:
    columns = Trial().columns()
    noise = 400 + np.sin(np.arange(len(columns["right"])))
    columns["right"] = Trace(columns["right"].t_us, noise)
    assert findings(ANALYSIS.run(columns, Context(), {}))["silent_channel"] is Severity.PROBLEM


def test_a_clipped_peak_is_no_peak_but_the_rise_before_it_stands() -> None:
    trial = Trial()
    columns = spoiled(trial, "left", 4.2, 7.8, 1150.0, (-1150.0, 1150.0))
    result = ANALYSIS.run(columns, trial.context(), {})
    assert findings(result)["saturated"] is Severity.PROBLEM
    assert "true peak is higher" in str(result.metric("peak_force_gross").withheld_reason)
    assert result.metric("rfd_0_250").value == analysed(trial).metric("rfd_0_250").value


def test_a_trial_without_a_pull_says_so() -> None:
    result = analysed(Trial(Pull(rise_n=40.0), Disturbance(noise_n=2.0)))
    assert findings(result) == {"no_pull": Severity.PROBLEM}
    assert not result.acceptable
    assert withheld(result) == {one.key for one in result.metrics}


@pytest.mark.parametrize("mass", [0.0, -5.0])
def test_a_body_mass_of_zero_is_a_problem_and_is_not_replaced_in_silence(mass: float) -> None:
    result = analysed(Trial(), Context(body_mass_kg=mass))
    assert findings(result) == {"body_mass": Severity.PROBLEM}
    assert f"{mass:g} kg" in str(result.metric("peak_force_relative_net").withheld_reason)
    assert result.metric("peak_force_net").value is not None


def test_without_a_body_mass_the_weighing_stands_in_and_says_so() -> None:
    metric = analysed(Trial(), Context()).metric("peak_force_relative_gross")
    assert metric.value == pytest.approx(2400 / (800 / 9.80665), rel=1e-6)
    assert "from weighing" in metric.method


def test_a_plate_tared_with_the_person_on_it_has_no_body_weight() -> None:
    result = analysed(Trial(Pull(base_n=-3.0)), Context())
    assert findings(result)["no_weight"] is Severity.PROBLEM
    assert result.metric("peak_force_net").value is None
    assert result.metric("peak_force_gross").value is not None


def test_a_weight_that_is_not_the_persons_is_noticed() -> None:
    assert findings(analysed(Trial(), Context(body_mass_kg=60.0)))["weight_differs"] is Severity.WARNING


def test_the_empty_plate_before_somebody_steps_on_it_is_not_the_quiet_window() -> None:
    trial = Trial(Pull(middle_s=7.0), duration_s=14.0)
    columns = {}
    for name, one in trial.columns().items():
        t = (one.t_us - trial.origin_us) / 1e6
        columns[name] = Trace(one.t_us, np.where(t < 3.0, 0.0, one.values + np.sin(60 * t)))
    result = ANALYSIS.run(columns, trial.context(), {})
    assert result.metric("body_weight").value == pytest.approx(800, abs=0.5)


def test_a_countermovement_beyond_50_n_is_noticed_and_a_smaller_one_is_not() -> None:
    deep, flat = (Trial(Pull(shape=Shape.COSINE), Disturbance(dip_n=dip)) for dip in (60.0, 40.0))
    assert findings(analysed(deep))["countermovement"] is Severity.WARNING
    assert "countermovement" not in findings(analysed(flat))


@pytest.mark.parametrize(
    ("name", "key"), [("slow ramp", "slow_ramp"), ("hum", "hum"), ("lost in the hold", "gaps"), ("80 Hz", "sampling")]
)
def test_each_disturbance_of_the_acceptance_set_is_found(name: str, key: str) -> None:
    assert findings(analysed(ACCEPTANCE[name]))[key] is Severity.WARNING


@pytest.mark.parametrize("name", ["sigmoid", "steep sigmoid", "cosine", "noise", "uneven", "1000 Hz"])
def test_a_good_trial_raises_no_alarm(name: str) -> None:
    assert findings(analysed(ACCEPTANCE[name])) == {}


def test_a_restless_stance_is_noticed() -> None:
    assert findings(analysed(Trial(disturbance=Disturbance(noise_n=25.0))))["restless"] is Severity.WARNING


def test_a_recording_that_stops_while_the_force_rises_has_no_peak_to_believe() -> None:
    result = analysed(Trial(duration_s=4.1))
    assert findings(result)["peak_at_end"] is Severity.PROBLEM


def test_a_short_pull_is_noticed() -> None:
    assert findings(analysed(Trial(Pull(hold_s=1.5))))["short_pull"] is Severity.WARNING


def test_a_recording_that_begins_with_the_pull_has_no_weighing() -> None:
    result = analysed(Trial(Pull(middle_s=0.6)), Context())
    assert findings(result)["no_quiet"] is Severity.PROBLEM
    assert result.metric("peak_force_gross").value is not None
    assert {"peak_force_net", "rfd_0_100", "impulse_0_100"} <= withheld(result)


def test_a_tare_that_drifts_beyond_the_limit_is_noticed() -> None:
    context = Context(tare_before_n={"left": 0.2, "right": 0.1}, tare_after_n={"left": 14.0, "right": 3.0})
    result = analysed(Trial(), context)
    assert [one.message for one in result.findings] == ["left: the unloaded force drifted by +13.8 N during the trial"]


@pytest.mark.parametrize("count", [0, 1, 2, 5])
def test_next_to_nothing_is_analysed_without_a_fuss(count: int) -> None:
    t = np.arange(count) * 1000
    columns = {"left": Trace(t, np.arange(count) * 1.0), "right": Trace(t, np.arange(count) * 2.0)}
    result = ANALYSIS.run(columns, Context(), {})
    assert not result.acceptable
    assert withheld(result) == {one.key for one in result.metrics}


def test_sides_that_never_overlap_are_no_force() -> None:
    one = Trial(duration_s=3.0).columns()["left"]
    result = ANALYSIS.run({"left": one, "right": Trace(one.t_us + 10_000_000, one.values)}, Context(), {})
    assert not result.acceptable


def test_batches_out_of_order_and_repeated_give_the_same_numbers() -> None:
    trial = ACCEPTANCE["noise"]
    order = np.concatenate([np.arange(5000, 10_000), np.arange(0, 5000), np.arange(3700, 3900)])
    mixed = {name: Trace(one.t_us[order], one.values[order]) for name, one in trial.columns().items()}
    result = ANALYSIS.run(mixed, trial.context(), {})
    assert result.metrics == analysed(trial).metrics
    assert findings(result) == {"out_of_order": Severity.NOTE, "repeated": Severity.NOTE}


@pytest.mark.parametrize(
    ("parameters", "words"),
    [
        ({"onset": "eyeballed"}, "should be one of"),
        ({"onset_sd": 0.5}, "within 1 … 10"),
        ({"onset_sd": float("nan")}, "should be a number"),
        ({"colour": 1}, "unknown parameters"),
        ({"onset": "manual"}, "needs onset_ms"),
        ({"onset": "manual", "onset_ms": 99_000}, "the trial ends"),
        ({"weigh_from_ms": 100}, "both its ends"),
        ({"weigh_from_ms": 100, "weigh_to_ms": 600}, "1 s or longer"),
        ({"weigh_from_ms": 9500, "weigh_to_ms": 11_000}, "the trial at"),
        ({"filter": "butterworth", "cut_off_hz": 401.0}, "at most 400"),
        ({"back_track": "yes"}, "true or false"),
    ],
)
def test_illegal_parameters_are_refused_with_what_is_legal(parameters: dict, words: str) -> None:
    with pytest.raises(InvalidInput, match=words):
        analysed(Trial(), **parameters)


@pytest.mark.parametrize("columns", [("left",), ("a", "b"), ("left", "right", "force"), ()])
def test_other_columns_are_refused(columns: tuple[str, ...]) -> None:
    one = Trial().columns()["left"]
    with pytest.raises(InvalidInput, match="left and right, or force"):
        ANALYSIS.run(dict.fromkeys(columns, one), Context(), {})


def test_counts_without_their_calibration_are_refused() -> None:
    one = Trial().columns()["left"]
    with pytest.raises(InvalidInput, match="apply its calibration"):
        ANALYSIS.run({"force": Trace(one.t_us, one.values, "counts")}, Context(rig=Rig.IN_LINE), {})


def test_a_knock_that_is_higher_than_the_pull_is_not_taken_for_its_peak_in_silence() -> None:
    trial = Trial()
    columns = trial.columns()
    columns["right"].values[6000] += 900
    assert findings(ANALYSIS.run(columns, trial.context(), {}))["spike"] is Severity.PROBLEM


def test_a_spike_in_the_quiet_that_outdoes_the_pull_has_no_time_to_peak() -> None:
    columns = Trial().columns()
    columns["left"].values[1500] += 4000
    result = ANALYSIS.run(columns, Context(), {})
    assert "spike" in findings(result)
    assert result.metric("average_rfd").value is None


def test_a_filter_that_runs_across_a_gap_says_so() -> None:
    trial = ACCEPTANCE["lost in the hold"]
    assert findings(analysed(trial, filter="butterworth"))["filtered_gaps"] is Severity.WARNING


NUMBERS = st.one_of(st.floats(-1e7, 1e7), st.sampled_from([0.0, float("nan"), float("inf"), 8_388_607.0]))


def sound(result: Result) -> None:
    """Every number is one, or has its reason; the whole can be stored."""
    import json

    for one in result.metrics:
        assert (one.value is None) == (one.withheld_reason is not None), one.key
        assert one.value is None or np.isfinite(one.value), one.key
    json.dumps(result.as_json(), allow_nan=False)


@settings(max_examples=40, deadline=None)
@given(
    st.lists(st.tuples(st.integers(0, 5_000_000), NUMBERS, NUMBERS), max_size=40),
    st.sampled_from(["5sd", "5bw", "20n", "derivative"]),
    st.booleans(),
)
def test_any_handful_of_samples_gives_a_sound_result(
    samples: list[tuple[int, float, float]], onset: str, back: bool
) -> None:
    t = np.array([one[0] for one in samples], np.int64)
    columns = {
        "left": Trace(t, np.array([one[1] for one in samples])),
        "right": Trace(t + 7, np.array([one[2] for one in samples])),
    }
    sound(ANALYSIS.run(columns, Context(), {"onset": onset, "back_track": back, "jitter_limit_ms": 10.0}))


@settings(max_examples=30, deadline=None)
@given(
    st.lists(st.tuples(st.integers(0, 8998), st.integers(1, 1500), NUMBERS), max_size=6),
    st.sampled_from(["5sd", "2.5bw", "75n", "derivative"]),
    st.sampled_from(list(Rig)),
    st.booleans(),
)
def test_a_good_trial_with_any_stretch_of_nonsense_gives_a_sound_result(
    nonsense: list[tuple[int, int, float]], onset: str, rig: Rig, lost: bool
) -> None:
    trial = replace(ACCEPTANCE["noise"], duration_s=9.0)
    columns = trial.columns()
    kept = np.ones(9000, bool)
    for first, length, value in nonsense:
        columns["left"].values[first : first + length] = value
        kept[first : first + length] = not lost
    if lost:
        columns = {name: Trace(one.t_us[kept], one.values[kept]) for name, one in columns.items()}
    sound(ANALYSIS.run(columns, Context(rig=rig), {"onset": "20n" if rig is Rig.IN_LINE else onset}))
