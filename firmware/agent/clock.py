"""Clock: milliseconds since 2000 by the chip's clock, which the server or NTP sets."""

import time

from agent.late import late

SET = 757382400000  # 2024: a clock that tells less was never set
Y2000 = 946684800000  # ms from 1970 to 2000


class Clock:
    """`agent.timing` starts it."""

    doubted = outbox = None  # of the outbox an era ends when the clock is set

    def now(self):
        ticks = time.ticks_ms()
        passed = time.ticks_diff(ticks, self._ticks)
        if passed > 60000000:  # ticks begin anew after some days
            self.base += passed
            self._ticks = ticks
            passed = 0
        return self.base + passed

    @property
    def is_set(self):
        return self.now() >= SET

    def tell(self, ms, trusted=True):
        """Somebody says what time it is, in ms since 1970. Returns whether it was believed."""
        return late("agent.timing").tell(self, ms, trusted)
