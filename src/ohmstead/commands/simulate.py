"""`ohmstead simulate`: meters that do not exist, speaking real protocols to a running server."""

import asyncio
import os
import re
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Final
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

import typer

from ohmstead.commands.client import Client, ServerError, sign_in
from ohmstead.commands.progress import Bars, bars
from ohmstead.commands.simulated_rooms import with_rooms
from ohmstead.commands.transfer import Password, Token, Url, User, reported
from ohmstead.commands.uploading import follow, send
from ohmstead.simulation import meters as form
from ohmstead.simulation.household import Household, Reading
from ohmstead.simulation.meters import Protocol, SimulatedMeter, fleet
from ohmstead.simulation.senders import INTERVAL_S, Sender, Target, live, send_past, sender
from ohmstead.simulation.sockets import Broken

EVERY: Final = ",".join(Protocol)
# One message per reading: a year of them at the usual pace would take the limits of a device hours.
METER_STEP_S: Final = 300.0
SOLAR_W: Final = 4200.0
_SPAN: Final = re.compile(r"(\d+(?:\.\d+)?)\s*([smhdwy]?)").fullmatch
_UNITS: Final = {"": 86_400, "s": 1, "m": 60, "h": 3600, "d": 86_400, "w": 604_800, "y": 31_557_600}


@dataclass(slots=True)
class Simulated:
    """A meter with its house, its connection, and from when on its history is missing."""

    meter: SimulatedMeter
    house: Household
    link: Sender
    since: float


def register(cli: typer.Typer) -> None:
    cli.command("simulate")(simulate)


def seconds_of(text: str) -> float:
    """`30d`, `12h`, `1.5y`; a bare number counts days. Raises ServerError."""
    match = _SPAN(text.strip())
    if match is None:
        raise ServerError(f"{text!r} is no length of time; write 30d, 12h or 0")
    return float(match[1]) * _UNITS[match[2]]


def simulate(
    devices: Annotated[int, typer.Option(min=1, max=1000, help="how many meters")] = 10,
    protocols: Annotated[str, typer.Option(help="which of them, in turn")] = EVERY,
    history: Annotated[str, typer.Option(help="past to fill in first: 30d, 12h, 1y, 0")] = "30d",
    history_step: Annotated[float, typer.Option(min=1.0, help="seconds between past readings")] = 60.0,
    interval: Annotated[
        float | None, typer.Option(min=0.01, help="seconds between readings; else as the real ones")
    ] = None,
    duration: Annotated[float | None, typer.Option("--for", help="seconds to go on; else until Ctrl-C")] = None,
    seed: Annotated[int, typer.Option(help="other houses")] = 1,
    rooms: Annotated[bool, typer.Option(help="also rooms with lights, relays, a scene and a schedule")] = False,
    mqtt: Annotated[str | None, typer.Option(help="host:port of MQTT; else port 1883 of the same host")] = None,
    url: Url = "http://localhost:8000",
    token: Token = None,
    user: User = None,
    password: Password = None,
) -> None:
    """Meters with a household behind each, over real sockets: history first, then live readings."""
    with reported():
        client = sign_in(url, token, user, password)
        told = [one.strip() for one in protocols.split(",") if one.strip()]
        if unknown := [one for one in told if one not in set(Protocol)]:
            raise ServerError(f"no protocol {unknown[0]!r}; there are {EVERY}")
        target = target_of(client.url, mqtt)
        meters = fleet(devices, [Protocol(one) for one in told], seed)
        work = run(client, target, meters, seconds_of(history), history_step, interval, duration)
        asyncio.run(with_rooms(Client(client.url, client.headers), target, rooms, work))


def target_of(url: str, mqtt: str | None) -> Target:
    host, port = urlsplit(url).hostname or "localhost", 1883
    if mqtt:
        name, sign, number = mqtt.rpartition(":")
        if sign and not number.isdecimal():
            raise ServerError(f"{mqtt!r} is not host:port")
        host, port = (name or host, int(number)) if sign else (mqtt, port)
    return Target(url, host, port)


async def run(
    client: Client,
    target: Target,
    meters: list[SimulatedMeter],
    history_s: float,
    step_s: float,
    interval_s: float | None,
    duration_s: float | None,
) -> None:
    """Introduce the meters, fill in their past, and let them speak."""
    began = time.time()
    offset = await asyncio.to_thread(_server_ahead, client)
    everyone = [await _introduce(client, target, meter, began - history_s, offset) for meter in meters]
    typer.echo(f"{len(everyone)} meters are at {target.url}", err=True)
    try:
        with bars() as shown:
            await asyncio.gather(*(_fill(client, target, one, began, step_s, shown) for one in everyone))
        typer.echo(f"history: {time.time() - began:.1f} s; now live, Ctrl-C ends it", err=True)
        await _live(everyone, interval_s, duration_s)
    finally:
        for one in everyone:
            await one.link.close()


def _server_ahead(client: Client) -> float:
    """Seconds; a past that lies in the server's future would be refused."""
    return float(client.get("/time")["now"]) / 1000 - time.time()


