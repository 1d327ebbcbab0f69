"""Provisioning: one device's Wi-Fi, server and token in its file system."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from ohmstead.cli import cli
from ohmstead.commands import firmware_image as image
from ohmstead.commands import firmware_provision
from ohmstead.commands.client import ServerError
from ohmstead.commands.firmware_provision import make_token, provisioned, sticker
from ohmstead.commands.firmware_sources import BuildError, Sources


class FakeServer:
    """A server that knows some devices, as a Client sees it."""

    def __init__(self, *serials: str) -> None:
        self.serials = list(serials)
        self.asked: list[str] = []

    def post(self, path: str, body: dict[str, str] | None = None) -> dict[str, str]:
        self.asked.append(path)
        if path.endswith("/rotate-token"):
            return {"token": "renewed"}
        assert body is not None
        if body["serial"] in self.serials:
            raise ServerError("the serial exists", 409)
        return {"token": "fresh"}

    def get(self, path: str, query: dict[str, object] | None = None) -> dict[str, object]:
        return {"items": [{"id": f"d{i}", "serial": serial} for i, serial in enumerate(self.serials)], "next": None}

    def close(self) -> None:
        pass


def test_wifi_server_and_token_go_in_together(tmp_path: Path) -> None:
    board = Sources().board("esp8266")
    disk = tmp_path / "filesystem.bin"
    before = {
        "boot.py": b"pass",
        "a/links/mqtt.mpy": b"",
        "device.json": json.dumps({"drivers": [{"driver": "ina219"}]}).encode(),
    }
    disk.write_bytes(image.filesystem(before, board.filesystem))
    done = CliRunner().invoke(
        cli,
        [
            *("firmware", "provision", str(disk), "--board", "esp8266", "--serial", "meter-0042"),
            *("--ssid", "house", "--wifi-password", "a b;c", "--server", "mqtt://192.168.1.5"),
            *("--device-token", "secret-token"),
        ],
    )
    assert done.exit_code == 0, done.output
    files = image.listing(disk.read_bytes())
    config = json.loads(files["device.json"])
    assert config["wifi"] == [{"ssid": "house", "password": "a b;c"}]
    assert config["server"] == {
        "link": "mqtt",
        "host": "192.168.1.5",
        "port": 1883,
        "tls": False,
        "token": "secret-token",
    }
    assert config["drivers"] == [{"driver": "ina219"}]
    assert files["boot.py"] == b"pass"
    assert "join Wi-Fi Ohmstead-0042" in done.output
    assert "secret-token" not in done.output


def test_every_device_gets_a_password_of_its_own_and_keeps_it() -> None:
    one, other = (provisioned({}, s, "w", "", "http://server", "t") for s in ("a", "b"))
    assert one["password"] != other["password"]
    assert len(one["password"]) == 10
    assert provisioned(one, "a", "w", "", "http://server", "t")["password"] == one["password"]
    assert "\n" in sticker(one)


@pytest.mark.parametrize(
    ("server", "link"), [("http://server", "signed"), ("https://server", "http"), ("mqtt://server", "mqtt")]
)
def test_a_device_made_to_sign_does_so_on_every_plain_way_of_http(server: str, link: str) -> None:
    made = provisioned({"server": {"link": "signed"}}, "a", "w", "", server, "t")
    assert made["server"]["link"] == link
    assert provisioned({}, "a", "w", "", "http://server", "t")["server"]["link"] == "http"


@pytest.mark.parametrize("server", ["ftp://server", "server", "http://"])
def test_an_address_that_is_none_is_refused(server: str) -> None:
    with pytest.raises(BuildError, match="not the address"):
        provisioned({}, "a", "w", "", server, "t")


def test_an_image_without_a_configuration_is_refused(tmp_path: Path) -> None:
    disk = tmp_path / "filesystem.bin"
    disk.write_bytes(image.filesystem({"boot.py": b""}, Sources().board("esp8266").filesystem))
    arguments = ["--serial", "a", "--ssid", "w", "--server", "http://s", "--wifi-password", "", "--device-token", "t"]
    done = CliRunner().invoke(cli, ["firmware", "provision", str(disk), "--board", "esp8266", *arguments])
    assert done.exit_code == 1
    assert "holds no device.json" in done.output


def test_a_device_that_cannot_speak_so_is_not_sent_there(tmp_path: Path) -> None:
    disk = tmp_path / "filesystem.bin"
    files = {"device.json": b"{}", "a/links/mqtt.mpy": b""}
    disk.write_bytes(image.filesystem(files, Sources().board("esp8266").filesystem))
    arguments = ["--serial", "a", "--ssid", "w", "--server", "http://s", "--wifi-password", "", "--device-token", "t"]
    done = CliRunner().invoke(cli, ["firmware", "provision", str(disk), "--board", "esp8266", *arguments])
    assert done.exit_code == 1
    assert "cannot speak http" in done.output
    assert image.listing(disk.read_bytes()) == files, "as it was"


def test_the_server_makes_the_token_and_a_known_device_gets_a_new_one(monkeypatch: pytest.MonkeyPatch) -> None:
    server = FakeServer("other", "known")
    monkeypatch.setattr(firmware_provision, "sign_in", lambda *_: server)
    assert make_token("http://s", "new", "Meter", None, None, None) == "fresh"
    monkeypatch.setattr("typer.confirm", lambda *_, **__: True)
    assert make_token("http://s", "known", None, None, None, None) == "renewed"
    assert server.asked[-1] == "/devices/d1/rotate-token"
    monkeypatch.setattr("typer.confirm", lambda *_, **__: False)
    with pytest.raises(BuildError, match="nothing was changed"):
        make_token("http://s", "known", None, None, None, None)
