"""Which detector watches which channel: the index that makes a thousand rules cheap.

Most samples change nothing. Each channel knows the range of values that none of its detectors cares about; a sample
inside costs two comparisons, however many rules watch the channel.
"""

from collections.abc import Iterable, Iterator, Sequence
from math import inf
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from ohmstead.domain.condition import Budget, ClockSkew, Combined, Silence, Simple
from ohmstead.domain.detector import Band, Detector, Flip, Times, Values, combined, detector, rising
from ohmstead.domain.device import Channel
from ohmstead.domain.errors import NotFound
from ohmstead.domain.quantity import Kind
from ohmstead.domain.rule import Rule, channels_of, named_channels
from ohmstead.services.registry import Registry
from ohmstead.storage.rules import Key

# From so many detectors on, asking all of them which ones care is done in columns.
_MANY: Final = 8


class Watched:
    """One condition over one subject: a channel, or (as its negative id) a device with its channels."""

    __slots__ = (
        "_holds",
        "channel",
        "channels",
        "condition",
        "detector",
        "extra",
        "kept",
        "part",
        "rule",
        "said",
        "subject",
    )

    def __init__(
        self, rule: Rule, part: int, subject: int, condition: Simple, channel: Channel | None, one: Detector | None
    ) -> None:
        self.rule = rule
        self.part = part
        self.subject = subject
        self.condition = condition
        self.channel = channel
        self.detector = one
        self.channels: tuple[int, ...] = () if channel is None else (channel.id,)
        self.kept: Any = None  # its state as it is stored
        self.extra: Any = None  # what conditions without a detector keep
        self.said = False  # what it said with the last flip that was followed: flips are followed in order of time
        self._holds = False

    @property
    def key(self) -> Key:
        return (self.rule.id, self.part, self.subject)

    @property
    def holds(self) -> bool:
        return self._holds if self.detector is None else self.detector.holds

    @holds.setter
    def holds(self, holds: bool) -> None:
        self._holds = holds

    @property
    def device(self) -> int:
        return self.channel.device if self.channel is not None else -self.subject

    def state(self) -> Any:
        if self.detector is not None:
            return self.detector.state()
        return [self._holds, self.extra] if self._holds or self.extra is not None else None

    def restore(self, state: Any) -> None:
        self.kept = state
        if self.detector is not None:
            self.detector.restore(state)
        else:
            self._holds, self.extra = state
        self.said = self.holds


class Group:
    """Everything that watches one channel. `upto`: the newest instant that was evaluated; `touched`: the oldest one
    that came since budgets were looked at."""

    __slots__ = ("budgets", "dirty", "high", "highs", "low", "lows", "touched", "upto", "watched")

    def __init__(self, dirty: dict[Watched, None]) -> None:
        self.dirty = dirty  # whoever may know something new is put here
        self.watched: list[Watched] = []
        self.budgets: list[Watched] = []
        self.upto = 0
        self.touched: int | None = None
        self.settle()

    def settle(self) -> None:
        """Ask all detectors anew which values they do not care about."""
        bounds = [one.detector.calm() for one in self.watched if one.detector is not None]
        self.lows: NDArray[np.float64] = np.array([low for low, _ in bounds], np.float64)
        self.highs: NDArray[np.float64] = np.array([high for _, high in bounds], np.float64)
        self._narrow()

    def _narrow(self) -> None:
        self.low = float(self.lows.max()) if len(self.lows) else -inf
        self.high = float(self.highs.min()) if len(self.highs) else inf

    def feed(self, t: Times, v: Values) -> list[tuple[Watched, Flip]]:
        """Samples of the channel in any order; those that are not newer than what was evaluated are left out."""
        t, v = rising(t, v, self.upto)
        if not len(t):
            return []
        self.upto = int(t[-1])
        low, high = float(v.min()), float(v.max())
        if low >= self.low and high <= self.high:
            return []
        if len(self.watched) > _MANY:
            caring: Iterable[int] = np.flatnonzero((low < self.lows) | (high > self.highs)).tolist()
        else:
            caring = range(len(self.watched))
        found: list[tuple[Watched, Flip]] = []
        for n in caring:
            one = self.watched[n]
            assert one.detector is not None
            flips = one.detector.feed(t, v)
            calm = one.detector.calm()
            if flips or calm[0] > calm[1] or self.lows[n] > self.highs[n]:
                self.dirty[one] = None
            self.lows[n], self.highs[n] = calm
            found += [(one, flip) for flip in flips]
        self._narrow()
        return found


