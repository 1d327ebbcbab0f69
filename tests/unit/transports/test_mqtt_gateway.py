"""The gateway over real sockets: connecting, hearing, being kept, being cut off."""

import asyncio
import ssl
import subprocess
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest
from mqtt_peer import Clock, House, Peer, Rights, puback

from ohmstead.mqtt.codes import PacketType, Reason, Version
from ohmstead.mqtt.limits import Limits
from ohmstead.mqtt.packets import (
    Ack,
    Connack,
    Connect,
    Disconnect,
    Ping,
    Pong,
    Publish,
    Suback,
    Subscribe,
    Subscription,
    Unsuback,
    Unsubscribe,
    Will,
)
from ohmstead.mqtt.properties import Properties, Property
from ohmstead.transports.mqtt_gateway import Gateway

Settled = Callable[[Callable[[], object]], Awaitable[None]]
BOTH = pytest.mark.parametrize("version", [Version.V311, Version.V5])


# connecting


async def test_empty_credentials_reach_the_gatekeeper_as_they_are(port: int, house: House) -> None:
    async with await Peer.connect(port, "ESP8266Client-1f", username="", password=b""):
        assert house.seen == [("ESP8266Client-1f", "", b"", "127.0.0.1")]


@pytest.mark.parametrize(("version", "code"), [(Version.V31, 5), (Version.V311, 5), (Version.V5, 0x87)])
async def test_bad_credentials_are_answered_and_the_door_closed(
    port: int, gateway: Gateway, version: Version, code: int
) -> None:
    async with await Peer.dial(port, version) as peer:
        peer.raw(Connect("c", version, username="u", password=b"wrong").encode())
        assert (await peer.expect(Connack)).reason is Reason.NOT_AUTHORIZED
        assert await peer.hung_up()
    assert Connack(Reason.NOT_AUTHORIZED).encode(version)[3] == code
    assert gateway.stats()["rejected"] == 1


async def test_mqtt_3_1_clients_are_served(port: int) -> None:
    async with await Peer.connect(port, "old", Version.V31) as peer:
        assert await peer.subscribe("a/b") == (Reason.GRANTED_QOS_1,)
        await peer.publish("a/b", b"x")
        assert (await peer.expect(Publish)).payload == b"x"


async def test_an_unknown_protocol_level_gets_return_code_1(port: int) -> None:
    async with await Peer.dial(port) as peer:
        peer.raw(bytes.fromhex("100d00044d5154540602000000016300"[:30]))
        assert await peer.next() == Connack(Reason.UNSUPPORTED_PROTOCOL_VERSION)
        assert await peer.hung_up()


async def test_a_client_without_an_id_gets_one_if_it_wants_nothing_kept(port: int) -> None:
    async with await Peer.connect(port, ""), await Peer.connect(port, "") as second:
        assert await second.all_until_pong() == []
    async with await Peer.connect(port, "", Version.V5) as third:
        assert third.told[Property.ASSIGNED_CLIENT_IDENTIFIER]
    async with await Peer.dial(port) as fourth:
        fourth.send(Connect("", clean=False))
        assert (await fourth.expect(Connack)).reason is Reason.CLIENT_IDENTIFIER_NOT_VALID
        assert await fourth.hung_up()


@pytest.mark.parametrize(
    "first",
    [
        Ping().encode(Version.V311),
        Publish("a", b"").encode(Version.V311),
        b"\x10\x00",
        b"GET / HTTP/1.1\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
        b"\xff" * 8,
    ],
)
async def test_whoever_does_not_begin_with_connect_is_cut_off(port: int, gateway: Gateway, first: bytes) -> None:
    async with await Peer.dial(port) as peer:
        peer.raw(first)
        assert await peer.hung_up()
    assert gateway.stats()["protocol_errors"] == 1


async def test_a_second_connect_is_a_protocol_error(port: int) -> None:
    async with await Peer.connect(port) as peer:
        peer.send(Connect("c"))
        assert await peer.hung_up()


async def test_packets_sent_together_are_answered_one_by_one(port: int) -> None:
    async with await Peer.dial(port) as peer:
        peer.send(
            Connect("c"),
            Subscribe(5, (Subscription("a/+", 1), Subscription("x", 0))),
            Ping(),
            Unsubscribe(6, ("x", "never")),
        )
        assert await peer.next() == Connack()
        assert await peer.next() == Suback(5, (Reason.GRANTED_QOS_1, Reason.SUCCESS))
        assert await peer.next() == Pong()
        assert await peer.next() == Unsuback(6)


