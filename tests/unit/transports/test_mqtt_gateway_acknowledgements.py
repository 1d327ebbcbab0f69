"""Acknowledged means committed, in order, and never twice nor too early."""

import asyncio
from collections.abc import Awaitable, Callable

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from mqtt_peer import Clock, House, Peer, puback

from ohmstead.domain.errors import TooFast, TooMany, Unavailable
from ohmstead.mqtt.codes import PacketType, Reason, Version
from ohmstead.mqtt.packets import Ack, Disconnect, Ping, Pong, Publish, Will
from ohmstead.transports.mqtt_gateway import Gateway

Settled = Callable[[Callable[[], object]], Awaitable[None]]
T = "d/telemetry"


def telemetry(packet_id: int, payload: bytes = b"{}", qos: int = 1) -> Publish:
    return Publish(T, payload, qos, packet_id=packet_id)


def other(packet_id: int) -> Publish:
    return Publish("d/status", b"x", 1, packet_id=packet_id)


async def test_telemetry_is_acknowledged_after_its_commit_and_not_before(
    port: int, gateway: Gateway, house: House
) -> None:
    async with await Peer.connect(port) as peer:
        peer.send(telemetry(7), telemetry(8), telemetry(9))
        assert await peer.all_until_pong() == []
        assert gateway.stats()["waiting"] == 3
        gateway.committed(2)
        assert await peer.all_until_pong() == [puback(7), puback(8)]
        gateway.committed(3)
        assert await peer.next() == puback(9)
    assert gateway.stats()["acknowledged"] == 3


async def test_what_needs_no_commit_waits_for_what_came_before(port: int, gateway: Gateway) -> None:
    async with await Peer.connect(port) as peer:
        peer.send(other(1))
        assert await peer.next() == puback(1)
        peer.send(telemetry(2), other(3), telemetry(4))
        assert await peer.all_until_pong() == []
        gateway.committed(1)
        assert await peer.all_until_pong() == [puback(2), puback(3)]
        gateway.committed(2)
        assert await peer.next() == puback(4)


async def test_a_commit_that_came_first_is_not_waited_for(port: int, gateway: Gateway) -> None:
    gateway.committed(10)
    async with await Peer.connect(port) as peer:
        peer.send(telemetry(1))
        assert await peer.next() == puback(1)


async def test_retained_messages_are_acknowledged_after_their_commit(port: int, gateway: Gateway, house: House) -> None:
    house.retained_ticketed = True
    async with await Peer.connect(port) as peer:
        peer.send(Publish("d/status", b"online", 1, retain=True, packet_id=1))
        assert await peer.all_until_pong() == []
        gateway.committed(1)
        assert await peer.next() == puback(1)


@pytest.mark.parametrize("version", [Version.V311, Version.V5])
async def test_a_malformed_payload_is_acknowledged_in_its_turn(port: int, gateway: Gateway, version: Version) -> None:
    reason = Reason.PAYLOAD_FORMAT_INVALID if version is Version.V5 else Reason.SUCCESS
    async with await Peer.connect(port, version=version) as peer:
        peer.send(telemetry(1), telemetry(2, b"rubbish"), telemetry(3), telemetry(0, b"rubbish", qos=0))
        assert await peer.all_until_pong() == []
        gateway.committed(2)
        assert await peer.all_until_pong() == [puback(1), puback(2, reason), puback(3)]
    assert gateway.stats()["malformed"] == 2


@pytest.mark.parametrize("first", [telemetry(1), Publish(T, b"{}", 0), telemetry(1, qos=2)])
async def test_a_full_store_stops_the_reading_and_loses_nothing(
    port: int, gateway: Gateway, house: House, settled: Settled, first: Publish
) -> None:
    async with await Peer.connect(port) as peer:
        peer.send(telemetry(5))  # so that the topic is known and the fast path is taken
        gateway.committed(1)
        await peer.expect(Ack)
        house.obstacle = Unavailable("full")
        peer.send(first, telemetry(2), Ping())
        await settled(lambda: gateway.stats()["stalled"])
        assert len(house.taken) == 1
        peer.send(telemetry(3))
        house.obstacle = None
        gateway.committed(1)  # room again
        assert await peer.next() == Pong()
        assert [(topic, qos) for topic, _, qos, _ in house.taken[1:3]] == [(T, first.qos), (T, 1)]
        gateway.committed(100)
        acks = [await peer.expect(Ack) for _ in range(3 if first.qos else 2)]
        assert [ack.packet_id for ack in acks] == [1, 2, 3][-len(acks) :]


