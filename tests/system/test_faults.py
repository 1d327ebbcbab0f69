"""What can go wrong around the server: each fault has its documented answer, and nothing acknowledged is lost."""

import asyncio
import contextlib
import shutil
import signal
import socket
import sqlite3
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from builders import serial
from system.load import UNLIMITED, Load, every_kind
from system.postgres_cluster import Cluster
from system.running_server import AddedDevice, RunningServer, ServerEnded
from system.starting import StartServer
from system.wire import HttpClient

T = 1_763_682_000_000


async def eventually(holds: Callable[[], bool], within_s: float = 60.0) -> None:
    """Wait for what another process does."""
    async with asyncio.timeout(within_s):
        while not await asyncio.to_thread(holds):  # noqa: ASYNC110 - nothing to be woken by
            await asyncio.sleep(0.05)


def health(server: RunningServer) -> httpx.Response:
    return httpx.get(f"{server.url}/healthz", timeout=10)


def start_fails(server: RunningServer) -> str:
    """The one line that a start in vain leaves behind."""
    with pytest.raises(ServerEnded, match="exit 1"):
        server.start()
    printed = server.printed()
    assert "Traceback" not in printed
    lines = [line for line in printed.splitlines() if line.startswith("ohmstead: ")]
    assert len(lines) == 1, printed
    return lines[0]


class TestPostgresqlGoesAway:
    @pytest.mark.slow
    @pytest.mark.parametrize("mode", ["fast", "immediate"])
    async def test_restarted_under_load_it_loses_nothing_and_the_server_recovers(
        self, start_server: StartServer, postgres_cluster_: Cluster, mode: str
    ) -> None:
        server = start_server(env=UNLIMITED, database_url=postgres_cluster_.new_database())
        load = Load(server)
        every_kind(server, load)
        await asyncio.sleep(1)
        await asyncio.to_thread(postgres_cluster_.stop, mode)
        try:
            await eventually(lambda: health(server).status_code == 503)
            assert "database" in health(server).json()["detail"]
            assert server.admin.get("/time").status_code == 200, "the process itself is well"
            assert server.metrics()["ohmstead_can_write"] == 0
        finally:
            await asyncio.to_thread(postgres_cluster_.start)
        await eventually(lambda: health(server).status_code == 200)
        before = load.acknowledged
        await asyncio.sleep(1)
        await load.stop()
        assert load.acknowledged > before, "it goes on by itself"
        statuses = set().union(*(books.refused.keys() for books in load.books))
        assert statuses == {503}
        load.check()
        server.restart()
        load.check()
        assert "Traceback" not in server.printed()

    def test_away_at_the_start_is_one_line(self, tmp_path: Path) -> None:
        server = RunningServer(
            tmp_path / "data", database_url="postgresql+psycopg://u:hidden-one@127.0.0.1:9/none?connect_timeout=2"
        )
        assert "127.0.0.1" in start_fails(server)
        assert "hidden-one" not in server.printed()

    def test_two_servers_on_one_database(self, start_server: StartServer, postgres_url: str, tmp_path: Path) -> None:
        start_server(database_url=postgres_url)
        line = start_fails(RunningServer(tmp_path / "second", database_url=postgres_url))
        assert "another" in line


def a_recording(server: RunningServer, device: AddedDevice) -> str:
    """The id of one in which a trial runs."""
    body = {"kind": "span", "name": "A day", "channels": [device.channel("n")["id"]]}
    made = server.admin.post("/recordings", json=body)
    assert made.status_code == 201, made.text
    trial = server.admin.post(f"/recordings/{made.json()['id']}/trials", json={})
    assert trial.status_code == 201, trial.text
    return str(made.json()["id"])


def missing_of(server: RunningServer, recording: str) -> list[dict[str, Any]]:
    """What the one trial of a recording says it does not hold."""
    (trial,) = server.admin.get(f"/recordings/{recording}").json()["trial_list"]
    return [one for one in trial["missing"] if one["kind"] == "storage"]


