"""Recordings: a named span over chosen channels, in trials. Samples are stored all the time, so a trial is only two
instants and what is known about what lies between them; pre-roll costs nothing."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any, Final

from ohmstead.domain.errors import IllegalTransition, InvalidInput
from ohmstead.domain.telemetry import SECOND

LONGEST_PRE_S: Final = 60.0
LONGEST_FOR_S: Final = 366 * 86_400.0
SPAN: Final = "span"  # the kind of a recording that is no test: an appliance, a day
IMTP: Final = "imtp"
CLOCK: Final = "clock"  # the kind of Missing that says: times are those of arrival


class TrialState(StrEnum):
    ARMED = "armed"  # waits for its trigger
    RUNNING = "running"
    DONE = "done"
    CANCELLED = "cancelled"


LEGAL: Final = {
    TrialState.ARMED: {TrialState.RUNNING, TrialState.CANCELLED},
    TrialState.RUNNING: {TrialState.DONE},
}
OPEN: Final = frozenset({TrialState.ARMED, TrialState.RUNNING})


class Rig(StrEnum):
    PLATE = "plate"
    IN_LINE = "inline"


@dataclass(frozen=True, slots=True)
class Trigger:
    """What starts and ends a trial.

    `above`: it starts when the sum of its channels on one device rises above this (in newtons where they are
    calibrated, else as stored); None: at once. `pre_s`: how much of what was before belongs to it. `for_s`: it ends
    by itself so long after its start; None: when somebody ends it.
    """

    above: float | None = None
    pre_s: float = 0.0
    for_s: float | None = None

    def __post_init__(self) -> None:
        if not 0 <= self.pre_s <= LONGEST_PRE_S:
            raise InvalidInput(f"pre_s: 0–{LONGEST_PRE_S:g} seconds")
        if self.for_s is not None and not 0 < self.for_s <= LONGEST_FOR_S:
            raise InvalidInput("for_s: more than 0 seconds, a year at most")

    def to_json(self) -> dict[str, Any]:
        return {"above": self.above, "pre_s": self.pre_s, "for_s": self.for_s}


@dataclass(frozen=True, slots=True)
class Missing:
    """Something that a trial does not hold although it should: why, from when to when, of what."""

    kind: str  # link, server, storage, gap, dead, saturated, channel, clock
    t0: int
    t1: int | None = None  # None: still
    channel: int | None = None
    device: int | None = None
    detail: str = ""

    def to_json(self) -> dict[str, Any]:
        return {"kind": self.kind, "t0": self.t0, "t1": self.t1, "channel": self.channel, "device": self.device,
                "detail": self.detail}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Trial:
    id: int
    recording: int
    number: int
    state: TrialState
    trigger: Trigger
    asked_at: int
    started_by: str
    t0: int | None = None
    t1: int | None = None
    ended_by: str = ""
    accepted: bool | None = None
    reason: str = ""
    missing: tuple[Missing, ...] = ()
    quality: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    calibrations: Mapping[str, int] = field(default_factory=dict)
    clock: Mapping[str, Sequence[tuple[int, int]]] = field(default_factory=dict)
    file_bytes: int | None = None
    deleted_at: int | None = None

    @property
    def open(self) -> bool:
        return self.state in OPEN

    @property
    def ends_at(self) -> int | None:
        """When it ends by itself."""
        for_s = self.trigger.for_s
        if self.state is not TrialState.RUNNING or for_s is None or self.t0 is None:
            return None
        return self.t0 + round((self.trigger.pre_s + for_s) * SECOND)


@dataclass(frozen=True, slots=True)
class Recording:
    id: int
    kind: str
    name: str
    channels: tuple[int, ...]
    started_at: int
    author: str
    subject: int | None = None
    protocol: str = ""
    rig: Rig = Rig.PLATE
    posture: str = ""
    body_mass_kg: float | None = None
    note: str = ""
    ended_at: int | None = None
    deleted_at: int | None = None


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which recordings; None asks for all. `devices`: only those whose devices are all among these.

    `asked`: of trials, those asked for in this half-open span.
    """

    subject: int | None = None
    group: int | None = None
    kind: str | None = None
    start: int | None = None
    end: int | None = None
    devices: frozenset[int] | None = None
    asked: tuple[int, int] | None = None


@dataclass(frozen=True, slots=True)
class Run:
    """One result of one trial, as plain JSON. Version 0: it was only looked at."""

    id: int
    trial: int
    version: int
    created_at: int
    author: str
    calibrations: Mapping[str, int]
    result: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class TrialChanged:
    """A trial began, ended, was judged, or something about it is different."""

    trial: int
    recording: int


@dataclass(frozen=True, slots=True)
class LinkLost:
    """A device that streams is no longer connected; `back` when it is again."""

    device: int
    at: int
    back: bool = False


def _to(trial: Trial, state: TrialState) -> Trial:
    legal = LEGAL.get(trial.state, set())
    if state not in legal:
        raise IllegalTransition.of("a trial", trial.state, legal, state)
    return replace(trial, state=state)


def begin(trial: Trial, at: int) -> Trial:
    """It runs from `at`, less its pre-roll."""
    return replace(_to(trial, TrialState.RUNNING), t0=at - round(trial.trigger.pre_s * SECOND))


def end(trial: Trial, at: int, by: str) -> Trial:
    """It is over. What was still missing is missing until its end. An armed one that ends was cancelled."""
    if trial.state is TrialState.ARMED:
        return replace(_to(trial, TrialState.CANCELLED), ended_by=by)
    done = _to(trial, TrialState.DONE)
    assert done.t0 is not None
    until = max(at, done.t0 + 1)
    missing = tuple(replace(m, t1=until) if m.t1 is None else m for m in done.missing)
    return replace(done, t1=until, ended_by=by, missing=missing)


def lose(trial: Trial, what: Missing) -> Trial:
    """Note what is missing; the same thing is noted once while it lasts."""
    same = any(
        m.t1 is None and (m.kind, m.device, m.channel) == (what.kind, what.device, what.channel) for m in trial.missing
    )
    return trial if same else replace(trial, missing=(*trial.missing, what))


def found_again(trial: Trial, kind: str, at: int, device: int | None = None) -> Trial:
    """What was missing since a while is there again."""
    missing = tuple(
        replace(m, t1=at) if m.t1 is None and m.kind == kind and m.device == device else m for m in trial.missing
    )
    return replace(trial, missing=missing)


def crossing(times: Sequence[int], forces: Sequence[float], above: float) -> int | None:
    """The first instant at which the force is above the threshold; None if it never is."""
    return next((int(t) for t, force in zip(times, forces, strict=True) if force > above), None)
