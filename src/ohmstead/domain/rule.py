"""Rules: a condition over some channels, what is done about it, and who is told."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import time
from enum import StrEnum
from typing import Any, Final

from ohmstead.domain import condition as conditions
from ohmstead.domain.condition import Budget, ClockSkew, Combined, Condition, Rate, Silence, Stuck, Threshold
from ohmstead.domain.device import Channel
from ohmstead.domain.errors import InvalidInput
from ohmstead.domain.notification import QuietHours
from ohmstead.domain.output import State, check_timer
from ohmstead.domain.quantity import QUANTITIES, Kind

MOST_ACTIONS: Final = 20
MOST_TARGETS: Final = 100
MOST_DEVICES: Final = 1_000
LONGEST_COOLDOWN_S: Final = 7 * 86_400
# A thing that comes and goes within a quarter of an hour is one thing to whoever is told of it.
COOLDOWN_S: Final = 900.0


class Severity(StrEnum):
    INFO = "info"
    WARNING = "warning"
    CRITICAL = "critical"


class On(StrEnum):
    """When an action is carried out."""

    RAISED = "raised"
    CLEARED = "cleared"


@dataclass(frozen=True, slots=True)
class Scope:
    """Which channels: one (`channel`), those of one device, or those of many (`devices` None: all).

    `quantity` narrows the last two. With no fields at all it means everything.
    """

    channel: int | None = None
    device: int | None = None
    quantity: str | None = None
    devices: frozenset[int] | None = None

    def __post_init__(self) -> None:
        if self.channel is not None and (self.device, self.quantity, self.devices) != (None, None, None):
            raise InvalidInput("scope/channel_id: one channel needs no other limits")
        if self.device is not None and self.devices is not None:
            raise InvalidInput("scope/device_id: one device, or many")
        if self.quantity is not None and self.quantity not in QUANTITIES:
            raise InvalidInput(f"scope/quantity: one of {', '.join(QUANTITIES)}")
        if self.devices is not None and not 1 <= len(self.devices) <= MOST_DEVICES:
            raise InvalidInput(f"scope/device_ids: 1–{MOST_DEVICES}")

    def covers_device(self, device: int) -> bool:
        if self.device is not None:
            return self.device == device
        return self.devices is None or device in self.devices

    def to_json(self) -> dict[str, Any]:
        devices = None if self.devices is None else sorted(self.devices)
        return {"channel": self.channel, "device": self.device, "quantity": self.quantity, "devices": devices}

    @classmethod
    def from_json(cls, raw: Mapping[str, Any]) -> "Scope":
        devices = None if raw["devices"] is None else frozenset(raw["devices"])
        return cls(raw["channel"], raw["device"], raw["quantity"], devices)


@dataclass(frozen=True, slots=True)
class RuleAction:
    """Exactly one of: set `output` to `state` (for `for_s`), run `scene`, call the webhook `target`."""

    on: On = On.RAISED
    output: int | None = None
    state: State | None = None
    for_s: float | None = None
    scene: int | None = None
    target: int | None = None

    def __post_init__(self) -> None:
        if sum(one is not None for one in (self.output, self.scene, self.target)) != 1:
            raise InvalidInput("actions: each sets an output, runs a scene or calls a webhook")
        if (self.output is None) != (self.state is None):
            raise InvalidInput("actions: an output and the state it takes belong together")
        check_timer(self.for_s)

    def to_json(self) -> dict[str, Any]:
        return {
            "on": self.on.value,
            "output": self.output,
            "state": self.state,
            "for_s": self.for_s,
            "scene": self.scene,
            "target": self.target,
        }

    @classmethod
    def from_json(cls, raw: Mapping[str, Any]) -> "RuleAction":
        return cls(**{**raw, "on": On(raw["on"])})


@dataclass(frozen=True, slots=True)
class Escalation:
    """Who is told as well when nobody acknowledged within `after_s`. `targets` None: everyone who wants that."""

    after_s: float
    targets: tuple[int, ...] | None = None

    def __post_init__(self) -> None:
        if not 10 <= self.after_s <= LONGEST_COOLDOWN_S:
            raise InvalidInput(f"escalation/after_s: 10–{LONGEST_COOLDOWN_S} seconds")


@dataclass(frozen=True, slots=True)
class RuleBody:
    """What people write.

    `targets`: who is told; None: every target that wants it. `quiet`: nobody is told within these hours, but at
    their end. `cooldown_s`: what comes back sooner is the same alert again. `priority`: of two rules that want
    different things of one output, the higher one has its way.
    """

    name: str
    condition: Condition
    scope: Scope | None
    severity: Severity = Severity.WARNING
    enabled: bool = True
    quiet: QuietHours | None = None
    cooldown_s: float = COOLDOWN_S
    targets: tuple[int, ...] | None = None
    escalation: Escalation | None = None
    actions: tuple[RuleAction, ...] = ()
    priority: int = 0

    def __post_init__(self) -> None:
        if isinstance(self.condition, Combined) != (self.scope is None):
            raise InvalidInput("scope: a combined condition names its channels itself; any other needs a scope")
        if not 0 <= self.cooldown_s <= LONGEST_COOLDOWN_S:
            raise InvalidInput(f"cooldown_s: 0–{LONGEST_COOLDOWN_S} seconds")
        if len(self.actions) > MOST_ACTIONS:
            raise InvalidInput(f"actions: at most {MOST_ACTIONS}")
        if self.scope is None:
            return
        if isinstance(self.condition, ClockSkew) and self.scope.channel is not None:
            raise InvalidInput("scope: a clock belongs to a device, not to a channel")
        if isinstance(self.condition, Threshold | Rate | Budget) and not (self.scope.channel or self.scope.quantity):
            raise InvalidInput("scope/quantity: one limit over many channels needs a quantity")

    def to_json(self) -> dict[str, Any]:
        quiet = None if self.quiet is None else [t.isoformat("minutes") for t in (self.quiet.start, self.quiet.end)]
        escalation = None
        if self.escalation is not None:
            targets = self.escalation.targets
            escalation = {"after_s": self.escalation.after_s, "targets": None if targets is None else list(targets)}
        return {
            "name": self.name,
            "condition": conditions.to_json(self.condition),
            "scope": None if self.scope is None else self.scope.to_json(),
            "severity": self.severity.value,
            "enabled": self.enabled,
            "quiet": quiet,
            "cooldown_s": self.cooldown_s,
            "targets": None if self.targets is None else list(self.targets),
            "escalation": escalation,
            "actions": [action.to_json() for action in self.actions],
            "priority": self.priority,
        }

    @classmethod
    def from_json(cls, raw: Mapping[str, Any]) -> "RuleBody":
        quiet, escalation = raw["quiet"], raw["escalation"]
        return cls(
            raw["name"],
            conditions.from_json(raw["condition"]),
            None if raw["scope"] is None else Scope.from_json(raw["scope"]),
            Severity(raw["severity"]),
            raw["enabled"],
            None if quiet is None else QuietHours(*(time.fromisoformat(one) for one in quiet)),
            raw["cooldown_s"],
            _ids(raw["targets"]),
            None if escalation is None else Escalation(escalation["after_s"], _ids(escalation["targets"])),
            tuple(RuleAction.from_json(action) for action in raw["actions"]),
            raw["priority"],
        )


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule as it is kept. `builtin`: which of the rules that are there from the start it is."""

    id: int
    body: RuleBody
    author: str
    changed_at: int
    builtin: str | None = None


