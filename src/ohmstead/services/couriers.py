"""How a release reaches a device. Each dialect that can be updated has a courier; the native one is here."""

from collections.abc import Sequence
from typing import Any, Final, Protocol

from ohmstead.domain.device import DeviceState
from ohmstead.domain.installation import Installation, Told, told_of
from ohmstead.domain.release import Kind, Release
from ohmstead.services.registry import Known
from ohmstead.services.shadows import Also, Shadows

Offers = Sequence[tuple[Known, Installation]]
NATIVE: Final = "native"
FIELD: Final = "release"


class Addresses(Protocol):
    """Where devices reach this server."""

    def base_for(self, device: int) -> str: ...


class Courier(Protocol):
    """Event-loop only. What it knows of a device may be lost in a restart; `follow` takes it up again."""

    kind: Kind  # of the releases it carries
    names_version: bool  # whether its devices say which version runs

    def ready(self, known: Known) -> bool:
        """Whether an offer would reach the device now, or waits for it by itself."""

    async def offer(self, release: Release, offers: Offers, also: Also) -> None:
        """Tell the devices; `also` stores what they are offered before or together with it. All of them or none."""

    def follow(self, known: Known, release: Release, open_: Installation) -> None:
        """Called with every look at an open installation."""

    def told(self, known: Known, open_: Installation, release: Release) -> Told | None:
        """What the device made known about this installation."""

    def offered(self, device: int) -> list[int]:
        """Releases that are offered to the device now."""

    async def withdraw(self, devices: Sequence[int], release: int) -> None:
        """Take offers back, whatever became of them; a device may be gone."""

    def installed(self, known: Known, release: Release) -> None:
        """The device is proven to run it: note that for devices that do not say so themselves."""


class NativeCourier:
    """The offer is a field of the desired state, which waits for the device; what becomes of it, is reported."""

    kind = Kind.BUNDLE
    names_version = True

    def __init__(self, shadows: Shadows, addresses: Addresses) -> None:
        self._shadows = shadows
        self._addresses = addresses

    def ready(self, known: Known) -> bool:
        return known.device.state is DeviceState.CLAIMED

    async def offer(self, release: Release, offers: Offers, also: Also) -> None:
        wishes = {known.device.id: {FIELD: self._told(known, release, one)} for known, one in offers}
        await self._shadows.wish_all(wishes, author=f"rollout {offers[0][1].rollout}", also=also)

    def _told(self, known: Known, release: Release, offered: Installation) -> dict[str, Any]:
        told: dict[str, Any] = {
            "id": str(release.id),
            "version": release.version,
            "url": f"{self._addresses.base_for(known.device.id)}/api/v1/releases/{release.id}/content",
            "manifest_sha256": release.sha256,
        }
        if offered.downgrade:
            told["downgrade"] = True
        return told

    def follow(self, known: Known, release: Release, open_: Installation) -> None:
        pass  # the device acts by itself

    def told(self, known: Known, open_: Installation, release: Release) -> Told | None:
        reported = self._shadows.of(known.device.id).reported.get(FIELD)
        # What it reported before the offer is about an earlier one, perhaps of the same release.
        if reported is None or not (open_.heard or reported.at > open_.changed_at):
            return None
        return told_of(reported.value, str(release.id))

    def offered(self, device: int) -> list[int]:
        wish = self._shadows.of(device).desired.get(FIELD)
        told = wish.value.get("id") if wish is not None and isinstance(wish.value, dict) else None
        return [int(told)] if isinstance(told, str) and told.isdecimal() else []

    async def withdraw(self, devices: Sequence[int], release: int) -> None:
        offered = [device for device in devices if release in self.offered(device)]
        if offered:
            await self._shadows.wish_all({device: {FIELD: None} for device in offered}, author="updates")

    def installed(self, known: Known, release: Release) -> None:
        pass  # it says so in each hello
