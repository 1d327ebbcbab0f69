"""A process that stores samples until it is killed, printing each number once it is acknowledged."""

import asyncio
import sys

from ohmstead.database import Database
from ohmstead.database.schema import metadata
from ohmstead.domain.quantity import Kind
from ohmstead.runtime.clock import SystemClock
from ohmstead.series import SeriesStore, merging, sealer

merging.BLOCK_MOST, merging.BLOCK_LEAST = 128, 64
sealer.BLOCK_MOST, sealer.BLOCK_LEAST = 128, 64


async def main(url: str) -> None:
    database = Database.open(url, metadata=metadata)
    store = SeriesStore(database, SystemClock())
    store.load()
    store.define(1, device=1, kind=Kind.GAUGE)
    store.define(2, device=1, kind=Kind.COUNTER)
    upto = 0

    def note(ticket: int) -> None:
        # Definitions and sealing commit too: only a ticket says that this sample is on disk.
        nonlocal upto
        upto = ticket
        changed.set()

    changed = asyncio.Event()
    database.writer.on_commit(note)
    database.start(asyncio.get_running_loop())
    store.start()
    layout = store.layout(1, (1, 2))
    number = store.last[1][0] if 1 in store.last else 0
    while True:
        number += 1
        ticket = store.append([(layout, [number], [number / 10, float(number)])], mark=(1, "boot", number))
        while upto < ticket:
            changed.clear()
            await changed.wait()
        print(number, flush=True)


asyncio.run(main(sys.argv[1]))
