"""`ohmstead firmware flash`: write a board over its serial port, with esptool in a process of its own."""

from pathlib import Path
from typing import Annotated, Final

import typer

from ohmstead.commands import firmware_image as image
from ohmstead.commands.firmware_build import BoardName, SourcesFolder, reported
from ohmstead.commands.firmware_sources import Board, BuildError, Sources

BAUD: Final = 460800

Port = Annotated[str | None, typer.Option(help="serial port, as /dev/ttyUSB0 or COM3; found when there is one only")]


def register(cli: typer.Typer) -> None:
    cli.command("flash")(flash)


def flash(
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="flash.bin or filesystem.bin of a build")],
    board: BoardName,
    port: Port = None,
    erase: Annotated[bool, typer.Option(help="erase everything first, measurements on the device too")] = False,
    baud: Annotated[int, typer.Option(help="lower it when writing fails")] = BAUD,
    dry_run: Annotated[bool, typer.Option(help="only print the command")] = False,
    sources: SourcesFolder = None,
) -> None:
    """Write an image to a board on a serial port."""
    with reported():
        chosen = Sources(sources).board(board)
        for arguments in commands(file, chosen, port, baud, erase):
            typer.echo("esptool " + " ".join(arguments))
            if not dry_run:
                image.esptool(arguments, show=True)


def commands(file: Path, board: Board, port: str | None, baud: int, erase: bool) -> list[list[str]]:
    """What esptool is asked, in order. Raises BuildError when the file does not fit the board."""
    if board.image is None:
        raise BuildError(f"{board.board} has no serial port")
    size = file.stat().st_size
    # A file system fills its region exactly; anything else begins at 0.
    offset = board.filesystem.offset if size == board.filesystem.bytes else 0
    if offset + size > board.flash_bytes:
        raise BuildError(f"{file} has {size} bytes, {board.board} takes {board.flash_bytes}")
    if offset and erase:
        raise BuildError("a file system alone does not run: erase only with the whole image, flash.bin")
    common = ["--chip", board.chip, "--baud", str(baud)] + (["--port", port] if port else [])
    return ([[*common, "erase-flash"]] if erase else []) + [[*common, "write-flash", hex(offset), str(file)]]
