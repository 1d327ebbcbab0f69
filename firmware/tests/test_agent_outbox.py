"""The outbox: what was taken comes out once, in order, over power cuts and losses that are counted."""

import random

import pytest
from agent import ring
from agent.outbox import SET
from sim.flash import Nor, PowerCut

T0 = SET + 86_400_000
METER = [2301, 4321, 9930, 1_234_567, 500, 98]  # 0.1 V, mA, 0.1 W, Wh, 0.1 Hz, 0.01


def taken(box, most=1000):
    """Everything that waits, as (source, ms, values), with the tickets."""
    out, tickets = [], []

    def add(source, ms, values, era, layout):
        if len(out) >= most:
            return False
        out.append((source, ms, tuple(values)))
        return True

    while (ticket := box.fill(add)) is not None:
        tickets.append(ticket)
        if len(out) >= most:
            break
    return out, tickets


def started(region, layout=0, now=T0):
    box = ring.opened(region, layout)
    ring.begin(box, now, True)
    return box


def restarted(region, now=T0 + 10**9):
    return started(region, now=now)


def test_what_was_put_comes_out_in_order_and_only_once_acknowledged_is_gone():
    region = Nor(4)
    box = started(region)
    for i in range(10):
        box.put(i % 3, T0 + i * 10_000, [i, -i, None])
    out, tickets = taken(box)
    assert out == [(i % 3, T0 + i * 10_000, (i, -i, None)) for i in range(10)]
    assert taken(box)[0] == [], "given once"
    ring.rewind(box)
    assert taken(box)[0] == out, "until acknowledged"
    for ticket in tickets:
        box.ack(ticket)
    ring.rewind(box)
    assert taken(box)[0] == []
    assert box.pending == 0
    assert taken(restarted(region))[0] == [], "also after a restart"


def test_a_record_of_six_channels_takes_at_most_22_bytes_and_a_sector_lasts_longer_than_20_minutes():
    region = Nor(8)
    box = started(region)
    worst = [2600, 100_000, 230_000, 9_999_999, 650, 100]
    erases, n = region.erases, 0
    box.put(0, T0, worst)
    before = region.programmed
    for n in range(1, 6 * 60 * 24):
        box.put(0, T0 + n * 10_000, worst)
        if n == 1:
            assert region.programmed - before <= 22
    minutes = n / 6
    assert region.erases - erases <= minutes / 20
    assert max(region.erased) - min(region.erased) <= 1, "wear is even"


def test_the_newest_may_go_first_and_is_not_sent_again_with_the_backlog():
    box = started(Nor(4))
    for i in range(5):
        box.put(0, T0 + i, [i])
    seen = []
    live = box.newest(lambda s, ms, values, era, layout: seen.append(values[0]))
    assert seen == [4]
    box.again(live, lambda s, ms, values, era, layout: seen.append(values[0]))
    assert seen == [4, 4], "a message that is written again holds the same"
    out, tickets = taken(box)
    assert [v[0] for _, _, v in out] == [0, 1, 2, 3]
    for ticket in tickets:
        box.ack(ticket)
    ring.rewind(box)
    assert [v[0] for _, _, v in taken(box)[0]] == [4], "its own acknowledgement is still missing"
    box.ack(live)
    ring.rewind(box)
    assert taken(box)[0] == []
    assert box.pending == 0


def test_a_ticket_gives_the_same_samples_again():
    box = started(Nor(4))
    for i in range(6):
        box.put(0, T0 + i, [i])
    _, [ticket] = taken(box)
    again = []
    box.put(0, T0 + 9, [9])
    box.again(ticket, lambda s, ms, values, era, layout: again.append(values[0]))
    assert again == [0, 1, 2, 3, 4, 5]


def test_the_oldest_is_overwritten_when_the_region_is_full_and_every_loss_is_counted():
    region = Nor(4)
    box = started(region)
    total = 2000
    for i in range(total):
        box.put(0, T0 + i * 10_000, [i, *METER])
    out, _ = taken(box, most=10_000)
    kept = [v[0] for _, _, v in out]
    assert kept == list(range(total - len(kept), total))
    assert box.lost == total - len(kept) > 0
    again = restarted(region)
    assert again.lost == box.lost


def test_what_is_acknowledged_late_for_an_overwritten_sector_does_nothing():
    region = Nor(4)
    box = started(region)
    box.put(0, T0, METER)
    _, [ticket] = taken(box)
    for i in range(1, 1200):
        box.put(0, T0 + i * 10_000, METER)
    content = bytes(region.content)
    box.ack(ticket)
    assert bytes(region.content) == content


