"""Where time comes from."""

import time
from typing import Protocol


class Clock(Protocol):
    """UTC in integer microseconds. `now` may jump with the system clock; `arrival` never repeats or goes back."""

    def now(self) -> int: ...
    def arrival(self) -> int: ...
    def monotonic(self) -> float: ...


class SystemClock:
    def __init__(self, floor_us: int = 0) -> None:
        self._last = floor_us

    def now(self) -> int:
        return time.time_ns() // 1_000

    def arrival(self) -> int:
        now = time.time_ns() // 1_000
        self._last = now = now if now > self._last else self._last + 1
        return now

    def monotonic(self) -> float:
        return time.monotonic()
