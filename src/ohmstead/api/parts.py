"""What the routes are built on, handed over by the composition root."""

from dataclasses import dataclass

from ohmstead.domain.trust import TrustRules
from ohmstead.runtime.clock import Clock
from ohmstead.services.alerting import Alerting
from ohmstead.services.audit import Audit
from ohmstead.services.control import Control
from ohmstead.services.devices import Devices
from ohmstead.services.energy import EnergyReports
from ohmstead.services.exports import Exports
from ohmstead.services.history import History
from ohmstead.services.imports import Imports
from ohmstead.services.invitations import Invitations
from ohmstead.services.lab import Lab
from ohmstead.services.live import Live
from ohmstead.services.mappings import Mappings
from ohmstead.services.notifications import Notifications
from ohmstead.services.overview import Overview
from ohmstead.services.people import People
from ohmstead.services.replacing import Replacing
from ohmstead.services.sessions import Sessions
from ohmstead.services.sites import Sites
from ohmstead.services.system import System
from ohmstead.services.tickets import Tickets
from ohmstead.services.tokens import Tokens
from ohmstead.services.updates import Updates


@dataclass(frozen=True, slots=True)
class Parts:
    people: People
    sessions: Sessions
    tokens: Tokens
    invitations: Invitations
    devices: Devices
    replacing: Replacing
    history: History
    energy: EnergyReports
    overview: Overview
    live: Live
    sites: Sites
    audit: Audit
    system: System
    trust: TrustRules
    clock: Clock
    mappings: Mappings
    control: Control
    tickets: Tickets
    imports: Imports
    exports: Exports
    lab: Lab
    notifications: Notifications
    alerting: Alerting
    updates: Updates
