"""Where notifications go, what they say, and the history of those that went."""

import asyncio
import secrets
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final
from zoneinfo import ZoneInfo

import structlog

from ohmstead.database import Database
from ohmstead.domain import notification_text as text
from ohmstead.domain.access import Permission, Principal
from ohmstead.domain.errors import Conflict, InvalidInput, NotFound, Undeliverable
from ohmstead.domain.notification import Delivery, Target, Undelivered
from ohmstead.domain.notifier import Means, Notifier, checked
from ohmstead.domain.person import Site
from ohmstead.domain.telemetry import DAY
from ohmstead.runtime.clock import Clock
from ohmstead.services.audit import Audit
from ohmstead.services.rooms import clean_name
from ohmstead.storage import notifications as store

log = structlog.get_logger(__name__)
MOST_TARGETS: Final = 100
KEPT_US: Final = 90 * DAY


@dataclass(frozen=True, slots=True)
class TargetStatus:
    """A target as it may be shown: `config` without secrets, `secrets_set` the names of those it has."""

    target: Target
    where: str
    config: Mapping[str, Any]
    secrets_set: tuple[str, ...]
    sent_at: int | None = None
    failed_at: int | None = None
    failure: str = ""
    waiting: int = 0


class Notifications:
    """Targets are in memory, each change is written through before it is answered; the outbox is in the database."""

    def __init__(
        self,
        database: Database,
        notifiers: Mapping[str, Notifier],
        means: Means,
        site: Callable[[], Site],
        audit: Audit,
        clock: Clock,
        public_url: str | None,
    ) -> None:
        self._database = database
        self._notifiers = notifiers
        self._means = means
        self._site = site
        self._audit = audit
        self._clock = clock
        self._public_url = public_url
        self._targets: dict[int, Target] = {}
        self._newest = 0
        self._changing = asyncio.Lock()  # names are looked at before, and taken after, a pause

    async def load(self) -> None:
        self._targets = {one.id: one for one in await self._database.read(store.load_targets)}
        self._newest = await self._database.read(store.newest_target)

    # Sending

    def enabled(self) -> list[Target]:
        return [one for one in self._targets.values() if one.enabled]

    def names(self) -> dict[int, str]:
        """Every target's id and name."""
        return {one.id: one.name for one in self._targets.values()}

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self._site().zone)

    async def send(self, target: Target, deliveries: Sequence[Delivery], key: str) -> str:
        """Tell the target of these events, as one message. Returns a note; raises Undelivered, and nothing else."""
        notifier = self._notifiers.get(target.kind)
        if notifier is None:
            raise Undelivered(f"this server has no notifier of the kind {target.kind}", permanent=True)
        site = self._site()
        message = text.compose(
            deliveries,
            key=key,
            title=target.title,
            body=target.body,
            zone=ZoneInfo(site.zone),
            site=site.name,
            public_url=self._public_url,
            now=self._clock.now(),
        )
        try:
            return await notifier.send(target.config, message, self._means)
        except Undelivered:
            raise
        except Exception as error:
            # Neither the text nor the trace of it: both may hold the target's secrets.
            log.error("notifier failed", kind=target.kind, target=target.name, error=type(error).__name__)  # noqa: TRY400
            raise Undelivered(f"the notifier failed with {type(error).__name__}") from None

    # What people do

    def kinds(self, who: Principal) -> list[Notifier]:
        who.require(Permission.NOTIFICATIONS_EDIT)
        return [self._notifiers[name] for name in sorted(self._notifiers)]

    def named(self, who: Principal) -> list[Target]:
        """For whoever chooses between targets, and may not see where they lead."""
        who.require(Permission.NOTIFICATIONS_READ)
        return list(self._targets.values())

    async def all(self, who: Principal) -> list[TargetStatus]:
        who.require(Permission.NOTIFICATIONS_EDIT)
        outcomes = await self._database.read(store.outcomes)
        waiting = await self._database.read(store.waiting)
        return [
            self._shown(one, *outcomes.get(one.id, (None, None, "")), waiting.get(one.id, 0))
            for one in self._targets.values()
        ]

    async def status(self, who: Principal, target_id: int) -> TargetStatus:
        self._get(who, target_id)
        return next(one for one in await self.all(who) if one.target.id == target_id)

    async def add(self, who: Principal, target: Target) -> TargetStatus:
        """Raises Conflict, and InvalidInput naming what is wrong with it."""
        who.require(Permission.NOTIFICATIONS_EDIT)
        if len(self._targets) >= MOST_TARGETS:
            raise Conflict(f"at most {MOST_TARGETS} targets")
        async with self._changing:
            self._newest += 1
            new = await self._checked(replace(target, id=self._newest))
            await self._put(new)
        await self._audit.record(who.name, "notification-target.add", new.name, new.kind)
        return self._shown(new)

    async def change(
        self, who: Principal, target_id: int, config: Mapping[str, Any] | None = None, **changes: Any
    ) -> TargetStatus:
        """`config`: the settings that change, None for one that goes; the others, secrets too, stay as they are."""
        async with self._changing:
            old = self._get(who, target_id)
            if config is not None:
                changes["config"] = self._merged(old, config)
            new = await self._checked(replace(old, **changes))
            await self._put(new)
        named = sorted(set(changes) - {"config"}) + sorted(f"config.{name}" for name in config or ())
        await self._audit.record(who.name, "notification-target.change", new.name, ", ".join(named)[:200])
        return await self.status(who, target_id)

    async def remove(self, who: Principal, target_id: int) -> None:
        """What was on its way to it is given up; the history stays."""
        async with self._changing:
            old = self._get(who, target_id)
            now = self._clock.now()
            await self._database.write(lambda c: store.delete_target(c, target_id, now))
            del self._targets[target_id]
        await self._audit.record(who.name, "notification-target.remove", old.name, old.kind)

    async def test(self, who: Principal, target_id: int) -> str:
        """Send a test message at once, quiet hours or not. Raises Undeliverable with the reason."""
        target = self._get(who, target_id)
        now = self._clock.now()
        key = f"test-{secrets.token_hex(12)}"
        sentence = f"This is a test message to {target.name}. {who.name} asked for it."
        payload = {"severity": "info", "rule": "notifications arrive here", "message": sentence}
        one = Delivery(0, key, 0, "test", now, target.id, target.name, payload)
        try:
            detail = await self.send(target, [one], key)
        except Undelivered as error:
            reason = str(error)
            await self._audit.record(who.name, "notification-target.test", target.name, f"failed: {reason}")
            await self._database.write(lambda c: store.note_outcome(c, target_id, now, reason))
            raise Undeliverable(f"the test message did not arrive: {reason}") from None
        await self._audit.record(who.name, "notification-target.test", target.name, "delivered")
        await self._database.write(lambda c: store.note_outcome(c, target_id, now, None))
        return detail

    async def history(self, who: Principal, limit: int, before: int | None, alert: int | None) -> list[Delivery]:
        """Newest first."""
        who.require(Permission.NOTIFICATIONS_READ)
        return await self._database.read(lambda c: store.history(c, limit, before, alert))

    async def forget(self) -> None:
        """Drop what came to its end long ago."""
        before = self._clock.now() - KEPT_US
        await self._database.write(lambda c: store.forget(c, before))

    # Inside

    def _get(self, who: Principal, target_id: int) -> Target:
        who.require(Permission.NOTIFICATIONS_EDIT)
        try:
            return self._targets[target_id]
        except KeyError:
            raise NotFound("there is no such notification target") from None

    async def _put(self, target: Target) -> None:
        await self._database.write(lambda c: store.put_target(c, target))
        self._targets[target.id] = target

    async def _checked(self, target: Target) -> Target:
        notifier = self._notifiers.get(target.kind)
        if notifier is None:
            raise InvalidInput(f"kind: one of {', '.join(sorted(self._notifiers))}")
        name = clean_name(target.name, "a target")
        if any(one.id != target.id and one.name.casefold() == name.casefold() for one in self._targets.values()):
            raise Conflict("there is a target of that name")
        for template in (target.title, target.body):
            if template is not None:
                text.check(template)
        config = checked(notifier.settings, target.config)
        await asyncio.to_thread(notifier.check, config)  # may load a library of a hundred services
        return replace(target, name=name, config=config)

    def _merged(self, old: Target, given: Mapping[str, Any]) -> dict[str, Any]:
        notifier = self._notifiers.get(old.kind)
        settings = () if notifier is None else notifier.settings
        moved = any(s.place and s.name in given and given[s.name] != old.config.get(s.name) for s in settings)
        kept = [s.name for s in settings if s.secret and old.config.get(s.name) and s.name not in given]
        if moved and kept:
            raise InvalidInput(f"config: give {', '.join(kept)} anew, because it would be sent to another place")
        return {**old.config, **given}

    def _shown(
        self,
        target: Target,
        sent_at: int | None = None,
        failed_at: int | None = None,
        failure: str = "",
        waiting: int = 0,
    ) -> TargetStatus:
        notifier = self._notifiers.get(target.kind)
        settings = () if notifier is None else notifier.settings
        config = {s.name: target.config.get(s.name) for s in settings if not s.secret}
        hidden = tuple(s.name for s in settings if s.secret and target.config.get(s.name))
        where = "" if notifier is None else notifier.where(target.config)
        return TargetStatus(target, where, config, hidden, sent_at, failed_at, failure, waiting)
