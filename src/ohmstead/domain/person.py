"""People and machines that may ask for things."""

from dataclasses import dataclass

from ohmstead.domain.access import Role


@dataclass(frozen=True, slots=True)
class User:
    id: int
    username: str
    role: Role
    password_hash: str
    created_at: int


@dataclass(frozen=True, slots=True)
class Session:
    """A person's open door. The cookie itself is never kept, only its SHA-256."""

    digest: str
    user_id: int
    created_at: int
    expires_at: int
    agent: str

    @property
    def id(self) -> str:
        """What may be shown of it: enough to name it, too little to use it."""
        return self.digest[:16]


@dataclass(frozen=True, slots=True)
class Token:
    """A machine's credential, kept as SHA-256."""

    id: int
    digest: str
    name: str
    scopes: tuple[str, ...]
    topics: tuple[str, ...]
    device_id: int | None
    created_at: int
    expires_at: int | None
    last_used_at: int | None


@dataclass(frozen=True, slots=True)
class Invitation:
    """A link that makes a user of whoever opens it first."""

    digest: str
    role: Role
    devices: tuple[int, ...]
    note: str
    inviter: str
    created_at: int
    expires_at: int

    @property
    def id(self) -> str:
        return self.digest[:16]


@dataclass(frozen=True, slots=True)
class Site:
    """A place with a time zone. Degrees north and east, where somebody said so: there is no sunrise without them."""

    id: int
    name: str
    zone: str
    latitude: float | None = None
    longitude: float | None = None
    uncounted: frozenset[int] = frozenset()  # devices that are no part of its sums: meters behind another one


@dataclass(frozen=True, slots=True)
class AuditEntry:
    """One change by a person or a machine acting for one."""

    at: int
    actor: str
    action: str
    subject: str
    detail: str = ""


@dataclass(frozen=True, slots=True)
class CredentialsRevoked:
    """A session or a token ended: whatever it opened must close."""

    session: str | None = None
    token: int | None = None


@dataclass(frozen=True, slots=True)
class AccessChanged:
    """A user's role or devices changed, or the user is gone."""

    user: int
