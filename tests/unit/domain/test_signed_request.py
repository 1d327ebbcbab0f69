"""Signed requests: the golden vectors hold on both sides, and a stamp is good once."""

import importlib
import json
import sys
from pathlib import Path
from typing import Any

import pytest

from ohmstead.domain.signed_request import LATITUDE_MS, Proof, Stamps, mac_of_answer, mac_of_request
from ohmstead.services.secrets import digest

ROOT = Path(__file__).parents[3]
VECTORS = sorted((ROOT / "contract" / "vectors" / "signed").glob("*.json"))
NOW = 1_763_682_000_123


def given(path: Path) -> tuple[dict[str, Any], bytes, bytes]:
    """The vector, the key and the body."""
    vector: dict[str, Any] = json.loads(path.read_text("utf-8"))
    return vector, bytes.fromhex(digest(vector["token"])), vector["body"].encode()


@pytest.mark.parametrize("path", VECTORS, ids=lambda path: path.stem)
def test_the_server_tells_a_true_signature_from_a_false_one(path: Path) -> None:
    vector, key, body = given(path)
    proof = Proof.parse(vector["authorization"].removeprefix("HMAC ").encode())
    holds = proof is not None and proof.holds(key, vector["method"], vector["target"], body)
    assert holds is vector["expect"]["valid"]
    if answer := vector["expect"].get("answer"):
        assert proof is not None
        assert mac_of_answer(key, proof.stamp_ms, answer["status"], answer["body"].encode()) == answer["mac"]


@pytest.mark.parametrize("path", [path for path in VECTORS if path.stem.startswith("good")], ids=lambda path: path.stem)
def test_a_device_signs_the_same(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    vector, _, body = given(path)
    monkeypatch.syspath_prepend(str(ROOT / "firmware"))
    for folder in ("cpython", ""):
        monkeypatch.syspath_prepend(str(ROOT / "firmware" / "sim" / folder))
    monkeypatch.setattr("time.ticks_ms", lambda: 0, raising=False)
    monkeypatch.setattr("time.ticks_diff", lambda a, b: a - b, raising=False)
    before = set(sys.modules)
    signed = importlib.import_module("links.signed")
    try:
        proof = Proof.parse(vector["authorization"].removeprefix("HMAC ").encode())
        assert proof is not None
        monkeypatch.setattr(signed, "_serial", proof.serial)
        monkeypatch.setattr(signed, "_told", proof.stamp_ms)
        monkeypatch.setattr(signed, "_last", 0)
        said = signed.header({"token": vector["token"]}, vector["method"], vector["target"], body)
        assert said == ("Authorization", vector["authorization"])
    finally:
        for name in set(sys.modules) - before:
            if name.split(".")[0] in ("links", "agent"):
                del sys.modules[name]


@pytest.mark.parametrize(
    "credentials",
    [
        *(b"", b"a", b"a:1", b"a:1:" + b"0" * 63, b"a:1:" + b"0" * 65, b"a:-1:" + b"0" * 64, b"a:1:" + b"G" * 64),
        *(b":1:" + b"0" * 64, b"a b:1:" + b"0" * 64, b"a:" + b"9" * 17 + b":" + b"0" * 64, b"\xff:1:" + b"0" * 64),
    ],
)
def test_what_is_no_proof_is_none(credentials: bytes) -> None:
    assert Proof.parse(credentials) is None


def test_a_serial_may_hold_colons() -> None:
    assert Proof.parse(b"a:b:17:" + b"0" * 64) == Proof("a:b", 17, "0" * 64)


def test_everything_that_is_signed_counts() -> None:
    key, other = bytes(32), bytes(31) + b"\x01"
    mac = mac_of_request(key, "POST", "/a?b=1", NOW, b"body")
    proof = Proof("a", NOW, mac)
    assert proof.holds(key, "POST", "/a?b=1", b"body")
    for changed in (
        (other, "POST", "/a?b=1", b"body"),
        (key, "GET", "/a?b=1", b"body"),
        (key, "POST", "/a?b=2", b"body"),
        (key, "POST", "/a?b=1", b"bod"),
        (key, "POST", "/a?b=1", b"bodz"),
    ):
        assert not proof.holds(*changed)
    assert not Proof("a", NOW + 1, mac).holds(key, "POST", "/a?b=1", b"body")


def test_a_stamp_is_taken_once_and_only_near_its_time() -> None:
    stamps = Stamps(NOW - 10 * LATITUDE_MS)
    assert stamps.take(1, NOW, NOW)
    assert not stamps.take(1, NOW, NOW)
    assert stamps.take(2, NOW, NOW), "another key has stamps of its own"
    assert stamps.take(1, NOW - 5, NOW), "a request may overtake another"
    assert not stamps.take(1, NOW - 5, NOW)
    assert not stamps.take(1, NOW - LATITUDE_MS - 1, NOW)
    assert not stamps.take(1, NOW + LATITUDE_MS + 1, NOW)


def test_of_many_requests_none_is_taken_twice() -> None:
    stamps = Stamps(NOW - LATITUDE_MS)
    assert all(stamps.take(1, NOW + n, NOW) for n in range(100))
    assert not any(stamps.take(1, NOW + n, NOW) for n in range(100))


def test_what_was_recorded_before_the_server_started_is_over() -> None:
    stamps = Stamps(NOW)
    assert not stamps.take(1, NOW - 1, NOW + 10)
    assert stamps.take(1, NOW, NOW + 10)


def test_a_clock_that_is_set_back_shuts_nobody_out() -> None:
    stamps = Stamps(NOW)
    earlier = NOW - 10 * LATITUDE_MS
    assert stamps.take(1, NOW, NOW)
    assert stamps.take(1, earlier, earlier)
    assert not stamps.take(1, earlier, earlier)
