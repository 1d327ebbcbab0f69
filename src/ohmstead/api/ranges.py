"""The one range of bytes a client asks for (RFC 9110 §14)."""

import re
from typing import Final

_ONE: Final = re.compile(r"bytes=([0-9]{0,15})-([0-9]{0,15})")


class NotSatisfiable(Exception):
    """Nothing of what is asked for exists."""


def range_of(header: str | None, size: int) -> tuple[int, int] | None:
    """Start and end (exclusive); None: send all, which is also the answer to what is not understood."""
    found = None if header is None else _ONE.fullmatch(header.strip())
    if found is None or not (found[1] or found[2]):
        return None
    if not found[1]:  # the last so many bytes
        count = min(int(found[2]), size)
        if count == 0:
            raise NotSatisfiable
        return size - count, size
    start = int(found[1])
    end = size if not found[2] else min(int(found[2]) + 1, size)
    if found[2] and int(found[2]) < start:
        return None
    if start >= size:
        raise NotSatisfiable
    return start, end
