"""What a connection costs that says nothing: the server's memory before and after ten thousand of them."""

import resource
import socket
import time

from bench.measurement import Measurement
from bench.mqtt_load import connect_packet
from bench.server import Server
from bench.workspace import Bench

CONNECTIONS = 10_000
SPARE_FILES = 200
PORTS_PER_ADDRESS = 20_000


def run(bench: Bench) -> list[Measurement]:
    wanted = bench.scale(CONNECTIONS, 200)
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))  # the server inherits it
    count = min(wanted, hard - SPARE_FILES)
    with Server(bench.fresh("idle") / "data") as server:
        token = server.add_devices(["idle"])[0]
        _connect(server.mqtt_port, "warm", token, 50)
        time.sleep(0.5)
        before = server.memory_kib()
        began = time.perf_counter()
        held = _connect(server.mqtt_port, "idle", token, count)
        took = time.perf_counter() - began
        time.sleep(0.5 if bench.quick else 3)
        after = server.memory_kib()
        for one in held:
            one.close()
    note = f"{count} connections in {took:.1f} s, MQTT 3.1.1, one device token; limit of open files {hard}, was {soft}"
    return [Measurement("mqtt-idle", [(after - before) / count], note=note)]


def _connect(port: int, prefix: str, token: str, count: int) -> list[socket.socket]:
    held = []
    for n in range(count):
        one = socket.create_connection((f"127.0.0.{1 + n // PORTS_PER_ADDRESS}", port))
        one.sendall(connect_packet(f"{prefix}-{n}", "idle", token, 0))
        held.append(one)
    for one in held:
        one.settimeout(30)
        if one.recv(4)[3:] != b"\0":
            raise SystemExit("a connection was refused")
    return held
