"""The shapes of rules and of their preview."""

from datetime import time
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, Field

from ohmstead.api.condition_schemas import ConditionBody, IdText, body_of, condition_of
from ohmstead.api.output_schemas import Level
from ohmstead.api.schemas import Body, Instant, Name
from ohmstead.domain.notification import QuietHours
from ohmstead.domain.rule import Escalation, On, RuleAction, RuleBody, Scope, Severity
from ohmstead.domain.telemetry import MS
from ohmstead.services.alert_inbox import Tally
from ohmstead.services.rule_preview import Preview
from ohmstead.services.rules import RuleSeen

SeverityName = Literal["info", "warning", "critical"]


class ScopeBody(Body):
    """One channel; or the channels of one device, of `device_ids`, or of all, narrowed by `quantity`."""

    channel_id: IdText | None = None
    device_id: IdText | None = None
    device_ids: list[IdText] | None = Field(None, min_length=1, max_length=1000)
    quantity: str | None = Field(None, max_length=64)

    def scope(self) -> Scope:
        devices = None if self.device_ids is None else frozenset(map(int, self.device_ids))
        return Scope(_int(self.channel_id), _int(self.device_id), self.quantity, devices)

    @classmethod
    def of(cls, scope: Scope) -> Self:
        return cls(
            channel_id=_text(scope.channel),
            device_id=_text(scope.device),
            device_ids=None if scope.devices is None else [str(one) for one in sorted(scope.devices)],
            quantity=scope.quantity,
        )


class QuietBody(Body):
    """From `start` to `end` on the site's clock nobody is told; they are at the end."""

    start: time
    end: time


class EscalationBody(Body):
    """`targets` null: every target that wants to hear of escalations."""

    after_s: Annotated[float, Field(ge=10, le=7 * 86_400)]
    targets: list[IdText] | None = Field(None, max_length=100)


class ActionBody(Body):
    """Exactly one of: `output_id` with `state` (and `for_s`), `scene_id`, `webhook_id` (a notification target)."""

    on: Literal["raised", "cleared"] = "raised"
    output_id: IdText | None = None
    state: Level | None = None
    for_s: float | None = Field(None, gt=0)
    scene_id: IdText | None = None
    webhook_id: IdText | None = None

    def action(self) -> RuleAction:
        return RuleAction(
            On(self.on),
            _int(self.output_id),
            self.state,
            self.for_s,
            _int(self.scene_id),
            _int(self.webhook_id),
        )

    @classmethod
    def of(cls, action: RuleAction) -> Self:
        state: Any = action.state
        return cls(
            on=action.on.value,
            output_id=_text(action.output),
            state=state,
            for_s=action.for_s,
            scene_id=_text(action.scene),
            webhook_id=_text(action.target),
        )


class RuleBodyFields(Body):
    """`scope` is null for `all` and `any`, whose parts name their channels. `targets` null: everyone who wants it.

    What comes back within `cooldown_s` is the same alert again. Of two rules that want different things of one
    output, the one with the higher `priority` has its way.
    """

    name: Name
    condition: ConditionBody
    scope: ScopeBody | None = None
    severity: SeverityName = "warning"
    enabled: bool = True
    quiet: QuietBody | None = None
    cooldown_s: Annotated[float, Field(ge=0, le=7 * 86_400)] = 900.0
    targets: list[IdText] | None = Field(None, max_length=100)
    escalation: EscalationBody | None = None
    actions: list[ActionBody] = Field(default_factory=list, max_length=20)
    priority: int = Field(0, ge=-1000, le=1000)

    def body(self) -> RuleBody:
        """Raises InvalidInput."""
        return RuleBody(
            " ".join(self.name.split()),
            condition_of(self.condition),
            None if self.scope is None else self.scope.scope(),
            Severity(self.severity),
            self.enabled,
            None if self.quiet is None else QuietHours(_minute(self.quiet.start), _minute(self.quiet.end)),
            self.cooldown_s,
            _ints(self.targets),
            None if self.escalation is None else Escalation(self.escalation.after_s, _ints(self.escalation.targets)),
            tuple(action.action() for action in self.actions),
            self.priority,
        )


class NewRule(RuleBodyFields):
    pass


class RulePatch(Body):
    """What is absent stays as it is; null takes `scope`, `quiet`, `targets` or `escalation` away."""

    name: Name | None = None
    condition: ConditionBody | None = None
    scope: ScopeBody | None = None
    severity: SeverityName | None = None
    enabled: bool | None = None
    quiet: QuietBody | None = None
    cooldown_s: Annotated[float, Field(ge=0, le=7 * 86_400)] | None = None
    targets: list[IdText] | None = Field(None, max_length=100)
    escalation: EscalationBody | None = None
    actions: list[ActionBody] | None = Field(None, max_length=20)
    priority: int | None = Field(None, ge=-1000, le=1000)

    def changed(self, old: RuleBody) -> RuleBody:
        """Raises InvalidInput."""
        named = {name: getattr(self, name) for name in self.model_fields_set}
        held = {"scope", "quiet", "targets", "escalation"}
        kept = {name: value for name, value in named.items() if value is not None or name in held}
        whole = {name: getattr(fields_of(old), name) for name in RuleBodyFields.model_fields}
        return RuleBodyFields.model_construct(**{**whole, **kept}).body()


