"""A trace small enough to work out on paper: 800 N quiet, then 4 N per ms for 500 ms, then a slow decline."""

import numpy as np
import pytest

from ohmstead.analysis import Context, Result, Rig, Trace
from ohmstead.analysis.imtp import ANALYSIS

RISE_AT = 1500  # ms
ORIGIN_US = 1_700_000_000_123_456


def paper_trace() -> dict[str, Trace]:
    ms = np.arange(6000)
    net = np.clip(4.0 * (ms - RISE_AT), 0, 2000) - 0.1 * np.clip(ms - RISE_AT - 500, 0, None)
    t_us = ORIGIN_US + ms * 1000
    return {"left": Trace(t_us, 500 + 0.6 * net), "right": Trace(t_us, 300 + 0.4 * net)}


def analysed(context: Context | None = None, **parameters: object) -> Result:
    return ANALYSIS.run(paper_trace(), context or Context(body_mass_kg=80.0), parameters)


@pytest.fixture(scope="module")
def result() -> Result:
    return analysed()


# Onset: 808 N at 2 ms is not above 810 N, 812 N at 3 ms is. So t0 = 3 ms and F(t0) = 812 N.
BY_HAND = {
    "body_weight": 800.0,
    "peak_force_gross": 2800.0,
    "peak_force_net": 2000.0,
    "peak_force_relative_gross": 2800 / 80,
    "peak_force_relative_net": 2000 / 80,
    "peak_force_allometric_gross": 2800 / 80**0.67,
    "peak_force_allometric_net": 2000 / 80**0.67,
    "time_to_peak": 497.0,
    "force_50_gross": 800 + 4 * 53,
    "force_90_gross": 800 + 4 * 93,
    "force_100_net": 4 * 103,
    "force_150_gross": 800 + 4 * 153,
    "force_200_gross": 800 + 4 * 203,
    "force_250_net": 4 * 253,
    "rfd_0_50": 4000.0,
    "rfd_0_250": 4000.0,
    "rfd_0_50_bw": (4 * 53) / 0.05,
    "rfd_0_100_bw": (4 * 103) / 0.1,
    "rfd_0_50_end": (800 + 4 * 53) / 0.05,
    "rfd_0_200_end": (800 + 4 * 203) / 0.2,
    "rfd_50_100": 4000.0,
    "rfd_100_200": 4000.0,
    "peak_rfd_20ms": 4000.0,
    "average_rfd": (2800 - 812) / 0.497,
    "normalised_rfd_0_100": 4000 / 2800 * 100,
    "impulse_0_100": 12 * 0.1 + 4000 * 0.1**2 / 2,
    "impulse_0_200": 12 * 0.2 + 4000 * 0.2**2 / 2,
    "impulse_0_250": 12 * 0.25 + 4000 * 0.25**2 / 2,
    "impulse_0_300": 12 * 0.3 + 4000 * 0.3**2 / 2,
    "left_at_peak": 1700.0,
    "right_at_peak": 1100.0,
    "asymmetry_peak_force_bai": 600 / 2800 * 100,
    "asymmetry_peak_force_max_min": 600 / 1700 * 100,
    "asymmetry_rfd_0_100_bai": 20.0,
    "asymmetry_rfd_0_100_max_min": 800 / 2400 * 100,
    "asymmetry_impulse_0_200_bai": 20.0,
    "asymmetry_impulse_0_200_max_min": 100 / 3,
}


@pytest.mark.parametrize("key", BY_HAND)
def test_each_formula_gives_what_paper_gives(result: Result, key: str) -> None:
    assert result.metric(key).value == pytest.approx(BY_HAND[key], rel=1e-9)


def test_a_normal_trial_has_no_findings_and_nothing_withheld(result: Result) -> None:
    assert result.findings == ()
    assert result.acceptable
    assert [one.key for one in result.metrics if one.withheld_reason] == []


def test_every_metric_says_how_it_was_made(result: Result) -> None:
    assert all(one.method and one.label and one.group for one in result.metrics)
    assert len({one.key for one in result.metrics}) == len(result.metrics)
    made = result.settings
    assert made["filter"] == "none"
    assert made["rate_hz"] == pytest.approx(1000)
    assert made["onset_threshold_n"] == pytest.approx(810)
    assert "5 SD" in made["onset_method"]
    assert (result.analysis, result.version) == ("imtp", ANALYSIS.version)
    assert result.software


