"""The state of a counter between two blocks, as bytes."""

import struct
from typing import Final

from ohmstead.domain.counters import START, CounterState

_CARRY: Final = struct.Struct("<dq")


def carry_of(state: CounterState) -> bytes:
    return _CARRY.pack(*state.to_numbers())


def state_of(carry: bytes | None) -> CounterState:
    """None: nothing came before, or the series was no counter then."""
    return START if carry is None else CounterState.from_numbers(*_CARRY.unpack(carry))
