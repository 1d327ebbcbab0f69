"""What a sealing changes in the rollups and in the counter's state between blocks. Reads only.

Samples after the last sealed one are merged into what is stored, without looking at blocks. For late samples the
buckets from the one they fall in through the one of the last successor whose step they help to judge (see gaps) are
folded again from the samples; for a counter, on to the block from whose start the state is again what it was.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Final

import numpy as np
import sqlalchemy as sa

from ohmstead.domain import counters
from ohmstead.domain.calendar import Period, edges
from ohmstead.domain.counters import START, CounterState
from ohmstead.domain.rollups import Rollups, coarsen, empty, fold, merge
from ohmstead.series.blocks import Header, NewBlock, headers_around
from ohmstead.series.carry import carry_of, state_of
from ohmstead.series.hot import Columns
from ohmstead.series.rollup_packs import (
    DAYS,
    FINE,
    FINE_US,
    SPAN_US,
    decode,
    encode,
    replaced,
    span_start,
    split,
)
from ohmstead.series.view import FOR_EVER, View

# Below this many samples per bucket of 15 minutes, folding raw samples is as fast as reading rollups.
DENSE: Final = 32

Span = tuple[int, int]


@dataclass(slots=True)
class Refolded:
    """What to write beside the blocks: packs per tier as (span start, bytes), carries of old blocks, the new tail."""

    packs: dict[int, list[tuple[int, bytes]]] = field(default_factory=lambda: {FINE: [], DAYS: []})
    carries: list[tuple[int, bytes]] = field(default_factory=list)
    tail: CounterState = START


def refold(
    connection: sa.Connection,
    view: View,
    zone: str,
    gone: Sequence[Header],
    blocks: Sequence[NewBlock],
) -> Refolded:
    """Work out what sealing the view's overlay changes; fills in the `carry` of `blocks`."""
    fresh, tail, raw_from = view.overlay, view.tail, view.known.raw_from
    done = Refolded(tail=START if tail is None else tail.state)
    late_end = 0 if tail is None else int(np.searchsorted(fresh[0], tail.t, side="right"))
    late, later = (fresh[0][:late_end], fresh[1][:late_end]), (fresh[0][late_end:], fresh[1][late_end:])
    spans: list[Span] = []
    if view.counter:
        if len(late[0]) or done.tail.refold_from is not None:
            spans = [_carry_on(connection, view, done, gone, blocks)]
        else:
            _append_carries(later, done, gone, blocks)
    elif len(late[0]):
        spans = _late_spans(connection, view, late)
    fine = [(max(a, raw_from) // FINE_US * FINE_US, -(-b // FINE_US) * FINE_US) for a, b in _joined(spans)]
    fine = _joined(fine)
    before = None if tail is None else (tail.t, tail.v)
    delta = _delta(view, later, before, START if tail is None else tail.state, fine)
    _fold_fine(view, fine, delta, done)
    newest = int(fresh[0][-1]) if tail is None else max(tail.t, int(fresh[0][-1]))
    _fold_days(view, [(a, min(b, newest + 1)) for a, b in fine], delta, zone, done)
    return done


def _late_spans(connection: sa.Connection, view: View, late: Columns) -> list[Span]:
    """Return the spans in which samples, steps or their judgement changed: one per block that late samples meet."""
    starts = [h.t0 for h in headers_around(connection, view.series, int(late[0][0]), int(late[0][-1]))]
    borders = np.searchsorted(late[0], starts).tolist()
    spans = []
    for low, high in pairwise([0, *borders, len(late[0])]):
        if high > low:
            last = int(late[0][high - 1])
            spans.append((int(late[0][low]), view.judged_until(last) + 1))
    return spans


def _append_carries(later: Columns, done: Refolded, gone: Sequence[Header], blocks: Sequence[NewBlock]) -> None:
    """The simple case: all samples are later than the sealed ones, and no fall is undecided."""
    first = state_of(gone[0].carry) if gone else done.tail
    at, state = 0, done.tail
    for number, block in enumerate(blocks):
        if number == 0:
            block.carry = carry_of(first)
            continue
        state, at = _advance(later, at, int(np.searchsorted(later[0], block.t0)), state)
        block.carry = carry_of(state)
    done.tail, _ = _advance(later, at, len(later[0]), state)


def _advance(samples: Columns, low: int, high: int, state: CounterState) -> tuple[CounterState, int]:
    """Return the state after samples[low:high], having begun earlier if a fall was undecided; and `high`."""
    if state.refold_from is not None:
        low = int(np.searchsorted(samples[0], state.refold_from))
    _, state = counters.fold(samples[0][low:high], samples[1][low:high], state)
    return state, high


def _carry_on(
    connection: sa.Connection,
    view: View,
    done: Refolded,
    gone: Sequence[Header],
    blocks: Sequence[NewBlock],
) -> Span:
    """Fold the counter block by block from before the first change until the state is as it was; return the span."""
    undecided = done.tail.refold_from
    fresh = view.overlay[0]
    first = min(int(fresh[0]), FOR_EVER if undecided is None else undecided)
    low = view.undecided_before(first)
    start, state = view.cut_before(low)
    removed = {header.t0 for header in gone}
    old = {h.t0: h for h in headers_around(connection, view.series, start, FOR_EVER - 1) if h.t0 not in removed}
    new = {block.t0: block for block in blocks}
    starts = sorted(t0 for t0 in {*old, *new} if t0 >= start)
    at = start
    for t0 in starts:
        state = _fold_on(view, at, t0, state)
        at = t0
        if t0 in new:
            new[t0].carry = carry_of(state)
        elif old[t0].carry != carry_of(state):
            done.carries.append((t0, carry_of(state)))
        elif t0 > int(fresh[-1]) and state.refold_from is None and undecided is None:
            return low, max(t0, view.judged_until(int(fresh[-1])) + 1)
    done.tail = _fold_on(view, at, FOR_EVER, state)
    return low, FOR_EVER


def _fold_on(view: View, t0: int, t1: int, state: CounterState) -> CounterState:
    t, v = view.samples(t0 if state.refold_from is None else state.refold_from, t1)
    return counters.fold(t, v, state)[1]


def _delta(
    view: View, later: Columns, before: tuple[int, float] | None, state: CounterState, fine: Sequence[Span]
) -> Rollups:
    """Fold the samples behind all spans that are folded again anyway."""
    t, v = later
    counter = view.counter
    increase = counters.fold(t, v, state)[0] if counter and not fine else np.zeros(len(t)) if counter else None
    low = int(np.searchsorted(t, fine[-1][1])) if fine else 0
    if low == len(t):
        return empty(counter=counter)
    if low:
        before = (int(t[low - 1]), float(v[low - 1]))
    return fold(
        t[low:],
        v[low:],
        FINE_US,
        bridged=view.bridged(t[low:]),
        before=before,
        increase=None if increase is None else increase[low:],
    )


def _fold_fine(view: View, spans: Sequence[Span], delta: Rollups, done: Refolded) -> None:
    """Bring the packs of 15 minutes up to date; make one where a span has become dense."""
    fresh = [(a, b, view.folded(a, b).rollups(FINE_US)) for a, b in spans]
    touched: dict[int, list[tuple[int, int, Rollups]]] = {}
    for a, b, rows in fresh:
        for start in range(span_start(FINE, a), min(b, _end_of(rows, a)), SPAN_US[FINE]):
            touched.setdefault(start, []).append((max(a, start), min(b, start + SPAN_US[FINE]), rows))
    added = dict(split(FINE, delta)) if len(delta) else {}
    for start in sorted({*touched, *added}):
        stored = view.pack(FINE, start)
        changes = [(a, b, rows.between(a, b)) for a, b, rows in touched.get(start, [])]
        more = added.get(start)
        if stored is not None:
            rows = decode(stored, counter=view.counter)
            for a, b, change in changes:
                rows = replaced(rows, change, a, b)
            if more is not None:
                rows = merge(rows, more)
        else:
            seen = [change for _, _, change in changes if len(change)] + ([more] if more is not None else [])
            if not seen or sum(int(part.count.sum()) for part in seen) < DENSE * sum(len(part) for part in seen):
                continue
            rows = view.folded(start, start + SPAN_US[FINE]).rollups(FINE_US)
        done.packs[FINE].append((start, encode(rows)))


def _end_of(rows: Rollups, at_least: int) -> int:
    return max(at_least + 1, int(rows.start[-1]) + FINE_US if len(rows) else 0)


def _fold_days(view: View, spans: Sequence[Span], delta: Rollups, zone: str, done: Refolded) -> None:
    """Bring the calendar days up to date."""
    parts: dict[int, list[tuple[int, int, Rollups]]] = {}
    last_end = 0
    for a, b in _joined([_whole_days(zone, a, b) for a, b in spans]):
        rows = view.days(edges(zone, Period.DAY, a, b))
        last_end = b
        for start in range(span_start(DAYS, a), b, SPAN_US[DAYS]):
            parts.setdefault(start, []).append((max(a, start), min(b, start + SPAN_US[DAYS]), rows))
    delta = delta.between(last_end, FOR_EVER)
    added = (
        dict(split(DAYS, coarsen(delta, edges(zone, Period.DAY, int(delta.start[0]), int(delta.start[-1]) + 1))))
        if len(delta)
        else {}
    )
    for start in sorted({*parts, *added}):
        stored = view.pack(DAYS, start)
        rows = empty(counter=view.counter) if stored is None else decode(stored, counter=view.counter)
        for a, b, change in parts.get(start, []):
            rows = replaced(rows, change.between(a, b), a, b)
        if start in added:
            rows = merge(rows, added[start]) if len(rows) else added[start]
        if len(rows):
            done.packs[DAYS].append((start, encode(rows)))


def _whole_days(zone: str, a: int, b: int) -> Span:
    borders = edges(zone, Period.DAY, a, b)
    return int(borders[0]), int(borders[-1])


def _joined(spans: Sequence[Span]) -> list[Span]:
    """Merge spans that touch; ascending."""
    found: list[Span] = []
    for a, b in sorted(spans):
        if found and a <= found[-1][1]:
            found[-1] = (found[-1][0], max(b, found[-1][1]))
        else:
            found.append((a, b))
    return found
