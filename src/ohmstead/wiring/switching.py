"""What switches: shadows, commands, outputs and what sets them by itself."""

from collections.abc import Coroutine
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from ohmstead.api.frames import ControlFrames
from ohmstead.legacy.home_control_poller import HomeControl
from ohmstead.runtime.periodic import always, every
from ohmstead.services.commands import Commands
from ohmstead.services.control import Control
from ohmstead.services.device_logs import DeviceLogs
from ohmstead.services.homes import Homes
from ohmstead.services.load_limit import LoadLimits
from ohmstead.services.outputs import Outputs
from ohmstead.services.rooms import Rooms
from ohmstead.services.scenes import Scenes
from ohmstead.services.schedules import Schedules
from ohmstead.services.shadows import Shadows
from ohmstead.transports.meter_control import METER, OFFERS, MeterControl
from ohmstead.transports.mqtt_gateway import Gateway
from ohmstead.transports.native_control import NativeControl

if TYPE_CHECKING:
    from ohmstead.app import App


HOMES: Final = "004"  # the older system whose devices are asked


@dataclass(slots=True)
class Switching:
    control: Control
    native: NativeControl
    meters: MeterControl
    home_control: HomeControl
    frames: ControlFrames
    asks_homes: bool  # not while the door of that system is shut

    @classmethod
    async def build(cls, app: "App") -> "Switching":
        database, bus, clock, audit = app.database, app.bus, app.clock, app.audit
        shadows = Shadows(database, bus, clock, app.counters)
        await shadows.load()
        commands = Commands(database, app.devices, shadows, audit, bus, clock, app.counters, {METER: OFFERS})
        await commands.load()
        logs = DeviceLogs(app.devices, bus, clock)
        native = NativeControl(app.registry, app.ingest, shadows, commands, logs, bus, clock, app.timekeeping)
        meters = MeterControl(app.registry, commands, bus, clock)
        rooms = Rooms(database, audit)
        outputs = Outputs(database, app.registry, app.devices, app.series, shadows, rooms, audit, bus, clock)
        await outputs.load()
        homes = Homes(database, app.devices, app.registry, app.trust, audit, bus)
        await homes.load()
        home_control = HomeControl(
            homes,
            outputs,
            shadows,
            app.registry,
            audit,
            bus,
            clock,
            app.settings.home_control_interval_s,
            app.settings.home_control_timeout_s,
        )
        scenes = Scenes(database, outputs, audit)
        schedules = Schedules(database, scenes, outputs, shadows, lambda: app.sites.default, audit, bus, clock)
        limits = LoadLimits(database, app.devices, app.series, outputs, shadows, audit, bus)
        for part in (scenes, schedules, limits):
            await part.load()
        asks = HOMES not in app.settings.doors_off
        control = Control(shadows, commands, logs, native, outputs, homes, home_control, scenes, schedules, limits)
        return cls(control, native, meters, home_control, ControlFrames(app.live, outputs, bus), asks)

    def attach(self, gateway: Gateway) -> None:
        self.native.attach(gateway)
        self.meters.attach(gateway)

    def work(self) -> list[Coroutine[Any, Any, None]]:
        """What runs beside the doors, each until cancelled."""
        parts = [
            every(1.0, self.keep, "commands"),
            every(1.0, self.control.outputs.tick, "outputs"),
            every(1.0, self.control.schedules.tick, "schedules"),
            every(1.0, self.control.load_limits.tick, "load limits"),
            every(3600.0, self.control.commands.forget, "old commands"),
        ]
        if self.asks_homes:
            parts.append(always(self.home_control.run, "home control"))
        return parts

    def keep(self) -> None:
        """What time alone brings to commands: expiry, and devices that came back without a word of their own."""
        self.control.commands.expire()
        self.native.deliver_waiting()
        self.meters.deliver_waiting()
