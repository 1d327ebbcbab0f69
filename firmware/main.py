"""Start the application of the slot that `boot.py` chose."""

import os
import sys

try:
    slot = sys.path[0].lstrip("/")
    if slot not in ("a", "b"):
        slot = ""
    try:
        from pack import Pack

        Pack.slot = slot + "/"
        os.mount(Pack(), "/app")
        sys.path[0] = "/app"
    except (ImportError, OSError):
        pass  # its files lie in the slot as they are
    from agent import run

    run.main(slot)
except Exception as error:
    sys.print_exception(error)
    import time

    import machine

    time.sleep(5)  # a person at the serial port may stop it here
    machine.reset()