async def test_a_packet_may_come_byte_by_byte(port: int, house: House, settled: Settled) -> None:
    async with await Peer.connect(port) as peer:
        for byte in Publish("a/b", b"x" * 200, 1, packet_id=3).encode(Version.V311):
            peer.raw(bytes((byte,)))
            await asyncio.sleep(0)
        assert await peer.expect(Ack) == puback(3)
    assert house.taken == [("a/b", b"x" * 200, 1, False)]


async def test_a_large_packet_is_taken_and_a_too_large_one_cut_off(port: int, house: House) -> None:
    async with await Peer.connect(port) as peer:
        assert await peer.publish("a", b"x" * 1_000_000) == puback(1)
    async with await Peer.connect(port, version=Version.V5) as peer:
        peer.raw(b"\x30\x80\x80\x80\x01")
        assert await peer.next() == Disconnect(Reason.PACKET_TOO_LARGE)
        assert await peer.hung_up()
    assert len(house.taken) == 1


async def test_a_stranger_may_not_fill_the_memory_with_its_connect(port: int) -> None:
    async with await Peer.dial(port) as peer:
        peer.raw(b"\x10\x80\x80\x10")
        assert await peer.hung_up()


# who may say and hear what


async def test_filters_the_grant_refuses_are_refused_one_by_one(port: int, house: House, gateway: Gateway) -> None:
    house.denied = {"secret/#"}
    async with await Peer.connect(port) as old, await Peer.connect(port, "n", Version.V5) as new:
        assert await old.subscribe("a", "secret/#", "b/#/c") == (
            Reason.GRANTED_QOS_1,
            Reason.UNSPECIFIED_ERROR,
            Reason.UNSPECIFIED_ERROR,
        )
        assert await new.subscribe("a", "secret/#", "$share/g/secret/#", "b/#/c") == (
            Reason.GRANTED_QOS_1,
            Reason.NOT_AUTHORIZED,
            Reason.NOT_AUTHORIZED,
            Reason.TOPIC_FILTER_INVALID,
        )
    assert gateway.stats()["subscriptions_refused"] == 5


async def test_a_refused_topic_is_acknowledged_dropped_and_counted(port: int, house: House, gateway: Gateway) -> None:
    async with await Peer.connect(port, "listener") as listener, await Peer.connect(port) as old:
        await listener.subscribe("#")
        assert await old.publish("forbidden/x", b"1") == puback(1)
        assert await old.publish("forbidden/x", b"2") == puback(1)
        assert await old.publish("/".join("a" * 17), b"3") == puback(1)
        async with await Peer.connect(port, "n", Version.V5) as new:
            assert await new.publish("forbidden/x", b"4") == puback(1, Reason.NOT_AUTHORIZED)
            assert await new.publish("x" * 513, b"5") == puback(1, Reason.TOPIC_NAME_INVALID)
        assert await listener.all_until_pong() == []
    assert house.taken == []
    assert gateway.stats()["refused"] == 5


@pytest.mark.parametrize("topic", ["a/+", "#", ""])
async def test_a_topic_name_with_a_wildcard_is_a_protocol_error(port: int, topic: str) -> None:
    async with await Peer.connect(port) as peer:
        peer.send(Publish(topic, b"", 1, packet_id=1))
        assert await peer.hung_up()


async def test_a_message_reaches_subscribers_at_the_lower_quality(port: int) -> None:
    async with await Peer.connect(port, "hears") as hears, await Peer.connect(port, "says") as says:
        await hears.subscribe("a/+", qos=1)
        says.send(Publish("a/0", b"zero"), Publish("a/1", b"one", 1, packet_id=9))
        assert await says.next() == puback(9)
        assert await hears.next() == Publish("a/0", b"zero")
        assert await hears.next() == Publish("a/1", b"one", 1, packet_id=1)
        assert await hears.subscribe("b", qos=0) == (Reason.SUCCESS,)
        await says.publish("b", b"down")
        assert await hears.next() == Publish("b", b"down")


