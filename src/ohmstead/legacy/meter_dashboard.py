"""System 003: the web surface of the meter dashboard, as its page called it and as its description promised it."""

from typing import Final

from starlette.routing import BaseRoute, Route, WebSocketRoute

from ohmstead.legacy.meter_accounts import Accounts
from ohmstead.legacy.meter_devices import MeterDevices
from ohmstead.legacy.meter_firmware import MeterFirmware
from ohmstead.legacy.meter_live import MeterLive
from ohmstead.legacy.meter_readings import MeterReadings
from ohmstead.legacy.parts import DoorParts

GET: Final = ["GET"]
POST: Final = ["POST"]


def routes(parts: DoorParts) -> list[BaseRoute]:
    accounts, devices = Accounts(parts), MeterDevices(parts)
    readings, firmware = MeterReadings(parts), MeterFirmware(parts)
    return [
        # accounts: what the page called, then what was documented
        Route("/api/register", accounts.register, methods=POST),
        Route("/api/login", accounts.log_in, methods=POST),
        Route("/api/me", accounts.me, methods=GET),
        Route("/api/auth/login", accounts.log_in, methods=POST),
        Route("/api/auth/logout", accounts.log_out, methods=POST),
        Route("/api/auth/me", accounts.me, methods=GET),
        Route("/api/users", accounts.users, methods=GET),
        # devices
        Route("/api/devices", devices.all, methods=GET),
        Route("/api/devices", devices.add, methods=POST),
        Route("/api/devices/by-user/{username}", devices.by_user, methods=GET),
        Route("/api/devices/by-serial/{serial}", devices.by_serial, methods=GET),
        Route("/api/devices/serial/{serial}", devices.by_serial, methods=GET),
        Route("/api/devices/serial/{serial}", devices.change, methods=["PUT"]),
        Route("/api/devices/serial/{serial}/latest-reading", readings.latest, methods=GET),
        Route("/api/devices/serial/{serial}/readings", readings.newest, methods=GET),
        Route("/api/devices/id/{label}/readings", readings.of_label, methods=GET),
        Route("/api/devices/{id}", devices.one, methods=GET),
        Route("/api/devices/{id}", devices.change, methods=["PUT"]),
        Route("/api/devices/{id}", devices.delete, methods=["DELETE"]),
        Route("/api/devices/{id}/assign", devices.assign, methods=POST),
        # readings
        Route("/api/readings", readings.of_all, methods=GET),
        Route("/api/readings/{serial}", readings.rows, methods=GET),
        Route("/api/readings/{serial}/latest-reading", readings.latest, methods=GET),
        Route("/api/readings/{serial}/readings", readings.newest, methods=GET),
        Route("/api/readings/{serial}/stats", readings.buckets, methods=GET),
        Route("/api/readings/{serial}/summary", readings.summary, methods=GET),
        Route("/api/stats", readings.totals, methods=GET),
        Route("/api/dashboard/stats", readings.dashboard, methods=GET),
        # firmware; the older router did not mind the case
        Route("/api/firmware/check", firmware.check, methods=GET),
        Route("/api/firmware/upload", firmware.upload, methods=POST),
        Route("/api/firmwareUpdateOTA", firmware.update, methods=["GET", "POST"]),
        Route("/api/firmwareUpdateOta", firmware.update, methods=["GET", "POST"]),
        WebSocketRoute("/", MeterLive(parts).follow),
    ]
