"""Taking data out: CSV and Parquet, streamed."""

import re
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Annotated, Final

from fastapi import APIRouter, Path, Query
from fastapi.responses import StreamingResponse

from ohmstead.api import schemas
from ohmstead.api.auth import InjectedParts, Who
from ohmstead.api.parts import Parts
from ohmstead.domain.access import Principal
from ohmstead.domain.device import Channel
from ohmstead.domain.errors import InvalidInput
from ohmstead.domain.telemetry import MS

router = APIRouter(tags=["export"])
Id = Annotated[int, Path(ge=0, le=2**53)]
Channels = Annotated[list[int], Query(max_length=50)]
From = Annotated[schemas.Instant | None, Query(alias="from")]
CSV: Final = "text/csv; charset=utf-8"
PARQUET: Final = "application/vnd.apache.parquet"
_NOT_IN_NAMES: Final = re.compile(r"[^A-Za-z0-9._-]+")


@router.get("/export.csv", response_class=StreamingResponse)
async def export_csv(
    who: Who, parts: InjectedParts, channel: Channels, from_: From = None, to: schemas.Instant | None = None
) -> StreamingResponse:
    """Every raw sample of the span (all there are, if none is given): `t` in UTC, then a column per channel."""
    channels = parts.history.channels(who, channel)
    start, end = _span(from_, to)
    return _download(parts.exports.csv(channels, start, end), CSV, _name(parts, who, channels, "csv"))


@router.get("/export.parquet", response_class=StreamingResponse)
async def export_parquet(
    who: Who, parts: InjectedParts, channel: Channels, from_: From = None, to: schemas.Instant | None = None
) -> StreamingResponse:
    """The same rows as a Parquet file, an eighth of the size."""
    channels = parts.history.channels(who, channel)
    start, end = _span(from_, to)
    return _download(parts.exports.parquet(channels, start, end), PARQUET, _name(parts, who, channels, "parquet"))


@router.get("/devices/{device_id}/export/current_data.csv", response_class=StreamingResponse)
async def export_current_data(
    device_id: Id, who: Who, parts: InjectedParts, from_: From = None, to: schemas.Instant | None = None
) -> StreamingResponse:
    """The older current logger's form: no heading, local time of day, milliamperes."""
    parts.devices.get(who, device_id)
    channel = parts.exports.logger_channel(device_id)
    start, end = _span(from_, to)
    return _download(parts.exports.current_data(channel, start, end), CSV, "current_data.csv")


def _span(start: int | None, end: int | None) -> tuple[int, int]:
    low, high = start or 0, schemas.LAST_MS if end is None else end
    if low >= high:
        raise InvalidInput("`from` must be before `to`")
    return low * MS, high * MS


def _download(body: AsyncIterator[bytes], media_type: str, name: str) -> StreamingResponse:
    headers = {"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "private, no-store"}
    return StreamingResponse(body, media_type=media_type, headers=headers)


def _name(parts: Parts, who: Principal, channels: list[Channel], ending: str) -> str:
    devices = {channel.device for channel in channels}
    serial = parts.devices.get(who, devices.pop()).device.serial if len(devices) == 1 else "ohmstead"
    today = datetime.fromtimestamp(parts.clock.now() / 1e6, UTC).date().isoformat()
    return f"{_NOT_IN_NAMES.sub('-', serial)}-{today}.{ending}"
