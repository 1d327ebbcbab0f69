"""A data folder with the meters' past in it, as the server itself would have written it."""

from collections.abc import Sequence
from pathlib import Path

from bench import store
from bench.dataset import CHANNELS, Meter, batches, meters
from bench.workspace import Bench
from ohmstead.app import App
from ohmstead.domain.channel import describe
from ohmstead.domain.device import DeviceState
from ohmstead.settings import Settings

BATCH = 10_000


def year_of_meters(bench: Bench) -> tuple[Path, list[Meter], int]:
    """The folder, its meters and how many days it holds; shared by the areas of one run."""
    fleet = meters()
    days = bench.scale(365, 12)
    return bench.once(f"history-{days}", lambda folder: fill(folder, fleet, days)), fleet, days


def fill(folder: Path, fleet: Sequence[Meter], days: int) -> None:
    """Devices `meter-0` …, claimed, with their channels and `days` days of samples, all of it sealed."""

    async def main() -> None:
        app = App(Settings(data_dir=folder / "data"))
        await app.start()
        feed = store.Feed(app.database, app.series)
        for meter in fleet:
            name = f"meter-{meter.number}"
            known = app.registry.create(name, name, DeviceState.CLAIMED, "native", app.clock.now())
            app.registry.add_channels(known, [describe(key) for key in CHANNELS])
            feed.layouts[meter.number] = app.registry.resolve(known, CHANNELS).layout
        await feed.pour(batches(fleet, days, BATCH))
        await app.series.seal(everything=True)
        await app.close()

    store.run(main)
