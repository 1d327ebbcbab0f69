"""System 002: what its load-cell devices send over their WebSocket, all three generations.

Times are milliseconds since the device started, so a payload alone cannot be placed in UTC: `decode` lets its last
sample be the arrival. The door, which hears every payload of a device, does better (see domain.device_time).
"""

from dataclasses import dataclass
from math import isfinite
from typing import Any, Final, TypeGuard

import msgspec
import numpy as np

from ohmstead.dialects.dialect import Dialect, Envelope
from ohmstead.dialects.loose_json import load
from ohmstead.domain.errors import MalformedPayload
from ohmstead.domain.identity import legal_serial
from ohmstead.domain.rows import reject
from ohmstead.domain.telemetry import MS, Announcement, Batch, Rejection, Run

WRAP: Final = 1 << 32
KEYS: Final = ("left", "right")
MOST_SAMPLES: Final = 10_000  # a real batch has 100
ANNOUNCED: Final = tuple(Announcement(key, "raw", "counts") for key in KEYS)


class _Sample(msgspec.Struct, gc=False):
    t: int
    l: float  # noqa: E741
    r: float


class _Frame(msgspec.Struct, gc=False):
    samples: list[_Sample]


_quick: Final = msgspec.json.Decoder(_Frame).decode


@dataclass(frozen=True, slots=True)
class Frame:
    """Samples as columns, in the order sent; what was left out is named."""

    ms: list[int]
    left: list[float]
    right: list[float]
    rejected: list[Rejection]


def read(payload: str | bytes | memoryview) -> Frame:
    """The samples of a frame. Raises NotJson, and MalformedPayload where there are none to be had."""
    try:
        samples = _quick(payload).samples
        ms = [one.t for one in samples]
        if len(samples) <= MOST_SAMPLES and (not ms or 0 <= min(ms) <= max(ms) < 2 * WRAP):
            return Frame(ms, [one.l for one in samples], [one.r for one in samples], [])
    except (ValueError, RecursionError):
        pass
    return frame(load(payload.encode("utf-8", "replace") if isinstance(payload, str) else payload))


def frame(message: Any) -> Frame:
    """The same from a message that was read already, sample by sample."""
    told = message.get("samples") if isinstance(message, dict) else None
    if not isinstance(told, list):
        raise MalformedPayload("expected an object with `samples`")
    if len(told) > MOST_SAMPLES:
        raise MalformedPayload(f"at most {MOST_SAMPLES} samples")
    found = Frame([], [], [], [])
    for index, one in enumerate(told):
        t, left, right = (one.get(key) for key in ("t", "l", "r")) if isinstance(one, dict) else (None, None, None)
        if not _is_number(t) or not 0 <= t < 2 * WRAP:
            reject(found.rejected, index, "time")
        elif not _is_number(left) or not _is_number(right):
            reject(found.rejected, index, "value", "right" if _is_number(left) else "left")
        else:
            found.ms.append(int(t))
            found.left.append(float(left))
            found.right.append(float(right))
    return found


def _is_number(value: Any) -> TypeGuard[int | float]:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return False
    return abs(value) < 2**63 if isinstance(value, int) else isfinite(value)


class LoadCell:
    name = "load-cell"
    topics: tuple[str, ...] = ()
    listens: tuple[str, ...] = ()

    def decode(self, payload: bytes | memoryview, envelope: Envelope) -> Batch:
        """The last sample came when the payload did; equal milliseconds follow each other by a microsecond."""
        found = read(payload)
        serial = legal_serial(envelope.hint or envelope.peer) or None
        runs = []
        if found.ms:
            ms = np.asarray(found.ms, np.int64)
            ages = (ms[-1] - ms) % WRAP
            ages[ages > WRAP // 2] -= WRAP
            times = envelope.received_us - ages * MS
            values = np.column_stack((found.left, found.right)).ravel()
            runs.append(Run(KEYS, times + _place(ms), values))
        return Batch(runs, announced=ANNOUNCED, rejected=found.rejected, serial=serial)


def _place(ms: Any) -> Any:
    """How many samples before each have its millisecond, in a row."""
    starts = np.flatnonzero(np.diff(ms, prepend=ms[0] - 1))
    return np.arange(len(ms)) - np.repeat(starts, np.diff(starts, append=len(ms)))


DIALECT: Dialect = LoadCell()
