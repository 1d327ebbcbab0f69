"""Moving in: a year of each older system's files by one command each, twice, and nothing is doubled."""

import contextlib
import os
import random
import socket
import sqlite3
import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import httpx
import pytest

from builders import serial
from system.running_server import ADMIN_PASSWORD, RunningServer, ohmstead
from system.starting import StartServer

BUDAPEST = ZoneInfo("Europe/Budapest")
YEAR_AGO = datetime.now(UTC).replace(microsecond=0, second=0, minute=0) - timedelta(days=365)


def bring_in(server: RunningServer, *arguments: object, code: int = 0) -> str:
    """Run `ohmstead import`; what it printed."""
    done = ohmstead(
        "import", *map(str, arguments), "--url", server.url,
        env={"OHMSTEAD_ADMIN_PASSWORD": ADMIN_PASSWORD}, timeout=180,
    )  # fmt: skip
    assert done.returncode == code, f"{done.stdout}\n{done.stderr}"
    return done.stdout + done.stderr


def count(server: RunningServer, device: str, key: str) -> int:
    channel = server.channel(device, key)["id"]
    answer = server.admin.get("/history", params={"channel": channel, "from": 0, "to": 4_102_444_800_000, "points": 1})
    return sum(answer.json()["count"])


def ms(instant: datetime) -> int:
    return round(instant.timestamp() * 1000)


def test_a_year_of_a_current_logger(server: RunningServer, tmp_path: Path) -> None:
    path, device = tmp_path / "current_data.csv", serial("logger")
    instants = [YEAR_AGO + timedelta(minutes=5 * n) for n in range(365 * 288)]

    def row(n: int) -> str:
        return f"{instants[n].astimezone(BUDAPEST):%H:%M:%S}.000,{n % 1000 + 0.152489}\r\n"

    part = 300 * 288
    path.write_text("".join(map(row, range(part))), newline="")
    os.utime(path, (instants[part - 1].timestamp(),) * 2)
    said = bring_in(server, path, "--as", "current-logger", "--device", device)
    assert f"done, {part} rows, {part} samples" in said
    stored = server.raw(server.channel(device, "current")["id"])
    assert stored["t"] == [ms(t) for t in instants[:part]]
    assert stored["value"][1] == 0.001152489

    path.write_text("".join(map(row, range(len(instants)))), newline="")
    os.utime(path, (instants[-1].timestamp(),) * 2)
    said = bring_in(server, path, "--as", "current-logger", "--device", device)
    assert f"done, {len(instants) - part} rows" in said
    assert "done, 0 rows" in bring_in(server, path, "--as", "current-logger", "--device", device)
    bring_in(server, path, "--as", "current-logger", "--device", device, "--again")
    assert server.raw(server.channel(device, "current")["id"])["t"] == [ms(t) for t in instants]


def test_a_year_of_meter_readings(server: RunningServer, tmp_path: Path) -> None:
    path, meters = tmp_path / "meters.db", [serial("SN"), serial("SN")]
    times = [f"{YEAR_AGO + timedelta(minutes=10 * n):%Y-%m-%dT%H:%M:%SZ}" for n in range(365 * 144)]
    rows = [(1, meters[n % 2], 228.399994, 0.413, 93.5, 12.0 + n / 1000, told) for n, told in enumerate(times)]
    with contextlib.closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute(
            "CREATE TABLE meter_readings (id INTEGER PRIMARY KEY AUTOINCREMENT, device_id TEXT, serial_number TEXT, "
            "voltage REAL, current REAL, power REAL, energy REAL, timestamp DATETIME)"
        )
        connection.executemany(
            "INSERT INTO meter_readings (device_id, serial_number, voltage, current, power, energy, timestamp) "
            "VALUES (?, ?, ?, ?, ?, ?, ?)",
            rows,
        )
        connection.commit()
        # The older server is still running: its newest rows are in the log beside the file.
        for _ in range(2):
            assert f"{len(rows)} rows, {4 * len(rows)} samples" in bring_in(server, path, "--as", "meter-sqlite")
    for n, meter in enumerate(meters):
        device = server.device(meter)
        assert (device["state"], device["dialect"]) == ("claimed", "meter")
        assert count(server, meter, "energy") == len(rows) // 2
        stored = server.stored(meter, "voltage")
        assert stored[0] == (ms(YEAR_AGO) + n * 600_000, 228.4)
        assert server.stored(meter, "energy")[0][1] == 12_000.0 + n


