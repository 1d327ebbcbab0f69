"""Whatever bytes arrive, a dialect answers with a sound batch or says what is wrong, and never fails otherwise."""

import json
from contextlib import suppress
from itertools import pairwise
from math import isfinite
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ohmstead import dialects
from ohmstead.dialects import native_control
from ohmstead.dialects.dialect import Dialect, Envelope
from ohmstead.domain.errors import MalformedPayload
from ohmstead.domain.instants import LATEST_US
from ohmstead.domain.intake import KnownChannels, check
from ohmstead.runtime.plugins import discover

VECTORS = Path(__file__).parents[3] / "contract" / "vectors"
DIALECTS: dict[str, Dialect] = discover(dialects, "DIALECT")
ENVELOPE = Envelope(received_us=1_763_682_000_123_456, source="meter/1/data", peer="192.168.1.20")
SEEDS = [json.loads(path.read_text("utf-8")).get("payload", "") for path in sorted(VECTORS.glob("*/*.json"))]

every_dialect = pytest.mark.parametrize("dialect", DIALECTS.values(), ids=DIALECTS.keys())

names = st.sampled_from(
    ["v", "t", "t_us", "age_ms", "samples", "columns", "channels", "boot", "seq", "key", "t0", "t0_us", "dt"]
) | st.sampled_from(
    ["dt_us", "power", "voltage", "current", "energy", "kWh", "timestamp", "serial_number", "device_id", "a"]
)
scalars = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.integers(min_value=0, max_value=2 * LATEST_US)
    | st.floats(allow_nan=False)
    | st.text(max_size=8)
    | st.sampled_from(["2025-09-21T08:30:10Z", "14:03:27.048", "1970-01-01T00:00:00Z", "\x00", "\ud800", 10**400])
)
trees = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(names | st.text(max_size=3), inner, max_size=6),
    max_leaves=24,
)


def decode_and_prove(dialect: Dialect, payload: bytes) -> None:
    try:
        batch = dialect.decode(payload, ENVELOPE)
    except MalformedPayload:
        return
    for run in batch.runs:
        assert run.keys
        assert len(set(run.keys)) == len(run.keys)
        assert len(run.times_us) > 0
        assert len(run.values) == len(run.times_us) * len(run.keys)
        assert all(isinstance(value, float) and isfinite(value) for value in run.values)
        assert all(isinstance(t, int | np.int64) and 0 <= t <= LATEST_US for t in run.times_us)
        if run.indexes is not None:
            assert len(run.indexes) == len(run.times_us)
            assert all(earlier < later for earlier, later in pairwise(run.indexes))
    assert 0 <= batch.clock_flagged <= len(batch)
    shown = [*batch.details.items(), *((r.key or "", r.reason) for r in batch.rejected), (batch.serial or "", "")]
    assert json.dumps(shown, ensure_ascii=False).encode("utf-8")
    assert all(text.isprintable() for pair in shown for text in pair)
    taken = check(batch, KnownChannels(), received_us=ENVELOPE.received_us, trusted=True)
    repeats_and_losses = taken.duplicates + len(taken.batch.rejected) - len(batch.rejected)
    assert taken.accepted == len(taken.batch) <= len(batch)
    assert taken.accepted == len(batch) or repeats_and_losses > 0


@every_dialect
@settings(max_examples=100, deadline=None)
@given(payload=st.binary(max_size=200))
def test_any_bytes(dialect: Dialect, payload: bytes) -> None:
    decode_and_prove(dialect, payload)


@every_dialect
@settings(max_examples=100, deadline=None)
@given(tree=trees)
def test_any_json(dialect: Dialect, tree: Any) -> None:
    decode_and_prove(dialect, json.dumps(tree).encode())


@every_dialect
@settings(max_examples=100, deadline=None)
@given(
    seed=st.sampled_from(SEEDS),
    edits=st.lists(st.tuples(st.floats(0, 1), st.integers(0, 4), st.binary(max_size=4)), max_size=4),
)
def test_damaged_messages(dialect: Dialect, seed: str, edits: list[tuple[float, int, bytes]]) -> None:
    payload = bytearray(seed.encode())
    for where, length, instead in edits:
        at = int(where * len(payload))
        payload[at : at + length] = instead
    decode_and_prove(dialect, bytes(payload))


@every_dialect
@settings(max_examples=100, deadline=None)
@given(seed=st.sampled_from(SEEDS), where=st.integers(0, 60), instead=trees)
def test_messages_with_one_value_exchanged(dialect: Dialect, seed: str, where: int, instead: Any) -> None:
    try:
        tree = json.loads(seed)
    except ValueError:
        return
    places: list[tuple[Any, Any]] = []
    level = [tree] if isinstance(tree, dict | list) else []
    while level:
        node = level.pop()
        children = list(node.items()) if isinstance(node, dict) else list(enumerate(node))
        places += [(node, key) for key, _ in children]
        level += [child for _, child in children if isinstance(child, dict | list)]
    if places:
        node, key = places[where % len(places)]
        node[key] = instead
    decode_and_prove(dialect, json.dumps(tree).encode())


@pytest.mark.parametrize("message", dict.fromkeys(native_control.MESSAGES.values()), ids=lambda m: str(m.__name__))
@settings(max_examples=100, deadline=None)
@given(payload=st.binary(max_size=80) | trees.map(lambda tree: json.dumps(tree).encode()))
def test_control_messages_of_any_bytes(message: type[native_control.Hello], payload: bytes) -> None:
    with suppress(MalformedPayload):
        assert isinstance(native_control.decode(message, payload), message)


@every_dialect
@pytest.mark.parametrize(
    "payload",
    [
        pytest.param(b"[" * 2_000_000, id="opened"),
        pytest.param(b'{"v":' * 400_000, id="objects opened"),
        pytest.param(b"[" * 1_000_000 + b"]" * 1_000_000, id="nested"),
        pytest.param(b'{"v":{"a":1},"x":' + b"[" * 100_000 + b"]" * 100_000 + b"}", id="nested in an unknown field"),
        pytest.param(b"[}" * 500_000, id="mismatched"),
        pytest.param(b"]" * 1_000_000, id="closed"),
        pytest.param(b'"' + b"\\" * 1_000_001, id="escapes without an end"),
        pytest.param(b'{"v":{"a":' + b"9" * 10_000 + b"}}", id="a number of ten thousand digits"),
    ],
)
def test_hostile_structures_end_quickly_and_by_name(dialect: Dialect, payload: bytes) -> None:
    with suppress(MalformedPayload):
        batch = dialect.decode(payload, ENVELOPE)
        assert len(batch) == 0
        assert batch.rejected
