"""The composition root: builds every part, wires them, runs them, and takes them down in order."""

import asyncio
import gc
import signal
import ssl
from collections.abc import Callable, Coroutine
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any, Final

from ohmstead import dialects as dialect_package
from ohmstead.api.schemas import DeviceView
from ohmstead.database import Database, StartupError
from ohmstead.database.schema import metadata
from ohmstead.dialects.energy_monitor import DIALECT as ENERGY_MONITOR
from ohmstead.dialects.energy_monitor import EnergyMonitor
from ohmstead.dialects.mapped_json import MappedJson
from ohmstead.domain.device import DeviceState
from ohmstead.domain.trust import TrustRules
from ohmstead.listening import Sockets, open_sockets
from ohmstead.runtime.bus import Bus
from ohmstead.runtime.certificates import LocalAuthority, NoAuthority
from ohmstead.runtime.clock import SystemClock
from ohmstead.runtime.discovery import respond
from ohmstead.runtime.periodic import always, every
from ohmstead.runtime.plugins import discover
from ohmstead.runtime.rates import Rate
from ohmstead.runtime.time_source import is_synchronised
from ohmstead.runtime.web_server import WebServer
from ohmstead.series import SeriesStore
from ohmstead.services.audit import Audit
from ohmstead.services.counters import Counters
from ohmstead.services.devices import Devices
from ohmstead.services.energy import EnergyReports
from ohmstead.services.exports import Exports
from ohmstead.services.import_jobs import Spool
from ohmstead.services.import_running import ImportRunner
from ohmstead.services.imports import Imports
from ohmstead.services.ingest import Ingest
from ohmstead.services.invitations import Invitations
from ohmstead.services.live import Live
from ohmstead.services.machine import Machine
from ohmstead.services.mappings import Mappings
from ohmstead.services.meter_cards import MeterCards
from ohmstead.services.overview import Overview
from ohmstead.services.people import People
from ohmstead.services.readings import Readings
from ohmstead.services.registry import Registry
from ohmstead.services.replacing import Replacing
from ohmstead.services.retention import Retention
from ohmstead.services.secrets import SetupLink
from ohmstead.services.sessions import Sessions
from ohmstead.services.sites import Sites, stored_zone
from ohmstead.services.system import System
from ohmstead.services.tickets import Tickets
from ohmstead.services.timekeeping import Timekeeping
from ohmstead.services.tokens import Tokens
from ohmstead.settings import Settings
from ohmstead.wiring.alerts import Watching
from ohmstead.wiring.mqtt import build_gateway
from ohmstead.wiring.notifications import Notifying
from ohmstead.wiring.recording import LabWiring
from ohmstead.wiring.switching import Switching
from ohmstead.wiring.updating import Updating
from ohmstead.wiring.web import build_front

# By then the first requests have made what is made only once.
SETTLED_S: Final = 10.0


