"""System 000: a current logger that posts one reading at a time, with a local time of day and no date."""

from datetime import UTC, datetime, time, timedelta
from functools import lru_cache
from typing import Final
from zoneinfo import ZoneInfo

import msgspec

from ohmstead.dialects.dialect import Dialect, Envelope
from ohmstead.dialects.loose_json import finite, load_small
from ohmstead.domain.decimals import scale, shortest_float32
from ohmstead.domain.errors import MalformedPayload
from ohmstead.domain.identity import legal_serial
from ohmstead.domain.telemetry import DAY, HOUR, SECOND, Batch, Rejection, Run

# The device sets its clock by NTP, so a reading may seem to come from the future only by the error of two clocks.
AHEAD_US: Final = 5 * SECOND

_MILLI: Final = -3
_KEYS: Final = ("current",)
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND: Final = timedelta(microseconds=1)
_MAPPED_IPV4: Final = "::ffff:"


class _Reading(msgspec.Struct, forbid_unknown_fields=True, gc=False):
    current: float
    timestamp: str


_decode: Final = msgspec.json.Decoder(_Reading).decode


class CurrentLogger:
    """`{"timestamp": "HH:MM:SS.mmm", "current": milliamperes}`, the time in `zone`.

    The date is found from the arrival: of the days around it, the latest that is not more than 5 s in the future.
    In the hour that autumn repeats, the same rule chooses between the two passes, so a reading that waited for
    more than the hour it repeats is taken one hour late. A missing or unusable time becomes the arrival.
    """

    name = "current-logger"
    topics: tuple[str, ...] = ()
    listens: tuple[str, ...] = ()

    def __init__(self, zone: str = "Europe/Budapest") -> None:
        self._zone = ZoneInfo(zone)

    def decode(self, payload: bytes | memoryview, envelope: Envelope) -> Batch:
        try:
            reading = _decode(payload)
        except ValueError:
            return self._decode_loose(payload, envelope)
        return self._batch(reading.current, reading.timestamp, envelope)

    def _decode_loose(self, payload: bytes | memoryview, envelope: Envelope) -> Batch:
        message = load_small(payload)
        if not isinstance(message, dict) or not message:
            raise MalformedPayload("Invalid data")
        value = finite(message.get("current"))
        if value is None:
            return Batch([], rejected=[Rejection(0, "value", "current")], serial=_serial(envelope))
        return self._batch(value, message.get("timestamp"), envelope)

    def _batch(self, milliamperes: float, told: object, envelope: Envelope) -> Batch:
        received_us = envelope.received_us
        instant = place(told, self._zone, received_us) if isinstance(told, str) else None
        flagged = int(instant is None and told is not None)
        value = scale(shortest_float32(milliamperes), _MILLI)
        run = Run(_KEYS, [received_us if instant is None else instant], [value])
        return Batch([run], serial=_serial(envelope), clock_flagged=flagged)


def place(told: str, zone: ZoneInfo, received_us: int) -> int | None:
    """Return the instant of a local time of day near its arrival, or None when it is no time of day."""
    if not 8 <= len(told) <= 15 or told[2] != ":" or told[5] != ":":
        return None
    try:
        at = time.fromisoformat(told)
    except ValueError:
        return None
    if at.tzinfo is not None:
        return None
    latest_us = received_us + AHEAD_US
    offset_us = _steady_offset(zone, received_us // DAY)
    if offset_us is None:
        return _place_around_change(at, zone, received_us, latest_us)
    of_day_us = ((at.hour * 60 + at.minute) * 60 + at.second) * SECOND + at.microsecond
    # Both counted from local midnight: how far before the latest legal instant the time of day last came round.
    return latest_us - (latest_us + offset_us - of_day_us) % DAY


@lru_cache(maxsize=16)
def _steady_offset(zone: ZoneInfo, utc_day: int) -> int | None:
    """Return the zone's offset in µs when it does not change within two days of this one, else None."""
    hours = range(-48, 72 + 1)
    offsets = {_local(zone, utc_day * DAY + hour * HOUR).utcoffset() for hour in hours}
    if len(offsets) > 1:
        return None
    return (offsets.pop() or timedelta()) // _MICROSECOND


def _place_around_change(at: time, zone: ZoneInfo, received_us: int, latest_us: int) -> int:
    """Return the latest reading of this time of day that is not after `latest_us`.

    A time that spring skips is read with the offset that held before.
    """
    today = _local(zone, received_us).date()
    candidates = []
    for days in (-1, 0, 1):
        for fold in (0, 1):
            local = datetime.combine(today + timedelta(days=days), at, zone).replace(fold=fold)
            instant = (local - _EPOCH) // _MICROSECOND
            exists = _local(zone, instant).replace(tzinfo=None) == local.replace(tzinfo=None)
            if fold == 0 or exists:
                candidates.append(instant)
    return max(instant for instant in candidates if instant <= latest_us)


def _local(zone: ZoneInfo, instant_us: int) -> datetime:
    return (_EPOCH + timedelta(microseconds=instant_us)).astimezone(zone)


def _serial(envelope: Envelope) -> str:
    if envelope.hint and (serial := legal_serial(envelope.hint)):
        return serial
    return legal_serial(f"current-logger-{envelope.peer.removeprefix(_MAPPED_IPV4)}")


DIALECT: Dialect = CurrentLogger()
