"""Trials that are over and whose last samples may still be on their way: looked at once they are whole.

They are looked at again when samples of theirs come after that, from a device that kept them while it was cut off.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import Final

import numpy as np
import structlog
from numpy.typing import NDArray

from ohmstead.database import Database
from ohmstead.domain.recording import Recording, Trial
from ohmstead.domain.telemetry import DAY, MS, SECOND, Times, Values
from ohmstead.runtime.clock import Clock
from ohmstead.series import Layout, SeriesStore
from ohmstead.services.trial_book import TrialBook
from ohmstead.storage import recordings as store

log = structlog.get_logger(__name__)

# Bursts of the oldest devices are up to 0.2 s apart; one that buffers begins to send a while after its stop.
QUIET_US: Final = 400 * MS
FIRST_WORD_US: Final = 3 * SECOND
LATEST_US: Final = 60 * SECOND
AGAIN_US: Final = SECOND  # who sends what it kept is not done while less than this lies between two batches
MOST_KNOWN: Final = 500  # trials of the last day that may be looked at again

Settled = Callable[[Recording, Trial], Awaitable[Trial]]


@dataclass(slots=True)
class _Late:
    recording: Recording
    trial: Trial
    since: int
    waiters: list[asyncio.Future[Trial]] = field(default_factory=list)
    begun: bool = False  # it is being looked at
    again: bool = False  # it was whole before
    more: bool = False  # samples of it came while it was looked at


class Settling:
    """Event-loop only."""

    def __init__(self, database: Database, series: SeriesStore, book: TrialBook, clock: Clock) -> None:
        self._database = database
        self._series = series
        self._book = book
        self._clock = clock
        self._late: dict[int, _Late] = {}  # by trial
        self._heard: dict[int, int] = {}  # by channel: when samples came last
        self._known: dict[int, tuple[Recording, Trial]] = {}  # what was looked at, the newest last
        self._known_until = 0  # no sample of any trial here is later
        self._channels: set[int] = set()  # of all trials that were here: most samples are of others
        self.settled: Settled | None = None  # what to do with a trial that is whole; returns what is to be kept
        series.on_stored(self._stored)

    async def load(self) -> None:
        """Take up what ended, and the server did before it was looked at."""
        now, floor = self._clock.now(), self._series.clock_floor
        done = await self._database.read(lambda c: store.done_since(c, floor - DAY))
        of = {one.id: one for one in await self._database.read(lambda c: store.by_ids(c, {t.recording for t in done}))}
        for trial in sorted(done, key=lambda one: one.asked_at):
            if trial.quality:
                self._know(of[trial.recording], trial)
            else:
                self._await(of[trial.recording], trial, now)

    def _know(self, recording: Recording, trial: Trial) -> None:
        self._known[trial.id] = recording, trial
        self._channels.update(recording.channels)
        self._known_until = max(self._known_until, trial.t1 or 0)
        if len(self._known) > MOST_KNOWN:
            del self._known[next(iter(self._known))]

    def add(self, recording: Recording, trial: Trial) -> None:
        """It is over since now."""
        self._await(recording, trial, self._clock.now())

    def _await(self, recording: Recording, trial: Trial, now: int) -> None:
        self._late[trial.id] = _Late(recording, trial, now)
        self._channels.update(recording.channels)
        self._known_until = max(self._known_until, trial.t1 or 0)

    def drop(self, trial_id: int) -> None:
        """It is not over after all."""
        self._late.pop(trial_id, None)

    def get(self, trial_id: int) -> Trial | None:
        late = self._late.get(trial_id)
        return None if late is None else late.trial

    def recording(self, recording_id: int) -> Recording | None:
        """That recording, if a trial of it settles."""
        return next((late.recording for late in self._late.values() if late.recording.id == recording_id), None)

    def holds(self, channels: Sequence[int]) -> bool:
        """Whether samples of one of these channels are still awaited."""
        first = (late for late in self._late.values() if not late.again)
        return any(not set(channels).isdisjoint(late.recording.channels) for late in first)

    async def whole(self, trial: Trial) -> Trial:
        """The same trial once its last samples have come, or will not."""
        late = self._late.get(trial.id)
        if late is None:
            return trial
        future: asyncio.Future[Trial] = asyncio.get_running_loop().create_future()
        late.waiters.append(future)
        return await future

    def tick(self, now: int) -> None:
        """Look at what is whole by now."""
        for late in self._late.values():
            if not late.begun and self._is_whole(late, now):
                late.begun = True
                self._book.soon(self._settle(late))

    def _stored(self, runs: Sequence[tuple[Layout, Times, Values]]) -> None:
        now = self._clock.now()
        for layout, times, _ in runs:
            if self._channels.isdisjoint(layout.series):
                continue
            if len(times) and int(np.min(times)) < self._known_until:
                self._look_back(layout.series, np.asarray(times), now)
            if self._late:
                self._heard.update(dict.fromkeys(layout.series, now))
        if self._late:
            self.tick(now)  # a person waits for the result: the next look may be a tenth of a second away

    def _look_back(self, channels: Sequence[int], times: NDArray[np.int64], now: int) -> None:
        """Samples came that belong to a trial which was looked at without them."""
        for late in self._late.values():
            if (late.again or late.begun) and _concerns(late.recording, late.trial, channels, times):
                late.since, late.more = now, late.begun
        for trial_id, (recording, trial) in list(self._known.items()):
            if _concerns(recording, trial, channels, times):
                del self._known[trial_id]
                self._late[trial_id] = _Late(recording, trial, now, again=True)

    def _is_whole(self, late: _Late, now: int) -> bool:
        trial, until = late.trial, late.trial.t1
        assert until is not None
        if late.again:
            return now - late.since >= AGAIN_US
        lasts = [last[0] if (last := self._series.last.get(c)) is not None else 0 for c in late.recording.channels]
        if all(last >= until for last in lasts) or now - late.since >= LATEST_US:
            return True
        heard = max((self._heard.get(c, 0) for c in late.recording.channels), default=0)
        has_any = trial.t0 is not None and max(lasts, default=0) >= trial.t0
        return now - max(heard, late.since) >= (QUIET_US if has_any else FIRST_WORD_US)

    async def _settle(self, late: _Late) -> None:
        trial = late.trial
        try:
            if self.settled is not None:
                trial = await self.settled(late.recording, trial)
                await self._book.keep_found(trial)
            self._know(late.recording, trial)
        except Exception:
            log.exception("a trial could not be looked at", trial=trial.id)
        finally:
            self._late.pop(trial.id, None)
            if late.more:
                self._known.pop(trial.id, None)
                self._late[trial.id] = _Late(late.recording, trial, late.since, again=True)
            if not self._late:
                self._heard.clear()
            for waiter in late.waiters:
                if not waiter.done():
                    waiter.set_result(trial)
        self._book.tell(trial)


def _concerns(recording: Recording, trial: Trial, channels: Sequence[int], times: NDArray[np.int64]) -> bool:
    if trial.t0 is None or trial.t1 is None or set(channels).isdisjoint(recording.channels):
        return False
    return bool(((times >= trial.t0) & (times < trial.t1)).any())
