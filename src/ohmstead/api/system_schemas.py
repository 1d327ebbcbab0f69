"""The shapes of the server itself: tokens, sites, audit, state. Instants are ms."""

from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, Field

from ohmstead.api.schemas import Body, Instant, Name
from ohmstead.domain.person import AuditEntry, Site, Token
from ohmstead.domain.telemetry import MS


class NewToken(Body):
    name: Name
    scopes: list[str] = Field(min_length=1, max_length=5)
    device: str | None = None
    topics: list[Annotated[str, Field(max_length=512)]] = Field(default=[], max_length=100)
    expires_at: Instant | None = None


class CreatedToken(BaseModel):
    id: str
    token: str


class TokenView(BaseModel):
    id: str
    name: str
    scopes: list[str]
    topics: list[str]
    device: str | None
    created_at: int
    expires_at: int | None
    last_used_at: int | None

    @classmethod
    def of(cls, token: Token) -> Self:
        return cls(
            id=str(token.id),
            name=token.name,
            scopes=list(token.scopes),
            topics=list(token.topics),
            device=None if token.device_id is None else str(token.device_id),
            created_at=token.created_at // MS,
            expires_at=None if token.expires_at is None else token.expires_at // MS,
            last_used_at=None if token.last_used_at is None else token.last_used_at // MS,
        )


class SiteView(BaseModel):
    id: str
    name: str
    zone: str
    latitude: float | None
    longitude: float | None

    @classmethod
    def of(cls, site: Site) -> Self:
        return cls(id=str(site.id), name=site.name, zone=site.zone, latitude=site.latitude, longitude=site.longitude)


class SitePatch(Body):
    """`latitude` and `longitude` (degrees north and east) go together.

    `uncounted`: devices that are no part of the sums of the overview, such as a meter behind another one.
    """

    name: Name | None = None
    zone: str | None = Field(None, max_length=64)
    latitude: float | None = Field(None, ge=-90, le=90)
    longitude: float | None = Field(None, ge=-180, le=180)
    uncounted: list[Annotated[str, Field(pattern=r"^[0-9]{1,16}$")]] | None = Field(None, max_length=10_000)


class AuditView(BaseModel):
    id: str
    at: int
    actor: str
    action: str
    subject: str
    detail: str

    @classmethod
    def of(cls, entry_id: int, entry: AuditEntry) -> Self:
        return cls(
            id=str(entry_id),
            at=entry.at // MS,
            actor=entry.actor,
            action=entry.action,
            subject=entry.subject,
            detail=entry.detail,
        )


class ServerTime(BaseModel):
    now: int
    trusted: bool


class Notice(BaseModel):
    level: Literal["info", "warning", "error"]
    text: str


class PortView(BaseModel):
    kind: str
    port: int
    state: Literal["open", "skipped", "off"]
    detail: str


class DiskView(BaseModel):
    """Room on the disk that holds the data; `full_in_s`: at the pace since the start, null while that tells nothing."""

    folder: str
    total_bytes: int
    free_bytes: int
    data_bytes: int
    full_in_s: int | None


class SystemView(BaseModel):
    version: str
    started_at: int
    newest_at: int | None = Field(description="the newest stored sample, of whatever channel")
    room: DiskView
    database: dict[str, Any]
    clock: ServerTime
    ports: list[PortView]
    notices: list[Notice]
    counters: dict[str, int]
    store: dict[str, Any]
