"""The table of docs/explanation/performance.md: drawn from results.json, so that the page cannot say anything else."""

from pathlib import Path
from typing import Any, Final

from bench.report import SIGN, figure

PAGE: Final = Path(__file__).parents[1] / "docs" / "explanation" / "performance.md"
BEGIN: Final = "<!-- results: written by `make bench` -->"
END: Final = "<!-- end of results -->"


def drawn(document: dict[str, Any]) -> str:
    """The machine in a sentence, the table, and under it what each measurement was."""
    machine, results = document["machine"], document["results"]
    libraries = ", ".join(f"{name} {version}" for name, version in machine["libraries"].items())
    lines = [
        f"{machine['date']} · {machine['cores']} cores ({machine['processor']}), {machine['memory_gib']} GiB · "
        f"{machine['system']}, {machine['file_system']} · Python {machine['python']}, SQLite {machine['sqlite']}, "
        f"{libraries} · fdatasync {machine['fsync_p50_ms']} ms (p50), {machine['fsync_p99_ms']} ms (p99)",
        "",
        "| What | Measured (lowest–highest) | Aim | Peer in the same run | Ratio | Limit | Met? |",
        "|---|---|---|---|---|---|---|",
        *map(_row, results),
        "",
        *(f"- *{one['budget']}*: {one['note']}." for one in results if one["note"]),
    ]
    return "\n".join(lines)


def _row(one: dict[str, Any]) -> str:
    sign = SIGN[one["better"]]
    measured = figure(one["measured"], one["unit"]) or "n/a"
    if one["rounds"] > 1:
        measured += f" ({figure(one['lowest'])}–{figure(one['highest'])})"
    peer = f"{one['peer_name']}: {figure(one['peer'])}" if one["peer"] is not None else one["peer_name"] or ""
    cells = (
        one["budget"],
        measured,
        f"{sign} {figure(one['aim'])}" if one["aim"] is not None else "",
        peer,
        f"{one['ratio']:g} ×" if one["ratio"] is not None else "",
        f"{sign} {one['limit']:g} ×" if one["limit"] is not None else "",
        one["verdict"],
    )
    return f"| {' | '.join(cells)} |"


def update(document: dict[str, Any]) -> None:
    """Put the table into the page."""
    text = PAGE.read_text()
    head, _, rest = text.partition(BEGIN)
    _, _, tail = rest.partition(END)
    PAGE.write_text(f"{head}{BEGIN}\n\n{drawn(document)}\n\n{END}{tail}")
