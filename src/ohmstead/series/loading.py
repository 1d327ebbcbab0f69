"""What a start brings back into memory."""

from dataclasses import dataclass, field

import numpy as np
import sqlalchemy as sa

from ohmstead.database.schema import fact
from ohmstead.series.hot import Hot
from ohmstead.series.journal import DecodedRun, JournalCodec
from ohmstead.series.layout import Layouts, Run
from ohmstead.series.marks import Marks
from ohmstead.series.tables import device_marks, instants, journal, payload, series_state


@dataclass(slots=True)
class Loaded:
    """What the database knew."""

    device_of: dict[int, int] = field(default_factory=dict)
    sealed_upto: dict[int, int] = field(default_factory=dict)
    raw_from: dict[int, int] = field(default_factory=dict)
    versions: dict[int, int] = field(default_factory=dict)  # by device
    last: dict[int, tuple[int, float]] = field(default_factory=dict)
    marks: dict[int, Marks] = field(default_factory=dict)
    record_bytes: list[tuple[int, int]] = field(default_factory=list)
    last_record: int = 0
    last_payload: int = 0
    clock_floor: int = 0
    days_zone: str | None = None  # None: no days were ever folded


def load(connection: sa.Connection, hot: Hot, layouts: Layouts, now: float) -> Loaded:
    """Read the states of all series and replay the journal into `hot`. Touches no block."""
    loaded = Loaded()
    for row in connection.execute(sa.select(series_state)):
        loaded.device_of[row.series] = row.device
        loaded.sealed_upto[row.series] = row.sealed_upto
        loaded.raw_from[row.series] = row.raw_from
        loaded.versions[row.device] = max(row.version, loaded.versions.get(row.device, 0))
        loaded.last_record = max(loaded.last_record, row.sealed_upto, row.version)
        if row.last_t is not None:
            loaded.last[row.series] = (row.last_t, row.last_v)
    for row in connection.execute(sa.select(device_marks)):
        loaded.marks[row.device] = Marks.from_bytes(row.data)
    facts = {row.name: row.value for row in connection.execute(sa.select(fact))}
    loaded.clock_floor = int(facts.get("clock_floor", 0))
    loaded.days_zone = facts.get("days_zone")
    highest = (
        connection.scalar(sa.select(sa.func.max(payload.c.id))),
        connection.scalar(sa.select(sa.func.max(instants.c.id))),
    )
    loaded.last_payload = max(highest[0] or 0, highest[1] or 0)
    _replay(connection, hot, layouts, now, loaded)
    return loaded


def _replay(connection: sa.Connection, hot: Hot, layouts: Layouts, now: float, loaded: Loaded) -> None:
    codec = JournalCodec()
    records = connection.execution_options(stream_results=True, yield_per=500).execute(
        sa.select(journal.c.id, journal.c.payload).order_by(journal.c.id)
    )
    for number, data in records:
        record = codec.decode(data)
        loaded.record_bytes.append((number, len(data)))
        loaded.last_record = max(loaded.last_record, number)
        loaded.clock_floor = max(loaded.clock_floor, record.committed_us)
        runs = [run for decoded in record.runs for run in _unsealed(decoded, number, layouts, loaded)]
        for device in hot.append(number, runs, now):
            loaded.versions[device] = max(number, loaded.versions.get(device, 0))
        for device, boot, seq in record.marks:
            loaded.marks.setdefault(device, Marks()).add(boot, seq)
    hot.last_id = max(hot.last_id, loaded.last_record)


def _unsealed(run: DecodedRun, record: int, layouts: Layouts, loaded: Loaded) -> list[Run]:
    """Return the run without the series whose blocks have it already: an old value must not come back."""
    device, series, times, values = run
    if not len(times):
        return []
    upto = loaded.sealed_upto
    keep = [i for i, one in enumerate(series) if record > upto.get(one, 0)]
    if not keep:
        return []
    if len(keep) < len(series):
        values = np.ascontiguousarray(values.reshape(-1, len(series))[:, keep]).reshape(-1)
        series = tuple(series[i] for i in keep)
    row = len(times) - 1 - int(np.argmax(times[::-1]))
    t = int(times[row])
    for position, one in enumerate(series):
        loaded.device_of[one] = device
        held = loaded.last.get(one)
        if held is None or held[0] <= t:
            loaded.last[one] = (t, float(values[row * len(series) + position]))
    return [(layouts.get(device, series), times, values)]
