"""`ohmstead firmware build`: compile what a configuration needs, into a bundle to sign and an image to flash."""

import contextlib
import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any, Final

import typer

from ohmstead import __version__
from ohmstead.commands import firmware_image as image
from ohmstead.commands.firmware_join import source_of, units
from ohmstead.commands.firmware_names import short_names
from ohmstead.commands.firmware_pack import PACK, packed
from ohmstead.commands.firmware_sources import LOADER, Board, BuildError, Sources
from ohmstead.commands.transfer import fail
from ohmstead.commands.transfer import reported as files_reported
from ohmstead.domain.image import MICROPYTHON

SLOT: Final = "a"  # the slot a fresh board starts from
CONFIG: Final = "device.json"
KEYS: Final = "keys.json"
VERSION: Final = "version.txt"
_STREAMING: Final = frozenset({"ads1220", "hx711", "nau7802"})
MARK: Final = "slot.json"  # tells boot.py which slot is the good one

BoardName = Annotated[str, typer.Option("--board", help="a file of firmware/boards: esp32, esp32s3, esp8266, m5core2")]
SourcesFolder = Annotated[Path | None, typer.Option("--sources", help="folder of the firmware; found when absent")]
MicroPython = Annotated[
    Path | None, typer.Option(exists=True, dir_okay=False, help="the MicroPython image for the board, from its makers")
]
WithMicroPython = Annotated[
    bool, typer.Option("--with-micropython", help="an update from this build replaces MicroPython itself, too (ESP32)")
]
Sha256 = Annotated[str | None, typer.Option(help="what that image must hash to, as its makers say")]


@contextlib.contextmanager
def reported() -> Iterator[None]:
    """End with one line on standard error and exit code 1 where something cannot be built."""
    try:
        with files_reported():
            yield
    except BuildError as error:
        fail(error)


def register(cli: typer.Typer) -> None:
    cli.command("build")(build)


def build(
    board: BoardName,
    config: Annotated[Path, typer.Option(exists=True, dir_okay=False, help="the device's configuration, JSON")],
    out: Annotated[Path, typer.Option(help="folder for what is made")] = Path("build/firmware"),
    version: Annotated[str, typer.Option(help="what the application calls itself")] = __version__,
    keys: Annotated[
        Path | None, typer.Option(exists=True, dir_okay=False, help="public keys that updates must be signed with")
    ] = None,
    micropython: MicroPython = None,
    micropython_sha256: Sha256 = None,
    with_micropython: WithMicroPython = False,
    sources: SourcesFolder = None,
) -> None:
    """Compile the firmware for one board: only the drivers and links that the configuration names."""
    with reported():
        made = Sources(sources)
        chosen = made.board(board)
        given = read_config(config)
        port = pinned(micropython, micropython_sha256) if micropython else b""
        if with_micropython and not port:
            raise BuildError("name the image with --micropython: the makers' for a whole chip, or their .app-bin")
        update = {MICROPYTHON: image.of_update(port, chosen)} if with_micropython else {}
        files = slot(application(made, chosen, given, version), chosen)
        write_folder(out / "application", files | update)
        total = sum(map(len, files.values()))
        typer.echo(f"{len(files)} files, {total} bytes of {chosen.limits.bundle_bytes}: {out / 'application'}")
        if total > chosen.limits.bundle_bytes:
            typer.echo("More than the board is meant for: name fewer drivers, or watch its free memory.", err=True)
        for name, data in update.items():
            typer.echo(f"in the update, beside them: {name}, {len(data)} bytes")
        typer.echo(f"as an update: ohmstead firmware sign {out / 'application'} --version {version} --board {board}")
        whose = configured(given, chosen)
        if chosen.chip == "sim":
            folder = simulated(made, chosen, files, whose, out / "board")
            typer.echo(f"to run it: cd {folder} && micropython -X heapsize=64k sim/start.py")
            return
        disk = image.filesystem(
            on_disk(made, chosen, files, whose, keys.read_bytes() if keys else None), chosen.filesystem
        )
        (out / "filesystem.bin").write_bytes(disk)
        typer.echo(f"file system for {chosen.filesystem.offset:#x}: {out / 'filesystem.bin'}")
        if not port or (with_micropython and not image.has_table(port, chosen)):
            typer.echo("No --micropython image for a whole chip: nothing to flash a blank board with was made.")
            return
        parts = whole(chosen, port, disk)
        (out / "flash.bin").write_bytes(image.merged(parts, chosen))
        typer.echo(f"image for address 0: {out / 'flash.bin'}; next: ohmstead firmware flash {out / 'flash.bin'}")


