"""Which silences are bridged: three times the interval of each series, wherever that changes."""

from collections.abc import AsyncIterator, Callable
from pathlib import Path

import numpy as np
import pytest
import sqlalchemy as sa
from series_model import BEGIN
from test_series_model import Play, small_blocks

from ohmstead.domain.calendar import Period, edges
from ohmstead.domain.energy import Energy, Quality, energy
from ohmstead.domain.rollups import Rollups, fold
from ohmstead.domain.telemetry import DAY, HOUR, MINUTE, SECOND
from ohmstead.series import refolding
from ohmstead.series.gaps import ALIKE, bridged
from ohmstead.series.tables import series_state

__all__ = ["small_blocks"]

TEN = BEGIN + 10 * HOUR
HOLE = (TEN + 20 * MINUTE, TEN + 25 * MINUTE)
WATTS, REGISTER = 1, 2  # both of device 1


@pytest.fixture
async def play(place: Callable[[], str], tmp_path: Path) -> AsyncIterator[Play]:
    playing = Play(place(), tmp_path)
    await playing.open()
    yield playing
    await playing.close()


def instants(step: int, start: int = TEN, end: int = TEN + HOUR) -> np.ndarray:
    t = np.arange(start, end + 1, step)
    return t[(t <= HOLE[0]) | (t >= HOLE[1])] if step < MINUTE else t


async def send(play: Play, t: np.ndarray, watts: float = 1000.0) -> None:
    """Power, and the register that counts it in Wh."""
    layout = play.store.layout(1, (WATTS, REGISTER))
    cells = np.column_stack([np.full(len(t), watts), (t - BEGIN) / HOUR * watts])
    play.store.append([(layout, t, cells.ravel())])
    await play.database.write(lambda connection: None)


async def by_hour(play: Play, series: int) -> Energy:
    rows = (await play.store.quarters([series], TEN, TEN + HOUR))[0]
    borders = np.array([TEN, TEN + HOUR])
    power, counter = (rows, None) if series == WATTS else (None, rows)
    return energy(borders, power=power, counter=counter, interval_us=10 * SECOND)


async def of_the_day(play: Play, series: int, zone: str = "Europe/Berlin") -> Rollups:
    return (await play.store.days([series], zone, TEN, TEN + HOUR))[0]


async def test_a_hole_of_five_minutes_is_not_integrated_and_shows_as_missing(play: Play) -> None:
    await send(play, instants(10 * SECOND))
    for sealed in (False, True):
        if sealed:
            await play.seal()
        got = await by_hour(play, WATTS)
        assert got.kwh[0] == pytest.approx(55 / 60, rel=0.01)
        assert got.missing[0] == pytest.approx(5 / 60, abs=0.01)
        assert got.quality == [Quality.PARTIAL]
        assert (await of_the_day(play, WATTS)).covered.tolist() == [55 * MINUTE]


async def test_a_register_counts_across_the_hole_but_does_not_say_it_watched(play: Play) -> None:
    await send(play, instants(10 * SECOND))
    for sealed in (False, True):
        if sealed:
            await play.seal()
        rows = await of_the_day(play, REGISTER)
        assert rows.increase is not None
        assert rows.increase[0] == pytest.approx(1000.0)
        assert rows.covered.tolist() == [55 * MINUTE]


async def test_a_slow_meter_is_integrated_without_holes(play: Play) -> None:
    await send(play, instants(2 * MINUTE, TEN - 2 * MINUTE))
    for sealed in (False, True):
        if sealed:
            await play.seal()
        got = await by_hour(play, WATTS)
        assert got.kwh[0] == pytest.approx(1.0, abs=0.04)
        assert got.quality == [Quality.INTEGRATED]
        assert got.missing.tolist() == pytest.approx([0], abs=0.03)


async def test_judgement_outlives_late_samples_a_move_to_another_zone_and_a_crash(play: Play) -> None:
    await send(play, instants(10 * SECOND))
    await play.seal()
    await send(play, np.arange(TEN + HOUR + MINUTE, TEN + 3 * HOUR, MINUTE))
    slower = 2 * HOUR - MINUTE - ALIKE * MINUTE  # the first steps of a minute are as good as holes
    wanted = 55 * MINUTE + slower
    for _ in range(2):
        assert (await of_the_day(play, WATTS)).covered.tolist() == [wanted]
        await play.seal()
        assert (await of_the_day(play, WATTS)).covered.tolist() == [wanted]
        await play.zone("America/St_Johns")
        assert (await of_the_day(play, WATTS, "America/St_Johns")).covered.tolist() == [wanted]
        await play.crash()
        # Late ones fold the morning again, and what now lies close enough is bridged.
        await send(play, HOLE[0] + np.array([20, 40]) * SECOND)
        wanted = 55 * MINUTE + 40 * SECOND + slower


