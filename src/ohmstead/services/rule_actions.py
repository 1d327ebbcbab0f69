"""What rules do: set outputs and run scenes, once for each time an alert is raised or cleared."""

from collections.abc import Sequence
from typing import Final

import structlog

from ohmstead.database import Database, StorageFailure
from ohmstead.domain.alert import Alert
from ohmstead.domain.arbitration import Claim, decide
from ohmstead.domain.errors import InvalidInput, NotFound
from ohmstead.domain.output import OutputConfirmed, OutputUnconfirmed, State, check_timer
from ohmstead.domain.rule import RuleAction, Severity
from ohmstead.domain.scene import Setting
from ohmstead.domain.shadow import DesiredChanged
from ohmstead.domain.telemetry import MINUTE
from ohmstead.runtime.bus import Bus
from ohmstead.runtime.clock import Clock
from ohmstead.services.alert_changes import Change, Finding
from ohmstead.services.alerts import Alerts
from ohmstead.services.audit import Audit
from ohmstead.services.outputs import Outputs
from ohmstead.services.rules import Rules
from ohmstead.services.scenes import Scenes
from ohmstead.services.shadows import Shadows
from ohmstead.storage import alerts as store
from ohmstead.storage.alerts import ActionDue

log = structlog.get_logger(__name__)

# What was found later than this, because the data came late, is not acted upon: the world has moved on.
GRACE_US: Final = 10 * MINUTE
FIGHT_OVER_US: Final = 30 * MINUTE
AUTHOR: Final = "rule "


