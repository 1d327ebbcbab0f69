"""Simulated meters at work: past readings in large messages, then one reading after the other, for ever."""

import asyncio
import json
import random
from collections.abc import Awaitable, Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final, Protocol
from zoneinfo import ZoneInfo

from ohmstead.mqtt.packets import Will
from ohmstead.simulation import meters as form
from ohmstead.simulation.household import Reading
from ohmstead.simulation.meters import Protocol as Speech
from ohmstead.simulation.meters import SimulatedMeter
from ohmstead.simulation.sockets import Broken, HttpLink, MqttLink

TELEMETRY: Final = "/api/v1/telemetry"
TOGETHER: Final = 1000  # past readings in one message
RETRY_S: Final = (0.5, 1.0, 2.0, 5.0, 10.0)
_LOGGER_ZONE: Final = ZoneInfo("Europe/Budapest")
# How often the real ones speak; 000 sends up to 100 a second, which a demonstration does not need.
INTERVAL_S: Final = {
    Speech.NATIVE_MQTT: 2.0,
    Speech.NATIVE_HTTP: 5.0,
    Speech.CURRENT_LOGGER: 1.0,
    Speech.ENERGY_MONITOR: 5.0,
    Speech.METER: 10.0,
}


@dataclass(frozen=True, slots=True)
class Target:
    """Where the server is."""

    url: str
    mqtt_host: str
    mqtt_port: int
    zone: ZoneInfo = _LOGGER_ZONE  # of the current loggers' wall clock


class Sender(Protocol):
    """One meter's connection. Every method opens it when there is none, and raises Broken when it fails."""

    async def past(self, readings: Sequence[Reading]) -> None:
        """Send readings of the past; when this returns they are acknowledged."""

    async def now(self, reading: Reading) -> None:
        """Send one reading as the real device does."""

    async def close(self) -> None: ...


class HttpSender:
    """Native HTTP, 000 and 001."""

    def __init__(self, meter: SimulatedMeter, target: Target, token: str | None) -> None:
        self._meter = meter
        self._link = HttpLink(target.url)
        self._token = token
        self._zone = target.zone

    async def past(self, readings: Sequence[Reading]) -> None:
        if self._meter.protocol is Speech.NATIVE_HTTP:
            await self._post(TELEMETRY, form.native_columns(self._meter, readings))
        elif self._meter.protocol is Speech.ENERGY_MONITOR:
            await self._post("/api/data", [form.energy_monitor(self._meter, r) for r in readings])
        else:
            raise Broken("a current logger cannot tell the date of a reading; its past comes as a file")

    async def now(self, reading: Reading) -> None:
        if self._meter.protocol is Speech.NATIVE_HTTP:
            await self._post(TELEMETRY, form.native(self._meter, reading))
        elif self._meter.protocol is Speech.ENERGY_MONITOR:
            await self._post("/api/data", form.energy_monitor(self._meter, reading))
        else:
            await self._post(f"/data?device={self._meter.serial}", form.current_logger(reading, self._zone))

    async def _post(self, path: str, message: object) -> None:
        body = form.encode(message)
        for pause in (*RETRY_S, None):
            status, answer = await self._link.post(path, body, self._token)
            if status == 200:
                return
            if status not in (429, 503) or pause is None:
                raise Broken(f"{self._meter.serial}: {path} answered {status}: {_detail(answer)}")
            await asyncio.sleep(pause)

    async def close(self) -> None:
        self._link.close()


class MqttSender:
    """Native MQTT and 003."""

    def __init__(self, meter: SimulatedMeter, target: Target, token: str | None) -> None:
        self._meter = meter
        self._target = target
        self._token = token
        self._link: MqttLink | None = None
        self._base = f"ohmstead/{meter.serial}"

    async def past(self, readings: Sequence[Reading]) -> None:
        link = await self._open()
        if self._meter.protocol is Speech.NATIVE_MQTT:
            await link.publish(f"{self._base}/telemetry", form.encode(form.native_columns(self._meter, readings)))
        else:
            for reading in readings:
                await link.publish("meter/1/data", form.encode(form.pzem_meter(self._meter, reading)))
        await link.settled()

    async def now(self, reading: Reading) -> None:
        link = await self._open()
        if self._meter.protocol is Speech.NATIVE_MQTT:
            await link.publish(f"{self._base}/telemetry", form.encode(form.native(self._meter, reading)))
        else:  # this firmware knows QoS 0 only
            await link.publish("meter/1/data", form.encode(form.pzem_meter(self._meter, reading)), qos=0)
            await link.ping()

    async def _open(self) -> MqttLink:
        if self._link is not None:
            return self._link
        target = self._target
        if self._meter.protocol is Speech.METER:
            client_id = f"ESP8266Client-{random.getrandbits(16):x}"
            self._link = await MqttLink.open(target.mqtt_host, target.mqtt_port, client_id, "", "")
            return self._link
        will = Will(f"{self._base}/status", b"offline", 1, retain=True)
        serial = self._meter.serial
        link = await MqttLink.open(target.mqtt_host, target.mqtt_port, serial, serial, self._token or "", will)
        await link.publish(f"{self._base}/status", b"online", retain=True)
        hello = {"serial": serial, "boot": f"{random.getrandbits(32):08x}", "board": "simulated", "firmware": "demo",
                 "commands": [], **form.announcement(self._meter)}  # fmt: skip
        await link.publish(f"{self._base}/hello", form.encode(hello))
        self._link = link
        return link

    async def close(self) -> None:
        if self._link is not None:
            await self._link.close()
            self._link = None


def sender(meter: SimulatedMeter, target: Target, token: str | None) -> Sender:
    """The connection of a meter; `token` for native ones."""
    mqtt = meter.protocol in (Speech.NATIVE_MQTT, Speech.METER)
    return MqttSender(meter, target, token) if mqtt else HttpSender(meter, target, token)


async def send_past(
    link: Sender, readings: Iterator[Reading], progress: Callable[[int], Awaitable[None] | None]
) -> None:
    """Send every reading, TOGETHER at a time; `progress` hears how many more are done. Broken ends it."""
    batch: list[Reading] = []
    for reading in readings:
        batch.append(reading)
        if len(batch) == TOGETHER:
            await link.past(batch)
            progress(len(batch))
            batch = []
    if batch:
        await link.past(batch)
        progress(len(batch))


async def live(
    link: Sender, read: Callable[[], Reading], interval_s: float, sent: Callable[[str | None], None]
) -> None:
    """Send a reading each `interval_s` until cancelled, connecting again when it must.

    `sent(None)` after each that went out, `sent(reason)` when one did not.
    """
    pauses = iter(RETRY_S)
    while True:
        try:
            await link.now(read())
        except Broken as error:
            await link.close()
            sent(str(error))
            await asyncio.sleep(next(pauses, RETRY_S[-1]))
        else:
            sent(None)
            pauses = iter(RETRY_S)
            await asyncio.sleep(interval_s)


def _detail(answer: bytes) -> str:
    try:
        return str(json.loads(answer)["detail"])
    except (ValueError, KeyError, TypeError):
        return answer[:100].decode("utf-8", "replace")
