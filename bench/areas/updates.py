"""A release to a fleet while telemetry goes on, and how long it takes to plan one."""

import http.client
import json
import random
import subprocess
import sys
import time
from statistics import median
from typing import Any, Final

from bench import store
from bench.measurement import Measurement
from bench.server import Server
from bench.workspace import Bench
from ohmstead.app import App
from ohmstead.commands.firmware_releases import form_with, make_bundle, public_of
from ohmstead.domain.access import ROLES, Principal, Role
from ohmstead.domain.device import DeviceState
from ohmstead.domain.release import Channel
from ohmstead.domain.rollout import Terms
from ohmstead.domain.signing import EXPONENT, KEY_BITS
from ohmstead.settings import Settings

DEVICES: Final = 500
FILES: Final = 16  # of 4 KB: 64 KB in all
MESSAGES_PER_S: Final = 200
SECONDS: Final = 10
PLANNED: Final = 10_000


def run(bench: Bench) -> list[Measurement]:
    from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key

    key = generate_private_key(EXPONENT, KEY_BITS)
    return [*_rolled_out(bench, key), _planned(bench, key)]


def _bundle(key: Any, version: str) -> bytes:
    dice = random.Random(version)
    files = {f"agent/part{n}.mpy": dice.randbytes(4096) for n in range(FILES)}
    return make_bundle(files, version, ("esp32",), key, 1)


def _rolled_out(bench: Bench, key: Any) -> list[Measurement]:
    count, seconds = bench.scale(DEVICES, 10), bench.scale(SECONDS, 2)
    took, quiet, during = [], [], []
    with Server(bench.fresh("updates") / "data") as server:
        server.call("POST", "/release-keys", {"name": "bench", "n": public_of(key).hexadecimal})
        serials = [f"update-{n}" for n in range(count)]
        tokens = server.add_devices(serials)
        plan = _plan(server)
        fleet = _start(server, {"n": public_of(key).hexadecimal, "devices": list(zip(serials, tokens, strict=True))})
        _until(server, "1.0.0", count)
        _load(server, 2.0, plan).wait()  # makes the channels
        for n in range(bench.rounds):
            quiet.append(_p99(_load(server, seconds, plan)))
            version = f"1.{n + 1}.0"
            release = _upload(server, _bundle(key, version))
            body = {"release_id": release, "devices": "all", "waves": [1.0], "healthy_s": 0, "sensors": False}
            began = time.perf_counter()
            rollout = server.call("POST", "/rollouts", body)["id"]
            load = _load(server, seconds, plan)
            while (found := server.call("GET", f"/rollouts/{rollout}"))["state"] == "running":
                time.sleep(0.5)
            took.append(time.perf_counter() - began)
            if found["state"] != "done" or found["counts"] != [{"confirmed": count}]:
                raise SystemExit(f"the rollout went wrong: {found['state']} {found['reason']} {found['counts']}")
            during.append(_p99(load))
        assert fleet.stdin is not None
        fleet.stdin.close()
        fleet.wait(30)
    note = f"{count} devices over HTTP, {FILES} files of 4 KB, verified, restarted, confirmed; one wave"
    side = f"{MESSAGES_PER_S} messages/s of one value beside it for {seconds} s; quiet p99 {median(quiet):.2f} ms"
    return [Measurement("update-fleet", took, note=note), Measurement("update-p99", during, quiet, side)]


def _plan(server: Server) -> dict[str, Any]:
    tokens = server.add_devices([f"reads-{n}" for n in range(20)])
    clients = [([json.dumps({"v": {"power": 200.0 + n}}) for n in range(50)], token) for token in tokens]
    return {"per_s": MESSAGES_PER_S, "clients": clients}


def _start(server: Server, told: dict[str, Any]) -> "subprocess.Popen[bytes]":
    command = [sys.executable, "-m", "bench.load.update_load", str(server.http_port)]
    fleet = subprocess.Popen(command, stdin=subprocess.PIPE)
    assert fleet.stdin is not None
    fleet.stdin.write(json.dumps(told).encode() + b"\n")
    fleet.stdin.flush()
    return fleet


def _until(server: Server, version: str, count: int) -> None:
    deadline = time.perf_counter() + 120
    while time.perf_counter() < deadline:
        groups = server.call("GET", "/fleet")["items"]
        if sum(group["count"] for group in groups if group["version"] == version) == count:
            return
        time.sleep(0.2)
    raise SystemExit(f"not all devices said that they run {version}")


def _load(server: Server, seconds: float, plan: dict[str, Any]) -> "subprocess.Popen[bytes]":
    command = [sys.executable, "-m", "bench.load.paced_load", str(server.http_port), str(seconds)]
    load = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert load.stdin is not None
    load.stdin.write(json.dumps(plan).encode())
    load.stdin.close()
    return load


def _p99(load: "subprocess.Popen[bytes]") -> float:
    assert load.stdout is not None
    told = json.loads(load.stdout.read())
    load.wait()
    return float(told["p99_ms"])


def _upload(server: Server, archive: bytes) -> str:
    body, kind = form_with({}, "bundle", "bundle.tar", archive)
    connection = http.client.HTTPConnection("127.0.0.1", server.http_port)
    connection.request("POST", "/api/v1/releases", body, {"Cookie": server.log_in(), "Content-Type": kind})
    answer = connection.getresponse()
    told = json.loads(answer.read())
    connection.close()
    if answer.status != 201:
        raise SystemExit(f"no release: {answer.status} {told}")
    return str(told["id"])


def _planned(bench: Bench, key: Any) -> Measurement:
    count = bench.scale(PLANNED, 200)
    folder = bench.fresh("planning")

    async def main() -> Measurement:
        app = App(Settings(data_dir=folder))
        await app.start()
        ada = Principal("ada", ROLES[Role.ADMIN], user=1, role=Role.ADMIN)
        for n in range(count):
            known = app.registry.create(f"P{n}", f"P{n}", DeviceState.CLAIMED, "native", app.clock.now())
            known.device.details = {"board": "esp32", "firmware": "1.0.0"}
        updates = app.updating.updates
        await updates.keys.trust(ada, "bench", public_of(key).hexadecimal)
        release = await updates.releases.add_bundle(ada, _bundle(key, "2.0.0"), Channel.STABLE, "")
        took = []
        for _ in range(bench.rounds):
            began = time.perf_counter()
            rollout = await updates.rollouts.start(ada, release.id, None, Terms())
            took.append(time.perf_counter() - began)
            assert sum(rollout.sizes) == count
            await updates.rollouts.stop(ada, rollout.id)
        await app.gateway.close()
        await app.close()
        return Measurement("update-plan", took, note=f"{count} devices chosen, checked, put into 3 waves, on disk")

    found: Measurement = store.run(main)
    return found
