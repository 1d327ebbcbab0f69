"""What a careful person would notice about a trial before believing it. Limits are parameters.

The dip of 50 N is imtp-processor's; the others are common practice and editable for that reason.
"""

from collections.abc import Iterator
from typing import Final

import numpy as np

from ohmstead.analysis.imtp.onset import slopes
from ohmstead.analysis.imtp.parameters import LATE_ONSETS, Onset, number
from ohmstead.analysis.imtp.pull import Pull
from ohmstead.analysis.result import Finding, Severity

PROBLEM, WARNING, NOTE = Severity.PROBLEM, Severity.WARNING, Severity.NOTE

# Weighing and the scales of the changing room agree better than this, clothes and shoes included.
_WEIGHT_SHARE: Final = 0.05
# A side that moves less than this share of the other does not take part in a pull with both hands.
_SILENT_SHARE: Final = 0.05
_FAST_SHARE: Final = 0.10  # of the steepest rise: here the fast pull has begun
_SPIKE_SHARE: Final = 0.10  # of the peak, in one interval, up and down again: no muscle does that
_SKEW_SHARE: Final = 0.5  # of an interval


def checked(pull: Pull) -> tuple[Finding, ...]:
    """Every finding, the gravest first."""
    found = [*_channels(pull), *_sampling(pull)]
    if pull.blocked is None:
        found += [*_weighing(pull), *_pull(pull), *_after(pull)]
    elif not any(finding.severity is PROBLEM for finding in found):
        found.append(Finding("no_pull", PROBLEM, pull.blocked))
    order = list(Severity)
    return tuple(sorted(found, key=lambda finding: order.index(finding.severity)))


def _channels(pull: Pull) -> Iterator[Finding]:
    for name, quality in pull.force.quality.items():
        if not quality.samples:
            yield Finding("empty_channel", PROBLEM, f"{name}: no samples")
        elif quality.dead:
            yield Finding("dead_channel", PROBLEM, f"{name}: the value never changes; is the cell connected?")
        if quality.saturated:
            message = f"{name}: {quality.saturated} samples at the limit of the converter; the true force is higher"
            yield Finding("saturated", PROBLEM, message, quality.saturated, 0, "samples")
        if quality.not_numbers:
            yield Finding("not_numbers", WARNING, f"{name}: {quality.not_numbers} values are no numbers; left out",
                          quality.not_numbers, 0, "samples")  # fmt: skip
    moved = {name: float(np.ptp(values)) for name, values in pull.force.sides.items() if len(values)}
    if len(moved) == 2 and pull.blocked is None:
        quiet, loud = sorted(moved, key=lambda name: moved[name])
        if moved[quiet] < _SILENT_SHARE * moved[loud]:
            share = moved[quiet] / moved[loud] * 100
            yield Finding("silent_channel", PROBLEM, f"{quiet}: does not follow the pull ({share:.2g} % of the {loud})",
                          share, _SILENT_SHARE * 100, "%")  # fmt: skip


def _sampling(pull: Pull) -> Iterator[Finding]:
    for name, quality in pull.force.quality.items():
        if quality.lost:
            message = f"{name}: {_many(quality.lost, 'sample')} missing, in {_many(len(quality.gaps), 'place')}"
            yield Finding("gaps", WARNING, message, quality.lost, 0, "samples")
            if pull.settings["filter"] != "none":
                yield Finding("filtered_gaps", WARNING, f"{name}: the filter ran across gaps and bends the force there")
        if quality.out_of_order:
            message = f"{name}: {quality.out_of_order} samples out of order; sorted"
            yield Finding("out_of_order", NOTE, message, quality.out_of_order, 0, "samples")
        if quality.repeated:
            message = f"{name}: {quality.repeated} samples came twice; the last counts"
            yield Finding("repeated", NOTE, message, quality.repeated, 0, "samples")
        if quality.equal_instants:
            message = f"{name}: {quality.equal_instants} samples share an instant with another; spread in order"
            yield Finding("equal_instants", NOTE, message, quality.equal_instants, 0, "samples")
    if pull.support.why is not None:
        yield Finding("sampling", WARNING, pull.support.why, pull.force.rate_hz or None, None, "Hz")
    skew = abs(pull.force.skew_us)
    if pull.force.rate_hz and skew > _SKEW_SHARE * 1e6 / pull.force.rate_hz:
        message = f"left and right are sampled {skew / 1000:.2g} ms apart; aligned by interpolation"
        yield Finding("skew", WARNING, message, skew / 1000, None, "ms")


