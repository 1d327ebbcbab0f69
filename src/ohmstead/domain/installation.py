"""One release on one device: from the offer to the proof that the device is no worse than before.

Time is the rollout's own (`clock`, µs): it runs only while the server looks on, never backwards and never in leaps.
So neither a clock that jumps nor a server that was away makes a device late.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any, Final, NamedTuple

from ohmstead.domain.errors import IllegalTransition
from ohmstead.domain.telemetry import SECOND

LONGEST_REASON: Final = 200
# Wi-Fi varies by some dB from one minute to the next, free memory by some kilobytes: what counts is clearly beyond.
WORSE_SIGNAL_DB: Final = 12.0
WORSE_HEAP: Final = 0.7
# A device may say that it is confirmed a moment before it says which version it runs.
LIE_S: Final = 60
SENSOR_GRACE_S: Final = 60


class InstallationState(StrEnum):
    PLANNED = "planned"
    OFFERED = "offered"
    DOWNLOADING = "downloading"
    VERIFYING = "verifying"
    RESTARTING = "restarting"
    PROVING = "proving"  # on the new version by its own word; watched until it has been healthy for long enough
    CONFIRMED = "confirmed"
    FAILED = "failed"
    CANCELLED = "cancelled"  # it never came to it, and nothing was changed


S = InstallationState
_UNDER_WAY: Final = frozenset({S.DOWNLOADING, S.VERIFYING, S.RESTARTING, S.PROVING, S.FAILED, S.CANCELLED})
# Devices report what they like in any order; a message may be lost. So steps may be left out, and a download may
# begin again: only what was proven or given up stays.
LEGAL: Final[Mapping[S, frozenset[S]]] = {
    S.PLANNED: frozenset({S.OFFERED, S.CONFIRMED, S.FAILED, S.CANCELLED}),
    S.OFFERED: _UNDER_WAY,
    S.DOWNLOADING: _UNDER_WAY,
    S.VERIFYING: _UNDER_WAY,
    S.RESTARTING: frozenset({S.DOWNLOADING, S.PROVING, S.FAILED}),
    S.PROVING: frozenset({S.RESTARTING, S.CONFIRMED, S.FAILED}),
    S.CONFIRMED: frozenset(),
    S.FAILED: frozenset(),
    S.CANCELLED: frozenset(),
}
OPEN: Final = frozenset({S.OFFERED, S.DOWNLOADING, S.VERIFYING, S.RESTARTING, S.PROVING})
LOADING: Final = frozenset({S.OFFERED, S.DOWNLOADING, S.VERIFYING})  # can still be called off
TOLD: Final = {s.value: s for s in (S.DOWNLOADING, S.VERIFYING, S.RESTARTING, S.CONFIRMED, S.FAILED)}


class Happened(NamedTuple):
    """One line of an installation's timeline."""

    rollout: int
    device: int
    at: int
    state: str
    detail: str


@dataclass(frozen=True, slots=True)
class Patience:
    """How long each step may take, in seconds of the rollout's time."""

    offer_s: int = 3600  # a device that is there takes the offer
    stall_s: int = 900  # a download goes on
    return_s: int = 600  # it comes back from a restart, three tries and the way back included
    healthy_s: int = 120  # it has to be well this long
    sensors: bool = True  # channels that read before must read again


@dataclass(frozen=True, slots=True)
class Health:
    """How a device was before: instants (µs) of the newest samples by channel, free memory, signal."""

    channels: Mapping[str, int] = field(default_factory=dict)
    heap: float | None = None
    signal: float | None = None
    interval_us: int = 0  # its usual rhythm


@dataclass(frozen=True, slots=True)
class Told:
    """What a device reports about the release it was offered."""

    state: InstallationState
    progress: float = 0.0
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Sight:
    """What is seen of a device now. `names_version`: its kind of device says which version runs."""

    present: bool
    online: bool
    firmware: str | None = None
    told: Told | None = None
    health: Health = field(default_factory=Health)
    names_version: bool = True


