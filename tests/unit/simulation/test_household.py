"""A simulated house is a plausible one, and its meters speak as the real ones do."""

import itertools
import json
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from ohmstead.dialects.current_logger import CurrentLogger
from ohmstead.dialects.dialect import Envelope
from ohmstead.dialects.energy_monitor import EnergyMonitor
from ohmstead.dialects.native import DIALECT as NATIVE
from ohmstead.dialects.pzem_meter import PzemMeter
from ohmstead.simulation import meters as form
from ohmstead.simulation.household import Household, Reading
from ohmstead.simulation.meters import Protocol, fleet

START = datetime(2025, 6, 1, tzinfo=UTC).timestamp()


def month(house: Household, step_s: float = 300.0) -> list[Reading]:
    return [house.reading(START + n * step_s) for n in range(int(30 * 86_400 / step_s))]


@pytest.mark.parametrize("seed", range(1, 6))
def test_a_household_draws_what_households_draw(seed: int) -> None:
    readings = month(Household(seed))
    daily_kwh = readings[-1].energy / 30_000
    assert 2 < daily_kwh < 25
    assert all(30 < r.power < 8000 for r in readings)
    assert all(215 < r.voltage < 245 for r in readings)
    assert all(49.8 < r.frequency < 50.2 for r in readings)
    assert {r.energy_export for r in readings} == {0.0}


def test_registers_never_fall_and_agree_with_the_power() -> None:
    readings = month(Household(1, energy_wh=5000.0), step_s=60.0)
    energies = [r.energy for r in readings]
    assert energies == sorted(energies)
    integral = sum((a.power + b.power) / 2 * 60 / 3600 for a, b in itertools.pairwise(readings))
    assert energies[-1] - 5000.0 == pytest.approx(integral, rel=1e-3)


def test_a_roof_gives_energy_away_by_day_only() -> None:
    readings = month(Household(1, solar_w=4200.0))
    assert readings[-1].energy_export > 100_000
    night = [r for r in readings if (r.at + 3600) % 86_400 < 3 * 3600]
    assert all(r.power > 0 for r in night)


def test_the_same_seed_is_the_same_house() -> None:
    assert month(Household(7))[:500] == month(Household(7))[:500]
    assert month(Household(7))[:500] != month(Household(8))[:500]


def test_a_fleet_takes_the_protocols_in_turn_with_serials_of_their_own() -> None:
    meters = fleet(23, list(Protocol))
    assert [m.protocol for m in meters[:6]] == [*Protocol, Protocol.NATIVE_MQTT]
    assert len({m.serial for m in meters}) == len({m.name for m in meters}) == 23


def test_every_message_is_understood_by_its_dialect() -> None:
    (meter,) = fleet(1, [Protocol.METER])
    reading = Household(3, energy_wh=12_345.678).reading(START + 12.5)
    envelope = Envelope(round((START + 13) * 1e6), source="meter/1/data", peer="127.0.0.1", hint=meter.serial)
    zone = ZoneInfo("Europe/Budapest")

    native = NATIVE.decode(form.encode(form.native(meter, reading)), envelope)
    assert native.runs[0].times_us == [round(reading.at * 1e6)]
    columns = NATIVE.decode(form.encode(form.native_columns(meter, [reading, reading])), envelope)
    assert len(columns.announced) == 6
    assert len(columns) == 12

    logger = CurrentLogger().decode(form.encode(form.current_logger(reading, zone)), envelope)
    assert logger.runs[0].times_us == [round(reading.at * 1e6)]
    assert logger.runs[0].values == [pytest.approx(reading.current, abs=1e-6)]
    assert form.current_data_row(reading, zone).startswith("02:00:12.500,")

    monitor = EnergyMonitor().decode(form.encode(form.energy_monitor(meter, reading)), envelope)
    assert monitor.serial == meter.serial
    assert dict(zip(monitor.runs[0].keys, monitor.runs[0].values, strict=True))["energy"] == pytest.approx(12_345.7)

    pzem = PzemMeter().decode(form.encode(form.pzem_meter(meter, reading)), envelope)
    values = dict(zip(pzem.runs[0].keys, pzem.runs[0].values, strict=True))
    assert (pzem.serial, values["energy"], values["voltage"]) == (meter.serial, 12_346.0, reading.voltage)


def test_a_firmware_of_float32_prints_its_noise() -> None:
    assert form.float32(228.4) == 228.399994
    assert json.loads(form.encode({"x": form.float32(0.413)})) == {"x": 0.413}
