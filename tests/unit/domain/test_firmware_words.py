"""What is known of the firmware of a device, and of its board."""

import pytest

from ohmstead.domain.device import Device, DeviceState
from ohmstead.domain.firmware import board, running, told_anew


def a_device(dialect: str = "native", **details: str) -> Device:
    return Device(1, "S1", "S1", DeviceState.CLAIMED, dialect, 0, details=details)


@pytest.mark.parametrize(
    ("details", "version"),
    [
        ({}, None),
        ({"firmware": "1.0.0"}, "1.0.0"),
        ({"firmware": "2.0", "firmware_version": "1.0"}, "1.0"),
    ],
    ids=["silent", "noted", "its own word counts"],
)
def test_which_firmware_runs(details: dict[str, str], version: str | None) -> None:
    assert running(a_device(**details)) == version


def test_the_board_is_told_or_the_only_one_there_is() -> None:
    assert board(a_device(board="esp32")) == "esp32"
    assert board(a_device()) is None
    assert board(a_device("home-control")) == "m5core2"


def test_what_was_noted_here_outlives_what_the_device_tells() -> None:
    known = {"firmware": "2.0", "device_id": "1", "ip_address": "10.0.0.7"}
    assert told_anew(known, {"device_id": "2"}) == {"firmware": "2.0", "device_id": "2"}
    assert told_anew(known, {"firmware": "3.0"}) == {"firmware": "3.0"}