class TestFullDisk:
    async def test_refused_with_503_nothing_lost_and_well_again_with_room(self, small_disk: Path) -> None:
        with RunningServer(small_disk / "data", env=UNLIMITED) as server:
            server.console = small_disk.with_name(small_disk.name + ".console")
            device = server.add_device("device")
            assert device.send({"t": T, "v": {"n": -1}}).status_code == 200
            recording = a_recording(server, device)
            filler = small_disk / "filler"
            with filler.open("wb") as file:
                room = shutil.disk_usage(small_disk).free
                file.write(bytes(room - (300 << 10)))
            load = Load(server)
            every_kind(server, load)
            await eventually(lambda: health(server).status_code == 503)
            assert "full" in health(server).json()["detail"]
            await eventually(lambda: any(books.refused[503] for books in load.books))
            answer = device.send({"t": T + 1, "v": {"n": -2}})
            assert answer.status_code == 503
            assert int(answer.headers["retry-after"]) >= 1
            assert server.metrics()["ohmstead_can_write"] == 0
            assert any("full" in n["text"] for n in server.admin.get("/system").json()["notices"])
            assert server.stored("device", "n") == [(T, -1)], "reading goes on"
            renamed = server.admin.patch(f"/devices/{device.id}", json={"name": "During"})
            assert renamed.status_code == 200, "the ballast leaves room for small changes"
            (missing,) = missing_of(server, recording)
            assert (missing["kind"], missing["end"]) == ("storage", None), "the trial says so while it runs"
            assert "full" in missing["detail"]
            filler.unlink()
            await eventually(lambda: health(server).status_code == 200)
            await eventually(lambda: all(m["end"] is not None for m in missing_of(server, recording)))
            before = load.acknowledged
            await eventually(lambda: load.acknowledged > before + 100)
            await load.stop()
            assert set().union(*(books.refused.keys() for books in load.books)) == {503}
            load.check()
            server.restart()
            load.check()
            assert server.device("device")["name"] == "During"
            assert "Traceback" not in server.printed()

    async def test_killed_on_a_full_disk_it_starts_again(self, small_disk: Path) -> None:
        with RunningServer(small_disk / "data", env=UNLIMITED) as server:
            device = server.add_device("device")
            assert device.send({"t": T, "v": {"n": 1}}).status_code == 200
            with (small_disk / "filler").open("wb") as file:
                file.write(bytes(shutil.disk_usage(small_disk).free))
            codes = []
            while 503 not in codes:
                columns = {"t0_us": (T + 1 + len(codes) * 1000) * 1000, "dt_us": 1000, "v": {"n": [1.5] * 1000}}
                codes.append(device.send({"columns": columns}).status_code)
                assert len(codes) < 5000
            server.kill()
            server.start()
            assert len(server.stored("device", "n")) == 1 + 1000 * (len(codes) - 1)
            (small_disk / "filler").unlink()
            await eventually(lambda: health(server).status_code == 200)
            assert device.send({"v": {"n": 2}}).status_code == 200


