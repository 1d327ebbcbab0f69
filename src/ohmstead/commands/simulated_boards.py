"""Boards that do not exist: the firmware's own files, each in a process of its own, as devices of the server."""

import asyncio
import contextlib
import json
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import typer

from ohmstead.commands.client import Client, ServerError
from ohmstead.commands.simulate import find
from ohmstead.simulation.senders import Target

# A checkout has it; the copy of the firmware inside an installed package is what boards need and nothing else.
START: Final = Path(__file__).parents[3] / "firmware" / "sim" / "board.py"
STOP_S: Final = 5.0
LOOK_S: Final = 1.0
PRINTED: Final = "console.txt"


@dataclass(frozen=True, slots=True)
class Kind:
    """What a board is there for. `parts`: the buses and the meter of its configuration."""

    name: str
    output: str
    key: str
    parts: dict[str, Any]
    options: dict[str, Any]


KINDS: Final = (
    Kind(
        "Boiler room",
        "Boiler",
        "boiler",
        {
            "buses": {"uart2": {"type": "uart", "id": 2, "tx": 17, "rx": 16, "baudrate": 9600}},
            "drivers": [{"driver": "pzem004t", "bus": "uart2", "interval_s": 5}],
        },
        {"confirm_w": 700.0},  # the pumps that always run draw less, the boiler more
    ),
    Kind(
        "Shed battery",
        "Well pump",
        "pump",
        {
            "buses": {"i2c0": {"type": "i2c", "id": 0, "sda": 21, "scl": 22, "freq": 400_000}},
            "drivers": [{"driver": "ina219", "bus": "i2c0", "interval_s": 5}],
        },
        {"confirm_w": 15.0},
    ),
)


@contextlib.contextmanager
def needed(boards: int) -> Iterator[None]:
    """Raises ServerError where boards are wanted and there is nothing to run them with."""
    if boards and not START.is_file():
        raise ServerError("boards need the folder firmware/ of a checkout beside this program; leave out --boards")
    yield


class Boards:
    """`count` of them with their flash in `folder`; `running` introduces them and ends them."""

    def __init__(self, client: Client, target: Target, folder: Path, count: int) -> None:
        self._client, self._target, self._folder, self._count = client, target, folder, count
        self._processes: dict[str, subprocess.Popen[bytes]] = {}

    @contextlib.asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        watching = asyncio.create_task(self._watch(), name="boards")
        try:
            await asyncio.to_thread(self._start)
            yield
        finally:
            watching.cancel()
            self._stop()

    def _start(self) -> None:
        for n in range(self._count):
            kind, again = KINDS[n % len(KINDS)], n // len(KINDS)
            more = f" {again + 1}" if again else ""
            self._start_one(f"sim-board-{n + 1}", kind, more)

    def _start_one(self, serial: str, kind: Kind, more: str) -> None:
        name = kind.name + more
        if (known := find(self._client, serial)) is None:
            added = self._client.post("/devices", {"serial": serial, "name": name})
            device, token = added["device"]["id"], added["token"]
        else:
            device, token = known["id"], self._client.post(f"/devices/{known['id']}/rotate-token")["token"]
        self._furnish(device, name, kind, more)
        folder = self._folder / serial
        folder.mkdir(parents=True, exist_ok=True)
        told = self._configuration(serial, name, token, kind)
        (folder / "device.json").write_text(json.dumps(told), encoding="utf-8")
        with (folder / PRINTED).open("wb") as printed:
            # Its input ends with this process, whatever ends this process; then it ends too.
            self._processes[serial] = subprocess.Popen(  # noqa: S603 - our own program
                [sys.executable, str(START), str(folder)],
                stdin=subprocess.PIPE,
                stdout=printed,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def _configuration(self, serial: str, name: str, token: str, kind: Kind) -> dict[str, Any]:
        relay = {"driver": "relay", "outputs": [{"key": kind.key, "pin": 26}], "interval_s": 30}
        server = {"link": "mqtt", "host": self._target.mqtt_host, "port": self._target.mqtt_port, "token": token}
        wifi = [{"ssid": "home", "password": "simulated"}]
        told = {"serial": serial, "name": name, "board": "sim", "wifi": wifi, "server": server, **kind.parts}
        return told | {"drivers": [*kind.parts["drivers"], relay]}

    def _furnish(self, device: str, name: str, kind: Kind, more: str) -> None:
        """The room with the output, made once."""
        if any(output["device_id"] == device for output in self._client.get("/outputs")):
            return
        rooms = {room["name"]: room["id"] for room in self._client.get("/rooms")}
        room = rooms.get(name) or self._client.post("/rooms", {"name": name})["id"]
        output = {"name": kind.output + more, "room_id": room, "device_id": device, "key": kind.key}
        self._client.post("/outputs", output | {"options": kind.options})

    async def _watch(self) -> None:
        """Say of which board the program ended."""
        told: set[str] = set()
        while True:
            await asyncio.sleep(LOOK_S)
            for serial, process in list(self._processes.items()):
                if process.poll() is not None and serial not in told:
                    told.add(serial)
                    typer.echo(f"  {serial} ended: {self._folder / serial / PRINTED} says why", err=True)

    def _stop(self) -> None:
        for process in self._processes.values():
            if process.stdin is not None:
                process.stdin.close()
        for process in self._processes.values():
            try:
                process.wait(STOP_S)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


async def with_boards(client: Client, target: Target, folder: Path, count: int, work: Any) -> None:
    """Await `work`, with `count` boards beside it."""
    async with contextlib.AsyncExitStack() as stack:
        if count:
            await stack.enter_async_context(Boards(client, target, folder, count).running())
            typer.echo(f"boards that run the firmware: {count}", err=True)
        await work
