"""Recorder: high-rate samples of one driver in a ring in memory, sent as columns while and after it runs."""

import array
import time

_PIECE = 200  # samples in one message


class Ring:
    """Two columns and their instants. `put` allocates nothing and may be called from an interrupt."""

    def __init__(self, capacity):
        self.us = array.array("i", bytes(4 * capacity))
        self.left = array.array("i", bytes(4 * capacity))
        self.right = array.array("i", bytes(4 * capacity))
        self.size = capacity
        self.head = 0  # where the next goes
        self.used = 0  # how many are not acknowledged
        self.lost = 0  # samples that found no room
        self.count = 0

    def put(self, us, left, right=0):
        if self.used == self.size:
            self.lost += 1
            return
        i = self.head
        self.us[i] = us
        self.left[i] = left
        self.right[i] = right
        self.head = i + 1 if i + 1 < self.size else 0
        self.used += 1
        self.count += 1


class Recorder:
    """`start`, `stop`; the uplink takes pieces by `next` and `write`, and gives them back by `acked`."""

    def __init__(self, driver, module, clock, capacity):
        self._driver = driver
        self._keys = [channel[0] for channel in getattr(driver, "STREAM", getattr(module, "STREAM", ()))][:2]
        self._clock = clock
        self.ring = Ring(capacity)
        self._given = 0  # samples from the oldest one on that are under way
        self._flying = []  # (number, first, how many), in order
        self._number = 0
        self._done = {}
        self.running = False

    def start(self):
        # One instant on both clocks: the ticks of a sample become a time by it.
        self.began_us, self.began_ms = time.ticks_us(), self._clock.now()
        self._before = self.began_us
        self._passed = 0
        self.running = True
        self._driver.start(self.ring)

    def stop(self):
        self._driver.stop()
        self.running = False

    @property
    def empty(self):
        return not self.ring.used and not self.running

    def next(self):
        """A piece to be sent, or None: too few to be worth a message, or all are under way."""
        waiting = self.ring.used - self._given
        if waiting <= 0 or (self.running and waiting < _PIECE):
            return None
        n = min(_PIECE, waiting)
        first = (self.ring.head - waiting) % self.ring.size
        self._given += n
        self._number -= 1
        self._flying.append((self._number, first, n))
        return (self._number, first, n, self._time_of(first)), self._number

    def _time_of(self, first):
        """Microseconds since 1970 of a sample; ticks begin anew about every 18 minutes, so they are followed."""
        from agent.clock import Y2000

        us = self.ring.us[first]
        self._passed += time.ticks_diff(us, self._before)
        self._before = us
        return (self.began_ms + Y2000) * 1000 + self._passed

    def write(self, ticket, boot, seq):
        """The message of a piece: its instants, and one column for each key."""
        _, first, n, start = ticket
        ring, size = self.ring, self.ring.size
        zero = ring.us[first]
        places = [(first + i) % size for i in range(n)]
        offsets = ",".join(str(start + time.ticks_diff(ring.us[i], zero)) for i in places)
        columns = [
            '"%s":[%s]' % (key, ",".join(str(column[i]) for i in places))
            for key, column in zip(self._keys, (ring.left, ring.right))
        ]
        text = '{"boot":"%s","seq":%d,"columns":{"t_us":[%s],"v":{%s}}}' % (
            boot,
            (1 << 40) - seq,
            offsets,
            ",".join(columns),
        )
        return text.encode()

    def acked(self, ticket):
        """Pieces are given back to the ring in the order in which they were taken."""
        self._done[ticket[0]] = True
        while self._flying and self._flying[0][0] in self._done:
            number, _, n = self._flying.pop(0)
            del self._done[number]
            self.ring.used -= n
            self._given -= n


def orders(agent, sensor, found):
    """What a driver that streams can be told: `start` and `stop`; the first such driver has the ring."""
    driver = sensor.driver
    module = getattr(__import__("drivers." + sensor.name), sensor.name)

    async def start(args):
        before = agent.uplink.recorder
        if before and not before.empty:
            raise ValueError("the recording before is still on its way")
        recorder = agent.uplink.recorder = Recorder(driver, module, agent.clock, agent.config["recording_samples"])
        recorder.start()
        return "%d samples/s" % driver.rate

    async def stop(args):
        recorder = agent.uplink.recorder
        if not recorder:
            raise ValueError("nothing is recorded")
        recorder.stop()
        return "%d samples, %d lost" % (recorder.ring.count, recorder.ring.lost)

    found.setdefault("start", start)
    found.setdefault("stop", stop)