class TestFolder:
    def test_two_servers_on_one_folder(self, server: RunningServer) -> None:
        second = RunningServer(server.folder)
        second.console = server.folder.with_name("second.console")
        began = time.monotonic()
        line = start_fails(second)
        assert time.monotonic() - began < 10
        assert str(server.folder) in line
        assert health(server).status_code == 200

    def test_a_killed_server_leaves_no_lock(self, start_server: StartServer) -> None:
        server = start_server()
        server.kill()
        server.start()
        assert health(server).status_code == 200

    def test_a_database_of_another_program(self, tmp_path: Path) -> None:
        folder = tmp_path / "data"
        folder.mkdir()
        with contextlib.closing(sqlite3.connect(folder / "ohmstead.db")) as connection:
            connection.execute("PRAGMA application_id=42")
            connection.execute("CREATE TABLE theirs (x)")
        before = (folder / "ohmstead.db").read_bytes()
        assert "another program" in start_fails(RunningServer(folder))
        assert (folder / "ohmstead.db").read_bytes() == before

    def test_a_file_that_is_no_database(self, tmp_path: Path) -> None:
        folder = tmp_path / "data"
        folder.mkdir()
        (folder / "ohmstead.db").write_bytes(b"This is a letter to my grandmother. " * 500)
        before = (folder / "ohmstead.db").read_bytes()
        assert "ohmstead.db" in start_fails(RunningServer(folder))
        assert (folder / "ohmstead.db").read_bytes() == before

    def test_a_newer_database_is_left_alone(self, start_server: StartServer) -> None:
        server = start_server()
        server.add_device("kept")
        server.terminate()
        file = server.folder / "ohmstead.db"
        with contextlib.closing(sqlite3.connect(file)) as connection:
            connection.execute("UPDATE alembic_version SET version_num = '9999_from_the_future'")
            connection.commit()
        server.console.unlink()
        assert "newer" in start_fails(server)
        with contextlib.closing(sqlite3.connect(file)) as connection:
            assert connection.execute("SELECT version_num FROM alembic_version").fetchone() == ("9999_from_the_future",)
            assert connection.execute("SELECT count(*) FROM device").fetchone() == (1,)

    def test_the_folder_is_a_file(self, tmp_path: Path) -> None:
        (tmp_path / "data").write_text("not a folder")
        assert str(tmp_path / "data") in start_fails(RunningServer(tmp_path / "data"))

    @pytest.mark.parametrize("existing", [False, True])
    def test_a_read_only_folder(self, read_only_folder: Path, existing: bool) -> None:
        server = RunningServer(read_only_folder / "data")
        server.console = read_only_folder.with_name("read-only.console")
        if existing:
            with server:
                server.terminate()
            server.console.unlink()
        subprocess.run(["mount", "-o", "remount,ro", str(read_only_folder)], check=True)
        line = start_fails(server)
        assert str(read_only_folder) in line


@pytest.fixture
def read_only_folder(small_disk: Path) -> Iterator[Path]:
    """A file system the test can make read-only; modes of files do not stop root."""
    yield small_disk
    (small_disk.with_name("read-only.console")).unlink(missing_ok=True)


class TestTheEndUnderLoad:
    @pytest.mark.parametrize("backend", ["sqlite", "postgresql"])
    async def test_sigterm_commits_and_acknowledges_what_was_accepted(
        self, start_server: StartServer, request: pytest.FixtureRequest, backend: str
    ) -> None:
        url = request.getfixturevalue("postgres_url") if backend == "postgresql" else None
        server = start_server(env=UNLIMITED, database_url=url)
        load = Load(server)
        every_kind(server, load)
        for _ in range(3):
            await asyncio.sleep(0.7)
            began = time.monotonic()
            assert await asyncio.to_thread(server.terminate) == 0
            assert time.monotonic() - began < 5
            await asyncio.to_thread(server.start)
        await load.stop()
        load.check()
        assert "Traceback" not in server.printed()

    async def test_a_commit_window_ends_with_the_process(self, start_server: StartServer) -> None:
        server = start_server(env=UNLIMITED | {"OHMSTEAD_COMMIT_WINDOW_MS": "1000"})
        device = server.add_device("device")
        answers: list[httpx.Response] = []
        sender = threading.Thread(target=lambda: answers.append(device.send({"t": T, "v": {"n": 1}})))
        sender.start()
        await asyncio.sleep(0.2)
        assert await asyncio.to_thread(server.terminate) == 0
        sender.join()
        assert [a.status_code for a in answers] == [200]
        server.start()
        assert server.stored("device", "n") == [(T, 1)]

    def test_an_impatient_person_presses_twice(self, start_server: StartServer) -> None:
        server = start_server()
        server.signal(signal.SIGINT)
        server.signal(signal.SIGINT)
        assert server.wait() in (0, 130, -2)
        assert "Traceback" not in server.printed()


