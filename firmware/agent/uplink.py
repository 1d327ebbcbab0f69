"""Uplink: what is told to the server, in which order, and what becomes of it when the link is cut."""

import asyncio
import json
import time

from agent.clock import SET, Y2000
from agent.late import late


class Uplink:
    """Live samples first, the backlog oldest first. What `next` gave stays the link's until `acked`."""

    name = "uplink"
    silence = 120000
    live = up = False
    acknowledged = 0  # messages of telemetry, since the start
    estimated = 0  # samples whose clock was never set
    told = 0  # the time of the sample before
    is_joined = None  # whether there is a network
    agent = recorder = _format = None
    _seq = _size = 0

    async def run(self):
        """Until the link is cut, which is an OSError."""
        while self.is_joined and not self.is_joined():
            self.alive()
            await asyncio.sleep_ms(2000)
        try:
            await self.link.session()
        finally:
            self.up = False

    # What a link asks and tells

    def alive(self):
        self.beat = time.ticks_ms()

    def connected(self):
        self.up = True
        self.log("uplink", "connected")
        late("agent.hello").greet(self.agent)

    def next(self):
        """What is to be sent now, for `write`; None: nothing."""
        if self._posts:
            return self._posts.pop(0)
        if not self.clock.is_set:
            return None  # the samples wait for their times
        now = time.ticks_ms()
        ticket = None
        if self.live:
            self.live = False
            ticket = self.outbox.newest(self._add)
        if ticket is None and self.recorder:
            return self.recorder.next()
        if ticket is None and time.ticks_diff(now, self._sent) >= self._gap:
            self._sent = now
            ticket = self.outbox.fill(self._add)
        if ticket is None:
            return None
        if self._parts == [""]:  # nothing that a foreign format can say
            self.outbox.ack(ticket)
            ticket = None
        self._parts = []
        self._seq += 1
        return ticket and (ticket, self._seq)

    def write(self, what):
        """The message: (leaf, retain, payload). The same for the same `what`, also when it is sent again."""
        if len(what) == 3:
            return what
        ticket, seq = what
        if seq < 0:
            return "telemetry", 0, self.recorder.write(ticket, self.boot, seq) if self.recorder else b"{}"
        self._size = -1 << 29
        self._parts = []
        self.outbox.again(ticket, self._add)
        text = ",".join(self._parts)
        if not self._format:
            text = '{"boot":"%s","seq":%d,"samples":[%s]}' % (self.boot, seq, text)
        self._parts = []
        self._size = 0
        return self.settings.get("leaf", "telemetry"), 0, text.encode()

    def acked(self, what):
        if len(what) == 2:
            self.acknowledged += 1
            if what[1] < 0:
                if self.recorder:
                    self.recorder.acked(what[0])
            else:
                self.outbox.ack(what[0])

    def message(self, leaf, payload):
        try:
            late("agent.obey").message(self.agent, leaf, payload)
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            self.log(leaf, error)

    # What the agent tells

    def post(self, leaf, message, retain=0):
        payload = message if isinstance(message, bytes) else json.dumps(message).encode()
        if len(self._posts) >= 12:
            self._posts.pop(0)
            self.log("uplink", "a message is lost")
        self._posts.append((leaf, retain, payload))

    # Telemetry

    def _add(self, source, ms, values, era, layout):
        names = self._names.get(layout)
        if names is None:
            names = self._names[layout] = late("agent.layouts").load(layout)
        ms = self._when(ms, era)
        pairs = _pairs(names[source] if source < len(names) else (), values)
        if self._format:
            if self._parts:
                return False
            text = self._format(ms, pairs)
        else:
            text = '{"t":%d,"v":{%s}}' % (ms + Y2000, ",".join(['"%s":%s' % pair for pair in pairs]))
        if self._parts and self._size + len(text) > self._most:
            self._size = 0
            return False
        self._size = self._size + len(text) if self._parts else len(text)
        self._parts.append(text)
        return True

    def _when(self, ms, era):
        if ms < SET:
            shift = self.outbox.shifts.get(era)
            ms += late("agent.timing").estimate(self, ms, era) if shift is None else shift
        self.told = ms
        return ms


def _pairs(names, values):
    pairs = []
    for (key, decimals), v in zip(names, values):
        if v is None:
            continue
        text = str(v)
        if decimals:
            whole, part = divmod(abs(v), 10**decimals)
            text = "%s%d.%0*d" % ("-" if v < 0 else "", whole, decimals, part)
        pairs.append((key, text))
    return pairs