async def test_quality_2_is_taken_once_however_often_it_is_sent(port: int, house: House) -> None:
    async with await Peer.connect(port) as peer:
        await peer.subscribe("t", qos=2)
        message = Publish("t", b"x", 2, packet_id=4)
        peer.send(message, Publish("t", b"x", 2, duplicate=True, packet_id=4), Ack(PacketType.PUBREL, 4))
        came = [await peer.next() for _ in range(4)]
        assert came.count(Ack(PacketType.PUBREC, 4)) == 2
        assert came.count(Publish("t", b"x", 2, packet_id=1)) == 1
        assert came.count(Ack(PacketType.PUBCOMP, 4)) == 1
        peer.send(Ack(PacketType.PUBREC, 1))
        assert await peer.next() == Ack(PacketType.PUBREL, 1)
        peer.send(Ack(PacketType.PUBCOMP, 1))
        assert await peer.all_until_pong() == []
    assert len(house.taken) == 1


async def test_the_server_publishes_its_own_messages(port: int, gateway: Gateway, house: House) -> None:
    async with await Peer.connect(port) as peer:
        await peer.subscribe("ohmstead/a/#")
        gateway.publish("ohmstead/a/desired", b"{}", 1, retain=True)
        assert await peer.next() == Publish("ohmstead/a/desired", b"{}", 1, packet_id=1)
        assert await peer.subscribe("ohmstead/a/desired") == (Reason.GRANTED_QOS_1,)
        assert await peer.next() == Publish("ohmstead/a/desired", b"{}", 1, retain=True, packet_id=2)
    assert house.kept == {}  # it is made anew when the server starts
    assert house.taken == []


# retained messages


async def test_retained_messages_greet_a_subscriber_and_an_empty_one_deletes(
    port: int, house: House, gateway: Gateway
) -> None:
    async with await Peer.connect(port, "says") as says, await Peer.connect(port, "hears") as hears:
        await says.publish("r/a", b"1", retain=True)
        await hears.subscribe("r/+")
        assert await hears.next() == Publish("r/a", b"1", 1, retain=True, packet_id=1)
        await says.publish("r/a", b"2", retain=True)
        assert await hears.next() == Publish("r/a", b"2", 1, packet_id=2)
        await says.publish("r/a", b"", retain=True)
        assert await hears.next() == Publish("r/a", b"", 1, packet_id=3)
        await hears.subscribe("r/+")
        assert await hears.all_until_pong() == []
    assert house.kept == {}
    assert gateway.stats()["retained"] == 0


async def test_who_may_not_retain_is_heard_but_not_kept(port: int, house: House, gateway: Gateway) -> None:
    house.retains = False
    async with await Peer.connect(port) as peer:
        await peer.subscribe("r")
        peer.send(Publish("r", b"x", retain=True))
        assert await peer.next() == Publish("r", b"x")
    assert house.kept == {}
    assert house.taken == [("r", b"x", 0, False)]
    assert gateway.stats()["unretained"] == 1


async def test_many_retained_messages_are_no_slow_subscribers_fault(port: int, gateway: Gateway) -> None:
    for number in range(3_000):
        gateway.publish(f"many/{number}", b"x" * 1_000, 0, retain=True)
    async with await Peer.connect(port) as peer:
        await peer.subscribe("many/#")
        got = [await peer.expect(Publish) for _ in range(3_000)]
        assert len({one.topic for one in got}) == 3_000
    assert gateway.stats()["dropped"] == 0


async def test_retained_messages_of_the_last_run_are_loaded(house: House) -> None:
    house.kept["old/status"] = (b"online", 1, None, None)
    gateway = Gateway(house, house)
    await gateway.start()
    async with await Peer.connect(await gateway.listen("127.0.0.1", 0)) as peer:
        await peer.subscribe("old/status")
        assert (await peer.expect(Publish)).payload == b"online"
    await gateway.close()


async def test_retained_messages_keep_their_properties_and_their_end_over_a_restart(
    house: House, mqtt_clock: Clock
) -> None:
    async def next_run() -> Gateway:
        gateway = Gateway(house, house, Limits(), mqtt_clock)
        await gateway.start()
        return gateway

    first = await next_run()
    for topic, left_s in (("short", 60), ("long", 600)):
        properties: Properties = {Property.USER_PROPERTY: [("a", "1")], Property.MESSAGE_EXPIRY_INTERVAL: left_s}
        first.take(Rights(house, "c", ""), None, topic, b"x", 1, True, properties)
    await first.close()
    mqtt_clock.now += 100
    house.kept = {topic: (*kept[:3], (kept[3] or 0) - 100) for topic, kept in house.kept.items()}
    second = await next_run()
    async with await Peer.connect(await second.listen("127.0.0.1", 0), version=Version.V5) as peer:
        await peer.subscribe("+")
        (found,) = await peer.all_until_pong()
    assert isinstance(found, Publish)
    told = {Property.USER_PROPERTY: [("a", "1")], Property.MESSAGE_EXPIRY_INTERVAL: 500}
    assert (found.topic, found.properties) == ("long", told)
    await second.close()


