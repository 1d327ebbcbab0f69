"""Charts and raw samples in columns."""

import hashlib
from typing import Annotated

import msgspec
import numpy as np
from fastapi import APIRouter, Query, Request, Response

from ohmstead.api import history_schemas as schemas
from ohmstead.api.auth import InjectedParts, Who
from ohmstead.api.overview_schemas import OverviewView
from ohmstead.api.schemas import Instant
from ohmstead.domain.calendar import Period
from ohmstead.domain.device import Channel
from ohmstead.domain.errors import InvalidInput
from ohmstead.domain.telemetry import MS
from ohmstead.services.history import Chart, RawColumns

router = APIRouter(tags=["history"])
DAY_MS = 86_400_000


def _chart(channel: Channel, chart: Chart) -> dict[str, object]:
    series: dict[str, object] = {
        "channel": str(channel.id),
        "unit": channel.unit,
        "kind": channel.kind.value,
        "tier": chart.tier,
        "width_ms": chart.width_us // MS,
        "t": (chart.t // MS).tolist(),
        "count": chart.count.tolist(),
        "min": chart.min.tolist(),
        "max": chart.max.tolist(),
        "mean": chart.mean.tolist(),
    }
    if chart.increase is not None:
        series["increase"] = chart.increase.tolist()
    return series


def _raw(channel: Channel, raw: RawColumns) -> dict[str, object]:
    series: dict[str, object] = {
        "channel": str(channel.id),
        "unit": channel.unit,
        "kind": channel.kind.value,
        "tier": "raw",
        "t": (raw.t_us // MS).tolist(),
        "value": raw.value.tolist(),
    }
    if np.any(raw.t_us % MS):
        series["t_us"] = raw.t_us.tolist()
    return series


@router.get("/energy")
async def energy(
    who: Who,
    parts: InjectedParts,
    period: Period,
    device: Annotated[int | None, Query(ge=0)] = None,
    channel: Annotated[int | None, Query(ge=0)] = None,
    from_: Annotated[Instant | None, Query(alias="from")] = None,
    to: Instant | None = None,
) -> schemas.EnergyPage:
    """Whole buckets of the site's calendar that overlap the span; the last 30 days when none is given."""
    if (device is None) == (channel is None):
        raise InvalidInput("ask for one `device` or one `channel`")
    end = to if to is not None else parts.clock.now() // MS + 1
    start = from_ if from_ is not None else end - 30 * DAY_MS
    if start >= end:
        raise InvalidInput("`from` must be before `to`")
    reports = parts.energy
    sources = reports.of_device(who, device) if device is not None else reports.of_channel(who, channel or 0)
    return schemas.EnergyPage.of(await reports.report(sources, period, start * MS, end * MS))


def _has(if_none_match: str, etag: str) -> bool:
    """Whether the client holds this very answer; a proxy may have made its tag a weak one."""
    return any(tag.strip().removeprefix("W/") in (etag, "*") for tag in if_none_match.split(","))


@router.get("/overview")
async def overview(who: Who, parts: InjectedParts) -> OverviewView:
    """Energy of today beside yesterday and the same day of last week, over all devices that the caller may see."""
    return OverviewView.of(await parts.overview.of(who))


@router.get("/history", response_model=schemas.Series | list[schemas.Series])
async def history(
    request: Request,
    who: Who,
    parts: InjectedParts,
    channel: Annotated[list[int], Query(max_length=50)],
    from_: Annotated[Instant | None, Query(alias="from")] = None,
    to: Instant | None = None,
    points: Annotated[int, Query(ge=1, le=10_000)] = 1000,
    raw: bool = False,
) -> Response:
    """Half-open span; the last day when none is given. One object, or a list when several channels were asked."""
    channels = parts.history.channels(who, channel)
    end = to if to is not None else parts.clock.now() // MS + 1
    start = from_ if from_ is not None else end - DAY_MS
    if start >= end:
        raise InvalidInput("`from` must be before `to`")
    # An open end moves with the clock, which is part of the answer only through the buckets' borders.
    asked = f"{parts.history.version(channels)}|{channel}|{start}|{end}|{points}|{raw}"
    etag = f'"{hashlib.sha256(asked.encode()).hexdigest()[:24]}"'
    headers = {"ETag": etag, "Cache-Control": "private, no-cache"}
    if _has(request.headers.get("if-none-match", ""), etag):
        return Response(status_code=304, headers=headers)
    if raw:
        columns = await parts.history.raw(channels, start * MS, end * MS)
        found = [_raw(c, r) for c, r in zip(channels, columns, strict=True)]
    else:
        charts = await parts.history.chart(channels, start * MS, end * MS, points)
        found = [_chart(c, r) for c, r in zip(channels, charts, strict=True)]
    body = msgspec.json.encode(found[0] if len(found) == 1 else found)
    return Response(body, media_type="application/json", headers=headers)
