"""Taking samples in: whose they are, whether they may come, and into which series they go."""

import time
from collections.abc import Sequence
from typing import Final, NamedTuple, Protocol

import numpy as np

from ohmstead.database import Database
from ohmstead.dialects.dialect import Dialect
from ohmstead.domain.channel import describe, redescribe
from ohmstead.domain.device import DeviceState
from ohmstead.domain.errors import Forbidden, TooFast, TooMany, Unavailable
from ohmstead.domain.firmware import told_anew
from ohmstead.domain.intake import check
from ohmstead.domain.telemetry import Announcement, Batch, Rejection, Run, Times, Values
from ohmstead.runtime.clock import Clock
from ohmstead.series import Layout, SeriesStore
from ohmstead.services.counters import Counters
from ohmstead.services.registry import Known, Registry

MOST_SHAPES: Final = 256  # sets of keys of one device; real ones have a handful


class ClockTrust(Protocol):
    @property
    def trusted(self) -> bool: ...


class Receipt(NamedTuple):
    """What became of a batch. It is on disk once tickets up to `ticket` are committed; 0 = nothing to wait for."""

    ticket: int
    accepted: int
    duplicates: int
    rejected: Sequence[Rejection]


class Ingest:
    """The one way in for samples. Synchronous and event-loop only: a call costs microseconds, never waits."""

    def __init__(
        self,
        database: Database,
        series: SeriesStore,
        registry: Registry,
        clock: Clock,
        trust: ClockTrust,
        counters: Counters,
        unclaimed_devices: int,
    ) -> None:
        self._writer = database.writer
        self._series = series
        self._registry = registry
        self._clock = clock
        self._trust = trust
        self._counters = counters
        self._unclaimed_devices = unclaimed_devices

    def anonymous(self, serial: str, dialect: Dialect) -> Known:
        """The device behind a message without credentials, created unclaimed when it is new.

        Raises Forbidden if the serial owns a token, was refused, or speaks another dialect than it was claimed
        with; TooMany if there are too many unclaimed devices already.
        """
        known = self._registry.by_serial.get(serial)
        if known is None:
            if self._registry.count(DeviceState.UNCLAIMED) >= self._unclaimed_devices:
                self._counters.refused += 1
                raise TooMany("too many unclaimed devices: claim or refuse some first", retry_after_s=60)
            return self._registry.create(serial, serial, DeviceState.UNCLAIMED, dialect.name, self._clock.now())
        device = known.device
        if known.owns_token or device.state is DeviceState.REFUSED:
            self._counters.refused += 1
            why = "owns a token: anonymous data is not accepted" if known.owns_token else "was refused"
            raise Forbidden(f"device {serial} {why}")
        if device.dialect != dialect.name:
            self._counters.refused += 1
            raise Forbidden(f"device {serial} speaks {device.dialect}, not {dialect.name}")
        return known

    def admit(self, known: Known) -> None:
        """Raises Forbidden for a deleted device, TooFast or Unavailable if a message cannot be taken now."""
        if known.device.deleted_at is not None:
            self._counters.refused += 1
            raise Forbidden(f"device {known.device.serial} was deleted")
        if not known.rate.take(time.monotonic()):
            self._counters.throttled += 1
            raise TooFast(f"device {known.device.serial} sends too many messages", known.rate.wait_s)
        if self._writer.full:
            self._counters.busy += 1
            raise Unavailable("too much is waiting to be stored; send again in a moment")
        if self._writer.health is not None:
            raise Unavailable(self._writer.health)

    def submit(self, known: Known, batch: Batch, received_us: int) -> Receipt:
        """Hand a decoded batch to the store. What is rejected is counted and named; the rest is kept."""
        device = known.device
        known.presence.heard(received_us)
        known.received += 1
        self._counters.messages += 1
        if batch.details and batch.details != device.details:
            self._note_details(known, told_anew(device.details, batch.details))
        mark = None
        if batch.seq is not None and batch.boot is not None:
            if self._series.seen(device.id, batch.boot, batch.seq):
                return self._receipt(known, 0, 0, len(batch), batch)
            mark = (device.id, batch.boot, batch.seq)
        if batch.announced:
            self._announce(known, batch.announced)
        batch, accepted, duplicates = check(batch, known.channels, received_us=received_us, trusted=self._trust.trusted)
        if batch.untimed or batch.clock_flagged:
            known.untimed_at = received_us
        runs = batch.runs if len(known.resolved) < MOST_SHAPES else _few_shapes(known, batch.runs)
        stored = [self._resolved(known, run) for run in runs if len(run.times_us)]
        ticket = self._series.append(stored, mark=mark) if stored else 0
        return self._receipt(known, ticket, accepted, duplicates, batch)

    def _resolved(self, known: Known, run: Run) -> tuple[Layout, Times, Values]:
        """A run as the store takes it: canonical values of channels that exist."""
        resolved = known.resolved.get(run.keys)
        if resolved is None:
            if missing := [key for key in run.keys if key not in known.device.channels]:
                self._registry.add_channels(known, [describe(key, None) for key in missing])
            resolved = self._registry.resolve(known, run.keys)
        values = run.values
        if resolved.factors is not None and resolved.shifts is not None:
            scaled = np.asarray(values).reshape(-1, len(run.keys)) * resolved.factors + resolved.shifts
            values = np.round(scaled, 9).ravel()
        return resolved.layout, run.times_us, values

    def malformed(self, known: Known | None) -> None:
        """Count a message that no dialect could read."""
        self._counters.malformed += 1
        if known is not None:
            known.rejected += 1

    def _receipt(self, known: Known, ticket: int, accepted: int, duplicates: int, batch: Batch) -> Receipt:
        counters = self._counters
        counters.samples += accepted
        if duplicates:
            counters.duplicates += duplicates
        if batch.rejected:
            known.rejected += len(batch.rejected)
            counters.rejected += len(batch.rejected)
        if batch.clock_flagged:
            known.clock_flagged += batch.clock_flagged
            counters.clock_flagged += batch.clock_flagged
        return Receipt(ticket, accepted, duplicates, batch.rejected)

    def _announce(self, known: Known, announced: Sequence[Announcement]) -> None:
        """Create the channels a device describes before it uses them, and follow it where it describes one anew."""
        room = known.channels.most - len(known.channels)
        new = {a.key: a for a in announced if a.key not in known.device.channels}
        if new and room > 0:
            self._registry.add_channels(known, [describe(a.key, a) for a in list(new.values())[:room]])
        if announced == known.announced:
            return
        known.announced = announced
        for told in announced:
            channel = known.device.channels.get(told.key)
            if channel is not None and (changes := redescribe(channel, told)):
                self._registry.redescribe(known, channel, changes)

    def _note_details(self, known: Known, details: dict[str, str]) -> None:
        device = known.device
        if details != device.details:
            device.details = details
            self._registry.save_details(device.id, details)


def _few_shapes(known: Known, runs: Sequence[Run]) -> list[Run]:
    """The same samples. Each set of keys is remembered for good, so a device that always sends another one gets
    its keys stored one by one."""
    return [
        part
        for run in runs
        for part in (
            [run]
            if run.keys in known.resolved
            else [Run((key,), run.times_us, run.values[n :: len(run.keys)]) for n, key in enumerate(run.keys)]
        )
    ]
