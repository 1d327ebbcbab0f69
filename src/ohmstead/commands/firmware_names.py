"""Shorter names for a small board: each name inside a file costs its flash, and its memory once it was loaded."""

import ast
import itertools
import keyword
import re
import string
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from ohmstead.commands.firmware_sources import LOADER, Sources

_FOLDERS: Final = ("agent", "links", "drivers")
_LETTERS: Final = "_" + string.ascii_letters


def short_names(sources: Sources) -> dict[str, str]:
    """Name in the sources → what it is called on a small board; the same for every configuration.

    Shortened is only what cannot be somebody else's: names that begin with an underscore, and names that are only
    ever variables of a function. Neither is when a text or the name of a file has the same word.
    """
    own, variables, others, uses = set[str](), set[str](), set[str](), Counter[str]()
    for path in _files(sources):
        others |= set(path.relative_to(sources.folder).with_suffix("").parts)
        tree = ast.parse(path.read_text(encoding="utf-8"))
        documented = _docstrings(tree)
        parameters, found = set[str](), set[str]()
        for node in ast.walk(tree):
            if isinstance(node, ast.arg):
                parameters.add(node.arg)
            elif isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in documented:
                others |= set(re.findall(r"\w+", node.value))
            elif isinstance(node, ast.Import | ast.ImportFrom):
                others |= set(re.findall(r"\w+", ast.unparse(node)))
            elif isinstance(node, ast.keyword):
                others.add(node.arg or "")
            elif isinstance(node, ast.Attribute):
                found.add(node.attr)
            elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
                found.add(node.name)
        found |= {node.id for one in _outside(tree) for node in ast.walk(one) if isinstance(node, ast.Name)}
        constants = {name for name in found if name.startswith("_") and name.upper() == name}
        own |= {name for name in found if name.startswith("_") and not name.startswith("__")} - constants
        others |= {name for name in found if not name.startswith("_")} | constants
        variables |= parameters
        uses.update(found | parameters)
    chosen = sorted((own | variables) - others - {"self"}, key=lambda name: (-uses[name], name))
    shorter = _short(_spelled(sources))
    shared = _shared([name for name in chosen if name not in own], sources)
    names = {name: next(shorter) for name in chosen if name in own and len(name) > 2}
    new = [next(shorter) for _ in range(max(shared.values(), default=-1) + 1)]
    return names | {name: new[number] for name, number in shared.items()}


def _shared(variables: list[str], sources: Sources) -> dict[str, int]:
    """Variable → number; those of one function have different ones."""
    together: dict[str, set[str]] = {name: set() for name in variables}
    for path in _files(sources):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
                words = {n.id for n in ast.walk(node) if isinstance(n, ast.Name)}
                words |= {n.arg for n in ast.walk(node) if isinstance(n, ast.arg)}
                for name in words & together.keys():
                    together[name] |= words - {name}
    numbers: dict[str, int] = {}
    for name in variables:
        taken = {numbers[other] for other in together[name] if other in numbers}
        numbers[name] = next(number for number in itertools.count() if number not in taken)
    return numbers


def renamed(tree: ast.Module, names: dict[str, str]) -> ast.Module:
    """Change the names everywhere in a file."""
    for node in ast.walk(tree):
        for field in ("id", "attr", "name", "arg"):
            value = getattr(node, field, None)
            if isinstance(value, str) and not isinstance(node, ast.alias) and value in names:
                setattr(node, field, names[value])
        if isinstance(node, ast.Global | ast.Nonlocal):
            node.names = [names.get(name, name) for name in node.names]
    return tree


def text_of(tree: ast.Module) -> str:
    """The source of a file. MicroPython makes no tuple for `a, b = x, y`, but it does where one is in brackets."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Tuple) and len(node.value.elts) > 1:
            node.value = ast.Name(", ".join(map(ast.unparse, node.value.elts)))  # a name is written as it is
    return ast.unparse(ast.fix_missing_locations(tree))


def _files(sources: Sources) -> list[Path]:
    found = [path for folder in _FOLDERS for path in sorted((sources.folder / folder).rglob("*.py"))]
    return [*found, *(path for name in LOADER if (path := sources.folder / name).is_file())]


def _docstrings(tree: ast.Module) -> set[int]:
    holders = (ast.Module, ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
    return {
        id(node.body[0].value)
        for node in ast.walk(tree)
        if isinstance(node, holders) and node.body and isinstance(node.body[0], ast.Expr)
    }


def _outside(tree: ast.Module) -> Iterator[ast.AST]:
    """Statements of modules and classes, where a name is more than a variable of a function."""
    waiting: list[ast.AST] = [tree]
    while waiting:
        for node in ast.iter_child_nodes(waiting.pop()):
            if isinstance(node, ast.ClassDef | ast.If | ast.Try | ast.For | ast.With):
                waiting.append(node)
            elif isinstance(node, ast.stmt) and not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                yield node


def _spelled(sources: Sources) -> set[str]:
    """Every word of the sources: no new name is one of them."""
    return {word for path in _files(sources) for word in re.findall(r"\w+", path.read_text(encoding="utf-8"))}


def _short(taken: set[str]) -> Iterator[str]:
    pairs = itertools.product(_LETTERS, string.ascii_letters + string.digits)
    for name in itertools.chain(_LETTERS, map("".join, pairs)):
        if name not in taken and not keyword.iskeyword(name):
            yield name
