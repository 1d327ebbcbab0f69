"""What a flip of a condition means, as a finding: which cause, which devices, and the sentence for it."""

from collections.abc import Iterable
from math import isfinite
from typing import Any

from ohmstead.domain.detector import Flip
from ohmstead.domain.rule import Rule
from ohmstead.domain.rule_text import Names, alert_text
from ohmstead.services.alert_changes import Finding
from ohmstead.services.rule_watch import Watched


def found_at(rule: Rule, one: Watched, names: Names, flip: Flip, episode: int | None = None) -> Finding:
    """At one channel or device. `episode` tells alerts of one cause apart that must not become one."""
    cause = f"{rule.id}:{one.subject}" + ("" if episode is None else f":{episode}")
    value = flip.value if isfinite(flip.value) else None
    channel = one.channel
    text, details = "", None
    if flip.holds:
        text = alert_text(rule.body, names, None if channel is None else channel.id, one.device, value)
        label, unit = ("", "") if channel is None else (channel.label or channel.key, channel.unit)
        details = _details(names, [one.device], label, unit)
    return Finding(
        cause,
        flip.holds,
        flip.at,
        rule.body.name,
        rule.body.severity,
        text,
        (one.device,),
        None if channel is None else channel.id,
        value,
        details,
    )


def found_together(rule: Rule, parts: Iterable[Watched], names: Names, at: int, *, holds: bool) -> Finding:
    """At all parts of a combined condition: the rule itself is the cause."""
    devices = tuple(dict.fromkeys(part.device for part in parts))
    text, details = "", None
    if holds:
        text = alert_text(rule.body, names, None, devices[0] if devices else None, None)
        details = _details(names, devices)
    return Finding(str(rule.id), holds, at, rule.body.name, rule.body.severity, text, devices, details=details)


def _details(names: Names, devices: Iterable[int], channel: str = "", unit: str = "") -> dict[str, Any]:
    """What notifications name beside the sentence."""
    return {"device": ", ".join(names.device(device) for device in devices), "channel": channel, "unit": unit}
