"""Boards of the demonstration: the firmware's own files as devices of a real server, each in a process of its own."""

import contextlib
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from typer.testing import CliRunner

from ohmstead.cli import cli
from ohmstead.commands import simulated_boards
from system.running_server import RunningServer, environment, free_port
from system.waiting import WITHIN_S, until

ALONE = """
import asyncio, sys
from pathlib import Path
from ohmstead.commands.client import Client
from ohmstead.commands.simulated_boards import with_boards
from ohmstead.simulation.senders import Target

url, mqtt_port, cookie, folder = sys.argv[1:]
client = Client(url, {"Cookie": cookie})
asyncio.run(with_boards(client, Target(url, "127.0.0.1", int(mqtt_port)), Path(folder), 2, asyncio.sleep(600)))
"""


def of_boards(folder: Path) -> list[str]:
    """The command lines of programs that run a board below `folder`."""
    found = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        with contextlib.suppress(OSError):
            said = path.read_bytes().replace(b"\0", b" ").decode(errors="replace")
            if "sim/board.py" in said and str(folder) in said:
                found.append(said)
    return found


@pytest.fixture
def demonstration(tmp_path: Path) -> Iterator[tuple[subprocess.Popen[bytes], httpx.Client]]:
    http = free_port()
    # What is started in the background may have been told to ignore Ctrl-C.
    heeding = ["env", "--default-signal=INT", sys.executable]
    command = [*heeding, "-m", "ohmstead", "demo", "--data-dir", str(tmp_path), "--boards", "1"]
    command += ["--http-port", str(http), "--mqtt-port", str(free_port()), "--history", "0", "--devices", "1"]
    process = subprocess.Popen(command, env=environment())
    try:
        with httpx.Client(base_url=f"http://127.0.0.1:{http}/api/v1", timeout=20) as client:
            yield process, client
    finally:
        process.terminate()
        process.wait(20)


def logged_in(client: httpx.Client) -> bool:
    with contextlib.suppress(httpx.TransportError):
        answer = client.post("/auth/login", json={"username": "admin", "password": "ohmstead-demo"})
        return answer.status_code == 200
    return False


def latest(client: httpx.Client, serial: str) -> dict[str, float]:
    """Channel → its last value."""
    devices = {device["serial"]: device for device in client.get("/devices").json()["items"]}
    return {c["key"]: c["last"]["value"] for c in devices.get(serial, {"channels": []})["channels"] if c["last"]}


@pytest.mark.skipif(not Path("/proc/self/cmdline").exists(), reason="processes are looked up in /proc")
def test_a_board_measures_switches_and_ends_with_the_demonstration(
    tmp_path: Path, demonstration: tuple[subprocess.Popen[bytes], httpx.Client]
) -> None:
    process, client = demonstration
    until(lambda: logged_in(client))
    before = until(lambda: "power" in (found := latest(client, "sim-board-1")) and found)
    assert 220 < before["voltage"] < 240
    assert 60 < before["power"] < 250
    (output,) = [one for one in client.get("/outputs").json() if one["name"] == "Boiler"]
    until(lambda: client.get(f"/outputs/{output['id']}").json()["reported"] == "off")
    assert client.put(f"/outputs/{output['id']}", json={"state": "on"}).status_code == 202
    shown = until(
        lambda: (found := client.get(f"/outputs/{output['id']}").json())["confirmed"] and found["reported"] and found
    )
    assert (shown["desired"], shown["reported"]) == ("on", "on")
    assert latest(client, "sim-board-1")["power"] > 1300, "the watts are the relay's"
    assert len(of_boards(tmp_path)) == 1
    process.send_signal(signal.SIGINT)
    assert process.wait(WITHIN_S) == 0
    until(lambda: of_boards(tmp_path) == [])


@pytest.mark.skipif(not Path("/proc/self/cmdline").exists(), reason="processes are looked up in /proc")
def test_boards_die_with_whoever_started_them_and_go_on_where_they_were(server: RunningServer, tmp_path: Path) -> None:
    cookie = "; ".join(f"{name}={value}" for name, value in server.admin.cookies.items())
    command = [sys.executable, "-c", ALONE, server.url, str(server.mqtt_port), cookie, str(tmp_path)]
    seen: dict[str, list[tuple[int, float]]] = {}
    for run in (1, 2):
        process = subprocess.Popen(command, env=environment())
        try:
            for serial in ("sim-board-1", "sim-board-2"):
                had = len(seen.get(serial, ()))
                until(lambda serial=serial: latest(server.admin, serial).get("power"))  # type: ignore[misc]
                until(lambda serial=serial, had=had: len(server.stored(serial, "energy")) > had + 1)  # type: ignore[misc]
                seen[serial] = server.stored(serial, "energy")
            assert len(of_boards(tmp_path)) == 2, run
        finally:
            process.kill()
            process.wait()
        until(lambda: of_boards(tmp_path) == [])
    for serial, stored in seen.items():
        energy = [value for _, value in stored]
        assert energy == sorted(energy), f"{serial}: its register is kept in its folder"
    names = {device["serial"]: (device["name"], device["state"]) for device in server.devices()}
    assert names["sim-board-2"] == ("Shed battery", "claimed")
    outputs = [one["name"] for one in server.admin.get("/outputs").json()]
    assert sorted(outputs) == ["Boiler", "Well pump"], "made once"
    assert all((tmp_path / serial / "flash.img").stat().st_size == 64 * 4096 for serial in seen)


def test_without_a_checkout_boards_are_refused_in_one_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(simulated_boards, "START", tmp_path / "board.py")
    done = CliRunner().invoke(cli, ["demo", "--data-dir", str(tmp_path / "data"), "--boards", "1"])
    assert done.exit_code == 1
    assert done.output.startswith("ohmstead: boards need")
    assert done.output.count("\n") == 1
    assert not list(tmp_path.iterdir()), "nothing was begun"
