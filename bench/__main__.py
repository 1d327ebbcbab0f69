"""`python -m bench [--only area,…] [--quick]`: one table on the screen, the same in results.json."""

import argparse
import importlib
import json
import shutil
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from bench import machine, page
from bench.budgets import AREAS, BUDGETS
from bench.measurement import Measurement, Row
from bench.report import table
from bench.workspace import Bench, make_folder

RESULTS = Path(__file__).with_name("results.json")


def main() -> int:
    options = _parser().parse_args()
    if options.area:
        return _one_area(options.area, Bench(options.folder, options.quick), options.into)
    areas = tuple(options.only.split(",")) if options.only else AREAS
    if unknown := set(areas) - set(AREAS):
        raise SystemExit(f"no such area: {', '.join(sorted(unknown))}; there are {', '.join(AREAS)}")
    folder = make_folder()
    try:
        facts = machine.facts(folder)
        found, noise = _measure(areas, folder, options.quick)
    finally:
        if options.keep:
            print(f"data kept in {folder}", file=sys.stderr)
        else:
            shutil.rmtree(folder, ignore_errors=True)
    rows = [Row(budget, found[budget.id]) for budget in BUDGETS if budget.id in found]
    print(table(rows))
    if not options.quick or options.results != RESULTS:
        _write(options.results, facts, noise, rows)
    return 0


def _measure(
    areas: tuple[str, ...], folder: Path, quick: bool
) -> tuple[dict[str, Measurement], dict[str, dict[str, float]]]:
    """Each area in a process of its own: nobody inherits another's heap, caches or threads."""
    found: dict[str, Measurement] = {}
    noise: dict[str, dict[str, float]] = {}
    for area in areas:
        into = folder / f"{area}.json"
        noise[area] = {"load_before": round(machine.load_average(), 2), "spin_ms": round(machine.spin_ms(), 1)}
        began = time.perf_counter()
        command = [sys.executable, "-m", "bench", "--area", area, "--folder", str(folder), "--into", str(into)]
        done = subprocess.run([*command, *(["--quick"] if quick else [])], check=False)
        took = time.perf_counter() - began
        print(f"  {area:<14} {took:6.1f} s   load before {noise[area]['load_before']}", file=sys.stderr, flush=True)
        if done.returncode == 0:
            measurements = [Measurement(**one) for one in json.loads(into.read_text())]
        else:
            note = f"the area failed with exit code {done.returncode}"
            measurements = [Measurement(budget.id, note=note) for budget in BUDGETS if budget.area == area]
        found.update((one.budget, one) for one in measurements)
    return found, noise


def _one_area(area: str, bench: Bench, into: Path) -> int:
    measurements: list[Measurement] = importlib.import_module(f"bench.areas.{area}").run(bench)
    into.write_text(
        json.dumps(
            [
                {"budget": one.budget, "values": list(one.values), "peer": list(one.peer), "note": one.note}
                for one in measurements
            ]
        )
    )
    return 0


def _write(path: Path, facts: dict[str, Any], noise: dict[str, dict[str, float]], rows: list[Row]) -> None:
    """Results of areas that did not run this time stay as they were."""
    held: dict[str, Any] = json.loads(path.read_text()) if path.exists() else {}
    results = {one["id"]: one for one in held.get("results", ())}
    for row in rows:
        results[row.budget.id] = {**row.as_json(), "date": facts["date"]}
    ordered = [results[budget.id] for budget in BUDGETS if budget.id in results]
    document = {"machine": facts, "noise": {**held.get("noise", {}), **noise}, "results": ordered}
    path.write_text(json.dumps(document, indent=1, ensure_ascii=False) + "\n")
    if path == RESULTS:
        page.update(document)


def _parser() -> argparse.ArgumentParser:
    options = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    options.add_argument("--only", help=f"areas, by comma: {', '.join(AREAS)}")
    options.add_argument("--quick", action="store_true", help="tiny sizes: proves that the bench works, no more")
    options.add_argument("--results", type=Path, default=RESULTS, help="where the figures are written")
    options.add_argument("--keep", action="store_true", help="do not remove the data")
    for name, kind in (("--area", str), ("--folder", Path), ("--into", Path)):
        options.add_argument(name, type=kind, help=argparse.SUPPRESS)
    return options


if __name__ == "__main__":
    sys.exit(main())
