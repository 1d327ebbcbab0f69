"""A thousand rules over a thousand samples a second: what they cost, and whether ingest notices."""

import json
import random
import subprocess
import sys
from statistics import median
from typing import Any, Final

from bench.measurement import Measurement, alternate
from bench.server import Server
from bench.workspace import Bench

DEVICES: Final = 100
SAMPLES_PER_S: Final = 1_002  # 167 messages of six channels
RULES: Final = 1_000
SECONDS: Final = 10
ROUNDS: Final = 7  # many short ones: a neighbour's burst spoils one of them
BASE: Final = {
    "power": (400.0, 60.0),
    "voltage": (230.0, 1.0),
    "current": (1.7, 0.2),
    "temperature": (21.0, 0.1),
    "humidity": (45.0, 0.5),
    "energy": (100_000.0, 0.0),
}


def run(bench: Bench) -> list[Measurement]:
    devices, count = bench.scale(DEVICES, 10), bench.scale(RULES, 100)
    seconds, per_s = bench.scale(SECONDS, 2), SAMPLES_PER_S // len(BASE)
    folder = bench.fresh("rules")
    with Server(folder / "with") as ruled, Server(folder / "without") as bare:
        plans = [_plan(server, devices, per_s) for server in (ruled, bare)]
        for server, plan in zip((ruled, bare), plans, strict=True):
            _load(server, 2.0, plan)  # makes the channels
        for rule in bare.call("GET", "/rules"):
            bare.call("PATCH", f"/rules/{rule['id']}", {"enabled": False})
        for rule in _rules(ruled, count):
            ruled.call("POST", "/rules", rule)
        burnt: dict[str, list[float]] = {"with": [], "without": []}

        def measured(server: Server, plan: dict[str, Any], kind: str) -> dict[str, float]:
            before = server.processor_s()
            told = _load(server, seconds, plan)
            burnt[kind].append((server.processor_s() - before) / seconds * 100)
            return told

        both: dict[str, list[dict[str, float]]] = {"with": [], "without": []}

        def ours() -> float:
            both["with"].append(measured(ruled, plans[0], "with"))
            return both["with"][-1]["p99_ms"]

        def theirs() -> float:
            both["without"].append(measured(bare, plans[1], "without"))
            return both["without"][-1]["p99_ms"]

        p99, bare_p99 = alternate(bench.scale(ROUNDS, 1), ours, theirs)
        shares = [mine - other for mine, other in zip(burnt["with"], burnt["without"], strict=True)]
        answers = list(zip(both["with"], both["without"], strict=True))
        alerts = len(ruled.call("GET", "/alerts?limit=1000")["items"])
        channels = sum(rule["channels"] for rule in ruled.call("GET", "/rules"))
    note = (
        f"{count} rules that watch {channels} channels together, {per_s} messages of {len(BASE)} channels a second "
        f"over HTTP from {devices} devices; the server used {median(burnt['with']):.0f} % of a core with them and "
        f"{median(burnt['without']):.0f} % with no rule at all; {alerts} alerts were raised"
    )
    p50 = median(mine["p50_ms"] for mine, _ in answers), median(other["p50_ms"] for _, other in answers)
    lost = sum(one["sent"] - one["answered"] for pair in answers for one in pair)
    return [
        Measurement("rules-core", shares, note=note),
        Measurement("rules-p99", p99, bare_p99, f"p50 {p50[0]:.2f} against {p50[1]:.2f} ms; unanswered {lost:.0f}"),
    ]


def _plan(server: Server, devices: int, per_s: int) -> dict[str, Any]:
    """Each device sends a hundred different messages in turn; the server notes when they came."""
    dice = random.Random(7)
    tokens = server.add_devices([f"rules-{n}" for n in range(devices)])
    clients = []
    for token in tokens:
        bodies, energy = [], BASE["energy"][0]
        for _ in range(100):
            values = {key: round(dice.gauss(*spread), 3) for key, spread in BASE.items()}
            energy += 0.1
            bodies.append(json.dumps({"v": {**values, "energy": round(energy, 1)}}))
        clients.append((bodies, token))
    return {"per_s": per_s, "clients": clients}


def _rules(server: Server, count: int) -> list[dict[str, Any]]:
    """Six in ten look at one channel, two in ten at a quantity of every device, the rest at rates, budgets and more.

    Every fiftieth flaps.
    """
    items = server.call("GET", "/devices?limit=1000")["items"]
    channels = [channel for device in items for channel in device["channels"]]
    of = {key: [c["id"] for c in channels if c["key"] == key] for key in BASE}
    rules: list[dict[str, Any]] = []
    for n in range(count):
        key = list(BASE)[n % 5]
        middle, spread = BASE[key]
        one, kind = of[key][n % len(of[key])], n % 10
        condition: dict[str, Any] = {
            "kind": "threshold",
            "above": middle + 5 * spread,
            "hysteresis": spread,
            "for_s": 5,
        }
        rule: dict[str, Any] = {"name": f"Rule {n}", "scope": {"channel_id": one}, "targets": [], "severity": "info"}
        if n % 50 == 0:  # one that comes and goes with every few samples
            condition = {"kind": "threshold", "above": middle}
        elif kind in (6, 7):
            rule["scope"] = {"quantity": key}
            condition["above"] = middle + (4 + n / count) * spread
        elif kind == 8:
            condition = {"kind": "rate", "rises_by": 12 * spread, "within_s": 60}
        elif kind == 9 and n % 20 == 9:
            rule["scope"] = {"channel_id": of["energy"][n % len(items)]}
            condition = {"kind": "budget", "limit": 5_000_000, "period": "day"}
        elif kind == 9:
            del rule["scope"]
            parts = [{"channel_id": of[name][n % len(items)], "condition": condition} for name in ("power", "current")]
            condition = {"kind": "all", "parts": parts}
        rules.append({**rule, "condition": condition})
    return rules


def _load(server: Server, seconds: float, plan: dict[str, Any]) -> dict[str, float]:
    done = subprocess.run(
        [sys.executable, "-m", "bench.load.paced_load", str(server.http_port), str(seconds)],
        input=json.dumps(plan).encode(),
        stdout=subprocess.PIPE,
        check=True,
    )
    result: dict[str, float] = json.loads(done.stdout)
    return result
