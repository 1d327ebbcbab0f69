"""The page on performance says what was measured, and verdicts follow from figures."""

import json
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]


@pytest.fixture(autouse=True)
def _bench_importable(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.syspath_prepend(str(ROOT))
    yield
    for name in [one for one in sys.modules if one == "bench" or one.startswith("bench.")]:
        del sys.modules[name]


def test_the_page_quotes_exactly_what_was_measured() -> None:
    from bench import page

    document = json.loads((ROOT / "bench" / "results.json").read_text())
    quoted = page.PAGE.read_text().partition(page.BEGIN)[2].partition(page.END)[0].strip()
    assert quoted == page.drawn(document)


def test_every_budget_has_a_result_and_every_area_a_module() -> None:
    from bench.budgets import AREAS, BUDGETS

    results = json.loads((ROOT / "bench" / "results.json").read_text())["results"]
    assert [one["id"] for one in results] == [budget.id for budget in BUDGETS]
    assert all((ROOT / "bench" / "areas" / f"{area}.py").exists() for area in AREAS)


def test_stored_verdicts_agree_with_todays_budgets() -> None:
    from bench.budgets import BUDGETS

    results = {one["id"]: one for one in json.loads((ROOT / "bench" / "results.json").read_text())["results"]}
    for budget in BUDGETS:
        assert (results[budget.id]["aim"], results[budget.id]["limit"]) == (budget.aim, budget.limit), budget.id


@pytest.mark.parametrize(
    ("values", "peer", "verdict"),
    [
        ([12.0], [2.0], "yes"),
        ([12.0], [10.0], "ratio NO"),
        ([8.0], [2.0], "ratio yes, aim NO"),
        ([8.0], [10.0], "NO"),
        ([12.0], [], "aim yes, no peer"),
        ([8.0], [], "aim NO"),
        ([], [], "n/a"),
    ],
)
def test_a_verdict_follows_from_the_figures(values: list[float], peer: list[float], verdict: str) -> None:
    from bench.budgets import Budget
    from bench.measurement import Measurement, Row

    budget = Budget("x", "x", "x", "/s", "more", 10.0, "peer", 3.0)
    assert Row(budget, Measurement("x", values, peer)).verdict == verdict


def test_the_ratio_is_the_median_of_the_pairs_not_the_ratio_of_the_medians() -> None:
    from bench.budgets import Budget
    from bench.measurement import Measurement, Row

    row = Row(Budget("x", "x", "x", "/s", "more"), Measurement("x", [10, 20, 30], [1, 10, 10]))
    assert row.ratio == 3.0


def test_the_meters_are_the_same_for_the_same_seed_and_never_leave_their_day() -> None:
    from bench import dataset

    meter = dataset.Meter(3, 10)
    (times, values), register = dataset.day_of(meter, 5, 1000.0)
    (again, same), _ = dataset.day_of(meter, 5, 1000.0)
    assert (times == again).all()
    assert (values == same).all()
    assert (times[1:] > times[:-1]).all()
    assert times[0] >= dataset.START_US + 5 * dataset.DAY_US
    assert times[-1] < dataset.START_US + 6 * dataset.DAY_US
    assert register > values[-1, 3] >= values[0, 3] >= 1000.0


def test_batches_hold_every_row_once_and_in_order() -> None:
    import numpy as np
    from bench import dataset

    fleet = dataset.meters(3, fast=1)
    found = list(dataset.batches(fleet, 2, 5_000))
    assert sum(map(dataset.samples_in, found)) == dataset.rows_per_day(fleet) * dataset.WIDTH * 2
    for meter in fleet:
        times = np.concatenate([t for batch in found for m, t, _ in batch if m == meter.number])
        assert (times[1:] > times[:-1]).all()
