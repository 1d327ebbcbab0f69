"""The catalogue of drivers: read from their constants, never by running them."""

import json
import sys
from pathlib import Path

import drivers_core as core
import pytest
from drivers_test import FIRMWARE
from sim.models.bench import Bench

sys.path.insert(0, str(Path(FIRMWARE).parent / "tools"))

import catalogue

LISTED = {entry["driver"]: entry for entry in json.loads(catalogue.catalogue())["drivers"]}


def test_every_driver_is_listed():
    assert sorted(LISTED) == core.names(FIRMWARE)


@pytest.mark.parametrize("name", sorted(LISTED))
def test_what_is_listed_is_what_the_driver_has(name):
    module, entry = Bench(name, core.vector(FIRMWARE, name), {}).module, LISTED[name]
    assert [tuple(channel.values()) for channel in entry["channels"]] == list(module.CHANNELS)
    assert {setting["name"]: setting["default"] for setting in entry["settings"]} == module.DEFAULTS
    assert entry["commands"] == list(getattr(module, "COMMANDS", ()))
    assert entry["bus"] == getattr(module, "BUS", None)
    assert entry["title"]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("DEFAULTS = {}", "bad.py: CHANNELS is missing"),
        ("CHANNELS = ()", "bad.py: DEFAULTS is missing"),
        ("X = 1\nCHANNELS = print('run')\n", "bad.py:2: CHANNELS is not a plain value"),
    ],
)
def test_a_driver_that_cannot_be_read_is_named(tmp_path, text, said):
    path = tmp_path / "bad.py"
    path.write_text(text)
    with pytest.raises(ValueError, match=said):
        catalogue.entry(path)
