"""One series as it will be once some samples are merged into its blocks: sealed data with an overlay.

A reader's overlay are the hot samples; the sealer's are those it is about to seal. Both see the same numbers.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import sqlalchemy as sa
from numpy.typing import NDArray

from ohmstead.domain import counters
from ohmstead.domain.counters import START, CounterState
from ohmstead.domain.rollups import (
    Buckets,
    ChartColumns,
    Rollups,
    chart_columns,
    coarsen,
    empty,
    fold,
    merge,
)
from ohmstead.series.blocks import BlockReader, header_before, header_reaching
from ohmstead.series.carry import state_of
from ohmstead.series.gaps import HISTORY, Learned, bridged
from ohmstead.series.hot import EMPTY, Columns
from ohmstead.series.merging import between, merged
from ohmstead.series.rollup_packs import ALL, FINE, FINE_US, SPAN_US, Pack, PackReader, joined, load_packs

FOR_EVER: Final = 1 << 62
# How many overlaid samples to look at next when a fall is not decided yet.
_LOOK_AHEAD: Final = 64


@dataclass(frozen=True, slots=True)
class Folded:
    """Samples with what each adds, and the sample before the first (None: there is none)."""

    t: NDArray[np.int64]
    v: NDArray[np.float64]
    increase: NDArray[np.float64] | None
    before: tuple[int, float] | None
    bridged: NDArray[np.bool_]

    def rollups(self, buckets: Buckets, origin_us: int = 0) -> Rollups:
        return fold(
            self.t,
            self.v,
            buckets,
            bridged=self.bridged,
            before=self.before,
            increase=self.increase,
            origin_us=origin_us,
        )


@dataclass(frozen=True, slots=True)
class Tail:
    """The last sealed sample of a series and the counter's state after it."""

    t: int
    v: float
    state: CounterState = START


@dataclass(frozen=True, slots=True)
class Known:
    """What is stored of a series beside its blocks. `tail` is None before the first sealing.

    `recent` are its last sealed instants, HISTORY of them or all; None: look into the blocks.
    """

    tail: Tail | None = None
    raw_from: int = 0
    learned: Learned | None = None
    recent: NDArray[np.int64] | None = None


UNKNOWN: Final = Known()


