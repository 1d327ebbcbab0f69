"""Which device has connected. These have no identity on the wire: they are called by where they come from."""

from collections.abc import MutableMapping
from typing import Final

from ohmstead.dialects.dialect import Dialect
from ohmstead.domain.telemetry import SECOND
from ohmstead.runtime.clock import Clock
from ohmstead.services.force_links import ForceLink, ForceState
from ohmstead.services.ingest import Ingest
from ohmstead.services.registry import Known

ALIVE_US: Final = 2 * SECOND  # who posted so lately is still there when another comes by its name
GONE_US: Final = SECOND  # who streamed and has been silent for so long lost its connection
ANSWER_S: Final = 1.0  # by then a device on a bad network has answered a ping


class ForceNames:
    def __init__(
        self,
        ingest: Ingest,
        dialect: Dialect,
        links: MutableMapping[int, ForceLink],
        states: MutableMapping[int, ForceState],
        clock: Clock,
    ) -> None:
        """`links`, `states`: by device, as they are at any time."""
        self._ingest = ingest
        self._dialect = dialect
        self._links = links
        self._states = states
        self._clock = clock

    async def device(self, serial: str) -> Known:
        """The device of that name. Where one is connected by it and still there, they are two behind one address, and
        the newcomer gets a number; else it is the same one, back before its old connection was missed.

        Raises what ingest raises for one that may not come without credentials.
        """
        name, number = serial, 1
        while True:
            known = self._ingest.anonymous(name, self._dialect)
            state = self._states.setdefault(known.device.id, ForceState())
            state.shared |= number > 1
            link = self._links.get(known.device.id)
            if link is None or not await self._is_there(link):
                return known
            state.shared = True
            number += 1
            name = f"{serial[:60]}-{number}"

    async def _is_there(self, link: ForceLink) -> bool:
        now = self._clock.now()
        if link.answers is None:
            return now - max(link.data_at, link.heard_at) <= ALIVE_US
        streamed = link.told == "start" and link.kind != "esp" and link.data_at > link.told_at
        if streamed and now - link.data_at > GONE_US:
            return False
        before = link.data_at, link.heard_at
        return await link.answers(ANSWER_S) or (link.data_at, link.heard_at) != before
