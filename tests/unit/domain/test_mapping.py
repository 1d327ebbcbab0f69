"""What an admin may map, and which messages a mapping takes."""

from dataclasses import replace
from typing import Any

import pytest

from ohmstead.domain.errors import InvalidInput
from ohmstead.domain.mapping import Field, Mapping, Source, at, check, first_leaves, fits, suggestion

GOOD = Mapping(1, Source.MQTT, "tele/+/SENSOR", "plug-{level.1}", (Field("/ENERGY/Power", "power", "power"),))


@pytest.mark.parametrize(
    ("wanted", "name", "expected"),
    [
        ("tele/+/SENSOR", "tele/a/SENSOR", True),
        ("tele/+/SENSOR", "tele/a/b/SENSOR", False),
        ("tele/#", "tele/a/b", True),
        ("tele/#", "tele", True),
        ("tele/#", "stat/a", False),
        ("/in/+", "/in/kitchen", True),
        ("/in/+", "/in", False),
        ("/in/+", "/in/a/b", False),
    ],
)
def test_a_filter_means_topics_and_paths_as_mqtt_does(wanted: str, name: str, expected: bool) -> None:
    assert fits(wanted, name) is expected


def test_a_mapping_that_is_switched_off_takes_nothing() -> None:
    assert GOOD.takes(Source.MQTT, "tele/a/SENSOR")
    assert not GOOD.takes(Source.HTTP, "tele/a/SENSOR")
    assert not replace(GOOD, enabled=False).takes(Source.MQTT, "tele/a/SENSOR")


def test_pointers_reach_into_objects_and_lists() -> None:
    document = {"a": [{"b/c": 1, "~": 2}], "": 3}
    assert at(document, "/a/0/b~1c") == 1
    assert at(document, "/a/0/~0") == 2
    assert at(document, "/") == 3
    assert at(document, "") is document
    for nowhere in ("/a/1", "/a/-1", "/a/x", "/a/0/b~1c/d", "/z", "/a/²"):
        assert at(document, nowhere) is None
    for pointer, value in first_leaves(document):
        assert at(document, pointer) == value


def test_a_preview_shows_a_bounded_number_of_leaves() -> None:
    assert len(first_leaves(list(range(10_000)))) == 200


def test_a_leaf_with_a_usual_name_is_suggested_with_its_quantity() -> None:
    assert suggestion("/ENERGY/Total") == Field("/ENERGY/Total", "total", "energy", "kWh")
    assert suggestion("/Wifi/RSSI").quantity == "signal"
    assert suggestion("/foo").quantity is None


@pytest.mark.parametrize(
    "change",
    [
        {"filter": ""},
        {"filter": "#"},
        {"filter": "+/a"},
        {"filter": "ohmstead/+/telemetry"},
        {"filter": "$SYS/x"},
        {"filter": "a/b#"},
        {"filter": "a/#/b"},
        {"filter": "a/" * 20},
        {"filter": "a\n"},
        {"source": Source.HTTP, "filter": "no/slash"},
        {"source": Source.HTTP, "filter": "/api/v1/telemetry"},
        {"source": Source.HTTP, "filter": "/data"},
        {"source": Source.HTTP, "filter": "/+"},
        {"source": Source.HTTP, "filter": "/"},
        {"serial": ""},
        {"serial": "{level.x}"},
        {"serial": "{__class__}"},
        {"serial": "x" * 600},
        {"fields": ()},
        {"fields": (Field("/a", "a"),) * 2},
        {"fields": (Field("a", "a"),)},
        {"fields": (Field("/a", ""),)},
        {"fields": (Field("/a", "a", "colour"),)},
        {"time_pointer": "Time"},
    ],
)
def test_what_makes_no_sense_is_refused(change: dict[str, Any]) -> None:
    with pytest.raises(InvalidInput):
        check(replace(GOOD, **change))


def test_what_makes_sense_is_taken() -> None:
    assert check(GOOD) is GOOD
    check(replace(GOOD, source=Source.HTTP, filter="/in/+", serial="{/Mac}"))
