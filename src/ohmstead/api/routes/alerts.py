"""Alerts: the inbox, their history, and what people do about them."""

from typing import Annotated, Literal

from fastapi import APIRouter, Path, Query

from ohmstead.api import alert_schemas as schemas
from ohmstead.api.auth import InjectedParts, Who
from ohmstead.api.rule_schemas import SeverityName
from ohmstead.api.schemas import Instant
from ohmstead.domain.telemetry import MS, SECOND
from ohmstead.services.alert_inbox import Wanted

router = APIRouter(prefix="/alerts", tags=["alerts"])
Id = Annotated[int, Path(ge=0, le=2**53)]


@router.get("")
async def alerts(
    who: Who,
    parts: InjectedParts,
    state: Literal["open", "raised", "acknowledged", "cleared"] | None = None,
    severity: SeverityName | None = None,
    device: Annotated[int | None, Query(ge=0, le=2**53)] = None,
    channel: Annotated[int | None, Query(ge=0, le=2**53)] = None,
    rule: Annotated[int | None, Query(ge=0, le=2**53)] = None,
    from_: Annotated[Instant | None, Query(alias="from")] = None,
    to: Instant | None = None,
    limit: Annotated[int, Query(ge=1, le=1000)] = 100,
    after: Annotated[int | None, Query(ge=0, le=2**53)] = None,
) -> schemas.AlertPage:
    """Alerts that were open at some time in [from, to), newest first; `state=open`: those not cleared."""
    start, end = (None if at is None else at * MS for at in (from_, to))
    found, more = await parts.alerting.inbox.visible(
        who, Wanted(state, device, channel, rule, start, end, severity), limit, after
    )
    items = [schemas.AlertView.of(alert) for alert in found]
    return schemas.AlertPage(items=items, next=items[-1].id if more else None)


@router.get("/{alert_id}")
async def alert(alert_id: Id, who: Who, parts: InjectedParts) -> schemas.AlertDetail:
    found = await parts.alerting.inbox.told(who, alert_id)
    return schemas.AlertDetail(
        alert=schemas.AlertView.of(found.alert),
        transitions=[schemas.TransitionView.of(one) for one in found.transitions],
        deliveries=[schemas.AlertDelivery.of(one) for one in found.deliveries],
    )


@router.post("/{alert_id}/acknowledge")
async def acknowledge_alert(
    alert_id: Id, who: Who, parts: InjectedParts, body: schemas.Acknowledgement | None = None
) -> schemas.AlertView:
    note = "" if body is None else body.note
    return schemas.AlertView.of(await parts.alerting.inbox.acknowledge(who, alert_id, note))


@router.post("/{alert_id}/snooze")
async def snooze_alert(alert_id: Id, body: schemas.Snooze, who: Who, parts: InjectedParts) -> schemas.AlertView:
    return schemas.AlertView.of(await parts.alerting.inbox.snooze(who, alert_id, int(body.for_s * SECOND)))


@router.post("/{alert_id}/clear")
async def clear_alert(alert_id: Id, who: Who, parts: InjectedParts) -> schemas.AlertView:
    return schemas.AlertView.of(await parts.alerting.inbox.clear(who, alert_id))
