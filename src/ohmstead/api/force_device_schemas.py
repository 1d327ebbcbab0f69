"""The shapes of devices that stream force."""

from typing import Literal, Self

from pydantic import BaseModel

from ohmstead.api.schemas import Body
from ohmstead.services.force_sight import ForceDevice


class ForceChannel(BaseModel):
    id: str
    key: str
    unit: str
    calibration_id: str | None


class ForceDeviceView(BaseModel):
    """A device that streams force. `generation`: G0, G1, G2 of system 002 as far as seen, or native.

    `rate_hz` with gaps, `nominal_hz` without them; `gaps` of the last `seen_s` seconds. `drift_ppm`: its clock
    against the server's.
    """

    device_id: str
    serial: str
    name: str
    state: str
    generation: str
    connected: bool
    streaming: bool
    address: str
    channels: list[ForceChannel]
    seen_s: float
    rate_hz: float | None
    nominal_hz: float | None
    jitter_us: float | None
    gaps: int
    longest_gap_ms: float | None
    drift_ppm: float | None
    restarts: int
    samples: int
    note: str

    @classmethod
    def of(cls, one: ForceDevice) -> Self:
        return cls(
            device_id=str(one.device.id),
            serial=one.device.serial,
            name=one.device.name,
            state=one.device.state.value,
            generation=one.generation,
            connected=one.connected,
            streaming=one.streaming,
            address=one.address,
            channels=[
                ForceChannel(id=str(c.id), key=c.key, unit=c.unit, calibration_id=None if cal is None else str(cal))
                for c, cal in one.channels
            ],
            seen_s=one.seen_s,
            rate_hz=one.rate_hz,
            nominal_hz=one.nominal_hz,
            jitter_us=one.jitter_us,
            gaps=one.gaps,
            longest_gap_ms=one.longest_gap_ms,
            drift_ppm=one.drift_ppm,
            restarts=one.restarts,
            samples=one.samples,
            note=one.note,
        )


class StreamBody(Body):
    """`start`: the device streams until `stop`, or until the last recording that needs it is finished."""

    command: Literal["start", "stop"]
