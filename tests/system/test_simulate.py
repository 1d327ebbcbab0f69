"""Simulated meters over real sockets, and the demonstration."""

import re
import subprocess
import sys
from pathlib import Path

from system.running_server import ADMIN_PASSWORD, RunningServer, environment, free_port, ohmstead


def test_every_protocol_leaves_its_history_and_goes_on_live(server: RunningServer) -> None:
    arguments = ["simulate", "--devices", "5", "--history", "6h", "--for", "3", "--interval", "0.2"]
    arguments += ["--url", server.url, "--mqtt", f"{server.host}:{server.mqtt_port}"]
    env = {"OHMSTEAD_ADMIN_PASSWORD": ADMIN_PASSWORD}
    for run in (1, 2):  # the second goes on where the first ended
        done = ohmstead(*arguments, env=env, timeout=90)
        assert done.returncode == 0, done.stderr
        assert "answered" not in done.stderr
        devices = {d["serial"]: d for d in server.devices() if d["serial"].startswith("sim-")}
        assert len(devices) == 5, run
    assert {d["dialect"] for d in devices.values()} == {"native", "current-logger", "energy-monitor", "meter"}
    assert {d["state"] for d in devices.values()} == {"claimed"}
    assert all(d["name"] != d["serial"] for d in devices.values())
    least = {"sim-native-mqtt-1": 350, "sim-native-http-2": 350, "sim-000-3": 350, "sim-001-4": 350, "sim-003-5": 70}
    for name, wanted in least.items():
        key = "current" if name == "sim-000-3" else "power"
        stored = server.stored(name, key)
        assert len(stored) > wanted, name
        assert stored[-1][0] - stored[0][0] >= 6 * 3_600_000 - 600_000, name
        if key == "power":
            energy = [value for _, value in server.stored(name, "energy")]
            assert energy == sorted(energy), f"{name}: the register fell"
            assert energy[-1] > energy[0]


def test_a_demonstration_needs_one_command(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "ohmstead", "demo", "--data-dir", str(tmp_path / "demo"), "--for", "1"]
    command += ["--http-port", str(free_port()), "--mqtt-port", str(free_port()), "--history", "1h", "--devices", "7"]
    done = subprocess.run(command, env=environment(), capture_output=True, text=True, timeout=90, check=False)
    assert done.returncode == 0, done.stderr
    assert re.search(r"http://127.0.0.1:\d+/ +user admin +password ohmstead-demo", done.stdout)
    assert "Traceback" not in done.stderr
    with RunningServer(tmp_path / "demo", admin_password="ohmstead-demo") as server:
        names = {device["id"]: device["name"] for device in server.devices()}
        shares = server.admin.get("/overview").json()["devices"]
        roofs = [names[share["device"]] for share in shares if not share["counted"]]
        assert roofs == ["Roof and garage"], "what the panels give is no part of what is used"
        assert len(shares) >= 5


def test_simulated_rooms_are_alive_and_made_once(server: RunningServer) -> None:
    arguments = ["simulate", "--rooms", "--devices", "1", "--history", "0", "--for", "2", "--protocols", "native-http"]
    arguments += ["--url", server.url, "--mqtt", f"{server.host}:{server.mqtt_port}"]
    for _ in range(2):
        done = ohmstead(*arguments, env={"OHMSTEAD_ADMIN_PASSWORD": ADMIN_PASSWORD}, timeout=60)
        assert done.returncode == 0, done.stderr
        assert "Traceback" not in done.stderr
        rooms = {room["id"]: room["name"] for room in server.admin.get("/rooms").json()}
        outputs = {(rooms[o["room_id"]], o["name"]): o for o in server.admin.get("/outputs").json()}
        assert {"Living room", "Kitchen", "Hall"} <= {room for room, _ in outputs}
        kettle = outputs["Kitchen", "Kettle"]
        assert (kettle["reported"], kettle["power_channel_id"] is not None) == ("off", True)
        assert outputs["Living room", "Ceiling light"]["levels"] == [0, 100]
        assert [scene["name"] for scene in server.admin.get("/scenes").json()] == ["Evening"]
        (schedule,) = server.admin.get("/schedules").json()
        assert schedule["next_run"] is not None


def test_what_cannot_be_simulated_is_said_in_one_line(server: RunningServer) -> None:
    env = {"OHMSTEAD_ADMIN_PASSWORD": ADMIN_PASSWORD}
    for arguments, complaint in (
        (["--protocols", "modbus"], "no protocol 'modbus'"),
        (["--history", "soon"], "no length of time"),
        (["--url", "http://127.0.0.1:9"], "does not answer"),
    ):
        done = ohmstead("simulate", "--url", server.url, *arguments, env=env)
        assert done.returncode == 1
        assert complaint in done.stderr
        assert "Traceback" not in done.stderr
