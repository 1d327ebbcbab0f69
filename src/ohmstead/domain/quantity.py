"""What can be measured. A quantity is one row here; a branch on its name anywhere else is a defect."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

HOUR_S: Final = 3600


class Kind(StrEnum):
    """How the samples of a series may be folded."""

    GAUGE = "gauge"
    COUNTER = "counter"
    STATE = "state"


@dataclass(frozen=True, slots=True)
class Quantity:
    """A measurable thing: its canonical unit, its kind and the decimals people usually want to see.

    `lowest`, `highest`: values outside cannot be true; None: nobody can say. `stuck_s`: after how long the very same
    value is suspicious, because a working sensor flickers in its last decimal; None: it may stay the same for ever.
    `on_off`: a state that is 0 or 1, and that people call off or on.
    """

    name: str
    unit: str
    kind: Kind = Kind.GAUGE
    decimals: int = 1
    lowest: float | None = None
    highest: float | None = None
    stuck_s: int | None = None
    on_off: bool = False


QUANTITIES: Final = {
    q.name: q
    for q in (
        Quantity("power", "W", lowest=-10e6, highest=10e6),
        Quantity("apparent_power", "VA", lowest=-10e6, highest=10e6),
        Quantity("reactive_power", "var", lowest=-10e6, highest=10e6),
        Quantity("power_factor", "1", decimals=2, lowest=-1.05, highest=1.05),
        Quantity("voltage", "V", lowest=-2000, highest=50e3, stuck_s=6 * HOUR_S),
        Quantity("current", "A", decimals=3, lowest=-10e3, highest=10e3),
        Quantity("frequency", "Hz", decimals=2, lowest=0, highest=1000),
        Quantity("temperature", "°C", lowest=-90, highest=1500, stuck_s=24 * HOUR_S),
        Quantity("humidity", "%", lowest=-5, highest=105, stuck_s=24 * HOUR_S),
        Quantity("pressure", "Pa", decimals=0, lowest=0, highest=1e9, stuck_s=24 * HOUR_S),
        Quantity("illuminance", "lx", decimals=0, lowest=-1, highest=300e3),
        Quantity("force", "N", lowest=-1e6, highest=1e6),
        Quantity("mass", "kg", decimals=2, lowest=-1e6, highest=1e6),
        Quantity("raw", "counts", decimals=0, stuck_s=HOUR_S),
        Quantity("signal", "dBm", decimals=0, lowest=-150, highest=30),
        Quantity("memory", "bytes", decimals=0, lowest=0),
        Quantity("battery", "%", decimals=0, lowest=-5, highest=110),
        Quantity("duration", "s", decimals=0, lowest=0),
        Quantity("generic", "", decimals=3),
        Quantity("energy", "Wh", Kind.COUNTER, decimals=0, lowest=0),
        Quantity("energy_export", "Wh", Kind.COUNTER, decimals=0, lowest=0),
        Quantity("volume", "m³", Kind.COUNTER, decimals=3, lowest=0),
        Quantity("pulses", "1", Kind.COUNTER, decimals=0, lowest=0),
        Quantity("switch", "", Kind.STATE, decimals=0, on_off=True),
        Quantity("state", "", Kind.STATE, decimals=0),
        Quantity("presence", "", Kind.STATE, decimals=0, on_off=True),
    )
}
GENERIC: Final = QUANTITIES["generic"]
