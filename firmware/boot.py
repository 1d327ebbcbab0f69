"""Choose the slot of the application: `a`, `b`, or what came with the board. Imports nothing of ours and never fails.

`slot.json`: {"slot": the good one, "try": the new one, "tries": starts it still has, "failed": why it went back}.
"""

import json
import os
import sys

LOADER = 1
PATH = "slot.json"


def read():
    for name in (PATH, PATH + ".old"):
        try:
            with open(name) as file:
                mark = json.load(file)
            if isinstance(mark, dict):
                return mark
        except (OSError, ValueError):
            continue
    return {}


def write(mark):
    """One atomic step: the file is whole before it takes the name."""
    with open(PATH + ".new", "w") as file:
        json.dump(mark, file)
    try:
        os.rename(PATH + ".new", PATH)
    except OSError:
        os.rename(PATH, PATH + ".old")
        os.rename(PATH + ".new", PATH)


def choose():
    """The slot to start, after counting the start of one that is on trial."""
    mark = read()
    slot = mark.get("slot", "")
    new = mark.get("try")
    if new:
        if mark.get("tries", 0) > 0:
            mark["tries"] -= 1
            write(mark)
            return new
        write({"slot": slot, "failed": mark.get("why") or "tries", "release": mark.get("release")})
    return slot


if __name__ == "__main__":
    try:
        chosen = choose()
    except Exception as error:  # whatever it is: the board must start
        print("boot:", error)
        chosen = ""
    if chosen:
        sys.path.insert(0, "/" + chosen if sys.platform.startswith("esp") else chosen)
    del read, write, choose  # `main.py` has the same names, and they would never leave the memory
