"""Rollouts, the way of each device through them, and who runs what."""

from typing import Annotated

from fastapi import APIRouter, Path, Response

from ohmstead.api import rollout_schemas as schemas
from ohmstead.api.auth import InjectedParts, Who
from ohmstead.api.parts import Parts
from ohmstead.api.schemas import id_of
from ohmstead.domain.access import Principal
from ohmstead.domain.rollout import Rollout

router = APIRouter(tags=["updates"])
Id = Annotated[int, Path(ge=0, le=2**53)]


async def _view(who: Principal, one: Rollout, parts: Parts, status: int = 200) -> Response:
    found = await parts.updates.rollouts.installations(who, one.id)
    body = await schemas.RolloutView.encoded(one, found, parts.updates)
    return Response(body, status, media_type="application/json")


@router.get("/rollouts")
async def rollouts(who: Who, parts: InjectedParts) -> list[schemas.RolloutSummary]:
    """Newest first."""
    return [schemas.RolloutSummary.of(one, parts.updates) for one in parts.updates.rollouts.all(who)]


@router.post("/rollouts", status_code=201, response_model=schemas.RolloutView)
async def start_rollout(body: schemas.NewRollout, who: Who, parts: InjectedParts) -> Response:
    """Begins at once, as far as its window allows."""
    devices = None if body.devices == "all" else [id_of(device) for device in body.devices]
    made = await parts.updates.rollouts.start(who, id_of(body.release_id), devices, body.terms())
    return await _view(who, made, parts, 201)


@router.get("/rollouts/{rollout_id}", response_model=schemas.RolloutView)
async def rollout(rollout_id: Id, who: Who, parts: InjectedParts) -> Response:
    return await _view(who, parts.updates.rollouts.get(who, rollout_id), parts)


@router.post("/rollouts/{rollout_id}/pause", response_model=schemas.RolloutView)
async def pause_rollout(rollout_id: Id, who: Who, parts: InjectedParts) -> Response:
    """No new offers; what is under way goes on."""
    return await _view(who, await parts.updates.rollouts.pause(who, rollout_id), parts)


@router.post("/rollouts/{rollout_id}/resume", response_model=schemas.RolloutView)
async def resume_rollout(rollout_id: Id, who: Who, parts: InjectedParts) -> Response:
    return await _view(who, await parts.updates.rollouts.resume(who, rollout_id), parts)


@router.post("/rollouts/{rollout_id}/stop", response_model=schemas.RolloutView)
async def stop_rollout(rollout_id: Id, who: Who, parts: InjectedParts) -> Response:
    """For good: offers are taken back; devices that restart already are watched to the end."""
    return await _view(who, await parts.updates.rollouts.stop(who, rollout_id), parts)


@router.post("/rollouts/{rollout_id}/rollback", response_model=schemas.RolloutView)
async def roll_back(rollout_id: Id, who: Who, parts: InjectedParts) -> Response:
    """Stop it, and bring back what ran before; `rolled_back_by` names the rollouts that do."""
    rollouts = parts.updates.rollouts
    await rollouts.roll_back(who, rollout_id)
    return await _view(who, rollouts.get(who, rollout_id), parts)


@router.get("/rollouts/{rollout_id}/installations/{device_id}")
async def installation_timeline(
    rollout_id: Id, device_id: Id, who: Who, parts: InjectedParts
) -> list[schemas.EventView]:
    """What happened to one device, oldest first."""
    found = await parts.updates.rollouts.timeline(who, rollout_id, device_id)
    return [schemas.EventView.of(one) for one in found]


@router.get("/devices/{device_id}/installations")
async def installations_of_device(device_id: Id, who: Who, parts: InjectedParts) -> list[schemas.InstallationView]:
    """Newest first."""
    found = await parts.updates.rollouts.of_device(who, device_id)
    return [schemas.InstallationView.of(one) for one in found]


@router.get("/fleet")
async def fleet(who: Who, parts: InjectedParts) -> schemas.FleetView:
    """Who runs what: the largest group first."""
    return schemas.FleetView(items=[schemas.FleetGroup.of(one) for one in parts.updates.rollouts.fleet(who)])
