"""The force lab: streaming at full speed with three dashboards, and what a person waits for in a year of sessions."""

import asyncio
import json
import subprocess
import sys
import time
from dataclasses import replace
from statistics import median
from typing import Any

import numpy as np
import sqlalchemy as sa

from bench.measurement import Measurement
from bench.server import Server
from bench.workspace import Bench, Path
from ohmstead.database import Database
from ohmstead.database.schema import metadata
from ohmstead.domain.recording import Recording, Trial, TrialState, Trigger
from ohmstead.domain.subject import Subject
from ohmstead.storage import recording_tables, subjects  # noqa: F401 - the tables belong to the metadata
from ohmstead.storage import recordings as store

DEVICES, RATE, SAMPLES, DASHBOARDS = 4, 1000, 50, 3
TRIALS, TRIAL_S = 20, 10
YEAR_OF_TRIALS = 10_000
START_US = 1_750_000_000_000_000
REPEATS = 9


def run(bench: Bench) -> list[Measurement]:
    return [*_streaming(bench), *_looking(bench)]


def _streaming(bench: Bench) -> list[Measurement]:
    seconds = bench.scale(15, 3)
    busy: list[float] = []
    found: list[dict[str, Any]] = []
    with Server(bench.fresh("force") / "data") as server:
        plan: dict[str, Any] = {
            "devices": DEVICES,
            "rate": RATE,
            "samples": SAMPLES,
            "dashboards": 0,
            "cookie": server.log_in(),
            "channels": [],
            "left": [],
        }
        _load(server.http_port, 1.5, plan)  # makes the channels
        known = server.call("GET", "/force-devices")
        plan["channels"] = [c["id"] for one in known for c in one["channels"]]
        plan["left"] = [c["id"] for one in known for c in one["channels"] if c["key"] == "left"]
        plan["dashboards"] = DASHBOARDS
        for _ in range(bench.rounds):
            before, began = server.processor_s(), time.perf_counter()
            found.append(_load(server.http_port, seconds, plan))
            busy.append(100 * (server.processor_s() - before) / (time.perf_counter() - began))
    wanted = 2 * sum(one["samples"] for one in found)
    note = (
        f"{DEVICES} devices × 2 channels × {RATE} Hz in frames of {SAMPLES}, {DASHBOARDS} dashboards that get every "
        f"sample; {sum(one['lost'] for one in found)} frames lost, "
        f"{sum(sum(one['arrived']) for one in found)} of {wanted * DASHBOARDS} values arrived"
    )
    return [
        Measurement("force-core", busy, note=note),
        Measurement("force-p99", [one["p99_ms"] for one in found], note="from the send of a frame to every dashboard"),
        Measurement("force-p50", [one["p50_ms"] for one in found]),
    ]


def _load(port: int, seconds: float, plan: dict[str, Any]) -> dict[str, Any]:
    done = subprocess.run(
        [sys.executable, "-m", "bench.load.force_load", str(port), str(seconds)],
        input=json.dumps(plan).encode(),
        stdout=subprocess.PIPE,
        check=True,
    )
    result: dict[str, Any] = json.loads(done.stdout)
    return result


