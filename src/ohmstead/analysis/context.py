"""What is known about a recording besides its samples."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

STANDARD_GRAVITY: Final = 9.80665


class Rig(StrEnum):
    """Two rigs that measure different things, and must never share a series.

    PLATE: cells under the feet, so the force contains body weight. IN_LINE: a cell between bar and floor, so the
    force is the pull alone, and its baseline is pre-tension.
    """

    PLATE = "plate"
    IN_LINE = "inline"


@dataclass(frozen=True, slots=True)
class Context:
    """`None` means unknown, never zero. An analysis uses what it needs and ignores the rest."""

    rig: Rig = Rig.PLATE
    body_mass_kg: float | None = None
    gravity: float = STANDARD_GRAVITY  # m/s², where the test is done
    simultaneous: bool = True  # left and right share one clock
    device_time: bool = True  # stamped where it was measured, not where it arrived
    lost_us: tuple[tuple[int, int], ...] = ()  # spans known to miss samples, by sequence numbers
    # Force on the unloaded rig before and after the trial, by channel, in newtons.
    tare_before_n: Mapping[str, float] = field(default_factory=dict)
    tare_after_n: Mapping[str, float] = field(default_factory=dict)
