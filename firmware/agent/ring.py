"""Turns of the outbox's ring: finding its place after a start, opening the next sector, freeing the one after it."""

import struct

from agent.outbox import SET, Outbox, crc16
from micropython import const

_SECTOR = const(4096)
_HEAD = "<HHIIIHqq"
_MAGIC = const(0x4F53)
_DONE = const(36)
_FIRST = const(40)
_END = const(4080)


def opened(region, layout=0):
    """The outbox in a region of flash, as the last start left it. `layout`: of what will be written."""
    box = Outbox()
    box.region, box.layout = region, layout
    box._n = region.sectors
    box._buf = bytearray(128)
    box._view = memoryview(box._buf)
    box._values = []
    box.shifts = {}  # era -> ms to add to its times
    box.last = {}  # source -> values of its newest record, as far as the newest sector tells
    box._live = []  # tickets of samples that were sent before their turn
    scan(box)
    return box


def scan(box):
    box.tail = -1
    for i in range(box._n):
        head = header(box, i)
        if head:
            if head[7]:
                box.shifts[head[5] - 1] = head[7]
            box.tail = max(box.tail, head[2])
    box._at = _SECTOR
    box.head, box._head_at, box._head_seq = 0, _FIRST, 0
    box._newest = None
    if box.tail < 0:
        rewind(box)
        return
    head = header(box, box.tail % box._n)
    box.written = head[1]
    box.seq, box.lost, box.era, box._time, box._shift = head[3:]
    at = _FIRST
    while (n := box._record(box.tail, at, box.seq)) > 0:
        box.seq += 1
        box._time += box._dt
        box.last[box._source] = list(box._values)
        at += n
    if n == 0 and blank(box, box.tail, at):
        box._at = at  # else something was torn here: what follows goes into the next sector
    box.head = max(0, box.tail + 2 - box._n)
    while box.head < box.tail and not is_open(box, box.head):
        box.head += 1
    enter(box)
    box._advance()
    rewind(box)
    free(box)


def begin(box, now, goes_on):
    """Call before the first `put`. `goes_on`: the clock did not start anew since the last record."""
    if box.tail >= 0:
        if now < box._time or not (goes_on or now >= SET):
            new_era(box, now, 0)
        elif box.written != box.layout:
            roll(box, now)


def new_era(box, now, shift):
    """The clock is another one from now on; `shift` ms makes the times of the era that ends true (0: not known)."""
    if box.tail >= 0:
        if shift:
            box.shifts[box.era] = shift
        box.era += 1
        box._shift = shift
        roll(box, now)


def roll(box, now):
    """Go on in the next sector, and free the one after it."""
    gen = box.tail + 1
    if not blank(box, gen, 0):
        box.region.erase(gen % box._n)
    head = struct.pack(_HEAD, _MAGIC, box.layout, gen, box.seq, box.lost, box.era, now, box._shift)
    head += struct.pack("<H", crc16(head, 0))
    box.region.write(gen % box._n * _SECTOR, head)
    box.tail, box._at, box._time, box.written = gen, _FIRST, now, box.layout
    if box.head == gen:
        enter(box)
        rewind(box)
    free(box)


def free(box):
    """Erase the sector after the newest. What is lost with it is noted first, once."""
    gen = box.tail + 1 - box._n
    lost = noted(box)
    if lost is None and gen >= 0 and is_open(box, gen):
        lost = lose(box, gen)
        if lost and box._place:
            note = struct.pack("<H", lost)
            box.region.write(box._place, note + struct.pack("<H", crc16(note, gen & 0xFFFF)))
    box.lost += lost or 0
    if box.head <= gen:
        box.head = gen + 1
        enter(box)
    if box._cursor[0] <= gen:
        seek(box, box.head)
    if not blank(box, box.tail + 1, 0):
        box.region.erase((box.tail + 1) % box._n)


def noted(box):
    """How many samples the newest sector says were lost when the next was freed; sets where that can be noted."""
    gen = box.tail + 1 - box._n
    view = box._view[: _SECTOR - _END]
    base = box.tail % box._n * _SECTOR + _END
    box.region.read(base, view)
    box._place = 0
    for i in range(12, -1, -4):
        lost, crc = struct.unpack_from("<HH", view, i)
        if lost == crc == 0xFFFF:
            box._place = base + i
        elif crc == crc16(view[i : i + 2], gen & 0xFFFF):
            return lost
    return None


def lose(box, gen):
    """How many samples of a sector are not acknowledged."""
    lost, at, seq = 0, _FIRST, header(box, gen % box._n)[3]
    while (n := box._record(gen, at, seq)) > 0:
        lost += box._waiting
        seq += 1
        at += n
    return lost


def is_open(box, gen):
    """Whether a sector is there and has samples that are not acknowledged."""
    i = gen % box._n
    head = header(box, i)
    if not head or head[2] != gen:
        return False
    view = box._view[:1]
    box.region.read(i * _SECTOR + _DONE, view)
    return view[0] != 0


def blank(box, gen, at):
    """Whether a sector is erased: the whole (`at` 0), or what records have from `at` on."""
    base = gen % box._n * _SECTOR
    end = _END if at else _SECTOR
    while at < end:
        view = box._view[: min(128, end - at)]
        box.region.read(base + at, view)
        if any(b != 255 for b in view):
            return False
        at += len(view)
    return True


def rewind(box):
    """Begin again with the oldest sample that is not acknowledged: what was under way may be lost."""
    box._live = []
    seek(box, box.head)


def seek(box, gen):
    head = header(box, gen % box._n) if box.tail >= 0 else None
    if head:
        box._cursor = (gen, _FIRST, head[6], head[3], head[5], head[1])
    else:
        box._cursor = (gen, _FIRST, 0, 0, 0, 0)


def enter(box):
    head = header(box, box.head % box._n)
    box._head_at, box._head_seq = _FIRST, head[3] if head else box.seq


def header(box, i):
    """What a sector says of itself, or None: it is erased, or nothing that can be trusted."""
    view = box._view[:_DONE]
    box.region.read(i * _SECTOR, view)
    head = struct.unpack_from(_HEAD, view)
    if head[0] == 0x4F53 and head[2] % box._n == i and crc16(view[:34], 0) == view[34] | view[35] << 8:
        return head
    return None


def leave(box):
    """All of the head's sector is acknowledged: mark it, and go to the next."""
    box.lost += header(box, (box.head + 1) % box._n)[3] - box._head_seq  # behind what cannot be read any more
    box.region.write(box.head % box._n * _SECTOR + _DONE, b"\x00")
    box.head += 1
    enter(box)