class View:
    """Reads over one connection, that is: one snapshot."""

    def __init__(
        self,
        connection: sa.Connection,
        reader: BlockReader,
        series: int,
        *,
        counter: bool,
        overlay: Columns = EMPTY,
        known: Known = UNKNOWN,
        packs: PackReader | None = None,
    ) -> None:
        self.known = known
        self._connection = connection
        self._reader = reader
        self.series = series
        self.counter = counter
        self.overlay = overlay
        self._packs = packs or PackReader(connection, [series])

    @property
    def tail(self) -> Tail | None:
        return self.known.tail

    def samples(self, t0: int, t1: int) -> Columns:
        """Return all samples in [t0, t1), ascending."""
        return merged((self._reader.read(self.series, t0, t1), between(self.overlay, t0, t1)))

    def folded(self, t0: int, t1: int) -> Folded:
        """Return the samples in [t0, t1) with their increases and the sample before them."""
        start, state = self.cut_before(t0)
        t, v = self.samples(start, t1)
        low, inside = int(np.searchsorted(t, t0)), len(t)
        before = (int(t[low - 1]), float(v[low - 1])) if low else None
        usual = self.bridged(t[low : np.searchsorted(t, t1)], t[:low] if low >= HISTORY else None)
        if not self.counter:
            return Folded(t[low:], v[low:], None, before, usual)
        increase, after = counters.fold(t, v, state)
        end = t1
        while after.refold_from is not None and (more := self._further(end)) is not None:
            end = more
            increase, after = counters.fold(*self.samples(start, end), state)
        return Folded(t[low:inside], v[low:inside], increase[low:inside], before, usual)

    def bridged(self, t: NDArray[np.int64], before: NDArray[np.int64] | None = None) -> NDArray[np.bool_]:
        """Return for each of these samples, which follow each other in the series, whether the step to it is bridged.

        `before` are HISTORY or more instants before them, if they are at hand.
        """
        if before is None:
            before = self.recent(int(t[0])) if len(t) else t
        return bridged(t, before, self.known.learned)

    def recent(self, t: int) -> NDArray[np.int64]:
        """Return the last instants before `t`: HISTORY of them, or all."""
        if self.known.recent is not None and self.tail is not None and t > self.tail.t:
            sealed = self.known.recent
        else:
            sealed = self._sealed_before(t)
        over = self.overlay[0][: np.searchsorted(self.overlay[0], t)][-HISTORY:]
        return (np.union1d(sealed, over) if len(over) else sealed)[-HISTORY:]

    def _sealed_before(self, t: int) -> NDArray[np.int64]:
        found = EMPTY[0]
        while len(found) < HISTORY and (header := header_before(self._connection, self.series, t)) is not None:
            found = np.concatenate((self._reader.read(self.series, header.t0, t)[0], found))
            t = header.t0
        return found[-HISTORY:]

    def drawn(self, t0: int, t1: int, width_us: int) -> ChartColumns:
        """Return the samples in [t0, t1) as a chart of buckets of equal width from t0 on."""
        t, v = self.samples(t0, t1)
        increase = None
        if self.counter:
            folded = self.folded(t0, t1)
            t, v, increase = folded.t, folded.v, folded.increase
        return chart_columns(t, v, t0, width_us, -(-(t1 - t0) // width_us), increase)

    def fine(self, t0: int, t1: int, only: Sequence[str] = ALL) -> Rollups:
        """Return the rollups of 15 minutes in [t0, t1), both multiples of that."""
        parts = self.fine_parts(t0, t1, only)
        return merge(*parts) if parts else empty(counter=self.counter)

    def fine_parts(self, t0: int, t1: int, only: Sequence[str] = ALL) -> list[Rollups]:
        """The same in consecutive parts: stored ones where nothing is overlaid, the others folded from samples."""
        clean_until = min(t1, self.first_touched())
        parts: list[Rollups] = []
        run: list[Pack] = []
        at = t0
        for pack in load_packs(self._connection, self.series, FINE, t0, clean_until) if t0 < clean_until else []:
            if pack.t0 > at:
                parts += self._stored(run, t0, at, only)
                run = []
                parts.append(self.folded(at, pack.t0).rollups(FINE_US))
            run.append(pack)
            at = min(clean_until, pack.t0 + SPAN_US[FINE])
        parts += self._stored(run, t0, at, only)
        if at < t1:
            parts.append(self.folded(at, t1).rollups(FINE_US))
        return parts

    def _stored(self, run: Sequence[Pack], t0: int, t1: int, only: Sequence[str]) -> list[Rollups]:
        """The rows in [t0, t1) of packs that follow each other."""
        return [joined(run, counter=self.counter, only=only).between(t0, t1)] if run else []

    def days(self, borders: NDArray[np.int64], only: Sequence[str] = ALL) -> Rollups:
        """Return the rollups of the given days (ascending borders, multiples of 15 minutes)."""
        return coarsen(self.fine(int(borders[0]), int(borders[-1]), only), borders)

    def packs(self, tier: int, t0: int, t1: int) -> list[Pack]:
        return load_packs(self._connection, self.series, tier, t0, t1)

    def pack(self, tier: int, start: int) -> bytes | None:
        """Return the pack of the span that begins at `start`; None if there is none."""
        return self._packs.at(self.series, tier, start)

    def next_sample(self, t: int) -> int | None:
        """Return the first instant after `t`, or None."""
        ends = []
        header = header_reaching(self._connection, self.series, t + 1)
        if header is not None:
            ends.append(int(between(self._reader.read(self.series, header.t0, header.t1 + 1), t + 1, FOR_EVER)[0][0]))
        rest = between(self.overlay, t + 1, FOR_EVER)[0]
        if len(rest):
            ends.append(int(rest[0]))
        return min(ends, default=None)

    def judged_until(self, t: int) -> int:
        """Return the last instant the step to which is judged by a sample at `t`: its own, when none follows."""
        at, sealed = t + 1, EMPTY[0]
        while len(sealed) < HISTORY and (header := header_reaching(self._connection, self.series, at)) is not None:
            sealed = np.concatenate((sealed, self._reader.read(self.series, at, header.t1 + 1)[0]))
            at = header.t1 + 1
        over = between(self.overlay, t + 1, FOR_EVER)[0][:HISTORY]
        after = np.union1d(sealed, over)[:HISTORY]
        return int(after[-1]) if len(after) else t

    def undecided_before(self, t: int) -> int:
        """Return from where on a sample at `t` can change increases: `t`, or an earlier fall undecided until there."""
        start, state = self.cut_before(t)
        _, state = counters.fold(*self.samples(start, t), state)
        return t if state.refold_from is None else min(t, state.refold_from)

    def cut_before(self, t0: int) -> tuple[int, CounterState]:
        """Return an instant ≤ t0 with a sample between them (if there is any), and the counter's state there."""
        first = int(self.overlay[0][0]) if len(self.overlay[0]) else FOR_EVER
        at = min(t0, first) if self.counter else t0
        while (header := header_before(self._connection, self.series, at)) is not None:
            if not self.counter:
                return header.t0, START
            state = state_of(header.carry)
            if state.refold_from is None:
                return header.t0, state
            earlier = header_before(self._connection, self.series, header.t0)
            if earlier is None or earlier.t1 < state.refold_from:
                return header.t0, CounterState(state.held)
            at = header.t0
        return min(t0, first), START

    def first_touched(self) -> int:
        """Return the start of the first bucket that the overlay may change."""
        if not len(self.overlay[0]):
            return FOR_EVER
        first = int(self.overlay[0][0])
        if self.tail is not None and first > self.tail.t:
            undecided = self.tail.state.refold_from
            first = first if undecided is None else min(first, undecided)
        elif self.counter:
            first = self.undecided_before(first)
        return first // FINE_US * FINE_US

    def _further(self, t: int) -> int | None:
        """Return an instant such that at least one sample lies in [t, instant); None when nothing follows."""
        ends = []
        header = header_reaching(self._connection, self.series, t)
        if header is not None:
            ends.append(header.t1 + 1)
        rest = between(self.overlay, t, FOR_EVER)[0]
        if len(rest):
            ends.append(int(rest[min(len(rest), _LOOK_AHEAD) - 1]) + 1)
        return min(ends, default=None)