async def _introduce(client: Client, target: Target, meter: SimulatedMeter, since: float, ahead: float) -> Simulated:
    """Have the device on the server, claimed and named; where it stopped before, it goes on."""
    known = await asyncio.to_thread(find, client, meter.serial)
    token = None
    if meter.protocol in (Protocol.NATIVE_MQTT, Protocol.NATIVE_HTTP):
        if known is None:
            added = await asyncio.to_thread(client.post, "/devices", {"serial": meter.serial, "name": meter.name})
            token = added["token"]
        else:
            token = (await asyncio.to_thread(client.post, f"/devices/{known['id']}/rotate-token"))["token"]
    house = Household(meter.seed, solar_w=SOLAR_W if meter.solar else 0.0, energy_wh=1e5 * (1 + meter.seed % 37))
    link = sender(meter, target, token)
    if known is not None and (last := {c["key"]: c["last"] for c in known["channels"] if c["last"]}):
        since = max(since, max(one["t"] for one in last.values()) / 1000 + 1)
        house.energy_wh = last.get("energy", {"value": house.energy_wh})["value"]
        house.energy_export_wh = last.get("energy_export", {"value": 0.0})["value"]
    first = house.reading(min(since, time.time() + min(ahead, 0)))
    try:
        if meter.protocol is Protocol.CURRENT_LOGGER:
            await link.now(Household(meter.seed).reading(time.time()))
        else:
            await link.past([first])
    except Broken as error:
        raise ServerError(str(error)) from error
    if known is None or known["state"] != "claimed" or known["name"] != meter.name:
        await asyncio.to_thread(_claim, client, meter)
    return Simulated(meter, house, link, since)


def find(client: Client, serial: str) -> Any:
    """The device with this serial; None: there is none."""
    after = "0"
    while True:
        page = client.get("/devices", {"limit": 1000, "after": after})
        for device in page["items"]:
            if device["serial"] == serial:
                return device
        if page["next"] is None:
            return None
        after = page["next"]


def _claim(client: Client, meter: SimulatedMeter) -> None:
    device = find(client, meter.serial)
    if device is None:
        raise ServerError(f"{meter.serial} spoke, but the server does not know it")
    client.post(f"/devices/{device['id']}/claim", {"name": meter.name})


async def _fill(client: Client, target: Target, one: Simulated, until: float, step_s: float, shown: Bars) -> None:
    if one.meter.protocol is Protocol.METER:
        step_s = max(step_s, METER_STEP_S)
    count = int((until - one.since) / step_s)
    if count < 1:
        return
    bar = shown.add(one.meter.serial, count)
    done = 0

    def progress(more: int) -> None:
        nonlocal done
        done += more
        shown.move(bar, done, f"{done:,} readings")

    past = _past(one.house, one.since, step_s, count)
    try:
        if one.meter.protocol is Protocol.CURRENT_LOGGER:
            await asyncio.to_thread(_send_file, client, one, past, target.zone, until)
            progress(count)
        else:
            await send_past(one.link, past, progress)
    except Broken as error:
        raise ServerError(str(error)) from error


def _past(house: Household, since: float, step_s: float, count: int) -> Iterator[Reading]:
    return (house.reading(since + (n + 1) * step_s) for n in range(count))


def _send_file(client: Client, one: Simulated, past: Iterator[Reading], zone: ZoneInfo, until: float) -> None:
    """The past of a current logger is the file its old server kept."""
    with tempfile.TemporaryDirectory(prefix="ohmstead-") as folder, bars(hidden=True) as unseen:
        path = Path(folder) / "current_data.csv"
        last = until
        with path.open("w", newline="") as file:
            for reading in past:
                file.write(form.current_data_row(reading, zone))
                last = reading.at
        os.utime(path, (last, last))
        # Each run is a file of its own: nothing of an earlier one is to be recognised in it.
        job_id = send(client, path, "current-logger", {"device": one.meter.serial, "again": True}, unseen)
        client.post(f"/imports/{job_id}/start")
        job = follow(client, job_id, unseen)
        if job["state"] != "done":
            raise ServerError(f"{one.meter.serial}: {job['error']}")


async def _live(everyone: list[Simulated], interval_s: float | None, duration_s: float | None) -> None:
    problems: dict[str, str | None] = {}

    def heard(serial: str, problem: str | None) -> None:
        if problem != problems.get(serial):
            problems[serial] = problem
            typer.echo(f"  {serial}: {problem or 'is back'}", err=True)

    async with asyncio.TaskGroup() as tasks:
        speaking = [
            tasks.create_task(
                live(
                    one.link,
                    lambda house=one.house: house.reading(time.time()),  # type: ignore[misc]
                    interval_s or INTERVAL_S[one.meter.protocol],
                    lambda problem, serial=one.meter.serial: heard(serial, problem),  # type: ignore[misc]
                )
            )
            for one in everyone
        ]
        if duration_s is not None:
            await asyncio.sleep(duration_s)
            for task in speaking:
                task.cancel()
