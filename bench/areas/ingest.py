"""Durable ingest into the store, beside the plain designs, in pairs."""

import time
from collections.abc import Sequence
from statistics import median

import numpy as np
from numpy.typing import NDArray

from bench import store
from bench.dataset import Meter, Slice, batches, load_cell, meters, samples_in
from bench.measurement import Measurement, alternate
from bench.peers import postgresql, sqlite_rows
from bench.workspace import Bench

BATCH = 10_000
LOAD_CELL_BATCH = 1_000


def run(bench: Bench) -> list[Measurement]:
    fleet = meters()
    data = list(batches(fleet, bench.scale(11, 1), BATCH))
    return [
        _sqlite(bench, fleet, data),
        _postgresql(bench, fleet, data[: len(data) // 2]),
        _load_cell(bench),
    ]


def _sqlite(bench: Bench, fleet: Sequence[Meter], data: Sequence[Sequence[Slice]]) -> Measurement:
    total = sum(map(samples_in, data))
    cost: list[float] = []
    row_cost: list[float] = []

    def ours() -> float:
        url, before = store.sqlite_url(bench.fresh("ingest-blocks")), time.process_time()
        took = store.time_pour(url, fleet, data)
        cost.append((time.process_time() - before) / total * 1e6)
        return total / took

    def rows() -> float:
        folder, before = bench.fresh("ingest-rows"), time.process_time()
        took = sqlite_rows.time_pour(folder, data)
        row_cost.append((time.process_time() - before) / total * 1e6)
        return total / took

    values, peer = alternate(bench.scale(5, 1), ours, rows)
    note = (
        f"{total} samples of 20 meters; both synchronous=FULL; sealing of what is due and the closing included; "
        f"processor time {median(cost):.2f} against {median(row_cost):.2f} s per million samples"
    )
    return Measurement("ingest-sqlite", values, peer, note)


def _postgresql(bench: Bench, fleet: Sequence[Meter], data: Sequence[Sequence[Slice]]) -> Measurement:
    bin_dir = postgresql.binaries()
    if bin_dir is None:
        return Measurement("ingest-postgresql", note="PostgreSQL is not installed")
    total = sum(map(samples_in, data))
    with postgresql.Postgresql(bench.fresh("ingest-pg"), bin_dir) as server:

        def ours() -> float:
            return total / store.time_pour(server.url(server.new_database()), fleet, data)

        def copy() -> float:
            return total / postgresql.time_copy(server.new_database(), data)

        values, peer = alternate(bench.rounds, ours, copy)
    return Measurement("ingest-postgresql", values, peer, f"{total} samples; both fsync and synchronous_commit on")


def _load_cell(bench: Bench) -> Measurement:
    times, counts = load_cell(bench.scale(1_000_000, 20_000))
    values = []
    for _ in range(bench.rounds):
        url = store.sqlite_url(bench.fresh("load-cell"))
        values.append(len(times) / _pour_load_cell(url, times, counts[:, 0]))
    return Measurement("ingest-load-cell", values, note=f"{len(times)} samples of one channel")


def _pour_load_cell(url: str, times: NDArray[np.int64], counts: NDArray[np.float64]) -> float:
    async def main() -> float:
        async with store.opened(url, ()) as feed:
            feed.store.define(1, device=1, kind=store.Kind.GAUGE)
            feed.layouts[0] = feed.store.layout(1, (1,))
            cuts = range(0, len(times), LOAD_CELL_BATCH)
            data = [[(0, times[n : n + LOAD_CELL_BATCH], counts[n : n + LOAD_CELL_BATCH])] for n in cuts]
            began = time.perf_counter()
            await feed.pour(data)
            await feed.store.seal()
        return time.perf_counter() - began

    return store.run(main)
