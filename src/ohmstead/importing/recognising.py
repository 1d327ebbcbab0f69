"""What a file probably is, from its first bytes."""

import re
from typing import Final

from ohmstead.importing.force_test import HEADING

_LOGGER_ROW: Final = re.compile(rb"\d\d:\d\d:\d\d(\.\d+)?,-?[\d.]+\s*$").match


def recognise(head: bytes) -> str:
    """One of the kinds of imports; `csv` for anything that is nothing else."""
    if head.startswith(b"SQLite format 3\0"):
        return "meter-sqlite"
    lines = head.removeprefix(b"\xef\xbb\xbf").splitlines()
    if lines and lines[0].strip().lower() == HEADING:
        return "imtp"
    if any(_LOGGER_ROW(line) for line in lines[:2]):
        return "current-logger"
    return "csv"
