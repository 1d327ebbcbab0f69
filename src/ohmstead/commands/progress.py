"""Progress on the terminal: bars for a person, nothing in a pipe."""

import contextlib
import sys
from collections.abc import Iterator

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeRemainingColumn


class Bars:
    """A set of bars, drawn on standard error while that is a terminal."""

    def __init__(self, progress: Progress) -> None:
        self._progress = progress

    def add(self, label: str, total: int) -> TaskID:
        return self._progress.add_task(label, total=total, note="")

    def move(self, bar: TaskID, done: float, note: str = "") -> None:
        self._progress.update(bar, completed=done, note=note)


@contextlib.contextmanager
def bars(*, hidden: bool = False) -> Iterator[Bars]:
    console = Console(file=sys.stderr)
    columns = (
        TextColumn("{task.description:<12}"),
        BarColumn(),
        TextColumn("{task.percentage:>3.0f} %"),
        TextColumn("{task.fields[note]}"),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=console, disable=hidden or not console.is_terminal) as progress:
        yield Bars(progress)