def read_config(path: Path) -> dict[str, Any]:
    """A device's configuration. Raises BuildError when it is not a JSON object."""
    try:
        given = json.loads(path.read_bytes())
    except ValueError as error:
        raise BuildError(f"{path} is not JSON: {error}") from error
    if not isinstance(given, dict):
        raise BuildError(f"{path} must hold one JSON object")
    return given


def roots(sources: Sources, config: dict[str, Any]) -> list[str]:
    """Modules that the device starts with or that the configuration names. Raises BuildError for one there is not."""
    found = [name.removesuffix(".py") for name in LOADER]
    for entry in config.get("drivers", []):
        name = entry.get("driver") if isinstance(entry, dict) else None
        if name not in sources.drivers():
            raise BuildError(f"there is no driver {name!r}; there are {', '.join(sources.drivers())}")
        found.append(f"drivers.{name}")
    if kind := config.get("display", {}).get("type"):
        if sources.path(f"agent.display_{kind}") is None:
            raise BuildError(f"there is no display {kind!r}")
        found.append(f"agent.display_{kind}")
    for server in ("server", "local_server"):
        link = config.get(server, {}).get("link")
        if link is None:
            continue
        if sources.path(f"links.{link}") is None:
            raise BuildError(f"{server}: there is no link {link!r}")
        found.append(f"links.{link}")
        if form := config[server].get("format"):
            if sources.path(f"links.formats.{form}") is None:
                raise BuildError(f"{server}: there is no format {form!r}")
            found.append(f"links.formats.{form}")
    return found


def left_out(board: Board, config: dict[str, Any]) -> frozenset[str]:
    """On a small board: parts that its configuration does not ask for. Each is loaded only where it is asked for."""
    is_signed = any(config.get(server, {}).get("link") == "signed" for server in ("server", "local_server"))
    if board.limits.tls:
        return frozenset() if is_signed else frozenset({"links.signed"})
    drivers = {entry.get("driver") for entry in config.get("drivers", []) if isinstance(entry, dict)}
    wanted = {
        "links.tls": False,
        "agent.pages": config.get("pages"),
        "agent.page": config.get("pages"),
        "agent.portal": config.get("pages"),
        "agent.upload": config.get("pages"),
        "agent.extras": any(config.get(name) for name in ("pages", "ntp", "local_server", "display"))
        or max(config.get("button", -1), config.get("led", -1)) >= 0,
        "links.signed": is_signed,
        "agent.flash_partition": board.chip != "esp8266",
        "agent.image": board.chip.startswith("esp32"),
        "agent.flash_file": board.chip != "esp8266" or not config.get("outbox", True),
        "agent.display": config.get("display"),
        "agent.ntp": config.get("ntp"),
        "agent.button": config.get("button", -1) >= 0,
        "agent.places": config.get("local_server"),
        "agent.mdns": config.get("local_server"),
        "agent.led": config.get("led", -1) >= 0,
        "agent.rules": "relay" in drivers,
        "agent.foreign": "format" in config.get("server", {}),
        "agent.recorder": bool(drivers & _STREAMING),
    }
    return frozenset(module for module, asked in wanted.items() if not asked)


def application(sources: Sources, board: Board, config: dict[str, Any], version: str = __version__) -> dict[str, bytes]:
    """Path → content of what goes into a slot and into a bundle: .mpy files, and the version it calls itself."""
    files = {VERSION: version.encode()}
    made = made_of(sources, board, config)
    hosts = {part: host for host, parts in made.items() for part in parts}
    names = {} if board.limits.tls else short_names(sources)
    for host, parts in made.items():
        name = host.replace(".", "/")
        text = source_of(parts, sources, hosts, names)
        # What a traceback calls the file; on a small board a name that the file has anyway.
        said = name + ".py" if board.limits.tls else host.rpartition(".")[2]
        files[name + ".mpy"] = image.compiled_text(text, said, board)
    return files


