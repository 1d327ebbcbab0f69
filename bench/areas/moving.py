"""Moving in and out, a year of energy, and what it costs to ask whether somebody may."""

import http.client
import os
import subprocess
import sys
import time
from pathlib import Path

from bench import store
from bench.dataset import DAY_US, START_US
from bench.history import year_of_meters
from bench.measurement import Measurement
from bench.server import PASSWORD, Server
from bench.workspace import Bench
from ohmstead.app import App
from ohmstead.domain.access import Permission
from ohmstead.domain.calendar import Period
from ohmstead.settings import Settings

SECOND_MS = 1000


def run(bench: Bench) -> list[Measurement]:
    return [*_asked(bench), *_moved(bench)]


def _asked(bench: Bench) -> list[Measurement]:
    folder, fleet, days = year_of_meters(bench)
    checks = bench.scale(50_000, 500)

    async def main() -> list[Measurement]:
        app = App(Settings(data_dir=folder / "data"))
        await app.start()
        if app.people.setup_needed:
            await app.people.ensure_admin(PASSWORD)
        cookie = (await app.people.log_in("admin", PASSWORD, "127.0.0.1", "")).cookie
        device = next(iter(app.registry)).device.id
        per_check = []
        for _ in range(bench.rounds):
            began = time.perf_counter()
            for _ in range(checks):
                who = app.people.by_session(cookie)
                assert who is not None
                who.require(Permission.DEVICES_EDIT)
                app.devices.get(who, device)
            per_check.append((time.perf_counter() - began) / checks * 1e6)
        sources = [app.energy.of_device(who, known.device.id) for known in app.registry]
        end = START_US + days * DAY_US
        took = []
        for _ in range(bench.scale(7, 2)):
            began = time.perf_counter()
            reports = await app.energy.reports(sources, Period.DAY, START_US, end)
            took.append((time.perf_counter() - began) * 1000)
        assert len(reports) == len(fleet)
        assert all(len(report.kwh) == days for report in reports)
        await app.gateway.close()
        await app.close()
        return [
            Measurement("permission", per_check, (), "session cookie to person, right and sight of a device"),
            Measurement("energy-year", took[1:], (), f"{len(fleet)} devices × {days} days, from register and power"),
        ]

    found: list[Measurement] = store.run(main)
    return found


def _moved(bench: Bench) -> list[Measurement]:
    rows = bench.scale(1_000_000, 20_000)
    folder = bench.fresh("moving")
    file = folder / "house.csv"
    _write(file, rows)
    with Server(folder / "data") as server:
        imported = [_import(server, file, f"house-{n}", rows) for n in range(bench.rounds)]
        cookie = server.log_in()
        (device,) = [d for d in server.call("GET", "/devices")["items"] if d["serial"] == "house-0"]
        exported = [_export(server, cookie, device["channels"][0]["id"], rows) for _ in range(bench.rounds)]
    return [
        Measurement("import", imported, (), f"{rows} rows of time and value by `ohmstead import`: upload to stored"),
        Measurement("export", exported, (), f"{rows} samples of one channel as CSV over HTTP"),
    ]


def _write(file: Path, rows: int) -> None:
    start = START_US // 1000
    with file.open("w") as out:
        out.write("time,power\r\n")
        out.writelines(f"{start + n * SECOND_MS},{200 + n * 7919 % 3000 / 10}\r\n" for n in range(rows))


def _import(server: Server, file: Path, serial: str, rows: int) -> float:
    command = [sys.executable, "-m", "ohmstead", "import", str(file), "--as", "csv", "--device", serial]
    command += ["--url", f"http://127.0.0.1:{server.http_port}"]
    began = time.perf_counter()
    done = subprocess.run(command, env={**os.environ, "OHMSTEAD_ADMIN_PASSWORD": PASSWORD}, capture_output=True)
    if done.returncode:
        raise SystemExit(f"import failed: {done.stderr.decode()[-2000:]}")
    return rows / (time.perf_counter() - began)


def _export(server: Server, cookie: str, channel: str, rows: int) -> float:
    connection = http.client.HTTPConnection("127.0.0.1", server.http_port)
    start = START_US // 1000
    path = f"/api/v1/export.csv?channel={channel}&from={start}&to={start + rows * SECOND_MS}"
    began = time.perf_counter()
    connection.request("GET", path, headers={"Cookie": cookie})
    answer = connection.getresponse()
    lines = 0
    while piece := answer.read(1 << 20):
        lines += piece.count(b"\n")
    took = time.perf_counter() - began
    connection.close()
    if lines != rows + 1:
        raise SystemExit(f"export: {lines} lines instead of {rows + 1}")
    return rows / took
