"""The front of the web: which door takes which request."""

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from ohmstead.api import problems
from ohmstead.api.application import PREFIX, Front, build_api
from ohmstead.api.auth import COOKIE, set_cookie
from ohmstead.api.device_door import DeviceDoor
from ohmstead.api.pages import Pages
from ohmstead.api.parts import Parts
from ohmstead.api.signed_door import Signatures, SignedDoor
from ohmstead.database import StorageFailure
from ohmstead.dialects.current_logger import CurrentLogger
from ohmstead.domain.access import Role
from ohmstead.domain.errors import Unavailable
from ohmstead.domain.trust import OpenDoors
from ohmstead.legacy.current_logger import CurrentLoggerDoor
from ohmstead.legacy.doors import Doors
from ohmstead.legacy.parts import DoorParts
from ohmstead.runtime.asgi import App as AsgiApp
from ohmstead.runtime.http_direct import Route
from ohmstead.services.history import History
from ohmstead.services.usage import Usages
from ohmstead.transports.http_ingest import HttpIngest
from ohmstead.transports.ws_devices import DeviceSockets

if TYPE_CHECKING:
    from ohmstead.app import App


WEB: Final = Path(__file__).parents[1] / "web"

Direct = dict[tuple[str, str], Route]


def build_front(app: "App") -> tuple[Front, Direct]:
    """The front, and what answers small requests without it."""
    settings, parts = app.settings, _parts(app)
    api = build_api(parts)

    @api.exception_handler(StorageFailure)
    async def not_stored(_: Any, error: StorageFailure) -> Any:
        return problems.response(Unavailable(str(error)))

    telemetry = HttpIngest(
        app.ingest,
        app.registry,
        app.tokens,
        app.tickets,
        app.clock,
        settings.max_body_bytes,
        settings.max_unpacked_bytes,
        problems.render,
    )
    current_loggers = CurrentLoggerDoor(
        CurrentLogger(zone=settings.current_logger_zone),
        app.ingest,
        app.tickets,
        app.trust,
        app.clock,
        answer_on_acceptance=settings.commit_window_ms > 5,
    )
    sockets = DeviceSockets(
        app.ingest,
        app.registry,
        app.tokens,
        app.tickets,
        app.switching.native,
        app.control.shadows,
        app.control.commands,
        app.bus,
        app.clock,
        app.timekeeping,
    )
    signatures = Signatures(app.registry, app.tokens, app.clock, settings.max_body_bytes)
    doors: dict[tuple[str, str], AsgiApp] = {
        ("POST", f"{PREFIX}/telemetry"): SignedDoor(telemetry, signatures),
        ("WEBSOCKET", f"{PREFIX}/devices/me/socket"): sockets,
    }
    if "000" not in settings.doors_off:
        doors["POST", "/data"] = current_loggers
    front = Front(
        doors,
        api,
        Pages(WEB),
        app.authority.certificate,
        _older_doors(app),
        settings.max_body_bytes,
        DeviceDoor(parts, signatures),
    )
    return front, {("POST", f"{PREFIX}/telemetry"): telemetry.direct}


def _parts(app: "App") -> Parts:
    return Parts(
        app.people,
        app.sessions,
        app.tokens,
        app.invitations,
        app.devices,
        app.replacing,
        History(app.series, app.devices),
        app.energy,
        app.overview,
        app.live,
        app.sites,
        app.audit,
        app.system,
        app.trust,
        app.clock,
        app.mappings,
        imports=app.imports,
        exports=app.exports,
        notifications=app.notifying.notifications,
        alerting=app.watching.alerting,
        updates=app.updating.updates,
        lab=app.laboratory.lab,
        control=app.control,
        tickets=app.tickets,
    )


def _older_doors(app: "App") -> Doors:
    settings = app.settings
    parts = DoorParts(
        problem=problems.response,
        people=app.people,
        sessions=app.sessions,
        tokens=app.tokens,
        registry=app.registry,
        devices=app.devices,
        ingest=app.ingest,
        tickets=app.tickets,
        readings=app.readings,
        updates=app.updating.updates,
        meter_updates=app.updating.meters,
        usages=Usages(app.series, app.devices, app.energy, app.sites),
        energy=app.energy,
        cards=app.cards,
        mappings=app.mappings,
        outputs=app.control.outputs,
        homes=app.control.homes,
        home_control=app.switching.home_control,
        logs=app.control.logs,
        lab=app.laboratory.lab,
        bus=app.bus,
        audit=app.audit,
        trust=app.trust,
        open_doors=OpenDoors((d.system, d.network, Role(d.role)) for d in settings.open_doors),
        clock=app.clock,
        dialects=app.dialects,
        publish=lambda topic, payload: app.gateway.publish(topic, payload),
        cookie=COOKIE,
        set_cookie=partial(set_cookie, trust=app.trust),
        origins=frozenset(settings.legacy_origins),
        registration=settings.meter_registration,
    )
    return Doors(parts, settings.doors_off, StorageFailure)
