"""Rooms that do not exist: relays and a home of system 004, put into rooms, with a scene and a schedule."""

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator
from typing import Any, Final
from urllib.parse import urlsplit

import typer

from ohmstead.commands.client import Client, ServerError
from ohmstead.simulation.home_control import HomeDevice
from ohmstead.simulation.relay_link import RelayLink
from ohmstead.simulation.relays import Load, Relay
from ohmstead.simulation.senders import Target

LAMPS: Final = "sim-relay-1"
KITCHEN: Final = "sim-relay-2"
HOME: Final = "sim-home-1"
NAMES: Final = {LAMPS: "Living room lamps", KITCHEN: "Kitchen relays", HOME: "Hall panel"}
LOADS: Final = {
    LAMPS: (Load("ceiling", 60.0, dimmable=True), Load("reading", 8.0)),
    KITCHEN: (Load("kettle", 2000.0), Load("counter", 15.0)),
}
# (room, name, device, key)
OUTPUTS: Final = (
    ("Living room", "Ceiling light", LAMPS, "ceiling"),
    ("Living room", "Reading lamp", LAMPS, "reading"),
    ("Kitchen", "Kettle", KITCHEN, "kettle"),
    ("Kitchen", "Counter light", KITCHEN, "counter"),
    ("Hall", "Hall light", HOME, None),
    ("Hall", "Porch light", HOME, None),
)
EVENING: Final = {"Ceiling light": 40, "Reading lamp": "on", "Counter light": "off", "Hall light": "on"}
SHED_FIRST: Final = {"Kettle": 10}
BUDAPEST: Final = {"latitude": 47.4979, "longitude": 19.0402}
LOOPBACK: Final = frozenset({"localhost", "127.0.0.1", "::1"})


class SimulatedRooms:
    """Introduce the devices, then `run` until cancelled. The server must be able to reach this machine's loopback."""

    def __init__(self, client: Client, target: Target) -> None:
        if (urlsplit(target.url).hostname or "") not in LOOPBACK:
            raise ServerError("simulated rooms need a server on this machine: their home is asked on its loopback")
        self._client, self._target = client, target
        self._home = HomeDevice()
        self._links: list[RelayLink] = []

    @contextlib.asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """The devices are there while the block runs; what is missing on the server is made first."""
        await self._home.start()
        tokens = await asyncio.to_thread(self._introduce)
        self._links = [
            RelayLink(
                Relay(serial, loads, started_at=time.time()),
                self._target.mqtt_host,
                self._target.mqtt_port,
                tokens[serial],
            )
            for serial, loads in LOADS.items()
        ]
        tasks = [asyncio.create_task(link.run(), name=link.relay.serial) for link in self._links]
        try:
            await asyncio.to_thread(self._furnish)
            yield
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            await self._home.stop()

    def _introduce(self) -> dict[str, str]:
        """Tokens by serial."""
        known = {device["serial"]: device for device in self._devices()}
        tokens: dict[str, str] = {}
        for serial in LOADS:
            if (device := known.get(serial)) is None:
                tokens[serial] = self._client.post("/devices", {"serial": serial, "name": NAMES[serial]})["token"]
            else:
                tokens[serial] = self._client.post(f"/devices/{device['id']}/rotate-token")["token"]
        address = f"127.0.0.1:{self._home.port}"
        if (home := known.get(HOME)) is None:
            body = {"serial": HOME, "name": NAMES[HOME], "dialect": "home-control", "address": address}
            self._client.post("/devices", body)
        else:
            self._client.json("PATCH", f"/devices/{home['id']}/address", {"address": address})
        return tokens

    def _furnish(self) -> None:
        client = self._client
        rooms = {room["name"]: room["id"] for room in client.get("/rooms")}
        outputs = {output["name"]: output for output in client.get("/outputs")}
        devices = {device["serial"]: device["id"] for device in self._devices()}
        for room, name, serial, key in OUTPUTS:
            if name in outputs:
                continue
            if room not in rooms:
                rooms[room] = client.post("/rooms", {"name": room})["id"]
            body: dict[str, Any] = {"name": name, "room_id": rooms[room], "device_id": devices[serial]}
            body |= {} if key is None else {"key": key}
            body["options"] = {"priority": SHED_FIRST[name]} if name in SHED_FIRST else {}
            outputs[name] = client.post("/outputs", body)
        if not client.get("/scenes"):
            settings = [{"output_id": outputs[name]["id"], "state": state} for name, state in EVENING.items()]
            client.post("/scenes", {"name": "Evening", "settings": settings})
        if not client.get("/schedules"):
            site = client.get("/sites")[0]
            if site["latitude"] is None:
                client.json("PATCH", f"/sites/{site['id']}", BUDAPEST)
            porch = {"output_id": outputs["Porch light"]["id"], "state": "on", "for_s": 5 * 3600}
            client.post("/schedules", {"name": "Porch at dusk", "sun": "sunset", "offset_min": 15, "setting": porch})

    def _devices(self) -> list[Any]:
        found: list[Any] = []
        after: str | None = "0"
        while after is not None:
            page = self._client.get("/devices", {"limit": 1000, "after": after})
            found += page["items"]
            after = page["next"]
        return found


async def with_rooms(client: Client, target: Target, wanted: bool, work: Any) -> None:
    """Await `work`, with simulated rooms around it if they are wanted."""
    async with contextlib.AsyncExitStack() as stack:
        if wanted:
            await stack.enter_async_context(SimulatedRooms(client, target).running())
            typer.echo(f"{len(OUTPUTS)} lights and relays are in their rooms", err=True)
        await work
