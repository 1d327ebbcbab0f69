"""Force drivers that stream: every sample, once, with its instant."""

import itertools

import drivers_core as core
import pytest
from drivers_test import FIRMWARE
from sim.models import ads1220, told
from sim.models.bench import Bench


class Ring:
    """What a recording keeps."""

    def __init__(self):
        self.samples = []

    def put(self, us, left, right):
        self.samples.append((us, left, right))


def bench_of(name, **change):
    given = core.vector(FIRMWARE, name)
    bench = Bench(name, given, {"settings": change})
    return bench


@pytest.fixture(autouse=True)
def _nothing_goes_on():
    yield
    told.forget()


def gaps(samples):
    return [later[0] - earlier[0] for earlier, later in itertools.pairwise(samples)]


def test_two_ads1220_give_a_thousand_samples_a_second_without_a_loss():
    bench = bench_of("ads1220")
    left, right = bench.parts["left"], bench.parts["right"]
    left.raw = lambda us: us // 1000
    right.raw = lambda us: -(us // 1000)
    ring = Ring()
    bench.driver.start(ring)
    told.turn(bench.clock, bench.clock.us + 1_500)
    begin = bench.clock.us
    ads1220.run(bench.clock, (left, right), begin + 10_000_000)
    bench.driver.stop()
    ads1220.run(bench.clock, (left, right), bench.clock.us + 100_000)
    assert 9_999 <= len(ring.samples) <= 10_001
    assert all(990 <= gap <= 1_010 for gap in gaps(ring.samples))
    values = [sample[1] for sample in ring.samples]
    assert values == list(range(values[0], values[0] + len(values))), "each conversion once, in order"
    assert all(abs(one[1] + one[2]) <= 1 for one in ring.samples), "both cells at the same instant"


def test_oscillators_apart_by_half_a_percent_lose_only_what_the_slow_one_did_not_measure():
    bench = bench_of("ads1220")
    left, right = bench.parts["left"], bench.parts["right"]
    right.slow_us = 5
    ring = Ring()
    bench.driver.start(ring)
    told.turn(bench.clock, bench.clock.us + 1_500)
    ads1220.run(bench.clock, (left, right), bench.clock.us + 10_000_000)
    assert 9_900 <= len(ring.samples) <= 9_952
    assert max(gaps(ring.samples)) <= 2_020


def test_a_recording_begins_once_both_chips_answer():
    bench = bench_of("ads1220")
    left, right = bench.parts["left"], bench.parts["right"]
    right.present = False
    ring = Ring()
    bench.driver.start(ring)
    told.turn(bench.clock, bench.clock.us + 500_000)
    ads1220.run(bench.clock, (left, right), bench.clock.us + 100_000)
    assert not ring.samples
    right.present = True
    told.turn(bench.clock, bench.clock.us + 110_000)
    ads1220.run(bench.clock, (left, right), bench.clock.us + 1_000_000)
    assert 990 <= len(ring.samples) <= 1_010


def test_a_recording_has_the_cells_for_itself():
    bench = bench_of("ads1220")
    bench.driver.start(Ring())
    with pytest.raises(OSError, match="16"):
        bench.read()
    bench.driver.stop()
    assert bench.read() == [1000.0, -80.0]


def test_two_hx711_are_told_with_the_instant_their_data_came():
    bench = bench_of("hx711")
    left, right = bench.parts["left"], bench.parts["right"]
    ring = Ring()
    bench.driver.start(ring)
    told.turn(bench.clock, bench.clock.us + 2_000_000)
    bench.driver.stop()
    told.turn(bench.clock, bench.clock.us + 50_000)
    assert 158 <= len(ring.samples) <= 161
    assert {sample[1:] for sample in ring.samples} == {(123456, -98765)}
    assert all(11_000 <= gap <= 14_500 for gap in gaps(ring.samples))
    assert left.resets == right.resets == 0, "the clock pin was never high for 60 µs"


def test_an_nau7802_that_fails_for_a_moment_goes_on():
    bench = bench_of("nau7802")
    ring = Ring()
    bench.driver.start(ring)
    told.turn(bench.clock, bench.clock.us + 2_000_000)
    before = len(ring.samples)
    bench.parts["bus"].nacks = 5
    told.turn(bench.clock, bench.clock.us + 100_000)
    bench.parts["chip"].brown_out()
    told.turn(bench.clock, bench.clock.us + 2_000_000)
    assert 430 <= before <= 500, "320 a second, after half a second of settling"
    assert len(ring.samples) - before >= 430
    assert 5 <= bench.driver.lost <= 8
    assert {sample[1] for sample in ring.samples} == {123456}
