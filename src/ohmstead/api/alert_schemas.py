"""The shapes of alerts."""

from typing import Literal, Self

from pydantic import BaseModel, Field

from ohmstead.api.rule_schemas import SeverityName, _text
from ohmstead.api.schemas import Body
from ohmstead.domain.alert import LONGEST_NOTE, Alert, Transition
from ohmstead.domain.notification import Delivery
from ohmstead.domain.telemetry import MS

AlertStateName = Literal["raised", "acknowledged", "cleared"]
AlertEventName = Literal["raised", "again", "acknowledged", "snoozed", "woken", "escalated", "cleared"]


class AlertView(BaseModel):
    """`rule_id` null: the server raised it by itself. `raised_at`, `cleared_at`: by the samples' time.

    `count`: how often it came and went within its cool-down. `text`: the alert in a sentence. `told_at`: quiet hours
    hold the notification until then.
    """

    id: str
    rule_id: str | None
    title: str
    text: str
    severity: SeverityName
    state: AlertStateName
    device_id: str | None
    channel_id: str | None
    value: float | None
    count: int
    raised_at: int
    cleared_at: int | None
    acknowledged_at: int | None
    acknowledged_by: str
    note: str
    snoozed_until: int | None
    escalated_at: int | None
    told_at: int | None

    @classmethod
    def of(cls, alert: Alert) -> Self:
        return cls(
            id=str(alert.id),
            rule_id=_text(alert.rule),
            title=alert.title,
            text=alert.text,
            severity=alert.severity.value,
            state=alert.state.value,
            device_id=_text(alert.device),
            channel_id=_text(alert.channel),
            value=alert.value,
            count=alert.count,
            raised_at=alert.raised_at // MS,
            cleared_at=_ms(alert.cleared_at),
            acknowledged_at=_ms(alert.acknowledged_at),
            acknowledged_by=alert.acknowledged_by,
            note=alert.note,
            snoozed_until=_ms(alert.snoozed_until),
            escalated_at=_ms(alert.escalated_at),
            told_at=_ms(alert.tell_at),
        )


class AlertPage(BaseModel):
    """Newest first; `next` is the `after` of the following page."""

    items: list[AlertView]
    next: str | None


class TransitionView(BaseModel):
    """`actor`: who did it; empty for what the server found itself."""

    at: int
    event: AlertEventName
    actor: str
    note: str
    value: float | None

    @classmethod
    def of(cls, one: Transition) -> Self:
        return cls(at=one.at // MS, event=one.event.value, actor=one.actor, note=one.note, value=one.value)


class AlertDelivery(BaseModel):
    """A notification of this alert on its way to one target."""

    id: str
    event: str
    target_id: str
    target_name: str
    state: Literal["waiting", "sending", "failed", "sent", "given_up"]
    attempts: int
    changed_at: int
    reason: str

    @classmethod
    def of(cls, one: Delivery) -> Self:
        return cls(
            id=str(one.id),
            event=one.event,
            target_id=str(one.target),
            target_name=one.target_name,
            state=one.state.value,
            attempts=one.attempts,
            changed_at=one.changed_at // MS,
            reason=one.reason,
        )


class AlertDetail(BaseModel):
    alert: AlertView
    transitions: list[TransitionView]
    deliveries: list[AlertDelivery]


class Acknowledgement(Body):
    note: str = Field("", max_length=LONGEST_NOTE)


class Snooze(Body):
    """0 ends a snooze."""

    for_s: float = Field(ge=0, le=30 * 86_400)


def _ms(us: int | None) -> int | None:
    return None if us is None else us // MS
