"""The REST surface of system 002, to the letter: shapes, errors, and lengths that its app takes for granted."""

from datetime import UTC, datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response

from ohmstead.domain.access import Permission, Principal
from ohmstead.domain.errors import DomainError
from ohmstead.domain.recording import TrialState
from ohmstead.domain.telemetry import MS, SECOND
from ohmstead.legacy.answers import body_of, text_of
from ohmstead.legacy.asking import principal_of
from ohmstead.legacy.force_lab_bench import MOST_FILES, SYSTEM, Bench, NoDevice
from ohmstead.legacy.parts import DoorParts
from ohmstead.services.registry import Known

NOTHING_YET: Final = (
    "There are no samples in this session yet. Start a test and pull, then ask again; the recording itself, with every "
    "sample that the device sent, is kept on the server and can be downloaded as a file."
)
SHORTEST: Final = 200  # printed characters below which the app takes an answer for a failure


class Rest:
    def __init__(self, parts: DoorParts, bench: Bench) -> None:
        self._parts = parts
        self._lab = parts.lab
        self._bench = bench

    def _who(self, request: Request) -> tuple[Principal, Known | None]:
        who = principal_of(self._parts, request, SYSTEM)
        who.require(Permission.DEVICES_READ)
        return who, self._bench.meant(who, _hint(request))

    async def status(self, request: Request) -> Response:
        who, known = self._who(request)
        connected = self._lab.devices.connected(who)
        return JSONResponse(
            {
                "esp_connected": bool(connected),
                "is_testing": known is not None and self._bench.running(known) is not None,
                "connected_devices": {"esp": len(connected), "flutter": self._bench.clients("flutter")},
                "latest_readings": self._latest(known),
                "session_sample_count": 0 if known is None else self._bench.sample_count(known),
            }
        )

    async def start_test(self, request: Request) -> Response:
        who, _ = self._who(request)
        try:
            session = await self._bench.start(who, _hint(request))
        except NoDevice as error:
            return JSONResponse({"error": str(error)}, 400)
        return JSONResponse({"message": "Test started", "status": "started", "csv_file": session.file})

    async def stop_test(self, request: Request) -> Response:
        who, _ = self._who(request)
        try:
            file, count = await self._bench.stop(who, _hint(request))
        except NoDevice as error:
            return JSONResponse({"error": str(error)}, 400)
        return JSONResponse({"message": "Test stopped", "status": "stopped", "sample_count": count, "csv_file": file})

    async def session_data(self, request: Request) -> Response:
        _, known = self._who(request)
        count = 0 if known is None else self._bench.sample_count(known)
        lately = [] if known is None else self._lab.devices.lately(known.device.id)
        rows = [_reading(*one) for one in lately[-count:] if count]
        body: dict[str, Any] = {
            "is_testing": known is not None and self._bench.running(known) is not None,
            "sample_count": count,
            "data": rows,
        }
        if len(str(body)) < SHORTEST:
            body["message"] = NOTHING_YET
        return JSONResponse(body)

    async def latest_reading(self, request: Request) -> Response:
        _, known = self._who(request)
        return JSONResponse(self._latest(known))

    async def current_reading(self, request: Request) -> Response:
        _, known = self._who(request)
        if known is None or not (lately := self._lab.devices.lately(known.device.id)):
            return JSONResponse({"error": "No readings available"}, 404)
        t, left, right = lately[-1]
        return JSONResponse(_reading(t, left, right) | {"updated_at": self._heard(known)})

    async def raw_data(self, request: Request) -> Response:
        _, known = self._who(request)
        if known is None or not (lately := self._lab.devices.lately(known.device.id)):
            return JSONResponse({"error": "No raw data available"}, 404)
        t, left, right = lately[-1]
        return JSONResponse(_reading(self._heard(known), left, right) | {"esp32_time": t})

    async def raw_data_csv(self, request: Request) -> Response:
        _, known = self._who(request)
        if known is None or not (lately := self._lab.devices.lately(known.device.id)):
            return JSONResponse({"error": "No raw data available"}, 404)
        t, left, right = lately[-1]
        return PlainTextResponse(f"{t},{_whole(left)},{_whole(right)}")

    async def csv_files(self, request: Request) -> Response:
        who, _ = self._who(request)
        zone = ZoneInfo(self._lab.papers.zone)
        files = []
        for trial, recording in await self._lab.trials.tests(who, MOST_FILES):
            if trial.state is TrialState.CANCELLED or not self._bench.is_file(recording):
                continue
            name = self._bench.file_name(recording, trial)
            size = trial.file_bytes
            if size is None:
                size = len(await self._lab.papers.older_file(*await self._lab.trials.get(who, trial.id)))
            created, modified = (
                datetime.fromtimestamp(us / SECOND, UTC).astimezone(zone).replace(tzinfo=None).isoformat()
                for us in (trial.asked_at, trial.t1 or trial.asked_at)
            )
            files.append(
                {
                    "filename": name,
                    "filepath": f"test_data/{name}",
                    "size": size,
                    "created": created,
                    "modified": modified,
                }
            )
        return JSONResponse({"files": files})

    async def download(self, request: Request) -> Response:
        who, _ = self._who(request)
        name = request.path_params["filename"]
        found = await self._bench.file(who, name)
        if found is None:
            return JSONResponse({"error": "File not found"}, 404)
        body = await self._lab.papers.older_file(*found)
        headers = {"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-cache"}
        return Response(body, media_type="text/csv", headers=headers)

    async def delete(self, request: Request) -> Response:
        """It can be brought back by people of ours for a while."""
        who, _ = self._who(request)
        name = request.path_params["filename"]
        found = await self._bench.file(who, name)
        if found is None:
            return JSONResponse({"error": "File not found"}, 404)
        recording, trial = found
        if len(await self._lab.trials.of(recording)) > 1:
            await self._lab.trials.delete(who, trial.id)
        else:
            await self._lab.recordings.delete(who, recording.id)
        return JSONResponse({"message": f"File {name} deleted successfully"})

    async def device_status(self, request: Request) -> Response:
        who, known = self._who(request)
        connected = self._lab.devices.connected(who)
        return JSONResponse(
            {
                "esp32_connected": bool(connected),
                "num_connections": len(connected),
                "latest_readings": self._latest(known),
                "is_testing": known is not None and self._bench.running(known) is not None,
                "server_time": self._parts.clock.now() // MS,
            }
        )

    async def command(self, request: Request) -> Response:
        who, _ = self._who(request)
        try:
            command = text_of(await body_of(request), "command")
        except DomainError:
            command = None
        if not command:
            return JSONResponse({"error": "No command specified"}, 400)
        heard = self._bench.order(who, _hint(request), command, "rest")
        return JSONResponse({"success": heard, "command": command, "esp32_connected": heard})

    def _latest(self, known: Known | None) -> dict[str, Any]:
        lately = [] if known is None else self._lab.devices.lately(known.device.id)
        return _reading(*(lately[-1] if lately else (None, 0.0, 0.0)))

    def _heard(self, known: Known) -> str:
        at = datetime.fromtimestamp(self._lab.devices.latest_at(known.device.id) / SECOND, UTC)
        return at.astimezone(ZoneInfo(self._lab.papers.zone)).replace(tzinfo=None).isoformat()


def _hint(request: Request) -> str | None:
    return request.query_params.get("device")


def _reading(timestamp: Any, left: float, right: float) -> dict[str, Any]:
    return {"left": _whole(left), "right": _whole(right), "timestamp": timestamp}


def _whole(counts: float) -> float:
    """As the device wrote it: counts have no point."""
    return int(counts) if counts.is_integer() else counts
