"""A device's milliseconds become instants that never run backwards and lie close to the truth."""

from dataclasses import dataclass

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from ohmstead.domain.device_time import WRAP, DeviceTime, device_ms
from ohmstead.domain.telemetry import DAY, MS, SECOND

T0 = 1_763_683_200_000_000


@dataclass
class Sender:
    """A device that started at `T0 - boot_ms`, whose clock is slow by `ppm`, with batches of 100 at 1 kHz."""

    boot_ms: int = 80_000
    ppm: float = 0.0
    made: int = 0

    def batch(self, n: int = 100) -> tuple[list[int], list[int]]:
        """(told ms, true instants)."""
        numbers = np.arange(self.made, self.made + n)
        self.made += n
        told = (self.boot_ms + numbers) % WRAP
        true = T0 + np.round(numbers * MS * (1 + self.ppm * 1e-6)).astype(np.int64)
        return told.tolist(), true.tolist()


def test_the_first_batch_ends_when_it_arrived() -> None:
    told, true = Sender().batch()
    placed = DeviceTime().place(told, true[-1] + 3 * MS)
    assert placed[-1] == true[-1] + 3 * MS
    assert np.diff(placed).tolist() == [MS] * 99


@settings(deadline=None, max_examples=60)
@given(
    delays=st.lists(st.integers(2, 120), min_size=20, max_size=60),
    ppm=st.floats(-100, 100),
    boot=st.integers(0, WRAP - 1),
)
def test_instants_rise_and_stay_within_the_worst_delay(delays: list[int], ppm: float, boot: int) -> None:
    clock, sender = DeviceTime(), Sender(boot, ppm)
    last = 0
    for delay in delays:
        told, true = sender.batch()
        placed = clock.place(told, true[-1] + delay * MS)
        assert placed[0] > last
        assert (np.diff(placed) > 0).all()
        last = int(placed[-1])
        error = placed - np.array(true)
        assert error.min() >= 0
        assert error.max() <= max(delays) * MS + 100  # 100 µs: drift within the seconds of this test
        assert abs(np.diff(placed) - MS).max() <= 2


def test_after_minutes_the_least_delay_is_what_remains() -> None:
    clock, sender = DeviceTime(), Sender(ppm=40.0)
    noise = np.random.default_rng(1)
    placed, true = np.zeros(1, np.int64), [0]
    for _ in range(3000):  # five minutes
        told, true = sender.batch()
        placed = clock.place(told, true[-1] + int(noise.exponential(20 * MS)) + 2 * MS)
    assert abs(int(placed[-1]) - true[-1] - 2 * MS) < 3 * MS
    drift = clock.drift_ppm
    assert drift is not None
    assert 20 < drift < 60


def test_the_counter_wraps_after_seven_weeks_without_a_trace() -> None:
    clock, sender = DeviceTime(), Sender(boot_ms=WRAP - 150)
    placed = [clock.place(told, true[-1] + 2 * MS) for told, true in (sender.batch() for _ in range(4))]
    assert np.diff(np.concatenate(placed)).tolist() == [MS] * 399
    assert clock.restarts == 0


def test_equal_milliseconds_are_spread_in_order() -> None:
    clock = DeviceTime()
    placed = clock.place([10, 10, 10, 10, 11], T0)
    assert (T0 - placed).tolist() == [1000, 750, 500, 250, 0]


def test_a_millisecond_that_goes_on_in_the_next_batch_is_spread_too() -> None:
    clock = DeviceTime()
    first = clock.place([10, 11, 12], T0)
    second = clock.place([12, 12, 13], T0 + MS)
    every = np.concatenate((first, second))
    assert (np.diff(every) > 0).all()
    assert second[-1] - first[-1] == MS


def test_a_batch_that_comes_twice_lands_where_it_landed() -> None:
    clock, sender = DeviceTime(), Sender()
    batches = [sender.batch() for _ in range(5)]
    placed = [clock.place(told, true[-1] + 2 * MS) for told, true in batches]
    for (told, _), before in zip(batches, placed, strict=True):
        assert clock.place(told, T0 + 10 * SECOND).tolist() == before.tolist()
    told, true = sender.batch()
    assert clock.place(told, true[-1] + 2 * MS)[0] > placed[-1][-1]


