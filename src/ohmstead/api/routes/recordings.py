"""Recordings: sessions of trials, or any span of any channels."""

from typing import Annotated
from urllib.parse import quote

from fastapi import APIRouter, Path, Query, Response

from ohmstead.api import recording_schemas as schemas
from ohmstead.api.auth import InjectedParts, Who
from ohmstead.api.lab_schemas import Kind, page_mark, read_mark
from ohmstead.api.parts import Parts
from ohmstead.api.schemas import Instant, id_of
from ohmstead.api.trial_schemas import TrialView, TriggerBody
from ohmstead.domain.recording import Recording, Rig, Wanted
from ohmstead.domain.telemetry import MS

router = APIRouter(tags=["lab"])
Id = Annotated[int, Path(ge=0, le=2**53)]
Chosen = Annotated[int | None, Query(ge=0, le=2**53)]
Limit = Annotated[int, Query(ge=1, le=1000)]
After = Annotated[str | None, Query(max_length=40)]
From = Annotated[Instant | None, Query(alias="from")]
PDF = "application/pdf"
CSV = "text/csv; charset=utf-8"


def download(named: tuple[str, bytes], media_type: str) -> Response:
    name, body = named
    headers = {
        "Content-Disposition": f"attachment; filename*=UTF-8''{quote(name)}",
        "Cache-Control": "private, no-store",
    }
    return Response(body, media_type=media_type, headers=headers)


async def _detail(one: Recording, parts: Parts) -> schemas.RecordingDetail:
    lab = parts.lab
    trials = await lab.trials.of(one)
    runs = await lab.results.newest([t.id for t in trials])
    done = [t for t in trials if t.state == "done"]
    head = schemas.RecordingView.of(
        one, lab.subjects.known(one.subject), (len(done), sum(t.accepted is True for t in done))
    )
    return schemas.RecordingDetail(
        **head.model_dump(),
        trial_list=[TrialView.of(t, runs.get(t.id)) for t in trials],
        summary=[schemas.MetricSummaryView.of(one) for one in lab.results.summary(trials, runs)],
    )


@router.get("/recordings")
async def recordings(
    who: Who,
    parts: InjectedParts,
    subject: Chosen = None,
    group: Chosen = None,
    kind: Kind | None = None,
    from_: From = None,
    to: Instant | None = None,
    limit: Limit = 100,
    after: After = None,
) -> schemas.RecordingPage:
    """Newest first. `from` and `to` are about when it began."""
    lab = parts.lab
    wanted = Wanted(subject, group, kind, None if from_ is None else from_ * MS, None if to is None else to * MS)
    found = await lab.recordings.visible(who, wanted, limit, read_mark(after))
    counts = await lab.recordings.counts([one.id for one in found])
    items = [schemas.RecordingView.of(o, lab.subjects.known(o.subject), counts.get(o.id, (0, 0))) for o in found]
    return schemas.RecordingPage(items=items, next=page_mark([(o.started_at, o.id) for o in found], limit))


@router.post("/recordings", status_code=201)
async def add_recording(body: schemas.NewRecording, who: Who, parts: InjectedParts) -> schemas.RecordingDetail:
    lab = parts.lab
    one = await lab.recordings.create(
        who,
        kind=body.kind,
        name=body.name,
        channels=[id_of(c) for c in body.channels],
        subject=None if body.subject_id is None else id_of(body.subject_id),
        protocol=body.protocol,
        rig=Rig(body.rig),
        posture=body.posture,
        body_mass_kg=body.body_mass_kg,
        note=body.note,
    )
    if body.start is not None:
        await lab.trials.start(who, one.id, body.start.trigger())
    return await _detail(one, parts)


@router.get("/recordings/{recording_id}", response_model=schemas.RecordingDetail)
async def recording(recording_id: Id, who: Who, parts: InjectedParts) -> Response:
    detail = await _detail(await parts.lab.recordings.get(who, recording_id), parts)
    return Response(detail.model_dump_json(), media_type="application/json")


@router.patch("/recordings/{recording_id}")
async def change_recording(
    recording_id: Id, body: schemas.RecordingPatch, who: Who, parts: InjectedParts
) -> schemas.RecordingDetail:
    """Only what is sent changes."""
    return await _detail(await parts.lab.recordings.change(who, recording_id, **body.changes()), parts)


@router.post("/recordings/{recording_id}/finish")
async def finish_recording(recording_id: Id, who: Who, parts: InjectedParts) -> schemas.RecordingDetail:
    """No more trials; one that runs ends."""
    return await _detail(await parts.lab.recordings.finish(who, recording_id), parts)


@router.delete("/recordings/{recording_id}", status_code=204)
async def delete_recording(recording_id: Id, who: Who, parts: InjectedParts) -> None:
    """It can be brought back during the undo time."""
    await parts.lab.recordings.delete(who, recording_id)


@router.post("/recordings/{recording_id}/restore")
async def restore_recording(recording_id: Id, who: Who, parts: InjectedParts) -> schemas.RecordingDetail:
    return await _detail(await parts.lab.recordings.restore(who, recording_id), parts)


@router.post("/recordings/{recording_id}/trials", status_code=201)
async def start_trial(recording_id: Id, body: TriggerBody, who: Who, parts: InjectedParts) -> TrialView:
    """A new trial. 409 while another one holds the same channels: it says who started that, and when."""
    return TrialView.of(await parts.lab.trials.start(who, recording_id, body.trigger()))


@router.get("/recordings/{recording_id}/metrics.csv", response_class=Response)
async def recording_metrics(recording_id: Id, who: Who, parts: InjectedParts) -> Response:
    return download(await parts.lab.papers.metrics_csv(who, recording_id), CSV)


@router.get("/recordings/{recording_id}/report.pdf", response_class=Response)
async def recording_report(recording_id: Id, who: Who, parts: InjectedParts) -> Response:
    return download(await parts.lab.papers.report(who, recording_id), PDF)