@dataclass(frozen=True, slots=True)
class Installation:
    rollout: int
    device: int
    wave: int
    state: InstallationState
    from_version: str | None
    to_version: str
    progress: float = 0.0
    reason: str = ""
    changed_at: int = 0  # wall clock, for people
    since: int = 0  # rollout time: last step or progress
    absent_since: int | None = None  # rollout time: not seen online since
    healthy_since: int | None = None  # rollout time: proving without a break since
    before: Health | None = None
    heard: bool = False  # it has reported something about releases since it was offered
    downgrade: bool = False  # a person wants the older version

    @property
    def open(self) -> bool:
        return self.state in OPEN

    @property
    def ended(self) -> bool:
        return not LEGAL[self.state]

    def absent(self, clock: int, seconds: int) -> bool:
        """Whether it waits for a device that has not been there for so long."""
        gone = self.absent_since
        return self.state in LOADING and gone is not None and clock - gone >= seconds * SECOND


def told_of(reported: Any, release_id: str) -> Told | None:
    """What `reported.release` says about a release; None for another release, and for what makes no sense."""
    if not isinstance(reported, Mapping) or str(reported.get("id")) != release_id:
        return None
    state = TOLD.get(str(reported.get("state")))
    if state is None:
        return None
    progress, reason = reported.get("progress"), reported.get("reason")
    share = float(progress) if isinstance(progress, int | float) and 0 <= progress <= 1 else 0.0
    return Told(state, share, reason[:LONGEST_REASON] if isinstance(reason, str) else "")


def is_news(found: Installation, told: Told | None) -> bool:
    """Whether a report calls for a look at once. How far a download is can wait for the next one."""
    return told is not None and told.state is not found.state


def step(installation: Installation, to: InstallationState, clock: int, reason: str = "") -> Installation:
    """Raises IllegalTransition."""
    if to not in LEGAL[installation.state]:
        raise IllegalTransition(f"an installation that is {installation.state} cannot become {to}")
    progress = {S.DOWNLOADING: installation.progress, S.FAILED: installation.progress}.get(to)
    if progress is None:
        progress = 0.0 if to in (S.OFFERED, S.CANCELLED) else 1.0
    return replace(
        installation,
        state=to,
        reason=reason[:LONGEST_REASON],
        since=clock,
        progress=progress,
        healthy_since=clock if to is S.PROVING else None,
    )


def offer(installation: Installation, before: Health, clock: int) -> Installation:
    """The device is told; `before` is how it is now."""
    return replace(step(installation, S.OFFERED, clock), before=before, heard=False, absent_since=None)


def judge(found: Installation, sight: Sight, patience: Patience, clock: int) -> Installation:
    """The installation after a look at its device; the same object when nothing is different."""
    if not found.open:
        return found
    if not sight.present:
        to = S.CANCELLED if found.state in LOADING else S.FAILED
        return step(found, to, clock, "the device was deleted or is not claimed any more")
    after = _presence(found, sight, clock)
    if sight.told is not None:
        after = _follow(after, sight, sight.told, clock)
    if not after.open:
        return after
    if after.state is S.PROVING:
        return _prove(after, sight, patience, clock)
    return _overdue(after, sight, patience, clock)


def _presence(found: Installation, sight: Sight, clock: int) -> Installation:
    if sight.online:
        if found.absent_since is None:
            return found
        # Its time was standing still while it was away; a restart is expected to take it away.
        since = clock if found.state in LOADING else found.since
        return replace(found, absent_since=None, since=since)
    return found if found.absent_since is not None else replace(found, absent_since=clock, healthy_since=None)


