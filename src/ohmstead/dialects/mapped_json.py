"""JSON in any shape, read as an admin mapped it. One instance per mapping."""

from datetime import UTC, datetime, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

from ohmstead.dialects.dialect import Envelope
from ohmstead.dialects.loose_json import finite, load_small
from ohmstead.domain.channel import describe
from ohmstead.domain.errors import MalformedPayload
from ohmstead.domain.identity import legal_serial
from ohmstead.domain.instants import EARLIEST_US, LATEST_US, parse_rfc3339
from ohmstead.domain.mapping import Mapping, TimeFormat, at, serial_of
from ohmstead.domain.rows import Rows
from ohmstead.domain.telemetry import MS, SECOND, Announcement, Batch

NAME: Final = "mapped-json"
FIRST_YEAR, LAST_YEAR = 2000, 2200
# How devices write what is on and off, where they do not write numbers.
WORDS: Final = {"on": 1.0, "off": 0.0, "true": 1.0, "false": 0.0, "online": 1.0, "offline": 0.0,
                "open": 1.0, "closed": 0.0, "yes": 1.0, "no": 0.0}  # fmt: skip


class MappedJson:
    """One message is one row. A field that is absent is left out; one that is no number is rejected alone.

    Values become canonical here, with the unit the mapping has now, so that correcting a unit takes effect at once
    although the channel exists already. Digits stay as they were sent: whether they are float32 noise is not known.
    """

    name: str = NAME
    listens: tuple[str, ...] = ()

    def __init__(self, mapping: Mapping, zone: str) -> None:
        """`zone` is that of the clock by which the device writes local time."""
        self.mapping = mapping
        self.topics: tuple[str, ...] = (mapping.filter,)
        self._zone = ZoneInfo(zone)
        self._specs = [
            describe(f.key, Announcement(f.key, f.quantity, f.unit, None, f.decimals)) for f in mapping.fields
        ]
        self._announced = [Announcement(s.key, s.quantity, s.unit or None, s.kind, s.decimals) for s in self._specs]

    def decode(self, payload: bytes | memoryview, envelope: Envelope) -> Batch:
        """Raises MalformedPayload also for a message that does not say whose it is, or has none of the fields."""
        document = load_small(payload)
        rows = Rows()
        values: dict[str, float] = {}
        for field, spec in zip(self.mapping.fields, self._specs, strict=True):
            raw = at(document, field.pointer)
            if raw is None:
                continue
            value = _number(raw)
            if value is not None and (spec.factor, spec.offset) != (1.0, 0.0):
                value = finite(round(value * spec.factor + spec.offset, 9))
            if value is None:
                rows.reject(0, "value", field.key)
            else:
                values[field.key] = value
        told = None if self.mapping.time_pointer is None else at(document, self.mapping.time_pointer)
        instant = None if told is None else self._instant(told)
        if values:
            rows.add(0, envelope.received_us if instant is None else instant, tuple(values), values.values())
        elif not rows.rejected:
            raise MalformedPayload("none of the mapped fields is in the payload")
        serial = legal_serial(serial_of(self.mapping.serial, envelope.source, document))
        if not serial:
            raise MalformedPayload(f"the payload or its address does not fill the serial {self.mapping.serial!r}")
        return Batch(
            rows.runs(),
            announced=self._announced,
            rejected=rows.rejected,
            serial=serial,
            untimed=told is None,
            clock_flagged=len(values) if told is not None and instant is None else 0,
        )

    def _instant(self, told: Any) -> int | None:
        instant: int | None = None
        if self.mapping.time_format is TimeFormat.RFC3339:
            instant = parse_rfc3339(told) if isinstance(told, str) else None
        elif self.mapping.time_format is TimeFormat.LOCAL:
            instant = self._local(told) if isinstance(told, str) else None
        elif (number := _number(told)) is not None:
            factor = SECOND if self.mapping.time_format is TimeFormat.SECONDS else MS
            instant = round(number * factor) if abs(number * factor) <= LATEST_US else None
        return instant if instant is not None and EARLIEST_US <= instant <= LATEST_US else None

    def _local(self, told: str) -> int | None:
        """The clock on the wall; of an hour that comes twice the first."""
        try:
            hands = datetime.fromisoformat(told[:32])
        except ValueError:
            return None
        if not FIRST_YEAR <= hands.year <= LAST_YEAR:  # what a clock says that was never set, and what overflows
            return None
        if hands.tzinfo is None:
            hands = hands.replace(tzinfo=self._zone)
        return (hands - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1)


def _number(raw: Any) -> float | None:
    """Numbers, truths, and the texts in which devices write both."""
    if isinstance(raw, str):
        word = WORDS.get(raw.strip().lower())
        if word is not None:
            return word
        try:
            raw = float(raw[:32]) if raw.isascii() and "_" not in raw else None
        except ValueError:
            return None
    return finite(raw)