class App:
    """Everything one process of Ohmstead is made of."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self._farewell = AsyncExitStack()  # what was started is ended in reverse order
        self._rules_need: Callable[[], int] = lambda: 0  # the first journal record; until they say, all of them
        _make_folder(settings.data_dir)
        self.clock = SystemClock()
        self.database = Database.open(
            settings.resolved_database_url,
            metadata=metadata,
            commit_window_ms=settings.commit_window_ms,
            clock=self.clock,
        )
        self._farewell.push_async_callback(self.database.close)
        self.series = SeriesStore(self.database, self.clock, stored_zone(self.database) or settings.zone)
        self.counters = Counters()
        self.bus = Bus()
        self.trust = TrustRules(settings.allowed_networks, settings.trusted_proxies)
        self.setup = SetupLink(settings.data_dir)
        self.authority = LocalAuthority(settings.data_dir / "tls")
        self.dialects = discover(dialect_package, "DIALECT")
        self.dialects[ENERGY_MONITOR.name] = EnergyMonitor(tuple(settings.energy_monitor_topics))

    async def start(self) -> None:
        """Load what is stored and build the parts that stand on it."""
        settings, clock = self.settings, self.clock
        self.database.start(asyncio.get_running_loop())
        await asyncio.to_thread(self.series.load)
        self.timekeeping = Timekeeping(clock, self.series.clock_floor or None, is_synchronised())
        self.series.hold(lambda: self._rules_need())
        self.series.start()
        self._farewell.push_async_callback(self.series.stop)
        self.tickets = Tickets(self.database)
        self.registry = Registry(self.database, self.series, self.bus, self._rate, settings.max_channels)
        self.audit = Audit(self.database, clock)
        self.sessions = Sessions(self.database, self.bus, clock, settings.session_days)
        self.tokens = Tokens(self.database, self.audit, self.bus, clock)
        self.people = People(self.database, self.audit, self.bus, clock, self.sessions, self.setup, _hasher)
        self.sites = Sites(self.database, self.series, self.audit, settings.zone)
        self.devices = Devices(
            self.registry, self.series, self.people, self.tokens, self.audit, self.bus, clock, settings.undo_s
        )
        self.invitations = Invitations(self.database, self.people, self.sessions, self.audit, clock)
        self.replacing = Replacing(
            self.registry, self.devices, self.series, self.tickets, self.tokens, self.audit, self.bus
        )
        self.energy = EnergyReports(self.series, self.devices, self.sites, clock)
        self.overview = Overview(self.energy, self.devices, self.sites, clock)
        self.ingest = Ingest(
            self.database,
            self.series,
            self.registry,
            clock,
            self.timekeeping,
            self.counters,
            settings.unclaimed_devices,
        )
        self.live = Live(self.series, self.registry, self.bus, clock, self.counters, self._render_device)
        self.retention = Retention(self.registry, self.series, self.timekeeping, clock, settings.keep_raw_days)
        machine = Machine(settings.data_dir, clock.now())
        self.system = System(
            self.database, self.series, self.counters, clock, lambda: self.timekeeping.trusted, machine
        )
        self.system.started_at = clock.now()
        await self.registry.load()
        await self.people.load()
        await self.sessions.load()
        await self.tokens.load()
        self._farewell.push_async_callback(self.tokens.flush)
        await self.sites.load()
        for known in self.registry:
            known.owns_token = self.tokens.owned_by(known.device.id)
        self.readings = Readings(self.series, self.registry, self.bus)
        self.system.gauges["meter_frames_dropped"] = lambda: self.readings.dropped
        self.cards = MeterCards(self.database, self.devices, clock)
        await self.cards.load()
        self.mappings = Mappings(self.database, self.audit, clock, lambda: self.sites.default.zone, MappedJson)
        await self.mappings.load()
        self.imports = await self._imports()
        self.exports = Exports(self.database, self.series, self.registry, settings.current_logger_zone)
        # What switches stands before the doors open, so that nothing a device says at once is lost.
        self.switching = await Switching.build(self)
        self.control = self.switching.control
        self.laboratory = await LabWiring.build(self)
        self.notifying = await Notifying.build(self)
        self.watching = await Watching.build(self)
        self._rules_need = self.watching.engine.first_needed
        self._farewell.push_async_callback(self.watching.stop)
        self.updating = await Updating.build(self)
        self._farewell.push_async_callback(self.updating.homes.close)
        self.front, self.direct = build_front(self)
        self.gateway = await build_gateway(self)
        self.system.measures += [self.front.refusals.measures, self.gateway.measures]
        self.switching.attach(self.gateway)
        self.updating.meters.attach(self.gateway)

    async def _imports(self) -> Imports:
        settings, spool = self.settings, Spool(self.settings.data_dir / "imports")
        runner = ImportRunner(
            self.database,
            self.series,
            self.registry,
            self.tickets,
            self.sites,
            self.clock,
            spool,
            settings.current_logger_zone,
        )
        imports = Imports(runner, spool, self.registry, self.audit, self.clock, settings.max_import_bytes)
        await imports.load()
        return imports

    def _rate(self, state: DeviceState) -> Rate:
        settings = self.settings
        if state is DeviceState.CLAIMED:
            return Rate(settings.device_rate, settings.device_burst)
        return Rate(settings.unclaimed_rate, settings.unclaimed_rate)

    def _render_device(self, device_id: int) -> dict[str, Any]:
        return DeviceView.of(self.registry.get(device_id), self.devices).model_dump()

    async def run(self, opened: Sockets, stop: asyncio.Event, ready: Callable[[], None]) -> None:
        """Serve until `stop` is set; then take no more, commit and acknowledge what was taken."""
        frame = self.settings.max_ws_frame_bytes
        web = WebServer(self.front, opened.http, frame, direct=self.direct)
        servers = [web]
        if opened.https:
            servers.append(WebServer(self.front, opened.https, frame, self._tls(), self.direct))
            self.front.https_port = opened.https[0].getsockname()[1]
        for sock in opened.mqtts:
            await self.gateway.listen_on(sock, self._tls())
        for sock in opened.mqtt:
            await self.gateway.listen_on(sock)
        self.system.ports = opened.ports
        parts: list[Coroutine[Any, Any, None]] = [
            always(self.sites.keep_days, "days of the site"),
            always(self.imports.work, "imports"),
            always(self.updating.runner.run, "rollouts"),
            always(self.notifying.deliverer.run, "notifications"),
            every(3600.0, self.retention.apply, "retention"),
            every(3600.0, self.notifying.notifications.forget, "old notifications"),
            every(15.0, self.live.ping, "live ping"),
            every(60.0, self.tokens.flush, "token use"),
            every(600.0, self.sessions.flush, "ended sessions"),
            every(30.0, self.devices.purge, "deleted devices"),
            *([respond(opened.reachable())] if self.settings.mdns else []),
            *self.switching.work(),
            *self.watching.work(),
            *self.laboratory.work(),
        ]
        async with asyncio.TaskGroup() as tasks:
            serving = [tasks.create_task(server.run(), name="web") for server in servers]
            periodic = [tasks.create_task(part) for part in parts]
            for server in servers:
                await server.ready()
            ready()
            await stop.wait()
            for task in periodic:
                task.cancel()
            for server in servers:
                server.stop()
            self.live.shut()
            self.control.shadows.shut()
            self.readings.shut()
            await self.laboratory.shut()
            await self.gateway.close()
            await asyncio.gather(*serving)

    def _tls(self) -> ssl.SSLContext:
        try:
            return self.authority.context()
        except NoAuthority:
            raise StartupError("there is no certificate yet; run `ohmstead tls init` once") from None

    async def close(self) -> None:
        await self._farewell.aclose()


def _hasher() -> Any:
    from pwdlib import PasswordHash  # loaded on use: it is a tenth of the start-up time

    return PasswordHash.recommended()


def _make_folder(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise StartupError(f"the data folder {folder} cannot be made: {error.strerror}; see --data-dir") from error


async def serve(settings: Settings, announce: Callable[[App, Sockets, bool], None]) -> None:
    """Run until SIGTERM or SIGINT. Raises StartupError with one line that names the mend."""
    app = App(settings)
    opened = None
    try:
        opened = open_sockets(settings)
        await app.start()
        made = settings.admin_password is not None and await app.people.ensure_admin(settings.admin_password)
        stop = asyncio.Event()
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, stop.set)
        loop.call_later(SETTLED_S, _settle)
        await app.run(opened, stop, lambda: announce(app, opened, made))
    finally:
        if opened is not None:
            opened.close()
        await app.close()


def _settle() -> None:
    """What was made until now lives on, and a full collection over it takes a tenth of a second: this was the last one.

    Nothing is collected but what is young, so that this takes no time itself.
    """
    gc.collect(1)
    gc.freeze()
