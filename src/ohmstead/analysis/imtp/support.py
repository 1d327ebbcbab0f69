"""Which metrics the sampling of a trial can carry. What it cannot carry is withheld, with the reason."""

from dataclasses import dataclass
from enum import IntEnum
from typing import Final

# Reference studies sample at 1000 Hz; 500 Hz is the usual minimum for force at fixed times. HX711 converters do 80.
FULL_HZ: Final = 500.0
LATE_HZ: Final = 320.0
# Converters run from their own oscillator, a few percent beside their name.
_TOLERANCE: Final = 0.98
LATE_FROM_MS: Final = 150


class Level(IntEnum):
    """What a metric needs of the sampling."""

    PEAK = 0  # peak force, and what is made of it alone
    LATE = 1  # force at 150 ms and later
    FULL = 2  # everything else


@dataclass(frozen=True, slots=True)
class Support:
    """`why` says what keeps the trial below FULL; None at FULL."""

    level: Level
    why: str | None = None

    def withheld(self, needed: Level) -> str | None:
        return None if needed <= self.level else self.why

    def warning(self, needed: Level) -> str | None:
        """A metric that is given although the sampling is not what it should be."""
        return self.why if needed is Level.LATE and self.level is Level.LATE else None


def support(
    rate_hz: float, jitter_us: float, jitter_limit_ms: float, *, device_time: bool, simultaneous: bool
) -> Support:
    """The level of a trial, from what was measured (rate between gaps, jitter) and what is known of the device."""
    if not device_time:
        return Support(
            Level.PEAK, "samples are stamped on arrival, not on the device: times within the pull are unknown"
        )
    if jitter_us > jitter_limit_ms * 1000:
        return Support(
            Level.PEAK,
            f"jitter of {jitter_us / 1000:.2g} ms; time-specific metrics need {jitter_limit_ms:g} ms or less",
        )
    if rate_hz < LATE_HZ * _TOLERANCE:
        return Support(
            Level.PEAK, f"sampled at {rate_hz:.4g} Hz: enough for peak force only; the full set needs {FULL_HZ:g} Hz"
        )
    if rate_hz < FULL_HZ * _TOLERANCE:
        return Support(
            Level.LATE,
            f"sampled at {rate_hz:.4g} Hz: peak force, and force from {LATE_FROM_MS} ms with care; "
            f"the full set needs {FULL_HZ:g} Hz",
        )
    if not simultaneous:
        return Support(
            Level.LATE, "left and right are not sampled at the same time; RFD and early force need one clock"
        )
    return Support(Level.FULL)