class TestHostileHttp:
    HEAD = b"POST /api/v1/telemetry HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\n"

    @pytest.fixture(autouse=True)
    def _still_well(self, server: RunningServer) -> Iterator[None]:
        yield
        assert health(server).status_code == 200
        assert "Traceback" not in server.printed()

    def say(self, server: RunningServer, data: bytes, *, half_close: bool = False, timeout: float = 10.0) -> bytes:
        """Everything the server answers until it hangs up."""
        with socket.create_connection((server.host, server.http_port), timeout) as sock:
            with contextlib.suppress(OSError):  # a server that has hung up already is an answer, too
                sock.sendall(data)
                if half_close:
                    sock.shutdown(socket.SHUT_WR)
            answer = b""
            with contextlib.suppress(ConnectionError):
                while piece := sock.recv(65_536):
                    answer += piece
            return answer

    @pytest.mark.parametrize(
        "noise",
        [
            b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"\x00" * 100,
            b"NONSENSE\r\n\r\n",
            b"GET / HTTP/9.9\r\n\r\n",
            b"GET / HTTP/1.1\r\nhost: x\r\nbad header\r\n\r\n",
            b"GET / HTTP/1.1\r\nhost: x\r\ncontent-length: -1\r\n\r\n",
            b"GET / HTTP/1.1\r\nhost: x\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\n",
            b"POST /data HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n",
            b"GET /" + b"a" * 600_000 + b" HTTP/1.1\r\nhost: x\r\n\r\n",
            b"GET / HTTP/1.1\r\nhost: x\r\nx: " + b"a" * 600_000 + b"\r\n\r\n",
        ],
        ids=["tls", "nonsense", "version", "header", "negative", "two lengths", "chunks", "long path", "long header"],
    )
    def test_invalid_http_is_400_or_hung_up(self, server: RunningServer, noise: bytes) -> None:
        answer = self.say(server, noise, half_close=True)
        # A reset can cut the answer short; what arrived must be the beginning of a refusal.
        assert b"HTTP/1.1 4".startswith(answer[:10]), answer[:100]

    def test_a_head_without_end_is_cut_off(self, server: RunningServer) -> None:
        with socket.create_connection((server.host, server.http_port), 10) as sock:
            sock.sendall(b"GET / HTTP/1.1\r\nhost: x\r\n")
            sent = 0
            with contextlib.suppress(ConnectionError):
                while sent < 8 << 20:
                    sent += sock.send(b"x-header: " + b"a" * 1000 + b"\r\n")
            assert sent < 8 << 20, "nobody stopped it"

    def test_a_long_head_is_fine_up_to_its_limit(self, server: RunningServer) -> None:
        assert httpx.get(f"{server.url}/readyz", headers={"x": "a" * 60_000}).status_code == 200

    def test_a_request_smuggled_behind_another_is_refused(self, server: RunningServer) -> None:
        smuggled = (
            b"POST /data HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: 5\r\n"
            b"transfer-encoding: chunked\r\n\r\n0\r\n\r\nGET /metrics HTTP/1.1\r\nhost: x\r\n\r\n"
        )
        assert b"ohmstead_info" not in self.say(server, smuggled, half_close=True)

    def test_a_body_cut_off_is_nothing(self, server: RunningServer) -> None:
        device = server.add_device(serial())
        authorization = b"authorization: Bearer " + device.token.encode() + b"\r\n"
        body = b'{"t":%d,"v":{"power":1}}' % T
        cut = self.HEAD + authorization + b"content-length: %d\r\n\r\n" % (len(body) + 5) + body
        self.say(server, cut, half_close=True)
        assert server.device(device.serial)["channels"] == []

    def test_a_sender_that_does_not_wait_for_the_answer_is_stored_all_the_same(self, server: RunningServer) -> None:
        """Old loggers close as soon as they have written."""
        name = serial("hasty")
        body = b'{"timestamp":"10:00:00.000","current":1.0}'
        request = (
            b"POST /data?device=" + name.encode() + b" HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\n"
            b"content-length: %d\r\n\r\n" % len(body)
        )
        for shut in (socket.SHUT_WR, socket.SHUT_RDWR):
            with socket.create_connection((server.host, server.http_port)) as sock:
                sock.sendall(request + body)
                sock.shutdown(shut)
        until = time.monotonic() + 30
        while name not in {d["serial"] for d in server.devices(limit=1000)}:
            assert time.monotonic() < until
        assert server.stored(name, "current")[0][1] == 0.001

    def test_many_requests_in_one_packet_are_answered_in_order(self, server: RunningServer) -> None:
        device = server.add_device(serial())
        authorization = b"authorization: Bearer " + device.token.encode() + b"\r\n"
        requests = b""
        for n in range(50):
            body = b'{"t":%d,"v":{"power":%d}}' % (T + n, n) if n % 5 else b"{"
            requests += self.HEAD + authorization + b"content-length: %d\r\n\r\n" % len(body) + body
        last = b"GET /readyz HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n"
        answer = self.say(server, requests + last)
        codes = [int(part[:3]) for part in answer.split(b"HTTP/1.1 ")[1:]]
        assert codes == [200 if n % 5 else 400 for n in range(50)] + [200]
        assert len(device.stored("power")) == 40

    async def test_slow_senders_hold_up_nobody(self, server: RunningServer) -> None:
        device = server.add_device(serial())
        slow = []
        for _ in range(300):
            _, writer = await asyncio.open_connection(server.host, server.http_port)
            writer.write(
                self.HEAD + b"content-length: 1000\r\nauthorization: Bearer " + device.token.encode() + b"\r\n"
            )
            slow.append(writer)
        quick = await HttpClient(server.host, server.http_port).connect()
        began = time.monotonic()
        for n in range(100):
            for writer in slow[n::100]:
                writer.write(b"x")
            status, _ = await quick.post("/api/v1/telemetry", {"t": T + n, "v": {"power": n}}, device.token)
            assert status == 200
        assert time.monotonic() - began < 30
        quick.close()
        for writer in slow:
            writer.transport.abort()
        assert len(device.stored("power")) == 100

    def test_a_thousand_connections_that_say_nothing(self, server: RunningServer) -> None:
        with contextlib.ExitStack() as sockets:
            for _ in range(800):
                sockets.enter_context(socket.create_connection((server.host, server.http_port)))
            assert health(server).status_code == 200

    def test_running_out_of_file_descriptors_is_survived(self, start_server: StartServer, tmp_path: Path) -> None:
        server = RunningServer(tmp_path / "few", env=UNLIMITED, as_command=True)
        plain = server.command()
        server.command = lambda: ["sh", "-c", 'ulimit -n 120; exec "$@"', "sh", *plain]  # type: ignore[method-assign]
        with server:
            device = server.add_device("device")
            assert device.send({"t": T, "v": {"n": 1}}).status_code == 200
            with contextlib.ExitStack() as sockets:
                for port in (server.http_port, server.mqtt_port) * 100:
                    with contextlib.suppress(OSError):
                        sockets.enter_context(socket.create_connection((server.host, port), 2))
                assert device.send({"t": T + 1, "v": {"n": 2}}).status_code == 200, "who is inside goes on"
            until = time.monotonic() + 60
            while True:
                with contextlib.suppress(httpx.TransportError):
                    if health(server).status_code == 200:
                        break
                assert time.monotonic() < until
            assert device.stored("n") == [(T, 1), (T + 1, 2)]


def test_any_json_value_in_any_place_is_answered(server: RunningServer) -> None:
    device = server.add_device(serial())
    values: list[Any] = [None, True, 5, -1.5, "x", [], {}, [[]], [{}], {"v": {}}, 10**400, "☃" * 1000]
    for value in values:
        for message in (
            {"v": value}, {"samples": value}, {"samples": [value]}, {"columns": value}, {"columns": {"v": value}},
            {"channels": value, "v": {}}, {"channels": [value], "v": {}}, {"v": {"a": value}},
            {"t": value, "v": {"a": 1}}, {"boot": value, "seq": value, "v": {"a": 1}},
            {"columns": {"t0_us": value, "dt_us": value, "v": {"a": [1]}}},
        ):  # fmt: skip
            answer = device.send(message)
            assert answer.status_code in (200, 400, 422), (message, answer.text)
            assert answer.headers["content-type"] in ("application/json", "application/problem+json")
    assert "Traceback" not in server.printed()