# wills


WILL = Will("w", b"gone", 1)


@BOTH
async def test_a_will_is_published_when_a_client_vanishes(port: int, version: Version) -> None:
    async with await Peer.connect(port, "hears") as hears:
        await hears.subscribe("w")
        peer = await Peer.connect(port, "mortal", version, will=WILL)
        await peer.drop()
        assert (await hears.expect(Publish)).payload == b"gone"


async def test_a_good_bye_voids_the_will(port: int, house: House) -> None:
    async with await Peer.connect(port, "hears") as hears:
        await hears.subscribe("w")
        await (await Peer.connect(port, "mortal", will=WILL)).bye()
        assert await hears.all_until_pong() == []
    assert ("mortal", True) in house.ended


async def test_a_5_0_client_may_leave_with_its_will(port: int) -> None:
    async with await Peer.connect(port, "hears") as hears:
        await hears.subscribe("w")
        async with await Peer.connect(port, "mortal", Version.V5, will=WILL) as peer:
            peer.send(Disconnect(Reason.DISCONNECT_WITH_WILL))
            assert (await hears.expect(Publish)).payload == b"gone"


async def test_a_will_to_a_forbidden_topic_is_not_published(port: int, gateway: Gateway) -> None:
    async with await Peer.connect(port, "hears") as hears:
        await hears.subscribe("#")
        async with await Peer.connect(port, "mortal", will=Will("forbidden/x", b"")) as peer:
            await peer.drop()
        assert await hears.all_until_pong() == []
    assert gateway.stats()["refused"] == 1


async def test_a_delayed_will_waits_and_is_void_when_the_client_returns(
    port: int, gateway: Gateway, mqtt_clock: Clock, house: House, settled: Settled
) -> None:
    will = Will("w", b"gone", 1, properties={Property.WILL_DELAY_INTERVAL: 10})
    kept = {Property.SESSION_EXPIRY_INTERVAL: 60}
    async with await Peer.connect(port, "hears") as hears:
        await hears.subscribe("w")
        for returns in (True, False):
            peer = await Peer.connect(port, "m", Version.V5, clean=False, will=will, properties=kept)
            await peer.drop()
            await settled(lambda: "m" not in [one.client_id for one in gateway.connections])
            mqtt_clock.now += 5
            gateway.sweep()
            assert await hears.all_until_pong() == []
            if returns:
                again = await Peer.connect(port, "m", Version.V5, clean=False, properties=kept)
                await again.bye()
            mqtt_clock.now += 6
            gateway.sweep()
            assert len(await hears.all_until_pong()) == (0 if returns else 1)


# time


@BOTH
async def test_silence_of_one_and_a_half_keep_alives_ends_a_connection(
    port: int, gateway: Gateway, mqtt_clock: Clock, version: Version
) -> None:
    async with await Peer.connect(port, "hears") as hears:
        await hears.subscribe("w")
        async with await Peer.connect(port, "quiet", version, keep_alive=10, will=WILL) as quiet:
            mqtt_clock.now += 14.9
            gateway.sweep()
            assert await quiet.all_until_pong() == []
            mqtt_clock.now += 14.9
            gateway.sweep()
            assert await quiet.all_until_pong() == []
            mqtt_clock.now += 15.1
            gateway.sweep()
            assert await quiet.hung_up()
        assert (await hears.expect(Publish)).payload == b"gone"
        assert await hears.all_until_pong() == []  # keep-alive 0 never ends
    assert gateway.stats()["keep_alive_timeouts"] == 1


async def test_a_connection_without_connect_is_ended(port: int, gateway: Gateway, mqtt_clock: Clock) -> None:
    async with await Peer.dial(port) as peer:
        peer.raw(b"\x10")
        await asyncio.sleep(0.01)
        mqtt_clock.now += 11
        gateway.sweep()
        assert await peer.hung_up()


