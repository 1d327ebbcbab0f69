"""A rollout that replaces MicroPython itself, from a server to a simulated ESP32 and its boot loader."""

import os
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from esp_images import esp_image
from system.firmware_board import Host, Restart, counting
from system.firmware_rollout import Updated
from system.running_server import RunningServer
from system.test_firmware_links import mqtt

OLD = esp_image(content=b"old " * 50_000)
FRESH = esp_image(content=os.urandom(400_000))
CRASHES = esp_image(content=b"crash " * 50_000)


@pytest.fixture
def host(tmp_path: Path) -> Iterator[Any]:
    from sim.partitions import Chip  # type: ignore[import-not-found]

    with Host(tmp_path, start_ms=int(time.time() * 1000), esp=Chip(OLD, sectors=128)) as host:
        host.rtc_offset_ms = 0
        yield host


@pytest.fixture
def counter() -> Iterator[dict[str, Any]]:
    with counting() as driver:
        yield driver


def test_a_rollout_brings_micropython_and_one_that_does_not_start_is_left_by_the_board_itself(
    server: RunningServer, host: Any, counter: dict[str, Any]
) -> None:
    import boot  # type: ignore[import-not-found]

    device = server.add_device("image")
    starts: list[Any] = []

    def start() -> str:
        if b"crash" in host.esp.image:
            starts.append("crash")
            raise Restart
        slot: str = boot.choose()
        starts.append((slot, host.esp.label(host.esp.runs)))
        return slot

    where = mqtt(server, device, http_port=server.http_port)
    board = Updated(server, device, host, "esp32", start, {"drivers": [counter], "server": where})
    version, found = board.through("1.1.0", {"main.mpy": b"main", "micropython.bin": FRESH})
    assert (version, found["state"]) == ("1.1.0", "confirmed"), found
    assert starts == [("", "ota_0"), ("a", "ota_1")]
    assert host.esp.image[: len(FRESH)] == FRESH
    assert host.esp.state == "valid"
    starts.clear()
    version, found = board.through("1.2.0", {"main.mpy": b"main", "micropython.bin": CRASHES})
    assert (version, found["state"]) == ("1.1.0", "failed"), found
    assert found["reason"].startswith("tries")
    assert (starts[0], starts[-1], starts.count("crash")) == (("a", "ota_1"), ("a", "ota_1"), 3)
    assert host.esp.image[: len(FRESH)] == FRESH
    assert board.taken == sorted(board.taken), "it went on measuring"
