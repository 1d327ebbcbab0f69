"""Which firmware a device runs, on which board, from all that is known of it."""

from collections.abc import Mapping
from typing import Final

from ohmstead.domain.device import Device

# Devices of system 004 say nothing of themselves, and there is only one board they run on.
_ONLY_BOARD: Final = {"home-control": "m5core2"}
# What the server notes about a device that does not say it itself.
_NOTED: Final = ("firmware",)


def running(device: Device) -> str | None:
    """By its own word (a meter of system 003 says it in each reading), else as it was noted here."""
    return device.details.get("firmware_version") or device.details.get("firmware")


def board(device: Device) -> str | None:
    return device.details.get("board") or _ONLY_BOARD.get(device.dialect)


def told_anew(known: Mapping[str, str], told: Mapping[str, str]) -> dict[str, str]:
    """The details of a device after it told them again: its own words, and what was noted here."""
    return {key: known[key] for key in _NOTED if key in known} | dict(told)
