"""`ohmstead demo`: a server on a folder of its own, with ten simulated meters and three rooms to switch."""

import asyncio
import contextlib
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Final

import typer

from ohmstead.commands.client import Client, ServerError
from ohmstead.commands.simulate import run, seconds_of
from ohmstead.commands.simulated_boards import needed, with_boards
from ohmstead.commands.simulated_rooms import with_rooms
from ohmstead.commands.transfer import reported
from ohmstead.simulation.meters import Protocol, SimulatedMeter, fleet
from ohmstead.simulation.senders import Target

PASSWORD: Final = "ohmstead-demo"  # noqa: S105 - printed for everyone; the folder holds invented data only
START_S: Final = 30.0
STOP_S: Final = 10.0


def register(cli: typer.Typer) -> None:
    cli.command("demo")(demo)


def demo(
    data_dir: Annotated[Path, typer.Option(help="folder of the demonstration")] = Path("data-demo"),
    http_port: Annotated[int | None, typer.Option(help="default 8000, or a free one")] = None,
    mqtt_port: Annotated[int | None, typer.Option(help="default 1883, or a free one")] = None,
    host: Annotated[str, typer.Option(help="address to listen on")] = "127.0.0.1",
    devices: Annotated[int, typer.Option(min=1, max=1000)] = 10,
    boards: Annotated[int, typer.Option(min=0, max=20, help="devices that run the firmware itself")] = 0,
    history: Annotated[str, typer.Option(help="past to fill in first")] = "30d",
    duration: Annotated[float | None, typer.Option("--for", help="seconds to go on; else until Ctrl-C")] = None,
) -> None:
    """Start a server with simulated meters and a month of history, to look around in."""
    http, mqtt = http_port or _free(host, 8000), mqtt_port or _free(host, 1883)
    reached = "127.0.0.1" if host in ("0.0.0.0", "::") else host  # noqa: S104 - compared, not listened on
    url = f"http://{f'[{reached}]' if ':' in reached else reached}:{http}"
    with reported(), needed(boards), _server(data_dir, host, http, mqtt), contextlib.suppress(KeyboardInterrupt):
        client = Client(url)
        client.until_ready(START_S)
        client.log_in("admin", os.environ.get("OHMSTEAD_ADMIN_PASSWORD", PASSWORD))
        password = "OHMSTEAD_ADMIN_PASSWORD" if "OHMSTEAD_ADMIN_PASSWORD" in os.environ else PASSWORD
        typer.echo(f"\n  Demonstration: {url}/   user admin   password {password}\n")
        sys.stdout.flush()
        target = Target(url, reached, mqtt)
        everyone = fleet(devices, list(Protocol))
        _leave_out_roofs(client, everyone)
        meters = run(client, target, everyone, seconds_of(history), 60.0, None, duration)
        everything = with_boards(Client(url, client.headers), target, data_dir / "boards", boards, meters)
        asyncio.run(with_rooms(Client(url, client.headers), target, True, everything))


def _leave_out_roofs(client: Client, meters: list[SimulatedMeter]) -> None:
    """A meter behind which panels feed in goes below zero by day; the sums of the overview are of what is used.

    Only at its first introduction: what somebody chose in "What counts" stays.
    """
    known = {device["serial"] for device in client.get("/devices", {"limit": 1000})["items"]}
    roofs = [one for one in meters if one.solar and one.serial not in known]
    ids = [client.post("/devices", {"serial": one.serial, "name": one.name})["device"]["id"] for one in roofs]
    if ids:
        overview = client.get("/overview")
        left_out = [share["device"] for share in overview["devices"] if not share["counted"]]
        client.json("PATCH", f"/sites/{client.get('/sites')[0]['id']}", {"uncounted": [*left_out, *ids]})


@contextlib.contextmanager
def _server(data_dir: Path, host: str, http: int, mqtt: int) -> Iterator[None]:
    """A server in a process of its own while the block runs. Raises ServerError when it does not start."""
    environment = {"OHMSTEAD_ADMIN_PASSWORD": PASSWORD, "OHMSTEAD_ZONE": "Europe/Budapest", **os.environ}
    command = [sys.executable, "-m", "ohmstead", "serve", "--data-dir", str(data_dir), "--host", host]
    command += ["--http-port", str(http), "--mqtt-port", str(mqtt)]
    process = subprocess.Popen(command, env=environment, start_new_session=True)  # noqa: S603 - our own program
    # A terminated demonstration takes its server along, as an interrupted one does.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        yield
        if process.poll() is not None:
            raise ServerError(f"the server ended with {process.returncode}")
    finally:
        process.terminate()
        try:
            process.wait(STOP_S)
        except subprocess.TimeoutExpired:
            process.kill()


def _free(host: str, wanted: int) -> int:
    """`wanted`, or any free port where that one is taken."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    for port in (wanted, 0):
        with contextlib.suppress(OSError), socket.socket(family) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind((host, port))
            found: int = probe.getsockname()[1]
            return found
    raise ServerError(f"no port can be opened on {host}")
