"""The modules of a small board, compressed into one file; `firmware/pack.py` says how it looks and reads it."""

import zlib
from collections.abc import Mapping
from typing import Final

PACK: Final = "application.pack"
_WINDOW: Final = 12
_MPY: Final = ".mpy"

# The first member: measuring and telling. What is wanted again and again comes first, what only a start needs last;
# the rest of `links/`, `drivers/` and this list stands between. Everything else is for orders, pages and updates.
_OFTEN: Final = ("agent.timing", "agent.layouts", "agent.files", "agent.ring", "links.opening", "links.mqtt_connect")
_STARTING: Final = ("agent.sensor", "agent.buses", "agent.flash", "agent.config", "agent.setup", "agent.run")
_FIRST: Final = (*_OFTEN, "links.", "drivers.", "agent.join", *_STARTING)


def packed(files: Mapping[str, bytes]) -> bytes:
    """One file of these modules, by their paths; the same for the same files."""
    ranked = {path: _rank(path.removesuffix(_MPY).replace("/", ".")) for path in files}
    members = [
        sorted((path for path in files if (ranked[path] is None) is late), key=lambda path: (ranked[path] or 0, path))
        for late in (False, True)
    ]
    head, body = b"", b""
    for paths in filter(None, members):
        words = (f"{path.removesuffix(_MPY)} {len(files[path])}" for path in paths)
        head += f"{len(body)} {' '.join(words)}\n".encode()
        packer = zlib.compressobj(9, zlib.DEFLATED, -_WINDOW, 9)
        body += packer.compress(b"".join(files[path] for path in paths)) + packer.flush()
    return head + b"\n" + body


def listed(pack: bytes) -> list[str]:
    """The paths of what is in it."""
    lines = pack.partition(b"\n\n")[0].decode().splitlines()
    return [name + _MPY for line in lines for name in line.split()[1::2]]


def _rank(module: str) -> int | None:
    """Its place in the first member, or None."""
    exact = [place for place, start in enumerate(_FIRST) if module == start or module.startswith(start + "_")]
    loose = [place for place, start in enumerate(_FIRST) if start.endswith(".") and module.startswith(start)]
    return min(exact or loose, default=None) if module != "links.request" else None