def test_a_clock_that_goes_back_keeps_every_sample_and_its_time():
    box = started(Nor(4))
    times = [T0, T0 + 10_000, T0 - 3_600_000, T0 - 3_590_000, T0 + 10**10]
    for i, t in enumerate(times):
        box.put(0, t, [i])
    assert [ms for _, ms, _ in taken(box)[0]] == times


def test_samples_taken_before_the_clock_was_set_know_their_shift_also_after_restarts():
    region = Nor(4)
    box = ring.opened(region, 0)
    ring.begin(box, 0, False)
    box.put(0, 5_000, [1])
    era = box.era
    ring.new_era(box, T0, T0 - 6_000)  # at 6 s after power-on the true time came
    box.put(0, T0 + 1_000, [2])
    assert box.shifts[era] == T0 - 6_000
    later = started(region, now=T0 + 50_000)
    assert later.shifts[era] == T0 - 6_000


def test_another_layout_begins_another_sector():
    region = Nor(4)
    box = started(region, layout=7)
    box.put(0, T0, [1])
    box = started(region, layout=8, now=T0 + 1)
    box.put(0, T0 + 1, [2, 3])
    layouts = []
    while box.fill(lambda s, ms, values, era, layout: layouts.append((layout, tuple(values)))):
        pass
    assert layouts == [(7, (1,)), (8, (2, 3))]


def test_too_many_values_are_refused_and_nothing_is_written():
    region = Nor(4)
    box = started(region)
    box.put(0, T0, [1])
    content = bytes(region.content)
    with pytest.raises(ValueError):
        box.put(0, T0 + 1, [10**9] * 40)
    assert bytes(region.content) == content


def test_flash_that_refuses_is_an_error_and_what_follows_is_still_right():
    region = Nor(4)
    box = started(region)
    box.put(0, T0, [1])
    region.broken = True
    with pytest.raises(OSError):
        box.put(0, T0 + 1, [2])
    region.broken = False
    box.put(0, T0 + 2, [3])
    values = {v for _, _, v in taken(box)[0]}
    assert (1,) in values
    assert box.seq == 2


def test_a_record_spoilt_in_the_middle_costs_its_followers_of_that_sector_and_they_are_counted():
    region = Nor(4)
    box = started(region)
    for i in range(300):
        box.put(0, T0 + i * 10_000, METER)
    region.content[2000] ^= 0xFF
    box = restarted(region)
    first = ring.header(box, 1)[3]  # where the second sector begins
    out, tickets = taken(box)
    for ticket in tickets:
        box.ack(ticket)
    assert len(out) + box.lost == 300
    assert 0 < box.lost < first


def test_a_region_full_of_rubbish_is_taken_into_use():
    rng = random.Random(5)
    region = Nor(4, bytearray(rng.randbytes(4 * 4096)))
    box = started(region)
    for i in range(400):
        box.put(0, T0 + i * 10_000, METER)
    assert len(taken(box)[0]) + box.lost == 400


class Life:
    """Random appends, acknowledgements and restarts, with a model beside; the power goes wherever it wants."""

    def __init__(self, seed, sectors=4):
        self.rng = random.Random(seed)
        self.region = Nor(sectors)
        self.now = T0
        self.next = 0
        self.model = []  # what was taken and neither acknowledged nor lost
        self.acked = set()
        self.maybe = set()  # being written or acknowledged when the power went
        self.begin()

    def rewind(self):
        ring.rewind(self.box)

    def begin(self):
        self.box = ring.opened(self.region, 0)
        ring.begin(self.box, self.now, True)

    def put(self):
        self.now += self.rng.choice([1, 1000, 10_000, 10_000, 100_000])
        value, self.next = self.next, self.next + 1
        self.maybe = {value}
        self.box.put(self.rng.randrange(15), self.now, [value, *self.rng.choices(range(-5000, 300_000), k=12)])
        self.maybe = set()
        self.model.append(value)

    def send(self):
        out = []

        def add(source, ms, values, era, layout):
            if len(out) >= self.rng.randrange(1, 30):
                return False
            out.append(values[0])
            return True

        ticket = self.box.newest(add) if self.rng.random() < 0.3 else self.box.fill(add)
        if ticket is None:
            return
        assert not self.acked.intersection(out), "acknowledged and given again"
        if self.rng.random() < 0.8:
            self.maybe = set(out)
            self.box.ack(ticket)
            self.maybe = set()
            self.acked |= set(out)
            self.model = [v for v in self.model if v not in self.acked]
        if self.rng.random() < 0.1:
            ring.rewind(self.box)

    def step(self):
        action = self.rng.choices([self.put, self.send, self.rewind, self.begin], [20, 6, 1, 0.3])[0]
        action()

    def check(self):
        """After a restart: what is given is the newest part of the model, in order; the rest is counted as lost."""
        self.begin()
        out = [values[0] for _, _, values in taken(self.box, 10**6)[0]]
        sure = [v for v in out if v not in self.maybe]
        kept = [v for v in self.model if v not in self.maybe]
        assert sure == kept[len(kept) - len(sure) :], "in order, nothing in between is missing"
        missing = len(kept) - len(sure)
        self.model = out
        if self.maybe.intersection(out):
            self.next = max(self.next, max(out) + 1)
        self.acked |= self.maybe.difference(out)
        self.maybe = set()
        return missing