@dataclass(frozen=True, slots=True)
class RuleChanged:
    """A rule is new, another one, or gone."""

    rule: int
    gone: bool = False


def watches(condition: Condition, channel: Channel, scope: Scope) -> bool:
    """Whether a condition makes sense for this channel; the scope covers it already."""
    named = scope.channel is not None
    match condition.kind:
        case "budget":
            return channel.kind is Kind.COUNTER
        case "weak_signal":
            return channel.quantity == "signal"
        case "implausible":
            quantity = QUANTITIES[channel.quantity]
            return quantity.lowest is not None or quantity.highest is not None
        case "stuck":
            assert isinstance(condition, Stuck)
            if condition.for_s is None:
                return QUANTITIES[channel.quantity].stuck_s is not None
            return named or channel.kind is Kind.GAUGE
        case "silence":
            return named or channel.kind is not Kind.STATE  # a state is told when it changes
    return True


def channels_of(rule: RuleBody, channels: Iterable[Channel]) -> list[Channel]:
    """Those of some channels that the rule watches, in their order."""
    if rule.scope is None:
        assert isinstance(rule.condition, Combined)
        named = {part.channel for part in rule.condition.parts}
        return [channel for channel in channels if channel.id in named]
    scope = rule.scope
    return [
        channel
        for channel in channels
        if (
            channel.id == scope.channel
            if scope.channel is not None
            else scope.covers_device(channel.device) and scope.quantity in (None, channel.quantity)
        )
        and watches(rule.condition, channel, scope)
    ]


def named_channels(rule: RuleBody) -> tuple[int, ...]:
    """Channels without which the rule cannot be: the one of its scope, or those of its parts."""
    if isinstance(rule.condition, Combined):
        return tuple(dict.fromkeys(part.channel for part in rule.condition.parts))
    return () if rule.scope is None or rule.scope.channel is None else (rule.scope.channel,)


def _ids(raw: Iterable[int] | None) -> tuple[int, ...] | None:
    return None if raw is None else tuple(raw)


# There from the start; they can be changed and switched off, and come back as they were by being removed.
BUILTIN: Final[Mapping[str, RuleBody]] = {
    "silence": RuleBody("Device is silent", Silence(), Scope(), Severity.WARNING),
    "stuck": RuleBody("Value is stuck", Stuck(), Scope(), Severity.INFO, cooldown_s=3600.0),
    "implausible": RuleBody("Value cannot be true", conditions.Implausible(), Scope(), Severity.WARNING),
}
