"""A backup made under load is whole, and a folder made from it serves; what is no backup changes nothing."""

import io
import json
import sqlite3
import subprocess
import sys
import tarfile
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest

from system.postgres_cluster import Cluster
from system.running_server import ADMIN_PASSWORD, RunningServer, environment, ohmstead
from system.starting import StartServer

T = 1_763_682_000_000


def fill(server: RunningServer, serial: str, samples: int) -> str:
    device = server.add_device(serial)
    answer = device.send({"samples": [{"t": T + n * 1000, "v": {"power": n}} for n in range(samples)]})
    assert answer.json()["accepted"] == samples
    return device.token


def power(server: RunningServer, serial: str) -> list[float]:
    return [value for _, value in server.stored(serial, "power")]


def test_a_backup_of_a_running_server_is_restored_elsewhere(start_server: StartServer, tmp_path: Path) -> None:
    server = start_server()
    token = fill(server, "meter", 500)
    (server.folder / "ohmstead.toml").write_text('zone = "Europe/Budapest"\n')
    file, elsewhere = tmp_path / "b.tar", tmp_path / "elsewhere"
    done = ohmstead("backup", str(file), "--data-dir", str(server.folder))
    assert done.returncode == 0, done.stderr
    assert file.stat().st_mode & 0o077 == 0
    fill(server, "later", 1)
    server.terminate()
    done = ohmstead("restore", str(file), "--data-dir", str(elsewhere))
    assert done.returncode == 0, done.stderr
    assert (elsewhere / "ohmstead.toml").read_text() == 'zone = "Europe/Budapest"\n'
    with RunningServer(elsewhere) as other:
        assert power(other, "meter") == list(range(500))
        assert [device["serial"] for device in other.devices()] == ["meter"]
        body = {"t": T - 1000, "v": {"power": 1}}
        again = httpx.post(f"{other.api}/telemetry", json=body, headers={"Authorization": f"Bearer {token}"})
        assert again.json()["accepted"] == 1


def packed(folder: Path) -> Path:
    """A backup of an empty server."""
    with RunningServer(folder / "data"):
        pass
    file = folder / "b.tar"
    assert ohmstead("backup", str(file), "--data-dir", str(folder / "data")).returncode == 0
    return file


