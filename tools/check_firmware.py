"""`make firmware`: compile for every chip, check types, sizes and live memory, test on CPython and MicroPython.

Each step prints what it did; the first that fails ends with 1 after all have run. Without Node the steps that need
MicroPython are skipped aloud, or fail where CI is set.
"""

import ast
import contextlib
import json
import os
import re
import shutil
import subprocess
import sys
import sysconfig
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from ohmstead.commands.firmware_build import (
    application,
    configured,
    left_out,
    made_of,
    read_config,
    roots,
    simulated,
    slot,
)
from ohmstead.commands.firmware_image import compiled
from ohmstead.commands.firmware_names import renamed, short_names, text_of
from ohmstead.commands.firmware_sources import LOADER, Board, BuildError, Sources

ROOT = Path(__file__).parent.parent
FIRMWARE = ROOT / "firmware"
SOURCES = Sources(FIRMWARE)
BOARDS = ("esp32", "esp32s3", "esp8266")
FOLDERS = ("agent", "links", "drivers")
# What the budgets are measured with: MQTT and one driver everywhere; everything an ESP32 can do beside it.
SMALL = {"server": {"link": "mqtt"}, "drivers": [{"driver": "ina219"}]}
SIGNED = SMALL | {"server": {"link": "signed"}}  # measured, without a budget
PAGES = (
    "agent.pages",
    "agent.page",
    "agent.portal",
    "agent.upload",
    "agent.recorder",
    "agent.display",
)  # beside it on an ESP32

# The firmware carries no annotations: what starts as None or empty has no type, and what the set-up gives an object is
# unknown to its class. (A "*" marks the class of `self`.) The stubs lack what the last three can do.
UNTYPED = re.compile(
    r'\bNone\b|for class "\w+\*"|tuple\[\(\)\]|"DeflateIO"|"getvalue" for class "BytesIO"|"int" .* parameter "id" of'
)


class Failed(Exception):
    """A step found something wrong; the text is for a person."""


def files() -> list[Path]:
    found = [path for folder in FOLDERS for path in sorted((FIRMWARE / folder).rglob("*.py"))]
    return [*found, *(path for name in LOADER if (path := FIRMWARE / name).exists())]


def compile_all() -> str:
    """Every file for each instruction set; native code, where a file has some, is compiled with it."""
    chips = {board.native: board for name in BOARDS if (board := SOURCES.board(name)).native}
    lines, wrong = [], []
    for path in files():
        name = path.relative_to(FIRMWARE).as_posix()
        try:
            sizes = {chip: len(compiled(path, name, board)) for chip, board in chips.items()}
        except BuildError as error:
            wrong.append(str(error))
            continue
        lines.append(f"  {name:<28} {path.stat().st_size:>6} {'  '.join(f'{c} {s:>5}' for c, s in sizes.items())}")
    if wrong:
        raise Failed("\n".join(wrong))
    return f"{len(files())} files for {', '.join(chips)}\n" + "\n".join(lines)


def check_types() -> str:
    """basedpyright with MicroPython's stubs in place of the library of CPython."""
    stubs = sysconfig.get_path("purelib")
    settings = {
        "include": [str(path) for path in files()],
        "extraPaths": [str(FIRMWARE)],
        "typeshedPath": stubs,
        "stubPath": stubs,
        "typeCheckingMode": "basic",
        "reportMissingModuleSource": False,
    }
    with tempfile.TemporaryDirectory() as folder:
        config = Path(folder) / "pyrightconfig.json"
        config.write_text(json.dumps(settings))
        command = [str(Path(sys.executable).with_name("basedpyright")), "-p", str(config), "--outputjson"]
        done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603
    try:
        said = json.loads(done.stdout)["generalDiagnostics"]
    except (ValueError, KeyError):
        raise Failed(done.stdout + done.stderr) from None
    wrong = [
        f"{Path(one['file']).relative_to(FIRMWARE)}:{one['range']['start']['line'] + 1}: {one['message']}"
        for one in said
        if one["severity"] == "error" and not UNTYPED.search(one["message"])
    ]
    if wrong:
        raise Failed("\n".join(wrong))
    return f"{len(files())} files agree with the stubs"


def check_sizes() -> str:
    """What goes into the flash of a board, and what is loaded together at its start."""
    lines, wrong = [], []
    for name in BOARDS:
        board = SOURCES.board(name)
        total, at_once = sizes_of(board, SMALL)
        for what, size, most in (
            ("bundle", total, board.limits.bundle_bytes),
            ("at start", at_once, board.limits.import_bytes),
        ):
            lines.append(f"  {name:<8} {what:<9} {size:>6} of {most:>6} bytes")
            if size > most:
                wrong.append(f"{name}: {what} has {size} bytes, the budget is {most}")
    total, at_once = sizes_of(SOURCES.board("esp8266"), SIGNED)
    lines.append(f"  esp8266 with signed requests: bundle {total}, at start {at_once} bytes")
    everything = sum(len(compiled(path, path.name, SOURCES.board("esp32"))) for path in files())
    lines.append(f"  all files together {everything} bytes")
    if wrong:
        raise Failed("\n".join([*wrong, *lines]))
    return "\n".join(["", *lines])


def sizes_of(board: Board, config: dict[str, Any]) -> tuple[int, int]:
    """Bytes of the bundle, and of what is loaded together at the start."""
    bundle = application(SOURCES, board, config)
    first = set(SOURCES.closure(roots(SOURCES, config), at_once=True, leave=left_out(board, config)))
    at_once = sum(
        len(bundle[module.replace(".", "/") + ".mpy"])
        for module, parts in made_of(SOURCES, board, config).items()
        if not first.isdisjoint(parts)
    )
    return sum(map(len, slot(bundle, board).values())), at_once


