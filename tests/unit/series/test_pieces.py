"""The parts of the series store that need no database."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ohmstead.domain.counters import START, CounterState
from ohmstead.domain.rollups import fold
from ohmstead.domain.telemetry import DAY, SECOND
from ohmstead.series import codec, merging, rollup_packs
from ohmstead.series.carry import carry_of, state_of
from ohmstead.series.hot import Hot
from ohmstead.series.journal import PACKED, PLAIN, JournalCodec, UnknownCodec
from ohmstead.series.layout import Layouts
from ohmstead.series.marks import REMEMBERED, Marks

decimals = st.integers(-(10**9), 10**9).map(lambda i: i / 100)
finite = st.one_of(st.floats(allow_nan=False, allow_infinity=False), decimals)
instant = st.integers(946_684_800_000_000, 7_000_000_000_000_000)


@st.composite
def items(draw: st.DrawFn) -> list[object]:
    layouts = Layouts()
    known = [layouts.get(1, (11, 12)), layouts.get(2, (20,)), layouts.get(3, (31, 30)), layouts.get(2, (20, 21, 25))]
    found: list[object] = []
    for _ in range(draw(st.integers(1, 4))):
        runs = []
        for _ in range(draw(st.integers(0, 3))):
            layout = draw(st.sampled_from(known))
            t = draw(st.lists(instant, max_size=draw(st.sampled_from([1, 3, 60]))))
            v = draw(st.lists(finite, min_size=len(t) * layout.width, max_size=len(t) * layout.width))
            as_arrays = draw(st.booleans())
            runs.append((layout, np.array(t, np.int64) if as_arrays else t, np.array(v, float) if as_arrays else v))
        mark = draw(st.none() | st.tuples(st.integers(1, 3), st.text(max_size=9), st.integers(0, 1 << 60)))
        found.append((runs, mark))
    return found


@given(items())
def test_a_journal_record_comes_back_as_it_was(sent: list) -> None:  # type: ignore[type-arg]
    codec = JournalCodec()
    record = codec.decode(codec.encode(sent, 123))
    assert record.committed_us == 123
    runs = [run for runs, _ in sent for run in runs]
    assert record.marks == [mark for _, mark in sent if mark is not None]
    assert [(d, s) for d, s, _, _ in record.runs] == [(layout.device, layout.series) for layout, _, _ in runs]
    for (_, _, t, v), (_, sent_t, sent_v) in zip(record.runs, runs, strict=True):
        assert t.tolist() == list(sent_t)
        assert v.tolist() == list(sent_v)


def test_large_records_are_small() -> None:
    layout = Layouts().get(1, tuple(range(10, 16)))
    t = 1_763_000_000_000_000 + np.arange(166) * 10 * SECOND
    v = np.round(np.random.default_rng(1).normal(230, 1, (166, 6)), 1)
    data = JournalCodec().encode([([(layout, t, v.ravel())], None)], 0)
    assert data[0] == PACKED
    assert 3 * len(data) < 4096  # as many as this share a page
    assert JournalCodec().encode([([(layout, t[:1], v[0])], None)], 0)[0] == PLAIN


def test_a_record_of_the_format_before_is_read() -> None:
    record = JournalCodec().decode(
        bytes.fromhex(
            "0128b52ffd60fe022503008403050001030002000000070001002800803096bd986c007000430006003333333333c36c40666666666"
            "6c66c409999999999c96c4055d53f5512002f2b0a0019dc7529d9a98e05680b9e163c2d785af0b4e069c10b7031d8188c02060212bb"
            "7c078005"
        )
    )
    ((device, series, t, v),) = record.runs
    assert (record.committed_us, device, series) == (5, 3, (7, 8))
    assert t.tolist() == [1_763_000_000_000_000 + n * 10 * SECOND for n in range(40)]
    assert v[::2].tolist() == [230.1 + n % 3 / 10 for n in range(40)]
    assert v[1::2].tolist() == [1 / 3] * 40


def test_a_record_of_a_newer_program_is_refused() -> None:
    with pytest.raises(UnknownCodec, match="codec 77"):
        JournalCodec().decode(b"\x4d rest")
    with pytest.raises(UnknownCodec, match="codec 9"):
        codec.codec(9)
    with pytest.raises(UnknownCodec, match="format 9"):
        rollup_packs.decode_columns(b"\x09\x00", ("start",))


@pytest.mark.parametrize("number", [codec.PCODEC, codec.ZSTD])
@given(st.lists(st.tuples(instant, finite), min_size=1, max_size=300, unique_by=lambda s: s[0]))
def test_every_codec_keeps_every_bit(number: int, samples: list[tuple[int, float]]) -> None:
    t = np.array(sorted(t for t, _ in samples), np.int64)
    v = np.array([v for _, v in samples])
    one = codec.codec(number)
    assert one.decode_times(one.encode_times(t), len(t)).tolist() == t.tolist()
    assert one.decode_values(one.encode_values(v), len(v)).tobytes() == v.tobytes()


@pytest.mark.parametrize("number", [codec.PCODEC, codec.ZSTD])
def test_a_block_of_the_wrong_length_is_not_taken(number: int) -> None:
    one = codec.codec(number)
    with pytest.raises(ValueError):
        one.decode_values(one.encode_values(np.arange(5.0)), 6)


def test_of_repeated_instants_the_last_to_arrive_stays() -> None:
    t, v = merging.settled(np.array([3, 1, 3, 2, 1]), np.array([1.0, 2.0, 3.0, 4.0, 5.0]))
    assert (t.tolist(), v.tolist()) == ([1, 2, 3], [5.0, 4.0, 3.0])
    t, v = merging.merged([(np.array([1, 2]), np.array([1.0, 2.0])), (np.array([2, 3]), np.array([9.0, 9.0]))])
    assert (t.tolist(), v.tolist()) == ([1, 2, 3], [1.0, 9.0, 9.0])


@given(st.integers(0, 50_000))
def test_cuts_cover_everything_with_blocks_that_are_neither_small_nor_large(n: int) -> None:
    pieces = merging.cuts(n)
    assert [a for a, _ in pieces] == [0, *[b for _, b in pieces[:-1]]][: len(pieces)]
    assert sum(b - a for a, b in pieces) == n
    assert all(b - a <= merging.BLOCK_MOST for a, b in pieces)
    assert len(pieces) < 2 or all(b - a >= merging.BLOCK_LEAST for a, b in pieces)


@given(st.lists(st.tuples(st.sampled_from("ab"), st.integers(0, 40)), max_size=80))
def test_marks_know_what_was_added_after_a_restart_too(added: list[tuple[str, int]]) -> None:
    marks = Marks()
    for boot, seq in added:
        marks.add(boot, seq)
    back = Marks.from_bytes(marks.to_bytes())
    for boot in "ab":
        for seq in range(42):
            assert ((boot, seq) in marks) == ((boot, seq) in added) == ((boot, seq) in back)


def test_marks_forget_the_oldest() -> None:
    marks = Marks()
    for seq in range(REMEMBERED + 10):
        marks.add("b", seq)
    assert ("b", 9) not in marks
    assert ("b", 10) in marks
    marks.add("c", 1)
    assert ("b", 10) not in marks


@pytest.mark.parametrize("state", [START, CounterState(12.5), CounterState(3.0, 1_763_000_000_000_000)])
def test_the_state_of_a_counter_fits_between_blocks(state: CounterState) -> None:
    assert state_of(carry_of(state)) == state
    assert state_of(None) == START


def test_a_pack_gives_back_its_rows_and_only_the_columns_asked() -> None:
    t = 1_763_000_000_000_000 + np.arange(5000) * 10 * SECOND
    v = np.round(np.random.default_rng(3).normal(200, 50, 5000), 1)
    rows = fold(t, v, rollup_packs.FINE_US, max_gap_us=DAY)
    data = rollup_packs.encode(rows)
    back = rollup_packs.decode(data, counter=False)
    for name, column in rows.columns().items():
        np.testing.assert_allclose(back.columns()[name], column, rtol=1e-11)
    few = rollup_packs.decode(data, counter=True, only=("start", "count"))
    assert few.count.tolist() == rows.count.tolist()
    assert not few.total.any()
    assert few.increase is not None


def test_hot_rows_of_several_layouts_keep_their_order_of_arrival() -> None:
    layouts, hot = Layouts(), Hot()
    both, one = layouts.get(1, (10, 11)), layouts.get(1, (11,))
    hot.append(1, [(both, [5, 6], [1.0, 2.0, 3.0, 4.0]), (one, [5], [9.0])], 0.0)
    hot.append(2, [(both, [5], [7.0, 8.0])], 0.0)
    snapshot = hot.snapshot(1)
    assert snapshot is not None
    t, v = snapshot.columns(11)
    assert (t.tolist(), v.tolist()) == ([5, 6, 5, 5], [2.0, 4.0, 9.0, 8.0])
    assert snapshot.columns(10)[1].tolist() == [1.0, 3.0, 7.0]
    assert len(snapshot.columns(99)[0]) == 0
    hot.append(3, [(one, [7], [1.5])], 0.0)
    hot.sealed(1, [11], snapshot.end)
    later = hot.snapshot(1)
    assert later is not None
    assert later.columns(11)[1].tolist() == [1.5]
    assert later.columns(10)[1].tolist() == [1.0, 3.0, 7.0]
    assert hot.first_needed() == 1
    hot.drop(1, snapshot.end, snapshot.upto)
    assert (hot.samples, hot.first_needed(), hot.devices()) == (1, 3, [1])
    hot.drop(1, snapshot.end + 1, 3)
    assert (hot.samples, hot.first_needed(), hot.devices()) == (0, 4, [])


def test_habits_cost_little_room_and_spare_most_trials(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two series, one of which changes its nature on the way, as a load does that is switched on for good."""
    rng = np.random.default_rng(5)
    noise = [np.round(rng.normal(230, 1, 3000), 1) for _ in range(40)]
    walk = [np.round(1000 + np.cumsum(rng.normal(0, 0.1, 3000)), 1) for _ in range(20)]
    encoded = 0
    original = codec.Pcodec.encode_one_way

    def counted(self: codec.Pcodec, v: np.ndarray, way: int) -> bytes:
        nonlocal encoded
        encoded += 1
        return original(self, v, way)

    best = sum(len(codec.codec(codec.PCODEC).encode_values(v)) for v in noise + walk + noise[:20])
    monkeypatch.setattr(codec.Pcodec, "encode_one_way", counted)
    habits, size = codec.Habits(), 0
    for first, second in zip(noise, walk + noise[:20], strict=True):
        for series, v in enumerate((first, second)):
            data = habits.encode(series, v)
            assert codec.codec(codec.DEFAULT).decode_values(data, len(v)).tobytes() == v.tobytes()
            size += len(data)
    assert size <= 1.01 * best
    assert encoded <= 1.5 * 80
