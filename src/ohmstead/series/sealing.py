"""Turning a device's hot rows into blocks: what to replace by what. Reads, merges and encodes; writes nothing."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final

import numpy as np
import sqlalchemy as sa
from numpy.typing import NDArray

from ohmstead.series.blocks import (
    BlockReader,
    Header,
    NewBlock,
    NewInstants,
    count_uses,
    headers_around,
    insert_blocks,
    remove_blocks,
    set_carries,
)
from ohmstead.series.carry import carry_of
from ohmstead.series.codec import DEFAULT, Habits, codec
from ohmstead.series.hot import Columns, Snapshot
from ohmstead.series.merging import BLOCK_LEAST, cuts, merged, settled
from ohmstead.series.refolding import Refolded, refold
from ohmstead.series.rollup_packs import PackReader, store_packs
from ohmstead.series.states import State, known_of, store_states
from ohmstead.series.view import FOR_EVER, UNKNOWN, Known, View

# A transaction of this many bytes takes a few milliseconds, on a slow card some tens.
PIECE_BYTES: Final = 256 << 10


@dataclass(slots=True)
class SeriesPlan:
    """What sealing changes for one series."""

    series: int
    gone: list[Header] = field(default_factory=list)
    blocks: list[NewBlock] = field(default_factory=list)
    last_t: int = 0
    last_v: float = 0.0
    folds: Refolded = field(default_factory=Refolded)
    recent: bytes = b""  # its last instants, this sealing's among them (see gaps)
    tail: bytes | None = None  # the counter's state after the last sample

    @property
    def bytes(self) -> int:
        packs = sum(len(data) for packs in self.folds.packs.values() for _, data in packs)
        return packs + sum(len(b.data) for b in self.blocks)


class Ids:
    """Numbers for payloads, rising for the life of the database."""

    def __init__(self, last: int) -> None:
        self._last = last

    def next(self) -> int:
        self._last += 1
        return self._last


class Sealing:
    """One sealing of one device: instants are shared by content between its series."""

    def __init__(self, connection: sa.Connection, device: int, ids: Ids, zone: str, habits: Habits) -> None:
        self._connection = connection
        self._habits = habits
        self._zone = zone
        self._reader = BlockReader(connection)
        self._device = device
        self._ids = ids
        self._shared: dict[bytes, NewInstants] = {}
        self.expired = 0  # samples left out because they are older than what is kept

    def of_snapshot(self, snapshot: Snapshot, is_counter: Callable[[int], bool]) -> list["Piece"]:
        """Plan everything a snapshot of the device's hot rows holds."""
        every = list(dict.fromkeys(one for layout in snapshot.known.values() for one in layout.series))
        known = known_of(self._connection, every)
        packs = PackReader(self._connection, every)
        plans = []
        for series in every:
            t, v = settled(*snapshot.columns(series))
            held = known.get(series, UNKNOWN)
            expired = int(np.searchsorted(t, held.raw_from))
            self.expired += expired
            if expired < len(t):
                fresh = t[expired:], v[expired:]
                plans.append(self.plan(series, fresh, held, packs, counter=is_counter(series)))
        return list(self.pieces(plans))

    def plan(self, series: int, fresh: Columns, known: Known, packs: PackReader, *, counter: bool) -> SeriesPlan:
        """Plan the merge of `fresh` (strictly ascending, not empty) into the blocks of `series`."""
        view = View(self._connection, self._reader, series, counter=counter, overlay=fresh, known=known, packs=packs)
        recent = view.recent(FOR_EVER).astype("<i8").tobytes()
        plan = SeriesPlan(series, last_t=int(fresh[0][-1]), last_v=float(fresh[1][-1]), recent=recent)
        holders = headers_around(self._connection, series, int(fresh[0][0]), int(fresh[0][-1]))
        for header, samples in _assigned(holders, fresh):
            own: dict[bytes, int] = {}
            if header is not None and (header.n < BLOCK_LEAST or int(samples[0][0]) <= header.t1):
                old = self._reader.read(series, header.t0, header.t1 + 1)
                samples = merged((old, samples))
                plan.gone.append(header)
                own[old[0].tobytes()] = header.instants
            for start, end in cuts(len(samples[0])):
                plan.blocks.append(self._block(series, samples[0][start:end], samples[1][start:end], own))
        plan.folds = refold(self._connection, view, self._zone, plan.gone, plan.blocks)
        if counter:
            plan.tail = carry_of(plan.folds.tail)
        return plan

    def _block(self, series: int, t: NDArray[np.int64], v: NDArray[np.float64], own: dict[bytes, int]) -> NewBlock:
        key = t.tobytes()
        known = own.get(key)
        if known is None:
            shared = self._shared.get(key)
            if shared is None:
                shared = self._shared[key] = NewInstants(
                    self._ids.next(),
                    self._device,
                    int(t[0]),
                    int(t[-1]),
                    len(t),
                    DEFAULT,
                    codec(DEFAULT).encode_times(t),
                )
            known = shared.id
        data = self._habits.encode(series, v)
        return NewBlock(series, int(t[0]), int(t[-1]), len(t), DEFAULT, known, self._ids.next(), carry=None, data=data)

    def pieces(self, plans: Sequence[SeriesPlan]) -> Iterator["Piece"]:
        """Group plans into transactions of bounded size; instants go with the first piece that uses them."""
        unwritten = {instants.id: instants for instants in self._shared.values()}
        piece = Piece()
        for plan in plans:
            if piece.plans and piece.bytes + plan.bytes > PIECE_BYTES:
                yield piece
                piece = Piece()
            piece.add(plan, unwritten)
        if piece.plans:
            yield piece


