"""The careful reader of native messages: keeps every good sample, names every bad one."""

from collections.abc import Callable, Iterable, Sequence
from itertools import islice
from typing import Final

from ohmstead.dialects.dialect import Envelope
from ohmstead.dialects.loose_json import add_finite, finite, load, text
from ohmstead.domain.errors import MalformedPayload
from ohmstead.domain.instants import LATEST_US, parse_rfc3339
from ohmstead.domain.rows import Rows
from ohmstead.domain.telemetry import MS, Announcement, Batch

MOST_ANNOUNCED: Final = 1_000
LARGEST_SEQ: Final = 2**63 - 1

_SHAPES: Final = ("v", "samples", "columns")
_TIMES: Final = ("t_us", "t", "age_ms")
_TOLD: Final = (*_TIMES, "t0_us", "t0")

Message = dict[str, object]


def decode(payload: bytes | memoryview, envelope: Envelope) -> Batch:
    """Return the usable part of a native message. Raises NotJson or MalformedPayload when that is nothing."""
    message = load(payload)
    if not isinstance(message, dict):
        raise MalformedPayload(f"expected a JSON object, got {_kind(message)}")
    shapes = [shape for shape in _SHAPES if message.get(shape) is not None]
    channels = message.get("channels")
    announced = announcements(channels) if isinstance(channels, list) else ()
    if len(shapes) > 1 or not (shapes or isinstance(channels, list)):
        raise MalformedPayload(f'expected one of "v", "samples" or "columns", got {" and ".join(shapes) or "none"}')
    rows = Rows()
    flagged = _READERS[shapes[0]](message, envelope.received_us, rows) if shapes else 0
    boot, seq = mark(message.get("boot"), message.get("seq"))
    untimed = bool(shapes) and not _tells_time(message, shapes[0])
    return Batch(rows.runs(), announced, rows.rejected, boot=boot, seq=seq, untimed=untimed, clock_flagged=flagged)


def _tells_time(message: Message, shape: str) -> bool:
    """Whether it tells any time, good or bad; of samples the last is asked, which stays where none does."""
    places: list[object] = [message]
    held = message[shape]
    if shape == "samples" and isinstance(held, list) and held:
        places.append(held[-1])
    elif shape == "columns":
        places = [held]
    return any(isinstance(one, dict) and any(one.get(name) is not None for name in _TOLD) for one in places)


def mark(boot: object, seq: object) -> tuple[str, int] | tuple[None, None]:
    """Return (boot, seq) when both are usable; without them a batch is merely not known when sent again."""
    if isinstance(boot, int) and not isinstance(boot, bool):
        boot = str(boot) if -LARGEST_SEQ <= boot <= LARGEST_SEQ else None
    boot = text(boot)
    if boot is None or not isinstance(seq, int) or isinstance(seq, bool) or not 0 <= seq <= LARGEST_SEQ:
        return None, None
    return boot, seq


def announcements(channels: Iterable[object]) -> list[Announcement]:
    """Return the channels a device describes, without those that cannot be understood."""
    found = []
    for item in islice(channels, MOST_ANNOUNCED):
        if isinstance(item, dict) and (key := text(item.get("key"))) is not None:
            decimals = item.get("decimals")
            if not isinstance(decimals, int) or isinstance(decimals, bool) or not 0 <= decimals <= 9:
                decimals = None
            quantity, unit, kind = (text(item.get(name)) for name in ("quantity", "unit", "kind"))
            found.append(Announcement(key, quantity, unit, kind, decimals))
    return found


def _read_single(message: Message, received_us: int, rows: Rows) -> int:
    return _read_row(0, message, message, received_us, received_us, rows)


def _read_samples(message: Message, received_us: int, rows: Rows) -> int:
    samples = message["samples"]
    if not isinstance(samples, list):
        raise MalformedPayload(f'"samples" must be a list, got {_kind(samples)}')
    inherited = received_us
    if any(message.get(name) is not None for name in _TIMES):  # a time for all, for samples that have none
        inherited = _instant(message, received_us) or received_us
    return sum(_read_row(index, sample, message, inherited, received_us, rows) for index, sample in enumerate(samples))


def _read_row(index: int, sample: object, message: Message, default_us: int, received_us: int, rows: Rows) -> int:
    """Keep one sample object; return how many of its samples had to take their arrival as their time."""
    values = sample.get("v") if isinstance(sample, dict) else None
    if not isinstance(sample, dict) or not isinstance(values, dict):
        if sample is message:
            raise MalformedPayload(f'"v" must be an object of numbers, got {_kind(values)}')
        rows.reject(index, "shape")
        return 0
    told = any(sample.get(name) is not None for name in _TIMES)
    instant = _instant(sample, received_us) if told else default_us
    kept = add_finite(rows, index, received_us if instant is None else instant, values)
    return kept if instant is None else 0


