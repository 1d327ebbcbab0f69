"""Pulls with known answers: the acceptance set of the force analysis, and what a simulated rig sends.

The whole force is `base + rise · s(t)`, with `s` from 0 to 1 and back. Every answer here is a closed form of the same
few numbers, worked out without the analysis: no sampling, no search, no interpolation.
"""

from dataclasses import dataclass, field
from enum import StrEnum
from math import acos, exp, log, log1p, pi, sin, tanh
from typing import Final

import numpy as np

from ohmstead.analysis.calibration import Calibration
from ohmstead.analysis.context import Context, Rig
from ohmstead.analysis.quality import SECOND_US
from ohmstead.analysis.trace import Floats, Trace

COUNTS: Final = (-8_388_608.0, 8_388_607.0)  # the ends of a 24-bit converter


class Shape(StrEnum):
    """SIGMOID: logistic rise and fall of the same steepness; never quite still, so its onset is where a threshold is
    crossed. COSINE: half a cosine from an exact beginning to an exact peak, then a straight slow decline.
    """

    SIGMOID = "sigmoid"
    COSINE = "cosine"


@dataclass(frozen=True, slots=True)
class Pull:
    """Forces in newtons, times in seconds from the first sample.

    SIGMOID: half way up at `middle_s`, half way down `hold_s` later, `steepness` per second.
    COSINE: begins at `begin_s`, peaks `ramp_s` later, then loses `decline_n_per_s` until the hold ends.
    """

    base_n: float = 800.0
    rise_n: float = 1600.0
    shape: Shape = Shape.SIGMOID
    middle_s: float = 4.0
    steepness: float = 20.0
    hold_s: float = 4.0
    begin_s: float = 3.5
    ramp_s: float = 0.4
    decline_n_per_s: float = 20.0
    left_share: float = 0.5

    def net(self, t: Floats) -> Floats:
        """F − base."""
        if self.shape is Shape.SIGMOID:
            up = _logistic(self.steepness * (t - self.middle_s))
            down = _logistic(self.steepness * (t - self.middle_s - self.hold_s))
            return np.asarray(self.rise_n * (up - down))
        x = t - self.begin_s
        up = self.rise_n / 2 * (1 - np.cos(np.pi * x / self.ramp_s))
        held = self.rise_n - self.decline_n_per_s * (x - self.ramp_s)
        pulled = np.where(x < self.ramp_s, up, held)
        return np.where((x > 0) & (x < self.ramp_s + self.hold_s), pulled, 0.0)

    # Answers. Only the rise is asked for: the fall of the sigmoid, seconds later, is below 1e-20 of it there.

    def net_at(self, t: float) -> float:
        return float(self.net(np.array([t]))[0])

    @property
    def peak_net(self) -> float:
        """SIGMOID: half way between rise and fall, by symmetry."""
        return self.rise_n * tanh(self.steepness * self.hold_s / 4) if self.shape is Shape.SIGMOID else self.rise_n

    @property
    def peak_at(self) -> float:
        """COSINE only: the top of a sigmoid is flat beyond what numbers can tell."""
        assert self.shape is Shape.COSINE
        return self.begin_s + self.ramp_s

    def crossing(self, above_n: float) -> float:
        """When the force first rises `above_n` over its base."""
        share = above_n / self.rise_n
        if self.shape is Shape.SIGMOID:
            return self.middle_s + log(share / (1 - share)) / self.steepness
        return self.begin_s + self.ramp_s / pi * acos(1 - 2 * share)

    def impulse(self, start: float, stop: float) -> float:
        """Integral of F − base, N·s, within the rise."""
        if self.shape is Shape.SIGMOID:
            k, m = self.steepness, self.middle_s
            return self.rise_n / k * (_softplus(k * (stop - m)) - _softplus(k * (start - m)))
        return self._risen(min(stop, self.peak_at)) - self._risen(start) + self._declined(stop)

    def peak_rfd(self, width_s: float) -> float:
        """Largest rise over `width_s`: it lies evenly around the middle of the rise."""
        if self.shape is Shape.SIGMOID:
            return self.rise_n * tanh(self.steepness * width_s / 4) / width_s
        return self.rise_n * sin(pi * width_s / (2 * self.ramp_s)) / width_s

    def steepest_after_threshold(self, above_n: float) -> float:
        """dF/dt where the threshold is crossed: what a late sample costs per second."""
        share = above_n / self.rise_n
        if self.shape is Shape.SIGMOID:
            return self.rise_n * self.steepness * share * (1 - share)
        return self.rise_n * pi / (2 * self.ramp_s) * sin(acos(1 - 2 * share))

    def _risen(self, t: float) -> float:
        x = t - self.begin_s
        return self.rise_n / 2 * (x - self.ramp_s / pi * sin(pi * x / self.ramp_s))

    def _declined(self, t: float) -> float:
        x = max(t - self.peak_at, 0.0)
        return self.rise_n * x - self.decline_n_per_s * x * x / 2


@dataclass(frozen=True, slots=True)
class Disturbance:
    """What spoils a real trial. Everything but the losses is added to the whole force; `noise_n` is its SD."""

    noise_n: float = 0.0
    hum_n: float = 0.0
    hum_hz: float = 50.0
    dip_n: float = 0.0  # countermovement: half a sine, just before the pull
    dip_s: float = 0.2
    drift_n_per_s: float = 0.0
    ramp_n_per_s: float = 0.0  # slow pull for `ramp_s` before the fast one
    ramp_s: float = 1.0
    lost: tuple[tuple[float, float], ...] = ()  # no samples in [from, to), seconds
    lost_share: float = 0.0  # and this share of all others, at random
    jitter_us: float = 0.0  # SD of the time stamps around the true instants
    skew_us: int = 0  # the right channel is sampled this much later