def test_on_cpython() -> str:
    return _run([sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", str(FIRMWARE / "tests")])


def test_on_micropython() -> str:
    """The same drivers, models and steps on MicroPython, from source."""
    scripts = sorted((FIRMWARE / "tests").glob("*_micropython.py"))
    said = [_node(script) for script in scripts]
    with tempfile.TemporaryDirectory() as folder:
        target = Path(folder) / "firmware"
        shutil.copytree(FIRMWARE, target, ignore=shutil.ignore_patterns("node_modules", "__pycache__"))
        names = short_names(SOURCES)
        private = {name: short for name, short in names.items() if name.startswith("_")}
        for path in target.rglob("*.py"):
            where = path.relative_to(target).parts[0]
            if where not in LOADER:
                tree = ast.parse(path.read_text(encoding="utf-8"))
                path.write_text(text_of(renamed(tree, names if where in FOLDERS else private)), encoding="utf-8")
        for script in scripts:
            _node(target / script.relative_to(FIRMWARE), folder=str(target))
    return "\n".join([*said, f"the same with {len(names)} shorter names, as on a small board"])


def check_memory() -> str:
    """Live memory of the compiled application on MicroPython, above an empty program."""
    lines = []
    for name in ("esp8266", "esp32"):
        board = SOURCES.board(name)
        with tempfile.TemporaryDirectory() as folder:
            _flash(Path(folder), board)
            most = (board.limits.heap_bytes, board.limits.import_bytes)
            more = [name for name in PAGES if SOURCES.path(name)] if board.limits.tls else []
            lines.append(f"  {name}: " + _least(FIRMWARE / "tests" / "memory.py", *most, *more, folder=folder))
    with tempfile.TemporaryDirectory() as folder:
        _flash(Path(folder), SOURCES.board("esp8266"), SIGNED)
        said = _node(FIRMWARE / "tests" / "memory.py", 1 << 20, 1 << 20, "links.signed", folder=folder)
        lines.append(f"  esp8266 with signed requests: {said.partition(' of ')[0]}")
    return "\n".join(["", *lines])


def check_unix() -> str:
    """The folders for MicroPython's unix port start as they are; how much of the memory is live while they run."""
    lines = []
    board = SOURCES.board("unix")
    for name, most in (("unix", 40_960), ("unix_small", 33_792)):  # measured, and a tenth
        given = read_config(FIRMWARE / "sim" / f"{name}.json")
        with tempfile.TemporaryDirectory() as folder:
            files = slot(application(SOURCES, board, given), board)
            simulated(SOURCES, board, files, configured(given, board), Path(folder) / "board")
            lines.append(f"  {name}: " + _least(FIRMWARE / "tests" / "unix.py", most, folder=f"{folder}/board"))
    return "\n".join(["", *lines])


def _flash(folder: Path, board: Board, config: dict[str, Any] = SMALL) -> None:
    """A board's files as they lie in its flash, beside the simulation."""
    shutil.copytree(FIRMWARE / "sim", folder / "sim", ignore=shutil.ignore_patterns("node", "cpython", "__pycache__"))
    made = application(SOURCES, board, config)
    sizes = {path[:-4].replace("/", "."): len(data) for path, data in made.items() if path.endswith(".mpy")}
    files = slot(made, board) | {"sizes.json": json.dumps(sizes).encode()}
    if board.limits.packed:
        files |= {"pack.mpy": compiled(FIRMWARE / "pack.py", "pack.py", board)}
    for path, data in files.items():
        target = folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(data)


def _least(script: Path, *arguments: object, folder: str) -> str:
    """A measurement of live memory that may be too high twice: a word of the stack that looks like an address keeps
    garbage alive, and which words lie there depends on when the machine let the program run."""
    for _ in range(2):
        with contextlib.suppress(Failed):
            return _node(script, *arguments, folder=folder)
    return _node(script, *arguments, folder=folder)


def _node(script: Path, *arguments: object, folder: str | None = None) -> str:
    node = shutil.which("node")
    missing = "Node" if node is None else None
    if not missing and not (FIRMWARE / "node_modules").is_dir():
        missing = "firmware/node_modules (npm --prefix firmware ci)"
    if missing:
        if os.environ.get("CI"):
            raise Failed(f"{missing} is missing")
        return f"SKIPPED {script.name}: {missing} is missing"
    environment = os.environ | ({"FIRMWARE_FOLDER": folder} if folder else {})
    run = [str(node), str(FIRMWARE / "sim" / "node" / "run.mjs"), str(script), *map(str, arguments)]
    return _run(run, environment)


def _run(command: list[str], environment: dict[str, str] | None = None) -> str:
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=environment, cwd=ROOT)  # noqa: S603
    said = (done.stdout + done.stderr).strip()
    if done.returncode:
        raise Failed(said)
    return said.splitlines()[-1] if said else ""


STEPS: tuple[Callable[[], str], ...] = (
    compile_all,
    check_types,
    check_sizes,
    test_on_cpython,
    test_on_micropython,
    check_memory,
    check_unix,
)


def steps(chosen: list[str]) -> Iterator[Callable[[], str]]:
    yield from (step for step in STEPS if not chosen or step.__name__ in chosen)


def main(chosen: list[str]) -> int:
    failed = 0
    for step in steps(chosen):
        began = time.monotonic()
        try:
            said, mark = step(), "ok"
        except (Failed, BuildError) as error:
            said, mark = str(error), "FAILED"
            failed += 1
        print(f"{mark} {step.__name__} ({time.monotonic() - began:.1f} s): {said}", flush=True)
    return bool(failed)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