@pytest.fixture(scope="module")
def good(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return packed(tmp_path_factory.mktemp("good"))


def flipped(data: bytes) -> bytes:
    return data[:200_000] + bytes((data[200_000] ^ 1,)) + data[200_001:]


def renamed(data: bytes) -> bytes:
    """The database under a name that would leave the folder."""
    out = io.BytesIO()
    with tarfile.open(fileobj=io.BytesIO(data)) as old, tarfile.open(fileobj=out, mode="w") as new:
        for entry in old:
            content = old.extractfile(entry)
            assert content is not None
            held = content.read()
            if entry.name == "backup.json":
                told = json.loads(held)
                told["sha256"]["../ohmstead.db"] = told["sha256"].pop("ohmstead.db")
                held = json.dumps(told).encode()
            else:
                entry.name = entry.name.replace("ohmstead.db", "../ohmstead.db")
            entry.size = len(held)
            new.addfile(entry, io.BytesIO(held))
    return out.getvalue()


def archive_of(name: str, content: bytes) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as archive:
        entry = tarfile.TarInfo(name)
        entry.size = len(content)
        archive.addfile(entry, io.BytesIO(content))
    return out.getvalue()


def test_a_backup_inside_the_data_folder_holds_neither_itself_nor_others(good: Path, tmp_path: Path) -> None:
    folder = tmp_path / "data"
    assert ohmstead("restore", str(good), "--data-dir", str(folder)).returncode == 0
    for name in ("first.tar", "second.tar"):
        done = ohmstead("backup", str(folder / name), "--data-dir", str(folder))
        assert done.returncode == 0, done.stderr
    with tarfile.open(folder / "second.tar") as archive:
        assert not [name for name in archive.getnames() if "tar" in name]
    done = ohmstead("restore", str(folder / "second.tar"), "--data-dir", str(tmp_path / "again"))
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize(
    ("spoil", "reason"),
    [
        (flipped, "damaged"),
        (renamed, "which no backup has"),
        (lambda data: data[: len(data) // 2], "ohmstead: "),
        (lambda data: b"a letter" * 2000, "is not a backup of Ohmstead"),
        (lambda data: b"x", "is not a backup of Ohmstead"),
        (lambda data: archive_of("backup.json", b"no JSON"), "is not a backup of Ohmstead"),
        (lambda data: archive_of("backup.json", b'{"sha256": 5}'), "is not a backup of Ohmstead"),
    ],
    ids=["a bit", "a path", "half", "letter", "a byte", "no JSON", "other JSON"],
)
def test_what_is_no_sound_backup_is_refused_and_leaves_nothing(
    good: Path, tmp_path: Path, spoil: Callable[[bytes], bytes], reason: str
) -> None:
    bad, folder = tmp_path / "bad.tar", tmp_path / "data"
    bad.write_bytes(spoil(good.read_bytes()))
    done = ohmstead("restore", str(bad), "--data-dir", str(folder))
    assert done.returncode == 1
    assert reason in done.stderr
    assert "Traceback" not in done.stderr
    assert [p.name for p in folder.iterdir()] == ["ohmstead.db.lock"]
    assert not (tmp_path / "ohmstead.db").exists()


def test_a_folder_in_use_is_never_written_over(good: Path, start_server: StartServer) -> None:
    server = start_server()
    done = ohmstead("restore", str(good), "--data-dir", str(server.folder))
    assert done.returncode == 1
    assert "another ohmstead serves" in done.stderr
    server.terminate()
    done = ohmstead("restore", str(good), "--data-dir", str(server.folder))
    assert "holds a database already" in done.stderr
    done = ohmstead("backup", str(good), "--data-dir", str(server.folder))
    assert "never replaces another" in done.stderr


def test_a_backup_of_postgresql_goes_through_its_own_programs(
    start_server: StartServer, postgres_cluster_: Cluster, tmp_path: Path
) -> None:
    one, other = postgres_cluster_.new_database(), postgres_cluster_.new_database()
    server = start_server(database_url=one)
    fill(server, "meter", 50)
    file = tmp_path / "b.tar"
    done = ohmstead("backup", str(file), "--data-dir", str(server.folder), env={"OHMSTEAD_DATABASE_URL": one})
    assert done.returncode == 0, done.stderr
    server.terminate()
    elsewhere = tmp_path / "elsewhere"
    done = ohmstead("restore", str(file), "--data-dir", str(elsewhere), env={"OHMSTEAD_DATABASE_URL": other})
    assert done.returncode == 0, done.stderr
    with RunningServer(elsewhere, database_url=other) as again:
        assert power(again, "meter") == list(range(50))


class TestDoctor:
    def test_a_healthy_server_is_found_healthy(self, start_server: StartServer) -> None:
        server = start_server()
        done = ohmstead("doctor", "--data-dir", str(server.folder), env={"OHMSTEAD_HTTP_PORT": str(server.http_port)})
        assert "an Ohmstead answers" in done.stdout
        assert "sound" in done.stdout
        assert "wrong" not in done.stdout, done.stdout
        assert done.returncode == 0

    def test_a_damaged_database_is_said_with_its_mend(self, good: Path, tmp_path: Path) -> None:
        folder = tmp_path / "data"
        assert ohmstead("restore", str(good), "--data-dir", str(folder)).returncode == 0
        file = folder / "ohmstead.db"
        data = bytearray(file.read_bytes())
        data[4096:8192] = b"\xff" * 4096
        file.write_bytes(data)
        done = ohmstead("doctor", "--data-dir", str(folder))
        assert done.returncode == 1
        assert "restore a backup" in done.stdout
        assert "Traceback" not in done.stderr

    def test_a_newer_database_is_said(self, good: Path, tmp_path: Path) -> None:
        folder = tmp_path / "data"
        ohmstead("restore", str(good), "--data-dir", str(folder))
        connection = sqlite3.connect(folder / "ohmstead.db")
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
        connection.commit()
        connection.close()
        done = ohmstead("doctor", "--data-dir", str(folder))
        assert done.returncode == 1
        assert "install a newer ohmstead" in done.stdout


class TestRescue:
    def rescue(self, folder: Path, name: str, password: str) -> "subprocess.CompletedProcess[str]":
        return subprocess.run(
            [sys.executable, "-m", "ohmstead", "user", "rescue", name, "--data-dir", str(folder)],
            input=f"{password}\n{password}\n",
            env=environment(),
            capture_output=True,
            text=True,
            timeout=30,
            check=False,
        )

    def test_a_forgotten_admin_password_is_replaced_and_old_sessions_end(self, start_server: StartServer) -> None:
        server = start_server()
        old = server.admin
        assert old.get("/auth/me").status_code == 200
        assert "stop it first" in self.rescue(server.folder, "admin", "a new long password").stderr
        server.terminate()
        assert "characters" in self.rescue(server.folder, "admin", "short").stderr
        assert "there is no user 'nobody'" in self.rescue(server.folder, "nobody", "a new long password").stderr
        assert self.rescue(server.folder, "admin", "a new long password").returncode == 0
        server.start()
        assert old.get("/auth/me").status_code == 401

        def log_in(password: str) -> int:
            return httpx.post(f"{server.api}/auth/login", json={"username": "admin", "password": password}).status_code

        assert log_in(ADMIN_PASSWORD) == 401
        assert log_in("a new long password") == 200


def test_the_bench_of_a_user_measures_and_cleans_up(tmp_path: Path) -> None:
    done = ohmstead("bench", "--data-dir", str(tmp_path), "--seconds", "0.2", timeout=60)
    assert done.returncode == 0, done.stderr
    assert "777,600 samples" in done.stdout
    assert list(tmp_path.iterdir()) == []
