"""Recordings on a whole server: trials by people and by force, what they miss, and that they survive."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from ohmstead.analysis.synthetic import Pull
from ohmstead.app import App
from ohmstead.domain.access import ROLES, Principal, Role
from ohmstead.domain.device import DeviceChanged
from ohmstead.domain.errors import Conflict, Forbidden, InvalidInput, NotFound
from ohmstead.domain.recording import LinkLost, Recording, Trial, TrialState, Trigger, Wanted
from ohmstead.domain.telemetry import DAY, HOUR, MS, SECOND, Announcement, Batch, Run
from ohmstead.services import trial_samples
from ohmstead.services.calibrations import Load
from unit.services.lab_rig import Rig
from world import T0

BOB = Principal("bob", ROLES[Role.OPERATOR], user=2, role=Role.OPERATOR)


def lab(world: Any) -> Any:
    return world.app.laboratory.lab


async def a_rig(world: Any, **options: Any) -> Rig:
    rig = await Rig.connected(world, **options)
    await rig.stream(0.5)
    await rig.calibrate()
    return rig


async def a_session(world: Any, rig: Rig, **options: Any) -> Recording:
    known = {"kind": "imtp", "name": "Monday", "channels": rig.channels} | options
    one: Recording = await lab(world).recordings.create(world.admin, **known)
    return one


async def ended(world: Any, rig: Rig, trial: Trial) -> Trial:
    """Stopped, and settled by what comes after."""
    await lab(world).trials.stop(world.admin, trial.id)
    await rig.stream(0.3)
    _, whole = await lab(world).trials.get(world.admin, trial.id)
    assert whole.quality
    found: Trial = whole
    return found


class TestTrials:
    async def test_a_trial_is_the_span_between_start_and_stop_and_is_analysed_at_once(self, world: Any) -> None:
        rig = await a_rig(world)
        session = await a_session(world, rig, body_mass_kg=80.0)
        trial = await lab(world).trials.start(world.admin, session.id, Trigger())
        await rig.stream(7.0)
        trial = await ended(world, rig, trial)
        assert (trial.state, trial.missing) == (TrialState.DONE, ())
        assert trial.t1 - trial.t0 == 7 * SECOND
        for one in trial.quality.values():
            assert one["samples"] == 7000
            assert one["nominal_hz"] == pytest.approx(1000, rel=1e-3)
            assert one["gap_count"] == 0
        (run,) = await lab(world).results.of_trial(trial)
        peak = next(m for m in run.result["metrics"] if m["key"] == "peak_force_gross")
        assert peak["value"] == pytest.approx(rig.pull.base_n + rig.pull.peak_net, abs=0.5)

    async def test_pre_roll_brings_what_was_before(self, world: Any) -> None:
        rig = await a_rig(world)
        await rig.stream(2.0)
        session = await a_session(world, rig)
        trial = await lab(world).trials.start(world.admin, session.id, Trigger(pre_s=1.5))
        await rig.stream(1.0)
        trial = await ended(world, rig, trial)
        assert {one["samples"] for one in trial.quality.values()} == {2500}

    async def test_more_samples_than_memory_should_hold_are_refused_in_words(
        self, world: Any, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        rig = await a_rig(world)
        session = await a_session(world, rig)
        trial = await lab(world).trials.start(world.admin, session.id, Trigger())
        await rig.stream(2.0)
        trial = await ended(world, rig, trial)
        monkeypatch.setattr(trial_samples, "MOST_TOGETHER", 3_999)
        with pytest.raises(InvalidInput, match="more than 3999 samples in all its channels"):
            await lab(world).results.analyse(world.admin, trial.id, {})
        monkeypatch.setattr(trial_samples, "MOST_TOGETHER", 4_000)
        await lab(world).results.analyse(world.admin, trial.id, {})

    async def test_a_force_above_the_threshold_starts_an_armed_trial(self, world: Any) -> None:
        rig = await a_rig(world)
        session = await a_session(world, rig)
        trigger = Trigger(above=1000.0, pre_s=1.0, for_s=2.0)
        trial = await lab(world).trials.start(world.admin, session.id, trigger)
        assert trial.state is TrialState.ARMED
        await rig.stream(2.0)
        assert lab(world).open.trials[trial.id].state is TrialState.ARMED
        await rig.stream(5.0)
        _, trial = await lab(world).trials.get(world.admin, trial.id)
        assert (trial.state, trial.ended_by) == (TrialState.DONE, "time")
        crossed = rig.boot_us + 5 * SECOND + round(rig.pull.crossing(200.0) * SECOND)
        assert trial.t0 + SECOND == pytest.approx(crossed, abs=2 * MS)
        assert trial.t1 - trial.t0 == 3 * SECOND

    async def test_an_armed_trial_that_is_stopped_was_cancelled(self, world: Any) -> None:
        rig = await a_rig(world)
        session = await a_session(world, rig)
        trial = await lab(world).trials.start(world.admin, session.id, Trigger(above=5000.0))
        stopped = await lab(world).trials.stop(world.admin, trial.id)
        assert stopped.state is TrialState.CANCELLED
        assert (await lab(world).trials.stop(world.admin, trial.id)).state is TrialState.CANCELLED
        with pytest.raises(Conflict):
            await lab(world).results.analyse(world.admin, trial.id, {})

    async def test_of_two_who_press_start_the_second_is_told_who_was_first(self, world: Any) -> None:
        rig = await a_rig(world)
        session = await a_session(world, rig)
        await lab(world).trials.start(BOB, session.id, Trigger())
        with pytest.raises(Conflict, match="bob started trial 1 of Monday at 00:00:00 UTC"):
            await lab(world).trials.start(world.admin, session.id, Trigger())
        other = await a_session(world, rig, name="Tuesday")
        with pytest.raises(Conflict, match="bob"):
            await lab(world).trials.start(world.admin, other.id, Trigger())

    async def test_a_trial_without_any_sample_says_so(self, world: Any) -> None:
        rig = await a_rig(world)
        session = await a_session(world, rig)
        rig.lose()
        trial = await lab(world).trials.start(world.admin, session.id, Trigger())
        world.clock.us += 5 * SECOND
        await lab(world).trials.stop(world.admin, trial.id)
        world.clock.us += 5 * SECOND
        await world.app.laboratory.keep()
        await lab(world).trials.flush()
        _, trial = await lab(world).trials.get(world.admin, trial.id)
        assert [(m.kind, m.detail) for m in trial.missing] == [("gap", "nothing after this")] * 2
        second = await lab(world).trials.start(world.admin, session.id, Trigger())
        world.clock.us += 5 * SECOND
        await lab(world).trials.stop(world.admin, second.id)
        world.clock.us += 5 * SECOND
        await world.app.laboratory.keep()
        await lab(world).trials.flush()
        _, second = await lab(world).trials.get(world.admin, second.id)
        assert [(m.kind, m.detail) for m in second.missing] == [("gap", "no sample at all")] * 2

    async def test_the_file_of_the_older_system_has_the_size_that_is_told_and_the_devices_own_times(
        self, world: Any
    ) -> None:
        rig = await a_rig(world)
        session = await a_session(world, rig)
        trial = await lab(world).trials.start(world.admin, session.id, Trigger())
        await rig.stream(1.0)
        trial = await ended(world, rig, trial)
        name, body = await lab(world).papers.older_csv(world.admin, trial.id)
        assert name == "imtp_test_20251121_010000.csv"  # Vienna
        lines = body.decode().split("\r\n")
        assert lines[0] == "timestamp,left_sensor,right_sensor,esp32_time_ms"
        assert len(body) == trial.file_bytes
        own = [int(line.split(",")[3]) for line in lines[1:-1]]
        assert own == list(range(own[0], own[0] + 1000))
        assert lines[1].startswith("2025-11-21T01:00:00.")
        assert lines[1].split(",")[0].endswith("Z")


class TestWhatIsMissing:
    async def test_a_device_that_drops_and_returns_marks_the_trial(self, world: Any) -> None:
        rig = await a_rig(world)
        session = await a_session(world, rig)
        trial = await lab(world).trials.start(world.admin, session.id, Trigger())
        await rig.stream(1.0)
        rig.lose()
        await rig.stream(0.8, sent=False)
        await rig.come_back()
        await rig.stream(1.0)
        trial = await ended(world, rig, trial)
        link = next(m for m in trial.missing if m.kind == "link")
        assert (link.t1 - link.t0) == pytest.approx(0.8 * SECOND, abs=10 * MS)
        gaps = [m for m in trial.missing if m.kind == "gap"]
        assert {m.channel for m in gaps} == set(rig.channels)
        assert all(m.t1 - m.t0 == pytest.approx(0.8 * SECOND, abs=10 * MS) for m in gaps)
        assert {one["samples"] for one in trial.quality.values()} == {2000}

    async def test_a_restart_of_the_server_in_mid_trial_loses_nothing_that_arrived(self, world: Any) -> None:
        rig = await a_rig(world)
        session = await a_session(world, rig)
        trial = await lab(world).trials.start(world.admin, session.id, Trigger(for_s=6.0))
        await rig.stream(2.0)
        await world.app.gateway.close()
        await world.app.close()
        settings = world.app.settings
        world.clock.us += SECOND
        rig.made_ms += 1000
        world.app = App(settings)
        await world.app.start()
        (open_trial,) = lab(world).open.trials.values()
        assert open_trial.id == trial.id
        await rig.come_back()
        assert rig.orders[-1] == '{"cmd":"start","command":"start"}'
        await rig.stream(4.0)
        _, whole = await lab(world).trials.get(world.admin, trial.id)
        assert (whole.state, whole.ended_by) == (TrialState.DONE, "time")
        server = next(m for m in whole.missing if m.kind == "server")
        assert server.t1 - server.t0 == pytest.approx(SECOND, abs=200 * MS)
        assert {one["samples"] for one in whole.quality.values()} == {5000}

    async def test_a_trial_that_ended_as_the_server_did_is_looked_at_afterwards(self, world: Any) -> None:
        rig = await a_rig(world)
        session = await a_session(world, rig)
        trial = await lab(world).trials.start(world.admin, session.id, Trigger())
        await rig.stream(7.0)
        await lab(world).trials.stop(world.admin, trial.id)
        await world.app.gateway.close()
        await world.app.close()
        world.app = App(world.app.settings)
        await world.app.start()
        world.clock.us += 5 * SECOND
        await world.app.laboratory.keep()
        await lab(world).trials.flush()
        _, whole = await lab(world).trials.get(world.admin, trial.id)
        assert [one["samples"] for one in whole.quality.values()] == pytest.approx([7000, 7000], abs=1)
        assert len(await lab(world).results.of_trial(whole)) == 1

    async def test_a_disk_that_takes_nothing_is_told_by_the_trial_while_it_lasts_and_when_it_is_over(
        self, world: Any
    ) -> None:
        rig = await a_rig(world)
        session = await a_session(world, rig)
        trial = await lab(world).trials.start(world.admin, session.id, Trigger())
        await rig.stream(0.5)
        writer = world.app.database.writer
        writer._settle_health("the disk is full")
        writer._settle_health("the disk is full")  # said again: it is one time
        (shown,) = await lab(world).trials.of(session)
        (lost,) = shown.missing
        assert (lost.kind, lost.t0, lost.t1, lost.detail) == ("storage", world.clock.us, None, "the disk is full")
        await rig.stream(0.5, sent=False)
        writer._settle_health(None)
        (lost,) = lab(world).open.trials[trial.id].missing
        assert lost.t1 - lost.t0 == pytest.approx(SECOND // 2, abs=MS)
        await rig.stream(0.5)
        trial = await ended(world, rig, trial)
        assert {m.kind for m in trial.missing} >= {"storage", "gap"}, "what did not come is missing, and why"

    async def test_a_disk_that_took_nothing_for_a_time_is_no_loss_where_the_samples_are_there(self, world: Any) -> None:
        rig = await a_rig(world)
        session = await a_session(world, rig)
        trial = await lab(world).trials.start(world.admin, session.id, Trigger())
        await rig.stream(0.5)
        world.app.database.writer._settle_health("the disk is full")
        await rig.stream(0.5)
        world.app.database.writer._settle_health(None)
        await rig.stream(0.5)
        trial = await ended(world, rig, trial)
        assert {m.kind for m in trial.missing}.isdisjoint({"storage", "gap"})

    async def test_a_trial_that_begins_on_a_full_disk_says_so_from_its_start(
        self, world: Any, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        rig = await a_rig(world)
        session = await a_session(world, rig)
        with monkeypatch.context() as patched:
            patched.setattr(type(world.app.database.writer), "health", property(lambda _: "the disk is full"))
            trial = await lab(world).trials.start(world.admin, session.id, Trigger())
        (lost,) = trial.missing
        assert (lost.kind, lost.t1, lost.detail) == ("storage", None, "the disk is full")

    async def test_a_native_device_that_drops_marks_the_trial_too(self, world: Any) -> None:
        known = await world.device("NATIVE")
        await world.send(known, {0: {"force": 1.0}})
        session = await lab(world).recordings.create(
            world.admin, kind="span", name="Native", channels=[known.device.channels["force"].id]
        )
        trial = await lab(world).trials.start(world.admin, session.id, Trigger())
        world.clock.us += SECOND
        known.presence.gone = True
        world.app.bus.publish(DeviceChanged(known.device.id))
        world.clock.us += SECOND
        known.presence.heard(world.clock.us)
        world.app.bus.publish(DeviceChanged(known.device.id))
        (lost,) = lab(world).open.trials[trial.id].missing
        assert (lost.kind, lost.t1 - lost.t0) == ("link", SECOND)

    async def test_a_dead_channel_is_named(self, world: Any) -> None:
        rig = await a_rig(world)
        session = await a_session(world, rig)
        rig.pull = replace(rig.pull, base_n=0.0, rise_n=0.0)
        await rig.stream(0.1)
        trial = await lab(world).trials.start(world.admin, session.id, Trigger())
        await rig.stream(1.0)
        trial = await ended(world, rig, trial)
        assert {m.kind for m in trial.missing} == {"dead"}


class TestKeeping:
    async def test_letting_go_of_raw_samples_keeps_those_of_trials(self, world: Any) -> None:
        rig = await a_rig(world)
        session = await a_session(world, rig)
        trial = await lab(world).trials.start(world.admin, session.id, Trigger())
        await rig.stream(1.0)
        trial = await ended(world, rig, trial)
        before = await lab(world).samples.traces(session, trial)
        await world.app.series.seal(everything=True)
        world.app.retention._default = 30
        world.clock.us += 40 * DAY
        rig.boot_us += 40 * DAY
        await world.app.retention.apply()
        channel = rig.channels[0]
        assert len((await world.app.series.raw(channel, trial.t0, trial.t1))[0]) == 0
        after = await lab(world).samples.traces(session, trial)
        for name, trace in before.items():
            assert after[name].t_us.tolist() == trace.t_us.tolist()
            assert after[name].values.tolist() == trace.values.tolist()
        run = await lab(world).results.analyse(world.admin, trial.id, {})
        assert run.version == 2

    async def test_a_trial_that_still_runs_holds_its_series_back(self, world: Any) -> None:
        rig = await a_rig(world)
        session = await a_session(world, rig, kind="appliance")
        trial = await lab(world).trials.start(world.admin, session.id, Trigger())
        await rig.stream(1.0)
        world.app.retention._default = 1
        world.clock.us += 3 * DAY
        await world.app.retention.apply()
        assert world.app.series.raw_from(rig.channels[0]) <= trial.t0
        assert len((await lab(world).samples.raw(trial, rig.channels[0]))[0]) >= 1000

    async def test_deleting_can_be_undone_and_then_not_any_more(self, world: Any) -> None:
        rig = await a_rig(world)
        recordings, trials = lab(world).recordings, lab(world).trials
        session = await a_session(world, rig)
        trial = await trials.start(world.admin, session.id, Trigger())
        await recordings.delete(world.admin, session.id)
        with pytest.raises(NotFound):
            await trials.get(world.admin, trial.id)
        assert await recordings.visible(world.admin, Wanted(), 10, None) == []
        restored = await recordings.restore(world.admin, session.id)
        assert restored.ended_at is not None
        await recordings.delete(world.admin, session.id)
        world.clock.us += HOUR
        await world.app.laboratory.purge()
        with pytest.raises(NotFound):
            await recordings.restore(world.admin, session.id)

    async def test_who_may_not_see_a_device_does_not_see_its_recordings(self, world: Any) -> None:
        rig = await a_rig(world)
        subject = await lab(world).subjects.add(world.admin, pseudonym="Falcon")
        session = await a_session(world, rig, subject=subject.id)
        trial = await lab(world).trials.start(world.admin, session.id, Trigger())
        viewer = Principal("vera", ROLES[Role.VIEWER], user=3, role=Role.VIEWER, only_devices=frozenset())
        assert await lab(world).recordings.visible(viewer, Wanted(), 10, None) == []
        assert await lab(world).subjects.visible(viewer) == []
        for refused in (
            lab(world).recordings.get(viewer, session.id),
            lab(world).trials.get(viewer, trial.id),
            lab(world).subjects.get(viewer, subject.id),
        ):
            with pytest.raises(NotFound):
                await refused
        sees = replace(viewer, only_devices=frozenset((rig.device.id,)))
        assert [one.id for one in await lab(world).recordings.visible(sees, Wanted(), 10, None)] == [session.id]
        assert [one.pseudonym for one in await lab(world).subjects.visible(sees)] == ["Falcon"]
        with pytest.raises(Forbidden):
            await lab(world).trials.start(sees, session.id, Trigger())

    async def test_a_forgotten_session_is_finished_and_its_device_stopped(self, world: Any) -> None:
        rig = await a_rig(world)
        session = await a_session(world, rig)
        assert rig.orders[-1] == '{"cmd":"start","command":"start"}'
        world.clock.us += 7 * HOUR
        await world.app.laboratory.keep()
        assert (await lab(world).recordings.get(world.admin, session.id)).ended_at is not None
        assert rig.orders[-1] == '{"cmd":"stop","command":"stop"}'


class TestCalibrations:
    async def test_a_new_calibration_gives_old_counts_new_newtons_and_changes_nothing(self, world: Any) -> None:
        rig = await a_rig(world)
        session = await a_session(world, rig)
        trial = await lab(world).trials.start(world.admin, session.id, Trigger())
        await rig.stream(7.0)
        trial = await ended(world, rig, trial)
        counts = await lab(world).samples.raw(trial, rig.channels[0])
        left = lab(world).calibrations.holding(rig.channels[0])
        twice = left.fit["newtons_per_count"] * 2
        await lab(world).calibrations.add(
            world.admin, rig.channels[0], "given", [], given=(left.fit["zero_counts"], twice)
        )
        same = await lab(world).results.analyse(world.admin, trial.id, {})
        other = await lab(world).results.analyse(world.admin, trial.id, {}, recalibrate=True)
        peaks = [next(m["value"] for m in r.result["metrics"] if m["key"] == "peak_force_gross") for r in (same, other)]
        assert peaks[1] == pytest.approx(peaks[0] * 1.52, rel=1e-3)
        assert (same.version, other.version) == (2, 3)
        assert [r.version for r in await lab(world).results.of_trial(trial)] == [3, 2, 1]
        assert np.array_equal((await lab(world).samples.raw(trial, rig.channels[0]))[1], counts[1])

    async def test_two_points_and_a_tare_from_what_the_channel_sent(self, world: Any) -> None:
        rig = await a_rig(world)
        rig.pull = replace(rig.pull, base_n=0.0, rise_n=0.0)
        channel = rig.channels[0]
        calibrations = lab(world).calibrations
        await rig.stream(1.0)
        unloaded = await calibrations.capture(world.admin, channel, 0.5)
        assert unloaded.samples == 500
        rig.pull = replace(rig.pull, base_n=20 * 9.80665 / 0.52)
        await rig.stream(1.0)
        loaded = await calibrations.capture(world.admin, channel, 0.5)
        one = await calibrations.add(
            world.admin,
            channel,
            "two-point",
            [Load(0.0, start=unloaded.start, end=unloaded.end), Load(20.0, start=loaded.start, end=loaded.end)],
            temperature_c=21.5,
        )
        assert one.fit["newtons_per_count"] == pytest.approx(0.001, rel=1e-4)
        tared = await calibrations.add(world.admin, channel, "tare", [Load(0.0, counts=-12_650.0)])
        assert tared.fit["zero_counts"] == -12_650.0
        assert tared.fit["newtons_per_count"] == one.fit["newtons_per_count"]
        assert calibrations.holding(channel).id == tared.id
        await calibrations.withdraw(world.admin, tared.id)
        assert calibrations.holding(channel).id == one.id

    async def test_what_makes_no_line_is_refused(self, world: Any) -> None:
        rig = await a_rig(world)
        for method, loads in (
            ("two-point", [Load(0.0, counts=5.0), Load(20.0, counts=5.0)]),
            ("two-point", [Load(0.0, counts=5.0)]),
            ("tare", []),
            ("guess", []),
            ("multi-point", [Load(0.0), Load(1.0), Load(2.0)]),
        ):
            with pytest.raises(InvalidInput):
                await lab(world).calibrations.add(world.admin, rig.channels[0], method, loads)


class TestResults:
    async def test_a_look_is_not_kept_and_a_dragged_onset_is(self, world: Any) -> None:
        rig = await a_rig(world)
        session = await a_session(world, rig)
        trial = await lab(world).trials.start(world.admin, session.id, Trigger())
        await rig.stream(7.0)
        trial = await ended(world, rig, trial)
        results = lab(world).results
        manual = {"onset": "manual", "onset_ms": 3400.0}
        look = await results.analyse(world.admin, trial.id, manual, keep=False)
        assert (look.id, look.version) == (0, 0)
        assert len(await results.of_trial(trial)) == 1
        kept = await results.analyse(world.admin, trial.id, manual)
        assert kept.version == 2
        assert kept.result["parameters"]["onset"] == "manual"
        with pytest.raises(InvalidInput):
            await results.analyse(world.admin, trial.id, {"onset": "astrology"})

    async def test_scores_leave_out_what_was_rejected(self, world: Any) -> None:
        rig = await a_rig(world)
        subject = await lab(world).subjects.add(world.admin, body_mass_kg=80.0)
        for number in range(2):
            rig.pull_from_ms = rig.made_ms - 500
            session = await a_session(world, rig, name=f"Day {number}", subject=subject.id)
            trial = await lab(world).trials.start(world.admin, session.id, Trigger())
            await rig.stream(7.0)
            trial = await ended(world, rig, trial)
            await lab(world).trials.judge(world.admin, trial.id, number == 0, "slipped" if number else "")
            await lab(world).recordings.finish(world.admin, session.id)
        series = await lab(world).scores.series(
            world.admin, "peak_force_gross", subject=subject.id, group=None, kind="imtp"
        )
        assert len(series.scores) == 1
        report = await lab(world).scores.reliability(
            world.admin, "peak_force_gross", subject=None, group=None, kind="imtp", use="best"
        )
        assert report.reliability is None
        assert report.reason == "it takes three subjects with two sessions each"


class TestLateSamples:
    async def test_what_a_device_kept_while_it_was_cut_off_is_looked_at_once_it_came(self, world: Any) -> None:
        """A native device backfills. The trial was marked, and had a result of what there was; now it has another."""
        known = await world.device("NATIVE")
        await sent(world, known, 0, 10)
        channels = [known.device.channels[key].id for key in ("left", "right")]
        session = await lab(world).recordings.create(world.admin, kind="imtp", name="Cut off", channels=channels)
        world.clock.us = T0
        trial = await lab(world).trials.start(world.admin, session.id, Trigger())
        await sent(world, known, 10, 2000)
        await sent(world, known, 3000, 9000)
        world.clock.us = T0 + 9 * SECOND
        await lab(world).trials.stop(world.admin, trial.id)
        trial = await looked_at(world, trial, 2)
        assert {m.kind for m in trial.missing} == {"gap"}
        await lab(world).trials.judge(world.admin, trial.id, True, "looks good")
        await sent(world, known, 2000, 3000)
        trial = await looked_at(world, trial, 2)
        assert trial.missing == ()
        assert (trial.accepted, trial.reason) == (True, "looks good")
        assert {one["samples"] for one in trial.quality.values()} == {9000}
        assert [run.author for run in await lab(world).results.of_trial(trial)] == ["server", "server"]

    async def test_a_line_that_a_person_set_stays_on_top(self, world: Any) -> None:
        known = await world.device("NATIVE")
        await sent(world, known, 0, 10)
        channels = [known.device.channels[key].id for key in ("left", "right")]
        session = await lab(world).recordings.create(world.admin, kind="imtp", name="Cut off", channels=channels)
        world.clock.us = T0
        trial = await lab(world).trials.start(world.admin, session.id, Trigger())
        await sent(world, known, 10, 8000)
        world.clock.us = T0 + 9 * SECOND
        await lab(world).trials.stop(world.admin, trial.id)
        trial = await looked_at(world, trial, 2)
        await lab(world).results.analyse(world.admin, trial.id, {"onset": "20n"})
        await sent(world, known, 8000, 9000)
        trial = await looked_at(world, trial, 2)
        assert [run.author for run in await lab(world).results.of_trial(trial)] == ["ada", "server"]

    async def test_a_connection_that_was_lost_is_no_loss_where_the_samples_came(self, world: Any) -> None:
        rig = await a_rig(world)
        session = await a_session(world, rig, body_mass_kg=80.0)
        trial = await lab(world).trials.start(world.admin, session.id, Trigger())
        await rig.stream(5.05)
        lab(world).open._link_lost(LinkLost(rig.device.id, world.clock.us))
        await rig.stream(0.1)  # what was on its way over the old connection
        lab(world).open._link_lost(LinkLost(rig.device.id, world.clock.us, back=True))
        await rig.stream(2.0)
        trial = await ended(world, rig, trial)
        assert trial.missing == ()
        (run,) = await lab(world).results.of_trial(trial)
        rfd = next(m for m in run.result["metrics"] if m["key"] == "rfd_0_250")
        assert rfd["withheld_reason"] is None

    @pytest.mark.parametrize("own_time", [True, False], ids=["its own time", "no time"])
    async def test_metrics_that_need_times_are_withheld_where_times_are_those_of_arrival(
        self, world: Any, own_time: bool
    ) -> None:
        known = await world.device("NATIVE")
        await sent(world, known, 0, 500)
        channels = [known.device.channels[key].id for key in ("left", "right")]
        session = await lab(world).recordings.create(world.admin, kind="imtp", name="Native", channels=channels)
        world.clock.us = T0 + 500 * MS
        trial = await lab(world).trials.start(world.admin, session.id, Trigger())
        for start in range(500, 8000, 100):
            world.clock.us = T0 + (start + 100) * MS
            await sent(world, known, start, start + 100, untimed=not own_time)
            await world.app.laboratory.keep()
        await lab(world).trials.stop(world.admin, trial.id)
        found = await looked_at(world, trial, 4.0)
        assert [(m.device, m.t0) for m in found.missing if m.kind == "clock"] == (
            [] if own_time else [(known.device.id, found.t0)]
        )
        (run,) = await lab(world).results.of_trial(found)
        metrics = {m["key"]: m["withheld_reason"] for m in run.result["metrics"]}
        assert metrics["peak_force_gross"] is None
        assert (metrics["rfd_0_250"] is None) is own_time
        assert own_time or "on arrival" in metrics["rfd_0_250"]

    async def test_a_cell_at_its_limit_is_not_said_to_miss_samples(self, world: Any) -> None:
        rig = await a_rig(world)
        rig.pull = replace(rig.pull, rise_n=20_000.0)  # the right converter ends at 6.7 kN
        session = await a_session(world, rig)
        trial = await lab(world).trials.start(world.admin, session.id, Trigger())
        await rig.stream(7.0)
        trial = await ended(world, rig, trial)
        assert {m.kind for m in trial.missing} == {"saturated"}
        (run,) = await lab(world).results.of_trial(trial)
        assert not any("missing" in (m["withheld_reason"] or "") for m in run.result["metrics"])
        peak = next(m for m in run.result["metrics"] if m["key"] == "peak_force_gross")
        assert "limit of the converter" in peak["withheld_reason"]


async def sent(world: Any, known: Any, start: int, stop: int, *, untimed: bool = False) -> None:
    """What a native device measured in these milliseconds since T0."""
    ms = np.arange(start, stop)
    force = Pull().base_n + Pull().net(ms / 1000)
    announced = tuple(Announcement(key, "force", "N") for key in ("left", "right"))
    run = Run(("left", "right"), T0 + ms * MS, np.repeat(force / 2, 2))
    receipt = world.app.ingest.submit(known, Batch([run], announced=announced, untimed=untimed), world.clock.arrival())
    await world.app.tickets.committed(receipt.ticket)


async def looked_at(world: Any, trial: Trial, seconds: float) -> Trial:
    for _ in range(round(seconds / 0.1)):
        world.clock.us += 100 * MS
        await world.app.laboratory.keep()
        await lab(world).trials.flush()
    _, found = await lab(world).trials.get(world.admin, trial.id)
    again: Trial = found
    return again


class TestAnyChannel:
    async def test_a_recording_of_a_household_channel_is_integrated(self, world: Any) -> None:
        known = await world.device("FRIDGE")
        await world.send(known, {second: {"power": 90.0} for second in range(-10, 0)})
        channel = known.device.channels["power"].id
        recording = await lab(world).recordings.create(
            world.admin, kind="span", name="An hour of a fridge", channels=[channel]
        )
        trial = await lab(world).trials.start(world.admin, recording.id, Trigger())
        world.clock.us = trial.t0 + 3601 * SECOND
        await world.send(known, {second: {"power": 120.0} for second in range(0, 3601, 10)})
        await lab(world).trials.stop(world.admin, trial.id)
        world.clock.us += 2 * SECOND
        await world.app.laboratory.keep()
        await lab(world).trials.flush()
        _, trial = await lab(world).trials.get(world.admin, trial.id)
        (one,) = await lab(world).samples.statistics(recording, trial)
        assert (one.unit, one.mean) == ("W", pytest.approx(120.0))
        assert one.integral == pytest.approx(120.0, rel=3e-3)  # Wh
        assert one.high == 120.0
