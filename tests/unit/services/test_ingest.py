"""Taking samples in: whose they are, and what happens when they cannot be kept."""

from typing import Any

import pytest
import sqlalchemy as sa

from ohmstead.dialects.pzem_meter import DIALECT as METER
from ohmstead.domain.device import DeviceState
from ohmstead.domain.errors import Forbidden, TooMany, Unavailable
from ohmstead.domain.telemetry import DAY, Announcement, Batch, Run
from ohmstead.services.ingest import MOST_SHAPES

T0 = 1_763_683_200_000_000


def a_batch(value: float = 1.0, **fields: Any) -> Batch:
    return Batch([Run(("power",), [T0], [value])], **fields)


async def test_an_unknown_device_waits_unclaimed(world: Any) -> None:
    known = world.app.ingest.anonymous("SN1", METER)
    assert known.device.state is DeviceState.UNCLAIMED
    assert world.app.ingest.anonymous("SN1", METER) is known


async def test_too_many_strangers_are_turned_away(world: Any) -> None:
    for n in range(3):
        world.app.ingest.anonymous(f"SN{n}", METER)
    with pytest.raises(TooMany, match="claim or refuse"):
        world.app.ingest.anonymous("SN4", METER)
    assert world.app.counters.refused == 1


async def test_a_serial_that_owns_a_token_takes_nothing_anonymous(world: Any) -> None:
    await world.device("SN1")
    with pytest.raises(Forbidden, match="token"):
        world.app.ingest.anonymous("SN1", METER)


async def test_a_refused_device_stays_out_until_it_is_claimed(world: Any) -> None:
    known = world.app.ingest.anonymous("SN1", METER)
    await world.app.devices.refuse(world.admin, known.device.id)
    with pytest.raises(Forbidden, match="refused"):
        world.app.ingest.anonymous("SN1", METER)
    await world.app.devices.claim(world.admin, known.device.id, "Kitchen")
    assert world.app.ingest.anonymous("SN1", METER).device.name == "Kitchen"


async def test_a_deleted_device_is_not_heard_until_it_is_restored(world: Any) -> None:
    known = await world.device()
    await world.app.devices.delete(world.admin, known.device.id)
    with pytest.raises(Forbidden, match="deleted"):
        world.app.ingest.admit(known)
    await world.app.devices.restore(world.admin, known.device.id)
    world.app.ingest.admit(known)


async def test_a_deleted_device_goes_for_good_after_the_undo_time(world: Any) -> None:
    known = await world.device("SN1")
    await world.send(known, {0: {"power": 1.0}})
    channel = known.device.channels["power"].id
    await world.app.devices.delete(world.admin, known.device.id)
    await world.app.devices.purge()
    assert "SN1" in world.app.registry.by_serial
    world.clock.us += 11 * 60 * 1_000_000
    await world.app.devices.purge()
    assert "SN1" not in world.app.registry.by_serial
    assert world.app.tokens.all() == []
    t, _ = await world.app.series.raw(channel, 0, T0 + DAY, 10)
    assert t.tolist() == []


async def test_announced_units_are_converted_once(world: Any) -> None:
    known = await world.device()
    announced = [Announcement("energy", "energy", "kWh"), Announcement("i", "current", "mA")]
    batch = Batch([Run(("energy", "i"), [T0], [12.345, 413.0])], announced=announced)
    receipt = world.app.ingest.submit(known, batch, world.clock.arrival())
    await world.app.tickets.committed(receipt.ticket)
    values = {key: world.app.series.last[c.id][1] for key, c in known.device.channels.items()}
    assert values == {"energy": 12345.0, "i": 0.413}


async def test_a_batch_sent_again_is_a_duplicate(world: Any) -> None:
    known = await world.device()
    first = world.app.ingest.submit(known, a_batch(boot="9f", seq=1), world.clock.arrival())
    await world.app.tickets.committed(first.ticket)
    again = world.app.ingest.submit(known, a_batch(boot="9f", seq=1), world.clock.arrival())
    assert (again.accepted, again.duplicates, again.ticket) == (0, 1, 0)


async def test_a_failed_commit_is_told_and_leaves_no_phantom_device(world: Any) -> None:
    def fails(_: sa.Connection) -> None:
        raise OSError("no space left on device")

    known = world.app.ingest.anonymous("SN1", METER)
    receipt = world.app.ingest.submit(known, a_batch(), world.clock.arrival())
    world.app.database.writer.put(fails)
    with pytest.raises(Unavailable):
        await world.app.tickets.committed(receipt.ticket)
    assert "SN1" not in world.app.registry.by_serial

    known = world.app.ingest.anonymous("SN1", METER)
    receipt = world.app.ingest.submit(known, a_batch(2.0), world.clock.arrival())
    await world.app.tickets.committed(receipt.ticket)
    _, values = await world.app.series.raw(known.device.channels["power"].id, T0, T0 + DAY, 10)
    assert values.tolist() == [2.0]


async def test_raw_samples_go_after_their_time_and_late_ones_are_refused(world: Any) -> None:
    known = await world.device()
    await world.send(known, {0: {"power": 1.0}})
    world.clock.us = T0 + 5 * DAY
    await world.send(known, {5 * 86_400: {"power": 2.0}})
    channel = known.device.channels["power"]
    await world.app.devices.change_channel(world.admin, channel.id, keep_raw_days=2)
    world.clock.us = T0 + 6 * DAY
    await world.app.retention.apply()
    t, _ = await world.app.series.raw(channel.id, 0, T0 + 10 * DAY, 10)
    assert t.tolist() == [T0 + 5 * DAY]
    receipt = world.app.ingest.submit(known, a_batch(), world.clock.arrival())
    assert [r.reason for r in receipt.rejected] == ["older_than_retention"]


async def test_a_device_that_always_sends_other_keys_loses_nothing_and_is_not_remembered_for_ever(world: Any) -> None:
    known = await world.device()
    for n in range(600):
        keys = [f"k{bit}" for bit in range(10) if (n + 1) >> bit & 1]
        await world.send(known, {n: {key: float(n) for key in keys}})
    assert len(known.resolved) <= MOST_SHAPES + 10
    t, values = await world.app.series.raw(known.device.channels["k0"].id, 0, 1 << 60, 1000)
    assert len(t) == 300
    assert values.tolist() == [float(n) for n in range(0, 600, 2)]
