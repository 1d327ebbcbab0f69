"""What is open: recordings that are not finished, and their trials that are armed or running.

They are in memory, and each step of a trial is on disk before it is answered, so that a restart goes on where it was.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Final, Protocol

import numpy as np

from ohmstead.database import Database
from ohmstead.domain import recording as rules
from ohmstead.domain.device import DeviceChanged
from ohmstead.domain.recording import CLOCK, LinkLost, Missing, Recording, Trial, TrialState
from ohmstead.domain.telemetry import HOUR, Times, Values
from ohmstead.runtime.bus import Bus
from ohmstead.runtime.clock import Clock
from ohmstead.series import Layout, SeriesStore
from ohmstead.services.calibrations import Calibrations
from ohmstead.services.devices import Devices
from ohmstead.services.settling import Settling
from ohmstead.services.trial_book import TrialBook
from ohmstead.storage import recordings as store

FORGOTTEN_US: Final = 6 * HOUR  # an open test that nobody touched for so long is over


class Streams(Protocol):
    """Devices that send only when told. `trial`: samples are wanted now; else soon, for somebody looks at them."""

    def hold(self, device: int, key: str, *, trial: bool) -> None: ...
    def release(self, device: int, key: str) -> None: ...


class OpenRecordings:
    """Event-loop only."""

    def __init__(
        self,
        database: Database,
        series: SeriesStore,
        devices: Devices,
        calibrations: Calibrations,
        streams: Streams,
        settling: Settling,
        book: TrialBook,
        bus: Bus,
        clock: Clock,
    ) -> None:
        self._database = database
        self._series = series
        self._devices = devices
        self._calibrations = calibrations
        self._streams = streams
        self._settling = settling
        self._book = book
        self._clock = clock
        self.recordings: dict[int, Recording] = {}
        self.trials: dict[int, Trial] = {}
        self._touched: dict[int, int] = {}
        series.on_stored(self._stored)
        database.writer.on_health(self._storage_changed)
        bus.subscribe(LinkLost, self._link_lost)
        bus.subscribe(DeviceChanged, self._device_changed)

    async def load(self) -> None:
        """Go on with what was open; the time without a server is noted as missing."""
        now, floor = self._clock.now(), self._series.clock_floor
        for one in await self._database.read(store.open_recordings):
            self.begin(one)
        for trial in await self._database.read(store.open_trials):
            if trial.recording not in self.recordings:
                continue
            if trial.state is TrialState.RUNNING and trial.t0 is not None and floor < now:
                begun = max(floor, trial.t0)
                trial = rules.lose(trial, Missing("server", begun, now, detail="the server was restarted"))
                await self._book.keep(trial)
            self.trials[trial.id] = trial
            self._hold_trial(trial)

    # Looking

    def running(self, channels: Sequence[int]) -> Trial | None:
        """The open trial that holds one of these channels."""
        wanted = set(channels)
        return next((t for t in self.trials.values() if wanted & set(self.recordings[t.recording].channels)), None)

    def busy(self, channels: Sequence[int]) -> bool:
        """Whether an open trial holds one of these channels, or one whose last samples are still on their way."""
        return self._settling.holds(channels) or self.running(channels) is not None

    def concerns(self, recording_id: int, channels: frozenset[int]) -> bool:
        """Whether an open recording, or one whose trial settles, is about one of these channels."""
        one = self.recordings.get(recording_id) or self._settling.recording(recording_id)
        return one is not None and not channels.isdisjoint(one.channels)

    def trials_of(self, recording_id: int) -> list[Trial]:
        return [trial for trial in self.trials.values() if trial.recording == recording_id]

    def name(self, trial: Trial) -> str:
        one = self.recordings.get(trial.recording)
        return one.name if one is not None else f"recording {trial.recording}"

    def forgotten(self, now: int) -> Iterator[Recording]:
        """Recordings that nobody touched for long and in which no trial is open."""
        for one in list(self.recordings.values()):
            if now - self._touched.get(one.id, now) > FORGOTTEN_US and not self.trials_of(one.id):
                yield one

    # Recordings

    def begin(self, one: Recording) -> None:
        self.recordings[one.id] = one
        self._touched[one.id] = self._clock.now()
        for device in self._devices_of(one):
            self._streams.hold(device, f"recording {one.id}", trial=False)

    def put(self, one: Recording) -> None:
        """As it is from now on; what is finished or deleted is no longer open."""
        if one.ended_at is None and one.deleted_at is None:
            self.recordings[one.id] = one
        elif self.recordings.pop(one.id, None) is not None:
            self._touched.pop(one.id, None)
            for device in self._devices_of(one):
                self._streams.release(device, f"recording {one.id}")

    def _devices_of(self, one: Recording) -> set[int]:
        return {channel.device for c in one.channels if (channel := self._devices.known_channel(c)) is not None}

    # Trials

    async def add(self, trial: Trial) -> None:
        """Its place is taken at once; returns when it is on disk."""
        if trial.state is TrialState.RUNNING and (reason := self._database.writer.health) is not None:
            trial = rules.lose(trial, Missing("storage", self._clock.now(), detail=reason))
        self.trials[trial.id] = trial
        self._touched[trial.recording] = trial.asked_at
        try:
            await self._book.keep(trial)
        except BaseException:
            self.trials.pop(trial.id, None)
            raise
        self._hold_trial(trial)
        self._book.tell(trial)

    async def end(self, trial: Trial, at: int, by: str) -> Trial:
        """It is over, and settles; an armed one is cancelled."""
        if trial.id not in self.trials:  # somebody else was quicker
            return self._settling.get(trial.id) or trial
        ended = rules.end(self._timed(self.trials[trial.id]), at, by)
        one = self.recordings[trial.recording]
        del self.trials[trial.id]
        self._touched[one.id] = self._clock.now()
        if ended.state is TrialState.DONE:
            self._settling.add(one, ended)
        try:
            await self._book.keep(ended)
        except BaseException:
            self._settling.drop(ended.id)
            self.trials[trial.id] = trial
            raise
        for device in self._devices_of(one):
            self._streams.release(device, f"trial {trial.id}")
        self._book.tell(ended)
        return ended

    def _hold_trial(self, trial: Trial) -> None:
        for device in self._devices_of(self.recordings[trial.recording]):
            self._streams.hold(device, f"trial {trial.id}", trial=True)

    # What time and devices bring

    async def tick(self, now: int) -> None:
        """End what ends by itself, settle what is complete."""
        for trial in list(self.trials.values()):
            if (at := trial.ends_at) is not None and at <= now:
                await self.end(trial, at, "time")
        for trial in list(self.trials.values()):
            if (timed := self._timed(trial)) != trial:
                self._changed(timed)
        self._settling.tick(now)

    def _timed(self, trial: Trial) -> Trial:
        """The trial, which says so where samples since its start took their arrival as their time."""
        if trial.state is not TrialState.RUNNING or trial.t0 is None:
            return trial
        for device in self._devices_of(self.recordings[trial.recording]):
            if self._devices.untimed_at(device) >= trial.t0:
                trial = rules.lose(trial, Missing(CLOCK, trial.t0, device=device, detail="times are those of arrival"))
        return trial

    def _stored(self, runs: Sequence[tuple[Layout, Times, Values]]) -> None:
        for layout, times, values in runs:
            for trial in self.trials.values():
                if trial.state is TrialState.ARMED and (at := self._crossed(trial, layout, times, values)) is not None:
                    self._changed(rules.begin(trial, at))

    def _crossed(self, trial: Trial, layout: Layout, times: Times, values: Values) -> int | None:
        """When the force rose above the trial's threshold in these rows."""
        columns = [n for n, c in enumerate(layout.series) if c in self.recordings[trial.recording].channels]
        above = trial.trigger.above
        if not columns or above is None or not len(times):
            return None
        table = np.asarray(values, np.float64).reshape(-1, layout.width)
        total = np.zeros(len(table))
        for n in columns:
            line = self._calibrations.holding_line(layout.series[n])
            total += table[:, n] if line is None else line.newtons(table[:, n])
        fresh = np.flatnonzero((total > above) & (np.asarray(times) >= trial.asked_at))
        return int(np.asarray(times)[fresh].min()) if len(fresh) else None

    def _changed(self, trial: Trial) -> None:
        self.trials[trial.id] = trial
        self._book.soon(self._keep_open(trial.id))
        self._book.tell(trial)

    async def _keep_open(self, trial_id: int) -> None:
        """As it is by then: one that ended meanwhile was kept as such."""
        if (trial := self.trials.get(trial_id)) is not None:
            await self._book.keep(trial)

    def _link_lost(self, fact: LinkLost) -> None:
        for trial in self._running_with(fact.device):
            if fact.back:
                changed = rules.found_again(trial, "link", fact.at, fact.device)
            else:
                lost = Missing("link", fact.at, device=fact.device, detail="the device was not connected")
                changed = rules.lose(trial, lost)
            if changed != trial:
                self._changed(changed)

    def _device_changed(self, fact: DeviceChanged) -> None:
        """Devices that are no streams of ours come and go too: over MQTT, or by their own WebSocket."""
        if self._running_with(fact.device):
            now = self._clock.now()
            self._link_lost(LinkLost(fact.device, now, back=self._devices.is_there(fact.device)))

    def _storage_changed(self, reason: str | None) -> None:
        """The disk takes nothing more, or does again: the trials that run say so, and from when to when."""
        now = self._clock.now()
        for trial in [one for one in self.trials.values() if one.state is TrialState.RUNNING]:
            if reason is None:
                changed = rules.found_again(trial, "storage", now)
            else:
                changed = rules.lose(trial, Missing("storage", now, detail=reason))
            if changed != trial:
                self._changed(changed)

    def not_stored(self, device: int, samples: int) -> None:
        """Samples of a device came and could not be kept: the trials that should hold them say so."""
        now = self._clock.now()
        for trial in self._running_with(device):
            lost = Missing("storage", now, now, device=device, detail=f"{samples} samples could not be stored")
            self.trials[trial.id] = replace(trial, missing=(*trial.missing, lost))

    def _running_with(self, device: int) -> list[Trial]:
        return [
            trial
            for trial in self.trials.values()
            if trial.state is TrialState.RUNNING and device in self._devices_of(self.recordings[trial.recording])
        ]
