"""Every driver file, found by itself: its constants, and each case of its vector file."""

from pathlib import Path

import drivers_core as core
import pytest
from sim.models import told
from sim.models.bench import Bench

from ohmstead.domain.quantity import QUANTITIES

FIRMWARE = str(Path(__file__).resolve().parents[1])
NAMES = core.names(FIRMWARE)
CASES = [(name, case["name"]) for name in NAMES for case in core.vector(FIRMWARE, name)["cases"]]


def bench_of(name: str) -> Bench:
    given = core.vector(FIRMWARE, name)
    return Bench(name, given, given["cases"][0])


def test_every_vector_file_belongs_to_a_driver():
    assert sorted(path.stem for path in Path(FIRMWARE, "tests", "vectors").glob("*.json")) == NAMES


def test_drivers_measure_what_the_server_knows():
    assert set(QUANTITIES) == core.QUANTITIES


@pytest.mark.parametrize("name", NAMES)
def test_a_driver_says_what_it_measures(name):
    bench = bench_of(name)
    assert not core.shape(bench.module)
    assert not core.coverage(bench.module, core.vector(FIRMWARE, name))
    told.forget()


@pytest.mark.parametrize(("name", "title"), CASES)
def test_a_case(name, title):
    given = core.vector(FIRMWARE, name)
    case = next(case for case in given["cases"] if case["name"] == title)
    assert core.play(name, given, case) is None


@pytest.mark.parametrize("name", NAMES)
def test_a_reading_fills_every_channel(name):
    bench = bench_of(name)
    assert len(bench.read()) == len(bench.channels)
    told.forget()


@pytest.mark.parametrize("name", NAMES)
def test_any_single_transfer_may_fail(name):
    assert core.disturb(name, core.vector(FIRMWARE, name)) is None
