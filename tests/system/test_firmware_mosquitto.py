"""The firmware in front of a broker that is not ours: nothing taken is missing when that one is restarted."""

import asyncio
import contextlib
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import pytest

from ohmstead.dialects.dialect import Envelope
from ohmstead.dialects.native import DIALECT as NATIVE
from system.firmware_board import live, until
from system.running_server import free_port
from system.starting import missing
from system.test_firmware_links import counter, host

__all__ = ["counter", "host"]
CONFIGURATION: Final = """
listener {port} 127.0.0.1
allow_anonymous true
persistence true
persistence_location {folder}/
"""
BEFORE, AFTER = 20, 20  # samples on either side of the restart


class Mosquitto:
    """Keeps its port and what it promised over restarts."""

    def __init__(self, program: str, folder: Path) -> None:
        self.port = free_port()
        self._command = [program, "-c", str(folder / "mosquitto.conf")]
        (folder / "mosquitto.conf").write_text(CONFIGURATION.format(port=self.port, folder=folder))
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        self._process = subprocess.Popen(self._command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", self.port), 1):
                return
            time.sleep(0.02)
        raise AssertionError("the broker does not listen")

    def stop(self) -> None:
        """By SIGTERM: it writes down what is not delivered yet."""
        assert self._process is not None
        self._process.terminate()
        self._process.wait(10)


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[Mosquitto]:
    program = shutil.which("mosquitto") or shutil.which("mosquitto", path="/usr/sbin")
    if program is None or shutil.which("mosquitto_sub") is None:
        missing("mosquitto")
    assert program is not None
    folder = tmp_path / "broker"
    folder.mkdir()
    folder.chmod(0o777)  # it lays down root's rights
    running = Mosquitto(program, folder)
    running.start()
    yield running
    running.stop()


@pytest.fixture
def received(broker: Mosquitto, tmp_path: Path) -> Iterator[Path]:
    """What a subscriber with a session of its own gets, a line each."""
    lines = tmp_path / "received"
    command = ["stdbuf", "-oL", "mosquitto_sub", "-p", str(broker.port), "-i", "listener", "-c", "-q", "1", "-d"]
    with lines.open("wb") as out:
        listener = subprocess.Popen([*command, "-F", "%p", "-t", "ohmstead/+/telemetry"], stdout=out)
        deadline = time.monotonic() + 60
        while b"Subscribed" not in lines.read_bytes():
            assert time.monotonic() < deadline, "the subscriber got no answer"
            time.sleep(0.02)
        yield lines
        listener.terminate()
        listener.wait(10)


def counts(lines: Path) -> list[int]:
    found: list[int] = []
    for line in lines.read_bytes().splitlines():
        if not line.startswith(b"{"):
            continue  # what the subscriber says of itself
        for run in NATIVE.decode(line, Envelope(int(time.time() * 1e6))).runs:
            if "count" in run.keys:
                found += [int(v) for v in list(run.values)[run.keys.index("count") :: len(run.keys)]]
    return found


def test_nothing_is_missing_when_the_broker_is_restarted(
    broker: Mosquitto,
    received: Path,
    host: Any,
    counter: dict[str, Any],
) -> None:
    async def talk(agent: Any) -> None:
        await until(lambda: len(set(counts(received))) >= BEFORE)
        await asyncio.to_thread(broker.stop)
        await asyncio.sleep(0.5)  # samples go on being taken
        broker.start()
        last = max(counts(received))

        def whole() -> bool:  # what is live comes first, what was kept meanwhile after it
            found = set(counts(received))
            return max(found) >= last + AFTER and len(found) == max(found)

        await until(whole, 60)

    server = {"host": "127.0.0.1", "port": broker.port, "token": "any", "backlog_ms": 0, "link": "mqtt"}
    live(host, talk, serial="abroad", server=server, drivers=[counter])
    found = set(counts(received))
    assert found == set(range(1, max(found) + 1))
