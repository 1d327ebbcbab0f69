"""Outbox: samples in raw flash until the server has them.

The region is a ring of 4 KB sectors. A sector is erased, gets a header, and then records in place, each programmed
once; one bit of a record is cleared when the server has it. Sector `gen` lies at `gen % sectors`, and the one after
the newest is always erased, so a power cut at any byte costs at most the record that was being written.

Header: magic, layout, gen, seq of its first record, samples lost so far, era, time, shift of the era before, CRC; then
a byte that is programmed to 0 when all its records are acknowledged.
Its last 16 bytes: four places to note how many samples were lost with the sector that was erased for the next one.
Record: bit 7 = not acknowledged, bits 0-6 = length · source (bit 6: the number of values and a mask of the known ones
follow) · ms since the record before · values as zigzag varints · CRC16 that begins with the record's sequence number.
"""

import struct

from agent.late import late
from micropython import const

_SECTOR = const(4096)
_HEAD = "<HHIIIHqq"  # 34 bytes, and 2 of CRC
_DONE = const(36)
_FIRST = const(40)
_LONGEST = const(120)  # bytes of a record
_END = const(4080)  # of the records

SET = 757382400000  # 2024, in ms since 2000: a clock that tells less was never set


def number(data, at):
    """A varint, and where it ends. Raises IndexError when there is not all of it."""
    v = shift = 0
    while True:
        b = data[at]
        v |= (b & 127) << shift
        at += 1
        shift += 7
        if b < 128:
            return v, at


def varint(into, at, v):
    """Writes one; returns where it ends."""
    while v > 127:
        into[at] = v & 127 | 128
        v >>= 7
        at += 1
    into[at] = v
    return at + 1


def crc16(data, crc):
    for b in data:
        x = crc >> 8 ^ b
        x ^= x >> 4
        crc = (crc << 8 ^ x << 12 ^ x << 5 ^ x) & 0xFFFF
    return crc


