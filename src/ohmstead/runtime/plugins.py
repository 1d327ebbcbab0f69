"""Finding the parts of a package without a central list."""

import importlib
import pkgutil
from types import ModuleType
from typing import Any


class PluginClash(Exception):
    """Two modules of one package offer the same name."""


def discover(package: ModuleType, attribute: str) -> dict[str, Any]:
    """Return {name: object} for every module of `package` that defines `attribute`."""
    found: dict[str, Any] = {}
    for info in pkgutil.iter_modules(package.__path__, package.__name__ + "."):
        offered = getattr(importlib.import_module(info.name), attribute, None)
        if offered is None:
            continue
        if offered.name in found:
            raise PluginClash(f"{attribute} {offered.name!r} is defined twice; see {info.name}")
        found[offered.name] = offered
    return found
