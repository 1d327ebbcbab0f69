"""Asking the kernel whether a time source disciplines the system clock."""

import ctypes
from typing import Final

_BYTES: Final = 208  # struct timex on 64-bit Linux; larger than on any other
_TIME_ERROR: Final = 5  # adjtimex(2): the clock is not synchronised


def is_synchronised() -> bool:
    """True only if the kernel says so; False where it cannot be asked."""
    try:
        state = ctypes.CDLL(None, use_errno=True).adjtimex(ctypes.create_string_buffer(_BYTES))
    except (OSError, AttributeError):
        return False
    return bool(0 <= state < _TIME_ERROR)