def test_the_three_conventions_of_rfd_carry_their_names_and_differ_as_written(result: Result) -> None:
    onset, weight, end = (result.metric(key) for key in ("rfd_0_100", "rfd_0_100_bw", "rfd_0_100_end"))
    assert len({onset.convention, weight.convention, end.convention}) == 3
    assert onset.value is not None
    assert weight.value is not None
    assert end.value is not None
    assert weight.value - onset.value == pytest.approx((812 - 800) / 0.1)
    assert end.value - onset.value == pytest.approx(812 / 0.1)
    assert [one.shown for one in (onset, weight, end)] == [True, False, False]


def test_the_chosen_convention_is_the_one_shown() -> None:
    result = analysed(rfd_convention="body-weight")
    assert [result.metric(key).shown for key in ("rfd_0_100", "rfd_0_100_bw")] == [False, True]


def test_average_rfd_is_kept_but_not_shown_and_the_window_of_peak_rfd_is_in_its_name(result: Result) -> None:
    assert not result.metric("average_rfd").shown
    assert "20 ms" in result.metric("peak_rfd_20ms").label
    assert analysed(peak_rfd_ms=50).metric("peak_rfd_50ms").value == pytest.approx(4000)


def test_both_formulas_of_asymmetry_are_printed_with_the_number(result: Result) -> None:
    assert "(L − R) ÷ (L + R)" in result.metric("asymmetry_peak_force_bai").method
    assert "(max − min) ÷ max" in result.metric("asymmetry_peak_force_max_min").method


def test_swapped_sides_change_the_sign_and_nothing_else(result: Result) -> None:
    swapped = analysed(swap_sides=True)
    assert swapped.settings["sides_swapped"] is True
    for key in ("asymmetry_peak_force_bai", "asymmetry_rfd_0_100_bai"):
        here, there = swapped.metric(key).value, result.metric(key).value
        assert here is not None
        assert here == pytest.approx(-there) if there is not None else False
    assert swapped.metric("peak_force_gross") == result.metric("peak_force_gross")


def test_a_line_set_by_hand_is_taken_between_samples() -> None:
    result = analysed(onset="manual", onset_ms=1510.5)
    onset = result.mark("onset")
    assert onset is not None
    assert onset.t_us == result.settings["origin_us"] + 1_510_500
    assert result.metric("force_50_gross").value == pytest.approx(800 + 4 * 60.5)
    assert result.metric("rfd_0_50").value == pytest.approx(4000)
    assert result.settings["onset_method"] == "set by hand"


def test_one_column_for_the_whole_force_has_everything_but_sides(result: Result) -> None:
    both = paper_trace()
    alone = ANALYSIS.run(
        {"force": Trace(both["left"].t_us, both["left"].values + both["right"].values)}, Context(body_mass_kg=80.0), {}
    )
    assert alone.metric("rfd_0_100").value == result.metric("rfd_0_100").value
    assert alone.metric("asymmetry_peak_force_bai").withheld_reason == "the sides were not measured"


def test_a_result_survives_being_stored(result: Result) -> None:
    import json

    assert Result.from_json(json.loads(json.dumps(result.as_json()))).as_json() == result.as_json()


@pytest.fixture(scope="module")
def in_line() -> Result:
    """The same numbers from a cell between bar and floor: 800 N is then pre-tension."""
    return analysed(Context(rig=Rig.IN_LINE, body_mass_kg=80.0))


def test_the_baseline_is_pre_tension_and_says_so(in_line: Result) -> None:
    assert in_line.metric("pre_tension").value == pytest.approx(800)
    assert in_line.metric("peak_force_net").convention == "above pre-tension"
    assert in_line.metric("peak_force_net").value == pytest.approx(2000)


@pytest.mark.parametrize("key", ["peak_force_relative_gross", "peak_force_allometric_net", "rfd_0_100_bw"])
def test_nothing_is_put_in_relation_to_body_weight(in_line: Result, key: str) -> None:
    assert "in-line" in str(in_line.metric(key).withheld_reason)


def test_sides_of_a_chain_are_not_legs(in_line: Result) -> None:
    assert "not legs" in str(in_line.metric("asymmetry_peak_force_bai").warning)


def test_a_share_of_body_weight_is_refused_as_onset() -> None:
    from ohmstead.domain.errors import InvalidInput

    with pytest.raises(InvalidInput, match="needs a plate"):
        analysed(Context(rig=Rig.IN_LINE), onset="2.5bw")
