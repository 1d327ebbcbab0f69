"""The shadow of a device: the state wished for, the state there is, and what is still to be done.

Everything here holds when messages are lost, repeated or arrive in another order. Three rules make it so:

1. A wish gets the next version of the document. A device takes over a document only if its version is newer than
   the one it has; so the newest wish wins, whoever made it.
2. A report says which version its device had seen. A report that knows less than an earlier one is an old message
   and is left out, unless the device started anew in between (`restarted`).
3. A field that once was as wished and now is not, in a report that had seen the wish, was changed at the device.
   That is the newer intent: the wish follows it, with the device as its author.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from math import isfinite
from typing import Any, Final

from ohmstead.domain.errors import InvalidInput, MalformedPayload

AT_DEVICE: Final = "device"  # the author of what was changed at the device itself
MOST_FIELDS: Final = 100
LONGEST_FIELD: Final = 64
# Versions travel through JSON readers that know no larger whole numbers exactly.
LAST_VERSION: Final = 2**53 - 1_000_000


@dataclass(frozen=True, slots=True)
class Wish:
    """One desired field. `met`: the device has once reported it so since it was wished."""

    value: Any
    version: int
    at: int
    author: str
    reason: str = ""
    met: bool = False


@dataclass(frozen=True, slots=True)
class Report:
    """One reported field; `at` is when its value was first reported."""

    value: Any
    at: int


@dataclass(frozen=True, slots=True)
class Shadow:
    """Desired and reported state of one device. `version` counts the desired document, 0 before the first wish."""

    version: int = 0
    desired: Mapping[str, Wish] = field(default_factory=dict)
    reported: Mapping[str, Report] = field(default_factory=dict)
    seen: int = 0  # the newest version the device said it had, since it started
    reported_at: int | None = None

    def document(self) -> dict[str, Any]:
        """What the device is told: every desired field."""
        return {key: wish.value for key, wish in self.desired.items()}

    def delta(self) -> dict[str, Any]:
        """The desired fields that are not reported as wished."""
        return {key: wish.value for key, wish in self.desired.items() if not self.settled(key)}

    def settled(self, key: str) -> bool:
        wish, report = self.desired.get(key), self.reported.get(key)
        return wish is not None and report is not None and agree(wish.value, report.value)


@dataclass(frozen=True, slots=True)
class DesiredChanged:
    """The desired document of a device is another one; it is on disk."""

    device: int
    fields: frozenset[str]


@dataclass(frozen=True, slots=True)
class Reported:
    """A device reported; `fields` are those whose value is new, `local` those that were changed at the device."""

    device: int
    fields: frozenset[str]
    local: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Greeted:
    """A device said hello. `anew`: it has started again since the last time."""

    device: int
    anew: bool


def normal(value: Any) -> Any:
    """`true`, "ON" and "on" are the same state; so are `false`, "Off" and "off"."""
    if isinstance(value, bool):
        return "on" if value else "off"
    if isinstance(value, str) and value.lower() in ("on", "off"):
        return value.lower()
    return value


def agree(wished: Any, reported: Any) -> bool:
    """Whether a report fulfils a wish. An object with an id is fulfilled by a report about the same id."""
    wished, reported = normal(wished), normal(reported)
    if isinstance(wished, Mapping) and isinstance(reported, Mapping) and "id" in wished:
        return bool(wished["id"] == reported.get("id"))
    if wished == "on" and isinstance(reported, int | float):
        return reported > 0  # a dimmer tells its level
    if wished == "off" and isinstance(reported, int | float):
        return reported == 0
    return bool(wished == reported)


def wish(shadow: Shadow, changes: Mapping[str, Any], *, at: int, author: str, reason: str = "") -> Shadow:
    """The shadow with these fields desired; a value of None takes a field's wish away.

    Always a new version, even for the value wished already: somebody wants it now. Raises InvalidInput.
    """
    version = shadow.version + 1
    desired = dict(shadow.desired)
    for key, value in changes.items():
        _check_key(key)
        if isinstance(value, float) and not isfinite(value):
            raise InvalidInput(f"{key}: a finite number")
        if value is None:
            desired.pop(key, None)
        else:
            report = shadow.reported.get(key)
            met = report is not None and agree(value, report.value)
            desired[key] = Wish(value, version, at, author, reason, met)
    if len(desired) > MOST_FIELDS:
        raise InvalidInput(f"at most {MOST_FIELDS} desired fields")
    return replace(shadow, version=version, desired=desired)


def restarted(shadow: Shadow) -> Shadow:
    """The device forgot what it knew: its next report is believed, whatever version it names."""
    return replace(shadow, seen=0)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a report did. `stale`: it was an old message and changed nothing."""

    shadow: Shadow
    changed: frozenset[str] = frozenset()
    local: frozenset[str] = frozenset()
    stale: bool = False


def report(shadow: Shadow, version: int, state: Mapping[str, Any], *, at: int) -> Outcome:
    """Take in what a device reports; None as a value means that the field is gone. Raises MalformedPayload."""
    if not 0 <= version <= LAST_VERSION:
        raise MalformedPayload(f"version {version} is outside 0–{LAST_VERSION}")
    if version < shadow.seen:
        return Outcome(shadow, stale=True)
    reported = dict(shadow.reported)
    changed: set[str] = set()
    for key, value in state.items():
        if not _legal(key):
            raise MalformedPayload(f"a field has a name of 1–{LONGEST_FIELD} printable characters")
        before = reported.get(key)
        if value is None:
            if reported.pop(key, None) is not None:
                changed.add(key)
        elif before is None or before.value != value or type(before.value) is not type(value):
            reported[key] = Report(value, at)
            changed.add(key)
    if len(reported) > MOST_FIELDS:
        raise MalformedPayload(f"at most {MOST_FIELDS} reported fields")
    told = replace(shadow, reported=reported, seen=version, reported_at=at)
    if version > shadow.version:
        # It has seen documents that a restored backup no longer knows: what we still wish must be newer than those.
        told = replace(told, version=version + bool(told.delta()))
    return _settle(told, version, frozenset(state), frozenset(changed), at)


def _settle(shadow: Shadow, seen: int, told: frozenset[str], changed: frozenset[str], at: int) -> Outcome:
    """Note which wishes are fulfilled, and let wishes follow what was changed at the device."""
    desired = dict(shadow.desired)
    local: set[str] = set()
    version = shadow.version
    for key in told:
        wished, found = desired.get(key), shadow.reported.get(key)
        if wished is None or found is None:
            continue
        if agree(wished.value, found.value):
            if not wished.met:
                desired[key] = replace(wished, met=True)
        elif wished.met and seen >= wished.version:
            local.add(key)
    if local:
        version += 1
        for key in local:
            desired[key] = Wish(shadow.reported[key].value, version, at, AT_DEVICE, met=True)
    return Outcome(replace(shadow, version=version, desired=desired), changed, frozenset(local))


def _legal(key: str) -> bool:
    return 0 < len(key) <= LONGEST_FIELD and key.isprintable()


def _check_key(key: str) -> None:
    if not _legal(key):
        raise InvalidInput(f"a field has a name of 1–{LONGEST_FIELD} printable characters")
