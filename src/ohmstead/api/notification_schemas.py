"""The shapes of notification targets and of the history of notifications. Secrets come in and never go out."""

from datetime import time
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, Field

from ohmstead.api.schemas import Body, Name
from ohmstead.domain.notification import LONGEST_DIGEST_MIN, Delivery, QuietHours, Target
from ohmstead.domain.notification_text import LONGEST_TEMPLATE, PLACEHOLDERS, USUAL_BODY, USUAL_TITLE
from ohmstead.domain.notifier import Notifier
from ohmstead.domain.telemetry import MS
from ohmstead.services.notifications import TargetStatus

SeverityName = Literal["info", "warning", "critical"]
Template = Annotated[str, Field(max_length=LONGEST_TEMPLATE)]
Value = str | int | bool | None
Config = dict[Annotated[str, Field(max_length=40)], Value]
DigestMinutes = Annotated[int, Field(ge=0, le=LONGEST_DIGEST_MIN)]


class TargetQuietBody(Body):
    """On the site's clock; over midnight when `start` is later than `end`."""

    start: time
    end: time

    def hours(self) -> QuietHours:
        return QuietHours(*(t.replace(second=0, microsecond=0, tzinfo=None) for t in (self.start, self.end)))


class QuietView(BaseModel):
    """Hours and minutes, as in 22:00."""

    start: str
    end: str


class NewTarget(Body):
    """`config`: what the kind asks for, see `GET /notification-targets/kinds`.

    `digest_min`: collect this long into one message (0: each at once); critical ones go at once all the same, also in
    quiet hours. `escalation`: hears only of alerts that nobody acknowledged in time. `cleared`: hears also when an
    alert is over. `title`, `body`: templates; null: the usual text.
    """

    name: Name
    kind: str = Field(max_length=40)
    config: Config = Field(default_factory=dict)
    enabled: bool = True
    min_severity: SeverityName = "info"
    digest_min: DigestMinutes = 0
    quiet: TargetQuietBody | None = None
    escalation: bool = False
    cleared: bool = False
    title: Template | None = None
    body: Template | None = None

    def target(self) -> Target:
        given = self.model_dump(exclude={"quiet"})
        return Target(0, quiet=None if self.quiet is None else self.quiet.hours(), **given)


class TargetPatch(Body):
    """What is absent stays. In `config`, too: a secret that is not given is kept; null removes one setting."""

    name: Name | None = None
    config: Config | None = None
    enabled: bool | None = None
    min_severity: SeverityName | None = None
    digest_min: DigestMinutes | None = None
    quiet: TargetQuietBody | None = None
    escalation: bool | None = None
    cleared: bool | None = None
    title: Template | None = None
    body: Template | None = None

    def changes(self) -> dict[str, Any]:
        """Null means something for the quiet hours and the templates only."""
        nullable = {"quiet", "title", "body"}
        given = self.model_dump(exclude_unset=True, exclude={"quiet"})
        found = {name: value for name, value in given.items() if value is not None or name in nullable}
        if "quiet" in self.model_fields_set:
            found["quiet"] = None if self.quiet is None else self.quiet.hours()
        return found


class TargetView(BaseModel):
    """`config` has no secrets; `secrets_set` names those that are set. `where`: where it goes, in a few words.

    `failed_at` and `failure`: the newest failure since something arrived (`sent_at`). `waiting`: not arrived yet.
    """

    id: str
    name: str
    kind: str
    where: str
    config: dict[str, Value]
    secrets_set: list[str]
    enabled: bool
    min_severity: SeverityName
    digest_min: int
    quiet: QuietView | None
    escalation: bool
    cleared: bool
    title: str | None
    body: str | None
    sent_at: int | None
    failed_at: int | None
    failure: str
    waiting: int

    @classmethod
    def of(cls, status: TargetStatus) -> Self:
        target = status.target
        quiet = target.quiet
        return cls(
            id=str(target.id),
            name=target.name,
            kind=target.kind,
            where=status.where,
            config=dict(status.config),
            secrets_set=list(status.secrets_set),
            enabled=target.enabled,
            min_severity=_severity(target.min_severity),
            digest_min=target.digest_min,
            quiet=None
            if quiet is None
            else QuietView(start=quiet.start.isoformat("minutes"), end=quiet.end.isoformat("minutes")),
            escalation=target.escalation,
            cleared=target.cleared,
            title=target.title,
            body=target.body,
            sent_at=None if status.sent_at is None else status.sent_at // MS,
            failed_at=None if status.failed_at is None else status.failed_at // MS,
            failure=status.failure,
            waiting=status.waiting,
        )


class TargetName(BaseModel):
    """What may be known of a target by those who write rules."""

    id: str
    name: str
    kind: str
    enabled: bool

    @classmethod
    def of(cls, target: Target) -> Self:
        return cls(id=str(target.id), name=target.name, kind=target.kind, enabled=target.enabled)


class SettingView(BaseModel):
    name: str
    label: str
    kind: Literal["text", "number", "switch", "choice"]
    required: bool
    secret: bool
    default: Value
    choices: list[str]


class KindView(BaseModel):
    """A way to reach people or machines, with what it must be told: a form is drawn from this."""

    name: str
    label: str
    settings: list[SettingView]

    @classmethod
    def of(cls, notifier: Notifier) -> Self:
        return cls(
            name=notifier.name,
            label=notifier.label,
            settings=[
                SettingView.model_validate(
                    {n: getattr(s, n) for n in ("name", "label", "kind", "required", "secret", "default")}
                    | {"choices": list(s.choices)}
                )
                for s in notifier.settings
            ],
        )


class KindsView(BaseModel):
    """`placeholders`: the names a template may use, with what they stand for; `title` and `body`: the usual ones."""

    kinds: list[KindView]
    placeholders: dict[str, str] = dict(PLACEHOLDERS)
    title: str = USUAL_TITLE
    body: str = USUAL_BODY


class Delivered(BaseModel):
    delivered: Literal[True] = True
    detail: str = ""


class AttemptView(BaseModel):
    at: int
    outcome: str


class NotificationView(BaseModel):
    """One event of an alert on its way to one target; `attempts` counts, `history` has the newest of them."""

    id: str
    alert_id: str
    event: str
    at: int
    severity: SeverityName
    rule: str
    message: str
    target_id: str
    target: str
    state: Literal["waiting", "sending", "failed", "sent", "given_up"]
    attempts: int
    due_at: int | None
    changed_at: int
    reason: str
    history: list[AttemptView]

    @classmethod
    def of(cls, one: Delivery) -> Self:
        return cls(
            id=str(one.id),
            alert_id=str(one.alert),
            event=one.event,
            at=one.at // MS,
            severity=_severity(one.severity),
            rule=str(one.payload.get("rule") or ""),
            message=str(one.payload.get("message") or ""),
            target_id=str(one.target),
            target=one.target_name,
            state=one.state.value,
            attempts=one.attempts,
            due_at=one.due_at // MS if one.due_at and one.state.value in ("waiting", "failed") else None,
            changed_at=one.changed_at // MS,
            reason=one.reason,
            history=[AttemptView(at=at // MS, outcome=what) for at, what in one.history],
        )


class NotificationPage(BaseModel):
    items: list[NotificationView]
    next: str | None


def _severity(name: str) -> SeverityName:
    return "info" if name == "info" else "warning" if name == "warning" else "critical"