class Piece:
    """Some plans of one device, written in one transaction."""

    def __init__(self) -> None:
        self.plans: list[SeriesPlan] = []
        self.bytes = 0
        self._new: dict[int, NewInstants] = {}
        self._uses: list[tuple[int, int]] = []

    def add(self, plan: SeriesPlan, unwritten: dict[int, NewInstants]) -> None:
        self.plans.append(plan)
        self.bytes += plan.bytes
        for new in plan.blocks:
            instants = unwritten.pop(new.instants, None)
            if instants is not None:
                self._new[instants.id] = instants
                self.bytes += len(instants.data)
            if new.instants in self._new:
                self._new[new.instants].uses += 1
            else:
                self._uses.append((new.instants, 1))

    def write(self, device: int, upto: int, connection: sa.Connection) -> None:
        """`upto` is the last journal record whose samples the plans hold."""
        count_uses(connection, self._uses)
        for plan in self.plans:
            remove_blocks(connection, plan.series, plan.gone)
        insert_blocks(connection, list(self._new.values()), [b for plan in self.plans for b in plan.blocks])
        for plan in self.plans:
            set_carries(connection, plan.series, plan.folds.carries)
        store_packs(
            connection,
            [
                (plan.series, tier, t0, data)
                for plan in self.plans
                for tier, packs in plan.folds.packs.items()
                for t0, data in packs
            ],
        )
        states: list[State] = [
            {
                "series": plan.series,
                "device": device,
                "upto": upto,
                "t": plan.last_t,
                "v": plan.last_v,
                "tail": plan.tail,
                "recent": plan.recent,
            }
            for plan in self.plans
        ]
        store_states(connection, states)


def _assigned(known: Sequence[Header], fresh: Columns) -> Iterator[tuple[Header | None, Columns]]:
    """Deal the samples out to the last block that starts at or before them (None: before all blocks)."""
    t, v = fresh
    starts = np.array([header.t0 for header in known], np.int64)
    borders = np.searchsorted(t, starts).tolist()
    edges = [0, *borders, len(t)]
    holders: list[Header | None] = [None, *known]
    for holder, low, high in zip(holders, edges, edges[1:], strict=False):
        if high > low:
            yield holder, (t[low:high], v[low:high])
