"""What the numbers in old records mean: for each layout that was ever written, the keys and decimals of its sources."""

import json

from agent.late import late
from agent.outbox import crc16

PATH = "layouts.json"


def keep(layout):
    """The number that the records of this layout carry."""
    number = crc16(json.dumps(layout).encode(), 0xFFFF)
    files = late("agent.files")
    known = files.load(PATH) or {}
    if str(number) not in known:
        known[str(number)] = layout
        files.save(PATH, known)
    return number


def load(number):
    return (late("agent.files").load(PATH) or {}).get(str(number)) or []
