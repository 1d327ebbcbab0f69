"""The one table."""

from collections.abc import Sequence
from typing import Final

from bench.measurement import Row, shown

HEAD: Final = ("budget", "measured", "min–max", "aim", "peer", "its value", "ratio", "limit", "met?")
SIGN: Final = {"more": "≥", "less": "≤"}


def figure(value: float | None, unit: str = "") -> str:
    if value is None:
        return ""
    rounded = shown(value)
    text = f"{rounded:,}".replace(",", " ") if isinstance(rounded, int) else f"{rounded}"
    return f"{text} {unit}".rstrip()


def cells(row: Row) -> tuple[str, ...]:
    budget, values = row.budget, row.measurement.values
    sign = SIGN[budget.better]
    return (
        budget.what,
        figure(row.measured, budget.unit) or "n/a",
        f"{figure(min(values))}–{figure(max(values))}" if len(values) > 1 else "",
        f"{sign} {figure(budget.aim)}" if budget.aim is not None else "",
        budget.peer or "",
        figure(row.peer),
        f"{row.ratio:.2f} ×" if row.ratio is not None else "",
        f"{sign} {budget.limit:g} ×" if budget.limit is not None else "",
        row.verdict,
    )


def table(rows: Sequence[Row]) -> str:
    lines = [HEAD, *map(cells, rows)]
    widths = [max(len(line[n]) for line in lines) for n in range(len(HEAD))]

    def drawn(line: Sequence[str]) -> str:
        return "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip()

    rule = "  ".join("─" * width for width in widths)
    notes = [f"  {row.budget.id}: {row.measurement.note}" for row in rows if row.measurement.note]
    return "\n".join([drawn(HEAD), rule, *map(drawn, lines[1:]), "", *notes])
