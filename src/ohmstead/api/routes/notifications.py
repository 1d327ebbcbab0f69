"""Where notifications go, whether they arrive, and the history of those that went."""

from typing import Annotated

from fastapi import APIRouter, Path, Query

from ohmstead.api import notification_schemas as schemas
from ohmstead.api.auth import InjectedParts, Who
from ohmstead.api.schemas import id_of

router = APIRouter(tags=["notifications"])
Id = Annotated[int, Path(ge=0, le=2**53)]


@router.get("/notification-targets")
async def notification_targets(who: Who, parts: InjectedParts) -> list[schemas.TargetView]:
    return [schemas.TargetView.of(one) for one in await parts.notifications.all(who)]


@router.get("/notification-targets/kinds")
async def notification_kinds(who: Who, parts: InjectedParts) -> schemas.KindsView:
    return schemas.KindsView(kinds=[schemas.KindView.of(one) for one in parts.notifications.kinds(who)])


@router.get("/notification-targets/names")
async def notification_target_names(who: Who, parts: InjectedParts) -> list[schemas.TargetName]:
    return [schemas.TargetName.of(one) for one in parts.notifications.named(who)]


@router.post("/notification-targets", status_code=201)
async def add_notification_target(body: schemas.NewTarget, who: Who, parts: InjectedParts) -> schemas.TargetView:
    return schemas.TargetView.of(await parts.notifications.add(who, body.target()))


@router.patch("/notification-targets/{target_id}")
async def change_notification_target(
    target_id: Id, body: schemas.TargetPatch, who: Who, parts: InjectedParts
) -> schemas.TargetView:
    return schemas.TargetView.of(await parts.notifications.change(who, target_id, **body.changes()))


@router.delete("/notification-targets/{target_id}", status_code=204)
async def remove_notification_target(target_id: Id, who: Who, parts: InjectedParts) -> None:
    await parts.notifications.remove(who, target_id)


@router.post("/notification-targets/{target_id}/test")
async def test_notification_target(target_id: Id, who: Who, parts: InjectedParts) -> schemas.Delivered:
    """Sends a test message at once. 502 with the reason when it did not arrive."""
    return schemas.Delivered(detail=await parts.notifications.test(who, target_id))


@router.get("/notifications")
async def notifications(
    who: Who,
    parts: InjectedParts,
    limit: Annotated[int, Query(ge=1, le=500)] = 100,
    after: Annotated[str | None, Query(max_length=20)] = None,
    alert: Annotated[str | None, Query(max_length=20)] = None,
) -> schemas.NotificationPage:
    """Newest first; `after` is the `next` of the page before."""
    before = None if after is None else id_of(after)
    found = await parts.notifications.history(who, limit, before, None if alert is None else id_of(alert))
    following = str(found[-1].id) if len(found) == limit else None
    return schemas.NotificationPage(items=[schemas.NotificationView.of(one) for one in found], next=following)
