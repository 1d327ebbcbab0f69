"""From a person's switch to the device; and old homes that are asked in time although some are dead."""

import json
import subprocess
import sys
from typing import Any, Final

from bench.measurement import Measurement
from bench.server import Server
from bench.workspace import Bench

DEVICES: Final = 1_000
SWITCHES: Final = 600
PER_S: Final = 50
ALIVE: Final = 180
DEAD: Final = 20
FIRST_PORT: Final = 17_000
POLL_SECONDS: Final = 40


def run(bench: Bench) -> list[Measurement]:
    return [*_switching(bench), _polling(bench)]


def _switching(bench: Bench) -> list[Measurement]:
    count, switches = bench.scale(DEVICES, 20), bench.scale(SWITCHES, 30)
    with Server(bench.fresh("switching") / "data") as server:
        room = server.call("POST", "/rooms", {"name": "Bench"})["id"]
        devices = []
        for n in range(count):
            made = server.call("POST", "/devices", {"serial": f"relay-{n}"})
            body = {"name": f"Relay {n}", "room_id": room, "device_id": made["device"]["id"], "key": "relay"}
            output = server.call("POST", "/outputs", body)["id"]
            devices.append({"serial": f"relay-{n}", "token": made["token"], "output": output})
        plan = {"cookie": server.log_in(), "switches": switches, "per_s": PER_S, "devices": devices}
        found = [
            _load("bench.load.switch_load", [server.http_port, server.mqtt_port], plan) for _ in range(bench.rounds)
        ]
    note = (
        f"{count} devices connected over MQTT, {switches} switches at {PER_S} a second over one keep-alive connection, "
        f"from the request to the device; each wish is on disk first; worst {max(f['worst_ms'] for f in found):.0f} ms"
    )
    return [
        Measurement("switch-p99", [f["p99_ms"] for f in found], note=note),
        Measurement("switch-p50", [f["p50_ms"] for f in found], note=note),
    ]


def _load(module: str, arguments: list[int], plan: dict[str, Any]) -> dict[str, float]:
    done = subprocess.run(
        [sys.executable, "-m", module, *map(str, arguments)],
        input=json.dumps(plan).encode(),
        stdout=subprocess.PIPE,
        check=True,
    )
    result: dict[str, float] = json.loads(done.stdout)
    return result


def _polling(bench: Bench) -> Measurement:
    alive, dead = bench.scale(ALIVE, 9), bench.scale(DEAD, 1)
    seconds = bench.scale(POLL_SECONDS, 6)
    command = [sys.executable, "-m", "bench.load.home_load", *map(str, (FIRST_PORT, alive, dead, seconds))]
    with (
        Server(bench.fresh("polling") / "data") as server,
        subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as homes,
    ):
        assert homes.stdin is not None
        assert homes.stdout is not None
        if homes.stdout.readline() != "ready\n":
            raise SystemExit("the homes did not start")
        for n in range(alive + dead):
            address = f"127.0.0.1:{FIRST_PORT + n}"
            server.call("POST", "/devices", {"serial": f"home-{n}", "dialect": "home-control", "address": address})
        before = server.processor_s()
        homes.stdin.write("go\n")
        homes.stdin.flush()
        found: dict[str, float] = json.loads(homes.stdout.readline())
        cost = (server.processor_s() - before) / (seconds + 10)
    note = (
        f"{alive} homes that answer and {dead} that only take connections, asked every "
        f"{found['interval_s']:.0f} s for {seconds} s; {found['polls']:.0f} polls, "
        f"p99 {found['p99_late_s']:.2f} s late, {cost:.0%} of a core"
    )
    return Measurement("poll-late", [found["worst_late_s"]], note=note)