async def test_a_stalled_client_is_tried_again_without_a_commit(
    port: int, gateway: Gateway, house: House, settled: Settled
) -> None:
    house.obstacle = Unavailable("full")
    async with await Peer.connect(port) as peer:
        peer.send(telemetry(1))
        await settled(lambda: gateway.stats()["stalled"] >= 3)
        house.obstacle = None
        peer.send(Ping())
        assert await peer.next() == Pong()
    assert len(house.taken) == 1


async def test_a_stalled_client_is_not_called_silent(
    port: int, gateway: Gateway, house: House, mqtt_clock: Clock, settled: Settled
) -> None:
    house.obstacle = Unavailable("full")
    async with await Peer.connect(port, keep_alive=1) as peer:
        peer.send(telemetry(1))
        await settled(lambda: gateway.stats()["stalled"])
        mqtt_clock.now += 60
        gateway.sweep()
        house.obstacle = None
        assert await peer.all_until_pong() == []


@pytest.mark.parametrize("version", [Version.V311, Version.V5])
async def test_a_client_above_its_rate_waits(
    port: int, gateway: Gateway, house: House, settled: Settled, version: Version
) -> None:
    house.obstacle = TooFast("slow down", wait_s=0.001)
    async with await Peer.connect(port, "hasty", version) as hasty:
        hasty.send(telemetry(1), telemetry(2))
        await settled(lambda: gateway.stats()["throttled"] >= 3)
        house.obstacle = None
        await settled(lambda: len(house.taken) == 2)
        gateway.committed(2)
        assert [await hasty.next(), await hasty.next()] == [puback(1), puback(2)]


async def test_one_for_whom_there_is_no_room_waits_or_is_told(
    port: int, gateway: Gateway, house: House, settled: Settled
) -> None:
    house.obstacle = TooMany("slow down", retry_after_s=0)
    async with await Peer.connect(port, "new", Version.V5) as new:
        assert await new.publish(T, b"{}") == puback(1, Reason.QUOTA_EXCEEDED)
    async with await Peer.connect(port, "old") as old:
        old.send(telemetry(1), Ping())
        await settled(lambda: gateway.stats()["throttled"] >= 3)
        house.obstacle = None
        gateway.committed(1)
        assert await old.next() in (puback(1), Pong())
        assert await old.next() in (puback(1), Pong())


@pytest.mark.parametrize("version", [Version.V311, Version.V5])
async def test_a_failed_commit_hangs_up_on_those_who_waited_for_it(
    port: int, gateway: Gateway, house: House, version: Version
) -> None:
    async with (
        await Peer.connect(port, "hit", version) as hit,
        await Peer.connect(port, "later", version) as later,
        await Peer.connect(port, "idle", version) as idle,
    ):
        hit.send(telemetry(1), telemetry(2))
        assert await hit.all_until_pong() == []
        later.send(telemetry(3))
        assert await later.all_until_pong() == []
        gateway.committed(1)
        assert await hit.next() == puback(1)
        gateway.failed(2, 2)
        if version is Version.V5:
            assert await hit.next() == Disconnect(Reason.QUOTA_EXCEEDED)
        assert await hit.next() is None
        gateway.committed(3)
        assert await later.next() == puback(3)
        assert await idle.all_until_pong() == []
    assert gateway.stats()["failed"] == 1


async def test_quality_2_whose_commit_failed_is_taken_again(port: int, gateway: Gateway, house: House) -> None:
    async with await Peer.connect(port, clean=False) as peer:
        peer.send(telemetry(6, qos=2))
        assert await peer.all_until_pong() == []
        gateway.failed(1, 1)
        assert await peer.hung_up()
    async with await Peer.connect(port, clean=False) as again:
        again.send(Publish(T, b"{}", 2, duplicate=True, packet_id=6))
        assert await again.all_until_pong() == []
        gateway.committed(2)
        assert await again.next() == Ack(PacketType.PUBREC, 6)
    assert len(house.taken) == 2


async def test_quality_2_repeated_before_its_commit_waits_for_that_commit(
    port: int, gateway: Gateway, house: House, settled: Settled
) -> None:
    peer = await Peer.connect(port, clean=False)
    peer.send(telemetry(6, qos=2))
    assert await peer.all_until_pong() == []
    await peer.drop()
    async with await Peer.connect(port, clean=False) as again:
        again.send(Publish(T, b"{}", 2, duplicate=True, packet_id=6))
        assert await again.all_until_pong() == []
        gateway.committed(1)
        assert await again.next() == Ack(PacketType.PUBREC, 6)
    assert len(house.taken) == 1


async def test_nothing_is_acknowledged_to_a_client_that_went_away(
    port: int, gateway: Gateway, settled: Settled
) -> None:
    peer = await Peer.connect(port)
    peer.send(telemetry(1))
    assert await peer.all_until_pong() == []
    await peer.drop()
    await settled(lambda: not gateway.connections)
    gateway.committed(1)
    assert gateway.stats()["acknowledged"] == 0
    assert gateway.stats()["waiting"] == 0


