"""What brings new firmware to devices: releases, rollouts, downloads, and a courier for each kind of device."""

import socket
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from ohmstead.legacy.home_control_courier import HomeControlCourier
from ohmstead.services.couriers import NATIVE, Courier, NativeCourier
from ohmstead.services.device_sight import DeviceSight
from ohmstead.services.downloads import Downloads
from ohmstead.services.gaps import Gaps
from ohmstead.services.homes import HOME_CONTROL
from ohmstead.services.release_keys import ReleaseKeys
from ohmstead.services.releases import Releases
from ohmstead.services.rollout_book import RolloutBook
from ohmstead.services.rollout_runner import RolloutRunner
from ohmstead.services.rollouts import Rollouts
from ohmstead.services.shadows import Also
from ohmstead.services.updates import Updates
from ohmstead.storage.release_content import ReleaseContent
from ohmstead.transports.meter_control import METER
from ohmstead.transports.meter_updates import MeterUpdates

if TYPE_CHECKING:
    from ohmstead.app import App

ANYWHERE: Final = "192.0.2.1"  # TEST-NET-1, RFC 5737: nothing is sent there, the route alone is asked for


@dataclass(slots=True)
class Updating:
    updates: Updates
    runner: RolloutRunner
    meters: MeterUpdates
    homes: HomeControlCourier

    @classmethod
    async def build(cls, app: "App") -> "Updating":
        database, settings, shadows = app.database, app.settings, app.control.shadows
        keys = ReleaseKeys(database, app.audit, app.clock)
        await keys.load()
        content = ReleaseContent(settings.data_dir / "releases")
        releases = Releases(database, content, keys, app.audit, app.clock)
        await releases.load()
        book = RolloutBook(database)
        gaps = Gaps(database.writer)
        database.writer.on_commit(lambda ticket: gaps.committed())
        downloads = Downloads(
            database, releases, book, gaps, app.clock, settings.update_rate_bytes, settings.update_device_rate_bytes
        )
        await downloads.load()

        async def store(also: Also) -> None:
            await database.write(also)

        addresses = ServerAddress(app)
        meters = MeterUpdates(app.registry, downloads, book, addresses, app.bus, app.clock, store)
        home_control = app.switching.home_control
        homes = HomeControlCourier(app.control.homes, home_control, app.registry, releases, app.clock, store)
        couriers: dict[str, Courier] = {
            NATIVE: NativeCourier(shadows, addresses),
            METER: meters,
            HOME_CONTROL: homes,
        }
        runner = RolloutRunner(
            book,
            releases,
            app.registry,
            DeviceSight(app.registry, app.series, shadows, app.clock),
            couriers,
            gaps,
            app.bus,
            app.clock,
            app.timekeeping,
            lambda: app.sites.default.zone,
        )
        rollouts = Rollouts(database, runner, releases, app.registry, app.devices, app.audit, app.clock)
        await rollouts.load()
        app.system.gauges["update_bytes_sent_total"] = lambda: downloads.bytes_sent
        return cls(Updates(keys, releases, rollouts, downloads), runner, meters, homes)


class ServerAddress:
    """Where devices reach this server: as the settings say, else by the address other machines would see."""

    def __init__(self, app: "App") -> None:
        self._app = app

    def base_for(self, device: int) -> str:
        settings = self._app.settings
        if settings.public_url is not None:
            return settings.public_url.rstrip("/")
        ports = {port.kind: port.port for port in reversed(self._app.system.ports) if port.state == "open"}
        kind = "http" if "http" in ports else "https"
        host = settings.host if settings.host not in (None, "", "0.0.0.0", "::") else _own_address()  # noqa: S104
        shown = f"[{host}]" if ":" in str(host) else host
        return f"{kind}://{shown}:{ports.get(kind, 8000)}"


def _own_address() -> str:
    """The address this machine would send from."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect((ANYWHERE, 9))
            return str(probe.getsockname()[0])
        except OSError:
            return "127.0.0.1"
