"""The rules a batch passes before it is stored, against a plain model of them."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ohmstead.domain import rows
from ohmstead.domain.errors import MalformedPayload
from ohmstead.domain.instants import EARLIEST_US
from ohmstead.domain.intake import AHEAD_US, KnownChannels, Taken, check
from ohmstead.domain.telemetry import MINUTE, Batch, Rejection, Run

NOW = 1_763_682_000_000_000


def take(*runs: Run, known: KnownChannels | None = None, trusted: bool = True) -> Taken:
    return check(Batch(list(runs)), known or KnownChannels(), received_us=NOW, trusted=trusted)


def cells(batch: Batch) -> dict[tuple[str, int], float]:
    found: dict[tuple[str, int], float] = {}
    for run in batch.runs:
        table = np.asarray(run.values, dtype=float).reshape(len(run.times_us), len(run.keys))
        for t, row in zip(list(run.times_us), table, strict=True):
            for key, value in zip(run.keys, row, strict=True):
                assert (key, int(t)) not in found
                found[key, int(t)] = float(value)
    return found


@pytest.mark.parametrize("times", [[NOW], [NOW - 2, NOW - 1], np.arange(NOW - 9, NOW)])
def test_a_sound_batch_is_returned_itself(times: list[int]) -> None:
    batch = Batch([Run(("a",), times, [1.0] * len(times))])
    taken = check(batch, KnownChannels({"a": 0}), received_us=NOW, trusted=True)
    assert taken.batch is batch
    assert (taken.accepted, taken.duplicates) == (len(times), 0)


def test_rows_before_2000_are_rejected_once_each() -> None:
    taken = take(Run(("a", "b"), [EARLIEST_US - 1, EARLIEST_US], [1.0, 2.0, 3.0, 4.0]))
    assert taken.batch.rejected == [Rejection(0, "time")]
    assert cells(taken.batch) == {("a", EARLIEST_US): 3, ("b", EARLIEST_US): 4}


def test_a_batch_of_a_clock_far_ahead_keeps_its_rhythm() -> None:
    ahead = NOW + 3 * AHEAD_US
    taken = take(Run(("a",), [ahead, ahead + 1_000, ahead + 2_000], [1.0, 2.0, 3.0]))
    assert cells(taken.batch) == {("a", NOW - 2_000): 1, ("a", NOW - 1_000): 2, ("a", NOW): 3}
    assert (taken.accepted, taken.duplicates, taken.batch.clock_flagged) == (3, 0, 3)


def test_one_absurd_time_does_not_drag_the_others_into_the_past() -> None:
    taken = take(Run(("a", "b"), [NOW + 2 * AHEAD_US, 2**61], [1.0, 2.0, 3.0, 4.0]))
    assert {instant for _, instant in cells(taken.batch)} == {NOW}


@pytest.mark.parametrize("known", [KnownChannels(), KnownChannels({"a": 0, "b": 0})], ids=["new", "known"])
def test_a_clock_far_ahead_gets_the_arrival(known: KnownChannels) -> None:
    for _ in range(2):  # the second time the keys are remembered
        ahead = take(Run(("a", "b"), [NOW + AHEAD_US + 1], [1.0, 2.0]), known=known)
        assert cells(ahead.batch) == {("a", NOW): 1, ("b", NOW): 2}
        assert ahead.batch.clock_flagged == 2
        just = take(Run(("a", "b"), [NOW + AHEAD_US], [1.0, 2.0]), known=known)
        assert cells(just.batch) == {("a", NOW + AHEAD_US): 1, ("b", NOW + AHEAD_US): 2}
        assert just.batch.clock_flagged == 0


def test_an_untrusted_clock_does_not_judge() -> None:
    taken = take(Run(("a",), [NOW + 60 * MINUTE], [1.0]), trusted=False)
    assert cells(taken.batch) == {("a", NOW + 60 * MINUTE): 1}


def test_samples_older_than_their_channel_keeps_are_rejected_by_name() -> None:
    known = KnownChannels({"a": NOW - 100, "b": 0})
    taken = take(Run(("a", "b"), [NOW - 101, NOW - 100], [1.0, 2.0, 3.0, 4.0]), known=known)
    assert taken.batch.rejected == [Rejection(0, "older_than_retention", "a")]
    assert cells(taken.batch) == {("b", NOW - 101): 2, ("a", NOW - 100): 3, ("b", NOW - 100): 4}
    assert taken.accepted == 3


def test_retention_may_move_on() -> None:
    known = KnownChannels({"a": 0})
    assert take(Run(("a",), [NOW - 101], [1.0]), known=known).accepted == 1
    known.add("a", NOW - 100)
    assert take(Run(("a",), [NOW - 101], [1.0]), known=known).accepted == 0
    known.remove("a")
    assert take(Run(("a",), [NOW - 101], [1.0]), known=known).accepted == 1


@pytest.mark.parametrize("key", ["", "x" * 65, "a\nb", "\x00"])
def test_illegal_keys_are_rejected_and_shown_safely(key: str) -> None:
    taken = take(Run(("ok", key), [NOW], [1.0, 2.0]))
    [rejection] = taken.batch.rejected
    assert (rejection.index, rejection.reason) == (0, "key")
    assert rejection.key is not None
    assert rejection.key.isprintable()
    assert cells(taken.batch) == {("ok", NOW): 1}


def test_a_device_has_a_limited_number_of_channels() -> None:
    known = KnownChannels({"a": 0}, most=2)
    taken = take(Run(("a", "b", "c"), [NOW], [1.0, 2.0, 3.0]), known=known)
    assert taken.batch.rejected == [Rejection(0, "too_many_channels", "c")]
    assert cells(taken.batch) == {("a", NOW): 1, ("b", NOW): 2}


def test_of_repeats_the_last_sent_stays() -> None:
    taken = take(Run(("a",), [NOW, NOW - 1, NOW], [1.0, 2.0, 3.0]))
    assert taken.duplicates == 1
    assert cells(taken.batch) == {("a", NOW): 3, ("a", NOW - 1): 2}


def test_repeats_are_found_across_runs_by_their_place_in_the_message() -> None:
    taken = take(
        Run(("a", "b"), [NOW, NOW - 5], [1.0, 2.0, 3.0, 4.0], [1, 2]), Run(("a",), [NOW, NOW - 5], [8.0, 9.0], [0, 3])
    )
    assert taken.duplicates == 2
    assert cells(taken.batch) == {("a", NOW): 1, ("b", NOW): 2, ("b", NOW - 5): 4, ("a", NOW - 5): 9}


def test_same_instants_of_different_keys_are_no_repeats() -> None:
    taken = take(Run(("a",), [NOW], [1.0], [0]), Run(("b",), [NOW], [2.0], [1]))
    assert (taken.accepted, taken.duplicates) == (2, 0)


def test_an_empty_batch_stays_empty() -> None:
    assert take() == Taken(Batch([]), 0, 0)


def test_what_the_dialect_found_is_kept() -> None:
    batch = Batch([Run(("a",), [0], [1.0], [3])], rejected=[Rejection(5, "value", "a")], clock_flagged=2, serial="s")
    taken = check(batch, KnownChannels(), received_us=NOW, trusted=True).batch
    assert taken.rejected == [Rejection(3, "time"), Rejection(5, "value", "a")]
    assert (taken.serial, taken.clock_flagged) == ("s", 2)
    assert batch.rejected == [Rejection(5, "value", "a")]


def test_a_message_of_nothing_but_rubbish_is_refused_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rows, "MOST_REJECTIONS", 3)
    with pytest.raises(MalformedPayload, match="more than 3"):
        take(Run(("a",), [0] * 4, [1.0] * 4))


def test_many_sets_of_keys_are_forgotten_not_piled_up() -> None:
    known = KnownChannels({str(i): 0 for i in range(300)})
    for i in range(300):
        assert known.has_all((str(i),))
    assert not known.has_all(("0", "new"))


instants = st.sampled_from([0, EARLIEST_US, NOW - 50, NOW - 10, NOW - 1, NOW, NOW + AHEAD_US, NOW + AHEAD_US + 1])
messages = st.lists(
    st.tuples(instants, st.dictionaries(st.sampled_from("abcd"), st.integers(0, 99), min_size=1)), max_size=12
)


@settings(max_examples=300, deadline=None)
@given(message=messages, as_arrays=st.booleans(), trusted=st.booleans(), raw_from=st.sampled_from([0, NOW - 10]))
def test_the_rules_agree_with_a_plain_model(
    message: list[tuple[int, dict[str, int]]], as_arrays: bool, trusted: bool, raw_from: int
) -> None:
    gathered = rows.Rows()
    for index, (t, values) in enumerate(message):
        gathered.add(index, t, tuple(values), map(float, values.values()))
    batch = Batch(gathered.runs())
    if as_arrays:
        for run in batch.runs:
            run.times_us, run.values = np.array(run.times_us), np.array(run.values)
    known = KnownChannels({"a": raw_from, "b": 0}, most=3)

    expected: dict[tuple[str, int], float] = {}
    rejected: set[tuple[int, str, str | None]] = set()
    repeats = flagged = 0
    for index, (told, values) in enumerate(message):
        if told < EARLIEST_US:
            rejected.add((index, "time", None))
            continue
        late = trusted and told > NOW + AHEAD_US
        t = NOW if late else told
        flagged += len(values) * late
        for key, value in values.items():
            if key == "a" and t < raw_from:
                rejected.add((index, "older_than_retention", key))
            else:
                repeats += (key, t) in expected
                expected[key, t] = value

    taken = check(batch, known, received_us=NOW, trusted=trusted)
    fresh = [r for r in taken.batch.rejected if r.reason == "too_many_channels"]
    refused = {r.key for r in fresh}
    assert refused in ({"c"}, {"d"}) if {"c", "d"} <= {key for key, _ in expected} else not refused
    assert {(r.index, r.reason, r.key) for r in taken.batch.rejected if r not in fresh} == rejected
    assert cells(taken.batch) == {(key, t): v for (key, t), v in expected.items() if key not in refused}
    assert taken.accepted == len(taken.batch)
    assert taken.batch.clock_flagged == flagged
    if not refused:
        assert taken.duplicates == repeats
