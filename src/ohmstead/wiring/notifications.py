"""What tells people: targets, their notifiers, and the way out of the server."""

from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from ohmstead import notifiers as notifier_package
from ohmstead.domain.outgoing import OutgoingRules
from ohmstead.runtime.plugins import discover
from ohmstead.services.delivering import Deliverer
from ohmstead.services.notifications import Notifications
from ohmstead.services.outgoing import Outgoing, is_local

if TYPE_CHECKING:
    from ohmstead.app import App


@dataclass(slots=True)
class Notifying:
    notifications: Notifications
    deliverer: Deliverer

    @classmethod
    async def build(cls, app: "App") -> "Notifying":
        settings = app.settings

        def own_ports() -> set[int]:
            return {port.port for port in app.system.ports if port.state == "open"}

        rules = OutgoingRules(settings.notify_networks, own_ports, is_local, _published(settings.public_url))
        means = Outgoing(rules, settings.notify_timeout_s)
        notifications = Notifications(
            app.database,
            discover(notifier_package, "NOTIFIER"),
            means,
            lambda: app.sites.default,
            app.audit,
            app.clock,
            settings.public_url,
        )
        await notifications.load()
        deliverer = Deliverer(app.database, notifications, app.clock)
        app.system.gauges["notifications_sent_total"] = lambda: deliverer.sent
        app.system.gauges["notifications_failed_total"] = lambda: deliverer.failed
        app.system.gauges["notifications_given_up_total"] = lambda: deliverer.given_up
        return cls(notifications, deliverer)


def _published(public_url: str | None) -> tuple[str, int] | None:
    """Host and port under which people reach this server, a proxy's perhaps."""
    if public_url is None:
        return None
    parts = urlsplit(public_url)
    return parts.hostname or "", parts.port or (443 if parts.scheme == "https" else 80)
