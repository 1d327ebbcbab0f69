"""Which silences of a series are bridged."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ohmstead.domain.telemetry import DAY, HOUR, MINUTE, SECOND
from ohmstead.series import gaps
from ohmstead.series.gaps import ALIKE, HISTORY, LONGEST_GAP_US, SHORTEST_GAP_US, STEPS, Learned, bridged

NOTHING = np.empty(0, np.int64)


def judged(steps: list[int]) -> list[bool]:
    """Of a series that begins with these steps."""
    mask = bridged(np.cumsum([0, *steps]), NOTHING)
    assert not mask[0]
    return mask[1:].tolist()


def plainly(steps: list[int]) -> list[bool]:
    """The rule word by word."""
    found = []
    for i, step in enumerate(steps):
        before = steps[max(0, i - STEPS) : i]
        alike = sum(3 * one >= step for one in before)
        usual = alike >= min(ALIKE, len(before))
        found.append(step <= LONGEST_GAP_US and (step <= SHORTEST_GAP_US or usual))
    return found


@pytest.mark.parametrize("step", [1000, SECOND, 10 * SECOND, 2 * MINUTE, 40 * MINUTE, HOUR, 4 * HOUR])
def test_three_intervals_are_bridged_within_limits(step: int) -> None:
    longest = min(LONGEST_GAP_US, max(SHORTEST_GAP_US, 3 * step))
    assert judged([step] * 50 + [longest, step, longest + 1, step])[-4:] == [True, True, False, True]


def test_a_day_between_samples_is_never_bridged() -> None:
    assert judged([DAY] * 50) == [False] * 50


@pytest.mark.parametrize(("slow", "fast"), [(MINUTE, 10 * SECOND), (HOUR, MINUTE), (5 * MINUTE, SECOND)])
def test_a_slower_interval_is_bridged_after_few_steps(slow: int, fast: int) -> None:
    assert judged([fast] * 1000 + [slow] * 100)[1000:] == [False] * ALIKE + [True] * (100 - ALIKE)


def test_a_faster_interval_soon_makes_the_old_one_a_hole() -> None:
    assert judged([MINUTE] * 1000 + [SECOND] * 20 + [MINUTE])[-1]
    assert not judged([MINUTE] * 1000 + [SECOND] * STEPS + [MINUTE])[-1]


def test_a_hole_and_a_burst_change_nothing() -> None:
    steps = [10 * SECOND] * 60 + [HOUR] + [10 * SECOND] * 10 + [1, 1, 1] + [10 * SECOND] * 10 + [31 * SECOND]
    assert [i for i, one in enumerate(judged(steps)) if not one] == [60, len(steps) - 1]


def test_a_plug_that_reports_changes_at_once_and_else_every_ten_minutes_is_not_silent_between() -> None:
    cycle = [10 * MINUTE] * 5 + [SECOND] * 20
    assert all(judged(cycle * 5)[6:])


def test_values_of_one_moment_sent_one_by_one_make_no_holes() -> None:
    assert all(judged([9 * SECOND, 100, 100, 100] * 50)[20:])


@pytest.mark.parametrize(
    ("steps", "wanted"),
    [
        ([10 * SECOND], [True]),
        ([LONGEST_GAP_US], [True]),
        ([LONGEST_GAP_US + 1, LONGEST_GAP_US], [False, True]),
        ([HOUR, HOUR, HOUR], [True, True, True]),
        ([10 * SECOND, 5 * MINUTE, 10 * SECOND], [True, False, True]),
        ([10 * SECOND, 30 * SECOND, 31 * SECOND], [True, True, False]),
    ],
)
def test_the_first_steps_of_a_series_are_judged_by_those_there_are(steps: list[int], wanted: list[bool]) -> None:
    assert judged(steps) == wanted


def test_no_sample_and_one_sample() -> None:
    assert bridged(NOTHING, NOTHING).tolist() == []
    assert bridged(np.array([5]), NOTHING).tolist() == [False]
    assert bridged(np.array([5]), np.array([4])).tolist() == [True]


def test_what_was_learned_holds_up_to_its_instant() -> None:
    t = np.arange(100) * MINUTE
    learned = Learned(upto=int(t[60]), gap_us=30 * SECOND)
    whole = bridged(t, NOTHING, learned)
    assert whole.tolist() == [False] * 61 + [True] * 39
    for cut in (1, 40, 60, 61, 62, 99):
        assert bridged(t[cut:], t[:cut], learned).tolist() == whole[cut:].tolist()
    assert bridged(t[:1], NOTHING, learned).tolist() == [False]


rhythms = st.lists(
    st.tuples(
        st.sampled_from([1000, SECOND, 7 * SECOND, 20 * SECOND, MINUTE, 4 * MINUTE, HOUR, 13 * HOUR]),
        st.integers(1, 40),
    ),
    min_size=1,
    max_size=8,
).map(lambda runs: [step + i % 3 for step, n in runs for i in range(n)])


@given(rhythms)
def test_the_quick_way_judges_as_the_rule_does(steps: list[int]) -> None:
    assert judged(steps) == plainly(steps)


@given(rhythms, st.data())
def test_pieces_with_the_instants_before_them_are_judged_as_the_whole(steps: list[int], data: st.DataObject) -> None:
    t = np.cumsum([0, *steps])
    cut = data.draw(st.integers(0, len(t)))
    whole = bridged(t, NOTHING)
    assert bridged(t[:cut], NOTHING).tolist() == whole[:cut].tolist()  # what follows changes nothing
    assert bridged(t[cut:], t[max(0, cut - HISTORY) : cut]).tolist() == whole[cut:].tolist()


@given(rhythms, st.data())
def test_a_late_sample_changes_the_judgement_of_few_steps_after_it(steps: list[int], data: st.DataObject) -> None:
    t = np.cumsum([0, *steps])
    late = data.draw(st.integers(0, int(t[-1])).filter(lambda one: one not in t))
    more = np.sort(np.append(t, late))
    at = int(np.searchsorted(more, late))
    before, after = bridged(t, NOTHING), bridged(more, NOTHING)
    assert after[:at].tolist() == before[:at].tolist()
    assert after[at + 1 + HISTORY :].tolist() == before[at + HISTORY :].tolist()


def test_many_doubtful_steps_are_judged_in_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    steps = np.random.default_rng(7).choice([SECOND, 20 * SECOND, 5 * MINUTE], 3000).tolist()
    monkeypatch.setattr(gaps, "_AT_ONCE", 64)
    assert judged(steps) == plainly(steps)
