"""The firmware on an encrypted port: it speaks with its own server only."""

from pathlib import Path
from typing import Any

import pytest

from system.firmware_board import live, until
from system.running_server import free_port, ohmstead
from system.starting import StartServer
from system.test_firmware_links import counter, host, is_gapless

__all__ = ["counter", "host"]


@pytest.mark.parametrize("link", ["mqtt", "http"])
def test_samples_travel_encrypted_to_a_server_whose_authority_the_board_knows(
    start_server: StartServer, tmp_path: Path, host: Any, counter: dict[str, Any], link: str
) -> None:
    done = ohmstead("tls", "init", "--data-dir", str(tmp_path / "data"), "--name", "127.0.0.1", "--name", "localhost")
    assert done.returncode == 0, done.stderr
    port = free_port()
    server = start_server()
    device = server.add_device("sealed")
    server.flags = ["--mqtts-port" if link == "mqtt" else "--https-port", str(port)]
    server.restart()
    Path(host.folder, "ca.pem").write_bytes((tmp_path / "data" / "tls" / "ca.crt").read_bytes())

    async def talk(agent: Any) -> None:
        await until(lambda: agent.uplink.acknowledged > 10)
        agent.sensors.all.clear()
        await until(lambda: agent.outbox.pending == 0)

    settings = {"host": "localhost", "port": port, "token": device.token, "backlog_ms": 0, "link": link, "tls": True}
    live(host, talk, serial=device.serial, drivers=[counter], server=settings)
    server.flags = []  # with an HTTPS port people use that one only
    server.restart()
    assert is_gapless(device.stored("count"), at_least=10)


def test_a_server_it_does_not_know_gets_nothing(
    start_server: StartServer, tmp_path: Path, host: Any, counter: dict[str, Any]
) -> None:
    for name in ("data", "another"):
        folder = str(tmp_path / name)
        assert ohmstead("tls", "init", "--data-dir", folder, "--name", "localhost").returncode == 0
    mqtts = free_port()
    server = start_server(flags=["--mqtts-port", str(mqtts)])
    device = server.add_device("careful")
    Path(host.folder, "ca.pem").write_bytes((tmp_path / "another" / "tls" / "ca.crt").read_bytes())

    async def talk(agent: Any) -> None:
        await until(lambda: any("uplink" in line for line in agent.log.lines))
        await until(lambda: agent.outbox.seq > 10)
        assert not agent.uplink.up

    settings = {"host": "localhost", "port": mqtts, "token": device.token, "backlog_ms": 0, "link": "mqtt", "tls": True}
    live(host, talk, serial=device.serial, drivers=[counter], server=settings)
    assert host.restarts == 0
