"""System 001: `POST /api/data` from energy monitors, `GET /api/usage` for their dashboard."""

import math
from collections.abc import Sequence
from typing import Any, Final

from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import BaseRoute, Route

from ohmstead.domain.access import Permission, Principal
from ohmstead.domain.calendar import Period
from ohmstead.domain.errors import InvalidInput, NotFound
from ohmstead.domain.instants import parse_rfc3339
from ohmstead.domain.telemetry import DAY, MS, Batch
from ohmstead.legacy import json_door
from ohmstead.legacy.answers import iso, rounded
from ohmstead.legacy.asking import principal_of
from ohmstead.legacy.parts import DoorParts
from ohmstead.services.registry import Known
from ohmstead.services.usage import Usage, parse_day

SYSTEM: Final = "001"
DIALECT: Final = "energy-monitor"
# What one row of the answer covers, by the period that was asked for.
ROW: Final = {Period.DAY: Period.HOUR, Period.WEEK: Period.DAY, Period.MONTH: Period.DAY}
LONGEST_SPAN_US: Final = 366 * DAY
MOST_DEVICES: Final = 100


def routes(parts: DoorParts) -> list[BaseRoute]:
    door = _Door(parts)
    return [
        Route("/api/data", door.data, methods=["POST"]),
        Route("/api/usage", door.usage, methods=["GET"]),
    ]


class _Door:
    def __init__(self, parts: DoorParts) -> None:
        self._parts = parts

    async def data(self, request: Request) -> JSONResponse:
        """Answers 200, not 201: some of these devices take nothing else for success."""
        owner = json_door.check_sender(self._parts, request)
        body = await json_door.body_of(request)
        taken = await json_door.take(self._parts, request, self._parts.dialects[DIALECT], body, owner)
        answer: dict[str, Any] = {
            "status": "stored" if taken.receipt.accepted else "rejected",
            "device_id": taken.known.device.serial,
            "accepted": taken.receipt.accepted,
            "rejected": [
                {"index": r.index, "reason": r.reason} | ({} if r.key is None else {"key": r.key})
                for r in taken.receipt.rejected
            ],
        }
        if (power := last_of(taken.batch, "power")) is not None:
            answer["power"] = round(power, 3)
        return JSONResponse(answer, 200 if taken.receipt.accepted or not len(taken.batch.rejected) else 422)

    async def usage(self, request: Request) -> JSONResponse:
        """Rows of the period's hours or days, and the totals of the periods themselves, in the site's calendar."""
        who = principal_of(self._parts, request, SYSTEM)
        who.require(Permission.DEVICES_READ)
        query = request.query_params
        try:
            period = Period(query.get("period", "day"))
            row = ROW[period]
        except (ValueError, KeyError):
            raise InvalidInput("period: day, week or month") from None
        now = self._parts.clock.now()
        usages = self._parts.usages
        start, end = usages.span_at(period, now)
        if "from" in query:
            start = self._instant(query["from"])
            end = max(now, start + 1)
        if "to" in query:
            end = self._instant(query["to"])
            start = start if "from" in query else usages.span_at(period, end - 1)[0]
        if not start < end <= start + LONGEST_SPAN_US:
            raise InvalidInput("`from` must be before `to`, by a year at most")
        devices = self._devices(who, query.get("device_id"))
        found = [await usages.of(who, k.device.id, row, start, end) for k in devices]
        totals = [await usages.of(who, k.device.id, period, start, end) for k in devices]
        return JSONResponse(
            {
                "period": period.value,
                "zone": usages.zone,
                "from": iso(start),
                "to": iso(end),
                "devices": [k.device.serial for k in devices],
                "rows": _rows(found, until=now),
                "totals": _rows(totals, until=now),
            }
        )

    def _instant(self, told: str) -> int:
        """Milliseconds, RFC 3339, or a date: the beginning of that day."""
        if told.isascii() and told.isdigit() and len(told) < 16:
            return int(told) * MS
        instant = parse_rfc3339(told) or parse_rfc3339("+".join(told.rsplit(" ", 1)))
        if instant is not None:
            return instant
        return self._parts.usages.span(Period.DAY, parse_day(told))[0]

    def _devices(self, who: Principal, serial: str | None) -> list[Known]:
        """The monitor that was named, else all of them. Raises NotFound."""
        if serial is not None:
            known = self._parts.registry.by_serial.get(serial)
            if known is None:
                raise NotFound("there is no such device")
            return [self._parts.devices.get(who, known.device.id)]
        found, _ = self._parts.devices.visible(who, None, 0, 10_000)
        return [k for k in found if k.device.dialect == DIALECT][:MOST_DEVICES]


def last_of(batch: Batch, key: str) -> float | None:
    """The last value of a channel in a batch."""
    for run in reversed(batch.runs):
        if key in run.keys:
            return float(run.values[len(run.values) - len(run.keys) + run.keys.index(key)])
    return None


def _rows(usages: Sequence[Usage], until: int) -> list[dict[str, Any]]:
    """One row per bucket that has begun and holds anything: mean A, mean W and kWh of all devices together."""
    if not usages:
        return []
    borders = usages[0].borders
    kwhs = [usage.kwh() for usage in usages]
    rows = []
    for bucket in range(len(borders) - 1):
        start, end = int(borders[bucket]), int(borders[bucket + 1])
        current, power = (_sum([_mean(u, q, bucket) for u in usages]) for q in ("current", "power"))
        kwh = _sum([kwh[bucket] for kwh in kwhs])
        if start < until and not (current is None and power is None and kwh is None):
            rows.append(
                {
                    "timestamp": iso(start),
                    "end": iso(end),
                    "current": rounded(current, 3),
                    "power": rounded(power, 1),
                    "kwh": rounded(kwh, 4),
                }
            )
    return rows


def _mean(usage: Usage, quantity: str, bucket: int) -> float | None:
    row = usage.row(quantity, bucket)
    return None if row is None else float(usage.rollups[quantity].time_mean[row])


def _sum(values: Sequence[float | None]) -> float | None:
    known = [v for v in values if v is not None]
    return math.fsum(known) if known else None
