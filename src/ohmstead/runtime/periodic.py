"""Work that repeats. A failing round is logged and the next one comes all the same."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Final

import structlog

log = structlog.get_logger(__name__)


async def every(seconds: float, work: Callable[[], Awaitable[None] | None], name: str) -> None:
    """Run `work` each `seconds` until cancelled; the first round comes after one interval."""
    while True:
        await asyncio.sleep(seconds)
        try:
            if (pending := work()) is not None:
                await pending
        except Exception:
            log.exception("periodic work failed", work=name)


# Long enough not to fill the log when the cause stays, short enough not to be missed.
PAUSE_S: Final = 5.0


async def always(work: Callable[[], Awaitable[None]], name: str) -> None:
    """Run work that never ends by itself; when it fails, log why and begin again after a pause."""
    while True:
        try:
            await work()
        except Exception:
            log.exception("work failed and begins again", work=name)
        await asyncio.sleep(PAUSE_S)
