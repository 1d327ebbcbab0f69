"""What wears out an SD card: bytes handed to the disk per sample, all causes, from /proc/self/io."""

from pathlib import Path

from bench import store
from bench.dataset import batches, meters, samples_in
from bench.measurement import Measurement
from bench.workspace import Bench


def run(bench: Bench) -> list[Measurement]:
    if _written() is None:
        note = "this system does not count what a process writes"
        return [Measurement(name, note=note) for name in ("written-1000", "written-10000")]
    return [
        _measure(bench, "written-1000", 1_000, bench.scale(8, 1)),
        _measure(bench, "written-10000", 10_000, bench.scale(22, 1)),
    ]


def _measure(bench: Bench, name: str, batch: int, days: int) -> Measurement:
    fleet = meters()
    data = list(batches(fleet, days, batch))
    total = sum(map(samples_in, data))
    values = []
    sealed = 0.0
    for _ in range(2 if not bench.quick else 1):
        folder = bench.fresh(name)

        before = _written() or 0

        async def main(url: str = store.sqlite_url(folder), before: int = before) -> tuple[int, float]:
            async with store.opened(url, fleet) as feed:
                await feed.pour(data, in_flight=1)
                await feed.store.seal()
                # What still lies in the log is written once more when it is copied into the file.
                written = (_written() or 0) - before + feed.database.backend.log_bytes()
                return written, feed.store.stats().get("sealed_samples", 0.0)

        written, sealed = store.run(main)
        values.append(written / total)
    note = (
        f"{total} samples in commits of {total // len(data)}; {sealed / total:.0%} of them sealed; with the copying of "
        "the log, without the tidying up of a server that ends"
    )
    return Measurement(name, values, note=note)


def _written() -> int | None:
    try:
        lines = Path("/proc/self/io").read_text().splitlines()
    except OSError:
        return None
    return next((int(line.split()[1]) for line in lines if line.startswith("write_bytes")), None)
