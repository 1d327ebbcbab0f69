"""Two rules that want different things of one output.

The rule that set an output *holds* it while its alert is open, and for a dead time after it set it, so that two rules
cannot switch a relay back and forth. A rule of a higher priority takes it over; one of the same or a lower priority is
refused, and that is reported. People always have their way: what they set is nobody's.
"""

from dataclasses import dataclass
from typing import Final

from ohmstead.domain.output import State
from ohmstead.domain.telemetry import MINUTE

DEAD_TIME_US: Final = MINUTE


@dataclass(frozen=True, slots=True)
class Claim:
    """A rule wants an output in a state; `at`: by our clock."""

    rule: int
    priority: int
    state: State
    at: int
    alert: int


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether the claim has its way; `against`: the rule it fights with, if they want different things."""

    granted: bool
    against: int | None = None


def decide(holder: Claim | None, holds: bool, claim: Claim) -> Verdict:
    """`holder`: who set the output last, None for a person; `holds`: whether its alert is still open."""
    if holder is None or holder.rule == claim.rule:
        return Verdict(granted=True)
    if not holds and claim.at - holder.at >= DEAD_TIME_US:
        return Verdict(granted=True)
    if claim.state == holder.state:
        return Verdict(granted=claim.priority >= holder.priority)
    return Verdict(granted=claim.priority > holder.priority, against=holder.rule)
