"""What of shadows is on disk: reports that travel together, and wishes for many devices in one transaction."""

import pytest

from ohmstead.domain.errors import InvalidInput
from ohmstead.services.registry import Known
from ohmstead.services.shadows import LONGEST_DOCUMENT
from ohmstead.storage import shadows as store
from world import World


async def on_disk(world: World, known: Known) -> dict[str, dict[str, object]]:
    stored = (await world.app.database.read(store.load)).get(known.device.id, store.Stored()).shadow
    return {
        "desired": {key: wish.value for key, wish in stored.desired.items()},
        "reported": {key: report.value for key, report in stored.reported.items()},
    }


async def test_reports_of_a_moment_are_one_closure_and_the_last_word_counts(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    shadows = world.app.control.shadows
    first, second = await world.device("A"), await world.device("B")
    monkeypatch.setattr("ohmstead.database.handover.LATER_S", 3600.0)
    tickets = [
        shadows.report(first, 0, {"mode": 1}),
        shadows.report(second, 0, {"mode": 2}),
        shadows.report(first, 0, {"mode": 3}),
    ]
    assert len(set(tickets)) == 1
    await world.app.database.write(lambda c: None)
    await world.app.tickets.committed(tickets[-1])
    assert (await on_disk(world, first))["reported"] == {"mode": 3}
    assert (await on_disk(world, second))["reported"] == {"mode": 2}
    assert shadows.report(first, 0, {"mode": 4}) > tickets[0]


async def test_a_report_behind_a_wish_is_stored_behind_it(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    shadows = world.app.control.shadows
    known = await world.device("A")
    monkeypatch.setattr("ohmstead.database.handover.LATER_S", 3600.0)
    before = shadows.report(known, 0, {"mode": 1})

    async def report_meanwhile() -> None:
        assert shadows.report(known, 1, {"mode": 2}) > before

    wished = shadows.wish(known.device.id, {"lamp": "on"}, author="ada")
    wished.send(None)  # it waits for its commit now
    await report_meanwhile()
    wished.close()
    await world.app.database.write(lambda c: None)
    assert (await on_disk(world, known))["reported"] == {"mode": 2}


async def test_wishes_for_many_are_all_stored_or_none(world: World) -> None:
    shadows = world.app.control.shadows
    known = [await world.device(name) for name in ("A", "B")]
    ids = [one.device.id for one in known]
    with pytest.raises(InvalidInput, match="longer than"):
        await shadows.wish_all({ids[0]: {"x": 1}, ids[1]: {"x": "y" * LONGEST_DOCUMENT}}, author="ada")
    assert [shadows.of(device).version for device in ids] == [0, 0]

    def broken(_: object) -> None:
        raise ValueError("no")

    with pytest.raises(ValueError, match="no"):
        await shadows.wish_all({device: {"x": 1} for device in ids}, author="ada", also=broken)
    assert [await on_disk(world, one) for one in known] == [{"desired": {}, "reported": {}}] * 2
    await shadows.wish_all({device: {"x": 1} for device in ids}, author="ada")
    assert [(await on_disk(world, one))["desired"] for one in known] == [{"x": 1}] * 2
