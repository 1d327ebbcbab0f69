"""Bucket rows and summaries of system 003, made of usage."""

from datetime import datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

from ohmstead.domain.calendar import Period
from ohmstead.domain.telemetry import SECOND
from ohmstead.legacy.answers import iso, rounded
from ohmstead.legacy.meter_shapes import AMPERE, KILO, KWH, VOLT, WATT
from ohmstead.services.usage import Usage

# What one row covers, by the mode that was asked for, and how it is labelled.
STEP: Final = {
    Period.DAY: Period.HOUR,
    Period.WEEK: Period.DAY,
    Period.MONTH: Period.DAY,
    Period.YEAR: Period.MONTH,
}
LABEL: Final = {Period.DAY: "%H:%M", Period.WEEK: "%d/%m", Period.MONTH: "%d/%m", Period.YEAR: "%m/%Y"}
NOTHING: Final = "N/A"


def row_of(usage: Usage, bucket: int, mode: Period) -> dict[str, Any]:
    """One row; a bucket without samples says N/A and used nothing."""
    start = int(usage.borders[bucket])
    local = datetime.fromtimestamp(start // SECOND, ZoneInfo(usage.zone))
    row: dict[str, Any] = {"label": local.strftime(LABEL[mode])}
    for name, quantity, decimals in (("volt", "voltage", VOLT), ("amp", "current", AMPERE)):
        low, high = _range(usage, quantity, bucket, decimals)
        row |= {f"{name}_min": low, f"{name}_max": high}
    row["kwh_used"] = rounded(usage.kwh()[bucket] or 0.0, KWH)
    at = usage.row("energy", bucket)
    if at is not None:
        register = usage.rollups["energy"]
        row["energy_start"] = rounded(float(register.first[at]), KWH, KILO)
        row["energy_end"] = rounded(float(register.last[at]), KWH, KILO)
    return row


def _range(usage: Usage, quantity: str, bucket: int, decimals: int) -> tuple[float | str, float | str]:
    at = usage.row(quantity, bucket)
    if at is None:
        return NOTHING, NOTHING
    rollups = usage.rollups[quantity]
    return round(float(rollups.lowest[at]), decimals), round(float(rollups.highest[at]), decimals)


def summary_of(name: str, whole: Usage, parts: Usage, period: Period) -> dict[str, Any]:
    """A period in one row, and its buckets."""
    found: dict[str, Any] = {
        "period": name,
        "start": iso(int(whole.borders[0])),
        "end": iso(int(whole.borders[-1])),
        "total_energy": rounded(whole.kwh()[0] or 0.0, KWH),
    }
    for key, decimals in (("voltage", VOLT), ("current", AMPERE), ("power", WATT)):
        at, rollups = whole.row(key, 0), whole.rollups.get(key)
        columns = None if rollups is None else (rollups.lowest, rollups.highest, rollups.time_mean)
        for n, word in enumerate(("min", "max", "avg")):
            found[f"{word}_{key}"] = None if columns is None or at is None else round(float(columns[n][at]), decimals)
    count = max((int(r.count.sum()) for r in whole.rollups.values()), default=0)
    found["readings_count"] = count
    found["buckets"] = [row_of(parts, n, period) for n in range(len(parts.borders) - 1)]
    return found
