"""Who may do what. One table decides for every door: HTTP, live view, MQTT and export alike."""

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from ohmstead.domain.errors import Forbidden, NotFound


class Role(StrEnum):
    VIEWER = "viewer"
    OPERATOR = "operator"
    ADMIN = "admin"


class Permission(StrEnum):
    """What can be asked of the server; routes ask by these names."""

    DEVICES_READ = "devices.read"
    DEVICES_CLAIM = "devices.claim"
    DEVICES_EDIT = "devices.edit"
    DEVICES_DELETE = "devices.delete"
    DEVICES_SECRETS = "devices.secrets"
    UNCLAIMED_READ = "unclaimed.read"
    CONTROL = "control"
    ROOMS_EDIT = "rooms.edit"
    TELEMETRY_WRITE = "telemetry.write"
    METRICS_READ = "metrics.read"
    SITES_READ = "sites.read"
    SITES_EDIT = "sites.edit"
    TOKENS_EDIT = "tokens.edit"
    USERS_EDIT = "users.edit"
    AUDIT_READ = "audit.read"
    SYSTEM_READ = "system.read"
    MAPPINGS_EDIT = "mappings.edit"
    UPDATES_READ = "updates.read"
    UPDATES_EDIT = "updates.edit"
    UPDATES_TRUST = "updates.trust"
    RECORDINGS_EDIT = "recordings.edit"
    RULES_EDIT = "rules.edit"
    ALERTS_HANDLE = "alerts.handle"
    NOTIFICATIONS_READ = "notifications.read"
    NOTIFICATIONS_EDIT = "notifications.edit"


P = Permission
_VIEWER: Final = frozenset({P.DEVICES_READ, P.SITES_READ})
_OPERATOR: Final = _VIEWER | {
    P.UNCLAIMED_READ,
    P.DEVICES_CLAIM,
    P.DEVICES_EDIT,
    P.SYSTEM_READ,
    P.CONTROL,
    P.ROOMS_EDIT,
    P.RULES_EDIT,
    P.ALERTS_HANDLE,
    P.NOTIFICATIONS_READ,
    P.UPDATES_READ,
    P.UPDATES_EDIT,
    P.RECORDINGS_EDIT,
}
ROLES: Final = {Role.VIEWER: _VIEWER, Role.OPERATOR: _OPERATOR, Role.ADMIN: frozenset(Permission)}

SCOPES: Final = {
    "read": frozenset({P.DEVICES_READ, P.SITES_READ, P.METRICS_READ}),
    "write": frozenset(
        {
            P.DEVICES_EDIT,
            P.DEVICES_CLAIM,
            P.CONTROL,
            P.ROOMS_EDIT,
            P.RULES_EDIT,
            P.ALERTS_HANDLE,
            P.UPDATES_READ,
            P.UPDATES_EDIT,
            P.RECORDINGS_EDIT,
        }
    ),
    "device": frozenset({P.TELEMETRY_WRITE}),
    "admin": frozenset(Permission),
    "mqtt": frozenset[Permission](),
}


@dataclass(frozen=True, slots=True)
class Principal:
    """Who is asking: a person by session, or a machine by token."""

    name: str
    permissions: frozenset[Permission]
    user: int | None = None
    role: Role | None = None
    device: int | None = None  # a device's own token reaches this device only
    only_devices: frozenset[int] | None = None  # None = every device
    operates: frozenset[int] = frozenset()  # devices on which a viewer may do what an operator may
    topics: tuple[str, ...] = field(default=())  # filters a `mqtt` token may use
    session: str | None = None  # digest of the session it came with
    token: int | None = None  # id of the token it came with

    def may(self, permission: Permission) -> bool:
        return permission in self.permissions

    def require(self, permission: Permission) -> None:
        if permission not in self.permissions:
            raise Forbidden(f"this needs the permission {permission}")

    def may_see(self, device: int, *, claimed: bool = True) -> bool:
        """True if the device exists for this principal at all."""
        if Permission.DEVICES_READ not in self.permissions:
            return False
        if self.device is not None:
            return self.device == device
        if not claimed and Permission.UNCLAIMED_READ not in self.permissions:
            return False
        return self.only_devices is None or device in self.only_devices

    def require_sight(self, device: int, *, claimed: bool = True) -> None:
        """Raises NotFound, never Forbidden: a stranger must not learn which ids exist."""
        if not self.may_see(device, claimed=claimed):
            raise NotFound("there is no such device")

    def may_act_on(self, device: int, permission: Permission) -> bool:
        """True if this principal may do that with this device, whether or not it may look at it.

        A machine that only switches knows what, and need not be able to look around.
        """
        mine = self.device in (None, device) and (self.only_devices is None or device in self.only_devices)
        lent = device in self.operates and permission in ROLES[Role.OPERATOR]
        return mine and (lent or permission in self.permissions)

    def require_action(self, device: int, permission: Permission, *, claimed: bool = True) -> None:
        """Raises NotFound for what does not exist for this principal, Forbidden for what it may only look at."""
        if not self.may_act_on(device, permission):
            self.require_sight(device, claimed=claimed)
            raise Forbidden(f"this needs the permission {permission}")
