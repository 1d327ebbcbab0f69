"""The firmware's own files on the machine that builds: boards, drivers, and what imports what."""

import ast
import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, Final

import msgspec

_INSTALLED: Final = Path(__file__).parents[1] / "_firmware"
_CHECKOUT: Final = Path(__file__).parents[3] / "firmware"
# Started by the board itself, outside the slots of an update.
LOADER: Final = ("boot.py", "main.py", "pack.py")
_DOTTED: Final = re.compile(r"[a-z_]\w*(\.[a-z_]\w*)+")


class BuildError(Exception):
    """What cannot be built, and why; one line for a person."""


class Region(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A part of the flash."""

    offset: int
    bytes: int


class Image(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Where the MicroPython image goes, and what it is called where its makers publish it."""

    offset: int
    name: str


class Pins(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What each pin can do. `boot`: its level at the start decides how the chip starts."""

    usable: tuple[int, ...]
    input_only: tuple[int, ...]
    adc: tuple[int, ...]
    boot: tuple[int, ...]
    led: int
    button: int


class Limits(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What fits. `import_bytes`: .mpy that is loaded at once; `heap_bytes`: live after the start.

    `packed`: the modules lie in one compressed file.
    """

    bundle_bytes: int
    import_bytes: int
    heap_bytes: int
    tls: bool
    portal: bool
    packed: bool


class Board(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One file of `boards/`."""

    board: str
    title: str
    chip: str
    native: str | None
    image: Image | None
    flash_bytes: int
    filesystem: Region
    outbox: Region
    pins: Pins
    buses: dict[str, dict[str, Any]]
    limits: Limits
    display: dict[str, Any] = {}  # `display` of the configuration, where the board has one built in


class Sources:
    """The folder `firmware/` of a checkout, or the copy inside an installed package."""

    def __init__(self, folder: Path | None = None) -> None:
        """Raises BuildError when the folder holds no firmware."""
        self.folder = folder or (_INSTALLED if _INSTALLED.is_dir() else _CHECKOUT)
        if not (self.folder / "drivers").is_dir():
            raise BuildError(f"there is no firmware in {self.folder}; name the folder with --sources")

    @property
    def is_installed(self) -> bool:
        """Whether this is the copy inside the package, which the next update replaces."""
        return self.folder == _INSTALLED

    def boards(self) -> list[str]:
        return sorted(path.stem for path in (self.folder / "boards").glob("*.json"))

    def board(self, name: str) -> Board:
        """Raises BuildError for an unknown board, or one whose file is malformed."""
        if name not in self.boards():
            raise BuildError(f"there is no board {name!r}; there are {', '.join(self.boards())}")
        try:
            return msgspec.json.decode((self.folder / "boards" / f"{name}.json").read_bytes(), type=Board)
        except msgspec.ValidationError as error:
            raise BuildError(f"boards/{name}.json: {error}") from error

    def drivers(self) -> list[str]:
        return sorted(path.stem for path in (self.folder / "drivers").glob("[!_]*.py"))

    def path(self, module: str) -> Path | None:
        """The file of a module by its dotted name, None if it is not one of ours."""
        found = self.folder / (module.replace(".", "/") + ".py")
        return found if found.is_file() else None

    def closure(self, roots: Iterable[str], *, at_once: bool = False, leave: frozenset[str] = frozenset()) -> list[str]:
        """Modules that the roots need, themselves included, sorted. `at_once`: without what functions import late.

        Raises BuildError for a file that is not Python.
        """
        found: set[str] = set()
        waiting = list(roots)
        while waiting:
            module = waiting.pop()
            if module in found or module in leave or (path := self.path(module)) is None:
                continue
            found.add(module)
            try:
                tree = ast.parse(path.read_text(encoding="utf-8"))
            except SyntaxError as error:
                where = path.relative_to(self.folder).as_posix()
                raise BuildError(f"{where}:{error.lineno}: {error.msg}") from error
            waiting += _imports(tree, at_once)
        return sorted(found)


def _imports(tree: ast.Module, at_once: bool) -> Iterator[str]:
    for node in _statements(tree) if at_once else ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and _DOTTED.fullmatch(node.value):
            yield node.value  # a module that is loaded by its name, for a moment


def _statements(tree: ast.Module) -> Iterator[ast.AST]:
    """Everything that runs at import time: not what stands inside functions."""
    waiting: list[ast.AST] = [tree]
    while waiting:
        node = waiting.pop()
        yield node
        if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            waiting += ast.iter_child_nodes(node)
