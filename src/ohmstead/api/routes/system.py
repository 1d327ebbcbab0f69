"""Sites, tokens, audit, time, health and metrics."""

from typing import Annotated

from fastapi import APIRouter, Path, Query, Request, Response
from fastapi.responses import JSONResponse

from ohmstead.api import problems
from ohmstead.api import system_schemas as schemas
from ohmstead.api.auth import InjectedParts, Who, principal_of
from ohmstead.api.parts import Parts
from ohmstead.api.schemas import id_of
from ohmstead.domain.access import Permission
from ohmstead.domain.errors import Forbidden, InvalidInput, Unauthenticated
from ohmstead.domain.telemetry import MS
from ohmstead.domain.trust import parse_address

router = APIRouter(tags=["system"])
operators = APIRouter(tags=["operators"])
Id = Annotated[int, Path(ge=0, le=2**53)]


@router.get("/time")
async def server_time(parts: InjectedParts) -> schemas.ServerTime:
    return _time(parts)


def _time(parts: Parts) -> schemas.ServerTime:
    return schemas.ServerTime(now=parts.clock.now() // MS, trusted=parts.system.trusted())


@router.get("/sites")
async def sites(who: Who, parts: InjectedParts) -> list[schemas.SiteView]:
    who.require(Permission.SITES_READ)
    return [schemas.SiteView.of(site) for site in parts.sites.all()]


@router.patch("/sites")
async def change_default_site(body: schemas.SitePatch, who: Who, parts: InjectedParts) -> schemas.SiteView:
    """Change the one site there is from the beginning."""
    return await change_site(parts.sites.default.id, body, who, parts)


@router.patch("/sites/{site_id}")
async def change_site(site_id: Id, body: schemas.SitePatch, who: Who, parts: InjectedParts) -> schemas.SiteView:
    who.require(Permission.SITES_EDIT)
    if (body.latitude is None) != (body.longitude is None):
        raise InvalidInput("latitude and longitude go together")
    place = None if body.latitude is None or body.longitude is None else (body.latitude, body.longitude)
    named = body.uncounted
    uncounted = None if named is None else frozenset(parts.devices.get(who, id_of(one)).device.id for one in named)
    return schemas.SiteView.of(await parts.sites.change(site_id, who.name, body.name, body.zone, place, uncounted))


@router.get("/tokens")
async def tokens(who: Who, parts: InjectedParts) -> list[schemas.TokenView]:
    who.require(Permission.TOKENS_EDIT)
    return [schemas.TokenView.of(token) for token in parts.tokens.all()]


@router.post("/tokens", status_code=201)
async def create_token(body: schemas.NewToken, who: Who, parts: InjectedParts) -> schemas.CreatedToken:
    who.require(Permission.TOKENS_EDIT)
    device = None
    if body.device is not None:
        device = parts.devices.get(who, id_of(body.device)).device.id
    token, secret = await parts.tokens.create(
        body.name,
        tuple(body.scopes),
        actor=who.name,
        device=device,
        topics=tuple(body.topics),
        expires_at=None if body.expires_at is None else body.expires_at * MS,
    )
    if device is not None:
        parts.devices.get(who, device).owns_token = True
    return schemas.CreatedToken(id=str(token.id), token=secret)


@router.delete("/tokens/{token_id}", status_code=204)
async def delete_token(token_id: Id, who: Who, parts: InjectedParts) -> None:
    who.require(Permission.TOKENS_EDIT)
    await parts.tokens.delete(token_id, who.name)


@router.get("/audit")
async def audit(
    who: Who,
    parts: InjectedParts,
    limit: Annotated[int, Query(ge=1, le=1000)] = 100,
    before: Annotated[int | None, Query(ge=0, le=2**53)] = None,
) -> list[schemas.AuditView]:
    who.require(Permission.AUDIT_READ)
    return [schemas.AuditView.of(i, entry) for i, entry in await parts.audit.newest(limit, before)]


@router.get("/system")
async def system(who: Who, parts: InjectedParts) -> schemas.SystemView:
    who.require(Permission.SYSTEM_READ)
    known = parts.system
    return schemas.SystemView(
        version=known.version,
        started_at=known.started_at // MS,
        newest_at=None if (newest := known.newest()) is None else newest // MS,
        room=schemas.DiskView.model_validate(known.room(), from_attributes=True),
        database={"kind": "PostgreSQL" if known.database.is_postgresql else "SQLite"},
        clock=_time(parts),
        ports=[schemas.PortView.model_validate(port, from_attributes=True) for port in known.ports],
        notices=[schemas.Notice.model_validate(notice, from_attributes=True) for notice in known.current_notices()],
        counters=dict(known.counters.items()),
        store=known.store(),
    )


@operators.get("/healthz")
async def healthz(parts: InjectedParts) -> Response:
    """200 when the process and its store can write, else 503 with the reason."""
    if (reason := parts.system.health()) is not None:
        return JSONResponse(problems.document(503, reason), 503, media_type=problems.MEDIA_TYPE)
    return JSONResponse({"status": "ok"})


@operators.get("/readyz")
async def readyz() -> dict[str, str]:
    return {"status": "ready"}


@operators.get("/metrics")
async def metrics(request: Request, parts: InjectedParts) -> Response:
    """Prometheus. A token with scope `read`, or loopback without forwarding headers."""
    peer = request.client.host if request.client else ""
    address = parse_address(peer)
    if not (parts.trust.origin(peer, request.scope["headers"]).direct and address and address.is_loopback):
        who = principal_of(request)
        if who.user is not None and not who.may(Permission.METRICS_READ):
            raise Forbidden("metrics are for admins and tokens with scope `read`")
        if not who.may(Permission.METRICS_READ):
            raise Unauthenticated("metrics need a token with scope `read`")
    return Response(parts.system.metrics(), media_type="text/plain; version=0.0.4")