# sessions


@BOTH
async def test_the_same_client_id_takes_the_session_over(
    port: int, gateway: Gateway, house: House, version: Version
) -> None:
    async with await Peer.connect(port, "hears") as hears:
        await hears.subscribe("w")
        old = await Peer.connect(port, "c", version, clean=False, will=WILL)
        async with await Peer.connect(port, "c", version, clean=False) as new:
            if version is Version.V5:
                assert await old.next() == Disconnect(Reason.SESSION_TAKEN_OVER)
            assert await old.next() is None
            assert await new.all_until_pong() == []
            assert (await hears.expect(Publish)).payload == b"gone"
    assert gateway.stats()["take_overs"] == 1
    assert house.ended[0] == ("c", False)


async def test_another_user_with_the_same_client_id_is_another_client(port: int) -> None:
    async with await Peer.connect(port, "c", username="a") as a, await Peer.connect(port, "c", username="b") as b:
        assert await a.all_until_pong() == await b.all_until_pong() == []


async def test_a_persistent_session_keeps_what_was_said_meanwhile(port: int, gateway: Gateway) -> None:
    first = await Peer.connect(port, "keeps", clean=False)
    assert not first.session_present
    await first.subscribe("t/#")
    await first.bye()
    gateway.publish("t/1", b"one", 1)
    gateway.publish("t/0", b"nobody keeps quality 0", 0)
    gateway.publish("t/2", b"two", 2)
    async with await Peer.connect(port, "keeps", clean=False) as again:
        assert again.session_present
        assert await again.next() == Publish("t/1", b"one", 1, packet_id=1)
        assert await again.next() == Publish("t/2", b"two", 1, packet_id=2)
        again.send(Ack(PacketType.PUBACK, 1))
        assert await again.all_until_pong() == []
        await again.bye()
    async with await Peer.connect(port, "keeps", clean=False) as third:
        assert await third.next() == Publish("t/2", b"two", 1, duplicate=True, packet_id=2)
        await third.bye()
    async with await Peer.connect(port, "keeps", clean=True) as anew:
        assert not anew.session_present
        gateway.publish("t/1", b"not subscribed any more", 1)
        assert await anew.all_until_pong() == []


async def test_a_session_is_not_handed_to_who_may_not_hear_it(port: int, house: House, gateway: Gateway) -> None:
    owner = await Peer.connect(port, "shared", clean=False)
    await owner.subscribe("secret")
    await owner.bye()
    gateway.publish("secret", b"x", 1)
    house.denied = {"secret"}
    async with await Peer.connect(port, "shared", clean=False) as other:
        assert not other.session_present
        assert await other.all_until_pong() == []


async def test_withdrawn_rights_end_subscriptions_and_topics(port: int, house: House, gateway: Gateway) -> None:
    async with await Peer.connect(port) as peer:
        await peer.subscribe("a", "b")
        house.denied = {"a"}
        gateway.permissions_changed()
        gateway.publish("a", b"no", 0)
        gateway.publish("b", b"yes", 0)
        assert await peer.all_until_pong() == [Publish("b", b"yes")]
        assert gateway.disconnect(lambda grant: grant.client_id == "c") == 1  # type: ignore[attr-defined]
        assert await peer.hung_up()


async def test_connections_are_described(port: int, gateway: Gateway) -> None:
    async with await Peer.connect(port, "c", username="serial-1") as peer:
        await peer.subscribe("a/b")
        (info,) = gateway.connections
        assert (info.client_id, info.username, info.peer, info.version) == ("c", "serial-1", "127.0.0.1", 4)
        assert info.subscriptions == ("a/b",)


# 5.0


async def test_5_0_properties_travel_with_the_message(port: int) -> None:
    told = {Property.CONTENT_TYPE: "x", Property.USER_PROPERTY: [("a", "1"), ("a", "2")]}
    async with await Peer.connect(port, version=Version.V5) as peer:
        peer.send(Subscribe(1, (Subscription("t", 1),), {Property.SUBSCRIPTION_IDENTIFIER: [77]}))
        await peer.expect(Suback)
        peer.send(Publish("t", b"x", properties=told))
        got = await peer.expect(Publish)
        assert got.properties == {**told, Property.SUBSCRIPTION_IDENTIFIER: [77]}
        peer.send(
            Publish("t", b"y", properties={Property.TOPIC_ALIAS: 3}),
            Publish("", b"z", properties={Property.TOPIC_ALIAS: 3}),
        )
        assert [(await peer.expect(Publish)).payload for _ in range(2)] == [b"y", b"z"]
        peer.send(Publish("", b"", properties={Property.TOPIC_ALIAS: 17}))
        assert await peer.next() == Disconnect(Reason.TOPIC_ALIAS_INVALID)


