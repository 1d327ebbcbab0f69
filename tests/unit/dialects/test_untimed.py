"""Who tells no time is known to: what it measured carries the time of its arrival."""

import json
from typing import Any

import pytest

from ohmstead.dialects.dialect import Envelope
from ohmstead.dialects.native import DIALECT

V = {"power": 1.0}


def untimed(message: dict[str, Any]) -> bool:
    return DIALECT.decode(json.dumps(message).encode(), Envelope(received_us=1_763_683_200_000_000)).untimed


@pytest.mark.parametrize(
    "message",
    [
        {"v": V},
        {"v": V | {"bad": "x"}},  # read by the tolerant reader
        {"samples": [{"v": V}]},
        {"samples": [{"t": 1_763_683_200_000, "v": V}, {"v": V}]},
        {"samples": [{"v": V}, {"v": {"bad": None}}]},
        {"columns": {"dt_us": 1000, "v": {"power": [1.0, 2.0]}}},
        {"columns": {"v": {"power": [1.0]}}},
    ],
    ids=json.dumps,
)
def test_what_tells_no_time_is_known_to(message: dict[str, Any]) -> None:
    assert untimed(message)


@pytest.mark.parametrize(
    "message",
    [
        {"t": 1_763_683_200_000, "v": V},
        {"t_us": 1_763_683_200_000_000, "v": V},
        {"age_ms": 0, "v": V},
        {"t": "2025-11-21T00:00:00Z", "v": V | {"bad": "x"}},
        {"samples": [{"age_ms": 20, "v": V}, {"age_ms": 10, "v": V}]},
        {"t": 1_763_683_200_000, "samples": [{"v": V}]},  # one time for all
        {"columns": {"t0_us": 1_763_683_200_000_000, "dt_us": 1000, "v": {"power": [1.0]}}},
        {"columns": {"t": [1_763_683_200_000], "v": {"power": [1.0]}}},
        {"samples": []},
        {"channels": [{"key": "power"}]},
    ],
    ids=json.dumps,
)
def test_what_tells_a_time_is_taken_at_its_word(message: dict[str, Any]) -> None:
    assert not untimed(message)
