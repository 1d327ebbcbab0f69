"""The data all areas share: realistic six-channel meters and a load cell, the same for the same seed.

Instants are whole milliseconds, as devices send them; one instant per report, jitter sigma 3 ms.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

CHANNELS: Final = ("power", "voltage", "current", "energy", "power_factor", "frequency")
WIDTH: Final = len(CHANNELS)
SECOND_US: Final = 1_000_000
DAY_S: Final = 86_400
DAY_US: Final = DAY_S * SECOND_US
# A Monday of the past, so that no instant is ahead of the clock of the machine that measures.
START_US: Final = 1_704_067_200 * SECOND_US  # 2024-01-01T00:00:00Z
JITTER_MS: Final = 3.0

# Name of the appliance, watts, seconds it runs, runs per day.
APPLIANCES: Final = ((2000.0, 180, 6.0), (1200.0, 900, 2.0), (1900.0, 3000, 0.5), (90.0, 7200, 2.0))

Rows = tuple[NDArray[np.int64], NDArray[np.float64]]  # instants (n), values (n, 6)
Slice = tuple[int, NDArray[np.int64], NDArray[np.float64]]  # meter, instants, values flat and row-major


@dataclass(frozen=True, slots=True)
class Meter:
    number: int
    interval_s: int


def meters(count: int = 20, fast: int = 2) -> list[Meter]:
    """`fast` meters report every 10 s, the others every 120 s."""
    return [Meter(n, 10 if n < fast else 120) for n in range(count)]


def rows_per_day(fleet: Sequence[Meter]) -> int:
    return sum(DAY_S // meter.interval_s for meter in fleet)


def day_of(meter: Meter, day: int, energy_wh: float) -> tuple[Rows, float]:
    """One day of a meter, and the register at its end."""
    rng = np.random.default_rng((meter.number, day, 20_240_101))
    n = DAY_S // meter.interval_s
    seconds = np.arange(n, dtype=np.float64) * meter.interval_s
    jitter = np.clip(np.rint(rng.normal(0, JITTER_MS, n)), -500, 500)
    # Half a second in, so that jitter never leaves the day.
    times = START_US + day * DAY_US + ((seconds * 1000 + 500 + jitter).astype(np.int64)) * 1000

    standby = 60.0 + 8.0 * (meter.number % 7)
    load = np.full(n, standby)
    # A compressor: 12 of every 40 minutes, each meter at its own phase.
    load[(seconds + 97 * meter.number) % 2400 < 720] += 110.0
    for watts, length, per_day in APPLIANCES:
        for start in rng.uniform(0, DAY_S, rng.poisson(per_day)):
            load[(seconds >= start) & (seconds < start + length)] += watts
    power = np.round(load * (1 + rng.normal(0, 0.01, n)), 1)
    voltage = np.round(230 + 3 * np.sin(seconds / DAY_S * 2 * np.pi) + rng.normal(0, 0.4, n), 1)
    factor = np.round(np.where(load > 500, 0.97, 0.72) + rng.normal(0, 0.004, n), 2)
    current = np.round(power / (voltage * factor), 3)
    register = energy_wh + np.cumsum(power) * (meter.interval_s / 3600)
    frequency = np.round(50 + rng.normal(0, 0.015, n), 1)
    values = np.stack([power, voltage, current, np.floor(register), factor, frequency], axis=1)
    return (times, np.ascontiguousarray(values)), float(register[-1])


def days(fleet: Sequence[Meter], first: int, count: int) -> Iterator[list[Rows]]:
    """Day after day, the rows of every meter."""
    energy = [1000.0 * (meter.number + 1) for meter in fleet]
    for day in range(first, first + count):
        rows = []
        for place, meter in enumerate(fleet):
            one, energy[place] = day_of(meter, day, energy[place])
            rows.append(one)
        yield rows


def batches(fleet: Sequence[Meter], count_days: int, samples: int, first: int = 0) -> Iterator[list[Slice]]:
    """All samples in order of time, cut into batches of about `samples`, as slices per meter."""
    per_day = max(1, round(rows_per_day(fleet) * WIDTH / samples))
    for day, rows in enumerate(days(fleet, first, count_days), first):
        borders = START_US + day * DAY_US + np.linspace(0, DAY_US, per_day + 1).astype(np.int64)
        cuts = [np.searchsorted(times, borders) for times, _ in rows]
        for n in range(per_day):
            yield [
                (meter.number, times[cut[n] : cut[n + 1]], values[cut[n] : cut[n + 1]].reshape(-1))
                for meter, (times, values), cut in zip(fleet, rows, cuts, strict=True)
                if cut[n + 1] > cut[n]
            ]


def samples_in(batch: Sequence[Slice]) -> int:
    return sum(len(values) for _, _, values in batch)


def load_cell(samples: int, seed: int = 7) -> Rows:
    """24-bit counts at 1 kHz: rest, pulls of three seconds, noise sigma 40."""
    rng = np.random.default_rng(seed)
    times = START_US + np.arange(samples, dtype=np.int64) * 1000
    seconds = np.arange(samples) / 1000
    phase = seconds % 10
    pull = np.where((phase > 4) & (phase < 7), 1 - np.exp(-(phase - 4) * 5), 0.0)
    counts = np.rint(84_000 + 900_000 * pull + rng.normal(0, 40, samples))
    return times, counts.reshape(-1, 1)
