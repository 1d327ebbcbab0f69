"""The language of our own firmware and of everyone who writes their own device.

This module is the quick way through well-formed messages. Whatever does not fit its types exactly is read
again, sample by sample, by `native_tolerant`, which decides what is wrong and with which sample.
"""

from itertools import chain
from typing import Final

import msgspec
import numpy as np

from ohmstead.dialects import native_tolerant
from ohmstead.dialects.dialect import Dialect, Envelope
from ohmstead.dialects.native_tolerant import announcements, mark
from ohmstead.domain.instants import LATEST_US, parse_rfc3339
from ohmstead.domain.rows import Rows
from ohmstead.domain.telemetry import MS, Batch, Run

COLUMNS_AT: Final = 64  # values in a message from which on columns pay, made once for all who read them
OLDEST_MS: Final = 10**13  # an age of three centuries: more is left to the tolerant reader


class _Sample(msgspec.Struct, forbid_unknown_fields=True, gc=False):
    v: dict[str, float]
    t: int | str | None = None
    t_us: int | None = None
    age_ms: float | None = None


class _Columns(msgspec.Struct, forbid_unknown_fields=True, gc=False):
    v: dict[str, list[float]]
    t0_us: int
    dt_us: int


class _Channel(msgspec.Struct, gc=False):
    key: str
    quantity: str | None = None
    unit: str | None = None
    kind: str | None = None
    decimals: int | None = None


class _Message(msgspec.Struct, forbid_unknown_fields=True, gc=False):
    v: dict[str, float] | None = None
    t: int | str | None = None
    t_us: int | None = None
    age_ms: float | None = None
    channels: list[_Channel] | None = None
    boot: str | None = None
    seq: int | None = None
    samples: list[_Sample] | None = None
    columns: _Columns | None = None


_decode: Final = msgspec.json.Decoder(_Message).decode


class Native:
    """Contract §3: one message, a batch `samples`, or `columns`; with `channels`, `boot`, `seq` at will."""

    name = "native"
    topics: tuple[str, ...] = ()  # a native device has credentials
    listens: tuple[str, ...] = ()

    def decode(self, payload: bytes | memoryview, envelope: Envelope) -> Batch:
        try:
            message = _decode(payload)
        except (ValueError, RecursionError):  # not these types, or not JSON: the tolerant reader says which
            return native_tolerant.decode(payload, envelope)
        runs = _runs(message, envelope.received_us)
        if runs is None:
            return native_tolerant.decode(payload, envelope)
        batch = Batch(runs, untimed=_is_untimed(message))
        if message.boot is not None or message.seq is not None:
            batch.boot, batch.seq = mark(message.boot, message.seq)
        if message.channels:
            batch.announced = announcements(map(msgspec.structs.asdict, message.channels))
        return batch


def _runs(message: _Message, received_us: int) -> list[Run] | None:
    """Return the rows of a message, or None when something in it needs a closer look."""
    if message.v is not None:
        if message.samples is not None or message.columns is not None:
            return None
        return _single(message.v, _instant(message, received_us))
    if message.samples is not None:
        if message.columns is not None or message.t is not None or message.t_us is not None:
            return None
        return _rows(message.samples, received_us) if message.age_ms is None else None
    if message.columns is not None:
        return _matrix(message.columns)
    return None


def _is_untimed(message: _Message) -> bool:
    """Whether its samples take their arrival. Of several without a time only the last stays: that one is asked."""
    told = message if message.v is not None else message.samples[-1] if message.samples else None
    return told is not None and told.t is None and told.t_us is None and told.age_ms is None


def _instant(told: _Message | _Sample, received_us: int) -> int:
    """Return the UTC microseconds of a sample; -1 when its time needs a closer look."""
    if told.t_us is not None:
        return told.t_us
    t = told.t
    if t is None:
        if told.age_ms is None:
            return received_us
        return received_us - round(told.age_ms * MS) if 0 <= told.age_ms <= OLDEST_MS else -1
    if isinstance(t, int):
        return t * MS
    instant = parse_rfc3339(t)
    return -1 if instant is None else instant


def _single(values: dict[str, float], instant_us: int) -> list[Run] | None:
    if not 0 <= instant_us <= LATEST_US:
        return None
    return [Run(tuple(values), [instant_us], list(values.values()))] if values else []


def _rows(samples: list[_Sample], received_us: int) -> list[Run] | None:
    if not samples:
        return []
    rows = [sample.v for sample in samples]
    shapes = set(map(tuple, rows))
    if len(shapes) > 1:
        return _mixed_rows(samples, received_us)
    (keys,) = shapes
    times = [  # the commonest way to tell the time, without a call
        sample.t * MS if type(sample.t) is int and sample.t_us is None else _instant(sample, received_us)
        for sample in samples
    ]
    if min(times) < 0 or max(times) > LATEST_US:
        return None
    values, count = chain.from_iterable(map(dict.values, rows)), len(rows) * len(keys)
    if count >= COLUMNS_AT:
        return [Run(keys, np.array(times), np.fromiter(values, np.float64, count))]
    return [Run(keys, times, list(values))] if keys else []


def _mixed_rows(samples: list[_Sample], received_us: int) -> list[Run] | None:
    rows = Rows()
    for index, sample in enumerate(samples):
        instant = _instant(sample, received_us)
        if not 0 <= instant <= LATEST_US:
            return None
        if sample.v:
            rows.add(index, instant, tuple(sample.v), sample.v.values())
    return rows.runs()


def _matrix(columns: _Columns) -> list[Run] | None:
    """Return the run of even columns at a steady pace, or None when they need a closer look."""
    if not columns.v:
        return None
    first, *others = columns.v.values()
    length = len(first)
    if any(len(column) != length for column in others):
        return None
    last = columns.t0_us + columns.dt_us * max(length - 1, 0)
    if columns.dt_us <= 0 or not 0 <= columns.t0_us <= last <= LATEST_US:
        return None
    times = columns.t0_us + columns.dt_us * np.arange(length, dtype=np.int64)
    values = np.array(list(columns.v.values()), dtype=np.float64).T.ravel()
    return [Run(tuple(columns.v), times, values)] if length else []


DIALECT: Dialect = Native()