def _weighing(pull: Pull) -> Iterator[Finding]:
    quiet, settings = pull.quiet, pull.settings
    given = pull.context.body_mass_kg
    if given is not None and given <= 0:
        yield Finding("body_mass", PROBLEM, f"the body mass given is {given:g} kg", given, None, "kg")
    if quiet is None:
        yield Finding("no_quiet", PROBLEM, "there is no quiet second before the pull: stand still before pulling")
        return
    if quiet.start >= pull.peak_t:
        yield Finding("late_weighing", PROBLEM, "the weighing window does not lie before the peak")
    limit = number(settings, "quiet_sd_limit_n")
    if quiet.sd > limit:
        message = f"the quiet force varies by {quiet.sd:.3g} N (SD): stand still, or look for vibration and hum"
        yield Finding("restless", WARNING, message, quiet.sd, limit, "N")
    why = pull.why_no_weight()
    if pull.plate and why is not None:
        yield Finding("no_weight", PROBLEM, why, quiet.mean, 0, "N")
    elif pull.plate and given is not None and given > 0:
        expected = given * pull.context.gravity
        if abs(quiet.mean - expected) > _WEIGHT_SHARE * expected:
            message = f"weighing gives {quiet.mean:.0f} N, the body mass given makes {expected:.0f} N"
            yield Finding("weight_differs", WARNING, message, quiet.mean, expected, "N")
    for hertz in (50, 60):
        amplitude = hum(pull, hertz)
        limit = number(settings, "hum_limit_n")
        if amplitude is not None and amplitude > limit:
            message = f"{hertz} Hz hum of {amplitude:.3g} N: use the notch rate of the converter rather than a filter"
            yield Finding("hum", WARNING, message, amplitude, limit, "N")


def hum(pull: Pull, hertz: float) -> float | None:
    """Amplitude of one frequency in the quiet window; None where the rate cannot show it."""
    quiet, force = pull.quiet, pull.force
    if quiet is None or force.rate_hz < 2.5 * hertz:
        return None
    inside = (force.t >= quiet.start) & (force.t < quiet.stop)
    wave = np.exp(-2j * np.pi * hertz * force.t[inside])
    return float(2 * np.abs(np.mean((force.total[inside] - quiet.mean) * wave)))


def _pull(pull: Pull) -> Iterator[Finding]:
    force, settings, quiet = pull.force, pull.settings, pull.quiet
    if pull.peak == len(force) - 1:
        yield Finding("peak_at_end", PROBLEM, "the force was still rising when the recording ended")
    near = force.total[max(pull.peak - 1, 0) : pull.peak + 2]
    alone, limit = pull.peak_force - float(np.sort(near)[-2]), _SPIKE_SHARE * abs(pull.peak_force)
    if alone > limit:
        message = f"the peak is a single sample, {alone:.0f} N above its neighbours: a knock or a fault, not a pull"
        yield Finding("spike", PROBLEM, message, alone, limit, "N")
    if pull.begin is None:
        yield Finding("no_onset", PROBLEM, f"no onset: {pull.missing}")
        return
    if Onset(str(settings["onset"])) in LATE_ONSETS:
        yield Finding("late_onset", WARNING, "this onset comes too late and inflates early force: for old data only")
    if quiet is None:
        return
    lead = force.total[(force.t >= quiet.stop) & (force.t <= pull.peak_t)]
    dip, limit = quiet.mean - float(lead.min(initial=quiet.mean)), number(settings, "dip_limit_n")
    if dip > limit:
        message = f"countermovement: the force dips {dip:.0f} N below the quiet force before the peak"
        yield Finding("countermovement", WARNING, message, dip, limit, "N")
    ramp, limit = slow_ramp(pull), number(settings, "slow_ramp_limit_ms")
    if ramp is not None and ramp * 1000 > limit:
        message = f"slow ramp: {ramp * 1000:.0f} ms from the onset to the fast pull; pull as fast as possible"
        yield Finding("slow_ramp", WARNING, message, ramp * 1000, limit, "ms")
    duration, shortest = pull.duration, number(settings, "pull_limit_s")
    if duration is not None and duration < shortest:
        message = f"the pull lasted {duration:.2g} s"
        yield Finding("short_pull", WARNING, message, duration, shortest, "s")


def slow_ramp(pull: Pull) -> float | None:
    """Seconds from the onset until the force rises at 10 % of its steepest rise."""
    if pull.begin is None:
        return None
    first = int(np.searchsorted(pull.force.t, pull.begin.t))
    slope = slopes(pull.force)[first : pull.peak]
    if not len(slope) or slope.max() <= 0:
        return None
    return float(pull.force.t[first + int(np.argmax(slope >= _FAST_SHARE * slope.max()))]) - pull.begin.t


def _after(pull: Pull) -> Iterator[Finding]:
    limit = number(pull.settings, "drift_limit_n")
    before, after = pull.context.tare_before_n, pull.context.tare_after_n
    for name in sorted(set(before) & set(after)):
        drift = after[name] - before[name]
        if abs(drift) > limit:
            message = f"{name}: the unloaded force drifted by {drift:+.1f} N during the trial"
            yield Finding("tare_drift", WARNING, message, drift, limit, "N")


def _many(number: int, what: str) -> str:
    return f"{number} {what}" if number == 1 else f"{number} {what}s"
