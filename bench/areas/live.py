"""From a device's send to fifty browsers, beside an echo with the same ten frames a second."""

import json
import subprocess
import sys
from statistics import median
from typing import Any

from bench.measurement import Measurement, alternate
from bench.peers.postgresql import free_port
from bench.peers.process import Peer
from bench.server import Server
from bench.workspace import Bench

DEVICES, PER_S, DASHBOARDS = 100, 1000, 50


def run(bench: Bench) -> list[Measurement]:
    folder = bench.fresh("live")
    devices = bench.scale(DEVICES, 10)
    seconds = bench.scale(15, 2)
    mine: list[dict[str, float]] = []
    echoes: list[dict[str, float]] = []
    port = free_port()
    with (
        Server(folder / "data") as server,
        Peer([sys.executable, "-m", "bench.load.live_echo", str(port)], folder / "echo.log") as echo,
    ):
        echo.wait_for_port(port)
        tokens = server.add_devices([f"live-{n}" for n in range(devices)])
        plan: dict[str, Any] = {
            "tokens": tokens,
            "per_s": bench.scale(PER_S, 100),
            "dashboards": bench.scale(DASHBOARDS, 5),
            "headers": {},
            "channels": [],
        }
        own = {"headers": {"Cookie": server.log_in(), "Origin": f"http://127.0.0.1:{server.http_port}"}}
        _load(server.http_port, 1.5, {**plan, **own, "dashboards": 1})  # makes the channels
        own["channels"] = _power_channels(server)

        def ours() -> float:
            mine.append(_load(server.http_port, seconds, {**plan, **own}))
            return mine[-1]["p99_ms"]

        def theirs() -> float:
            echoes.append(_load(port, seconds, plan))
            return echoes[-1]["p99_ms"]

        p99, echo_p99 = alternate(bench.rounds, ours, theirs)
    frames = median(one["frames_per_s"] for one in mine)
    note = (
        f"{plan['per_s']} messages of 6 channels a second over HTTP, {devices} devices, {plan['dashboards']} dashboards"
        f" that see all; {frames:.1f} frames/s each, of at most 10; lost {sum(one['lost'] for one in mine)}; worst "
        f"{max(one['worst_ms'] for one in mine):.0f} ms; the generator used "
        f"{median(one['generator_busy'] for one in mine):.0%} of a core"
    )
    return [
        Measurement("live-p99", p99, echo_p99, note),
        Measurement("live-p50", [one["p50_ms"] for one in mine], [one["p50_ms"] for one in echoes]),
    ]


def _power_channels(server: Server) -> list[str]:
    page = server.call("GET", "/devices?limit=500")
    return [c["id"] for one in page["items"] for c in one["channels"] if c["key"] == "power"]


def _load(port: int, seconds: float, plan: dict[str, Any]) -> dict[str, float]:
    done = subprocess.run(
        [sys.executable, "-m", "bench.load.live_load", str(port), str(seconds)],
        input=json.dumps(plan).encode(),
        stdout=subprocess.PIPE,
        check=True,
    )
    result: dict[str, float] = json.loads(done.stdout)
    return result