def _instant(sample: Message, received_us: int) -> int | None:
    """Return the UTC microseconds a sample tells (0 for anything before 1970), None when it is unusable."""
    for name, reader in _INSTANTS.items():
        if (raw := sample.get(name)) is not None:
            return reader(raw, received_us)
    return None


def _from_us(raw: object, _received_us: int) -> int | None:
    return _bounded(raw, 1)


def _from_ms(raw: object, _received_us: int) -> int | None:
    if isinstance(raw, str):
        return _bounded(parse_rfc3339(raw), 1)
    return _bounded(raw, MS)


def _from_age(raw: object, received_us: int) -> int | None:
    age_ms = finite(raw) if not isinstance(raw, bool) else None
    if age_ms is None or age_ms < 0:
        return None
    return max(received_us - round(min(age_ms, received_us) * MS), 0)


def _bounded(raw: object, factor: int) -> int | None:
    value = finite(raw) if not isinstance(raw, bool) else None
    if value is None or value * factor > LATEST_US:
        return None
    exact = raw * factor if isinstance(raw, int) else round(value * factor)
    return max(exact, 0)


def _read_columns(message: Message, received_us: int, rows: Rows) -> int:
    columns = message["columns"]
    values = columns.get("v") if isinstance(columns, dict) else None
    if not isinstance(columns, dict) or not isinstance(values, dict):
        raise MalformedPayload('"columns" must be an object with "v": an object of lists of numbers')
    lists: dict[str, list[object]] = {}
    for key, column in values.items():
        if isinstance(column, list):
            lists[key] = column
        else:
            rows.reject(0, "shape", key)
    if not lists:
        return 0
    length = min(map(len, lists.values()))
    times, flagged = _times(columns, length, max(map(len, lists.values())), received_us)
    length = min(length, len(times))
    for key, column in lists.items():
        for index in range(length, len(column)):
            rows.reject(index, "shape", key)
    taken_at_arrival = 0
    for index in range(length):
        kept = add_finite(rows, index, times[index], {key: column[index] for key, column in lists.items()})
        taken_at_arrival += kept * (flagged is None or index in flagged)
    return taken_at_arrival


def _times(columns: Message, length: int, longest: int, received_us: int) -> tuple[Sequence[int], set[int] | None]:
    """Return an instant per row and the rows that had to take their arrival (None for all of them)."""
    for name, factor in (("t_us", 1), ("t", MS)):
        if isinstance(told := columns.get(name), list):
            instants = [
                _bounded(parse_rfc3339(raw) if isinstance(raw, str) else raw, 1 if isinstance(raw, str) else factor)
                for raw in told
            ]
            bad = {index for index, instant in enumerate(instants) if instant is None}
            return [received_us if instant is None else instant for instant in instants], bad
    step = _step(columns)
    if step is None:
        if longest > 1:
            raise MalformedPayload('columns of several rows need "t0_us" and "dt_us" (or "t0" and "dt"), or "t_us"')
        step = 0.0
    offsets = [round(index * step) for index in range(length)]
    told_start = columns.get("t0_us") is not None or columns.get("t0") is not None
    start = _bounded(columns.get("t0_us"), 1) if columns.get("t0_us") is not None else _from_ms(columns.get("t0"), 0)
    if start is None or (offsets and start + offsets[-1] > LATEST_US):
        # Without a usable start the last row is taken as measured when the message arrived.
        end = offsets[-1] if offsets else 0
        return [max(received_us - end + offset, 0) for offset in offsets], None if told_start else set()
    return [start + offset for offset in offsets], set()


def _step(columns: Message) -> float | None:
    """Return the microseconds between rows, None when it is absent or no positive duration."""
    for name, factor in (("dt_us", 1), ("dt", MS)):
        if (raw := columns.get(name)) is not None:
            step = None if isinstance(raw, bool) else finite(raw)
            return step * factor if step is not None and 0 < step * factor <= LATEST_US else None
    return None


def _kind(value: object) -> str:
    """Return what JSON calls the type of `value`."""
    for python, name in ((bool, "a boolean"), (str, "a string"), (list, "a list"), (dict, "an object")):
        if isinstance(value, python):
            return name
    return "null" if value is None else "a number"


_READERS: Final[dict[str, Callable[[Message, int, Rows], int]]] = {
    "v": _read_single,
    "samples": _read_samples,
    "columns": _read_columns,
}
_INSTANTS: Final[dict[str, Callable[[object, int], int | None]]] = {
    "t_us": _from_us,
    "t": _from_ms,
    "age_ms": _from_age,
}
