"""How the JSON of a device that speaks no known language becomes channels: what an admin maps, as data."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from itertools import islice
from typing import Any, Final

from ohmstead.domain.channel import legal_key
from ohmstead.domain.errors import InvalidInput
from ohmstead.domain.quantity import QUANTITIES

MOST_FIELDS: Final = 100
LONGEST: Final = 512
MOST_LEVELS: Final = 16
MOST_LEAVES: Final = 200
_PLACEHOLDER: Final = re.compile(r"\{([^{}]*)\}")
_LEVEL: Final = re.compile(r"level\.(\d{1,2})")
# Native topics and the system's own belong to the server; no mapping may read them.
_OWN_TOPICS: Final = ("ohmstead", "$SYS", "$share")
OWN_PATHS: Final = ("api", "healthz", "readyz", "metrics", "assets", "ws", "data")


class Source(StrEnum):
    MQTT = "mqtt"
    HTTP = "http"


class TimeFormat(StrEnum):
    """How a device writes its time. `local`: hands of the site's clock, without an offset."""

    RFC3339 = "rfc3339"
    LOCAL = "local"
    SECONDS = "s"
    MILLISECONDS = "ms"


@dataclass(frozen=True, slots=True)
class Field:
    """One numeric leaf and the channel it becomes. The unit is the one the device uses."""

    pointer: str  # RFC 6901, e.g. /ENERGY/Power; empty for a payload that is nothing but a number
    key: str
    quantity: str | None = None
    unit: str | None = None
    decimals: int | None = None


@dataclass(frozen=True, slots=True)
class Mapping:
    """Which messages, whose they are, and which leaves of them are kept.

    `filter` is a topic filter, or a path with the same wildcards. `serial` is a text with places: `{level.1}` is a
    level of the topic or path (from 0), `{/Mac}` a leaf of the payload.
    """

    id: int
    source: Source
    filter: str
    serial: str
    fields: tuple[Field, ...]
    time_pointer: str | None = None
    time_format: TimeFormat = TimeFormat.RFC3339
    enabled: bool = True

    def takes(self, source: Source, name: str) -> bool:
        return self.enabled and self.source is source and fits(self.filter, name)


def check(mapping: Mapping) -> Mapping:
    """Return the mapping if it makes sense. Raises InvalidInput with what does not."""
    _check_filter(mapping)
    for placeholder in _PLACEHOLDER.findall(mapping.serial):
        if not placeholder.startswith("/") and not _LEVEL.fullmatch(placeholder):
            raise InvalidInput(f"serial: {{{placeholder}}} is neither {{level.N}} nor a pointer such as {{/Mac}}")
    if not mapping.serial.strip() or len(mapping.serial) > LONGEST:
        raise InvalidInput("serial: a text such as tasmota-{level.1}")
    if not 0 < len(mapping.fields) <= MOST_FIELDS:
        raise InvalidInput(f"fields: 1–{MOST_FIELDS} of them")
    for field in mapping.fields:
        _check_pointer(field.pointer)
        if not legal_key(field.key):
            raise InvalidInput(f"key {field.key[:32]!r}: 1–64 printable characters")
        if field.quantity is not None and field.quantity not in QUANTITIES:
            raise InvalidInput(f"quantity {field.quantity[:32]!r} is not known; there are {', '.join(QUANTITIES)}")
    if len({field.key for field in mapping.fields}) < len(mapping.fields):
        raise InvalidInput("fields: a key may come once")
    if mapping.time_pointer is not None:
        _check_pointer(mapping.time_pointer)
    return mapping


def _check_filter(mapping: Mapping) -> None:
    levels = mapping.filter.removeprefix("/").split("/")
    if not mapping.filter or len(mapping.filter) > LONGEST or len(levels) > MOST_LEVELS:
        raise InvalidInput(f"filter: 1–{LONGEST} characters, at most {MOST_LEVELS} levels")
    if not mapping.filter.isprintable():
        raise InvalidInput("filter: printable characters only")
    for n, level in enumerate(levels):
        if ("+" in level or "#" in level) and (len(level) > 1 or (level == "#" and n < len(levels) - 1)):
            raise InvalidInput("filter: + and # stand alone in their level, # in the last one")
    if mapping.source is Source.HTTP:
        if not mapping.filter.startswith("/"):
            raise InvalidInput("filter: a path begins with /")
        if levels[0] in ("", "+", "#", *OWN_PATHS):
            raise InvalidInput("filter: the first level of a path is a word that is not the server's own")
    elif levels[0] in ("+", "#", *_OWN_TOPICS):
        raise InvalidInput("filter: the first level of a topic is a word, and not the server's own")


