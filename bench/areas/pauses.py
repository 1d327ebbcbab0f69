"""How long a small commit waits at worst while blocks are made, beside the same commits with no sealing."""

import asyncio
import time

import numpy as np

from bench import store
from bench.dataset import DAY_US, START_US, WIDTH, Meter, batches
from bench.measurement import Measurement
from bench.workspace import Bench


def run(bench: Bench) -> list[Measurement]:
    # All at 10 s, so that much is hot at once: the worst that comes together is every device due at the same time.
    fleet = [Meter(n, 10) for n in range(bench.scale(20, 4))]
    values, peer, lines = [], [], []
    for number in range(bench.rounds):
        calm, sealing, commits, took, piece = _round(bench, fleet, number)
        values.append(sealing)
        peer.append(calm)
        lines.append(f"{commits} commits in {took:.1f} s of sealing, longest piece {piece:.0f} ms")
    note = "small commits one after another while everything is sealed: " + "; ".join(lines)
    return [Measurement("pause", values, peer, note)]


def _round(bench: Bench, fleet: list[Meter], number: int) -> tuple[float, float, int, float, float]:
    url = store.sqlite_url(bench.fresh("pauses"))
    prober = Meter(len(fleet), 10)

    async def main() -> tuple[float, float, int, float, float]:
        async with store.opened(url, [*fleet, prober]) as feed:
            await feed.pour(batches(fleet, bench.scale(2, 1), 10_000))
            await feed.store.seal()
            calm, _ = await _probe(feed, prober, 0, asyncio.create_task(asyncio.sleep(bench.scale(2, 1))))
            # A day arrives at once, and all of it is due.
            await feed.pour(batches(fleet, 1, 10_000, first=2))
            began = time.perf_counter()
            sealing = asyncio.create_task(feed.store.seal(everything=True))
            worst, commits = await _probe(feed, prober, 1, sealing)
            took = time.perf_counter() - began
            piece = feed.store.stats().get("longest_piece_s", 0.0) * 1000
        return calm, worst, commits, took, piece

    return store.run(main)


async def _probe(feed: store.Feed, prober: Meter, day: int, until: "asyncio.Task[None]") -> tuple[float, int]:
    """Commit one report after another until the task ends; return the longest wait in ms and the commits."""
    worst, count = 0.0, 0
    values = np.arange(WIDTH, dtype=np.float64)
    t = START_US + (100 + day) * DAY_US
    while not until.done():
        t += 1_000_000
        began = time.perf_counter()
        times = np.array([t], np.int64)
        await feed.wait(feed.store.append([(feed.layouts[prober.number], times, values)]))
        worst = max(worst, (time.perf_counter() - began) * 1000)
        count += 1
    await until
    return worst, count
