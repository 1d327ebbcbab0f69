"""How often a channel is heard, learned from its own history; when its silence, or its clock, is worth an alert.

Silence is counted in monotonic time, so that a system clock that jumps makes nobody silent.
"""

from collections import deque
from dataclasses import dataclass, field
from statistics import median_low
from typing import Final

from ohmstead.domain.condition import ClockSkew, Silence
from ohmstead.domain.telemetry import DAY, MINUTE, SECOND

REMEMBERED: Final = 15  # steps; the median of which a burst or a gap does not move
FEWEST_STEPS: Final = 3
# Of a channel that was never heard twice nobody knows how often it speaks: a battery sensor may do so once a day.
UNLEARNED_US: Final = DAY
# A device that sends what it kept while it was offline is behind for a while, and its clock is right.
SKEW_FOR_US: Final = 10 * MINUTE
FEWEST_SKEWED: Final = 3


@dataclass(slots=True)
class Rhythm:
    """`heard_us`: monotonic, when something new came last. `interval_us`: learned before a restart."""

    heard_us: int
    newest: int | None = None
    interval_us: int | None = None
    steps: deque[int] = field(default_factory=lambda: deque(maxlen=REMEMBERED))

    def look(self, newest: int | None, now_us: int) -> bool:
        """Look at the instant of the newest sample; whether it is another than at the last look."""
        if newest is None or newest == self.newest:
            return False
        if self.newest is not None:
            self.steps.append(now_us - self.heard_us)
            if len(self.steps) >= FEWEST_STEPS:
                self.interval_us = median_low(self.steps)
        self.newest, self.heard_us = newest, now_us
        return True

    def patience_us(self, silence: Silence) -> int:
        """How long its silence is normal."""
        floor = int(silence.floor_s * SECOND)
        if self.interval_us is None:
            return max(floor, UNLEARNED_US)
        return max(floor, int(silence.factor * self.interval_us))

    def silent_us(self, now_us: int) -> int:
        return now_us - self.heard_us


@dataclass(slots=True)
class Skew:
    """How far the newest samples of a device are from the time they came, and for how long it has been too far."""

    since_us: int | None = None
    seen: int = 0
    flagged: int = 0

    def hear(self, lag_us: int, flagged: int, condition: ClockSkew, now_us: int, tolerance_us: int) -> bool | None:
        """One look at something new: True, the clock is wrong; False, it is right; None, not decided.

        `flagged`: how many samples had an instant so far ahead that they took their arrival time instead.
        """
        wrong = abs(lag_us) > condition.limit_s * SECOND + tolerance_us or flagged > self.flagged
        self.flagged = flagged
        if not wrong:
            self.since_us, self.seen = None, 0
            return False
        self.seen += 1
        if self.since_us is None:
            self.since_us = now_us
        long_enough = now_us - self.since_us >= SKEW_FOR_US and self.seen >= FEWEST_SKEWED
        return True if long_enough else None
