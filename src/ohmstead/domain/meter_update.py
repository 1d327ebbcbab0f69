"""What a meter of system 003 says about an update of its firmware (wire-formats §4.2)."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class MeterToldUpdate:
    """`state`: received, downloading, success or failed. `job`: what the notice called it, if the device knows."""

    device: int
    state: str
    job: str | None
    message: str
    current_version: str | None
