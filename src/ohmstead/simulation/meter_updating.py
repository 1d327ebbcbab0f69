"""A meter of system 003 that takes updates: notice over MQTT, image over HTTP, and what its age says about it."""

import asyncio
import json
from typing import Any, Final
from urllib.parse import urlsplit

from ohmstead.simulation.sockets import Broken, HttpLink, MqttLink

RESTART_S: Final = 0.1


class UpdatingMeter:
    """`talks`: the youngest firmware, which reports on `ota/status`. `returns`: it comes back after its restart."""

    def __init__(
        self, serial: str, label: str, version: str, *, talks: bool = True, returns: bool = True, takes: bool = True
    ) -> None:
        self.serial = serial
        self.label = label
        self.version = version
        self.flash = b""
        self.notices: list[dict[str, Any]] = []
        self._talks = talks
        self._returns = returns
        self._takes = takes
        self._heard = asyncio.Event()

    async def run(self, host: str, port: int, interval_s: float = 0.1) -> None:
        """From power on until it is never heard of again."""
        while True:
            link = await MqttLink.open(host, port, f"ESP32-{self.serial}", "", "")
            link.on_message = self._notice
            await link.subscribe(f"firmwareUpdateOTA/device/{self.serial}")
            try:
                while not self._heard.is_set():
                    await link.publish(f"meter/{self.label}/data", json.dumps(self._reading()).encode(), qos=0)
                    await asyncio.sleep(interval_s)
                self._heard.clear()
                restarts = await self._update(link)
            finally:
                await link.close()
            if restarts and not self._returns:
                return
            await asyncio.sleep(RESTART_S)

    def _notice(self, topic: str, payload: bytes) -> None:
        self.notices.append(json.loads(payload))
        self._heard.set()

    def _reading(self) -> dict[str, Any]:
        return {
            "serial_number": self.serial,
            "device_id": self.label,
            "voltage": 230.1,
            "current": 0.4,
            "power": 92.0,
            "energy": 1.5,
        }

    async def _update(self, link: MqttLink) -> bool:
        """True if it restarts."""
        notice = self.notices[-1]
        await self._say(link, notice, "received")
        url = urlsplit(str(notice["OTAurl"]))
        parts: list[bytes] = []
        await self._say(link, notice, "downloading")
        http = HttpLink(f"{url.scheme}://{url.netloc}")
        try:
            status = await http.get(url.path, "", parts.append)
        except Broken:
            status = -1
        finally:
            http.close()
        if status != 200 or not self._takes:
            await self._say(link, notice, "failed", f"HTTP {status}" if status != 200 else "Wrong Magic Byte")
            return False
        self.flash = b"".join(parts)
        await self._say(link, notice, "success")
        self.version = str(notice.get("version", self.version))
        return True

    async def _say(self, link: MqttLink, notice: dict[str, Any], status: str, message: str = "") -> None:
        if not self._talks:
            return
        told = {
            "job_id": notice.get("job_id"),
            "device_id": self.label,
            "serial_number": self.serial,
            "status": status,
            "message": message,
            "current_version": self.version,
            "target_version": notice.get("version"),
        }
        await link.publish(f"meter/{self.label}/ota/status", json.dumps(told).encode())
