"""Telling whoever listens. What may be lost listens here; what must not be lost is written in a transaction."""

from collections.abc import Callable
from typing import Any, TypeVar

import structlog

log = structlog.get_logger(__name__)
Fact = TypeVar("Fact")
MOST_TOLD = 300  # characters of a fact in the log: some carry what a device sent


class Bus:
    """Synchronous, in order, within the event loop. A listener that fails does not stop the others."""

    def __init__(self) -> None:
        self._listeners: dict[type, list[Callable[[Any], object]]] = {}

    def subscribe(self, fact: type[Fact], listener: Callable[[Fact], object]) -> Callable[[], None]:
        """Call `listener` with each `fact`; the returned function ends it."""
        listeners = self._listeners.setdefault(fact, [])
        listeners.append(listener)
        return lambda: listeners.remove(listener)

    def publish(self, fact: object) -> None:
        for listener in tuple(self._listeners.get(type(fact), ())):
            try:
                listener(fact)
            except Exception:
                log.exception("a listener failed", fact=repr(fact)[:MOST_TOLD])
