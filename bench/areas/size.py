"""Bytes per sample of everything a store keeps on disk, the same data in each."""

import asyncio
from pathlib import Path

from bench import store
from bench.dataset import WIDTH, Meter, batches, meters, rows_per_day
from bench.measurement import Measurement
from bench.peers import influx, postgresql, victoria
from bench.workspace import Bench, tree_bytes

BATCH = 10_000
DAYS, QUICK_DAYS = 90, 6
# InfluxDB takes long to load; a third of the span gives the same bytes per sample.
INFLUX_DAYS = 30


def run(bench: Bench) -> list[Measurement]:
    fleet = meters()
    days = bench.scale(DAYS, QUICK_DAYS)
    patience = bench.scale(120, 2)
    samples = rows_per_day(fleet) * WIDTH * days
    ours, parts = _sqlite(bench.fresh("size-sqlite"), fleet, days, patience)
    note = f"{samples} samples, {days} days of 20 meters; {parts}"
    peer = []
    if victoria.program() is not None:
        with victoria.Victoria(victoria_folder(bench, fleet, days)) as server:
            peer = [server.settled_bytes(patience) / samples]
    else:
        note += "; VictoriaMetrics is not installed"
    found = [
        Measurement("size-sqlite", [ours / samples], peer, note),
        _postgresql(bench, fleet, days, samples, patience),
    ]
    return [*found, _influx(bench, fleet, min(days, INFLUX_DAYS), ours / samples, patience)]


def victoria_folder(bench: Bench, fleet: list[Meter], days: int) -> Path:
    """A data folder of VictoriaMetrics with the meters' data, made once."""

    def build(folder: Path) -> None:
        with victoria.Victoria(folder) as server:
            server.load(fleet, days)

    return bench.once(f"victoria-{days}", build)


async def _quiet(folder: Path, patience_s: int) -> None:
    """Wait, at most so long, while the idle writer copies its log and gives free pages back."""
    last, steady = -1, 0
    for _ in range(patience_s):
        now = tree_bytes(folder)
        steady = steady + 1 if now == last else 0
        if steady >= 6:
            return
        last = now
        await asyncio.sleep(1)


def _seal_all(url: str, folder: Path, fleet: list[Meter], days: int, patience: int) -> None:
    async def main() -> None:
        async with store.opened(url, fleet) as feed:
            await feed.pour(batches(fleet, days, BATCH))
            await feed.store.seal(everything=True)
            await _quiet(folder, patience)

    store.run(main)


def _sqlite(folder: Path, fleet: list[Meter], days: int, patience: int) -> tuple[int, str]:
    _seal_all(store.sqlite_url(folder), folder, fleet, days, patience)
    database = (folder / "ohmstead.db").stat().st_size
    ballast = (folder / "ballast").stat().st_size if (folder / "ballast").exists() else 0
    rest = tree_bytes(folder) - database - ballast
    return database + rest, f"file {database} B; the ballast of {ballast >> 20} MB for a full disk is left out"


def _postgresql(bench: Bench, fleet: list[Meter], days: int, samples: int, patience: int) -> Measurement:
    bin_dir = postgresql.binaries()
    if bin_dir is None:
        return Measurement("size-postgresql", note="PostgreSQL is not installed")
    with postgresql.Postgresql(bench.fresh("size-pg"), bin_dir) as server:
        database = server.new_database()
        _seal_all(server.url(database), bench.fresh("size-pg-client"), fleet, days, min(patience, 10))
        size = server.table_bytes(database)
    return Measurement("size-postgresql", [size / samples], note="tables, indexes and out-of-line data")


def _influx(bench: Bench, fleet: list[Meter], days: int, ours: float, patience: int) -> Measurement:
    if influx.program() is None:
        return Measurement("size-influxdb", note="InfluxDB is not installed")
    samples = rows_per_day(fleet) * WIDTH * days
    with influx.Influx(bench.fresh("influx")) as server:
        server.load(fleet, days)
        data, log = server.settled_bytes(patience)
    note = f"InfluxDB over {days} days: data {data / samples:.2f}, uncompacted log {log / samples:.2f} B/sample"
    return Measurement("size-influxdb", [ours], [(data + log) / samples], note)
