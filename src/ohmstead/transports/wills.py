"""Last wills that wait: for their delay to pass (5.0), or for the store to take them."""

from dataclasses import dataclass

import structlog

from ohmstead.domain.errors import DomainError, MalformedPayload, Unavailable
from ohmstead.mqtt.counters import Counters
from ohmstead.mqtt.packets import Will
from ohmstead.mqtt.properties import Properties, Property
from ohmstead.transports.gatekeeper import Grant, Take

log = structlog.get_logger(__name__)


@dataclass(slots=True)
class _Waiting:
    due: float
    will: Will
    grant: Grant


class Wills:
    """`take` is how a will is published. Times are monotonic seconds."""

    def __init__(self, take: Take, counters: Counters) -> None:
        self._take = take
        self._counters = counters
        self._delayed: dict[tuple[str, str], _Waiting] = {}
        self._unstored: list[_Waiting] = []

    def add(self, key: tuple[str, str], will: Will, grant: Grant, session_s: float, now: float) -> None:
        """The client of session `key`, kept for `session_s`, is gone without a good-bye."""
        delay = min(will.properties.get(Property.WILL_DELAY_INTERVAL, 0), session_s)
        if delay > 0:
            self._delayed[key] = _Waiting(now + delay, will, grant)
        else:
            self._publish(_Waiting(now, will, grant))

    def came_back(self, key: tuple[str, str], resumed: bool) -> None:
        """The client is here again: its will is void if it goes on with its session, due if it starts anew."""
        waiting = self._delayed.pop(key, None)
        if waiting is not None and not resumed:
            self._publish(waiting)

    def due(self, now: float) -> None:
        """Publish what is due at `now`, and try again what could not be stored."""
        for key in [key for key, waiting in self._delayed.items() if waiting.due <= now]:
            self._publish(self._delayed.pop(key))
        unstored, self._unstored = self._unstored, []
        for waiting in unstored:
            self._publish(waiting)

    def _publish(self, waiting: _Waiting) -> None:
        will = waiting.will
        properties = Properties(will.properties)
        properties.pop(Property.WILL_DELAY_INTERVAL, None)
        try:
            self._take(waiting.grant, None, will.topic, will.payload, will.qos, will.retain, properties)
        except MalformedPayload:
            self._counters.malformed += 1
        except Unavailable:
            self._unstored.append(waiting)
        except DomainError:
            self._counters.refused += 1
        except Exception:
            log.exception("a will could not be published", topic=will.topic)
        else:
            self._counters.wills += 1
