"""What tests put together again and again."""

import time
from itertools import count
from typing import Any

_serials = count(1)


def serial(prefix: str = "device") -> str:
    """A serial no other test of this run has."""
    return f"{prefix}-{next(_serials)}"


def now_ms() -> int:
    return time.time_ns() // 1_000_000


def single(t: int | None = None, **values: float) -> dict[str, Any]:
    """A native message with one instant."""
    return {"v": values} if t is None else {"t": t, "v": values}


def samples(start_ms: int, values: list[float], key: str = "power", step_ms: int = 1000) -> dict[str, Any]:
    """A native batch with one value every `step_ms`."""
    return {"samples": [{"t": start_ms + n * step_ms, "v": {key: value}} for n, value in enumerate(values)]}
