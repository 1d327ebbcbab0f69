"""Slowing down those who guess passwords."""

from typing import Final

FREE_TRIES: Final = 5
LONGEST_S: Final = 900
FORGET_S: Final = 3600
MOST_KEYS: Final = 10_000


class Throttle:
    """Counts failures per key (user name, address). After five, each further one doubles the wait."""

    def __init__(self) -> None:
        self._failures: dict[str, tuple[int, float]] = {}  # key -> (failures, monotonic seconds of the last)

    def __len__(self) -> int:
        return len(self._failures)

    def wait_s(self, keys: tuple[str, ...], now: float) -> int:
        """Seconds until the next try is allowed; 0 = now."""
        return max((self._wait(key, now) for key in keys), default=0)

    def _wait(self, key: str, now: float) -> int:
        count, at = self._failures.get(key, (0, now))
        if count < FREE_TRIES:
            return 0
        pause = min(LONGEST_S, 2 ** min(count - FREE_TRIES + 1, 20))
        return max(0, int(at + pause - now + 0.999))

    def failed(self, keys: tuple[str, ...], now: float) -> None:
        if len(self._failures) > MOST_KEYS:
            kept = [(k, v) for k, v in self._failures.items() if now - v[1] < FORGET_S]
            self._failures = dict(kept[-MOST_KEYS // 2 :])  # those who failed longest ago go first
        for key in keys:
            count, at = self._failures.pop(key, (0, now))
            self._failures[key] = (1 if now - at > FORGET_S else count + 1, now)

    def succeeded(self, keys: tuple[str, ...]) -> None:
        for key in keys:
            self._failures.pop(key, None)
