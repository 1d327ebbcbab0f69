"""System 001: energy monitors with a current clamp. Only a description exists, so many spellings are taken."""

from typing import Final

from ohmstead.dialects.dialect import Dialect, Envelope
from ohmstead.dialects.loose_json import finite, load
from ohmstead.domain.decimals import scale, shortest_float32
from ohmstead.domain.errors import MalformedPayload
from ohmstead.domain.identity import legal_serial
from ohmstead.domain.instants import EARLIEST_US, LATEST_US, parse_rfc3339
from ohmstead.domain.rows import Rows
from ohmstead.domain.telemetry import DAY, MS, SECOND, Batch

# spelling, case ignored -> (channel, power of ten to its canonical unit)
SPELLINGS: Final = {
    "current": ("current", 0),
    "current_a": ("current", 0),
    "current_amps": ("current", 0),
    "irms": ("current", 0),
    "power": ("power", 0),
    "power_w": ("power", 0),
    "power_watts": ("power", 0),
    "kwh": ("energy", 3),
    "energy": ("energy", 3),
    "energy_kwh": ("energy", 3),
    "voltage": ("voltage", 0),
    "voltage_volts": ("voltage", 0),
}
_DEVICE: Final = ("device_id", "device")
_NOT_MEASURED: Final = frozenset((*_DEVICE, "timestamp"))
# Epoch seconds of these years are also plausible as milliseconds since boot, so they must lie near the arrival.
_NEAR_US: Final = 5 * 366 * DAY
_MAPPED_IPV4: Final = "::ffff:"


class EnergyMonitor:
    """One object or a list of them: A, W, V and cumulative kWh, with an optional device and time.

    A power that is not told is volts times amperes where both are. A time that is neither RFC 3339 nor an epoch
    in seconds or milliseconds (milliseconds since boot, most often) becomes the arrival. A batch is of one
    device: entries of a list that name another are rejected (`device`). A device that does not say who it is, is
    named by the first wildcard level of its topic, or by its address.
    """

    name = "energy-monitor"
    listens: tuple[str, ...] = ()

    def __init__(self, topics: tuple[str, ...] = ()) -> None:
        """`topics` are MQTT filters; which ones these devices use is not known."""
        self.topics = topics

    def decode(self, payload: bytes | memoryview, envelope: Envelope) -> Batch:
        message = load(payload)
        entries = message if isinstance(message, list) else [message]
        if not all(isinstance(entry, dict) for entry in entries):
            raise MalformedPayload("expected a JSON object with current, power or kwh, or a list of them")
        rows = Rows()
        flagged = 0
        device = next(filter(None, map(_device, entries)), None)
        for index, entry in enumerate(entries):
            if _device(entry) not in (device, None):
                rows.reject(index, "device")
                continue
            values = _values(entry, index, rows)
            if not values:
                continue
            instant = _instant(entry.get("timestamp"), envelope.received_us)
            if instant is None:
                flagged += len(values) * (entry.get("timestamp") is not None)
                instant = envelope.received_us
            rows.add(index, instant, tuple(values), values.values())
        if entries and not rows.rejected and not rows.runs():
            raise MalformedPayload("expected current, power or kwh in at least one entry")
        serial = device or legal_serial(envelope.hint or "") or self._by_topic(envelope.source) or _by_address(envelope)
        return Batch(rows.runs(), rejected=rows.rejected, serial=serial, clock_flagged=flagged)

    def _by_topic(self, source: str) -> str:
        levels = source.split("/")
        for topic_filter in self.topics:
            wanted = topic_filter.split("/")
            if "+" not in wanted or len(wanted) > len(levels):
                continue
            if all(w in ("+", "#", level) for w, level in zip(wanted, levels, strict=False)):
                return legal_serial(levels[wanted.index("+")])
        return ""


def _values(entry: dict[str, object], index: int, rows: Rows) -> dict[str, float]:
    """Return the channels of one entry in canonical units; numbers under other names keep their key."""
    values: dict[str, float] = {}
    for key, raw in entry.items():
        channel, power_of_ten = SPELLINGS.get(key.lower(), (key, 0))
        value = finite(raw)
        if value is not None:
            value = finite(scale(shortest_float32(value), power_of_ten))
        if value is not None and key not in _NOT_MEASURED:
            values[channel] = value
        elif key.lower() in SPELLINGS:
            rows.reject(index, "value", key)
    if "power" not in values and "voltage" in values and "current" in values:
        product = finite(round(values["voltage"] * values["current"], 6))
        if product is not None:
            values["power"] = product
    return values


def _instant(told: object, received_us: int) -> int | None:
    if isinstance(told, str):
        instant = parse_rfc3339(told, bare_is_utc=True)
    elif (number := finite(told)) is None or not 0 <= number * MS <= LATEST_US:
        return None
    elif number * MS >= EARLIEST_US:
        instant = round(number * MS)
    else:
        instant = round(number * SECOND)
        if abs(instant - received_us) > _NEAR_US:
            return None
    return instant if instant is not None and EARLIEST_US <= instant <= LATEST_US else None


def _device(entry: dict[str, object]) -> str | None:
    for name in _DEVICE:
        told = entry.get(name)
        if isinstance(told, str | int) and not isinstance(told, bool) and (serial := legal_serial(str(told))):
            return serial
    return None


def _by_address(envelope: Envelope) -> str:
    return legal_serial(f"energy-monitor-{envelope.peer.removeprefix(_MAPPED_IPV4)}")


DIALECT: Dialect = EnergyMonitor()
