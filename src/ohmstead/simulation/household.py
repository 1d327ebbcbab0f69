"""A household behind a meter: what it draws at any moment. Pure; the same seed gives the same house."""

import random
from bisect import bisect_right
from dataclasses import dataclass, field
from math import cos, exp, pi, sin
from typing import Final

DAY_S: Final = 86_400.0
MAINS_V: Final = 230.0
MAINS_HZ: Final = 50.0
# Longer steps would skip over whole fridge cycles and miss their energy.
LONGEST_STEP_S: Final = 300.0


@dataclass(frozen=True, slots=True)
class Appliance:
    """Something that is switched on now and then: power, for how long, and at which hours of the day."""

    name: str
    watts: float
    seconds: float
    hours: tuple[float, ...]  # usual starts
    chance: float = 1.0  # that it happens on a day


APPLIANCES: Final = (
    Appliance("kettle", 2000.0, 180.0, (6.8, 10.2, 15.5, 20.1), 0.85),
    Appliance("cooker", 1500.0, 1500.0, (12.1, 18.6), 0.7),
    Appliance("washing machine", 900.0, 4200.0, (9.5,), 0.35),
    Appliance("dishwasher", 1200.0, 3600.0, (20.8,), 0.5),
    Appliance("vacuum cleaner", 800.0, 900.0, (16.4,), 0.25),
)
_EVENING: Final = ((6.0, 8.5, 120.0), (17.0, 23.0, 260.0))  # lights and screens: from, until, watts
_FRIDGE_W: Final = 85.0
_FRIDGE_PERIOD_S: Final = 2700.0
_FRIDGE_ON: Final = 0.35


@dataclass(frozen=True, slots=True)
class Reading:
    """What the meter shows at one moment. `energy` and `energy_export` are registers in Wh that never fall."""

    at: float  # seconds since 1970
    power: float  # W; negative while the roof gives more than the house takes
    voltage: float
    current: float
    frequency: float
    power_factor: float
    energy: float
    energy_export: float


@dataclass(frozen=True, slots=True)
class _Day:
    """What is switched on during a day: starts in order, (seconds, watts) of each; and how clear its sky is."""

    starts: list[float]
    running: list[tuple[float, float]]
    clear: float


@dataclass(slots=True)
class Household:
    """Call `reading` with rising times; registers count from `energy_wh` on.

    What is drawn depends on seed and time alone; noise also on how often it was asked.
    """

    seed: int
    zone_offset_s: float = 3600.0
    solar_w: float = 0.0  # peak of the panels on the roof; 0: none
    energy_wh: float = 0.0
    energy_export_wh: float = 0.0
    _last: tuple[float, float] | None = None  # when, and W
    _days: dict[int, "_Day"] = field(default_factory=dict)
    _noise: random.Random = field(init=False)

    def __post_init__(self) -> None:
        self._noise = random.Random(self.seed)

    def reading(self, at: float) -> Reading:
        load = self._load(at)
        power = load - self._solar(at)
        if self._last is not None and at > self._last[0]:
            self._count(*self._last, at, power)
        self._last = at, power
        noise = self._noise
        voltage = MAINS_V + 2.5 * sin(2 * pi * at / 5400.0 + self.seed) + noise.gauss(0.0, 0.4) - load / 1500.0
        factor = 0.86 + 0.12 * min(load, 1500.0) / 1500.0
        return Reading(
            at=at,
            power=round(power, 1),
            voltage=round(voltage, 1),
            current=round(abs(power) / voltage / factor, 3),
            frequency=round(MAINS_HZ + noise.gauss(0.0, 0.012), 2),
            power_factor=round(factor, 2),
            energy=round(self.energy_wh, 3),
            energy_export=round(self.energy_export_wh, 3),
        )

    def _count(self, start: float, before: float, end: float, now: float) -> None:
        """Let the registers turn, in steps that see every appliance."""
        steps = int((end - start) / LONGEST_STEP_S) + 1
        width = (end - start) / steps
        for n in range(steps):
            at = start + (n + 1) * width
            after = now if n == steps - 1 else self._load(at) - self._solar(at)
            wh = (before + after) / 2 * width / 3600.0
            self.energy_wh += max(wh, 0.0)
            self.energy_export_wh += max(-wh, 0.0)
            before = after

    def _load(self, at: float) -> float:
        day, of_day = divmod(at + self.zone_offset_s, DAY_S)
        hour = of_day / 3600.0
        watts = 55.0 + 10.0 * sin(2 * pi * hour / 24.0 + self.seed)
        if (at / _FRIDGE_PERIOD_S + self.seed * 0.37) % 1.0 < _FRIDGE_ON:
            watts += _FRIDGE_W
        for begin, end, most in _EVENING:
            if begin <= hour < end:
                watts += most * sin(pi * (hour - begin) / (end - begin))
        today = self._day(int(day))
        for n in range(bisect_right(today.starts, of_day)):
            seconds, drawn = today.running[n]
            if of_day < today.starts[n] + seconds:
                watts += drawn
        return watts

    def _day(self, number: int) -> "_Day":
        known = self._days.get(number)
        if known is None:
            if len(self._days) > 8:
                self._days.clear()
            luck = random.Random(f"{self.seed}/{number}")
            events = sorted(
                (hour * 3600.0 + luck.gauss(0.0, 1500.0), one.seconds * luck.uniform(0.7, 1.3), one.watts)
                for one in APPLIANCES
                for hour in one.hours
                if luck.random() < one.chance
            )
            known = _Day([e[0] for e in events], [(e[1], e[2]) for e in events], luck.uniform(0.25, 1.0))
            self._days[number] = known
        return known

    def _solar(self, at: float) -> float:
        if not self.solar_w:
            return 0.0
        day, of_day = divmod(at + self.zone_offset_s, DAY_S)
        height = -cos(2 * pi * of_day / DAY_S) - 0.15
        if height <= 0:
            return 0.0
        clear = self._day(int(day)).clear
        cloud = 1.0 - (1.0 - clear) * (0.5 + 0.5 * sin(at / 700.0 + self.seed)) * (1.0 - exp(-height * 3))
        return self.solar_w * min(height, 1.0) * cloud
