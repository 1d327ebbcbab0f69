"""What becomes of outputs when their device restarts or the link to it is lost."""

from typing import Final, Protocol

from ohmstead.database import StorageFailure
from ohmstead.domain.output import Output, Policy, State
from ohmstead.domain.shadow import Greeted, agree
from ohmstead.domain.telemetry import SECOND
from ohmstead.runtime.bus import Bus
from ohmstead.services.shadows import Shadows

POLICIES: Final = "policies"  # what a device announces that can keep them itself; also the field they travel in


class Switches(Protocol):
    """Outputs, as far as policies need them."""

    def known(self, output_id: int) -> Output | None: ...
    def of_device(self, device_id: int) -> list[Output]: ...
    async def set(self, output: Output, state: State, *, author: str) -> None: ...


class OutputPolicies:
    """Event-loop only."""

    def __init__(self, outputs: Switches, shadows: Shadows, bus: Bus) -> None:
        self._outputs = outputs
        self._shadows = shadows
        self._lost_since: dict[int, int] = {}  # outputs of devices that are away
        self._due: list[tuple[int, State, str]] = []  # (output, state, author), set at the next tick
        self._newly_greeted: set[int] = set()
        bus.subscribe(Greeted, self._greeted)

    def forget(self, output_id: int) -> None:
        self._lost_since.pop(output_id, None)

    async def tick(self) -> None:
        """Tell devices that came, and set what their restart calls for; what cannot be stored waits for the next."""
        while self._newly_greeted:
            device = self._newly_greeted.pop()
            try:
                await self.share(device)
            except StorageFailure:
                self._newly_greeted.add(device)
                raise
        while self._due:
            output_id, state, author = due = self._due.pop(0)
            if (output := self._outputs.known(output_id)) is not None:
                try:
                    await self._outputs.set(output, state, author=author)
                except StorageFailure:
                    self._due.insert(0, due)
                    raise

    async def mind_the_link(self, output: Output, now: int, *, online: bool, seen_at: int | None) -> None:
        """`seen_at`: when its device was last heard; what was wished since then is newer than the loss of the link."""
        settings = output.settings
        if settings.lost_link is Policy.KEEP or online:
            self._lost_since.pop(output.id, None)
            return
        since = self._lost_since.setdefault(output.id, now)
        if since >= 0 and now - since >= settings.lost_link_s * SECOND:
            wish = self._shadows.of(output.device).desired.get(output.field)
            newer = wish is not None and (seen_at is None or wish.at > seen_at)
            if wish is None or not (newer or agree(wish.value, settings.lost_link.value)):
                await self._outputs.set(output, settings.lost_link.value, author="lost link")
            self._lost_since[output.id] = -1  # done

    async def share(self, device_id: int) -> None:
        """Tell a device that can keep them itself what to do when it restarts or loses the link."""
        if self._shadows.offered(device_id, POLICIES) is None:
            return
        wanted = {
            output.field: {
                "boot": output.settings.boot.value,
                "lost_link": output.settings.lost_link.value,
                "lost_link_s": output.settings.lost_link_s,
            }
            for output in self._outputs.of_device(device_id)
        }
        wish = self._shadows.of(device_id).desired.get(POLICIES)
        if wish is None or wish.value != wanted:
            await self._shadows.wish(device_id, {POLICIES: wanted}, author="server")

    def _greeted(self, fact: Greeted) -> None:
        """A device that started anew takes what its outputs' policies say, unless that is wished already."""
        shadow = self._shadows.of(fact.device)
        self._newly_greeted.add(fact.device)
        for output in self._outputs.of_device(fact.device):
            boot = output.settings.boot
            wish = shadow.desired.get(output.field)
            if fact.anew and boot is not Policy.KEEP and (wish is None or not agree(wish.value, boot.value)):
                self._due.append((output.id, boot.value, "restart of the device"))
