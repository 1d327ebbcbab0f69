"""Versions of firmware: ordered as Semantic Versioning 2.0 §11 orders them; what is written otherwise has no order."""

import re
from functools import total_ordering
from typing import Final

_FORM: Final = re.compile(
    r"(0|[1-9][0-9]{0,8})\.(0|[1-9][0-9]{0,8})\.(0|[1-9][0-9]{0,8})"
    r"(?:-((?:0|[1-9][0-9]{0,8}|[0-9]*[A-Za-z-][0-9A-Za-z-]*)(?:\.(?:0|[1-9][0-9]{0,8}|[0-9]*[A-Za-z-][0-9A-Za-z-]*))*))?"
)
LONGEST_VERSION: Final = 32


@total_ordering
class Version:
    """`1.5.0` or `1.5.0-rc.1`."""

    __slots__ = ("_order", "text")

    def __init__(self, text: str, numbers: tuple[int, ...], identifiers: tuple[str, ...]) -> None:
        self.text = text
        parts = tuple((0, int(i), "") if i.isdigit() else (1, 0, i) for i in identifiers)
        self._order = (numbers, not identifiers, parts)  # without identifiers comes after all with

    @classmethod
    def parse(cls, text: str) -> "Version | None":
        """None for what is no such version."""
        found = _FORM.fullmatch(text) if len(text) <= LONGEST_VERSION else None
        if found is None:
            return None
        numbers = tuple(int(found[n]) for n in (1, 2, 3))
        return cls(text, numbers, tuple(found[4].split(".")) if found[4] else ())

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Version) and self._order == other._order

    def __lt__(self, other: "Version") -> bool:
        return self._order < other._order

    def __hash__(self) -> int:
        return hash(self._order)


def is_downgrade(running: str | None, offered: str) -> bool:
    """Whether `offered` is known to be older than what runs."""
    before, after = Version.parse(running or ""), Version.parse(offered)
    return before is not None and after is not None and after < before