class Watch:
    """All detectors of all rules, by channel and by rule."""

    def __init__(self, registry: Registry) -> None:
        self._registry = registry
        self.groups: dict[int, Group] = {}
        self.by_rule: dict[int, dict[tuple[int, int], Watched]] = {}
        self._of_kind: dict[type, dict[Watched, None]] = {}
        self._lasting: dict[Watched, None] = {}
        self.dirty: dict[Watched, None] = {}  # those whose state may be another one than the stored one
        self.stored: dict[Key, Any] = {}  # states from the database that nobody took yet

    def __iter__(self) -> Iterator[Watched]:
        for of_rule in self.by_rule.values():
            yield from of_rule.values()

    def has(self, key: Key) -> bool:
        rule, part, subject = key
        return (part, subject) in self.by_rule.get(rule, {})

    def of(self, kind: type[Simple]) -> list[Watched]:
        return list(self._of_kind.get(kind, ()))

    def lasting(self) -> list[Watched]:
        """Those that time alone can flip: states for a duration."""
        return list(self._lasting)

    def _admit(self, one: Watched) -> None:
        self._of_kind.setdefault(type(one.condition), {})[one] = None
        if isinstance(one.detector, Band) and one.detector.stays:
            self._lasting[one] = None

    def _dismiss(self, ones: Iterable[Watched]) -> None:
        for one in ones:
            self._of_kind.get(type(one.condition), {}).pop(one, None)
            self._lasting.pop(one, None)

    def holds(self, rule: Rule) -> bool:
        """Whether a combined rule holds."""
        assert isinstance(rule.body.condition, Combined)
        parts = self.by_rule.get(rule.id, {})
        if len(parts) < len(rule.body.condition.parts):
            return False
        return combined(rule.body.condition.mode, [one.said for one in parts.values()])

    def resolve(self, rules: Sequence[Rule], devices: frozenset[int] | None = None) -> list[Watched]:
        """Bring the index in line with these rules, as far as they concern `devices` (None: all); what is no longer
        watched is returned. Detectors whose condition and channel stay, stay."""
        channels = self._channels(devices)
        by_quantity: dict[str, list[Channel]] = {}
        for channel in channels:
            by_quantity.setdefault(channel.quantity, []).append(channel)
        touched: set[int] = set()
        gone: list[Watched] = []
        for rule in rules:
            scope = rule.body.scope
            candidates: Sequence[Channel] = channels
            if scope is not None and scope.quantity is not None:
                candidates = by_quantity.get(scope.quantity, ())
            before = self.by_rule.get(rule.id, {})
            wanted = self._wanted(rule, candidates) if rule.body.enabled else {}
            if devices is not None and scope is not None and scope.channel is None:
                for place, one in before.items():
                    if one.device not in devices:
                        wanted.setdefault(place, one)
            after: dict[tuple[int, int], Watched] = {}
            for place in sorted(wanted):
                fresh, old = wanted[place], before.get(place)
                if old is not None and _alike(old, fresh):
                    old.rule, old.channels, old.channel = rule, fresh.channels, fresh.channel
                    after[place] = old
                else:
                    if old is not None:
                        gone.append(old)
                        touched.add(old.subject)
                    state = self.stored.pop(fresh.key, None)
                    if state is not None:
                        fresh.restore(state)
                    after[place] = fresh
                    self._admit(fresh)
                    touched.add(fresh.subject)
            for place, old in before.items():
                if place not in after:
                    gone.append(old)
                    touched.add(old.subject)
            self.by_rule[rule.id] = after
            if not after:
                del self.by_rule[rule.id]
        self._dismiss(gone)
        self._regroup(touched)
        return gone

    def concerned(self, rules: Iterable[Rule], devices: frozenset[int]) -> list[Rule]:
        """Those of some rules that may watch something of these devices, or did."""
        found = []
        for rule in rules:
            named = named_channels(rule.body)
            here = any(one.device in devices for one in self.by_rule.get(rule.id, {}).values())
            there = any(c is not None and c.device in devices for c in map(self._channel, named))
            if not named or here or there:
                found.append(rule)
        return found

    def drop(self, rule_id: int) -> list[Watched]:
        gone = list(self.by_rule.pop(rule_id, {}).values())
        self._dismiss(gone)
        self._regroup({one.subject for one in gone})
        return gone

    def _channels(self, devices: frozenset[int] | None) -> list[Channel]:
        """Channels of claimed devices."""
        return [
            channel
            for known in self._registry
            if known.device.claimed and (devices is None or known.device.id in devices)
            for channel in known.device.channels.values()
        ]

    def _wanted(self, rule: Rule, candidates: Sequence[Channel]) -> dict[tuple[int, int], Watched]:
        body = rule.body
        if isinstance(body.condition, Combined) or (body.scope is not None and body.scope.channel is not None):
            candidates = [one for number in named_channels(body) if (one := self._channel(number)) is not None]
        if isinstance(body.condition, Combined):
            by_id = {channel.id: channel for channel in candidates}
            if len(by_id) < len(named_channels(body)):
                return {}  # one of its channels is gone: the rule cannot be evaluated
            parts = enumerate(body.condition.parts)
            return {(n, p.channel): self._made(rule, n, p.condition, by_id[p.channel]) for n, p in parts}
        condition = body.condition
        channels = channels_of(body, candidates)
        if body.scope is not None and body.scope.channel is None and isinstance(condition, Silence | ClockSkew):
            of_devices: dict[int, list[int]] = {}
            for channel in channels:
                of_devices.setdefault(channel.device, []).append(channel.id)
            found: dict[tuple[int, int], Watched] = {}
            for device, ids in of_devices.items():
                watched = found[0, -device] = Watched(rule, 0, -device, condition, None, None)
                watched.channels = tuple(ids)
            return found
        return {(0, channel.id): self._made(rule, 0, condition, channel) for channel in channels}

    def _made(self, rule: Rule, part: int, condition: Simple, channel: Channel) -> Watched:
        return Watched(rule, part, channel.id, condition, channel, detector(condition, channel))

    def _channel(self, channel_id: int) -> Channel | None:
        try:
            return self._registry.channel(channel_id)
        except NotFound:
            return None

    def _regroup(self, subjects: set[int]) -> None:
        wanted = {subject for subject in subjects if subject > 0}
        if not wanted:
            return
        members: dict[int, list[Watched]] = {subject: [] for subject in wanted}
        for one in self:
            if one.subject in wanted:
                members[one.subject].append(one)
        for subject, found in members.items():
            watched = [one for one in found if one.detector is not None]
            budgets = [one for one in found if isinstance(one.condition, Budget)]
            if not watched and not budgets:
                self.groups.pop(subject, None)
                continue
            group = self.groups.get(subject)
            if group is None:
                group = self.groups[subject] = Group(self.dirty)
            group.watched, group.budgets = watched, budgets
            group.upto = max([group.upto, *(_upto(one) for one in watched)])
            group.settle()


def _alike(old: Watched, new: Watched) -> bool:
    """Whether a detector can go on as it is."""
    if old.condition != new.condition:
        return False
    kinds = [
        None if one.channel is None else (one.channel.quantity, one.channel.kind is Kind.STATE) for one in (old, new)
    ]
    return kinds[0] == kinds[1]


def _upto(one: Watched) -> int:
    upto: int = getattr(one.detector, "upto", 0)
    return upto