@pytest.mark.parametrize("seed", range(12))
def test_over_power_cuts_everything_taken_comes_out_or_is_counted(seed):
    life = Life(seed)
    lost = 0
    for _ in range(60):
        life.region.cut_after = life.rng.choice([3, 20, 100, 1000, 5000])
        try:
            for _ in range(400):
                life.step()
        except PowerCut:
            pass
        life.region.cut_after = None
        lost += life.check()
        assert life.box.lost == lost, "losses are counted exactly"


def test_the_power_may_go_at_every_single_byte_of_a_turn_of_the_ring():
    region = Nor(3)
    box = started(region)
    i = 0
    while box.tail < 2 or box._at < 4096 - 46:
        box.put(0, T0 + i * 10_000, [i, *METER])
        i += 1
    image = bytes(region.content)
    cut, done = 0, False
    while not done:
        region = Nor(3, bytearray(image))
        box = restarted(region, T0 + i * 10_000)
        region.cut_after = cut
        put = []
        try:
            for k in range(i, i + 3):
                box.put(0, T0 + k * 10_000, [k, *METER])
                put.append(k)
            done = True
        except PowerCut:
            pass
        region.cut_after = None
        again = restarted(region, T0 + (i + 3) * 10_000)
        values = [v[0] for _, _, v in taken(again, 10**6)[0]]
        most = i + len(put)
        assert values == list(range(values[0], len(values) + values[0]))
        assert values[-1] + 1 >= most
        assert again.lost == values[0], "at byte %d" % cut
        twice = restarted(region, T0 + (i + 3) * 10_000)
        assert twice.lost == again.lost
        again.put(0, T0 + (i + 50) * 10_000, [i + 50, *METER])
        cut += 1
    assert cut > 60


def test_without_a_region_a_file_is_written_every_ten_minutes_and_a_cut_loses_at_most_that(tmp_path):
    from agent.flash_file import File
    from sim.host import Host

    with Host(tmp_path) as host:
        regions = [File("outbox.bin", 4)]

        def opened():
            regions[-1].close()
            regions.append(File("outbox.bin", 4))
            return regions[-1]

        box = started(regions[0])
        for i in range(100):
            box.put(0, T0 + i * 10_000, [i, *METER])
            host.pass_us(10_000_000)
        # The power goes: what only the memory held is gone.
        again = restarted(opened())
        kept = [v[0] for _, _, v in taken(again)[0]]
        assert kept == list(range(len(kept)))
        assert 100 - 61 <= len(kept) < 100
        for i in range(3):
            again.put(0, T0 + 10**9 + i, [1000 + i])
        again.region.flush()
        assert [v[0] for _, _, v in taken(restarted(opened(), T0 + 2 * 10**9))[0]][-3:] == [
            1000,
            1001,
            1002,
        ]
        regions[-1].close()


def test_the_flash_of_an_esp8266_is_programmed_in_whole_words(monkeypatch):
    import sys
    import types

    from agent.flash_raw import Raw

    nor = Nor(8)
    esp = types.ModuleType("esp")

    def flash_write(at, data):
        assert at % 4 == 0
        assert len(data) % 4 == 0
        nor.write(at, data)

    esp.flash_read, esp.flash_write, esp.flash_erase = nor.read, flash_write, nor.erase
    monkeypatch.setitem(sys.modules, "esp", esp)
    box = started(Raw(4096, 4 * 4096))
    for i in range(700):
        box.put(0, T0 + i * 10_000, [i, *METER])
    assert nor.content[:4096] == b"\xff" * 4096 == nor.content[5 * 4096 : 6 * 4096], "nothing beside its range"
    out, _ = taken(restarted(Raw(4096, 4 * 4096)))
    assert out[-1][2][0] == 699