@pytest.mark.parametrize("seals", [0, 1, 2])
async def test_a_slower_interval_is_integrated_a_few_steps_later(play: Play, seals: int) -> None:
    await send(play, np.arange(TEN - HOUR, TEN + 1, 10 * SECOND))
    if seals > 0:
        await play.seal()
    await send(play, np.arange(TEN + MINUTE, TEN + HOUR + 1, MINUTE))
    if seals > 1:
        await play.seal()
    got = await by_hour(play, WATTS)
    # The last step ends with the hour, so it is one of the next; the first begins before it.
    assert got.kwh[0] == pytest.approx((59 - ALIKE) / 60, abs=10 / 3600)
    assert got.missing[0] == pytest.approx((1 + ALIKE) / 60, abs=10 / 3600)
    assert (await of_the_day(play, WATTS)).covered.tolist() == [2 * HOUR - ALIKE * MINUTE]


@pytest.mark.parametrize("seals", [0, 1, 2])
async def test_a_faster_interval_does_not_bridge_what_the_slower_one_did(play: Play, seals: int) -> None:
    await send(play, np.arange(TEN - HOUR, TEN + 1, MINUTE))
    if seals > 0:
        await play.seal()
    t = np.arange(TEN + SECOND, TEN + HOUR, SECOND)
    await send(play, t[(t < TEN + 30 * MINUTE) | (t >= TEN + 32 * MINUTE)])
    if seals > 1:
        await play.seal()
    got = await by_hour(play, WATTS)
    assert got.kwh[0] == pytest.approx(59 / 60, abs=3 / 3600)  # the step to ten o'clock is one of this hour
    assert (await of_the_day(play, WATTS)).covered.tolist() == [2 * HOUR - 2 * MINUTE - 2 * SECOND]


async def test_samples_kept_at_another_interval_and_sent_later_are_integrated(play: Play) -> None:
    await send(play, np.concatenate([np.arange(TEN - HOUR, TEN, 10 * SECOND), TEN + HOUR + np.arange(300) * SECOND]))
    await play.seal()
    assert np.isnan((await by_hour(play, WATTS)).kwh[0])
    for half in (1, 0):  # the newer one first
        await send(play, np.arange(TEN + 30 * MINUTE * half, TEN + 30 * MINUTE * (half + 1), MINUTE))
        await play.seal()
    # The step to ten o'clock is one of ten seconds, then come those that are not usual yet.
    assert (await by_hour(play, WATTS)).kwh[0] == pytest.approx((59 - ALIKE) / 60, abs=11 / 3600)


