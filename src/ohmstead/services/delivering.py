"""Taking notifications from the outbox to their targets.

An event enters the outbox once, in the transaction of its alert, and leaves it once. Between server and receiver no
such promise is possible: if the server dies after the receiver took a message and before that is on disk, the message
goes again (at least once). Therefore every attempt is noted before it begins, and carries the same key (the Message-ID
of an e-mail, the Idempotency-Key of a webhook) as the attempts before it, by which the receiver can tell. At start,
only attempts that have begun and not ended go again; what ended, well or badly, is on disk as such.
"""

import asyncio
from collections.abc import Callable, Coroutine, Sequence
from typing import Any, Final

import structlog

from ohmstead.database import Database, StorageFailure
from ohmstead.domain import notification as life
from ohmstead.domain.notification import Delivery, Target, Undelivered
from ohmstead.runtime.clock import Clock
from ohmstead.services.notifications import Notifications
from ohmstead.storage import notifications as store

log = structlog.get_logger(__name__)
LOOK_EVERY_S: Final = 1.0
MOST_AT_ONCE: Final = 1_000  # rows looked at in one round
# A target that fails twice in a row is probably down: the others wait until the first of them is tried again.
FAILURES_IN_A_ROW: Final = 2
LAST_WORDS_S: Final = 2.0  # what is being sent when the server ends may take this long to end well
NOT_STORED_PAUSE_S: Final = 5.0

Spawn = Callable[[Coroutine[Any, Any, None]], object]


class Deliverer:
    """One for the process. A slow or dead target delays only itself."""

    def __init__(self, database: Database, notifications: Notifications, clock: Clock) -> None:
        self._database = database
        self._notifications = notifications
        self._clock = clock
        self._busy: set[int] = set()
        self.sent = 0
        self.failed = 0
        self.given_up = 0

    async def run(self) -> None:
        """Until cancelled."""
        await self.recover()
        async with asyncio.TaskGroup() as tasks:
            running: set[asyncio.Task[None]] = set()

            def spawn(work: Coroutine[Any, Any, None]) -> None:
                task = tasks.create_task(work)
                running.add(task)
                task.add_done_callback(running.discard)

            try:
                while True:
                    await self.round(spawn)
                    await asyncio.sleep(LOOK_EVERY_S)
            except asyncio.CancelledError:
                if running:
                    await asyncio.wait(running, timeout=LAST_WORDS_S)
                raise

    async def recover(self) -> None:
        """Put what was being sent when the process died back into the queue."""
        now = self._clock.now()
        lost = await self._database.read(store.sending)
        lost = [one for one in lost if one.target not in self._busy]
        if lost:
            again = [life.interrupted(one, now) for one in lost]
            await self._database.write(lambda c: store.update(c, again))
            log.warning("notifications that were interrupted go again", count=len(again))

    async def round(self, spawn: Spawn) -> None:
        """Begin work for every target that has something due and is not at work already."""
        now = self._clock.now()
        idle = {one.id: one for one in self._notifications.enabled() if one.id not in self._busy}
        if not idle:
            return
        found = await self._database.read(lambda c: store.due(c, idle, now, MOST_AT_ONCE))
        for target_id, rows in found.items():
            self._busy.add(target_id)
            spawn(self._serve(idle[target_id], rows))

    async def _serve(self, target: Target, rows: Sequence[Delivery]) -> None:
        try:
            await self._send_planned(target, rows)
        except StorageFailure as error:
            # The outbox is as it was; a later round finds it again.
            log.error("the outbox cannot be written", target=target.name, reason=str(error))  # noqa: TRY400
        finally:
            self._busy.discard(target.id)

    async def _send_planned(self, target: Target, rows: Sequence[Delivery]) -> None:
        now = self._clock.now()
        planned = life.plan(target, rows, now, self._notifications.zone)
        held = dict(planned.held)
        failures, next_try, failed_alerts = 0, 0, set[int]()
        for batch in planned.batches:
            after = failures >= FAILURES_IN_A_ROW or any(one.alert in failed_alerts for one in batch)
            if after:
                held.update({one.id: next_try for one in batch})
                failed_alerts.update(one.alert for one in batch)
                continue
            done = await self._attempt(target, batch)
            again = [one for one in done if one.state is life.DeliveryState.FAILED]
            if again:
                failures += 1
                failed_alerts.update(one.alert for one in again)
                next_try = max(next_try, *(one.due_at for one in again))
            else:
                failures = 0
        changed = {one.id: held[one.id] for one in rows if one.id in held and held[one.id] != one.due_at}
        if changed:
            await self._database.write(lambda c: store.hold(c, changed, now))
        if len(rows) == MOST_AT_ONCE and held:
            until, last = min(held.values()), rows[-1].id
            await self._database.write(lambda c: store.hold_later(c, target.id, last, until))

    async def _attempt(self, target: Target, batch: Sequence[Delivery]) -> list[Delivery]:
        """One message, from the note that it begins to the note of its end."""
        now = self._clock.now()
        begun = [life.begin(one, now, batch[0].key) for one in batch]
        if await self._database.write(lambda c: store.update(c, begun)) < len(begun):
            return []  # the target was removed in the meantime
        failure: Undelivered | None = None
        detail = ""
        try:
            detail = await self._notifications.send(target, begun, begun[0].batch or begun[0].key)
        except Undelivered as error:
            failure = error
        now = self._clock.now()
        if failure is None:
            ended = [life.succeed(one, now, detail) for one in begun]
        else:
            ended = [life.fail(one, now, str(failure), permanent=failure.permanent) for one in begun]
        self._count(target, ended)
        await self._note(target, ended, now, None if failure is None else str(failure))
        return ended

    async def _note(self, target: Target, ended: Sequence[Delivery], now: int, failure: str | None) -> None:
        """Write the outcome, however long the store is away: else what arrived would go again."""

        def both(connection: Any) -> None:
            store.update(connection, ended)
            store.note_outcome(connection, target.id, now, failure)

        while True:
            try:
                await self._database.write(both)
            except StorageFailure as error:
                log.error("the outcome of a notification cannot be written", reason=str(error))  # noqa: TRY400
                await asyncio.sleep(NOT_STORED_PAUSE_S)
            else:
                return

    def _count(self, target: Target, ended: Sequence[Delivery]) -> None:
        for one in ended:
            if one.state is life.DeliveryState.SENT:
                self.sent += 1
            elif one.state is life.DeliveryState.FAILED:
                self.failed += 1
                log.warning("notification failed", target=target.name, attempt=one.attempts, reason=one.reason)
            else:
                self.given_up += 1
                log.error("notification given up", target=target.name, reason=one.reason)
