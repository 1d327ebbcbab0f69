"""Joining firmware sources: what a device always holds together becomes one file, with one table of names."""

import ast
import builtins
from collections.abc import Iterable
from pathlib import Path
from typing import Final

from ohmstead.commands.firmware_names import renamed, text_of
from ohmstead.commands.firmware_sources import BuildError, Sources

# The file that stays → what is put before it, in this order. Parts that come and go have files of their own.
JOINED: Final = {
    "agent.run": (
        "agent.late",
        "agent.clock",
        "agent.log",
        "agent.supervisor",
        "links.net",
        "agent.outbox",
        "agent.sensors",
        "agent.uplink",
        "agent.wifi",
    ),
}


def units(modules: Iterable[str], sources: Sources) -> dict[str, tuple[str, ...]]:
    """Module that is loaded → the modules its file is made of, itself last. A driver takes in what only it uses."""
    there = set(modules)
    groups = {host: parts for host, parts in JOINED.items() if host in there}
    users: dict[str, list[str]] = {}
    for driver in sorted(module for module in there if module.startswith("drivers.")):
        for other in sources.closure([driver], at_once=True):
            if other != driver and other.startswith("drivers._"):
                users.setdefault(other, []).append(driver)
    for part, drivers in users.items():
        if len(drivers) == 1:
            groups[drivers[0]] = (*groups.get(drivers[0], ()), part)
    taken = {part for parts in groups.values() for part in parts}
    found = {}
    for module in sorted(there - taken):
        found[module] = (*(part for part in groups.get(module, ()) if part in there), module)
    return found


def source_of(parts: tuple[str, ...], sources: Sources, hosts: dict[str, str], names: dict[str, str]) -> str:
    """One module out of several. `hosts`: where each module is to be found; `names`: other names for some.

    Raises BuildError where the parts disagree.
    """
    body: list[ast.stmt] = []
    known: dict[str, str] = {}
    for part in parts:
        for statement in _Redirected(part, parts[-1], hosts).module(_path(sources, part)):
            defined = _names(statement)
            text = ast.dump(statement)
            if len(parts) > 1:
                for name in defined:
                    if known.get(name, text) != text or hasattr(builtins, name):
                        raise BuildError(f"{part}: {name} is another one in a file that it is joined with")
            if not defined or any(name not in known for name in defined):
                body.append(statement)
            known |= dict.fromkeys(defined, text)
    if names:  # of a small board: what only the catalogue reads stays at home
        body = [statement for statement in body if _names(statement) != ["BUS"]]
    return text_of(renamed(ast.Module(body, []), names))


def _path(sources: Sources, module: str) -> Path:
    path = sources.path(module)
    if path is None:
        raise BuildError(f"there is no {module}")
    return path


class _Redirected(ast.NodeTransformer):
    """Imports go to where a module was put; those from the same file vanish."""

    def __init__(self, part: str, host: str, hosts: dict[str, str]) -> None:
        self._part = part
        self._host = host
        self._hosts = hosts

    def module(self, path: Path) -> list[ast.stmt]:
        tree = self.visit(ast.parse(path.read_text(encoding="utf-8")))
        body: list[ast.stmt] = tree.body
        if body and isinstance(body[0], ast.Expr) and isinstance(body[0].value, ast.Constant):
            body = body[1:]
        alone: list[ast.stmt] = []
        for statement in body:  # each import by itself, so that the same one of two files is found
            if isinstance(statement, ast.Import):
                alone += [ast.Import([alias]) for alias in statement.names]
            elif isinstance(statement, ast.ImportFrom):
                alone += [ast.ImportFrom(statement.module, [alias], statement.level) for alias in statement.names]
            else:
                alone.append(statement)
        return alone

    def visit_Import(self, node: ast.Import) -> ast.AST:
        if any(self._moved(alias.name) for alias in node.names):
            raise BuildError(f"{self._part}: name what is imported; the module is joined with another one")
        return node

    def visit_ImportFrom(self, node: ast.ImportFrom) -> ast.AST | None:
        module = node.module or ""
        if any(self._moved(f"{module}.{alias.name}") for alias in node.names):
            raise BuildError(f"{self._part}: name what is imported; the module is joined with another one")
        host = self._hosts.get(module, module)
        if host != self._host:
            return ast.ImportFrom(host, node.names, node.level)
        if any(alias.asname for alias in node.names):
            raise BuildError(f"{self._part}: what it imports from {module} needs the same name here")
        return None

    def visit_Constant(self, node: ast.Constant) -> ast.AST:
        if isinstance(node.value, str) and self._moved(node.value):
            raise BuildError(f"{self._part}: {node.value} is joined with another one and cannot be loaded late")
        return node

    def _moved(self, module: str) -> bool:
        return self._hosts.get(module, module) != module


def _names(statement: ast.stmt) -> list[str]:
    """What a statement of a module binds."""
    if isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        return [statement.name]
    if isinstance(statement, ast.Import | ast.ImportFrom):
        return [alias.asname or alias.name.partition(".")[0] for alias in statement.names]
    if isinstance(statement, ast.Assign):
        return [node.id for target in statement.targets for node in ast.walk(target) if isinstance(node, ast.Name)]
    return []
