"""The firmware's own files, and fakes of what a board has, on CPython."""

import sys
from pathlib import Path

from hypothesis import settings

# A busy machine is no wrong answer: time is measured by `make bench` alone.
settings.register_profile("ohmstead", deadline=None)
settings.load_profile("ohmstead")

FIRMWARE = Path(__file__).resolve().parents[1]

for folder in (FIRMWARE / "sim" / "cpython", FIRMWARE / "sim", FIRMWARE):
    if str(folder) not in sys.path:
        sys.path.insert(0, str(folder))
# What the server's tests make as well; behind the board's own modules.
sys.path.append(str(FIRMWARE.parent / "tests"))
