"""What the doors of older systems are built on, handed over by the composition root."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Protocol

from starlette.requests import Request
from starlette.responses import Response

from ohmstead.dialects.dialect import Dialect
from ohmstead.domain.errors import DomainError
from ohmstead.domain.trust import OpenDoors, TrustRules
from ohmstead.legacy.home_control_poller import HomeControl
from ohmstead.runtime.bus import Bus
from ohmstead.runtime.clock import Clock
from ohmstead.services.audit import Audit
from ohmstead.services.device_logs import DeviceLogs
from ohmstead.services.devices import Devices
from ohmstead.services.energy import EnergyReports
from ohmstead.services.homes import Homes
from ohmstead.services.ingest import Ingest
from ohmstead.services.lab import Lab
from ohmstead.services.mappings import Mappings
from ohmstead.services.meter_cards import MeterCards
from ohmstead.services.outputs import Outputs
from ohmstead.services.people import People
from ohmstead.services.readings import Readings
from ohmstead.services.registry import Known, Registry
from ohmstead.services.sessions import Sessions
from ohmstead.services.tickets import Tickets
from ohmstead.services.tokens import Tokens
from ohmstead.services.updates import Updates
from ohmstead.services.usage import Usages


class MeterOffers(Protocol):
    """What is offered to a meter of system 003 that asks."""

    def asked(self, known: Known, running: str, /) -> tuple[str, str] | None: ...


@dataclass(frozen=True, slots=True)
class DoorParts:
    people: People
    sessions: Sessions
    tokens: Tokens
    registry: Registry
    devices: Devices
    ingest: Ingest
    tickets: Tickets
    readings: Readings
    usages: Usages
    energy: EnergyReports
    cards: MeterCards
    mappings: Mappings
    outputs: Outputs
    homes: Homes
    home_control: HomeControl
    logs: DeviceLogs
    lab: Lab
    bus: Bus
    audit: Audit
    trust: TrustRules
    open_doors: OpenDoors
    clock: Clock
    dialects: Mapping[str, Dialect]
    problem: Callable[[DomainError], Response]  # how our own API says what is wrong
    publish: Callable[[str, bytes], object]  # an MQTT message of the server itself
    cookie: str  # name of the session cookie
    set_cookie: Callable[[Response, Request, str, int], None]  # value, seconds
    origins: frozenset[str]  # older dashboards that are served elsewhere
    registration: bool  # whether anyone may register at the door of system 003
    updates: Updates
    meter_updates: MeterOffers
