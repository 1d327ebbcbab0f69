"""System 001 over MQTT: who speaks, when the payload does not say."""

import pytest

from ohmstead.dialects.dialect import Envelope
from ohmstead.dialects.energy_monitor import EnergyMonitor

DIALECT = EnergyMonitor(("energy/+/data", "site/#", "monitor"))


def serial(source: str, payload: bytes = b'{"power":1}') -> str | None:
    return DIALECT.decode(payload, Envelope(1_763_682_000_000_000, source, "192.168.1.20")).serial


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("energy/kitchen/data", "kitchen"),
        ("energy/K üche/data", "K%20%C3%BCche"),
        ("site/a/b", "energy-monitor-192.168.1.20"),
        ("monitor", "energy-monitor-192.168.1.20"),
        ("/api/data", "energy-monitor-192.168.1.20"),
        ("energy//data", "energy-monitor-192.168.1.20"),
    ],
)
def test_the_first_wildcard_level_of_the_topic_names_the_device(source: str, expected: str) -> None:
    assert serial(source) == expected


def test_what_the_payload_says_comes_first() -> None:
    assert serial("energy/kitchen/data", b'{"power":1,"device_id":"esp32-1"}') == "esp32-1"
