"""Energy from power: a counter that goes on after a restart and does not invent what it did not see."""

import time

from micropython import const

_GAP_MS = const(120_000)  # longer without a reading: what flowed is unknown and not counted
_UNIT = const(3_600_000)  # milliwatt-milliseconds in a milliwatt-hour


class Energy:
    """Integers inside: a board's floats have 24 bits and would stop counting after a few kWh."""

    def __init__(self):
        self._mwh = 0
        self._rest = 0
        self._mw = None
        self._at = 0

    def resume(self, wh):
        if wh is not None and wh > 0:
            self._mwh = int(wh * 1000)

    def add(self, watts):
        """Count up to now, with the mean of the last power and this one. Returns Wh."""
        now, mw = time.ticks_ms(), int(watts * 1000)
        if self._mw is not None:
            gap = time.ticks_diff(now, self._at)
            if 0 < gap <= _GAP_MS:
                self._rest += (self._mw + mw) // 2 * gap
                if self._rest > 0:
                    self._mwh += self._rest // _UNIT
                    self._rest %= _UNIT
        self._mw, self._at = mw, now
        return self._mwh / 1000
