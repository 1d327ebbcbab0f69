"""A calibration as it is kept: who did it, when, how warm it was, and what came out."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class StoredCalibration:
    """`fit` is the calibration itself, as plain JSON."""

    id: int
    channel: int
    method: str
    fit: Mapping[str, Any]
    points: list[dict[str, Any]]
    temperature_c: float | None
    note: str
    author: str
    created_at: int
    withdrawn_at: int | None = None