class RuleActions:
    """Actions wait in the database from the transaction of their alert on, and go once they are done: after a crash
    they are done again, which for a desired state changes nothing."""

    def __init__(
        self,
        database: Database,
        rules: Rules,
        alerts: Alerts,
        outputs: Outputs,
        scenes: Scenes,
        shadows: Shadows,
        audit: Audit,
        bus: Bus,
        clock: Clock,
    ) -> None:
        self._database = database
        self._rules = rules
        self._alerts = alerts
        self._outputs = outputs
        self._scenes = scenes
        self._shadows = shadows
        self._audit = audit
        self._clock = clock
        self._holders: dict[int, Claim] = {}  # output -> the rule that set it last
        self._fought: dict[int, int] = {}  # output -> when two rules last wanted different things of it
        self._findings: list[Finding] = []
        self._waiting = True  # for the first look, which finds what a crash left
        bus.subscribe(DesiredChanged, self._desired_changed)
        bus.subscribe(OutputUnconfirmed, self._unconfirmed)
        bus.subscribe(OutputConfirmed, self._confirmed)

    def written(self, changes: Sequence[Change]) -> None:
        """There may be something to do."""
        self._waiting = self._waiting or any(change.actions for change in changes)

    async def tick(self) -> None:
        """Do what waits, in order. What cannot be done is left, and said so."""
        if not self._waiting:
            return
        self._waiting = False
        try:
            for due in await self._database.read(store.actions_due):
                await self._try(due)
        except StorageFailure:
            self._waiting = True
            raise

    async def _try(self, due: ActionDue) -> None:
        try:
            await self._do(due)
        except (NotFound, InvalidInput) as error:
            log.warning("a rule's action could not be done", rule=due.rule, reason=str(error))
            await self._audit.record(self._author(due), "rule.skip", f"alert {due.alert}", str(error))
        await self._database.write(lambda c: store.action_done(c, due.id))

    def _author(self, due: ActionDue) -> str:
        rule = self._rules.known(due.rule)
        return AUTHOR + (str(due.rule) if rule is None else rule.body.name)

    async def _do(self, due: ActionDue) -> None:
        action, author = due.action, self._author(due)
        if self._clock.now() - due.at > GRACE_US:
            raise InvalidInput("the data came too late to act upon it")
        for setting in self._settings(action):
            output = self._outputs.known(setting.output)
            if output is None:
                raise NotFound("its output is gone")
            if not self._may(due, setting):
                continue
            state = self._outputs.check(output, setting.state)
            reason, timer = f"alert {due.alert}", check_timer(setting.for_s)
            await self._outputs.set(output, state, author=author, reason=reason, timer_us=timer)
            await self._audit.record(author, "output.switch", output.name, f"{state}: {reason}")

    def _settings(self, action: RuleAction) -> Sequence[Setting]:
        if action.scene is not None:
            return self._scenes.get(action.scene).settings
        assert action.output is not None
        assert action.state is not None
        return [Setting(action.output, action.state, action.for_s)]

    def _may(self, due: ActionDue, setting: Setting) -> bool:
        """Whether no other rule holds the output; if one does, that is reported."""
        rule = self._rules.known(due.rule)
        priority, now = 0 if rule is None else rule.body.priority, self._clock.now()
        claim = Claim(due.rule, priority, setting.state, now, due.alert)
        holder = self._holders.get(setting.output)
        holds = holder is not None and any(alert.id == holder.alert for alert in self._alerts.book.open())
        verdict = decide(holder, holds, claim)
        if verdict.against is not None:
            self._fight(setting.output, setting.state, due.rule, verdict.against, granted=verdict.granted)
        if verdict.granted:
            self._holders[setting.output] = claim
        return verdict.granted

    # What the server raises by itself

    def _fight(self, output_id: int, state: State, rule: int, against: int, *, granted: bool) -> None:
        output, now = self._outputs.known(output_id), self._clock.now()
        if output is None:
            return
        self._fought[output_id] = now
        names = [known.body.name if (known := self._rules.known(one)) else f"rule {one}" for one in (rule, against)]
        winner = names[0] if granted else names[1]
        text = f"The rules {names[0]} and {names[1]} want different things of {output.name}; {winner} has its way"
        self._findings.append(
            Finding(
                f"fight:{output_id}",
                True,
                now,
                "Rules fight over an output",
                Severity.WARNING,
                text,
                (output.device,),
                details={"device": output.name},
            )
        )

    def _unconfirmed(self, fact: OutputUnconfirmed) -> None:
        output = self._outputs.known(fact.output)
        if output is None:
            return
        text = f"{output.name} was switched {fact.desired}, but {fact.reason}"
        self._findings.append(
            Finding(
                f"unconfirmed:{fact.output}",
                True,
                fact.at,
                "Output did not follow",
                Severity.WARNING,
                text,
                (fact.device,),
                details={"device": output.name},
            )
        )

    def _confirmed(self, fact: OutputConfirmed) -> None:
        self._over(f"unconfirmed:{fact.output}")

    def _over(self, cause: str) -> None:
        self._findings.append(Finding(cause, False, self._clock.now(), "", Severity.INFO, ""))

    def _desired_changed(self, fact: DesiredChanged) -> None:
        """What anyone else sets is no rule's any more, and what was in doubt is in question anew."""
        desired = self._shadows.of(fact.device).desired
        for output in self._outputs.of_device(fact.device):
            if output.field not in fact.fields:
                continue
            wish = desired.get(output.field)
            if wish is None or not wish.author.startswith(AUTHOR):
                self._holders.pop(output.id, None)
            self._over(f"unconfirmed:{output.id}")

    def found(self) -> list[Change]:
        """Alerts of what the server found by itself, to be written."""
        now = self._clock.now()
        for output_id, at in list(self._fought.items()):
            if now - at >= FIGHT_OVER_US:
                del self._fought[output_id]
                self._over(f"fight:{output_id}")
        findings, self._findings = self._findings, []
        changes = [self._alerts.observe(None, finding) for finding in findings]
        changes += [self._end_if_stale(alert, now) for alert in self._alerts.book.open() if alert.rule is None]
        changes += [self._alerts.end(alert, "its device is gone") for alert in self._alerts.of_gone()]
        return [change for change in changes if change is not None]

    def _end_if_stale(self, alert: Alert, now: int) -> Change | None:
        """A fight of before a restart is nobody's any more; an output that is gone can follow nobody."""
        kind, _, number = alert.cause.partition(":")
        if kind not in ("fight", "unconfirmed"):
            return None  # whoever raised it clears it
        output_id = int(number)
        if self._outputs.known(output_id) is None:
            return self._alerts.end(alert, "its output is gone")
        if kind == "fight" and output_id not in self._fought and now - alert.raised_at >= FIGHT_OVER_US:
            return self._alerts.end(alert, "they have been at peace since")
        return None
