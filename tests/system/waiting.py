"""What becomes true a moment later, on a shared computer perhaps much later."""

import time
from collections.abc import Callable
from typing import Any, Final

WITHIN_S: Final = 30.0


def until(condition: Callable[[], Any], what: str = "it did not happen in time") -> Any:
    """What the condition gives as soon as that is true; fails with `what` after `WITHIN_S`."""
    deadline = time.monotonic() + WITHIN_S
    while not (found := condition()):
        assert time.monotonic() < deadline, what
        time.sleep(0.05)
    return found