def fields_of(body: RuleBody) -> RuleBodyFields:
    escalation = body.escalation
    return RuleBodyFields.model_construct(
        name=body.name,
        condition=body_of(body.condition),
        scope=None if body.scope is None else ScopeBody.of(body.scope),
        severity=body.severity.value,
        enabled=body.enabled,
        quiet=None if body.quiet is None else QuietBody(start=body.quiet.start, end=body.quiet.end),
        cooldown_s=body.cooldown_s,
        targets=_texts(body.targets),
        escalation=None
        if escalation is None
        else EscalationBody(after_s=escalation.after_s, targets=_texts(escalation.targets)),
        actions=[ActionBody.of(action) for action in body.actions],
        priority=body.priority,
    )


class RuleView(RuleBodyFields):
    """`sentence`: the rule in plain words. `trouble`: why it cannot work ("its channel is gone"), null if it can.

    `builtin`: silence, stuck or implausible for the rules that are there from the start. `open_alerts`: how many of
    its alerts are not cleared. `channels`: how many channels it watches now. `alerts`: how many it raised, as far as
    the asker may see them and they are kept; `last_raised_at`: when the newest of them began.
    """

    id: str
    builtin: str | None
    sentence: str
    trouble: str | None
    channels: int
    open_alerts: int
    alerts: int
    last_raised_at: int | None
    author: str
    changed_at: int

    @classmethod
    def of(cls, seen: RuleSeen, tally: Tally) -> "RuleView":
        fields = fields_of(seen.rule.body)
        return cls.model_construct(
            **{name: getattr(fields, name) for name in RuleBodyFields.model_fields},
            id=str(seen.rule.id),
            builtin=seen.rule.builtin,
            sentence=seen.sentence,
            trouble=seen.trouble,
            channels=seen.channels,
            open_alerts=seen.open_alerts,
            alerts=tally.alerts,
            last_raised_at=None if tally.last_raised_at is None else tally.last_raised_at // MS,
            author=seen.rule.author,
            changed_at=seen.rule.changed_at // MS,
        )


class PreviewBody(Body):
    """Which span to look at; absent: the last seven days. At most 90 days."""

    rule: RuleBodyFields
    from_: Instant | None = Field(None, alias="from")
    to: Instant | None = None


class EpisodeView(BaseModel):
    """One time the rule would have been true. `until` null: it still is at the end of the span."""

    start: int
    until: int | None
    channel_id: str | None
    device_id: str | None
    value: float | None


class PreviewView(BaseModel):
    """How often the rule would have fired: `fired` alerts, of `episodes` (those within a cool-down are one alert).

    `resolution`: raw, or the coarser data that was looked at because raw would have been too much; `resolution_s` is
    then the width of a bucket. `truncated`: there are more episodes than are listed. `note`: what a preview cannot see.
    """

    start: int
    end: int
    sentence: str
    resolution: Literal["raw", "folded", "15min", "day"]
    resolution_s: float | None
    channels: int
    fired: int
    episodes: list[EpisodeView]
    truncated: bool
    note: str

    @classmethod
    def of(cls, preview: Preview, sentence: str) -> Self:
        return cls(
            start=preview.start // MS,
            end=preview.end // MS,
            sentence=sentence,
            resolution=preview.resolution,
            resolution_s=preview.resolution_s,
            channels=preview.channels,
            fired=preview.fired,
            episodes=[
                EpisodeView(
                    start=one.start // MS,
                    until=None if one.until is None else one.until // MS,
                    channel_id=_text(one.channel),
                    device_id=_text(one.device),
                    value=one.value,
                )
                for one in preview.episodes
            ],
            truncated=preview.truncated,
            note=preview.note,
        )


def _minute(at: time) -> time:
    return at.replace(second=0, microsecond=0, tzinfo=None)


def _int(text: str | None) -> int | None:
    return None if text is None else int(text)


def _text(number: int | None) -> str | None:
    return None if number is None else str(number)


def _ints(texts: list[str] | None) -> tuple[int, ...] | None:
    return None if texts is None else tuple(map(int, texts))


def _texts(numbers: tuple[int, ...] | None) -> list[str] | None:
    return None if numbers is None else [str(number) for number in numbers]
