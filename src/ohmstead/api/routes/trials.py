"""Trials: their samples, their results, what people think of them."""

from typing import Annotated, Literal

import msgspec
from fastapi import APIRouter, Path, Query, Response

from ohmstead.analysis import schema
from ohmstead.api import trial_schemas as schemas
from ohmstead.api.auth import InjectedParts, Who
from ohmstead.api.lab_schemas import Kind, page_mark, read_mark
from ohmstead.api.parts import Parts
from ohmstead.api.result_schemas import AnalyseBody, AnalysisView, RunView
from ohmstead.api.routes.recordings import CSV, After, Chosen, From, Limit, download
from ohmstead.api.schemas import Instant
from ohmstead.domain.access import Permission
from ohmstead.domain.recording import Trial, Wanted
from ohmstead.domain.telemetry import MS

router = APIRouter(tags=["lab"])
Id = Annotated[int, Path(ge=0, le=2**53)]
Micros = Annotated[int | None, Query(ge=0, le=2**62)]


async def _view(trial: Trial, parts: Parts) -> schemas.TrialView:
    runs = await parts.lab.results.newest([trial.id])
    return schemas.TrialView.of(trial, runs.get(trial.id))


@router.get("/analyses")
async def analyses(who: Who, parts: InjectedParts) -> list[AnalysisView]:
    """What trials can be analysed with, and what can be set."""
    who.require(Permission.DEVICES_READ)
    return [
        AnalysisView(name=a.name, label=a.label, version=a.version, parameters=schema(a.parameters))
        for a in parts.lab.results.analyses.values()
    ]


@router.get("/trials", response_model=schemas.TrialPage)
async def trials(
    who: Who,
    parts: InjectedParts,
    subject: Chosen = None,
    group: Chosen = None,
    kind: Kind | None = None,
    from_: From = None,
    to: Instant | None = None,
    limit: Limit = 100,
    after: After = None,
    results: bool = False,
) -> Response:
    """Newest first, of the recordings that fit; with `results`, each with its newest one."""
    wanted = Wanted(subject, group, kind, None if from_ is None else from_ * MS, None if to is None else to * MS)
    found = await parts.lab.trials.visible(who, wanted, limit, read_mark(after))
    runs = await parts.lab.results.newest([t.id for t in found]) if results else {}
    items = [schemas.TrialView.of(t, runs.get(t.id)) for t in found]
    page = schemas.TrialPage(items=items, next=page_mark([(t.asked_at, t.id) for t in found], limit))
    return Response(page.model_dump_json(), media_type="application/json")


@router.get("/trials/{trial_id}")
async def trial(trial_id: Id, who: Who, parts: InjectedParts) -> schemas.TrialView:
    _, found = await parts.lab.trials.get(who, trial_id)
    return await _view(found, parts)


@router.post("/trials/{trial_id}/stop")
async def stop_trial(trial_id: Id, who: Who, parts: InjectedParts, wait: bool = True) -> schemas.TrialView:
    """It is over; an armed one is cancelled. `wait`: answer with the first result, once all samples are in."""
    stopped = await parts.lab.trials.stop(who, trial_id)
    return await _view(await parts.lab.trials.whole(stopped) if wait else stopped, parts)


@router.post("/trials/{trial_id}/accept")
async def accept_trial(trial_id: Id, body: schemas.AcceptBody, who: Who, parts: InjectedParts) -> schemas.TrialView:
    """A person's verdict; null takes it back."""
    return await _view(await parts.lab.trials.judge(who, trial_id, body.accepted, body.reason), parts)


@router.delete("/trials/{trial_id}", status_code=204)
async def delete_trial(trial_id: Id, who: Who, parts: InjectedParts) -> None:
    await parts.lab.trials.delete(who, trial_id)


@router.post("/trials/{trial_id}/restore")
async def restore_trial(trial_id: Id, who: Who, parts: InjectedParts) -> schemas.TrialView:
    return await _view(await parts.lab.trials.restore(who, trial_id), parts)


@router.get("/trials/{trial_id}/data", response_model=schemas.TrialData)
async def trial_data(
    trial_id: Id,
    who: Who,
    parts: InjectedParts,
    from_us: Micros = None,
    to_us: Micros = None,
    points: Annotated[int, Query(ge=0, le=20_000)] = 2000,
    calibrate: Literal["trial", "now", "none"] = "trial",
) -> Response:
    """Columns for a chart: every sample where they are few, else lowest and highest by bucket. `points` 0: every one,
    of 30 s at most. `calibrate`: newtons by the trial's own calibrations, by those that hold now, or as stored.
    """
    lab = parts.lab
    recording, found = await lab.trials.get(who, trial_id)
    calibrations = {"trial": found.calibrations, "now": lab.calibrations.of(recording.channels), "none": {}}[calibrate]
    columns = await lab.samples.chart(
        recording, found, start=from_us, end=to_us, points=points, calibrations=calibrations
    )
    start = found.t0 or 0
    end = found.t1 or max((int(c.t_us[-1]) + 1 for c in columns if len(c.t_us)), default=start)
    data = schemas.TrialData.model_construct(
        trial_id=str(trial_id),
        start_us=start,
        end_us=end,
        channels=[schemas.ColumnView.of(c, start) for c in columns],
    )
    plain = {**data.__dict__, "channels": [c.__dict__ for c in data.channels]}
    return Response(msgspec.json.encode(plain), media_type="application/json")


@router.get("/trials/{trial_id}/statistics")
async def trial_statistics(
    trial_id: Id, who: Who, parts: InjectedParts, from_us: Micros = None, to_us: Micros = None
) -> list[schemas.StatisticsView]:
    """Lowest, highest, mean over time and integral of each channel, of all of it or of a part."""
    recording, found = await parts.lab.trials.get(who, trial_id)
    return [schemas.StatisticsView.of(s) for s in await parts.lab.samples.statistics(recording, found, from_us, to_us)]


@router.get("/trials/{trial_id}/results")
async def trial_results(trial_id: Id, who: Who, parts: InjectedParts) -> list[RunView]:
    """All versions, newest first."""
    _, found = await parts.lab.trials.get(who, trial_id)
    return [RunView.of(run) for run in await parts.lab.results.of_trial(found)]


@router.post("/trials/{trial_id}/analyse")
async def analyse_trial(trial_id: Id, body: AnalyseBody, who: Who, parts: InjectedParts) -> RunView:
    """A new version beside the others; with `keep` false only a look, as while a line is dragged."""
    run = await parts.lab.results.analyse(
        who,
        trial_id,
        body.parameters,
        analysis=body.analysis,
        recalibrate=body.recalibrate,
        keep=body.keep,
    )
    return RunView.of(run)


@router.get("/trials/{trial_id}/export.csv", response_class=Response)
async def export_trial(
    trial_id: Id, who: Who, parts: InjectedParts, form: Literal["units", "older"] = "units"
) -> Response:
    """Every sample with units in the heading; `older`: raw counts as system 002 wrote them."""
    papers = parts.lab.papers
    named = await (papers.samples_csv if form == "units" else papers.older_csv)(who, trial_id)
    return download(named, CSV)