@pytest.mark.parametrize("seed", range(12))
async def test_the_order_of_arrival_and_the_times_of_sealing_change_nothing(play: Play, seed: int) -> None:
    rng = np.random.default_rng(seed)
    rhythms = rng.choice([SECOND, 7 * SECOND, 20 * SECOND, MINUTE, 4 * MINUTE, 20 * MINUTE], 24)
    t = BEGIN + np.cumsum(np.repeat(rhythms, rng.integers(1, 40, 24)))
    arrival = (
        rng.permutation(len(t)) if seed % 3 == 0 else np.argsort(t + rng.choice([0, HOUR], len(t), p=[0.97, 0.03]))
    )
    days = edges("Europe/Berlin", Period.DAY, int(t[0]), int(t[-1]) + 1)
    held = t[:0]
    for number, part in enumerate(np.array_split(arrival, 5)):
        if number == 3 and seed % 2:
            await play.store.expire(WATTS, raw_before=int(t[len(t) // 2]))
        sent = t[part][t[part] >= play.store.raw_from(WATTS)]
        await send(play, sent)
        held = np.union1d(held, sent)
        usual = bridged(held, held[:0])
        for sealed in (False, True):
            if sealed:
                await play.seal()
            for series in (WATTS, REGISTER):
                for borders, found in (
                    (15 * MINUTE, (await play.store.quarters([series], BEGIN, BEGIN + 20 * DAY))[0]),
                    (days, (await play.store.days([series], "Europe/Berlin", int(days[0]), int(days[-1])))[0]),
                ):
                    wanted = fold(held, np.ones(len(held)), borders, bridged=usual)
                    assert found.start.tolist() == wanted.start.tolist()
                    assert found.covered.tolist() == wanted.covered.tolist(), (series, sealed)


LONG = 20 * MINUTE
# Two blocks, cut among the 28 seconds. The last long step is the 29th after four of its kind, so it is just usual.
RARE = np.cumsum([0] + [SECOND] * 49 + [LONG] * 4 + [SECOND] * 28 + [LONG] + [SECOND] * 45)
BEFORE_LAST = 81  # the sample with which the last long step begins


async def same_as_plain(play: Play, t: np.ndarray) -> np.ndarray:
    """Assert that both series tell the same as all samples folded at once; return where steps are bridged."""
    usual = bridged(t, t[:0])
    wanted = fold(t, np.ones(len(t)), 15 * MINUTE, bridged=usual)
    for series in (WATTS, REGISTER):
        found = (await play.store.quarters([series], BEGIN, BEGIN + 2 * DAY))[0]
        assert found.covered.tolist() == wanted.covered.tolist()
        total = (await play.store.days([series], "Europe/Berlin", BEGIN, BEGIN + DAY))[0]
        assert total.covered.sum() == wanted.covered.sum()
    return usual


async def test_late_samples_change_what_is_usual_in_the_block_after_theirs(play: Play) -> None:
    t = TEN + RARE
    await send(play, t)
    await play.seal()
    assert (await same_as_plain(play, t))[BEFORE_LAST + 1]
    late = t[49] + np.array([1, 2, 3]) * 5 * MINUTE  # one long step less
    await send(play, late)
    for sealed in (False, True):
        if sealed:
            await play.seal()
        assert not (await same_as_plain(play, np.union1d(t, late)))[BEFORE_LAST + 1 + len(late)]


async def test_what_is_usual_after_the_border_of_expiry_is_told_by_samples_before_it(play: Play) -> None:
    border = BEGIN + 23 * HOUR  # midnight in Berlin
    t = border - 10 * MINUTE - RARE[BEFORE_LAST] + RARE
    await send(play, t)
    await play.seal()
    await play.store.expire(WATTS, raw_before=border)
    assert play.store.raw_from(WATTS) == border
    late = t[BEFORE_LAST + 1 :][:1] + SECOND // 2  # folds the bucket again in which the long step ends
    await send(play, late)
    for sealed in (False, True):
        if sealed:
            await play.seal()
        assert (await same_as_plain(play, np.union1d(t, late)))[BEFORE_LAST + 1]


async def test_what_an_older_release_sealed_stays_as_it_was_folded(play: Play) -> None:
    await send(play, np.arange(TEN, TEN + 30 * MINUTE, MINUTE))
    await play.seal()
    old = {"max_gap": 30 * SECOND, "learned_upto": TEN + 29 * MINUTE, "recent": None}
    await play.database.write(lambda c: c.execute(sa.update(series_state).values(old)))
    await send(play, np.arange(TEN + 30 * MINUTE, TEN + HOUR, MINUTE))
    await send(play, np.array([TEN + 10 * SECOND]))  # a late one folds the morning again, and as it was folded
    for sealed in (False, True):
        if sealed:
            await play.seal()
        rows = (await play.store.quarters([WATTS], TEN, TEN + HOUR))[0]
        assert rows.covered.tolist() == [10 * SECOND, 0, 15 * MINUTE, 15 * MINUTE]
        assert (await of_the_day(play, WATTS)).covered.tolist() == [30 * MINUTE + 10 * SECOND]


async def test_samples_that_come_out_of_order_are_judged_the_same(play: Play) -> None:
    t = instants(10 * SECOND)
    await send(play, np.random.default_rng(5).permutation(t))
    await send(play, t[::3])
    assert (await of_the_day(play, WATTS)).covered.tolist() == [55 * MINUTE]
    await play.seal()


async def test_each_series_of_a_device_has_its_own(play: Play) -> None:
    await send(play, instants(10 * SECOND))
    slow = np.arange(TEN, TEN + 5 * HOUR, 10 * MINUTE)
    play.store.append([(play.store.layout(1, (3,)), slow, np.ones(len(slow)))])
    await play.seal()
    assert (await of_the_day(play, 3)).covered.tolist() == [slow[-1] - slow[0]]
    assert (await of_the_day(play, WATTS)).covered.tolist() == [55 * MINUTE]


async def test_a_deleted_series_begins_anew(play: Play) -> None:
    await send(play, instants(10 * SECOND))
    await play.seal()
    await play.store.delete([WATTS])
    await send(play, TEN + np.arange(20) * MINUTE)
    assert (await of_the_day(play, WATTS)).covered.tolist() == [19 * MINUTE]
    await play.seal()
    assert (await of_the_day(play, WATTS)).covered.tolist() == [19 * MINUTE]


async def test_expired_samples_leave_their_holes_in_the_quarters_of_an_hour(
    play: Play, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(refolding, "DENSE", 1 << 30)  # so that expiring has to make the packs
    await send(play, instants(10 * SECOND))
    await send(play, TEN + 2 * DAY + np.arange(30) * 10 * SECOND)
    await play.seal()
    await play.store.expire(WATTS, raw_before=TEN + 2 * DAY)
    assert (await by_hour(play, WATTS)).kwh[0] == pytest.approx(55 / 60, rel=0.01)
    borders = edges("Asia/Kathmandu", Period.DAY, TEN, TEN + HOUR)
    rows = (await play.store.days([WATTS], "Asia/Kathmandu", int(borders[0]), int(borders[-1])))[0]
    assert rows.covered.tolist() == [55 * MINUTE]
