"""Reading JSON that may be anything: the careful ground under every dialect's fast path."""

import json
import re
from collections.abc import Mapping
from math import isfinite
from typing import Final, NoReturn

import msgspec
import numpy as np

from ohmstead.domain.errors import MalformedPayload, NotJson
from ohmstead.domain.rows import Rows

DEEPEST: Final = 16
LONGEST_TEXT: Final = 64

_decode: Final = msgspec.json.Decoder().decode

_NOT_BRACKETS: Final = bytes(set(range(256)) - set(b"[]{}"))
_STRINGS: Final = re.compile(rb'"[^"\\]*(?:\\.[^"\\]*)*"?', re.DOTALL)
_STEPS: Final = bytes.maketrans(b"[{]}", b"\x01\x01\xff\xff")  # as int8: one level down, one up
_FIRST_LOOK: Final = 64 * 1024


def load(payload: bytes | memoryview) -> object:
    """Return the JSON value of `payload`; numbers too large for a float come as infinity.

    Raises NotJson, or MalformedPayload for what is nested deeper than 16.
    """
    payload = bytes(payload)
    if deeper_than(payload, DEEPEST):
        raise MalformedPayload(f"nested deeper than {DEEPEST} levels")
    try:
        return json.loads(payload.decode("utf-8"), parse_constant=_refuse)
    except ValueError as error:  # bad UTF-8, bad JSON, or an integer of more digits than Python converts
        raise NotJson(f"not JSON: {error}") from None


def load_small(payload: bytes | memoryview) -> object:
    """The same, quickly, for the short flat messages of old devices."""
    payload = bytes(payload)
    if payload.count(b"{") + payload.count(b"[") <= DEEPEST:
        try:
            return _decode(payload)
        except ValueError:  # not JSON, or only a number out of range
            pass
    return load(payload)


def finite(raw: object) -> float | None:
    """Return a number (or a boolean, which devices send for 1 and 0) as a finite float, else None."""
    if isinstance(raw, int | float):
        try:
            value = float(raw)
        except OverflowError:  # JSON allows integers no float can hold
            return None
        if isfinite(value):
            return value
    return None


def text(raw: object, longest: int = LONGEST_TEXT) -> str | None:
    """Return a non-empty printable string of at most `longest` characters, else None."""
    if isinstance(raw, str) and 0 < len(raw) <= longest and raw.isprintable():
        return raw
    return None


def add_finite(rows: Rows, index: int, instant_us: int, values: Mapping[str, object]) -> int:
    """Keep the finite values of a row, reject the others by name; return how many were kept."""
    kept = {}
    for key, raw in values.items():
        value = finite(raw)
        if value is None:
            rows.reject(index, "value", key)
        else:
            kept[key] = value
    if kept:
        rows.add(index, instant_us, tuple(kept), kept.values())
    return len(kept)


def _refuse(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is not a JSON number")


def deeper_than(payload: bytes, levels: int) -> bool:
    """Whether brackets nest deeper than `levels` before a parser would stop, without reading what is between them."""
    if payload.count(b"[") + payload.count(b"{") <= levels:
        return False
    # Who means harm nests at once: eight megabytes need not be read to see it.
    return _nests(payload[:_FIRST_LOOK], levels) or (len(payload) > _FIRST_LOOK and _nests(payload, levels))


def _nests(payload: bytes, levels: int) -> bool:
    skeleton = np.frombuffer(_STRINGS.sub(b"", payload).translate(_STEPS, _NOT_BRACKETS), np.int8)
    depth = np.cumsum(skeleton, dtype=np.int64)
    closed = np.flatnonzero(depth < 0)
    return bool((depth[: closed[0]] if len(closed) else depth).max(initial=0) > levels)
