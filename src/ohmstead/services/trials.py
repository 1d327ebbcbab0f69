"""Trials: who may see, start, stop and judge them."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, Final

from ohmstead.database import Database
from ohmstead.domain import recording as rules
from ohmstead.domain.access import Permission, Principal
from ohmstead.domain.errors import Conflict, NotFound
from ohmstead.domain.recording import Recording, Trial, TrialState, Trigger, Wanted
from ohmstead.domain.telemetry import SECOND
from ohmstead.runtime.clock import Clock
from ohmstead.services.audit import Audit
from ohmstead.services.calibrations import Calibrations
from ohmstead.services.open_recordings import OpenRecordings
from ohmstead.services.recordings import Recordings
from ohmstead.services.settling import Settling
from ohmstead.services.subjects import sees_only
from ohmstead.services.trial_book import TrialBook
from ohmstead.storage import recordings as store

MOST_TRIALS: Final = 500  # of one recording


class Trials:
    """Event-loop only."""

    def __init__(
        self,
        database: Database,
        recordings: Recordings,
        opened: OpenRecordings,
        settling: Settling,
        calibrations: Calibrations,
        book: TrialBook,
        audit: Audit,
        clock: Clock,
    ) -> None:
        self._database = database
        self._recordings = recordings
        self._open = opened
        self._settling = settling
        self._calibrations = calibrations
        self._book = book
        self._audit = audit
        self._clock = clock
        self._newest = 0

    async def load(self) -> None:
        _, self._newest = await self._database.read(store.newest_ids)

    # Looking

    async def visible(self, who: Principal, wanted: Wanted, limit: int, before: tuple[int, int] | None) -> list[Trial]:
        """Newest first; `before` is (asked_at, id) of the last one seen."""
        who.require(Permission.DEVICES_READ)
        wanted = replace(wanted, devices=sees_only(who))
        return await self._database.read(lambda c: store.trials(c, wanted, limit, before))

    async def tests(self, who: Principal, limit: int) -> list[tuple[Trial, Recording]]:
        """Trials of force tests with their recordings, newest first; without their clocks."""
        who.require(Permission.DEVICES_READ)
        wanted = Wanted(kind=rules.IMTP, devices=sees_only(who))

        def read(connection: Any) -> list[tuple[Trial, Recording]]:
            trials = store.trials(connection, wanted, limit, None)
            of = {one.id: one for one in store.by_ids(connection, {t.recording for t in trials})}
            return [(t, of[t.recording]) for t in trials]

        return await self._database.read(read)

    async def asked_between(self, who: Principal, start: int, end: int, limit: int) -> list[Trial]:
        """Trials of force tests that somebody asked for in [start, end), newest first."""
        who.require(Permission.DEVICES_READ)
        wanted = Wanted(kind=rules.IMTP, devices=sees_only(who), asked=(start, end))
        return await self._database.read(lambda c: store.trials(c, wanted, limit, None))

    async def of(self, recording: Recording) -> list[Trial]:
        """Of a recording that `who` was let in to; ascending, without deleted ones."""
        found = await self._database.read(lambda c: store.trials_of(c, [recording.id]))
        return [self._open.trials.get(one.id, one) for one in found if one.deleted_at is None]

    async def get(self, who: Principal, trial_id: int, *, deleted: bool = False) -> tuple[Recording, Trial]:
        trial = await self._database.read(lambda c: store.get_trial(c, trial_id))
        if trial is None or (trial.deleted_at is not None) != deleted:
            who.require(Permission.DEVICES_READ)
            raise NotFound("there is no such trial")
        try:
            return await self._recordings.get(who, trial.recording), self._open.trials.get(trial_id, trial)
        except NotFound:
            raise NotFound("there is no such trial") from None

    # Starting and stopping

    async def start(self, who: Principal, recording_id: int, trigger: Trigger) -> Trial:
        """A new trial: running, or armed when its trigger waits for a force.

        Raises Conflict while another open trial holds one of its channels; it says who started that, and when.
        """
        one = await self._recordings.get(who, recording_id)
        who.require(Permission.RECORDINGS_EDIT)
        if one.ended_at is not None:
            raise Conflict("this recording is finished")
        number = await self._database.read(lambda c: store.next_number(c, one.id))
        if number > MOST_TRIALS:
            raise Conflict(f"at most {MOST_TRIALS} trials in one recording")
        # Nothing is awaited from here to the place in memory: of two who start at once, one is second.
        if (other := self._open.running(one.channels)) is not None:
            where, since = self._open.name(other), _clock(other.asked_at)
            raise Conflict(f"{other.started_by} started trial {other.number} of {where} at {since}")
        now = self._clock.now()
        self._newest += 1
        calibrations = self._calibrations.of(one.channels)
        trial = Trial(self._newest, one.id, number, TrialState.ARMED, trigger, now, who.name, calibrations=calibrations)
        if trigger.above is None:
            trial = rules.begin(trial, now)
        await self._open.add(trial)
        await self._audit.record(who.name, "trial.start", f"{one.name} #{number}")
        return self._open.trials.get(trial.id, trial)

    async def stop(self, who: Principal, trial_id: int, *, at: int | None = None) -> Trial:
        """It is over; an armed one is cancelled. Stopping what is over changes nothing."""
        _, trial = await self.get(who, trial_id)
        who.require(Permission.RECORDINGS_EDIT)
        running = self._open.trials.get(trial_id)
        if running is None:
            return trial
        ended = await self._open.end(running, self._clock.now() if at is None else at, who.name)
        await self._audit.record(who.name, "trial.stop", f"{self._open.name(trial)} #{trial.number}")
        return ended

    async def whole(self, trial: Trial) -> Trial:
        """The same trial once its last samples have come, or will not."""
        return await self._settling.whole(trial)

    # What is thought of them

    async def judge(self, who: Principal, trial_id: int, accepted: bool | None, reason: str) -> Trial:
        _, trial = await self.get(who, trial_id)
        who.require(Permission.RECORDINGS_EDIT)
        if trial.state is not TrialState.DONE:
            raise Conflict("only a trial that is over can be judged")
        judged = replace(trial, accepted=accepted, reason=reason)
        await self._update(judged)
        await self._audit.record(who.name, "trial.judge", f"trial {trial_id}", f"{accepted} {reason}".strip())
        return judged

    async def delete(self, who: Principal, trial_id: int) -> None:
        """It can be brought back during the undo time."""
        _, trial = await self.get(who, trial_id)
        who.require(Permission.RECORDINGS_EDIT)
        if trial.open:
            raise Conflict("it runs; stop it first")
        await self._update(replace(trial, deleted_at=self._clock.now()))
        await self._audit.record(who.name, "trial.delete", f"trial {trial_id}")

    async def restore(self, who: Principal, trial_id: int) -> Trial:
        _, trial = await self.get(who, trial_id, deleted=True)
        who.require(Permission.RECORDINGS_EDIT)
        restored = replace(trial, deleted_at=None)
        await self._update(restored)
        return restored

    async def _update(self, trial: Trial) -> None:
        await self._book.keep(trial)
        self._book.tell(trial)

    async def flush(self) -> None:
        """Return once every step is on disk."""
        await self._book.flush()


def _clock(at: int) -> str:
    return f"{datetime.fromtimestamp(at / SECOND, UTC):%H:%M:%S} UTC"
