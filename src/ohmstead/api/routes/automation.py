"""Scenes, schedules and load limits."""

from datetime import date
from typing import Annotated

from fastapi import APIRouter, Path, Query

from ohmstead.api import automation_schemas as schemas
from ohmstead.api.auth import InjectedParts, Who
from ohmstead.api.parts import Parts
from ohmstead.api.schemas import id_of
from ohmstead.domain.scene import Schedule

router = APIRouter(tags=["automation"])
Id = Annotated[int, Path(ge=0, le=2**53)]


@router.get("/scenes")
async def scenes(who: Who, parts: InjectedParts) -> list[schemas.SceneView]:
    return [schemas.SceneView.of(scene) for scene in parts.control.scenes.visible(who)]


@router.post("/scenes", status_code=201)
async def add_scene(body: schemas.SceneBody, who: Who, parts: InjectedParts) -> schemas.SceneView:
    settings = [setting.setting() for setting in body.settings]
    return schemas.SceneView.of(await parts.control.scenes.put(who, None, body.name, settings))


@router.put("/scenes/{scene_id}")
async def change_scene(scene_id: Id, body: schemas.SceneBody, who: Who, parts: InjectedParts) -> schemas.SceneView:
    settings = [setting.setting() for setting in body.settings]
    return schemas.SceneView.of(await parts.control.scenes.put(who, scene_id, body.name, settings))


@router.delete("/scenes/{scene_id}", status_code=204)
async def remove_scene(scene_id: Id, who: Who, parts: InjectedParts) -> None:
    await parts.control.scenes.remove(who, scene_id)


@router.post("/scenes/{scene_id}/run", status_code=202)
async def run_scene(
    scene_id: Id, who: Who, parts: InjectedParts, body: schemas.SceneRun | None = None
) -> schemas.SceneDone:
    done = await parts.control.scenes.run(who, scene_id, "" if body is None else body.reason)
    return schemas.SceneDone(outputs=done)


def _schedule(schedule: Schedule, parts: Parts) -> schemas.ScheduleView:
    schedules = parts.control.schedules
    return schemas.ScheduleView.of(schedule, schedules.next_run(schedule), on_device=schedules.on_device(schedule))


@router.get("/schedules")
async def schedules(who: Who, parts: InjectedParts) -> list[schemas.ScheduleView]:
    return [_schedule(schedule, parts) for schedule in parts.control.schedules.visible(who)]


@router.get("/schedules/week")
async def week(
    who: Who, parts: InjectedParts, first: Annotated[date | None, Query(alias="from")] = None
) -> schemas.WeekView:
    """Seven days from `from` (YYYY-MM-DD), else from this Monday."""
    return schemas.WeekView.of(*parts.control.schedules.week(who, first))


@router.post("/schedules", status_code=201)
async def add_schedule(body: schemas.ScheduleBody, who: Who, parts: InjectedParts) -> schemas.ScheduleView:
    made = await parts.control.schedules.put(who, None, body.name, body.timing(), body.action(), enabled=body.enabled)
    return _schedule(made, parts)


@router.put("/schedules/{schedule_id}")
async def change_schedule(
    schedule_id: Id, body: schemas.ScheduleBody, who: Who, parts: InjectedParts
) -> schemas.ScheduleView:
    changed = await parts.control.schedules.put(
        who, schedule_id, body.name, body.timing(), body.action(), enabled=body.enabled
    )
    return _schedule(changed, parts)


@router.delete("/schedules/{schedule_id}", status_code=204)
async def remove_schedule(schedule_id: Id, who: Who, parts: InjectedParts) -> None:
    await parts.control.schedules.remove(who, schedule_id)


@router.get("/load-limits")
async def load_limits(who: Who, parts: InjectedParts) -> list[schemas.LoadLimitView]:
    return [schemas.LoadLimitView.of(stored) for stored in parts.control.load_limits.visible(who)]


@router.post("/load-limits", status_code=201)
async def add_load_limit(body: schemas.LoadLimitBody, who: Who, parts: InjectedParts) -> schemas.LoadLimitView:
    stored = await parts.control.load_limits.put(who, None, id_of(body.channel_id), body.limit())
    return schemas.LoadLimitView.of(stored)


@router.put("/load-limits/{limit_id}")
async def change_load_limit(
    limit_id: Id, body: schemas.LoadLimitBody, who: Who, parts: InjectedParts
) -> schemas.LoadLimitView:
    stored = await parts.control.load_limits.put(who, limit_id, id_of(body.channel_id), body.limit())
    return schemas.LoadLimitView.of(stored)


@router.delete("/load-limits/{limit_id}", status_code=204)
async def remove_load_limit(limit_id: Id, who: Who, parts: InjectedParts) -> None:
    await parts.control.load_limits.remove(who, limit_id)
