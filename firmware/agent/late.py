"""Modules that are needed for a moment only: loaded, used and given back, because memory is for what is done often."""

import sys


def late(name):
    """The module; nothing keeps it but whoever uses it."""
    package, leaf = name.split(".")
    module = getattr(__import__(name), leaf)
    if sys.implementation.name == "micropython":
        del sys.modules[name]
        delattr(sys.modules[package], leaf)
    return module
