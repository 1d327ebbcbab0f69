"""Moving out: what was stored comes out as CSV, as Parquet and in the older logger's form."""

import csv
import io
import itertools
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from arro3.io import read_parquet

from builders import serial
from system.running_server import ADMIN_PASSWORD, AddedDevice, RunningServer, ohmstead

T0 = 1_763_682_000_123


def device_with(server: RunningServer, rows: int = 10, **channels: int) -> AddedDevice:
    """A device whose channels have a value at every so-manieth instant, 10 s apart."""
    device = server.add_device(serial("export"))
    for start in range(0, rows, 5000):
        samples = [
            {"t": T0 + 10_000 * n, "v": {key: n + 0.5 for key, step in channels.items() if n % step == 0}}
            for n in range(start, min(start + 5000, rows))
        ]
        assert device.send({"samples": samples}).status_code == 200
    return device


def table(text: str) -> list[list[str]]:
    return list(csv.reader(io.StringIO(text, newline="")))


def get_csv(server: RunningServer, device: AddedDevice, *keys: str, **query: Any) -> Any:
    channels = [device.channel(key)["id"] for key in keys]
    return server.admin.get("/export.csv", params={"channel": channels, **query})


def test_one_channel_as_csv(server: RunningServer) -> None:
    device = device_with(server, power=1)
    answer = get_csv(server, device, "power")
    assert answer.headers["content-type"].startswith("text/csv")
    assert "attachment" in answer.headers["content-disposition"]
    assert answer.text.endswith("\r\n")
    assert "\n" not in answer.text.replace("\r\n", "")
    heading, *rows = table(answer.text)
    assert heading == ["t", "power [W]"]
    assert rows[0] == ["2025-11-20T23:40:00.123Z", "0.5"]
    assert len(rows) == 10


def test_several_channels_share_their_instants_and_leave_cells_empty(server: RunningServer) -> None:
    device = device_with(server, power=1, voltage=3)
    _, *rows = table(get_csv(server, device, "power", "voltage").text)
    assert [row[2] for row in rows] == [f"{n + 0.5}" if n % 3 == 0 else "" for n in range(10)]


def test_a_span_is_half_open(server: RunningServer) -> None:
    device = device_with(server, power=1)
    span = {"from": T0 + 10_000, "to": "2025-11-20T23:40:30.123Z"}
    _, *rows = table(get_csv(server, device, "power", **span).text)
    assert [row[1] for row in rows] == ["1.5", "2.5"]
    assert table(get_csv(server, device, "power", **{"from": T0 + 10**9}).text) == [["t", "power [W]"]]


def test_microseconds_are_written_where_there_are_some(server: RunningServer) -> None:
    device = server.add_device(serial("fine"))
    device.send({"columns": {"t0_us": T0 * 1000, "dt_us": 500, "v": {"left": [1, 2, 3]}}})
    _, *rows = table(get_csv(server, device, "left").text)
    assert [row[0] for row in rows] == [f"2025-11-20T23:40:00.{us}Z" for us in ("123000", "123500", "124000")]


def test_parquet_holds_the_same(server: RunningServer) -> None:
    device = device_with(server, rows=20_000, power=1, voltage=4)
    channels = [device.channel(key)["id"] for key in ("power", "voltage")]
    answer = server.admin.get("/export.parquet", params={"channel": channels})
    found = read_parquet(io.BytesIO(answer.content)).read_all()
    assert found.column_names == ["t", "power [W]", "voltage [V]"]
    assert found.num_rows == 20_000
    first = found.column("t")[0].as_py()
    assert first == datetime(2025, 11, 20, 23, 40, 0, 123_000, tzinfo=UTC)
    assert [found.column("voltage [V]")[n].as_py() for n in range(5)] == [0.5, None, None, None, 4.5]


def test_the_older_loggers_form(server: RunningServer, tmp_path: Path) -> None:
    device = server.add_device(serial("logger"))
    device.send({"samples": [{"t": T0, "v": {"current": 0.152489883}}, {"t": T0 + 13, "v": {"current": -0.000048828}}]})
    answer = server.admin.get(f"/devices/{device.id}/export/current_data.csv")
    local = datetime.fromtimestamp(T0 / 1000, ZoneInfo("Europe/Budapest"))
    assert answer.text == f"{local:%H:%M:%S}.123,152.489883\r\n{local:%H:%M:%S}.136,-0.048828\r\n"
    other = device_with(server, voltage=1)
    assert server.admin.get(f"/devices/{other.id}/export/current_data.csv").status_code == 404


def test_nobody_exports_what_they_may_not_see(server: RunningServer) -> None:
    device = device_with(server, power=1)
    channel = device.channel("power")["id"]
    assert server.client().get("/export.csv", params={"channel": channel}).status_code == 401
    server.admin.post("/users", json={"username": "exporter", "password": "just looking", "role": "viewer"})
    viewer = server.client()
    viewer.post("/auth/login", json={"username": "exporter", "password": "just looking"})
    for path in (f"/export.csv?channel={channel}", f"/export.parquet?channel={channel}",
                 f"/devices/{device.id}/export/current_data.csv"):  # fmt: skip
        assert viewer.get(path).status_code == 404
    assert server.admin.get("/export.csv").status_code == 422
    assert server.admin.get("/export.csv", params={"channel": 999_999}).status_code == 404


def test_what_comes_out_goes_in_again(server: RunningServer, tmp_path: Path) -> None:
    device = device_with(server, rows=12_000, power=1, voltage=7)
    out, env = tmp_path / "out.csv", {"OHMSTEAD_ADMIN_PASSWORD": ADMIN_PASSWORD}
    done = ohmstead("export", "--device", device.serial, "--out", str(out), "--url", server.url, env=env)
    assert done.returncode == 0, done.stderr
    copy = serial("copy")
    done = ohmstead("import", str(out), "--device", copy, "--url", server.url, env=env, timeout=60)
    assert done.returncode == 0, done.stderr
    for key in ("power", "voltage"):
        assert server.stored(copy, key) == device.stored(key)


def test_an_export_is_streamed_in_pieces_in_order(server: RunningServer) -> None:
    device = server.add_device(serial("large"))
    for start in range(0, 600_000, 60_000):
        columns = {"t0": T0 + start, "dt": 1, "v": {"n": list(range(start, start + 60_000))}}
        assert device.send({"columns": columns}).status_code == 200
    pieces = 0
    seen: list[str] = []
    with server.admin.stream("GET", "/export.csv", params={"channel": device.channel("n")["id"]}) as answer:
        for text in answer.iter_text():
            pieces += 1
            seen.append(text)
    _, *rows = table("".join(seen))
    assert [float(row[1]) for row in rows] == list(map(float, range(600_000)))
    assert all(a[0] < b[0] for a, b in itertools.pairwise(rows))
    assert pieces > 1
