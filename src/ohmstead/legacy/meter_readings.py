"""Readings of system 003: rows newest first, buckets of the calendar, summaries and totals."""

from typing import Any, Final

from starlette.requests import Request
from starlette.responses import JSONResponse

from ohmstead.domain.calendar import Period
from ohmstead.domain.errors import InvalidInput, NotFound
from ohmstead.domain.instants import parse_rfc3339
from ohmstead.domain.telemetry import MS
from ohmstead.legacy.answers import iso, limit_of, rounded
from ohmstead.legacy.meter_buckets import STEP, row_of, summary_of
from ohmstead.legacy.meter_shapes import (
    KILO,
    KWH,
    WATT,
    by_serial,
    full_reading,
    label_of,
    reading,
    seen,
    who,
)
from ohmstead.legacy.parts import DoorParts
from ohmstead.services.readings import MOST_ROWS
from ohmstead.services.registry import Known
from ohmstead.services.usage import parse_day

PERIODS: Final = {"daily": Period.DAY, "weekly": Period.WEEK, "monthly": Period.MONTH, "yearly": Period.YEAR}
MODES: Final = {p.value: p for p in STEP}
MOST_OF_ALL: Final = 1_000


class MeterReadings:
    def __init__(self, parts: DoorParts) -> None:
        self._parts = parts

    def _named(self, request: Request) -> Known:
        return by_serial(self._parts, who(self._parts, request), request.path_params["serial"])

    async def latest(self, request: Request) -> JSONResponse:
        newest = self._parts.readings.latest(self._named(request).device)
        return JSONResponse({} if newest is None else reading(newest))

    async def newest(self, request: Request) -> JSONResponse:
        known = self._named(request)
        rows = await self._parts.readings.newest(known.device, limit_of(request, 10, MOST_ROWS))
        return JSONResponse([reading(row) for row in rows])

    async def rows(self, request: Request) -> JSONResponse:
        return await self._full_rows(request, self._named(request))

    async def of_label(self, request: Request) -> JSONResponse:
        """By `device_id`. Many units say 1: of several that may be seen, the one that spoke last."""
        principal, label = who(self._parts, request), request.path_params["label"]
        for known in seen(self._parts, principal):
            if label_of(self._parts, known) == label:
                return await self._full_rows(request, known)
        raise NotFound("Device not found or access denied")

    async def _full_rows(self, request: Request, known: Known) -> JSONResponse:
        query = request.query_params
        t0, t1 = (self._instant(query[name]) if query.get(name) else None for name in ("from", "to"))
        limit = limit_of(request, 100, MOST_ROWS)
        # The older query took both ends in.
        rows = await self._parts.readings.newest(known.device, limit, t0, None if t1 is None else t1 + 1)
        return JSONResponse([full_reading(self._parts, known, row) for row in rows])

    async def of_all(self, request: Request) -> JSONResponse:
        principal, label = who(self._parts, request), request.query_params.get("device_id")
        devices = seen(self._parts, principal)
        if label is not None:
            devices = [k for k in devices if label_of(self._parts, k) == label]
            if not devices:
                raise NotFound("Device not found or access denied")
        limit = limit_of(request, 100, MOST_OF_ALL)
        found = [(row, k) for k in devices for row in await self._parts.readings.newest(k.device, limit)]
        found.sort(key=lambda pair: -pair[0].t_us)
        return JSONResponse([full_reading(self._parts, known, row) for row, known in found[:limit]])

    async def buckets(self, request: Request) -> JSONResponse:
        """Hours of a day, days of a week (from Monday) or a month, months of a year: in the site's time zone.

        The original cut at UTC+7 whatever the place, and lost the energy between the last reading of one bucket
        and the first of the next; here each bucket has all that the register gained in it.
        """
        principal, known = who(self._parts, request), self._named(request)
        query = request.query_params
        mode = MODES.get(query.get("mode", "day"))
        if mode is None:
            raise InvalidInput("Invalid mode")
        if not query.get("start"):
            raise InvalidInput("Missing start date")
        usages = self._parts.usages
        t0, t1 = usages.span(mode, parse_day(query["start"]))
        usage = await usages.of(principal, known.device.id, STEP[mode], t0, t1)
        rows = [row_of(usage, n, mode) for n in range(len(usage.borders) - 1)]
        return JSONResponse({"labels": [row["label"] for row in rows], "raw": rows, "zone": usage.zone})

    async def summary(self, request: Request) -> JSONResponse:
        """`?period=daily|weekly|monthly|yearly&date=2025-09-21`; without a period the first three of today."""
        principal, known = who(self._parts, request), self._named(request)
        query, usages = request.query_params, self._parts.usages
        asked = query.get("period")
        if asked is not None and asked not in PERIODS and asked not in MODES:
            raise InvalidInput("period: daily, weekly, monthly or yearly")
        told = query.get("date") or query.get("start")
        answers: dict[str, Any] = {}
        for name, period in PERIODS.items():
            if asked in (name, period.value) or (asked is None and period is not Period.YEAR):
                span = usages.span(period, parse_day(told)) if told else usages.span_at(period, self._parts.clock.now())
                whole = await usages.of(principal, known.device.id, period, *span)
                parts = await usages.of(principal, known.device.id, STEP[period], *span)
                answers[name] = summary_of(name, whole, parts, period)
        head = {"serial_number": known.device.serial, "zone": usages.zone}
        return JSONResponse(head | (answers if asked is None else next(iter(answers.values()))))

    async def totals(self, request: Request) -> JSONResponse:
        devices = seen(self._parts, who(self._parts, request))
        counts = [await self._parts.usages.samples(k.device) for k in devices]
        return JSONResponse({"total_readings": sum(counts), "total_devices": len(devices)})

    async def dashboard(self, request: Request) -> JSONResponse:
        """Totals of what the asker may see; today is the site's."""
        principal = who(self._parts, request)
        devices, parts = seen(self._parts, principal), self._parts
        online = [k for k in devices if parts.devices.is_online(k)]
        powers = [parts.readings.latest(k.device) for k in online]
        today, month = (parts.usages.span_at(p, parts.clock.now()) for p in (Period.DAY, Period.MONTH))
        measuring = [k for k in devices if k.device.channel_of("energy") or k.device.channel_of("power")]
        sources = [parts.energy.of_device(principal, k.device.id) for k in measuring]
        kwh = {}
        for name, period, span in (("energy_today", Period.DAY, today), ("energy_month", Period.MONTH, month)):
            found = await parts.energy.reports(sources, period, *span) if sources else []
            kwh[name] = round(sum(float(k) for energy in found for k in energy.kwh if k == k), KWH)
        return JSONResponse(
            {
                "total_devices": len(devices),
                "active_devices": len(online),
                "online_devices": len(online),
                "offline_devices": len(devices) - len(online),
                "total_readings": sum([await parts.usages.samples(k.device) for k in devices]),
                "total_power": rounded(sum(p.power or 0.0 for p in powers if p is not None), WATT),
                "total_energy": rounded(
                    sum(n.energy or 0.0 for k in devices if (n := parts.readings.latest(k.device))), KWH, KILO
                ),
                **kwh,
                "day_start": iso(today[0]),
                "month_start": iso(month[0]),
                "zone": parts.usages.zone,
            }
        )

    def _instant(self, told: str) -> int:
        """RFC 3339, a bare UTC text, milliseconds, or a date in the site's calendar. Raises InvalidInput."""
        if told.isascii() and told.isdigit() and len(told) < 16:
            return int(told) * MS
        instant = parse_rfc3339(told, bare_is_utc=True) or parse_rfc3339("+".join(told.rsplit(" ", 1)))
        return instant if instant is not None else self._parts.usages.span(Period.DAY, parse_day(told))[0]
