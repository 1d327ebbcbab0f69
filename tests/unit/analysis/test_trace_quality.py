"""Rate, jitter, gaps and the rest, on instants whose story is known."""

import numpy as np
import pytest

from ohmstead.analysis.quality import Gap, measured, ordered, skew_us
from ohmstead.analysis.trace import Trace
from ohmstead.domain.errors import InvalidInput


def regular(count: int, step_us: int = 1000) -> np.ndarray:
    return np.arange(count) * step_us


def of(t_us: object, values: object = None, limits: tuple[float, float] | None = None) -> Trace:
    t = np.asarray(t_us)
    return Trace(t, np.sin(np.arange(len(t))) if values is None else np.asarray(values, float), "N", limits)


def test_a_regular_trace_has_its_rate_and_nothing_else() -> None:
    found = measured(of(regular(1001)))
    assert (found.rate_hz, found.nominal_hz, found.jitter_us, found.duration_s) == (1000, 1000, 0, 1)
    assert (found.gaps, found.lost, found.equal_instants, found.out_of_order, found.dead) == ((), 0, 0, 0, False)


def test_lost_samples_are_counted_and_do_not_slow_the_nominal_rate() -> None:
    t = np.delete(regular(1001), [100, 101, 500])
    found = measured(of(t))
    assert found.gaps == (Gap(99_000, 102_000, 2), Gap(499_000, 501_000, 1))
    assert found.lost == 3
    assert found.nominal_hz == pytest.approx(1000)
    assert found.rate_hz == pytest.approx(998 - 1, abs=1.5)


def test_a_late_stamp_is_jitter_and_no_gap() -> None:
    t = regular(101)
    t[50] += 900
    found = measured(of(t))
    assert found.gaps == ()
    assert found.worst_us == pytest.approx(900)


@pytest.mark.parametrize(("hertz", "equal"), [(80, 0), (320, 0), (600, 0), (1500, 499)])
def test_a_clock_of_milliseconds_keeps_the_rate_and_invents_no_gaps(hertz: int, equal: int) -> None:
    t = (np.arange(hertz) * 1000 // hertz) * 1000
    found = measured(of(t))
    assert found.rate_hz == pytest.approx(hertz, rel=0.02)
    assert found.gaps == ()
    assert found.equal_instants == pytest.approx(equal, abs=1)


def test_equal_instants_are_spread_in_order_up_to_the_next_one() -> None:
    clean = ordered(of([0, 1000, 1000, 2000, 3000], [1, 2, 3, 4, 5]))
    assert clean.t_us.tolist() == [0, 1000, 1500, 2000, 3000]
    assert clean.values.tolist() == [1, 2, 3, 4, 5]


def test_a_batch_sent_twice_counts_once_and_its_last_values_win() -> None:
    """Two samples per millisecond; the batch of the first two milliseconds comes again, corrected."""
    t = [0, 0, 1000, 1000, 2000, 2000, 0, 0, 1000, 1000, 3000]
    trace = of(t, [9, 9, 9, 9, 5, 6, 1, 2, 3, 4, 7])
    clean = ordered(trace)
    assert clean.t_us.tolist() == [0, 500, 1000, 1500, 2000, 2500, 3000]
    assert clean.values.tolist() == [1, 2, 3, 4, 5, 6, 7]
    found = measured(trace)
    assert (found.repeated, found.equal_instants) == (4, 3)


def test_samples_out_of_order_are_sorted_and_counted() -> None:
    trace = of([0, 2000, 1000, 3000], [1, 3, 2, 4])
    assert measured(trace).out_of_order == 1
    assert ordered(trace).values.tolist() == [1, 2, 3, 4]


def test_what_is_no_number_is_left_out_and_counted_and_leaves_a_gap() -> None:
    values = np.arange(10.0)
    values[[4, 5]] = [np.nan, np.inf]
    found = measured(of(regular(10), values))
    assert (found.not_numbers, found.lost, found.samples) == (2, 2, 10)


def test_a_value_at_a_limit_is_saturated_and_one_below_it_is_not() -> None:
    found = measured(of(regular(4), [-8.0, -7.9, 7.9, 8.0], limits=(-8.0, 8.0)))
    assert found.saturated == 2


def test_a_channel_that_never_changes_is_dead() -> None:
    assert measured(of(regular(10), np.full(10, 3.0))).dead


def test_known_losses_count_where_the_instants_hide_them_and_not_twice() -> None:
    known = ((2000, 5000),)
    assert measured(of(regular(10)), known).lost == 2
    assert measured(of(np.delete(regular(10), [3, 4])), known).lost == 2


@pytest.mark.parametrize("count", [0, 1, 2])
def test_too_few_samples_are_measured_without_a_fuss(count: int) -> None:
    found = measured(of(regular(count)))
    assert found.samples == count
    assert (found.rate_hz is None) == (count < 2)


def test_many_samples_at_one_single_instant_have_no_rate() -> None:
    assert measured(of([5, 5, 5])).rate_hz is None


def test_skew_is_how_much_later_the_right_one_was_sampled() -> None:
    assert skew_us(of(regular(100)), of(regular(100) + 300)) == 300
    assert skew_us(of(regular(100)), of(regular(100) - 300)) == -300
    assert skew_us(of(regular(100)), of([])) == 0


def test_a_trace_needs_a_value_for_each_instant() -> None:
    with pytest.raises(InvalidInput, match="one value per instant"):
        Trace(np.arange(3), np.arange(2.0))