def test_a_force_test(server: RunningServer, tmp_path: Path) -> None:
    path, device = tmp_path / "imtp_test_20250822_102531.csv", serial("plate")
    lines = [f"2025-08-22T10:25:31.104233Z,{-12688 - n},{-17431 - n},{81234 + 2 * n}" for n in range(5000)]
    path.write_text("timestamp,left_sensor,right_sensor,esp32_time_ms\r\n" + "\r\n".join(lines) + "\r\n", newline="")
    for _ in range(2):
        bring_in(server, path, "--device", device, "--zone", "Europe/Vienna")
    assert server.channel(device, "left")["quantity"] == "raw"
    start = ms(datetime(2025, 8, 22, 8, 25, 31, 104_000, tzinfo=UTC))
    stored = server.stored(device, "left")
    assert len(stored) == len(server.stored(device, "right")) == 5000
    assert stored[0] == (start, -12688.0)
    assert stored[-1] == (start + 9998, -17687.0)


def test_any_table_with_a_decimal_comma_and_broken_rows(server: RunningServer, tmp_path: Path) -> None:
    path, device = tmp_path / "strom.csv", serial("csv")
    rows = [f"{datetime(2025, 3, 1) + timedelta(minutes=n):%d.%m.%Y %H:%M:%S};{n},5;{n * 2}" for n in range(40_000)]
    rows[100] = "kaputt"
    rows[200] = rows[200].replace("2025", "x", 1)
    path.write_bytes(b"\xef\xbb\xbf" + b"Zeit;Leistung [kW];Notiz\r\n" + "\r\n".join(rows).encode() + b"\r\n")
    arguments = (path, "--device", device, "--zone", "Europe/Vienna", "--map", "Leistung [kW]=power:kW")
    for _ in range(2):
        said = bring_in(server, *arguments)
        assert "39998 samples, 2 left out" in said
        assert "columns: 1, first on line 102" in said
        assert "time: 1, first on line 202" in said
    channel = server.channel(device, "power")
    assert (channel["unit"], channel["quantity"]) == ("W", "power")
    stored = server.stored(device, "power")
    assert len(stored) == 39_998
    assert stored[0] == (ms(datetime(2025, 2, 28, 23, tzinfo=UTC)), 500.0)
    said = bring_in(server, path, "--preview", "--as", "csv")
    assert "decimal ," in said
    assert "Leistung [kW]=leistung:kW:power" in said


def test_the_same_file_in_another_unit_goes_into_the_channel_that_is_there(
    server: RunningServer, tmp_path: Path
) -> None:
    device = server.add_device(serial("units"))
    device.send({"t": 1_763_682_000_000, "v": {"power": 1.0}})
    path = tmp_path / "table.csv"
    path.write_text("time,power (kW)\n2025-11-01T00:00:00Z,1.5\n")
    bring_in(server, path, "--device", device.serial)
    assert device.stored("power") == [(1_761_955_200_000, 1500.0), (1_763_682_000_000, 1.0)]
    path.write_text("time,power (°C)\n2025-11-01T00:00:00Z,1.5\n")
    said = bring_in(server, path, "--device", device.serial, "--map", "power (°C)=power:°C", code=1)
    assert "map it to another key" in said


@pytest.mark.parametrize(
    ("name", "content", "arguments", "complaint"),
    [
        ("x.csv", b"", ["--device", "d"], "empty"),
        ("x.csv", b"a,b\n1,2\n", ["--device", "d"], "no column of times"),
        ("x.csv", b"time,power\n2025-01-01T00:00:00Z,1\n", [], "which device"),
        ("x.csv", b"time,power\n2025-01-01T00:00:00Z,1\n", ["--device", "d", "--map", "nix=p"], "no column 'nix'"),
        ("x.csv", b"time,power\n2025-01-01T00:00:00,1\n", ["--device", "d", "--zone", "Mars/Base"], "not a time zone"),
        ("x.db", b"\x00\x01\x02" * 100, ["--as", "meter-sqlite"], "no SQLite"),
        ("x.csv", b"1,2\n", ["--as", "imtp"], "left_sensor"),
        ("x.csv", b"hello\n", ["--as", "current-logger", "--device", "d"], "no row like"),
    ],
)  # fmt: skip
def test_what_cannot_be_read_ends_with_one_clear_line(
    server: RunningServer, tmp_path: Path, name: str, content: bytes, arguments: list[str], complaint: str
) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    said = bring_in(server, path, *arguments, code=1)
    assert complaint in said
    assert "Traceback" not in said
    for job in server.admin.get("/imports").json():
        if job["state"] == "failed":
            server.admin.post(f"/imports/{job['id']}/cancel")


