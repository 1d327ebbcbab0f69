"""Late samples where they hurt most: beside the border of a bucket, inside a fall, in front of other blocks."""

from collections.abc import AsyncIterator, Callable
from pathlib import Path

import numpy as np
import pytest
from series_model import BEGIN
from test_series_model import Play, small_blocks

from ohmstead.domain.telemetry import DAY, HOUR, MINUTE, SECOND

__all__ = ["small_blocks"]

TEN = BEGIN + 10 * HOUR
SPANS = [
    (TEN, TEN + DAY, 96),
    (TEN + 7 * MINUTE, TEN + 3 * HOUR, 50),
    (TEN + 20 * MINUTE, TEN + 40 * MINUTE, 7),
    (TEN + 31 * MINUTE, TEN + 90 * MINUTE, 9),
    (BEGIN, BEGIN + 5 * DAY, 6),
]


@pytest.fixture
async def play(place: Callable[[], str], tmp_path: Path) -> AsyncIterator[Play]:
    playing = Play(place(), tmp_path)
    await playing.open()
    yield playing
    await playing.close()


async def send(play: Play, series: int, device: int, samples: dict[int, float]) -> None:
    layout = play.store.layout(device, (series,))
    play.store.append([(layout, list(samples), list(samples.values()))])
    await play.database.write(lambda connection: None)
    play.model.samples[series].update(samples)


async def seal_and_compare(play: Play) -> None:
    await play.model.compare(play.store, SPANS)
    await play.seal()
    await play.model.compare(play.store, SPANS)


def every_ten_seconds(start: int, end: int, value: Callable[[int], float]) -> dict[int, float]:
    return {int(t): value(int(t)) for t in np.arange(start, end, 10 * SECOND)}


async def test_the_step_of_the_next_sample_is_folded_again_in_the_next_bucket(play: Play) -> None:
    quarter = TEN + 15 * MINUTE
    await send(play, 1, 1, every_ten_seconds(TEN, quarter, lambda t: 200.0))
    await send(play, 1, 1, every_ten_seconds(quarter + MINUTE, quarter + HOUR, lambda t: 300.0))
    await seal_and_compare(play)
    await send(play, 1, 1, {quarter - 5 * SECOND: 900.0})
    await seal_and_compare(play)


async def test_a_fall_that_was_a_reset_becomes_a_dip(play: Play) -> None:
    quarter = TEN + 15 * MINUTE
    fall = quarter - 10 * SECOND
    await send(play, 4, 2, every_ten_seconds(TEN, fall, lambda t: 1000.0 + (t - TEN) // SECOND))
    await send(play, 4, 2, every_ten_seconds(fall, quarter + 2 * HOUR, lambda t: 5.0 + (t - fall) // SECOND / 10))
    await seal_and_compare(play)
    await send(play, 4, 2, {quarter + 90 * SECOND + 1: 1900.0})
    await seal_and_compare(play)
    await send(play, 4, 2, {fall + SECOND: 2500.0})
    await seal_and_compare(play)


async def test_the_register_held_in_front_of_later_blocks_changes(play: Play) -> None:
    await send(play, 4, 2, every_ten_seconds(TEN, TEN + HOUR, lambda t: 100.0 + (t - TEN) // MINUTE))
    await seal_and_compare(play)
    await send(play, 4, 2, every_ten_seconds(TEN + HOUR, TEN + 2 * HOUR, lambda t: 160.0))
    await seal_and_compare(play)
    # 1 % above: everything after it is a dip of a register that is held from here on.
    await send(play, 4, 2, {TEN + 5 * MINUTE + 1: 106.0})
    await seal_and_compare(play)
    await send(play, 4, 2, {TEN + 50 * MINUTE + 1: 163.0})
    await seal_and_compare(play)
    await send(play, 4, 2, {TEN + 110 * MINUTE + 1: 163.5})
    await seal_and_compare(play)


async def test_a_fall_that_is_undecided_at_the_end_is_decided_by_what_comes(play: Play) -> None:
    quarter = TEN + 15 * MINUTE
    await send(play, 4, 2, every_ten_seconds(TEN, quarter, lambda t: 1000.0 + (t - TEN) // SECOND))
    await send(play, 4, 2, {quarter - 1: 7.0})
    await seal_and_compare(play)
    await send(play, 4, 2, {quarter + SECOND: 8.0})
    await seal_and_compare(play)
    await play.crash()
    await send(play, 4, 2, every_ten_seconds(quarter + MINUTE, quarter + HOUR, lambda t: 9.0))
    await seal_and_compare(play)


async def test_a_single_sample_from_years_ago_is_found_again(play: Play) -> None:
    await send(play, 1, 1, every_ten_seconds(TEN, TEN + HOUR, lambda t: 200.0))
    await seal_and_compare(play)
    ancient = 946_684_800 * SECOND
    await send(play, 1, 1, {ancient: 1.5})
    play.model.samples[1].pop(ancient)
    assert (await play.store.raw(1, 0, ancient + 1))[1].tolist() == [1.5]
    await play.seal()
    assert (await play.store.raw(1, 0, ancient + 1))[1].tolist() == [1.5]
    assert (await play.store.days([1], "UTC", ancient, ancient + DAY))[0].count.tolist() == [1]