def _follow(found: Installation, sight: Sight, told: Told, clock: int) -> Installation:
    """What the device says itself."""
    match told.state:
        case S.FAILED:
            return step(found, S.FAILED, clock, told.reason or "it did not say why")
        case S.CONFIRMED:
            if found.state is S.PROVING:
                return found
            if not sight.names_version or sight.firmware == found.to_version:
                # From here on the sensors have to read: samples of the download do not count.
                before = replace(found.before or Health(), channels=sight.health.channels)
                return replace(step(found, S.PROVING, clock), before=before)
            if found.state is not S.RESTARTING:  # from now on it has to prove it in time
                return step(found, S.RESTARTING, clock)
            if clock - found.since >= LIE_S * SECOND and sight.firmware is not None:
                return step(found, S.FAILED, clock, f"it reports success, but runs {sight.firmware}")
            return found
        case S.DOWNLOADING if found.state in (S.OFFERED, S.DOWNLOADING, S.VERIFYING, S.RESTARTING):
            if found.state is not S.DOWNLOADING:
                found = step(found, S.DOWNLOADING, clock)
            if told.progress != found.progress:
                found = replace(found, progress=told.progress, since=clock)
            return found
        case S.VERIFYING | S.RESTARTING if told.state is not found.state and told.state in LEGAL[found.state]:
            return step(found, told.state, clock)
    return found


def _overdue(found: Installation, sight: Sight, patience: Patience, clock: int) -> Installation:
    waited_s = (clock - found.since) / SECOND
    match found.state:
        case S.RESTARTING if waited_s >= patience.return_s:
            return step(found, S.FAILED, clock, _why_not_back(found, sight))
        case S.OFFERED if sight.online and waited_s >= patience.offer_s:
            claims = sight.names_version and sight.firmware == found.to_version
            why = f"it says it runs {sight.firmware}, but never reported this release" if claims else "ignored"
            return step(found, S.FAILED, clock, why if claims else "it did not take the offer")
        case S.DOWNLOADING | S.VERIFYING if sight.online and waited_s >= patience.stall_s:
            return step(found, S.FAILED, clock, f"stood still at {found.progress:.0%}")
    return found


def _why_not_back(found: Installation, sight: Sight) -> str:
    if not sight.online or not sight.names_version:
        return "it never came back"
    if sight.firmware == found.to_version:
        return f"it runs {sight.firmware}, but never reported that it is well"
    return f"it came back with {sight.firmware or 'an unknown version'} and did not say why"


def _prove(found: Installation, sight: Sight, patience: Patience, clock: int) -> Installation:
    """On the new version: is it at least as well as before?"""
    if sight.names_version and sight.firmware != found.to_version:
        return step(found, S.FAILED, clock, f"it went back to {sight.firmware}")
    waited_s = (clock - found.since) / SECOND
    if not sight.online:
        if found.absent_since is not None and clock - found.absent_since >= patience.return_s * SECOND:
            return step(found, S.FAILED, clock, "it went away after it had reported success")
        return found
    if found.healthy_since is None:
        return replace(found, healthy_since=clock)
    if (clock - found.healthy_since) / SECOND < patience.healthy_s:
        return found
    before = found.before or Health()
    if worse := _worse(before, sight.health):
        return step(found, S.FAILED, clock, worse)
    silent = [key for key, at in before.channels.items() if sight.health.channels.get(key, 0) <= at]
    if patience.sensors and silent:
        allowed_s = max(patience.healthy_s, 3 * before.interval_us / SECOND) + SENSOR_GRACE_S
        if waited_s < allowed_s:
            return found
        return step(found, S.FAILED, clock, f"sensors: {', '.join(sorted(silent)[:5])} read no more")
    return step(found, S.CONFIRMED, clock)


def _worse(before: Health, now: Health) -> str:
    if before.signal is not None and now.signal is not None and now.signal < before.signal - WORSE_SIGNAL_DB:
        return f"signal: {now.signal:.0f} dBm, was {before.signal:.0f}"
    if before.heap and now.heap is not None and now.heap < before.heap * WORSE_HEAP:
        return f"memory: {now.heap:.0f} bytes free, were {before.heap:.0f}"
    return ""