async def test_a_bug_behind_the_door_costs_one_connection_and_acknowledges_nothing(
    port: int, gateway: Gateway, house: House
) -> None:
    house.obstacle = ZeroDivisionError()
    async with await Peer.connect(port, version=Version.V5) as peer:
        peer.send(telemetry(1))
        assert await peer.next() == Disconnect(Reason.IMPLEMENTATION_SPECIFIC_ERROR)
        assert await peer.next() is None
    house.obstacle = None
    async with await Peer.connect(port) as peer:
        assert await peer.all_until_pong() == []


async def test_what_was_committed_is_acknowledged_before_an_offender_is_cut_off(port: int, gateway: Gateway) -> None:
    async with await Peer.connect(port, version=Version.V5) as peer:
        peer.send(other(1), telemetry(2), other(3))
        peer.raw(b"\x00\x00")
        assert await peer.next() == puback(1)
        assert await peer.next() == Disconnect(Reason.MALFORMED_PACKET)
        assert await peer.next() is None


async def test_a_will_that_cannot_be_stored_is_tried_again(
    port: int, gateway: Gateway, house: House, settled: Settled
) -> None:
    async with await Peer.connect(port, "hears") as hears:
        await hears.subscribe("w")
        mortal = await Peer.connect(port, "mortal", will=Will("w", b"gone", 1))
        house.obstacle = Unavailable("full")
        await mortal.drop()
        await settled(lambda: len(gateway.connections) == 1)
        gateway.sweep()
        house.obstacle = None
        assert await hears.all_until_pong() == []
        gateway.sweep()
        assert (await hears.expect(Publish)).payload == b"gone"
    assert gateway.stats()["wills"] == 1


async def test_a_paused_gateway_reads_nothing_until_it_resumes(
    port: int, gateway: Gateway, house: House, settled: Settled
) -> None:
    async with await Peer.connect(port) as peer:
        gateway.pause()
        peer.send(telemetry(1), Ping())
        late = await Peer.dial(port)
        await settled(lambda: gateway.stats()["connections"] == 2)
        await asyncio.sleep(0.02)
        assert house.taken == []
        gateway.resume()
        assert await peer.next() == Pong()
        assert len(house.taken) == 1
        await late.drop()


async def test_closing_waits_for_the_acknowledgements_it_owes(house: House) -> None:
    gateway = Gateway(house, house)
    await gateway.start()
    async with await Peer.connect(await gateway.listen("127.0.0.1", 0)) as peer:
        peer.send(telemetry(1))
        assert await peer.all_until_pong() == []
        asyncio.get_running_loop().call_later(0.02, gateway.committed, 1)
        await gateway.close()
        assert await peer.next() == puback(1)
        assert await peer.next() is None


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    kinds=st.lists(st.sampled_from(["telemetry", "other", "rubbish", "forbidden"]), min_size=1, max_size=30),
    cuts=st.lists(st.tuples(st.integers(1, 200), st.integers(0, 5)), max_size=10),
)
def test_acknowledgements_keep_their_order_whatever_happens(kinds: list[str], cuts: list[tuple[int, int]]) -> None:
    """Any mixture of messages, cut anywhere, with commits in between: each id once, in order, none too early."""
    topics = {"telemetry": T, "other": "o", "rubbish": T, "forbidden": "forbidden/x"}
    stream = b"".join(
        Publish(topics[kind], b"rubbish" if kind == "rubbish" else b"{}", 1, packet_id=n + 1).encode(Version.V311)
        for n, kind in enumerate(kinds)
    )

    async def scenario() -> None:
        house = House()
        gateway = Gateway(house, house)
        await gateway.start()
        peer = await Peer.connect(await gateway.listen("127.0.0.1", 0))
        try:
            rest = stream
            for cut, pending in [*cuts, (len(stream), 3)]:
                peer.raw(rest[:cut])
                rest = rest[cut:]
                # A packet may be cut in two, so a ping cannot be sent here: the loop just turns.
                for _ in range(3):
                    await asyncio.sleep(0)
                gateway.committed(max(0, house.tickets - pending))
            got = [packet.packet_id for packet in await peer.all_until_pong() if isinstance(packet, Ack)]
            assert got == list(range(1, len(got) + 1))
            assert kinds[: len(got)].count("telemetry") <= gateway.committed_ticket
            gateway.committed(house.tickets)
            while len(got) < len(kinds):
                got.append((await peer.expect(Ack)).packet_id)
            assert got == list(range(1, len(kinds) + 1))
            await peer.bye()
        finally:
            await gateway.close()

    asyncio.run(scenario())
