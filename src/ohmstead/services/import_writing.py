"""From a chunk of a file to samples in the store, by the rules that samples of devices pass too."""

from collections.abc import Sequence
from typing import NamedTuple, cast

import numpy as np
from numpy.typing import NDArray

from ohmstead.domain.channel import describe
from ohmstead.domain.device import DeviceState
from ohmstead.domain.errors import Conflict, InvalidInput
from ohmstead.domain.instants import EARLIEST_US
from ohmstead.domain.intake import AHEAD_US, check
from ohmstead.domain.telemetry import Announcement, Batch, Run
from ohmstead.domain.units import conversion
from ohmstead.importing.chunks import Chunk, Faults, Rows
from ohmstead.runtime.clock import Clock
from ohmstead.series import SeriesStore
from ohmstead.services.registry import Known, Registry


class Written(NamedTuple):
    """What became of a chunk; on disk once `ticket` is committed, 0: nothing to wait for."""

    ticket: int
    samples: int
    duplicates: int
    faults: Faults


class ChunkWriter:
    """For one import. Event-loop only, never waits."""

    def __init__(
        self,
        registry: Registry,
        series: SeriesStore,
        clock: Clock,
        announced: Sequence[Announcement],
        serial: str | None,
        dialect: str,
    ) -> None:
        self._registry = registry
        self._series = series
        self._clock = clock
        self._announced = {one.key: one for one in announced}
        self._serial = serial
        self._dialect = dialect
        self._scales: dict[tuple[int, str], tuple[float, float]] = {}

    def write(self, chunk: Chunk) -> Written:
        """Raises InvalidInput or Conflict when these rows cannot belong to their device."""
        faults = Faults()
        faults.merge(chunk.faults)
        ticket = samples = duplicates = 0
        for rows in chunk.parts:
            serial = rows.serial or self._serial
            if serial is None:
                raise InvalidInput("say which device these rows belong to")
            found = self._put(self._device(serial), rows, faults)
            ticket = max(ticket, found[0])
            samples += found[1]
            duplicates += found[2]
        return Written(ticket, samples, duplicates, faults)

    def _device(self, serial: str) -> Known:
        known = self._registry.by_serial.get(serial)
        if known is None:
            return self._registry.create(serial, serial, DeviceState.CLAIMED, self._dialect, self._clock.now())
        if known.device.deleted_at is not None or known.device.state is DeviceState.REFUSED:
            raise Conflict(f"device {serial} was refused or deleted; bring it back first")
        return known

    def _put(self, known: Known, rows: Rows, faults: Faults) -> tuple[int, int, int]:
        values = rows.values
        if not values.size:
            return 0, 0, 0
        impossible = (rows.times_us < EARLIEST_US) | (rows.times_us > self._clock.now() + AHEAD_US)
        if impossible.any():
            faults.add("time", rows.lines[impossible].tolist())
            values = np.where(impossible[:, None], np.nan, values)
        there = ~np.isnan(values)
        self._make_channels(known, [key for n, key in enumerate(rows.keys) if there[:, n].any()])
        if rows.times_us.min() < known.channels.floor_us:
            for column, key in enumerate(rows.keys):
                old = there[:, column] & (rows.times_us < known.channels.raw_from(key))
                faults.add("older_than_retention", rows.lines[old].tolist())
                there[old, column] = False
        scaled = self._scaled(known, rows.keys, values)
        batch = Batch([run for pattern, run in _patterns(rows, scaled, there) if pattern])
        # Nothing is moved to its arrival here: what lies in the future was left out above.
        taken = check(batch, known.channels, received_us=self._clock.now(), trusted=False)
        runs = []
        for run in taken.batch.runs:
            if len(run.times_us):
                resolved = known.resolved.get(run.keys) or self._registry.resolve(known, run.keys)
                runs.append((resolved.layout, run.times_us, run.values))
        ticket = self._series.append(runs) if runs else 0
        return ticket, taken.accepted, taken.duplicates

    def _make_channels(self, known: Known, keys: list[str]) -> None:
        """Channels that the device does not have yet. What is stored is canonical, whatever the file's unit."""
        new = [key for key in keys if key not in known.device.channels]
        if not new:
            return
        if len(known.channels) + len(new) > known.channels.most:
            raise InvalidInput(f"device {known.device.serial} would get more than {known.channels.most} channels")
        specs = []
        for key in new:
            told = self._announced[key]
            spec = describe(key, told)
            specs.append(describe(key, Announcement(key, spec.quantity, spec.unit or None, told.kind, spec.decimals)))
        self._registry.add_channels(known, specs)

    def _scaled(self, known: Known, keys: tuple[str, ...], values: NDArray[np.float64]) -> NDArray[np.float64]:
        scales = [self._scale(known, key) for key in keys]
        if all(scale == (1.0, 0.0) for scale in scales):
            return values
        factors, shifts = np.array(scales).T
        return cast("NDArray[np.float64]", np.round(values * factors + shifts, 9))

    def _scale(self, known: Known, key: str) -> tuple[float, float]:
        """(factor, offset) from the file's unit to that of the channel. Raises InvalidInput where there is none."""
        cached = self._scales.get((known.device.id, key))
        if cached is not None:
            return cached
        channel = known.device.channels.get(key)
        if channel is None:  # a column without any value so far
            return 1.0, 0.0
        told = self._announced[key]
        unit = (told.unit or "").strip() or channel.unit
        found = conversion(unit, channel.unit)
        if found is None or (told.quantity not in (None, channel.quantity) and told.unit is None):
            raise InvalidInput(
                f"column {key} is {told.quantity or 'something'} in {unit or 'no unit'}, but channel {key} of "
                f"{known.device.serial} is {channel.quantity} in {channel.unit or 'no unit'}; map it to another key"
            )
        self._scales[known.device.id, key] = found
        return found


def _patterns(rows: Rows, values: NDArray[np.float64], there: NDArray[np.bool_]) -> list[tuple[tuple[str, ...], Run]]:
    """A run for each set of cells that rows have."""
    if there.all():
        return [(rows.keys, Run(rows.keys, rows.times_us, values.ravel(), cast("Sequence[int]", rows.lines)))]
    patterns, inverse = np.unique(np.packbits(there, axis=1), axis=0, return_inverse=True)
    found = []
    for number in range(len(patterns)):
        chosen = np.flatnonzero(inverse.ravel() == number)
        columns = there[chosen[0]]
        keys = tuple(key for key, has in zip(rows.keys, columns.tolist(), strict=True) if has)
        run = Run(
            keys,
            rows.times_us[chosen],
            values[chosen][:, columns].ravel(),
            cast("Sequence[int]", rows.lines[chosen]),
        )
        found.append((keys, run))
    return found
