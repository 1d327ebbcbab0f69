"""JSON in any shape, read as an admin mapped it. The example is a plug whose firmware nests what it measures."""

import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ohmstead.dialects.dialect import Envelope
from ohmstead.dialects.mapped_json import MappedJson
from ohmstead.domain.errors import MalformedPayload, NotJson
from ohmstead.domain.mapping import Field, Mapping, Source, TimeFormat
from ohmstead.domain.telemetry import Announcement, Batch, Rejection

ARRIVAL = 1_763_682_000_123_456
PLUG = Mapping(
    1,
    Source.MQTT,
    "tele/+/SENSOR",
    "plug-{level.1}",
    (
        Field("/ENERGY/Power", "power", "power", "W"),
        Field("/ENERGY/Total", "energy", "energy", "kWh"),
        Field("/ENERGY/Voltage", "voltage", "voltage"),
        Field("/ANALOG/Range/1", "tank", None, "cm", 0),
        Field("/POWER1", "relay", "switch"),
    ),
    "/Time",
    TimeFormat.LOCAL,
)
PAYLOAD = {
    "Time": "2025-09-21T10:30:10",
    "ENERGY": {"TotalStartTime": "2024-01-01T00:00:00", "Total": 12.345, "Power": 93, "Voltage": "229", "Factor": 0.99},
    "ANALOG": {"Range": [7, 41.5]},
    "POWER1": "ON",
}


def decode(payload: Any, mapping: Mapping = PLUG, source: str = "tele/kitchen/SENSOR") -> Batch:
    raw = payload if isinstance(payload, bytes) else json.dumps(payload).encode()
    return MappedJson(mapping, "Europe/Budapest").decode(raw, Envelope(ARRIVAL, source, "192.168.1.20"))


def values(batch: Batch) -> dict[str, float]:
    run = batch.runs[0]
    return dict(zip(run.keys, list(run.values), strict=True))


def test_nested_leaves_become_channels_in_canonical_units() -> None:
    batch = decode(PAYLOAD)
    assert batch.serial == "plug-kitchen"
    assert values(batch) == {"power": 93.0, "energy": 12_345.0, "voltage": 229.0, "tank": 41.5, "relay": 1.0}
    assert list(batch.runs[0].times_us) == [1_758_443_410_000_000]  # the site's clock was two hours ahead of UTC
    announced = {a.key: a for a in batch.announced}
    assert announced["energy"] == Announcement("energy", "energy", "Wh", "counter", 0)
    assert announced["tank"] == Announcement("tank", "generic", "cm", "gauge", 0)
    assert announced["relay"].kind == "state"


def test_a_field_that_is_absent_is_left_out_and_one_that_is_no_number_is_named() -> None:
    batch = decode({"ENERGY": {"Power": "much", "Total": None, "Voltage": 230}})
    assert values(batch) == {"voltage": 230.0}
    assert batch.rejected == [Rejection(0, "value", "power")]
    assert list(batch.runs[0].times_us) == [ARRIVAL]
    assert batch.clock_flagged == 0


@pytest.mark.parametrize(
    ("told", "form", "expected"),
    [
        ("2025-09-21T08:30:10Z", TimeFormat.RFC3339, 1_758_443_410_000_000),
        (1_758_443_410, TimeFormat.SECONDS, 1_758_443_410_000_000),
        ("1758443410.5", TimeFormat.SECONDS, 1_758_443_410_500_000),
        (1_758_443_410_123, TimeFormat.MILLISECONDS, 1_758_443_410_123_000),
        ("2025-10-26T02:30:00", TimeFormat.LOCAL, 1_761_438_600_000_000),  # comes twice: the first
    ],
)
def test_times_are_read_as_the_mapping_says(told: Any, form: TimeFormat, expected: int) -> None:
    batch = decode(PAYLOAD | {"Time": told}, replace(PLUG, time_format=form))
    assert list(batch.runs[0].times_us) == [expected]


@pytest.mark.parametrize("told", ["1970-01-01T00:00:10", "soon", 5, True, [], "0001-01-01T00:00:00", 1e300, "9" * 40])
@pytest.mark.parametrize("form", list(TimeFormat))
def test_a_time_that_cannot_be_is_the_arrival_and_flagged(told: Any, form: TimeFormat) -> None:
    batch = decode(PAYLOAD | {"Time": told}, replace(PLUG, time_format=form))
    assert list(batch.runs[0].times_us) == [ARRIVAL]
    assert batch.clock_flagged == 5


@pytest.mark.parametrize(
    ("template", "source", "expected"),
    [
        ("fixed", "tele/x/SENSOR", "fixed"),
        ("{level.1}-{/Id}", "tele/x/SENSOR", "x-7"),
        ("{/Mac~1Addr}", "tele/x/SENSOR", "AA:BB"),
        ("{level.0}", "/in/kitchen", "in"),
    ],
)
def test_a_serial_is_made_of_levels_leaves_and_text(template: str, source: str, expected: str) -> None:
    batch = decode(PAYLOAD | {"Id": 7, "Mac/Addr": "AA:BB"}, replace(PLUG, serial=template), source)
    assert batch.serial == expected


@pytest.mark.parametrize("template", ["{level.9}", "{/Nothing}", "{/ENERGY}", "a-{/Nothing}"])
def test_a_message_that_does_not_say_whose_it_is_is_malformed(template: str) -> None:
    with pytest.raises(MalformedPayload, match="serial"):
        decode(PAYLOAD, replace(PLUG, serial=template))


def test_a_payload_may_be_nothing_but_a_number() -> None:
    bare = Mapping(2, Source.MQTT, "home/+/temperature", "{level.1}", (Field("", "temperature", "temperature", "°F"),))
    assert values(decode(b"68.0", bare, "home/attic/temperature")) == {"temperature": 20.0}


def test_no_digit_of_a_large_register_is_lost() -> None:
    assert values(decode({"ENERGY": {"Total": 123456.789}}))["energy"] == 123_456_789.0


@pytest.mark.parametrize("payload", [b"{}", b"[]", b'{"ENERGY":{"Other":1}}', b'"on"'])
def test_a_payload_without_any_mapped_field_is_malformed(payload: bytes) -> None:
    with pytest.raises(MalformedPayload):
        decode(payload)


@pytest.mark.parametrize("payload", [b"", b"{", b"\xff", b"NaN"])
def test_what_is_not_json_is_told_so(payload: bytes) -> None:
    with pytest.raises(NotJson):
        decode(payload)


@pytest.mark.parametrize("value", ["nan", "inf", "1e999", 10**400, "1_0", "٣", "", {}, []])
def test_what_is_no_finite_number_is_rejected(value: Any) -> None:
    assert decode({"ENERGY": {"Power": value, "Voltage": 1}}).rejected == [Rejection(0, "value", "power")]


@settings(max_examples=200, deadline=None)
@given(
    st.binary(max_size=100)
    | st.recursive(
        st.none() | st.booleans() | st.floats() | st.text(max_size=5) | st.integers(),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(st.sampled_from(["ENERGY", "Power", "Total", "Time", "POWER1", "ANALOG", "Range"]), inner)
        ),
    ).map(lambda tree: json.dumps(tree).encode())
)
def test_any_payload_is_a_sound_batch_or_a_named_error(payload: bytes) -> None:
    try:
        batch = decode(payload)
    except MalformedPayload:
        return
    assert len(batch) + len(batch.rejected) > 0
