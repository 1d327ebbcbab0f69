"""System 003: energy meters with a PZEM-004T that publish to `meter/<device_id>/data`."""

from math import isinf
from typing import Final

import msgspec

from ohmstead.dialects.dialect import Dialect, Envelope
from ohmstead.dialects.loose_json import finite, load_small, text
from ohmstead.domain.decimals import scale, shortest_float32
from ohmstead.domain.errors import MalformedPayload
from ohmstead.domain.identity import legal_serial
from ohmstead.domain.instants import EARLIEST_US, LATEST_US, parse_rfc3339
from ohmstead.domain.rows import reject
from ohmstead.domain.telemetry import Batch, Rejection, Run

_KEYS: Final = ("power", "voltage", "current", "energy")
_KNOWN: Final = frozenset((*_KEYS, "serial_number", "device_id", "timestamp"))
_KILO: Final = 3  # the meter tells kWh
_MOST_DETAILS: Final = 32
_LONGEST_DETAIL: Final = 128


class _Reading(msgspec.Struct, forbid_unknown_fields=True, gc=False):
    serial_number: str
    device_id: str
    power: float
    voltage: float
    current: float
    energy: float
    timestamp: str


_decode: Final = msgspec.json.Decoder(_Reading).decode


class PzemMeter:
    """One reading per message. The factory serial is empty and the factory `device_id` is "1" on every unit.

    Numbers that this firmware does not send are kept as channels under their own key, short texts and the
    `device_id` as details.
    A measured value that is missing or no number is rejected alone.
    """

    name = "meter"
    topics: tuple[str, ...] = ("meter/+/data",)
    listens: tuple[str, ...] = ("meter/+/control", "firmwareUpdateOTA/device/+")

    def decode(self, payload: bytes | memoryview, envelope: Envelope) -> Batch:
        try:
            reading = _decode(payload)
        except ValueError:
            return _decode_loose(payload, envelope)
        values = [
            shortest_float32(reading.power),
            shortest_float32(reading.voltage),
            shortest_float32(reading.current),
            scale(shortest_float32(reading.energy), _KILO),
        ]
        if isinf(values[-1]):
            return _decode_loose(payload, envelope)
        instant = _instant(reading.timestamp)
        return Batch(
            [Run(_KEYS, [envelope.received_us if instant is None else instant], values)],
            serial=_serial(reading.serial_number, reading.device_id, envelope),
            clock_flagged=len(_KEYS) if instant is None else 0,
            details=_details(reading.device_id),
        )


def _decode_loose(payload: bytes | memoryview, envelope: Envelope) -> Batch:
    message = load_small(payload)
    if not isinstance(message, dict) or message.keys().isdisjoint(_KEYS):
        raise MalformedPayload(f"expected a JSON object with {', '.join(_KEYS)}")
    rejected: list[Rejection] = []
    values: dict[str, float] = {}
    details = _details(message.get("device_id"))
    for key in _KEYS:
        value = finite(message.get(key))
        if value is not None:
            value = shortest_float32(value)
            value = finite(scale(value, _KILO)) if key == "energy" else value
        if value is None:
            reject(rejected, 0, "value" if key in message else "missing", key)
        else:
            values[key] = value
    for key, raw in message.items():
        if key in _KNOWN:
            continue
        if (value := finite(raw)) is not None:
            values[key] = shortest_float32(value)
        elif text(key) and (word := text(raw, _LONGEST_DETAIL)) and len(details) < _MOST_DETAILS:
            details[key] = word
    told = message.get("timestamp")
    instant = _instant(told) if isinstance(told, str) else None
    return Batch(
        [Run(tuple(values), [envelope.received_us if instant is None else instant], list(values.values()))]
        if values
        else [],
        rejected=rejected,
        serial=_serial(message.get("serial_number"), message.get("device_id"), envelope),
        clock_flagged=len(values) if instant is None and told is not None else 0,
        details=details,
    )


def _details(device_id: object) -> dict[str, str]:
    """Return what its commands and its older dashboard know the meter by: the level of its topics."""
    word = text(device_id) if isinstance(device_id, str) else None
    return {} if word is None else {"device_id": word}


def _instant(told: str) -> int | None:
    """Return the instant of a timestamp; None for one from before the device had found the time."""
    instant = parse_rfc3339(told, bare_is_utc=True)
    return instant if instant is not None and EARLIEST_US <= instant <= LATEST_US else None


def _serial(told: object, device_id: object, envelope: Envelope) -> str | None:
    """Return the serial told; for a unit that was never configured, one made of its topic."""
    if isinstance(told, str | int) and (serial := legal_serial(str(told))):
        return serial
    if envelope.hint and (serial := legal_serial(envelope.hint)):
        return serial
    levels = envelope.source.split("/")
    if len(levels) == 3 and levels[0] == "meter":
        device_id = levels[1]
    return legal_serial(f"meter-{device_id}") if isinstance(device_id, str | int) and device_id != "" else None


DIALECT: Dialect = PzemMeter()
