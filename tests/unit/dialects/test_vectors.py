"""Every golden message of `contract/vectors/` means what its file says; a new file is picked up by its name."""

import base64
import json
from pathlib import Path
from typing import Any

import pytest

from ohmstead import dialects
from ohmstead.dialects import native_control
from ohmstead.dialects.dialect import Dialect, Envelope
from ohmstead.domain import errors
from ohmstead.domain.telemetry import Announcement, Batch
from ohmstead.runtime.plugins import discover

VECTORS = Path(__file__).parents[3] / "contract" / "vectors"
DIALECTS: dict[str, Dialect] = discover(dialects, "DIALECT")
CONTROL = "native-control"
ELSEWHERE = {"release", "signed"}  # see tests/unit/domain


def files(folder: str) -> list[Any]:
    return [pytest.param(path, id=f"{folder}/{path.stem}") for path in sorted((VECTORS / folder).glob("*.json"))]


def payload_of(vector: dict[str, Any]) -> bytes:
    if "payload_base64" in vector:
        return base64.b64decode(vector["payload_base64"])
    return str(vector["payload"]).encode()


def samples_of(batch: Batch) -> list[tuple[str, int, float]]:
    found = []
    for run in batch.runs:
        values = list(run.values)
        assert len(values) == len(run.times_us) * len(run.keys)
        for row, instant in enumerate(run.times_us):
            for column, key in enumerate(run.keys):
                found.append((key, int(instant), float(values[row * len(run.keys) + column])))
    return sorted(found)


def test_every_folder_belongs_to_a_dialect_and_every_dialect_has_one() -> None:
    assert {path.name for path in VECTORS.iterdir()} == {*DIALECTS, CONTROL, *ELSEWHERE}


@pytest.mark.parametrize("as_view", [False, True], ids=["bytes", "memoryview"])
@pytest.mark.parametrize("path", [vector for name in DIALECTS for vector in files(name)])
def test_a_telemetry_vector_decodes_as_written(path: Path, as_view: bool) -> None:
    vector = json.loads(path.read_text("utf-8"))
    dialect = DIALECTS[path.parent.name]
    envelope = Envelope(**vector["envelope"])
    payload: bytes | memoryview = memoryview(payload_of(vector)) if as_view else payload_of(vector)
    expect = vector["expect"]
    if "error" in expect:
        with pytest.raises(errors.MalformedPayload) as caught:
            dialect.decode(payload, envelope)
        assert type(caught.value) is getattr(errors, expect["error"])
        assert str(caught.value)
        return
    batch = dialect.decode(payload, envelope)
    assert samples_of(batch) == sorted((key, t, float(value)) for key, t, value in expect["samples"])
    rejected = [
        {"index": r.index, **({} if r.key is None else {"key": r.key}), "reason": r.reason} for r in batch.rejected
    ]
    assert rejected == expect.get("rejected", [])
    assert list(batch.announced) == [Announcement(**told) for told in expect.get("announced", [])]
    assert (batch.serial, batch.boot, batch.seq) == tuple(map(expect.get, ("serial", "boot", "seq")))
    assert batch.clock_flagged == expect.get("clock_flagged", 0)
    assert dict(batch.details) == expect.get("details", {})


@pytest.mark.parametrize("path", files(CONTROL))
def test_a_control_vector_decodes_and_encodes_as_written(path: Path) -> None:
    vector = json.loads(path.read_text("utf-8"))
    shape = native_control.MESSAGES[vector["message"]]
    expect = vector["expect"]
    if "error" in expect:
        with pytest.raises(errors.MalformedPayload) as caught:
            native_control.decode(shape, payload_of(vector))
        assert type(caught.value) is getattr(errors, expect["error"])
        return
    message = native_control.decode(shape, payload_of(vector))
    assert json.loads(native_control.encode(message)) == expect["message"]


def test_every_control_message_has_a_vector() -> None:
    told = {json.loads(path.read_text("utf-8"))["message"] for path in (VECTORS / CONTROL).glob("*.json")}
    assert told == set(native_control.MESSAGES)