def slot(files: dict[str, bytes], board: Board) -> dict[str, bytes]:
    """The same as it lies in a slot of the board, and in a bundle."""
    if not board.limits.packed:
        return files
    modules = {path: data for path, data in files.items() if path.endswith(".mpy")}
    return {path: data for path, data in files.items() if path not in modules} | {PACK: packed(modules)}


def made_of(sources: Sources, board: Board, config: dict[str, Any]) -> dict[str, tuple[str, ...]]:
    """Module of the application → the modules that its file is made of."""
    modules = sources.closure(roots(sources, config), leave=left_out(board, config))
    return units([module for module in modules if f"{module}.py" not in LOADER], sources)


def on_disk(
    sources: Sources, board: Board, files: dict[str, bytes], config: dict[str, Any], keys: bytes | None = None
) -> dict[str, bytes]:
    """Path → content of a fresh board's file system."""
    disk = {}
    for name in LOADER:
        path = sources.folder / name
        if path.is_file() and name != "pack.py":
            disk[name] = path.read_bytes()
    if PACK in files:
        disk["pack.mpy"] = image.compiled(sources.folder / "pack.py", "pack.py", board)
    disk |= {f"{SLOT}/{path}": data for path, data in files.items()}
    disk[MARK] = json.dumps({"slot": SLOT}).encode()
    disk[CONFIG] = json.dumps(config).encode()
    if keys is not None:
        disk[KEYS] = keys
    return disk


def simulated(sources: Sources, board: Board, files: dict[str, bytes], config: dict[str, Any], folder: Path) -> Path:
    """What MicroPython's unix port runs: a board's files, and compiled beside them what stands for its chip."""
    found = on_disk(sources, board, files, config)
    for path in sorted((sources.folder / "sim").glob("*.py")):
        found[f"sim/{path.name}"] = path.read_bytes()
    for path in [sources.folder / "sim" / "unix.py", *sorted((sources.folder / "sim" / "models").glob("*.py"))]:
        name = path.relative_to(sources.folder).with_suffix(".mpy").as_posix()
        found[name] = image.compiled(path, path.name, board)
        found.pop(f"sim/{path.name}", None)
    shutil.rmtree(folder, ignore_errors=True)
    for name, data in found.items():
        target = folder / name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(data)
    return folder


def configured(config: dict[str, Any], board: Board) -> dict[str, Any]:
    """The configuration with what the board knows. A chip without a partition table is told where its outbox lies."""
    known: dict[str, Any] = {"board": board.board}
    if board.chip == "esp8266":
        known["outbox"] = {"offset": board.outbox.offset, "bytes": board.outbox.bytes}
    return known | {key: value for key, value in config.items() if value != ""} | {"board": board.board}


def write_folder(folder: Path, files: dict[str, bytes]) -> None:
    """Exactly these files, of which `ohmstead firmware sign` makes a release; what a build before left goes."""
    if folder.exists():
        if any(
            path.is_file() and path.suffix != ".mpy" and path.name not in (VERSION, PACK, MICROPYTHON)
            for path in folder.rglob("*")
        ):
            raise BuildError(f"{folder} holds other files; name another folder with --out")
        shutil.rmtree(folder)
    for path, data in files.items():
        target = folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(data)


def pinned(micropython: Path, sha256: str | None) -> bytes:
    """The image that was meant. Raises BuildError."""
    if not sha256:
        raise BuildError("name the image's SHA-256 with --micropython-sha256; its makers publish it beside the file")
    return image.checked(micropython, sha256)


def whole(board: Board, micropython: bytes, disk: bytes) -> dict[int, bytes]:
    """Offset → content of everything a blank board needs. Raises BuildError."""
    if board.image is None:
        raise BuildError(f"{board.board} has no flash to fill")
    return {board.image.offset: image.with_regions(micropython, board), board.filesystem.offset: disk}
