"""Rules and alerts in plain sentences."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from ohmstead.domain.condition import (
    Budget,
    ClockSkew,
    Combined,
    Condition,
    Implausible,
    Rate,
    Silence,
    Stuck,
    Threshold,
    WeakSignal,
)
from ohmstead.domain.device import Channel
from ohmstead.domain.output import State
from ohmstead.domain.quantity import QUANTITIES
from ohmstead.domain.rule import On, RuleAction, RuleBody, Scope

# Units that people read with a prefix once the number is large, or small.
_THOUSANDS: Final = frozenset({"W", "Wh", "VA", "var", "Pa"})
_THOUSANDTHS: Final = frozenset({"A", "V"})
_SPANS: Final = ((86_400, "day"), (3600, "hour"), (60, "minute"), (1, "second"))


@dataclass(frozen=True, slots=True)
class Names:
    """What things are called; each answers for what is gone as well. `channel` is None for one that is gone."""

    device: Callable[[int], str]
    channel: Callable[[int], Channel | None]
    output: Callable[[int], str]
    scene: Callable[[int], str]
    target: Callable[[int], str]

    def of_channel(self, channel_id: int) -> str:
        channel = self.channel(channel_id)
        if channel is None:
            return "a channel that is gone"
        return f"{self.device(channel.device)} {channel.label or channel.key.replace('_', ' ')}"


def amount(value: float, unit: str) -> str:
    """A value with its unit as people read it: 2 kW, 350 mA, 21.5 °C."""
    if unit in _THOUSANDS and abs(value) >= 1000:
        value, unit = value / 1000, "k" + unit
    elif unit in _THOUSANDTHS and 0 < abs(value) < 1:
        value, unit = value * 1000, "m" + unit
    text = f"{value:.10g}" if value == round(value, 3) else f"{value:.4g}"
    return f"{text} {unit}".rstrip() if unit != "1" else text  # a bare number: a power factor, pulses


def span(seconds: float) -> str:
    """5 minutes, 1 hour, 90 seconds."""
    for size, name in _SPANS:
        if seconds >= size and seconds % size == 0:
            count = int(seconds // size)
            return f"{count} {name}" + ("" if count == 1 else "s")
    return f"{seconds:g} seconds"


def sentence(body: RuleBody, names: Names) -> str:
    """The whole rule: when, what is raised, who is told, what is done."""
    parts = [f"raise an alert ({body.severity.value})"]
    if body.targets is None:
        parts.append("notify everyone who wants it")
    elif body.targets:
        parts.append(f"notify {_list([names.target(one) for one in body.targets])}")
    raised = [_action(action, names) for action in body.actions if action.on is On.RAISED]
    cleared = [_action(action, names) for action in body.actions if action.on is On.CLEARED]
    text = f"When {_when(body.condition, body.scope, names)}: {_list(parts + raised)}."
    if cleared:
        text += f" When it is over: {_list(cleared)}."
    if body.escalation is not None:
        whom = "those who want it"
        if body.escalation.targets is not None:
            whom = _list([names.target(one) for one in body.escalation.targets]) or "nobody"
        text += f" If nobody acknowledges it within {span(body.escalation.after_s)}: notify {whom} as well."
    if body.quiet is not None:
        start, end = (one.isoformat("minutes") for one in (body.quiet.start, body.quiet.end))
        text += f" From {start} to {end} nobody is told, but at {end}."
    return text


def _when(condition: Condition, scope: Scope | None, names: Names) -> str:
    if isinstance(condition, Combined):
        joint = " and " if condition.mode == "all" else " or "
        return joint.join(
            _state(p.condition, names.of_channel(p.channel), names.channel(p.channel)) for p in condition.parts
        )
    assert scope is not None
    channel = None if scope.channel is None else names.channel(scope.channel)
    return _state(condition, _subject(condition, scope, names), channel, scope.quantity)


def _subject(condition: Condition, scope: Scope, names: Names) -> str:
    if scope.channel is not None:
        return names.of_channel(scope.channel)
    whose = "any device"
    if scope.device is not None:
        whose = names.device(scope.device)
    elif scope.devices is not None:
        whose = f"any of {_list([names.device(one) for one in sorted(scope.devices)[:3]], 'or')}"
        if len(scope.devices) > 3:
            whose = f"any of {len(scope.devices)} devices"
    if isinstance(condition, Silence | ClockSkew) and scope.quantity is None:
        return whose
    what = "signal" if isinstance(condition, WeakSignal) else scope.quantity
    what = "a value" if what is None else f"the {what.replace('_', ' ')}"
    return f"{what} of {whose}"


def _state(condition: Condition, subject: str, channel: Channel | None, quantity: str | None = None) -> str:
    unit = channel.unit if channel is not None else QUANTITIES[quantity].unit if quantity in QUANTITIES else ""
    match condition:
        case Threshold():
            if (word := _on_or_off(condition, channel.quantity if channel is not None else quantity)) is not None:
                return f"{subject} is {word}{_for(condition.for_s)}"
            bounds = []
            if condition.above is not None:
                bounds.append(f"above {amount(condition.above, unit)}")
            if condition.below is not None:
                bounds.append(f"below {amount(condition.below, unit)}")
            return f"{subject} is {' or '.join(bounds)}{_for(condition.for_s)}"
        case Rate():
            bounds = []
            if condition.rises_by is not None:
                bounds.append(f"rises by {amount(condition.rises_by, unit)}")
            if condition.falls_by is not None:
                bounds.append(f"falls by {amount(condition.falls_by, unit)}")
            return f"{subject} {' or '.join(bounds)} within {span(condition.within_s)}"
        case Budget():
            return f"{subject} counts more than {amount(condition.limit, unit)} in a {condition.period}"
        case Silence():
            usual = f"{condition.factor:g} times as long as usual"
            return f"{subject} says nothing for {usual} (at least {span(condition.floor_s)})"
        case Stuck():
            for_s = condition.for_s
            if for_s is None:
                return f"{subject} stays exactly the same for suspiciously long"
            return f"{subject} stays exactly the same for {span(for_s)}" + (
                " and is not 0" if condition.ignore_zero else ""
            )
        case Implausible():
            return f"{subject} cannot be true"
        case ClockSkew():
            return f"the clock of {subject} is off by more than {span(condition.limit_s)}"
        case WeakSignal():
            return f"{subject} is below {amount(condition.below, 'dBm')}{_for(condition.for_s)}"
    raise AssertionError(condition)


def _on_or_off(condition: Condition, quantity: str | None) -> str | None:
    """What people call it when a limit stands between the two values of a state; None where it does not."""
    if not isinstance(condition, Threshold) or quantity not in QUANTITIES or not QUANTITIES[quantity].on_off:
        return None
    if condition.below is None and condition.above is not None and 0 <= condition.above < 1:
        return "on"
    return "off" if condition.above is None and condition.below is not None and 0 < condition.below <= 1 else None


def _for(seconds: float) -> str:
    return f" for {span(seconds)}" if seconds else ""


def _action(action: RuleAction, names: Names) -> str:
    if action.output is not None:
        timer = "" if action.for_s is None else f" for {span(action.for_s)}"
        return f"switch {names.output(action.output)} {_said(action.state)}{timer}"
    if action.scene is not None:
        return f"run the scene {names.scene(action.scene)}"
    assert action.target is not None
    return f"call {names.target(action.target)}"


def _said(state: State | None) -> str:
    return state if isinstance(state, str) else f"to {state:g}"


def _list(parts: Sequence[str], joint: str = "and") -> str:
    if len(parts) < 2:
        return "".join(parts)
    return f"{', '.join(parts[:-1])} {joint} {parts[-1]}"


def alert_text(body: RuleBody, names: Names, channel: int | None, device: int | None, value: float | None) -> str:
    """What an alert says: the condition about the one thing it was found at, with the value that decided."""
    condition = body.condition
    if isinstance(condition, Combined):
        text = _when(condition, None, names)
    else:
        one = None if channel is None else names.channel(channel)
        subject = (
            names.of_channel(channel) if channel is not None else names.device(device if device is not None else -1)
        )
        text = _state(condition, subject, one)
        if value is not None and one is not None and _on_or_off(condition, one.quantity) is None:
            text += f": {amount(value, one.unit)}"
        elif value is not None and isinstance(condition, Silence | ClockSkew):
            text += f": {span(round(abs(value)))}"
    return text[:1].upper() + text[1:]
