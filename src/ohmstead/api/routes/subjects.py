"""Subjects and groups."""

from typing import Annotated

from fastapi import APIRouter, Path, Query

from ohmstead.api import lab_schemas as schemas
from ohmstead.api.auth import InjectedParts, Who
from ohmstead.api.result_schemas import MetricReportView, TrendView, Use
from ohmstead.api.schemas import id_of

router = APIRouter(tags=["lab"])
Id = Annotated[int, Path(ge=0, le=2**53)]
Wanted = Annotated[int | None, Query(ge=0, le=2**53)]


@router.get("/subjects")
async def subjects(
    who: Who,
    parts: InjectedParts,
    group: Wanted = None,
    limit: Annotated[int, Query(ge=1, le=1000)] = 200,
    after: Annotated[int, Query(ge=0)] = 0,
) -> schemas.SubjectPage:
    """By pseudonym; `after` is how many were shown already."""
    found = await parts.lab.subjects.visible(who, group)
    page = found[after : after + limit]
    more = str(after + limit) if len(found) > after + limit else None
    return schemas.SubjectPage(items=[schemas.SubjectView.of(one) for one in page], next=more)


@router.post("/subjects", status_code=201)
async def add_subject(body: schemas.NewSubject, who: Who, parts: InjectedParts) -> schemas.SubjectView:
    subject = await parts.lab.subjects.add(
        who,
        pseudonym=body.pseudonym,
        body_mass_kg=body.body_mass_kg,
        consent=body.consent,
        note=body.note,
        groups=[id_of(g) for g in body.groups],
    )
    return schemas.SubjectView.of(subject)


@router.get("/subjects/{subject_id}")
async def subject(subject_id: Id, who: Who, parts: InjectedParts) -> schemas.SubjectView:
    return schemas.SubjectView.of(await parts.lab.subjects.get(who, subject_id))


@router.patch("/subjects/{subject_id}")
async def change_subject(
    subject_id: Id, body: schemas.SubjectPatch, who: Who, parts: InjectedParts
) -> schemas.SubjectView:
    """Only what is sent changes; a `body_mass_kg` of null means that it is not known."""
    return schemas.SubjectView.of(await parts.lab.subjects.change(who, subject_id, **body.changes()))


@router.delete("/subjects/{subject_id}", status_code=204)
async def delete_subject(subject_id: Id, who: Who, parts: InjectedParts) -> None:
    await parts.lab.subjects.delete(who, subject_id)


@router.post("/subjects/{subject_id}/restore")
async def restore_subject(subject_id: Id, who: Who, parts: InjectedParts) -> schemas.SubjectView:
    return schemas.SubjectView.of(await parts.lab.subjects.restore(who, subject_id))


@router.get("/subjects/{subject_id}/trend")
async def subject_trend(
    subject_id: Id,
    who: Who,
    parts: InjectedParts,
    metric: Annotated[str, Query(max_length=64)],
    kind: schemas.Kind = "imtp",
    use: Use = "best",
) -> TrendView:
    """One metric, session by session; the band is what the group's reliability leaves to chance."""
    await parts.lab.subjects.get(who, subject_id)
    return TrendView.of(await parts.lab.scores.trend(who, subject_id, metric, kind=kind, use=use))


@router.get("/groups")
async def groups(who: Who, parts: InjectedParts) -> list[schemas.GroupView]:
    return [schemas.GroupView.of(one, size) for one, size in await parts.lab.subjects.groups(who)]


@router.post("/groups", status_code=201)
async def add_group(body: schemas.NewGroup, who: Who, parts: InjectedParts) -> schemas.GroupView:
    return schemas.GroupView.of(await parts.lab.subjects.add_group(who, body.name, body.note), 0)


@router.patch("/groups/{group_id}")
async def change_group(group_id: Id, body: schemas.GroupPatch, who: Who, parts: InjectedParts) -> schemas.GroupView:
    changed = await parts.lab.subjects.change_group(who, group_id, body.name, body.note)
    return schemas.GroupView.of(changed, parts.lab.subjects.size(group_id))


@router.delete("/groups/{group_id}", status_code=204)
async def delete_group(group_id: Id, who: Who, parts: InjectedParts) -> None:
    """Its members stay."""
    await parts.lab.subjects.delete_group(who, group_id)


@router.get("/reliability")
async def reliability(
    who: Who,
    parts: InjectedParts,
    metric: Annotated[str, Query(max_length=64)],
    subject: Wanted = None,
    group: Wanted = None,
    kind: schemas.Kind = "imtp",
    use: Use = "best",
) -> MetricReportView:
    """Scores per session, and how far they can be trusted. Trials that were rejected are left out."""
    report = await parts.lab.scores.reliability(who, metric, subject=subject, group=group, kind=kind, use=use)
    return MetricReportView.of(report)
