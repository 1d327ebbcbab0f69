"""Start the firmware on MicroPython's unix port. In a folder that `ohmstead firmware build --board unix` made:

    micropython -X heapsize=64k sim/start.py

From the sources, with a `device.json` in the current folder: the same with the path of this file, and the usual heap.
"""

import sys

here = __file__[: -len("sim/start.py")].rstrip("/")
sys.path[:0] = [here] if here else []
import boot
import sim.unix  # noqa: F401 - what it puts into `sys.modules` is what counts

slot = boot.choose()
if slot:
    sys.path.insert(0, slot)
for name in ("boot", "sim.unix"):
    sys.modules.pop(name)
del boot, name
import main  # noqa: F401