def _looking(bench: Bench) -> list[Measurement]:
    folder = bench.fresh("force-year") / "data"
    trials = bench.scale(TRIALS, 3)
    with Server(folder) as server:
        token = server.add_devices(["rig"])[0]
        _pulls(server, token, trials)
        (device,) = server.call("GET", "/devices")["items"]
    channels = tuple(int(c["id"]) for c in device["channels"])
    asyncio.run(_fill(folder, int(device["id"]), channels, trials, bench.scale(YEAR_OF_TRIALS, 200)))
    with Server(folder) as server:
        for number in range(1, trials + 1):
            server.call("POST", f"/trials/{number}/analyse", {})
        session = _median_ms(lambda: server.call("GET", "/recordings/1"))
        filters = ("", "&subject=7", "&group=1", "&from=1750000000&to=9000000000000", "&kind=imtp")
        lists = [
            _median_ms(lambda: server.call("GET", f"/trials?limit=1000{one}"))  # noqa: B023 - called at once
            for one in filters
        ]
        pages = [
            _median_ms(lambda: server.call("GET", f"/recordings?limit=200{one}"))  # noqa: B023 - called at once
            for one in filters
        ]
        data = _median_ms(lambda: server.call("GET", "/trials/1/data?points=2000"))
        looks = _median_ms(lambda: server.call("POST", "/trials/1/analyse", {"keep": False}))
    worst = f"the slowest of {len(filters)} filters; a page of 200 recordings {max(pages):.0f} ms"
    return [
        Measurement("force-session", [session], note=f"{trials} trials, each with its newest result"),
        Measurement("force-list", [max(lists)], note=f"1000 of them on a page, {worst}"),
        Measurement("force-chart", [data], note=f"{TRIAL_S} s of two channels"),
        Measurement("force-drag", [looks], note=f"analysis of {TRIAL_S} s at {RATE} Hz, over HTTP, not kept"),
    ]


def _median_ms(ask: Any) -> float:
    took = []
    for _ in range(REPEATS):
        began = time.perf_counter()
        ask()
        took.append(1000 * (time.perf_counter() - began))
    return median(took)


def _pulls(server: Server, token: str, trials: int) -> None:
    """Newtons of a native device: a quiet stance and a pull in every ten seconds."""
    import http.client

    t = np.arange(TRIAL_S * RATE) / RATE
    force = 800 + 1600 * (1 / (1 + np.exp(-20 * (t - 4))) - 1 / (1 + np.exp(-20 * (t - 8))))
    noise = np.random.default_rng(1)
    connection = http.client.HTTPConnection("127.0.0.1", server.http_port)
    for trial in range(trials):
        side = np.round((force + noise.normal(0, 1, len(t))) / 2, 2).tolist()
        columns = {"t0_us": START_US + trial * TRIAL_S * 1_000_000, "dt_us": 1000, "v": {"left": side, "right": side}}
        channels = [{"key": key, "quantity": "force", "unit": "N"} for key in ("left", "right")]
        body = json.dumps({"channels": channels, "columns": columns})
        headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
        connection.request("POST", "/api/v1/telemetry", body, headers)
        answer = connection.getresponse()
        assert answer.status == 200, answer.read()
        answer.read()


async def _fill(folder: Path, device: int, channels: tuple[int, ...], trials: int, year: int) -> None:
    """One session with real samples; then a year of others."""
    database = Database.open(f"sqlite:///{folder / 'ohmstead.db'}", metadata=metadata)
    database.start(asyncio.get_running_loop())
    plain = Recording(1, "imtp", "Session", channels, START_US, "bench", ended_at=START_US)

    def write(connection: sa.Connection) -> None:
        for number in range(1, 101):
            subjects.put(connection, Subject(number, f"S-{number:03}", START_US, 80.0))
        store.insert(connection, plain, [device])
        for n in range(trials):
            t0 = START_US + n * TRIAL_S * 1_000_000
            trial = Trial(n + 1, 1, n + 1, TrialState.DONE, Trigger(), t0, "bench", t0, t0 + TRIAL_S * 1_000_000)
            store.put_trial(connection, trial)
        number = trials
        for session in range(2, 2 + year // 5):
            at = START_US + session * 3_600_000_000
            one = replace(plain, id=session, name=f"Session {session}", subject=1 + session % 100, started_at=at)
            store.insert(connection, one, [device])
            for n in range(5):
                number += 1
                t0 = at + n * 60_000_000
                quality = {str(c): {"samples": 10_000, "rate_hz": 1000.0, "gaps": [], "lost": 0} for c in channels}
                trial = Trial(number, session, n + 1, TrialState.DONE, Trigger(), t0, "bench", t0, t0 + 10_000_000)
                store.put_trial(connection, replace(trial, quality=quality, accepted=n % 2 == 0))

    await database.write(write)
    await database.close()
