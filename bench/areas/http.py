"""The HTTP door, durable, beside an echo on the same web server and beside decoding alone."""

import json
import subprocess
import sys
import time
from itertools import count, pairwise
from pathlib import Path
from statistics import median

import msgspec
import numpy as np

from bench.dataset import CHANNELS, START_US, Meter, day_of
from bench.machine import processor_s
from bench.measurement import Measurement, alternate
from bench.peers.postgresql import free_port
from bench.peers.process import Peer
from bench.server import Server, on_core
from bench.workspace import Bench

CONNECTIONS = 64
BATCH_ROWS = 167  # × 6 channels: 1002 samples
BATCH_CONNECTIONS = 8

Clients = list[tuple[list[str], str]]

# Each run goes on where no earlier one was: repeated instants would be another, harder case.
_start_ms = count(START_US // 1000, 20 * 86_400_000)


class _Sample(msgspec.Struct):
    t: int
    v: dict[str, float]


class _Message(msgspec.Struct):
    samples: list[_Sample]


def run(bench: Bench) -> list[Measurement]:
    folder = bench.fresh("http")
    with Server(folder / "data") as server:
        tokens = server.add_devices([f"load-{n}" for n in range(CONNECTIONS)])
        many: Clients = [(singles(n), token) for n, token in enumerate(tokens)]
        found = [_beside_echo(bench, folder, server, "http-single", many)]
        found.append(_beside_echo(bench, folder, server, "http-sequential", many[:1]))
    return [*found, _batches(bench, folder)]


def singles(number: int, count: int = 200) -> list[str]:
    """Bodies with one six-channel message each. The instant is left open, and so is the register, which only rises:
    bodies are sent again and again, and a register that fell back each time would be another, harder case."""
    (_, rows), _ = day_of(Meter(number, 60), 0, 1000.0)
    return [
        '{"t":@,"v":{'
        + ",".join(f'"{name}":{"@" if name == "energy" else repr(v)}' for name, v in zip(CHANNELS, row, strict=True))
        + "}}"
        for row in rows[:count].tolist()
    ]


def batches(number: int) -> list[str]:
    """Bodies of BATCH_ROWS messages each."""
    one = singles(number, 10 * BATCH_ROWS)
    cuts = range(0, len(one) + 1, BATCH_ROWS)
    return ['{"samples":[' + ",".join(one[a:b]) + "]}" for a, b in pairwise(cuts)]


def load(port: int, seconds: float, clients: Clients, *, core: int | None = None) -> dict[str, float]:
    """Run the load generator, on `core` only if one is given."""
    done = subprocess.run(
        [*on_core(core), sys.executable, "-m", "bench.load.http_load", str(port), str(seconds), str(next(_start_ms))],
        input=json.dumps(clients).encode(),
        stdout=subprocess.PIPE,
        check=True,
    )
    result: dict[str, float] = json.loads(done.stdout)
    return result


def _beside_echo(bench: Bench, folder: Path, server: Server, name: str, clients: Clients) -> Measurement:
    port = free_port()
    seconds = 0.5 if bench.quick else 4.0
    busy, latency, cost, echo_cost = [], [], [], []

    def ours() -> float:
        before = server.processor_s()
        result = load(server.http_port, seconds, clients)
        cost.append((server.processor_s() - before) / result["requests"] * 1e6)
        busy.append(result["generator_busy"])
        latency.append(result["p99_ms"])
        return result["per_s"]

    with Peer([sys.executable, "-m", "bench.load.echo", str(port)], folder / "echo.log") as echo:
        echo.wait_for_port(port)
        load(server.http_port, 0.3, clients)

        def theirs() -> float:
            before = processor_s(echo.pid)
            result = load(port, seconds, clients)
            echo_cost.append((processor_s(echo.pid) - before) / result["requests"] * 1e6)
            return result["per_s"]

        values, peer = alternate(bench.scale(4, 1), ours, theirs)
    note = (
        f"{len(clients)} connections; processor time {median(cost):.0f} against {median(echo_cost):.0f} µs a request; "
        f"p99 {median(latency):.1f} ms; the load generator itself used {median(busy):.0%} of a core; "
        "rate limit per device lifted"
    )
    return Measurement(name, values, peer, note)


def _batches(bench: Bench, folder: Path) -> Measurement:
    """The server on one core; decoding alone in this process."""
    bodies = [batches(n) for n in range(BATCH_CONNECTIONS)]
    seconds = 0.5 if bench.quick else 4.0
    p99 = []
    with Server(folder / "pinned", core=0) as server:
        tokens = server.add_devices([f"load-{n}" for n in range(BATCH_CONNECTIONS)])
        clients: Clients = list(zip(bodies, tokens, strict=True))
        load(server.http_port, 0.3, clients)

        def ours() -> float:
            result = load(server.http_port, seconds, clients, core=1)
            p99.append(result["p99_ms"])
            return result["per_s"] * BATCH_ROWS * len(CHANNELS)

        def decoding() -> float:
            return _decode_rate([body.replace("@", "1763682000123").encode() for body in bodies[0]], seconds / 2)

        values, peer = alternate(bench.scale(4, 1), ours, decoding)
    note = (
        f"{BATCH_ROWS} rows of 6 a request, {BATCH_CONNECTIONS} connections; server, its writer and its sealing on one "
        f"core; p99 {median(p99):.1f} ms"
    )
    return Measurement("http-batch", values, peer, note)


def _decode_rate(bodies: list[bytes], seconds: float) -> float:
    """Samples per second of decoding such bodies with msgspec into numpy columns, and nothing else."""
    decoder = msgspec.json.Decoder(_Message)
    samples = 0
    began = time.perf_counter()
    while time.perf_counter() - began < seconds:
        for body in bodies:
            message = decoder.decode(body)
            times = np.array([sample.t for sample in message.samples], np.int64)
            values = np.array([list(sample.v.values()) for sample in message.samples])
            samples += len(times) and values.size
    return samples / (time.perf_counter() - began)
