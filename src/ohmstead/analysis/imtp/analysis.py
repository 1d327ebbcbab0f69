"""The isometric mid-thigh pull as an analysis: force, quiet window, onset, checks, metrics."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from ohmstead import __version__
from ohmstead.analysis.context import Context, Rig
from ohmstead.analysis.imtp import filtering
from ohmstead.analysis.imtp.checks import checked
from ohmstead.analysis.imtp.force import Force, combined
from ohmstead.analysis.imtp.metrics import metrics
from ohmstead.analysis.imtp.onset import begin
from ohmstead.analysis.imtp.parameters import (
    BODY_WEIGHT_SHARES,
    ONSET_LABELS,
    PARAMETERS,
    Onset,
    Settings,
    number,
)
from ohmstead.analysis.imtp.pull import Pull
from ohmstead.analysis.imtp.support import support
from ohmstead.analysis.imtp.weighing import pull_begins, weighed
from ohmstead.analysis.parameters import Parameter, resolved
from ohmstead.analysis.result import Mark, Result
from ohmstead.analysis.trace import Trace
from ohmstead.domain.errors import InvalidInput

_FEWEST = 10  # samples that could show a pull at all


class ForceAnalysis:
    """One trial: columns `left` and `right`, or `force`, in newtons."""

    name = "imtp"
    label = "Isometric mid-thigh pull"
    version = "1"
    parameters: Sequence[Parameter] = PARAMETERS

    def run(self, columns: Mapping[str, Trace], context: Context, parameters: Mapping[str, Any]) -> Result:
        settings = resolved(self.parameters, parameters)
        pull = found(columns, context, settings)
        return Result(
            analysis=self.name,
            version=self.version,
            software=__version__,
            parameters=settings,
            settings=_described(pull),
            metrics=metrics(pull),
            findings=checked(pull),
            marks=_marks(pull),
            quality={name: one.as_json() for name, one in pull.force.quality.items()},
        )


def found(columns: Mapping[str, Trace], context: Context, settings: Settings) -> Pull:
    """The pull in the trial. Raises InvalidInput for settings that cannot be met on this trial."""
    method = Onset(str(settings["onset"]))
    if context.rig is Rig.IN_LINE and method in BODY_WEIGHT_SHARES:
        raise InvalidInput("an onset by a share of body weight needs a plate: an in-line rig does not carry it")
    force = combined(columns, context.lost_us, swapped=bool(settings["swap_sides"]))
    what = support(
        force.rate_hz,
        force.jitter_us,
        number(settings, "jitter_limit_ms"),
        device_time=context.device_time,
        simultaneous=context.simultaneous or not force.sides,
    )
    blocked = _blocked(force, context.rig, settings)
    if blocked is not None:
        return Pull(force, context, settings, what, None, 0, None, blocked, blocked)
    if settings["filter"] == "butterworth":
        rate, cut_off = force.rate_hz, number(settings, "cut_off_hz")
        force = force.filtered(lambda values: filtering.zero_lag(values, rate, cut_off))
    quiet = weighed(force, context.rig, settings)
    peak = int(np.argmax(force.total))
    start = begin(force, quiet, peak, settings)
    if isinstance(start, str):
        return Pull(force, context, settings, what, quiet, peak, None, start, None)
    return Pull(force, context, settings, what, quiet, peak, start, None, None)


def _blocked(force: Force, rig: Rig, settings: Settings) -> str | None:
    """Why nothing can be said about this trial."""
    for name, quality in force.quality.items():
        if not quality.samples:
            return f"{name} has no samples"
        if quality.dead:
            return f"{name} is dead (its value never changes), so the force is not the whole force"
    if len(force) < _FEWEST or not force.rate_hz:
        return f"only {len(force)} samples are common to the channels"
    *_, lowest = pull_begins(force, rig)
    rise, least = float(force.total.max()) - lowest, number(settings, "smallest_pull_n")
    if rise < least:
        return f"no pull: the force rises by {rise:.3g} N only, a pull is at least {least:g} N"
    return None


def _described(pull: Pull) -> dict[str, Any]:
    """How it was made, for people and for the record."""
    settings, quiet, start, force = pull.settings, pull.quiet, pull.begin, pull.force
    filtered = settings["filter"] == "butterworth"
    return {
        "rig": pull.context.rig.value,
        "origin_us": force.origin_us,  # where parameters in ms count from
        "columns": sorted(force.quality),
        "onset": ONSET_LABELS[Onset(str(settings["onset"]))],
        "onset_method": start.method if start else None,
        "onset_threshold_n": start.threshold_n if start else None,
        "onset_threshold_n_per_s": start.threshold_n_per_s if start else None,
        "filter": filtering.described(number(settings, "cut_off_hz") if filtered else None),
        "rate_hz": min((one.rate_hz or 0.0 for one in force.quality.values()), default=0.0),
        "nominal_hz": force.rate_hz,
        "jitter_us": force.jitter_us,
        "skew_us": force.skew_us,
        "interpolation": "linear",
        "quiet_mean_n": quiet.mean if quiet else None,
        "quiet_sd_n": quiet.sd if quiet else None,
        "quiet_window": ("searched" if quiet.searched else "given") if quiet else None,
        "quiet_sides_n": quiet.sides if quiet else {},
        "body_mass_kg": pull.context.body_mass_kg,
        "gravity": pull.context.gravity,
        "simultaneous": pull.context.simultaneous,
        "device_time": pull.context.device_time,
        "sides_swapped": bool(settings["swap_sides"]),
    }


def _marks(pull: Pull) -> tuple[Mark, ...]:
    if pull.blocked is not None:
        return ()
    force, marks = pull.force, []
    if pull.quiet is not None:
        marks += [
            Mark("weighing_from", "Weighing from", force.instant(pull.quiet.start), pull.quiet.mean),
            Mark("weighing_to", "Weighing to", force.instant(pull.quiet.stop), pull.quiet.mean),
        ]
    if pull.begin is not None:
        marks.append(Mark("onset", "Onset", force.instant(pull.begin.t), pull.begin.force))
    marks.append(Mark("peak", "Peak", force.instant(pull.peak_t), pull.peak_force))
    return tuple(marks)
