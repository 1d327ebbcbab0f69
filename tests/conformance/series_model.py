"""What the series store must answer, computed from a plain dict of all samples ever acknowledged."""

import shutil
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import Final

import numpy as np

from ohmstead.domain import counters
from ohmstead.domain.calendar import Period, edges
from ohmstead.domain.quantity import Kind
from ohmstead.domain.rollups import fold
from ohmstead.domain.telemetry import DAY, MINUTE, SECOND
from ohmstead.series import Chart, SeriesStore
from ohmstead.series.gaps import bridged

# Five days around the night in which Berlin's clocks skip an hour: 2026-03-29 01:00 UTC.
BEGIN: Final = 1_774_569_600 * SECOND  # 2026-03-27T00:00:00Z
LENGTH: Final = 5 * DAY

DEVICE_OF: Final = {1: 1, 2: 1, 3: 1, 4: 2}
KINDS: Final = {1: Kind.GAUGE, 2: Kind.COUNTER, 3: Kind.GAUGE, 4: Kind.COUNTER}
LAYOUTS: Final = ((1, (1, 2)), (1, (2, 3, 1)), (1, (3,)), (2, (4,)))


def value(series: int, t: int, salt: int) -> float:
    """A plausible value: counters rise, start anew every 31 hours, and are misread now and then."""
    noise = (t // 1000 * 2654435761 + salt * 40503 + series * 97) % 1009
    if KINDS[series] is Kind.COUNTER:
        if noise < 30:
            return 0.0
        register = t % (31 * 60 * MINUTE) // SECOND / 2.0
        return max(0.0, register - (noise % 7 if noise < 90 else 0))
    return round(200 + noise / 10, 1)


@dataclass
class Model:
    """All samples by series, expired ones too: rollups outlive raw samples."""

    samples: dict[int, dict[int, float]] = field(default_factory=lambda: {series: {} for series in DEVICE_OF})
    raw_from: dict[int, int] = field(default_factory=lambda: dict.fromkeys(DEVICE_OF, 0))
    marks: list[tuple[int, str, int]] = field(default_factory=list)
    zone: str = "Europe/Berlin"

    def columns(self, series: int) -> tuple[np.ndarray, np.ndarray]:
        held = self.samples[series]
        t = np.array(sorted(held), np.int64)
        return t, np.array([held[int(one)] for one in t])

    def expired(self, series: int, raw_from: int) -> None:
        self.raw_from[series] = raw_from

    def deleted(self, series: int) -> None:
        self.samples[series] = {}
        self.raw_from[series] = 0

    async def compare(self, store: SeriesStore, spans: list[tuple[int, int, int]]) -> None:
        """Assert that the store tells the same: raw samples, days, and a chart per (t0, t1, points)."""
        for series in DEVICE_OF:
            t, v = self.columns(series)
            fresh = t >= self.raw_from[series]
            found_t, found_v = await store.raw(series, 0, 1 << 60)
            assert found_t.tolist() == t[fresh].tolist()
            assert found_v.tolist() == v[fresh].tolist()
            if len(t):
                assert store.last[series] == (int(t[-1]), float(v[-1]))
            else:
                assert series not in store.last
            for t0, t1, points in spans:
                if t0 >= self.raw_from[series]:
                    self._same_chart((await store.chart([series], t0, t1, points))[0], series, t0, t1, points)
        for zone in (self.zone, "Asia/Kathmandu"):
            await self._same_days(store, zone)
        for device, boot, seq in self.marks[-20:]:
            assert store.seen(device, boot, seq)

    def _same_chart(self, chart: Chart, series: int, t0: int, t1: int, points: int) -> None:
        t, v = self.columns(series)
        increase = counters.fold(t, v)[0] if KINDS[series] is Kind.COUNTER else None
        inside = (t >= t0) & (t < t1)
        if chart.tier == "day":
            days = edges(self.zone, Period.DAY, t0, t1)
            every = round(chart.width_us / DAY)
            borders = np.append(days[:-1:every], days[-1])
        else:
            origin = t0 if chart.tier == "raw" else t0 // (15 * MINUTE) * (15 * MINUTE)
            borders = np.arange(origin, t1 + chart.width_us, chart.width_us)
            assert len(borders) - 1 <= points + 2
        assert bool((chart.t >= t0).all())
        rows = {}
        for low, high in pairwise(borders):
            here = inside & (t >= low) & (t < high)
            if here.any():
                rows[max(int(low), t0)] = here
        assert chart.t.tolist() == list(rows), (series, chart.tier, t0, t1, points)
        for i, here in enumerate(rows.values()):
            assert chart.count[i] == here.sum()
            assert chart.min[i] == v[here].min()
            assert chart.max[i] == v[here].max()
            np.testing.assert_allclose(chart.mean[i], v[here].mean(), rtol=1e-9)
            if increase is not None:
                assert chart.increase is not None
                np.testing.assert_allclose(chart.increase[i], increase[here].sum(), rtol=1e-9, atol=1e-6)

    async def _same_days(self, store: SeriesStore, zone: str) -> None:
        borders = edges(zone, Period.DAY, BEGIN - DAY, BEGIN + LENGTH + DAY)
        answers = await store.days(list(DEVICE_OF), zone, BEGIN - DAY, BEGIN + LENGTH + DAY)
        for series, found in zip(DEVICE_OF, answers, strict=True):
            t, v = self.columns(series)
            increase = counters.fold(t, v)[0] if KINDS[series] is Kind.COUNTER else None
            wanted = fold(
                t,
                v,
                borders,
                bridged=bridged(t, t[:0]),
                increase=increase,
            )
            assert found.start.tolist() == wanted.start.tolist(), (series, zone)
            for name, column in wanted.columns().items():
                np.testing.assert_allclose(
                    found.columns()[name], column, rtol=1e-9, atol=1e-6, err_msg=f"series {series}, {name}, {zone}"
                )


def crash_copy(url: str, to: Path) -> str:
    """Copy a SQLite database as a power cut would leave it, its log not yet in the file; return the copy's URL."""
    path = Path(url.removeprefix("sqlite:///"))
    to.mkdir(parents=True)
    for suffix in ("", "-wal"):
        if (path.parent / (path.name + suffix)).exists():
            shutil.copy(path.parent / (path.name + suffix), to / ("ohmstead.db" + suffix))
    return f"sqlite:///{to}/ohmstead.db"
