"""QoS 1 telemetry through the whole server, beside brokers that store nothing."""

import json
import shutil
import subprocess
import sys
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from statistics import median
from typing import Any

from bench.measurement import Measurement, alternate
from bench.peers import amqtt
from bench.peers.postgresql import free_port
from bench.peers.process import Peer
from bench.server import Server
from bench.workspace import Bench

CONNECTIONS, IN_FLIGHT = 20, 50
MESSAGES, QUICK_MESSAGES, AMQTT_MESSAGES = 400_000, 4_000, 60_000


def run(bench: Bench) -> list[Measurement]:
    folder = bench.fresh("mqtt")
    found = [_beside(bench, folder, "mqtt-mosquitto", MESSAGES, _mosquitto(folder))]
    peer, reason = amqtt.prepare(folder)
    found.append(_beside(bench, folder, "mqtt-amqtt", AMQTT_MESSAGES, peer, reason))
    return found


Start = Callable[[int], AbstractContextManager[Peer]]


def _mosquitto(folder: Path) -> Start | None:
    path = shutil.which("mosquitto") or shutil.which("mosquitto", path="/usr/sbin:/usr/local/sbin")
    if path is None:
        return None

    def start(port: int) -> Peer:
        config = folder / "mosquitto.conf"
        config.write_text(
            f"listener {port} 127.0.0.1\nallow_anonymous true\npersistence false\nlog_type error\n"
            "max_inflight_messages 0\nmax_queued_messages 0\nset_tcp_nodelay true\n"
        )
        broker = Peer([path, "-c", str(config)], folder / "mosquitto.log")
        broker.wait_for_port(port)
        return broker

    return start


def _beside(bench: Bench, folder: Path, name: str, messages: int, start: Start | None, reason: str = "") -> Measurement:
    count = bench.scale(messages, QUICK_MESSAGES)
    p99: list[float] = []
    cores: list[float] = []
    cost: list[float] = []

    def ours() -> float:
        """A fresh folder each time: the messages of every run have the same instants."""
        with Server(bench.fresh("mqtt-server") / "data") as server:
            server.add_devices([f"load-{n}" for n in range(CONNECTIONS)])
            token = server.mqtt_token("ohmstead/+/telemetry")
            busy = server.processor_s()
            result = _load(server.mqtt_port, count, "--password", token)
            p99.append(result["latency_ms"]["p99"])
            busy = server.processor_s() - busy
            cores.append(busy / result["seconds"])
            cost.append(busy / result["messages"] * 1e6)
            return float(result["messages_per_s"])

    def theirs() -> float:
        port = free_port()
        assert start is not None
        with start(port):
            return float(_load(port, count)["messages_per_s"])

    note = (
        f"{count} messages, {CONNECTIONS} connections × {IN_FLIGHT} in flight; the broker keeps nothing; "
        "rate limit per device lifted"
    )
    if start is None:
        values, peer = [ours() for _ in range(bench.rounds)], []
        note += f"; {reason or 'the broker is not installed'}"
    else:
        values, peer = alternate(bench.rounds, ours, theirs)
    note += f"; p99 {max(p99):.0f} ms; the server got {max(cores):.2f} cores at most, {median(cost):.0f} µs a message"
    return Measurement(name, values, peer, note)


def _load(port: int, messages: int, *credentials: str) -> dict[str, Any]:
    program = Path(__file__).parents[1] / "mqtt_load.py"
    options = ["--port", str(port), "--connections", str(CONNECTIONS), "--in-flight", str(IN_FLIGHT)]
    user = ["--username", ""] if credentials else []
    done = subprocess.run(
        [sys.executable, str(program), *options, "--messages", str(messages), *user, *credentials],
        stdout=subprocess.PIPE,
        check=True,
    )
    result: dict[str, Any] = json.loads(done.stdout)
    return result
