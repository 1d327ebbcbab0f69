"""What a column probably measures, judged by its heading."""

import re
from typing import Final

from ohmstead.domain.channel import LONGEST_KEY
from ohmstead.domain.quantity import QUANTITIES
from ohmstead.domain.telemetry import Announcement
from ohmstead.domain.units import CONVERSIONS, SPELLINGS, conversion

# Words of headings, in the languages of the systems people come from.
_WORDS: Final = {
    "power": "power", "watt": "power", "watts": "power", "leistung": "power", "teljesítmény": "power",
    "voltage": "voltage", "volt": "voltage", "volts": "voltage", "spannung": "voltage", "feszültség": "voltage",
    "current": "current", "amps": "current", "ampere": "current", "irms": "current", "strom": "current",
    "áram": "current", "energy": "energy", "consumption": "energy", "energie": "energy", "verbrauch": "energy",
    "energia": "energy", "frequency": "frequency", "freq": "frequency", "frequenz": "frequency",
    "temperature": "temperature", "temp": "temperature", "temperatur": "temperature", "hőmérséklet": "temperature",
    "humidity": "humidity", "feuchte": "humidity", "páratartalom": "humidity", "pressure": "pressure",
    "druck": "pressure", "illuminance": "illuminance", "lux": "illuminance", "force": "force", "kraft": "force",
    "pf": "power_factor", "rssi": "signal", "gas": "volume", "water": "volume", "volume": "volume",
}  # fmt: skip
# Units that say alone what is measured; a bare "A" or "V" is as good as a word.
_BY_UNIT: Final = {"W": "power", "V": "voltage", "A": "current", "Wh": "energy", "Hz": "frequency", "°C": "temperature",
                   "VA": "apparent_power", "var": "reactive_power", "Pa": "pressure", "lx": "illuminance",
                   "N": "force", "m³": "volume", "dBm": "signal"}  # fmt: skip
_UNIT_IN_BRACKETS: Final = re.compile(r"[\[(]([^\])]{1,12})[\])]")
_NOT_KEY: Final = re.compile(r"[^a-z0-9áéíóöőúüűäß]+")
_KNOWN_UNITS: Final = {
    *(q.unit for q in QUANTITIES.values() if q.unit),
    *(unit for units in CONVERSIONS.values() for unit in units),
    *SPELLINGS,
} - {"1", "raw", "count", "counts"}


def canonical_of(unit: str) -> str | None:
    """The canonical unit that `unit` converts to, where there is one that names a quantity."""
    return next((canonical for canonical in _BY_UNIT if conversion(unit, canonical) is not None), None)


def suggest(heading: str, taken: set[str]) -> Announcement:
    """Return the channel a column with this heading most likely is; its key is none of `taken`, and joins them."""
    heading = heading.strip()
    bracket = _UNIT_IN_BRACKETS.search(heading)
    unit = bracket.group(1).strip() if bracket else None
    name = _UNIT_IN_BRACKETS.sub(" ", heading).strip()
    words = [word for word in re.split(r"[\s_.\-/]+", name) if word]
    if unit is None and len(words) > 1 and words[-1] in _KNOWN_UNITS:
        unit = words.pop()
    if unit is None and len(words) > 1 and (guess := _unit_in_any_case(words[-1])):
        unit = guess
        words.pop()
    key = _NOT_KEY.sub("_", "_".join(words).lower()).strip("_")[: LONGEST_KEY - 4]
    quantity = "_".join(words).lower() if "_".join(words).lower() in QUANTITIES else None
    if quantity is None:
        quantity = next((_WORDS[word.lower()] for word in words if word.lower() in _WORDS), None)
    if quantity is None and len(words) == 1 and words[0] in _KNOWN_UNITS:
        unit = unit or words[0]
    unit = SPELLINGS.get(unit, unit) if unit is not None else None
    canonical = canonical_of(unit) if unit else None
    if quantity is None and canonical is not None:
        quantity = _BY_UNIT[canonical]
    if unit is not None and quantity is not None and conversion(unit, QUANTITIES[quantity].unit) is None:
        # "energy (W)": the unit is the better witness.
        quantity = _BY_UNIT[canonical] if canonical is not None else None
    key = key or "value"
    wanted, number = key, 2
    while key in taken:
        key, number = f"{wanted}_{number}", number + 1
    taken.add(key)
    return Announcement(key, quantity, unit)


def _unit_in_any_case(word: str) -> str | None:
    """`kwh` and `w` of snake_case headings; a single letter counts only where it names a quantity alone."""
    for unit in ("kWh", "Wh", "kW", "W", "V", "A", "mA", "Hz", "kVA", "VA"):
        if word.lower() == unit.lower():
            return unit
    return None
