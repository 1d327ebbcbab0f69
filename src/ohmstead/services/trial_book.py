"""The book of trials: each step is on disk, and told to who listens."""

import asyncio
from collections.abc import Coroutine
from typing import Any

import structlog

from ohmstead.database import Database
from ohmstead.domain.recording import Trial, TrialChanged
from ohmstead.runtime.bus import Bus
from ohmstead.storage import recordings as store

log = structlog.get_logger(__name__)


class TrialBook:
    """Event-loop only."""

    def __init__(self, database: Database, bus: Bus) -> None:
        self._database = database
        self._bus = bus
        self._saving: set[asyncio.Task[None]] = set()

    async def keep(self, trial: Trial) -> None:
        """Return once it is on disk."""
        await self._database.write(lambda c: store.put_trial(c, trial))

    async def keep_found(self, trial: Trial) -> None:
        """The same for what its samples show, and for nothing else: people may have judged it meanwhile."""
        await self._database.write(lambda c: store.put_found(c, trial))

    def tell(self, trial: Trial) -> None:
        self._bus.publish(TrialChanged(trial.id, trial.recording))

    def soon(self, work: Coroutine[Any, Any, None]) -> None:
        """A step that nobody waits for; `flush` does."""
        task = asyncio.get_running_loop().create_task(_logged(work))
        self._saving.add(task)
        task.add_done_callback(self._saving.discard)

    async def flush(self) -> None:
        """Return once every step is on disk."""
        await asyncio.gather(*self._saving)


async def _logged(work: Coroutine[Any, Any, None]) -> None:
    try:
        await work
    except Exception:
        log.exception("a step of a trial was not kept; it is when the trial ends")
