"""How each kind of meter puts a reading into bytes. Pure: a reading in, a message out."""

import json
import struct
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any, Final
from zoneinfo import ZoneInfo

from ohmstead.simulation.household import Reading


class Protocol(StrEnum):
    NATIVE_MQTT = "native-mqtt"
    NATIVE_HTTP = "native-http"
    CURRENT_LOGGER = "000"
    ENERGY_MONITOR = "001"
    METER = "003"


CHANNELS: Final = (
    ("power", "power", "W", 1),
    ("voltage", "voltage", "V", 1),
    ("current", "current", "A", 3),
    ("frequency", "frequency", "Hz", 2),
    ("power_factor", "power_factor", "1", 2),
    ("energy", "energy", "Wh", 0),
)
EXPORT: Final = ("energy_export", "energy_export", "Wh", 0)
_FLOAT32: Final = struct.Struct("<f")


@dataclass(frozen=True, slots=True)
class SimulatedMeter:
    """Who it is. `solar`: has a second register for what the roof gives away."""

    serial: str
    name: str
    protocol: Protocol
    seed: int
    solar: bool = False

    @property
    def channels(self) -> tuple[tuple[str, str, str, int], ...]:
        return (*CHANNELS, EXPORT) if self.solar else CHANNELS


NAMES: Final = (
    "Flat 1, ground floor", "Flat 2, first floor", "Workshop", "Flat 3, first floor", "Heat pump", "Flat 4, attic",
    "Roof and garage", "Laundry", "Stairs and lift", "Garden house",
)  # fmt: skip


def fleet(count: int, protocols: Sequence[Protocol], seed: int = 1) -> list[SimulatedMeter]:
    """`count` meters, the protocols in turn."""
    meters = []
    for n in range(count):
        protocol = protocols[n % len(protocols)]
        name = NAMES[n % len(NAMES)] + (f" {n // len(NAMES) + 1}" if n >= len(NAMES) else "")
        solar = "Roof" in name and protocol in (Protocol.NATIVE_MQTT, Protocol.NATIVE_HTTP)
        meters.append(SimulatedMeter(f"sim-{protocol}-{n + 1}", name, protocol, seed * 1000 + n, solar))
    return meters


def announcement(meter: SimulatedMeter) -> dict[str, Any]:
    """The native device's description of its channels."""
    return {
        "channels": [
            {"key": key, "quantity": quantity, "unit": unit, "decimals": decimals}
            for key, quantity, unit, decimals in meter.channels
        ]
    }


def native(meter: SimulatedMeter, reading: Reading) -> dict[str, Any]:
    return {"t": round(reading.at * 1000), "v": {key: getattr(reading, key) for key, *_ in meter.channels}}


def native_columns(meter: SimulatedMeter, readings: Sequence[Reading]) -> dict[str, Any]:
    """Many readings in one message."""
    return {
        **announcement(meter),
        "columns": {
            "t": [round(r.at * 1000) for r in readings],
            "v": {key: [getattr(r, key) for r in readings] for key, *_ in meter.channels},
        },
    }


def float32(value: float) -> float:
    """What a firmware that computes in float32 prints, with its noise."""
    return round(float(_FLOAT32.unpack(_FLOAT32.pack(value))[0]), 6)


def current_logger(reading: Reading, zone: ZoneInfo) -> dict[str, Any]:
    """System 000: a local time of day and milliamperes."""
    return {"timestamp": _time_of_day(reading, zone), "current": float32(reading.current * 1000)}


def current_data_row(reading: Reading, zone: ZoneInfo) -> str:
    """A row of its server's file."""
    return f"{_time_of_day(reading, zone)},{float32(reading.current * 1000)}\r\n"


def _time_of_day(reading: Reading, zone: ZoneInfo) -> str:
    local = datetime.fromtimestamp(round(reading.at, 3), zone)
    return f"{local:%H:%M:%S}.{local.microsecond // 1000:03}"


def energy_monitor(meter: SimulatedMeter, reading: Reading) -> dict[str, Any]:
    """System 001."""
    return {
        "device_id": meter.serial,
        "current": reading.current,
        "power": reading.power,
        "kWh": round(reading.energy / 1000, 4),
        "timestamp": _iso(reading),
    }


def pzem_meter(meter: SimulatedMeter, reading: Reading) -> dict[str, Any]:
    """System 003; every unit calls itself 1."""
    return {
        "serial_number": meter.serial,
        "device_id": "1",
        "voltage": float32(reading.voltage),
        "current": float32(reading.current),
        "power": float32(reading.power),
        "energy": float32(round(reading.energy / 1000, 3)),
        "timestamp": _iso(reading),
    }


def _iso(reading: Reading) -> str:
    return datetime.fromtimestamp(round(reading.at), UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def encode(message: Any) -> bytes:
    return json.dumps(message, separators=(",", ":")).encode()
