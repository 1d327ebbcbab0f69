"""What watches: rules, alerts, and their evaluation."""

from collections.abc import Coroutine
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import structlog

from ohmstead.api.alert_frames import AlertFrames
from ohmstead.database import StorageFailure
from ohmstead.runtime.periodic import always, every
from ohmstead.services.alert_book import AlertBook
from ohmstead.services.alert_engine import AlertEngine
from ohmstead.services.alert_inbox import AlertInbox
from ohmstead.services.alerting import Alerting
from ohmstead.services.alerts import Alerts
from ohmstead.services.rule_actions import RuleActions
from ohmstead.services.rule_preview import Previews
from ohmstead.services.rule_ticks import RuleTicks
from ohmstead.services.rules import Rules
from ohmstead.storage import notifications as outbox

if TYPE_CHECKING:
    from ohmstead.app import App

log = structlog.get_logger(__name__)


@dataclass(slots=True)
class Watching:
    alerting: Alerting
    alerts: Alerts
    engine: AlertEngine
    ticks: RuleTicks
    actions: RuleActions
    frames: AlertFrames

    @classmethod
    async def build(cls, app: "App") -> "Watching":
        """Rules are up to date with everything stored when this returns; `stop` has to come before the store's."""
        database, series, registry, bus, clock = app.database, app.series, app.registry, app.bus, app.clock
        control, notifications = app.control, app.notifying.notifications
        outputs, scenes = control.outputs, control.scenes
        rules = Rules(database, registry, app.devices, outputs, scenes, notifications, app.audit, bus, clock)
        await rules.load()
        site = lambda: app.sites.default  # noqa: E731
        book = AlertBook(database, rules.known, site, outbox.enqueue, bus, clock)
        await book.load()
        alerts = Alerts(book, bus, clock)
        inbox = AlertInbox(database, book, outbox.history, app.audit, clock)
        engine = AlertEngine(database, series, registry, rules, alerts, bus, clock)
        ticks = RuleTicks(engine, database, series, registry, site, app.timekeeping, clock)
        await ticks.load()
        actions = RuleActions(database, rules, alerts, outputs, scenes, control.shadows, app.audit, bus, clock)
        engine.after_write.append(actions.written)
        await engine.load()
        app.system.gauges["rules_evaluated_samples_total"] = lambda: engine.feed.evaluated_samples
        app.system.gauges["rules_busy_seconds_total"] = lambda: engine.feed.busy_s
        app.system.gauges["alerts_open"] = lambda: len(book.open())
        alerting = Alerting(rules, inbox, Previews(series, registry, site, clock))
        return cls(alerting, alerts, engine, ticks, actions, AlertFrames(app.live, inbox, bus))

    async def tick(self) -> None:
        """Once a second: what time alone brings, and what rules have to do. What cannot be written is kept."""
        try:
            await self.ticks.tick()
            await self.engine.carry_out(lambda: self.actions.found() + self.alerts.passed())
            await self.actions.tick()
        except StorageFailure as error:
            log.warning("what alerts have to say has to wait", reason=str(error))

    def work(self) -> list[Coroutine[Any, Any, None]]:
        return [
            always(self.engine.run, "rules"),
            every(1.0, self.tick, "alerts"),
            every(3600.0, self.alerts.book.forget, "old alerts"),
        ]

    async def stop(self) -> None:
        """Bring rules up to date, so that the next start has nothing to make up for."""
        await self.engine.stop()
        await self.ticks.stop()
