"""Calibrations, and the devices that stream force."""

from typing import Annotated

from fastapi import APIRouter, Path, Query, Response

from ohmstead.api import calibration_schemas as schemas
from ohmstead.api.auth import InjectedParts, Who
from ohmstead.api.force_device_schemas import ForceDeviceView, StreamBody
from ohmstead.api.parts import Parts
from ohmstead.api.routes.recordings import PDF, download
from ohmstead.api.schemas import id_of
from ohmstead.domain.calibration import StoredCalibration
from ohmstead.domain.errors import InvalidInput

router = APIRouter(tags=["lab"])
Id = Annotated[int, Path(ge=0, le=2**53)]


def _view(one: StoredCalibration, parts: Parts) -> schemas.CalibrationView:
    held = parts.lab.calibrations.holding(one.channel)
    return schemas.CalibrationView.of(one, holds=held is not None and held.id == one.id)


@router.get("/calibrations")
async def calibrations(
    who: Who, parts: InjectedParts, channel: Annotated[int | None, Query(ge=0, le=2**53)] = None
) -> list[schemas.CalibrationView]:
    """Newest first; of one channel, or of all that can be seen."""
    return [_view(one, parts) for one in parts.lab.calibrations.visible(who, channel)]


@router.get("/calibrations/capture")
async def capture(
    who: Who,
    parts: InjectedParts,
    channel: Annotated[int, Query(ge=0, le=2**53)],
    seconds: Annotated[float, Query(ge=0.1, le=60)] = 2.0,
) -> schemas.CaptureView:
    """Mean and spread of what a channel sent last: what a calibration point is made of."""
    return schemas.CaptureView.of(await parts.lab.calibrations.capture(who, channel, seconds))


@router.post("/calibrations", status_code=201)
async def add_calibration(body: schemas.NewCalibration, who: Who, parts: InjectedParts) -> schemas.CalibrationView:
    """It holds from now on; trials measured before keep theirs."""
    if (body.zero_counts is None) != (body.newtons_per_count is None):
        raise InvalidInput("`zero_counts` and `newtons_per_count` belong together")
    told = body.zero_counts, body.newtons_per_count
    one = await parts.lab.calibrations.add(
        who,
        id_of(body.channel_id),
        body.method,
        [point.load() for point in body.points],
        given=None if told[0] is None or told[1] is None else (told[0], told[1]),
        gravity=body.gravity,
        full_scale_n=body.full_scale_n,
        temperature_c=body.temperature_c,
        note=body.note,
    )
    return _view(one, parts)


@router.get("/calibrations/{calibration_id}")
async def calibration(calibration_id: Id, who: Who, parts: InjectedParts) -> schemas.CalibrationView:
    return _view(parts.lab.calibrations.get(who, calibration_id), parts)


@router.delete("/calibrations/{calibration_id}")
async def withdraw_calibration(calibration_id: Id, who: Who, parts: InjectedParts) -> schemas.CalibrationView:
    """It no longer holds, and stays in the history; `restore` takes that back."""
    return _view(await parts.lab.calibrations.withdraw(who, calibration_id), parts)


@router.post("/calibrations/{calibration_id}/restore")
async def restore_calibration(calibration_id: Id, who: Who, parts: InjectedParts) -> schemas.CalibrationView:
    return _view(await parts.lab.calibrations.withdraw(who, calibration_id, undo=True), parts)


@router.get("/calibrations/{calibration_id}/certificate.pdf", response_class=Response)
async def calibration_certificate(calibration_id: Id, who: Who, parts: InjectedParts) -> Response:
    return download(await parts.lab.papers.certificate(who, calibration_id), PDF)


@router.get("/force-devices")
async def force_devices(who: Who, parts: InjectedParts) -> list[ForceDeviceView]:
    """Every device that streams force: connected or not, how fast, how evenly."""
    return [ForceDeviceView.of(one) for one in await parts.lab.devices.sight.visible(who)]


@router.get("/force-devices/{device_id}")
async def force_device(device_id: Id, who: Who, parts: InjectedParts) -> ForceDeviceView:
    return ForceDeviceView.of(await parts.lab.devices.sight.get(who, device_id))


@router.post("/force-devices/{device_id}/stream")
async def stream_device(device_id: Id, body: StreamBody, who: Who, parts: InjectedParts) -> ForceDeviceView:
    """Start or stop it by hand; an open recording does so by itself."""
    return ForceDeviceView.of(await parts.lab.devices.stream(who, device_id, body.command))
