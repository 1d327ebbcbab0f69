"""`ohmstead simulate-force`: load cells of system 002 that do not exist, pulling whenever the server listens."""

import asyncio
from typing import Annotated, Final
from urllib.parse import urlsplit

import typer

from ohmstead.commands.client import Client, ServerError, sign_in
from ohmstead.commands.transfer import Password, Token, Url, User, reported
from ohmstead.simulation.force_lab import Firmware, Pull, SimulatedDevice

GENERATIONS: Final = ("G0", "G1", "G2")
CONNECT_S: Final = 15.0


def register(cli: typer.Typer) -> None:
    cli.command("simulate-force")(simulate_force)


def simulate_force(
    devices: Annotated[int, typer.Option(min=1, max=50, help="how many rigs of two cells")] = 1,
    generations: Annotated[str, typer.Option(help="firmware of each in turn")] = "G2",
    gap_ms: Annotated[float, typer.Option(min=0, help="what a rig does not measure while it sends")] = 100.0,
    duration: Annotated[float | None, typer.Option("--for", help="seconds to go on; else until Ctrl-C")] = None,
    url: Url = "http://localhost:8000",
    token: Token = None,
    user: User = None,
    password: Password = None,
) -> None:
    """Rigs that stream when they are told to, with a pull every eight seconds; they are claimed and named."""
    with reported():
        told = [one.strip().upper() for one in generations.split(",") if one.strip()]
        if unknown := [one for one in told if one not in GENERATIONS] or (not told and [generations]):
            raise ServerError(f"no generation {unknown[0]!r}; there are {', '.join(GENERATIONS)}")
        client = sign_in(url, token, user, password)
        rigs = [_rig(client.url, number, told[(number - 1) % len(told)], gap_ms) for number in range(1, devices + 1)]
        asyncio.run(_run(client, rigs, duration))


def _rig(url: str, number: int, generation: str, gap_ms: float) -> tuple[str, SimulatedDevice]:
    parts = urlsplit(url)
    serial = f"sim-force-{number}"
    pull = Pull(body_weight_n=700.0 + 37 * number % 200, peak_n=2400.0 + 111 * number % 900)
    firmware = Firmware(generation, pull, boot_ms=5_000 + 1000 * number, seed=number)
    scheme = "wss" if parts.scheme == "https" else "ws"
    return serial, SimulatedDevice(f"{scheme}://{parts.netloc}/ws?device={serial}", firmware, gap_ms=gap_ms)


async def _run(client: Client, rigs: list[tuple[str, SimulatedDevice]], duration_s: float | None) -> None:
    async with asyncio.TaskGroup() as tasks:
        running = [tasks.create_task(rig.run()) for _, rig in rigs]
        for serial, rig in rigs:
            try:
                await asyncio.wait_for(rig.connected.wait(), CONNECT_S)
            except TimeoutError:
                raise ServerError(f"{serial} was not let in; is its address in OHMSTEAD_ALLOWED_NETWORKS?") from None
            await asyncio.to_thread(_claim, client, serial, rig.firmware.generation)
        typer.echo(f"{len(rigs)} rigs are at {client.url}; Ctrl-C ends it", err=True)
        if duration_s is not None:
            await asyncio.sleep(duration_s)
            for one in running:
                one.cancel()
    typer.echo(f"{sum(rig.sent for _, rig in rigs)} samples sent", err=True)


def _claim(client: Client, serial: str, generation: str) -> None:
    known = next((d for d in client.get("/force-devices") if d["serial"] == serial), None)
    if known is not None and known["state"] == "unclaimed":
        client.post(f"/devices/{known['device_id']}/claim", {"name": f"Simulated rig {generation}"})
