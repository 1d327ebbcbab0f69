"""One pull, found in its trial: what every check and every metric starts from."""

from dataclasses import dataclass

import numpy as np

from ohmstead.analysis.context import Context, Rig
from ohmstead.analysis.imtp.force import Force
from ohmstead.analysis.imtp.onset import Begin
from ohmstead.analysis.imtp.parameters import Settings
from ohmstead.analysis.imtp.support import Support
from ohmstead.analysis.imtp.weighing import Weighing


@dataclass(frozen=True, slots=True)
class Pull:
    """`force` is filtered if a filter was asked for. `quiet` and `begin` are None where they were not found;
    `missing` then says why there is no `begin`. `blocked`: why nothing at all can be said, if so.
    """

    force: Force
    context: Context
    settings: Settings
    support: Support
    quiet: Weighing | None
    peak: int
    begin: Begin | None
    missing: str | None
    blocked: str | None

    @property
    def peak_t(self) -> float:
        """0 where there are no samples: nothing is made of it then, for the pull is `blocked`."""
        return float(self.force.t[self.peak]) if len(self.force) else 0.0

    @property
    def peak_force(self) -> float:
        return float(self.force.total[self.peak]) if len(self.force) else 0.0

    @property
    def plate(self) -> bool:
        return self.context.rig is Rig.PLATE

    @property
    def rise(self) -> float | None:
        """Peak above the quiet level."""
        return None if self.quiet is None else self.peak_force - self.quiet.mean

    @property
    def duration(self) -> float | None:
        """Seconds from the onset until the force is last above half its rise."""
        if self.begin is None or self.quiet is None:
            return None
        above = np.flatnonzero(self.force.total > self.quiet.mean + (self.peak_force - self.quiet.mean) / 2)
        return float(self.force.t[above[-1]]) - self.begin.t if len(above) else None

    @property
    def onset(self) -> Begin:
        """For what is only asked when there is one."""
        assert self.begin is not None
        return self.begin

    @property
    def extent(self) -> tuple[float, float]:
        """From the onset, or the first sample, to the end of the trial."""
        return (self.begin.t if self.begin else float(self.force.t[0])), float(self.force.t[-1])

    @property
    def clipped(self) -> int:
        """Samples of the pull at the limit of a converter."""
        return self.force.saturated_within(*self.extent)

    def why_no_onset(self) -> str | None:
        return None if self.begin is not None else f"no onset: {self.missing}"

    def why_no_quiet(self) -> str | None:
        if self.quiet is None:
            return "there is no quiet second before the pull"
        return None

    def why_no_weight(self) -> str | None:
        """Why nothing may be related to body weight."""
        if not self.plate:
            return "an in-line rig does not carry body weight; its baseline is pre-tension"
        if self.quiet is not None and self.quiet.mean <= 0:
            return (
                f"weighing gives {self.quiet.mean:.0f} N: nobody stands on the plate, or it was tared with the person"
            )
        return self.why_no_quiet()

    def body_mass(self) -> tuple[float | None, str]:
        """(kg, where it comes from) or (None, why not). A mass that was given is never replaced in silence."""
        given = self.context.body_mass_kg
        if not self.plate:
            return None, "an in-line rig does not carry body weight: its force is not put in relation to the body"
        if given is not None:
            return (given, "body mass as given") if given > 0 else (None, f"the body mass given is {given:g} kg")
        why = self.why_no_weight()
        if why is not None or self.quiet is None:
            return None, why or ""
        return self.quiet.mean / self.context.gravity, "body mass from weighing"
