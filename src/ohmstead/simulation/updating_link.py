"""A simulated device that is updated over real sockets: HTTP with its token, as a native device without MQTT does."""

import asyncio
import json
from collections.abc import Callable
from typing import Any, Final
from urllib.parse import urlsplit

from ohmstead.simulation.flash import PowerCut
from ohmstead.simulation.sockets import Broken, HttpLink
from ohmstead.simulation.updating import NoLink, UpdatingDevice, Withdrawn

ME: Final = "/api/v1/devices/me"
WAIT_S: Final = 20
RETRY_S: Final = 0.5  # the first time; then longer and longer, so that a server may start in between
LONGEST_RETRY_S: Final = 4.0
RESTART_S: Final = 0.05


class UpdatingOverHttp:
    """Run `run()` as a task; it ends when the device is never heard of again."""

    def __init__(self, url: str, serial: str, token: str, device: UpdatingDevice) -> None:
        self.device = device
        self._url = url
        self._serial = serial
        self._token = token
        self._link = HttpLink(url)
        self._boot = 0
        self._version = 0
        self._breaks = 0  # in a row
        self._reports: list[dict[str, Any]] = []
        device.report = self._reports.append

    async def run(self) -> None:
        try:
            while self.device.alive:
                try:
                    await self._once()
                except Broken:
                    await asyncio.sleep(RETRY_S)
                except PowerCut:
                    self.device.flash.power_on()
        finally:
            self._link.close()

    async def _once(self) -> None:
        """From one start to the next."""
        self._boot += 1
        self.device.start()
        await self._hello()
        self.device.tell()
        await self._flush()
        while True:
            offer = await self._desired()
            said = self.device.firmware
            restart = await self.device.offered(offer, self._fetch)
            await self._flush()
            if restart:
                self._link.close()
                await asyncio.sleep(RESTART_S)
                return
            if self.device.firmware != said:
                await self._hello()

    async def _hello(self) -> None:
        hello = {
            "serial": self._serial,
            "boot": f"{self._serial}-{self._boot}",
            "board": self.device.board,
            "firmware": self.device.firmware,
            "channels": [],
            "commands": [],
        }
        await self._post("hello", hello)

    async def _flush(self) -> None:
        while self._reports:
            await self._post("reported", {"version": self._version, "state": {"release": self._reports.pop(0)}})

    async def _post(self, leaf: str, message: dict[str, Any]) -> None:
        status, body = await self._link.post(f"{ME}/{leaf}", json.dumps(message).encode(), self._token)
        if status != 204:
            raise Broken(f"{status}: {body[:200]!r}")

    async def _desired(self) -> dict[str, Any] | None:
        parts: list[bytes] = []
        status = await self._link.get(f"{ME}/desired?version={self._version}&wait={WAIT_S}", self._token, parts.append)
        if status != 200:
            raise Broken(f"desired: {status}")
        told = json.loads(b"".join(parts))
        self._version = told["version"]
        offer: dict[str, Any] | None = told["state"].get("release")
        self._content = "" if offer is None else urlsplit(str(offer["url"])).path
        return offer

    async def _fetch(self, path: str, start: int, on_data: Callable[[bytes], None]) -> None:
        await self._flush()  # what there is to say about the download so far
        try:
            status = await self._link.get(f"{self._content}/{path}", self._token, on_data, start)
        except Broken as broken:
            await asyncio.sleep(min(RETRY_S * 2**self._breaks, LONGEST_RETRY_S))
            self._breaks += 1
            raise NoLink(str(broken)) from broken
        self._breaks = 0
        if status in (404, 410):
            raise Withdrawn
        if status == 416:
            return
        if status not in (200, 206):
            await asyncio.sleep(RETRY_S)
            raise NoLink(f"HTTP {status}")
