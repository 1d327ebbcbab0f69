"""Token buckets: how often something may happen."""

from collections.abc import Callable
from time import monotonic


class Rate:
    """Allows `per_second` on average and `burst` at once."""

    __slots__ = ("_at", "_level", "burst", "per_second")

    def __init__(self, per_second: float, burst: float, now: Callable[[], float] = monotonic) -> None:
        self.per_second = per_second
        self.burst = burst
        self._level = burst
        self._at = now()

    def take(self, now: float) -> bool:
        """True if one more is allowed at `now` (monotonic seconds)."""
        level = self._level + (now - self._at) * self.per_second
        if level > self.burst:
            level = self.burst
        self._at = now
        if level < 1.0:
            self._level = level
            return False
        self._level = level - 1.0
        return True

    @property
    def wait_s(self) -> float:
        """Seconds from the last `take` until one more is allowed."""
        return max(0.0, 1.0 - self._level) / self.per_second