def _check_pointer(pointer: str) -> None:
    if (pointer and not pointer.startswith("/")) or len(pointer) > LONGEST:
        raise InvalidInput(f"{pointer[:32]!r} is no JSON pointer; one is /ENERGY/Power")


def fits(topic_filter: str, name: str) -> bool:
    """Whether a topic or path is one that the filter means: + is any level, # at the end any rest."""
    wanted, levels = topic_filter.split("/"), name.split("/")
    if wanted[-1] == "#":
        wanted = wanted[:-1]
        if len(levels) < len(wanted):
            return False
        levels = levels[: len(wanted)]
    return len(wanted) == len(levels) and all(w in ("+", level) for w, level in zip(wanted, levels, strict=True))


def at(document: Any, pointer: str) -> Any:
    """What a JSON pointer points at; None when nothing is there."""
    for step in pointer.split("/")[1:]:
        step = step.replace("~1", "/").replace("~0", "~")
        if isinstance(document, dict):
            document = document.get(step)
        elif isinstance(document, list) and step.isascii() and step.isdigit() and int(step[:9]) < len(document):
            document = document[int(step[:9])]
        else:
            return None
    return document


def leaves(document: Any, pointer: str = "") -> Iterator[tuple[str, Any]]:
    """Every leaf of a JSON value with its pointer, in order."""
    if isinstance(document, dict | list):
        items = document.items() if isinstance(document, dict) else enumerate(document)
        for name, inner in items:
            yield from leaves(inner, f"{pointer}/{str(name).replace('~', '~0').replace('/', '~1')}")
    else:
        yield pointer, document


def first_leaves(document: Any) -> list[tuple[str, Any]]:
    """As many leaves as a person wants to look through, whose pointers a mapping may use."""
    found = ((pointer, value) for pointer, value in leaves(document) if len(pointer) <= LONGEST)
    return list(islice(found, MOST_LEAVES))


# What the last step of a pointer usually means: (quantity, unit).
_USUAL: Final = {
    "power": ("power", "W"), "apparentpower": ("apparent_power", "VA"), "reactivepower": ("reactive_power", "var"),
    "factor": ("power_factor", None), "voltage": ("voltage", "V"), "current": ("current", "A"),
    "frequency": ("frequency", "Hz"), "total": ("energy", "kWh"), "energy": ("energy", "kWh"),
    "kwh": ("energy", "kWh"), "temperature": ("temperature", "°C"), "humidity": ("humidity", "%"),
    "pressure": ("pressure", "hPa"), "illuminance": ("illuminance", "lx"), "rssi": ("signal", "dBm"),
    "battery": ("battery", "%"),
}  # fmt: skip


def suggestion(pointer: str) -> Field:
    """The field that a leaf probably is; a person decides."""
    last = pointer.rpartition("/")[2].replace("~1", "/").replace("~0", "~")
    quantity, unit = _USUAL.get(last.lower().replace("_", ""), (None, None))
    return Field(pointer, (last.lower() or "value")[:64], quantity, unit)


def serial_of(template: str, name: str, document: Any) -> str:
    """The serial a message gives; empty if one of its places is."""
    levels = name.removeprefix("/").split("/")
    missing = False

    def fill(match: re.Match[str]) -> str:
        nonlocal missing
        if level := _LEVEL.fullmatch(match[1]):
            value = levels[int(level[1])] if int(level[1]) < len(levels) else ""
        else:
            found = at(document, match[1])
            value = str(found) if isinstance(found, str | int) and not isinstance(found, bool) else ""
        missing = missing or not value.strip()
        return value

    filled = _PLACEHOLDER.sub(fill, template)
    return "" if missing else filled
