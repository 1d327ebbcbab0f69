"""`ohmstead firmware new-driver`: the skeleton of a sensor, and the vector file that proves it."""

import json
import keyword
import re
from typing import Annotated, Final

import typer

from ohmstead.commands.firmware_build import SourcesFolder, reported
from ohmstead.commands.firmware_sources import BuildError, Sources

_DRIVER: Final = '''"""{title}: what it measures over I2C."""

from micropython import const

CHANNELS = (("temperature", "temperature", "°C", 2),)  # key, quantity, unit, decimals
DEFAULTS = {{"address": 0x48, "interval_s": 30}}  # every setting it takes; None: must be given
BUS = "i2c"

_VALUE = const(0)  # register: 16 bits, signed, hundredths of a degree
_NOT_READY = const(0x8000)


class Driver:
    def __init__(self, bus, settings):
        self._i2c = bus
        self._address = settings["address"]
        self._bytes = bytearray(2)

    async def read(self, out):
        """Fill `out` with a number for each channel. OSError: it does not answer; ValueError: it answers nonsense."""
        self._i2c.readfrom_mem_into(self._address, _VALUE, self._bytes)
        raw = self._bytes[0] << 8 | self._bytes[1]
        if raw == _NOT_READY:
            raise ValueError("no measurement")
        out[0] = (raw - 65536 if raw & 0x8000 else raw) / 100

    async def self_test(self):
        await self.read([None])
'''


def register(cli: typer.Typer) -> None:
    cli.command("new-driver")(new_driver)


def new_driver(
    name: Annotated[str, typer.Argument(help="file name of the driver, as sht31")],
    sources: SourcesFolder = None,
) -> None:
    """Write a driver that works and the recorded bytes that prove it; change both to your sensor's."""
    with reported():
        if not re.fullmatch(r"[a-z][a-z0-9_]{0,31}", name) or keyword.iskeyword(name):
            raise BuildError(f"{name!r} cannot be a file name of Python; use small letters and digits, as sht31")
        found = Sources(sources)
        if found.is_installed:
            raise BuildError("a driver is written into a checkout: name its folder firmware/ with --sources")
        folder = found.folder
        driver = folder / "drivers" / f"{name}.py"
        vector = folder / "tests" / "vectors" / f"{name}.json"
        for path in (driver, vector):
            if path.exists():
                raise BuildError(f"{path} is there already")
        vector.parent.mkdir(parents=True, exist_ok=True)
        driver.write_text(_DRIVER.format(title=name.upper()), encoding="utf-8")
        vector.write_text(json.dumps(_vector(), indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
        for path in (driver, vector):
            typer.echo(path)
        typer.echo(
            "Put your sensor's bytes and values in. `make firmware` tests them; `make types` tells the dashboard."
        )


def _vector() -> dict[str, object]:
    """What the bytes of the skeleton mean, and the faults that a driver must survive."""

    def recorded(value: str) -> dict[str, object]:
        return {
            "model": "replay.Registers",
            "on": "i2c",
            "with": {"address": 0x48, "registers": {"00": value}},
        }

    unplugged = {"set": {"chip": {"present": False}}, "raises": "OSError"}
    back = {"set": {"chip": {"present": True}}, "expect": [21.5]}
    return {
        "parts": {"chip": recorded("0866")},
        "cases": [
            {"name": "recorded: 21.5 °C", "steps": [{"expect": [21.5]}, {"self_test": True}]},
            {"name": "recorded: below zero", "parts": {"chip": recorded("ff38")}, "steps": [{"expect": [-2.0]}]},
            {"name": "unplugged and back", "steps": [unplugged, back]},
            {"name": "it measured nothing", "parts": {"chip": recorded("8000")}, "steps": [{"raises": "ValueError"}]},
        ],
    }
