"""What waits for the writer, and what of it travels in one transaction."""

import asyncio
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa


@dataclass(slots=True)
class Append:
    """Something for the recorder."""

    ticket: int
    samples: int
    item: Any


@dataclass(slots=True)
class Put:
    """A closure without which the group makes no sense."""

    ticket: int
    fn: Callable[[sa.Connection], None]


@dataclass(slots=True)
class Write:
    """A closure somebody awaits."""

    ticket: int
    fn: Callable[[sa.Connection], Any]
    future: "asyncio.Future[Any]"
    result: Any = None
    error: Exception | None = None


class Stop:
    """The last thing the writer ever gets."""


Work = Append | Put | Write


class Group:
    """Work in order of its tickets."""

    __slots__ = ("awaited", "items", "samples", "stop", "work")

    def __init__(self) -> None:
        self.work: list[Work] = []
        self.items: list[Any] = []
        self.samples = 0
        self.awaited = False
        self.stop = False

    def add(self, work: Work | Stop) -> None:
        if isinstance(work, Append):
            self.work.append(work)
            self.items.append(work.item)
            self.samples += work.samples
        elif isinstance(work, Stop):
            self.stop = True
        else:
            self.work.append(work)
            self.awaited = self.awaited or isinstance(work, Write)

    def extend(self, works: Iterable[Work | Stop]) -> None:
        for work in works:
            self.add(work)

    def parts(self, *, samples_refused: bool) -> Iterator["Group"]:
        """The group as one transaction or, while samples are refused, each closure apart from them."""
        if not self.work:
            return
        if not samples_refused or not self.items:
            yield self
            return
        part = Group()
        for work in self.work:
            if part.work and isinstance(work, Write) != isinstance(part.work[-1], Write):
                yield part
                part = Group()
            part.add(work)
        yield part
