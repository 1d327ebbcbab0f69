"""Whether the system clock may be believed. A small computer without Internet starts in the wrong year."""

from typing import Final

from ohmstead.domain.telemetry import DAY
from ohmstead.runtime.clock import Clock

FAR_AHEAD_US: Final = DAY


class Timekeeping:
    """Untrusted: behind the newest commit, or more than a day ahead of it at start and nobody confirmed it."""

    def __init__(self, clock: Clock, floor_us: int | None, synchronised: bool) -> None:
        """`floor_us` is the newest commit of the last run, None on a new installation; `synchronised` says that
        the system disciplines its clock against a time source."""
        self._clock = clock
        self._floor = floor_us
        self._confirmed = synchronised or floor_us is None or clock.now() - floor_us <= FAR_AHEAD_US

    @property
    def trusted(self) -> bool:
        return self._confirmed and (self._floor is None or self._clock.now() >= self._floor)

    def confirm(self) -> None:
        """A person says the clock is right."""
        self._confirmed = True
        if self._floor is not None:
            self._floor = min(self._floor, self._clock.now())