class Outbox:
    """`put` returns when the sample is safe. `fill` gives what is not acknowledged, oldest first; `ack` lets it go.

    `agent.ring` opens it, rewinds it, and begins another era of its clock.
    """

    lost = seq = era = _shift = _time = 0

    # Writing

    def put(self, source, now, values):
        """Write one sample: integers, or None for what is not known, at `now` (ms since 2000 by this clock)."""
        dt = now - self._time
        if self.tail < 0 or dt < 0 or dt >> 28:
            late("agent.ring").roll(self, now)
            dt = 0
        n = self._encode(source, dt, values)
        if self._at + n > _END:
            late("agent.ring").roll(self, now)
            n = self._encode(source, 0, values)
        self._newest = (self.tail, self._at, self._time, self.seq, self.era, self.layout)
        self._append(n)
        self.seq += 1
        self._time = now
        self.last[source] = list(values)

    def _encode(self, source, dt, values):
        b = self._buf
        b[1] = source
        at = varint(b, 2, dt)
        if None in values:
            b[1] = source | 0x40
            mask = 0
            for i in range(len(values)):
                mask |= (values[i] is not None) << i
            at = varint(b, varint(b, at, len(values)), mask)
        for v in values:
            if v is not None:
                if at > _LONGEST - 10:
                    raise ValueError("too many values")
                at = varint(b, at, v << 1 if v >= 0 else ~(v << 1))
        b[0] = 0x80 | (at + 2)
        struct.pack_into("<H", b, at, crc16(self._view[:at], self.seq & 0xFFFF))
        return at + 2

    def _append(self, n):
        at, self._at = self._at, self._at + n  # moved first: after a failed write nothing is programmed over it
        self.region.write(self.tail % self._n * _SECTOR + at, self._view[:n])

    # Reading

    @property
    def pending(self):
        """How many samples are not acknowledged; those that went before their turn still count."""
        return self.seq - self._head_seq if self.tail >= 0 else 0

    def fill(self, add):
        """Give what comes next to `add(source, ms, values, era, layout)` until that says False, or a sector ends.

        Returns a ticket for `ack`, or None when there was nothing. The list `values` is used again.
        """
        while self.tail >= 0 and (self._cursor[0] < self.tail or self._cursor[1] < self._at):
            ticket = self._walk(self._cursor, self._at if self._cursor[0] == self.tail else _END, add)
            self._cursor = self._stopped
            if ticket[0][1] < ticket[1]:
                return ticket
            if not self._ended or self._cursor[0] == self.tail:
                break
            late("agent.ring").seek(self, self._cursor[0] + 1)
        return None

    def newest(self, add):
        """Give the newest sample before its turn; a ticket, or None when `fill` comes to it next."""
        new = self._newest
        if not new or (self._cursor[0] == new[0] and self._cursor[1] >= new[1]):
            return None
        self._newest = None
        ticket = self._walk(new, self._at, add)
        self._live.append(ticket)
        return ticket

    def again(self, ticket, add):
        """Give the samples of a ticket once more, the same ones in the same order."""
        if ticket[0][0] > self.tail - self._n + 1:
            live, self._live = self._live, ()
            self._walk(ticket[0], ticket[1], add)
            self._live = live

    def _walk(self, start, end, add):
        """From `start` to `end`, or where `add` has enough. Leaves `_stopped` and `_ended`; returns a ticket."""
        gen, at, time, seq, era, layout = start
        n = 1
        taken = False
        while at < end and (n := self._record(gen, at, seq)) > 0:
            if self._waiting:
                if self._goes_ahead(gen, at):
                    if taken:
                        break
                elif add(self._source, time + self._dt, self._values, era, layout) is False:
                    break
                else:
                    taken = True
            time += self._dt
            seq += 1
            at += n
            if not taken:
                start = (gen, at, time, seq, era, layout)
        else:
            n = 0
        self._ended = n == 0
        self._stopped = (gen, at, time, seq, era, layout)
        return start, at

    def _goes_ahead(self, gen, at):
        for start, end in self._live:
            if start[0] == gen and start[1] <= at < end:
                return True
        return False

    def ack(self, ticket):
        """The server has what the ticket names."""
        (gen, at, _, _, _, _), end = ticket
        if ticket in self._live:
            self._live.remove(ticket)
        if gen <= self.tail + 1 - self._n:
            return  # overwritten in the meantime
        base = gen % self._n * _SECTOR
        view = self._view[:1]
        while at < end:
            self.region.read(base + at, view)
            n = view[0]
            if n & 0x80:
                view[0] = n & 0x7F
                self.region.write(base + at, view)
            at += n & 0x7F
        if gen == self.head:
            self._advance()

    def _advance(self):
        """Move the head to the oldest sample that is not acknowledged, and mark the sectors that it leaves."""
        while True:
            n = self._record(self.head, self._head_at, self._head_seq)
            if n > 0:
                if self._waiting:
                    return
                self._head_seq += 1
                self._head_at += n
            elif self.head < self.tail:
                late("agent.ring").leave(self)
            else:
                return

    # Flash

    def _record(self, gen, at, seq):
        """Decode one record. Its length; 0: none (any more); -1: it was torn."""
        left = _END - at
        if left < 5:
            return 0
        view = self._view[: min(127, left)]
        self.region.read(gen % self._n * _SECTOR + at, view)
        n = view[0]
        if n == 255:
            return 0
        self._waiting = n > 127
        n &= 127
        if n < 5 or n > left:
            return -1
        view[0] |= 128
        if crc16(view[: n - 2], seq & 0xFFFF) != view[n - 2] | view[n - 1] << 8:
            return -1
        self._source = view[1] & 15
        self._dt, at = number(self._buf, 2)
        del self._values[:]
        mask = count = -1
        if view[1] & 0x40:
            count, at = number(self._buf, at)
            mask, at = number(self._buf, at)
        while at < n - 2 or len(self._values) < count:
            if mask >> len(self._values) & 1:
                v, at = number(self._buf, at)
                self._values.append(~(v >> 1) if v & 1 else v >> 1)
            else:
                self._values.append(None)
        return n
