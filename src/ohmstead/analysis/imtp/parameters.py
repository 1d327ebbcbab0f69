"""What can be set on a force analysis. The sources of the defaults are named beside them.

[S] published, [D] derived, [K] common practice.
"""

from collections.abc import Mapping
from enum import StrEnum
from typing import Final

from ohmstead.analysis.parameters import Parameter, Value

Settings = Mapping[str, Value]


class Onset(StrEnum):
    FIVE_SD = "5sd"  # the criterion of Dos'Santos et al. 2017 (1000 Hz): the default
    BW_2_5 = "2.5bw"  # not different from 5 SD in that study, lowest bias
    BW_5 = "5bw"  # not different from 5 SD in that study
    BW_10 = "10bw"  # too late, limits of agreement not acceptable: for comparison with old data only
    N_75 = "75n"  # the same
    N_20 = "20n"  # default of VALD ForceDecks (support article 701)
    DERIVATIVE = "derivative"  # nearest to what experts see (Liu, Qu & Stone 2020)
    MANUAL = "manual"  # never to be mixed with others in one series (Guppy et al. 2024)


ONSET_LABELS: Final = {
    Onset.FIVE_SD: "5 SD of the quiet force",
    Onset.BW_2_5: "2.5 % of body weight",
    Onset.BW_5: "5 % of body weight",
    Onset.BW_10: "10 % of body weight (late; for comparison with old data)",
    Onset.N_75: "75 N (late; for comparison with old data)",
    Onset.N_20: "20 N",
    Onset.DERIVATIVE: "first derivative",
    Onset.MANUAL: "set by hand",
}
BODY_WEIGHT_SHARES: Final = {Onset.BW_2_5: 0.025, Onset.BW_5: 0.05, Onset.BW_10: 0.10}
FIXED_RISES_N: Final = {Onset.N_75: 75.0, Onset.N_20: 20.0}
LATE_ONSETS: Final = (Onset.BW_10, Onset.N_75)


class Convention(StrEnum):
    """Three definitions of RFD 0–t that are in print; they differ by (F(t0) − BW)/t and F(t0)/t."""

    ONSET = "onset"
    BODY_WEIGHT = "body-weight"
    BAND_END = "band-end"


PARAMETERS: Final = (
    Parameter("weigh_s", "Length of the weighing window", 1.0, "s", 1.0, 10.0, note="by time, whatever the rate"),
    Parameter("weigh_from_ms", "Weighing window from", None, "ms", 0.0, note="from the first sample; empty: searched"),
    Parameter("weigh_to_ms", "Weighing window to", None, "ms", 0.0, note="from the first sample; empty: searched"),
    Parameter("onset", "Onset", Onset.FIVE_SD.value, choices=tuple(Onset)),
    Parameter("onset_sd", "Standard deviations", 5.0, "SD", 1.0, 10.0),
    Parameter("onset_floor_n", "Threshold at least", 10.0, "N", 0.0, 100.0, note="against a too quiet sensor"),
    Parameter("back_track", "Go back to the last sample at or below 1 SD", False),
    Parameter("onset_ms", "Onset set by hand", None, "ms", 0.0, note="from the first sample"),
    Parameter("filter", "Filter", "none", choices=("none", "butterworth")),
    # At 100 Hz harmless (≤ 0.8 %), at 10 Hz not (Dos'Santos 2018).
    Parameter("cut_off_hz", "Cut-off", 100.0, "Hz", 5.0, 1000.0),
    Parameter("rfd_convention", "RFD 0–t counts from", Convention.ONSET.value, choices=tuple(Convention)),
    Parameter("peak_rfd_ms", "Window of peak RFD", 20.0, "ms", 2.0, 50.0),  # Haff et al. 2015 tried 2 … 50 ms
    Parameter("swap_sides", "Left and right are swapped", False),
    Parameter("jitter_limit_ms", "Jitter at most", 1.0, "ms", 0.01, 10.0, note="1 ms at 8000 N/s is 8 N"),  # [D]
    Parameter("quiet_sd_limit_n", "Quiet force: SD at most", 15.0, "N", 0.1, 200.0),  # [K]
    Parameter("dip_limit_n", "Countermovement: dip at most", 50.0, "N", 1.0, 500.0),  # imtp-processor [S]
    Parameter("slow_ramp_limit_ms", "Slow ramp: onset to fast pull at most", 150.0, "ms", 10.0, 2000.0),  # [D]
    Parameter("pull_limit_s", "Pull at least", 3.0, "s", 0.1, 10.0),  # 3–5 s [K]
    Parameter("smallest_pull_n", "A pull is at least", 100.0, "N", 1.0, 1000.0),  # [K]
    Parameter("drift_limit_n", "Tare drift at most", 10.0, "N", 0.1, 200.0),  # [K]
    Parameter("hum_limit_n", "Mains hum at most", 5.0, "N", 0.1, 200.0),  # [K]
)


def number(settings: Settings, key: str) -> float:
    """A setting that is never empty."""
    value = settings[key]
    assert isinstance(value, float)
    return value


def optional(settings: Settings, key: str) -> float | None:
    value = settings[key]
    assert value is None or isinstance(value, float)
    return value
