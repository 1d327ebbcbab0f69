"""The way of samples to the writer: small messages of one device travel together."""

from collections.abc import Sequence
from typing import NamedTuple

from ohmstead.database.writer import Writer
from ohmstead.series.layout import Layout, Mark, Run


class OpenRun(NamedTuple):
    """The newest run of a device, of rows that came one by one. It grows while the writer has not taken it."""

    ticket: int
    layout: Layout
    times: list[int]
    values: list[float]


class Appending:
    """Event-loop only."""

    def __init__(self, writer: Writer) -> None:
        self._writer = writer
        self._open: dict[int, OpenRun] = {}  # by device

    def append(self, runs: Sequence[Run], mark: Mark | None) -> int:
        samples = 0
        for layout, times, values in runs:
            samples += len(values)
            if len(values) != len(times) * len(layout.series):
                raise ValueError(f"{len(values)} values do not fill rows of {layout.width}, {len(times)} of them")
        if len(runs) == 1 and mark is None:
            layout, times, values = runs[0]
            if len(times) == 1 and isinstance(times, list) and isinstance(values, list):
                return self._append_row(layout, times, values)
        for layout, _, _ in runs:
            self._open.pop(layout.device, None)
        return self._writer.append((runs, mark), samples)

    def _append_row(self, layout: Layout, times: list[int], values: list[float]) -> int:
        """Rows become one run as long as nothing else of their device comes between: order of arrival decides which
        of two values for one instant is the later."""
        run = self._open.get(layout.device)
        if run is not None and run.layout is layout and self._writer.grow(run.ticket, len(values)):
            run.times.append(times[0])
            run.values.extend(values)
            return run.ticket
        ticket = self._writer.append(([(layout, times, values)], None), len(values))
        self._open[layout.device] = OpenRun(ticket, layout, times, values)
        return ticket