def test_a_batch_that_was_overtaken_lands_between_its_neighbours() -> None:
    clock, sender = DeviceTime(), Sender()
    (a, at), (b, _), (c, ct) = (sender.batch() for _ in range(3))
    first, third = clock.place(a, at[-1] + 2 * MS), clock.place(c, ct[-1] + 2 * MS)
    second = clock.place(b, ct[-1] + 30 * MS)
    assert first[-1] < second[0] < second[-1] < third[0]
    assert clock.late == 100


def test_a_restart_begins_a_new_count() -> None:
    clock, sender = DeviceTime(), Sender(boot_ms=500_000)
    told, true = sender.batch()
    before = clock.place(told, true[-1])
    clock.reconnected()
    again = T0 + 20 * SECOND
    after = clock.place(list(range(3_000, 3_100)), again)
    assert clock.restarts == 1
    assert after[-1] == again
    assert after[0] > before[-1]


def test_another_device_at_the_same_place_is_believed_its_own_count() -> None:
    clock, sender = DeviceTime(), Sender(boot_ms=500_000)
    told, true = sender.batch()
    clock.place(told, true[-1])
    clock.reconnected()
    other = clock.place(list(range(400_000, 400_100)), true[-1] + 4 * SECOND)
    assert other[-1] == true[-1] + 4 * SECOND
    assert clock.restarts == 1
    clock.reconnected()
    same = clock.place(list(range(400_000, 400_100)), true[-1] + 9 * SECOND)  # a restart can count the same again
    assert same[-1] == true[-1] + 9 * SECOND


def test_a_pause_of_the_network_is_no_restart() -> None:
    clock, sender = DeviceTime(), Sender(boot_ms=500_000)
    told, true = sender.batch()
    clock.place(told, true[-1])
    sender.batch(4_000)  # was never sent
    clock.reconnected()
    told, true = sender.batch()
    placed = clock.place(told, true[-1] + 5 * MS)
    assert clock.restarts == 0
    assert abs(int(placed[-1]) - true[-1]) <= 5 * MS


def test_what_a_device_collected_first_begins_when_it_was_told_to() -> None:
    clock, sender = DeviceTime(), Sender()
    batches = [sender.batch() for _ in range(100)]  # ten seconds, sent at their end
    clock.started(T0)
    for n, (told, true) in enumerate(batches):
        placed = clock.place(told, T0 + 10 * SECOND + n * 20 * MS)
        assert abs(int(placed[0]) - true[0]) <= MS


def test_a_device_that_restarted_and_collects_begins_when_it_was_told_to_as_well() -> None:
    clock, sender = DeviceTime(), Sender(boot_ms=500_000)
    told, true = sender.batch()
    clock.place(told, true[-1])
    clock.reconnected()
    begin = T0 + 60 * SECOND
    clock.started(begin)
    assert clock.place(list(range(5_000, 5_100)), begin + 3 * SECOND)[0] == begin
    assert clock.restarts == 1


def test_a_clock_of_the_server_that_was_set_is_followed_after_a_while() -> None:
    clock, sender = DeviceTime(), Sender()
    shift = 0
    placed, true = np.zeros(1, np.int64), [0]
    for n in range(200):
        told, true = sender.batch()
        shift = DAY if n >= 50 else 0
        placed = clock.place(told, true[-1] + shift + 2 * MS)
    assert abs(int(placed[-1]) - true[-1] - DAY) < 10 * MS


@settings(deadline=None, max_examples=40)
@given(delays=st.lists(st.integers(2, 60), min_size=3, max_size=20), boot=st.integers(0, WRAP - 1))
def test_the_devices_own_milliseconds_come_back(delays: list[int], boot: int) -> None:
    clock, sender = DeviceTime(), Sender(boot)
    told, placed = [], []
    for delay in delays:
        ms, true = sender.batch()
        told += ms
        placed += clock.place(ms, true[-1] + delay * MS).tolist()
    knots = clock.knots(placed[0], placed[-1] + 1)
    assert device_ms(np.array(placed), knots).tolist() == told


def test_no_batch_is_no_batch() -> None:
    clock = DeviceTime()
    assert clock.place([], T0).tolist() == []
    assert clock.drift_ppm is None
    assert clock.knots(0, T0) == []