@dataclass(frozen=True, slots=True)
class Trial:
    """A pull as a rig with two cells samples it. The same numbers give the same samples."""

    pull: Pull = field(default_factory=Pull)
    disturbance: Disturbance = field(default_factory=Disturbance)
    rate_hz: float = 1000.0
    duration_s: float = 10.0
    origin_us: int = 1_700_000_000_000_000
    seed: int = 1

    def columns(self) -> dict[str, Trace]:
        """`left` and `right` in newtons."""
        chance = np.random.default_rng(self.seed)
        count = round(self.duration_s * self.rate_hz)
        t = np.arange(count) / self.rate_hz
        kept = self._kept(t, chance)
        stamps = np.rint(t * SECOND_US).astype(np.int64)
        if self.disturbance.jitter_us:
            stamps = stamps + np.rint(chance.normal(0, self.disturbance.jitter_us, count)).astype(np.int64)
        found = {}
        # Noise of the whole is shared evenly: two independent parts of 1/√2 each.
        for side, share, late in (
            ("left", self.pull.left_share, 0),
            ("right", 1 - self.pull.left_share, self.disturbance.skew_us),
        ):
            values = share * self._whole(t + late / SECOND_US)
            if self.disturbance.noise_n:
                values = values + chance.normal(0, self.disturbance.noise_n / 2**0.5, count)
            found[side] = Trace(self.origin_us + late + stamps[kept], values[kept])
        return found

    def counts(self, left: Calibration, right: Calibration) -> dict[str, Trace]:
        """The same as whole counts of a 24-bit converter, cut off at its ends."""
        cells = {"left": left, "right": right}
        return {
            side: Trace(trace.t_us, np.clip(np.rint(cells[side].counts(trace.values)), *COUNTS), "counts", COUNTS)
            for side, trace in self.columns().items()
        }

    def samples(self, left: Calibration, right: Calibration) -> list[dict[str, int]]:
        """As the old force devices say it: `t` in milliseconds of their own clock, `l` and `r` in counts."""
        counts = self.counts(left, right)
        ms = (counts["left"].t_us - self.origin_us) // 1000
        columns = (ms.tolist(), counts["left"].values.astype(int).tolist(), counts["right"].values.astype(int).tolist())
        return [{"t": t, "l": l, "r": r} for t, l, r in zip(*columns, strict=True)]  # noqa: E741 - their names

    def context(self, rig: Rig = Rig.PLATE) -> Context:
        return Context(rig=rig, body_mass_kg=self.pull.base_n / Context().gravity if rig is Rig.PLATE else None)

    def _whole(self, t: Floats) -> Floats:
        odd = self.disturbance
        force = self.pull.base_n + self.pull.net(t)
        begins = self.pull.crossing(min(1.0, self.pull.rise_n / 10))
        force = force + odd.hum_n * np.sin(2 * np.pi * odd.hum_hz * t) + odd.drift_n_per_s * t
        into_dip = t - (begins - odd.dip_s)
        dipping = (into_dip >= 0) & (into_dip <= odd.dip_s)
        force = force - odd.dip_n * np.where(dipping, np.sin(np.pi * into_dip / odd.dip_s), 0.0)
        into_ramp = np.clip(t - (begins - odd.ramp_s), 0.0, odd.ramp_s)
        still = t < begins + self.pull.hold_s
        return np.asarray(force + odd.ramp_n_per_s * np.where(still, into_ramp, 0.0))

    def _kept(self, t: Floats, chance: np.random.Generator) -> np.ndarray:
        kept = np.ones(len(t), np.bool_)
        for start, stop in self.disturbance.lost:
            kept &= (t < start - 1e-9) | (t >= stop - 1e-9)
        if self.disturbance.lost_share:
            kept &= chance.random(len(t)) >= self.disturbance.lost_share
        return kept


RATES_HZ: Final = (80.0, 100.0, 160.0, 320.0, 500.0, 640.0, 1000.0, 1200.0, 2000.0)

ACCEPTANCE: Final = {
    "sigmoid": Trial(),
    "steep sigmoid": Trial(Pull(steepness=35.0)),
    "cosine": Trial(Pull(shape=Shape.COSINE)),
    "noise": Trial(disturbance=Disturbance(noise_n=2.0)),
    "hum": Trial(disturbance=Disturbance(noise_n=1.0, hum_n=8.0)),
    "dip": Trial(Pull(shape=Shape.COSINE), Disturbance(noise_n=1.0, dip_n=120.0)),
    "drift": Trial(disturbance=Disturbance(drift_n_per_s=1.0)),
    "slow ramp": Trial(disturbance=Disturbance(ramp_n_per_s=150.0)),
    "lost in the rise": Trial(disturbance=Disturbance(lost=((3.95, 3.953),))),
    "lost in the hold": Trial(disturbance=Disturbance(lost=((6.5, 6.6),))),
    "uneven": Trial(Pull(left_share=0.55)),
    **{f"{rate:g} Hz": Trial(rate_hz=rate, disturbance=Disturbance(noise_n=1.0)) for rate in RATES_HZ},
}


def _logistic(x: Floats) -> Floats:
    return np.asarray(0.5 * (1 + np.tanh(x / 2)))


def _softplus(x: float) -> float:
    return log1p(exp(-abs(x))) + max(x, 0.0)


__all__ = ["ACCEPTANCE", "COUNTS", "RATES_HZ", "Disturbance", "Pull", "Shape", "Trial"]