async def test_5_0_subscription_options_are_honoured(port: int, gateway: Gateway) -> None:
    gateway.publish("r", b"kept", 0, retain=True)
    async with await Peer.connect(port, version=Version.V5) as peer:
        await peer.subscribe(Subscription("r", 0, retain_handling=2), Subscription("own", 0, no_local=True))
        peer.send(Publish("own", b"mine"))
        assert await peer.all_until_pong() == []
        await peer.subscribe(Subscription("r", 0, retain_handling=1, retain_as_published=True))
        assert await peer.all_until_pong() == []  # it was subscribed before
        gateway.publish("r", b"new", 0, retain=True)
        assert await peer.next() == Publish("r", b"new", retain=True)


# slow readers, doors, the end


SAID = 4_000  # times 10 kB: more than the sockets' buffers, the high-water mark and the queue hold together


async def test_a_subscriber_that_does_not_read_holds_nobody_up(port: int, gateway: Gateway, settled: Settled) -> None:
    async with await Peer.connect(port, "slow") as slow, await Peer.connect(port, "fast") as fast:
        await slow.subscribe("t", qos=0)
        for number in range(SAID):
            fast.send(Publish("t", bytes(10_000), 1, packet_id=number + 1))
        for number in range(SAID):
            assert await fast.expect(Ack) == puback(number + 1)
        lost = gateway.stats()["dropped_slow"]
        assert lost > 0
        slow.send(Ping())
        got = 0
        while not isinstance(await slow.next(), Pong):
            got += 1
        # What had waited behind the ping's answer comes when the line is free again.
        while got + lost < SAID:
            await slow.expect(Publish)
            got += 1
    assert got + lost == SAID


async def test_every_address_hears_on_one_port(gateway: Gateway) -> None:
    port = await gateway.listen(None, 0)
    async with await Peer.connect(port):
        assert gateway.connections[0].peer == "127.0.0.1"
    with pytest.raises(OSError):
        await gateway.listen("127.0.0.1", port)


@pytest.fixture
def certificate(tmp_path: Path) -> tuple[Path, Path]:
    """A key and a self-signed certificate for 127.0.0.1."""
    key, certificate = tmp_path / "key.pem", tmp_path / "cert.pem"
    order = "openssl req -x509 -newkey rsa:2048 -nodes -subj /CN=localhost -days 2 -addext subjectAltName=IP:127.0.0.1"
    command = [*order.split(), "-keyout", str(key), "-out", str(certificate)]
    subprocess.run(command, check=True, capture_output=True)
    return key, certificate


async def test_tls_is_spoken_where_a_context_is_given(gateway: Gateway, certificate: tuple[Path, Path]) -> None:
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate[1], certificate[0])
    port = await gateway.listen("127.0.0.1", 0, context)
    trusting = ssl.create_default_context(cafile=str(certificate[1]))
    reader, writer = await asyncio.open_connection("127.0.0.1", port, ssl=trusting)
    peer = Peer(reader, writer, Version.V311)
    peer.send(Connect("c"), Publish("a", b"x" * 100_000, 1, packet_id=1))
    assert await peer.next() == Connack()
    assert await peer.next() == puback(1)
    await peer.bye()
    await writer.wait_closed()


async def test_closing_says_good_bye_and_publishes_wills(house: House) -> None:
    gateway = Gateway(house, house)
    await gateway.start()
    port = await gateway.listen("127.0.0.1", 0)
    will = Will("ohmstead/m/status", b"offline", 1, retain=True)
    async with await Peer.connect(port, "m", Version.V5, will=will) as peer:
        await gateway.close()
        assert await peer.next() == Disconnect(Reason.SERVER_SHUTTING_DOWN)
        assert await peer.next() is None
    assert house.kept == {"ohmstead/m/status": (b"offline", 1, None, None)}
    with pytest.raises(OSError):
        await Peer.dial(port)
