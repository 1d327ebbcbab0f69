"""Contract §4: energy in the site's calendar."""

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from system.running_server import AddedDevice, RunningServer

ZONE = ZoneInfo("Europe/Vienna")
MINUTE = 60_000
HOUR = 60 * MINUTE


def local(*when: int) -> int:
    return int(datetime(*when, tzinfo=ZONE).timestamp() * 1000)  # type: ignore[arg-type, misc]


# The night in which the clocks go back: this Sunday has 25 hours.
SATURDAY, SUNDAY, MONDAY = local(2025, 10, 25), local(2025, 10, 26), local(2025, 10, 27)


@pytest.fixture(scope="module")
def vienna(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    folder: Path = tmp_path_factory.mktemp("energy") / "data"
    with RunningServer(folder, env={"OHMSTEAD_ZONE": "Europe/Vienna"}) as running:
        yield running


@pytest.fixture(scope="module")
def meter(vienna: RunningServer) -> AddedDevice:
    """100 Wh a minute from Saturday to Monday midnight: 6 kWh an hour; `power` says the same, on Saturday only."""
    device = vienna.add_device("METER")
    rows = [{"t": t, "v": {"energy": (t - SATURDAY) / MINUTE * 0.1}} for t in range(SATURDAY, MONDAY + MINUTE, MINUTE)]
    for row in rows:
        if row["t"] < SUNDAY:
            row["v"]["power"] = 6000.0  # type: ignore[index]
    announced = [{"key": "energy", "quantity": "energy", "unit": "kWh"}, {"key": "power"}]
    assert device.send({"channels": announced, "samples": rows}).status_code == 200
    return device


def energy(server: RunningServer, expected: int = 200, **query: Any) -> Any:
    query = {("from" if k == "start" else k): v for k, v in query.items()}
    answer = server.admin.get("/energy", params=query)
    assert answer.status_code == expected, answer.text
    return answer.json().get("items")


def test_a_day_of_25_hours_has_the_energy_of_25_hours(vienna: RunningServer, meter: AddedDevice) -> None:
    days = energy(vienna, device=meter.id, period="day", start=SATURDAY, to=MONDAY)
    assert [(d["start"], d["end"]) for d in days] == [(SATURDAY, SUNDAY), (SUNDAY, MONDAY)]
    # A step counts in the bucket of its later sample: Saturday's first has no step before it.
    assert [d["kwh"] for d in days] == pytest.approx([24 * 6 - 0.1, 25 * 6])
    assert {d["quality"] for d in days} == {"measured"}


def test_hours_follow_each_other_through_the_change_of_clocks(vienna: RunningServer, meter: AddedDevice) -> None:
    hours = energy(vienna, device=meter.id, period="hour", start=SUNDAY, to=MONDAY)
    assert len(hours) == 25
    assert all(hour["end"] - hour["start"] == HOUR for hour in hours)
    assert [hour["kwh"] for hour in hours] == pytest.approx([6.0] * 25)


def test_longer_periods_add_up(vienna: RunningServer, meter: AddedDevice) -> None:
    for period in ("month", "year"):
        (whole,) = energy(vienna, device=meter.id, period=period, start=SATURDAY, to=MONDAY)
        assert whole["kwh"] == pytest.approx(49 * 6), period
        assert whole["quality"] == "partial", period
    weeks = energy(vienna, device=meter.id, period="week", start=SATURDAY, to=MONDAY)
    assert (weeks[0]["start"], weeks[0]["end"]) == (local(2025, 10, 20), MONDAY)


def test_power_alone_is_integrated_and_what_is_missing_is_said(vienna: RunningServer, meter: AddedDevice) -> None:
    days = energy(vienna, channel=meter.channel("power")["id"], period="day", start=SATURDAY, to=MONDAY)
    assert days[0]["quality"] == "integrated"
    assert days[0]["kwh"] == pytest.approx(24 * 6, rel=0.002)
    assert (days[1]["kwh"], days[1]["quality"], days[1]["missing"]) == (None, "missing", 1.0)


def test_a_hole_in_power_is_not_bridged(vienna: RunningServer) -> None:
    device = vienna.add_device("HOLE")
    minutes = [n for n in range(25 * 60) if not 600 <= n < 720]  # two hours without a word
    rows = [{"t": SATURDAY + n * MINUTE, "v": {"power": 1000.0}} for n in minutes]
    assert device.send({"samples": rows}).status_code == 200
    (day,) = energy(vienna, channel=device.channel("power")["id"], period="day", start=SATURDAY, to=SUNDAY)
    assert day["kwh"] == pytest.approx(22, rel=0.005)
    assert day["quality"] == "partial"
    assert day["missing"] == pytest.approx(2 / 24, rel=0.02)


def test_a_slower_interval_costs_a_few_steps_and_no_more(vienna: RunningServer) -> None:
    device = vienna.add_device("SLOWER")
    fast = range(SATURDAY, SATURDAY + HOUR, 10_000)
    slow = range(SATURDAY + HOUR, SATURDAY + 4 * HOUR + MINUTE, MINUTE)
    assert device.send({"samples": [{"t": t, "v": {"power": 1000.0}} for t in [*fast, *slow]]}).status_code == 200
    hours = energy(vienna, device=device.id, period="hour", start=SATURDAY, to=SATURDAY + 4 * HOUR)
    # Straight lines across the first four steps of a minute would be a guess.
    assert [hour["kwh"] for hour in hours] == pytest.approx([1, 55 / 60, 1, 1], abs=11 / 3600)
    assert [hour["quality"] for hour in hours] == ["integrated", "partial", "integrated", "integrated"]
    (day,) = energy(vienna, device=device.id, period="day", start=SATURDAY, to=SUNDAY)
    assert day["kwh"] == pytest.approx(4 - 4 / 60)


def test_a_faster_interval_makes_a_hole_of_what_was_usual(vienna: RunningServer) -> None:
    device = vienna.add_device("FASTER")
    slow = range(SATURDAY, SATURDAY + HOUR, MINUTE)
    fast = [SATURDAY + HOUR + n * 1000 for n in range(3600) if not 1800 <= n < 1950]
    assert device.send({"samples": [{"t": t, "v": {"power": 1000.0}} for t in [*slow, *fast]]}).status_code == 200
    hours = energy(vienna, device=device.id, period="hour", start=SATURDAY, to=SATURDAY + 2 * HOUR)
    # The hour begins with the step of a minute that ends at its first instant.
    assert hours[1]["kwh"] == pytest.approx(1 - 150 / 3600 + MINUTE / HOUR, abs=3 / 3600)
    assert hours[1]["quality"] == "partial"


def test_a_few_samples_far_apart_are_joined(vienna: RunningServer) -> None:
    device = vienna.add_device("FEW")
    rows = [{"t": SATURDAY + HOUR + n * HOUR // 2, "v": {"power": 1000.0}} for n in range(3)]
    assert device.send({"samples": rows}).status_code == 200
    (day,) = energy(vienna, device=device.id, period="day", start=SATURDAY, to=SUNDAY)
    assert day["kwh"] == pytest.approx(1.0)
    assert day["integrated"] == pytest.approx(1 / 24, abs=0.001)


def test_a_reset_and_a_dip_are_not_energy(vienna: RunningServer) -> None:
    device = vienna.add_device("RESET")
    registers = [12345.0, 0.0, 12346.0, 12347.0, *([0.5, 1.5, 2.5] * 1), *[2.5 + n for n in range(30)]]
    rows = [{"t": SATURDAY + n * MINUTE, "v": {"energy": r}} for n, r in enumerate(registers)]
    assert device.send({"samples": rows}).status_code == 200
    (day,) = energy(vienna, device=device.id, period="day", start=SATURDAY, to=SUNDAY)
    assert day["kwh"] * 1000 == pytest.approx(2 + 2.5 + 29)


def test_every_period_tells_the_same_sum_although_the_register_came_later(vienna: RunningServer) -> None:
    device = vienna.add_device("LATE")
    minutes = range(0, (MONDAY - SATURDAY) // MINUTE, 5)
    rows: list[dict[str, Any]] = [{"t": SATURDAY + n * MINUTE, "v": {"power": 1000.0}} for n in minutes]
    for n, row in zip(minutes, rows, strict=True):
        if row["t"] >= SUNDAY:
            row["v"]["energy"] = n * 20.0  # somewhat more than the power says
    assert device.send({"samples": rows}).status_code == 200
    sums = {
        period: sum(i["kwh"] or 0 for i in energy(vienna, device=device.id, period=period, start=SATURDAY, to=MONDAY))
        for period in ("hour", "day", "week", "month", "year")
    }
    whole = 24 - 1 / 12 + 25 * 1.2 - 0.1
    # The register's first hour lacks five minutes: power fits that one better.
    assert sums == pytest.approx({"hour": whole - 0.1, "day": whole, "week": whole, "month": whole, "year": whole})
    (week,) = energy(vienna, device=device.id, period="week", start=SATURDAY, to=MONDAY)
    assert (week["measured"], week["integrated"]) == pytest.approx((25 / 169, 24 / 169), rel=0.01)


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ({"period": "day"}, 422),
        ({"device": "1", "channel": "1", "period": "day"}, 422),
        ({"device": "1", "period": "fortnight"}, 422),
        ({"device": "4711", "period": "day"}, 404),
        ({"channel": "4711", "period": "day"}, 404),
        ({"device": "1", "period": "day", "start": 5, "to": 5}, 422),
        ({"device": "1", "period": "hour", "start": 0, "to": 4_000_000_000_000}, 422),
    ],
)
def test_questions_that_make_no_sense_are_refused(
    vienna: RunningServer, meter: AddedDevice, query: dict[str, Any], status: int
) -> None:
    energy(vienna, status, **query)


def test_energy_does_not_follow_from_volts(vienna: RunningServer) -> None:
    device = vienna.add_device("VOLTS")
    assert device.send({"t": SATURDAY, "v": {"voltage": 230.0}}).status_code == 200
    energy(vienna, 422, device=device.id, period="day")
    energy(vienna, 422, channel=device.channel("voltage")["id"], period="day")