# The HTTP interface


TABLE = b"time,power\n" + b"".join(
    b"2025-01-01T00:00:%02d.%03dZ,%d\n" % (n // 1000, n % 1000, n) for n in range(60_000)
)


def begin(server: RunningServer, device: str, content: bytes = TABLE, **more: Any) -> dict[str, Any]:
    body = {"kind": "csv", "name": "t.csv", "size": len(content), "options": {"device": device}} | more
    answer = server.admin.post("/imports", json=body)
    assert answer.status_code in (200, 201), answer.text
    found: dict[str, Any] = answer.json()
    return found


def put(server: RunningServer, job: dict[str, Any], offset: int, content: bytes) -> httpx.Response:
    return server.admin.put(f"/imports/{job['id']}/content", params={"offset": offset}, content=content)


def wait_for(server: RunningServer, job: dict[str, Any], *states: str) -> dict[str, Any]:
    pause = threading.Event()
    for _ in range(600):
        found: dict[str, Any] = server.admin.get(f"/imports/{job['id']}").json()
        if found["state"] in states:
            return found
        pause.wait(0.05)
    raise AssertionError(f"still {found}")


def test_an_upload_in_pieces_goes_on_where_it_broke_off(server: RunningServer) -> None:
    device = serial("pieces")
    job = begin(server, device, sha256="0" * 64)
    assert put(server, job, 0, TABLE[:1000]).json()["received"] == 1000
    assert begin(server, device, sha256="0" * 64)["id"] == job["id"]
    refused = put(server, job, 500, TABLE[500:])
    assert refused.status_code == 409
    assert "offset 1000" in refused.json()["detail"]
    early = server.admin.post(f"/imports/{job['id']}/start")
    assert early.status_code == 409
    too_much = put(server, job, 1000, TABLE[1000:] + b"x")
    assert too_much.status_code == 413
    assert put(server, job, server.admin.get(f"/imports/{job['id']}").json()["received"], b"").status_code == 200
    have = server.admin.get(f"/imports/{job['id']}").json()["received"]
    assert put(server, job, have, TABLE[have:]).json()["state"] == "ready"
    server.admin.post(f"/imports/{job['id']}/start")
    failed = wait_for(server, job, "failed")
    assert "changed while it was sent" in failed["error"]
    server.admin.post(f"/imports/{job['id']}/cancel")


def test_a_preview_shows_how_a_file_is_read_and_what_its_columns_become(server: RunningServer) -> None:
    job = begin(server, serial("preview"))
    put(server, job, 0, TABLE[:5000])
    found = server.admin.get(f"/imports/{job['id']}/preview").json()
    assert found["time_column"] == "time"
    assert found["mapping"] == [{"column": "power", "key": "power", "quantity": "power", "unit": None}]
    assert len(found["rows"]) == 20
    told = server.admin.post(
        "/imports/preview", params={"separator": ";"}, content=b"a;b\n01.02.2025 10:00;1,5\n"
    ).json()
    assert (told["decimal"], told["time_format"]) == (",", "dmy")
    bad = server.admin.post("/imports/preview", params={"decimal": "x"}, content=b"a;b\n1;2\n")
    assert bad.status_code == 422
    server.admin.post(f"/imports/{job['id']}/cancel")


def test_imports_are_for_operators(server: RunningServer) -> None:
    server.admin.post("/users", json={"username": "looker", "password": "just looking", "role": "viewer"})
    viewer = server.client()
    viewer.post("/auth/login", json={"username": "looker", "password": "just looking"})
    body = {"kind": "csv", "name": "t", "size": 1, "options": {"device": "d"}}
    assert viewer.post("/imports", json=body).status_code == 403
    assert viewer.get("/imports").status_code == 403
    assert server.client().get("/imports").status_code == 401


def test_a_cancelled_import_stops_and_leaves_no_file(server: RunningServer) -> None:
    job = begin(server, serial("cancelled"))
    put(server, job, 0, TABLE)
    server.admin.post(f"/imports/{job['id']}/start")
    answer = server.admin.post(f"/imports/{job['id']}/cancel")
    assert answer.status_code in (200, 409)  # it may be done already
    wait_for(server, job, "cancelled", "done")
    assert not list((server.folder / "imports").glob(f"{job['id']}.content*"))
    assert server.admin.post(f"/imports/{job['id']}/start").status_code == 409


def test_a_server_killed_again_and_again_finishes_the_import_once(start_server: StartServer) -> None:
    server, device = start_server(), "killed"
    moments = random.Random(20251121)
    rows = 1_500_000
    content = b"t,power\n" + b"".join(b"%d,%d\n" % (1_700_000_000_000 + 10 * n, n % 5000) for n in range(rows))
    job = begin(server, device, content)
    at = 0
    while at < len(content):
        at = put(server, job, at, content[at : at + (8 << 20)]).json()["received"]
    server.admin.post(f"/imports/{job['id']}/start")
    pause, positions = threading.Event(), []
    for _ in range(4):
        pause.wait(moments.uniform(0.2, 0.8))
        server.kill()
        server.start()
        positions.append(server.admin.get(f"/imports/{job['id']}").json()["position"])
    done = wait_for(server, job, "done", "failed")
    assert done["state"] == "done", done["error"]
    assert positions == sorted(positions)
    assert done["position"] == done["total"] == len(content)
    assert count(server, device, "power") == rows
    assert not done["rejected"]


def test_live_devices_are_heard_while_a_large_file_is_read(start_server: StartServer) -> None:
    server = start_server()
    device = server.add_device("live")
    content = b"t,power\n" + b"".join(b"%d,%d\n" % (1_700_000_000_000 + 10 * n, n % 5000) for n in range(1_000_000))
    job = begin(server, "past", content)
    put(server, job, 0, content)
    server.admin.post(f"/imports/{job['id']}/start")
    sent = 0
    while server.admin.get(f"/imports/{job['id']}").json()["state"] == "running":
        assert device.send({"t": 1_763_682_000_000 + sent, "v": {"power": sent}}).status_code == 200
        sent += 1
    assert sent
    assert len(device.stored("power")) == sent
    assert count(server, "past", "power") == 1_000_000


def test_a_file_above_the_limit_is_refused_before_it_is_sent(start_server: StartServer) -> None:
    server = start_server(env={"OHMSTEAD_MAX_IMPORT_BYTES": "1000"})
    body = {"kind": "csv", "name": "t", "size": 1001, "options": {"device": "d"}}
    answer = server.admin.post("/imports", json=body)
    assert answer.status_code == 413
    assert "max_import_bytes" in answer.json()["detail"]


def test_an_upload_that_breaks_off_keeps_what_arrived(server: RunningServer) -> None:
    job = begin(server, serial("broken-off"))
    cookie = "; ".join(f"{name}={value}" for name, value in server.admin.cookies.items())
    head = (
        f"PUT /api/v1/imports/{job['id']}/content?offset=0 HTTP/1.1\r\nHost: x\r\nCookie: {cookie}\r\n"
        f"Content-Length: {len(TABLE)}\r\n\r\n"
    )
    with socket.create_connection((server.host, server.http_port)) as sock:
        sock.sendall(head.encode() + TABLE[:300_000])
    pause = threading.Event()
    for _ in range(100):
        have = server.admin.get(f"/imports/{job['id']}").json()["received"]
        if have:
            break
        pause.wait(0.05)
    assert 0 < have <= 300_000
    for _ in range(100):  # the server may need a moment to notice that the sender is gone
        answer = put(server, job, have, TABLE[have:])
        if answer.status_code == 200:
            break
        have = server.admin.get(f"/imports/{job['id']}").json()["received"]
        pause.wait(0.05)
    server.admin.post(f"/imports/{job['id']}/start")
    assert wait_for(server, job, "done", "failed")["accepted"] == 60_000
    assert "Traceback" not in server.printed()


def test_postgresql_takes_and_gives_the_same(start_server: StartServer, postgres_url: str) -> None:
    server = start_server(database_url=postgres_url)
    job = begin(server, "table")
    put(server, job, 0, TABLE)
    server.admin.post(f"/imports/{job['id']}/start")
    assert wait_for(server, job, "done", "failed")["accepted"] == 60_000
    text = server.admin.get("/export.csv", params={"channel": server.channel("table", "power")["id"]}).text
    assert text.encode().replace(b".0\r\n", b"\n").replace(b"t,power [W]\r\n", b"time,power\n") == TABLE
