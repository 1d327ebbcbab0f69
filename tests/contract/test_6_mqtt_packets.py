"""Contract §6: MQTT 3.1.1 and 5.0 packet by packet, written from the standards."""

import asyncio
import contextlib
import json
import struct
from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest

from builders import serial
from system.running_server import RunningServer
from system.wire import MqttClient, packet, text

ENDED = (asyncio.IncompleteReadError, ConnectionError)
VERSIONS = pytest.mark.parametrize("version", [4, 5], ids=["3.1.1", "5.0"])
Packets = list[tuple[int, bytes]]


@pytest.fixture(scope="module")
def laboratory(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    """Any client may use any topic."""
    env = {"OHMSTEAD_MQTT_OPEN": "1", "OHMSTEAD_MQTT_DENY": "test/nosubscribe"}
    with RunningServer(tmp_path_factory.mktemp("laboratory") / "data", env=env) as running:
        yield running
        assert "Traceback" not in running.printed()


class Clients:
    """Connections of one test; each has a client id that no other test uses."""

    def __init__(self, server: RunningServer) -> None:
        self._server = server
        self._all: list[MqttClient] = []

    async def __call__(self, client_id: str = "", *credentials: str, version: int = 5, **options: Any) -> MqttClient:
        client = MqttClient(self._server.host, self._server.mqtt_port)
        self._all.append(client)
        code = await client.connect(client_id or serial("c"), *credentials, version=version, **options)
        assert code == 0, f"CONNACK {code:#x}"
        return client

    def close(self) -> None:
        for client in self._all:
            client.close()


@pytest.fixture
async def clients(laboratory: RunningServer) -> AsyncIterator[Clients]:
    made = Clients(laboratory)
    yield made
    made.close()


@pytest.fixture
async def at_home(server: RunningServer) -> AsyncIterator[Clients]:
    """Clients of a server with the rules of every day."""
    made = Clients(server)
    yield made
    made.close()


async def until_pong(client: MqttClient) -> Packets:
    """Everything that was on its way, so that "nothing came" can be said."""
    client.write(b"\xc0\0")
    found: Packets = []
    while (one := await client.read()) != (0xD0, b""):
        found.append(one)
    return found


async def until_the_end(client: MqttClient) -> Packets:
    found: Packets = []
    with contextlib.suppress(*ENDED):
        while True:
            found.append(await client.read())
    return found


def u16(number: int) -> bytes:
    return struct.pack("!H", number)


def prop(number: int, value: bytes) -> bytes:
    return bytes([number]) + value


def u32(number: int, value: int) -> bytes:
    return prop(number, struct.pack("!I", value))


def payloads(found: Packets) -> list[bytes]:
    """The last byte of each PUBLISH: tests send one letter."""
    return [body[-1:] for kind, body in found if kind & 0xF0 == 0x30]


BROKEN = {
    "a subscription at QoS 3": packet(0x82, u16(1) + text("a") + b"\3"),
    "a SUBSCRIBE without filters": packet(0x82, u16(1)),
    "a SUBSCRIBE with id 0": packet(0x82, u16(0) + text("a") + b"\0"),
    "a SUBSCRIBE without its flag": packet(0x80, u16(1) + text("a") + b"\0"),
    "an UNSUBSCRIBE without filters": packet(0xA2, u16(1)),
    "an UNSUBSCRIBE without its flag": packet(0xA0, u16(1) + text("a")),
    "a PUBLISH at QoS 3": packet(0x36, text("a") + u16(1)),
    "a PUBLISH with id 0": packet(0x32, text("a") + u16(0)),
    "a repeated PUBLISH at QoS 0": packet(0x38, text("a")),
    "a topic with a wildcard": packet(0x30, text("a/#")),
    "an empty topic": packet(0x30, text("")),
    "a topic with U+0000": packet(0x30, text("a\0")),
    "a topic that is not UTF-8": packet(0x30, text(b"\xff\xfe")),
    "a topic with half a surrogate": packet(0x30, text(b"\xed\xa0\x80")),
    "a PUBREL without its flag": packet(0x60, u16(1)),
    "a PINGREQ with flags": packet(0xC1, b""),
    "a PINGREQ with a body": packet(0xC0, b"x"),
    "a second CONNECT": packet(0x10, text("MQTT") + bytes([4, 2]) + u16(60) + text("again")),
    "a packet of the server": packet(0x20, b"\0\0"),
    "packet type 0": packet(0x00, b""),
    "packet type 15": packet(0xF0, b""),
    "a length of five bytes": b"\x30\xff\xff\xff\xff\x01",
}


@pytest.mark.parametrize("broken", BROKEN.values(), ids=BROKEN)
async def test_3_1_1_hangs_up_on_what_is_not_the_protocol(clients: Clients, broken: bytes) -> None:
    client = await clients(version=4)
    client.write(broken)
    assert await until_the_end(client) == []


@pytest.mark.parametrize(
    ("broken", "reason"),
    [
        (packet(0x82, u16(1) + b"\0" + text("a") + b"\xc0"), 0x81),
        (packet(0x82, u16(1) + b"\0" + text("a") + b"\x30"), 0x81),
        (packet(0x30, text("a") + b"\2\x99\1"), 0x81),
        (packet(0x30, text("a") + b"\2\x0b\1"), 0x82),
        (packet(0x30, text("a") + b"\4\1\1\1\1"), 0x82),
        (packet(0x30, text("a") + b"\x06\x08" + text("a/#")), 0x82),
        (packet(0x82, u16(1) + b"\0" + text("$share/g/a") + b"\4"), 0x82),
        (packet(0xF0, b"\x18\0"), 0x82),
        (packet(0xE0, b"\0\5" + u32(0x11, 9)), 0x82),
        (packet(0x30, text("a") + b"\3\x23\0\0"), 0x94),
        (packet(0x30, text("a") + b"\3\x23\xff\xff"), 0x94),
        (packet(0x30, text("") + b"\3\x23\0\1"), 0x82),
        (packet(0x30, text("a") + b"\0" + bytes(1 << 20)), 0x95),
    ],
    ids=["reserved bits", "retain handling 3", "an unknown property", "a subscription id of a client", "twice",
         "an answer to a wildcard", "No Local of a group", "AUTH without a method", "a longer session at the end",
         "alias 0", "an alias beyond the limit", "an alias never set", "more than a mebibyte"],
)  # fmt: skip
async def test_5_0_says_why_it_hangs_up(clients: Clients, broken: bytes, reason: int) -> None:
    client = await clients()
    client.write(broken)
    assert await until_the_end(client) == [(0xE0, bytes([reason]))]


@VERSIONS
@pytest.mark.parametrize("bad", ["", "a/#/b", "a+", "a#", "$share//a", "$share/g", "x" * 513, "/" * 16])
async def test_what_is_no_filter_is_refused(clients: Clients, version: int, bad: str) -> None:
    assert await (await clients(version=version)).subscribe(bad) == (0x80 if version == 4 else 0x8F)


@VERSIONS
async def test_a_denied_filter_is_refused(clients: Clients, version: int) -> None:
    assert await (await clients(version=version)).subscribe("test/nosubscribe") == (0x80 if version == 4 else 0x87)


class TestQualities:
    @VERSIONS
    async def test_2_arrives_once_however_often_it_is_sent(self, clients: Clients, version: int) -> None:
        topic, none = serial("t"), b"\0" if version == 5 else b""
        hears, says = await clients(version=version), await clients(version=version)
        await hears.subscribe(topic, 2)
        for first in (0x34, 0x3C):
            says.write(packet(first, text(topic) + u16(7) + none + b"x"))
            assert await says.read() == (0x50, u16(7))
        says.write(packet(0x62, u16(7)))
        assert await says.read() == (0x70, u16(7))
        (kind, body), *more = await until_pong(hears)
        assert (kind, body[-1:], more) == (0x34, b"x", [])
        given = body[2 + len(topic) :][:2]
        hears.write(packet(0x50, given))
        assert await hears.read() == (0x62, given)
        hears.write(packet(0x70, given))
        assert await until_pong(hears) == []

    @VERSIONS
    async def test_what_was_not_acknowledged_comes_again_in_order(self, clients: Clients, version: int) -> None:
        name, topic = serial("back"), serial("t")
        kept: dict[str, Any] = {"version": version, "properties": u32(0x11, 600) if version == 5 else b""}
        away = await clients(name, clean=False, **kept)
        await away.subscribe(topic, 2)
        says = await clients()
        says.send_publish(topic, b"a", 1)
        says.send_publish(topic, b"b", 2)
        await until_pong(says)
        first = await until_pong(away)
        away.close()
        says.send_publish(topic, b"c", 1)
        await until_pong(says)
        back = await clients(name, clean=False, **kept)
        assert back.connack[0] == 1, "session present"
        again = await until_pong(back)
        assert again[:2] == [(kind | 8, body) for kind, body in first]
        assert payloads(again) == [b"a", b"b", b"c"]
        assert (await clients(name, clean=True, **kept)).connack[0] == 0

    async def test_5_0_no_more_at_once_than_the_client_takes(self, clients: Clients) -> None:
        topic = serial("t")
        client = await clients(properties=prop(0x21, u16(2)))
        await client.subscribe(topic, 1)
        for letter in (b"a", b"b", b"c"):
            client.send_publish(topic, letter, 0)
        assert payloads(await until_pong(client)) == [b"a", b"b", b"c"], "QoS 0 is not counted"
        says = await clients()
        for letter in (b"a", b"b", b"c"):
            says.send_publish(topic, letter, 1)
        await until_pong(says)
        found = await until_pong(client)
        assert payloads(found) == [b"a", b"b"]
        client.write(packet(0x40, found[0][1][2 + len(topic) :][:2]))
        assert payloads(await until_pong(client)) == [b"c"]

    async def test_5_0_no_more_at_once_than_the_server_takes(self, clients: Clients) -> None:
        client = await clients()
        at = client.connack.index(b"\x21", 2)
        most = int.from_bytes(client.connack[at + 1 : at + 3], "big")
        for _ in range(most + 1):
            client.send_publish("never/released", b"", 2)
        *taken, last = await until_the_end(client)
        assert (len(taken), last) == (most, (0xE0, b"\x93"))

    async def test_5_0_what_is_too_large_for_the_client_is_not_sent(self, clients: Clients) -> None:
        topic = serial("t")
        client = await clients(properties=u32(0x27, 64))
        await client.subscribe(topic, 1)
        client.send_publish(topic, b"x" * 64, 0)
        client.send_publish(topic, b"y", 0)
        assert payloads(await until_pong(client)) == [b"y"]


class TestRetained:
    async def test_5_0_as_the_subscriber_wants_it(self, clients: Clients) -> None:
        topic = serial("t")
        says, hears = await clients(), await clients()
        await says.publish(topic, b"a", retain=True)
        always, if_new, never, as_published = 0x00, 0x10, 0x20, 0x08
        for options, found in ((never, []), (if_new, []), (always, [0x31])):
            await hears.subscribe(topic, options)
            assert [kind for kind, _ in await until_pong(hears)] == found
        other = await clients()
        await other.subscribe(topic, if_new | as_published)
        assert [kind for kind, _ in await until_pong(other)] == [0x31]
        await says.publish(topic, b"b", retain=True)
        assert [kind for kind, _ in await until_pong(hears)] == [0x30]
        assert [kind for kind, _ in await until_pong(other)] == [0x31]

    async def test_5_0_it_travels_with_its_properties_and_the_time_it_has_left(self, clients: Clients) -> None:
        topic, own = serial("t"), prop(0x26, text("a") + text("1"))
        says, hears = await clients(), await clients()
        says.send_publish(topic, b"x", 1, retain=True, properties=own + u32(0x02, 600))
        await says.read()
        await hears.subscribe(topic)
        ((_, body),) = await until_pong(hears)
        rest = body[2 + len(topic) :]
        assert own in rest
        left = int.from_bytes(rest[rest.index(b"\x02\0\0") + 1 :][:4], "big")
        assert 0 < left <= 600

    @VERSIONS
    async def test_an_empty_one_deletes(self, clients: Clients, version: int) -> None:
        topic = serial("t")
        says = await clients(version=version)
        for payload in (b"a", b""):
            says.send_publish(topic, payload, 1, retain=True)
            await says.read()
        hears = await clients(version=version)
        await hears.subscribe(topic)
        assert await until_pong(hears) == []


class TestWills:
    @VERSIONS
    async def test_of_a_client_that_vanishes_or_is_taken_over(self, clients: Clients, version: int) -> None:
        topic, name = serial("t"), serial("mortal")
        watcher = await clients(version=version)
        await watcher.subscribe(topic)
        (await clients(name, version=version, will=(topic, b"x", False))).close()
        assert (await watcher.message())[1][-1:] == b"x"
        first = await clients(name, version=version, will=(topic, b"y", False))
        await clients(name, version=version)
        assert (await watcher.message())[1][-1:] == b"y"
        assert await until_the_end(first) == ([(0xE0, b"\x8e")] if version == 5 else [])

    @VERSIONS
    async def test_not_of_one_that_says_good_bye(self, clients: Clients, version: int) -> None:
        topic = serial("t")
        watcher = await clients(version=version)
        await watcher.subscribe(topic)
        leaving = await clients(version=version, will=(topic, b"x", False))
        leaving.write(b"\xe0\0")
        await until_the_end(leaving)
        assert await until_pong(watcher) == []

    async def test_5_0_unless_it_asks_for_it(self, clients: Clients) -> None:
        topic = serial("t")
        watcher = await clients()
        await watcher.subscribe(topic)
        leaving = await clients(will=(topic, b"x", False))
        leaving.write(b"\xe0\1\4")
        assert (await watcher.message())[1][-1:] == b"x"


class TestSubscriptions:
    async def test_5_0_identifiers_of_every_filter_that_matched(self, clients: Clients) -> None:
        topic = serial("t")
        client = await clients()
        await client.subscribe(f"{topic}/+", properties=b"\x0b\x05")
        await client.subscribe(f"{topic}/#", properties=b"\x0b\x07")
        client.send_publish(f"{topic}/a", b"x", 0)
        ((_, body),) = await until_pong(client)
        rest = body[4 + len(topic) :]
        assert {rest[1:3], rest[3:5]} == {b"\x0b\x05", b"\x0b\x07"}

    async def test_5_0_not_to_oneself(self, clients: Clients) -> None:
        topic = serial("t")
        one, other = await clients(), await clients()
        for client in (one, other):
            await client.subscribe(topic, 4)
        one.send_publish(topic, b"x", 0)
        assert await until_pong(one) == []
        assert payloads(await until_pong(other)) == [b"x"]

    async def test_a_group_shares_what_comes(self, clients: Clients) -> None:
        topic = serial("t")
        members = [await clients(), await clients()]
        for member in members:
            await member.subscribe(f"$share/group/{topic}")
        says = await clients()
        for letter in (b"a", b"b", b"c", b"d"):
            says.send_publish(topic, letter, 0)
        await until_pong(says)
        shares = [payloads(await until_pong(member)) for member in members]
        assert sorted(shares[0] + shares[1]) == [b"a", b"b", b"c", b"d"]
        assert all(shares)

    async def test_5_0_an_alias_stands_for_its_topic_on_its_connection(self, clients: Clients) -> None:
        topic, alias = serial("t"), prop(0x23, u16(3))
        client = await clients()
        await client.subscribe(topic)
        client.send_publish(topic, b"a", 0, properties=alias)
        client.send_publish("", b"b", 1, properties=alias)
        client.send_publish("", b"c", 0, properties=alias)
        found = [body for kind, body in await until_pong(client) if kind == 0x30]
        assert found == [text(topic) + b"\0" + letter for letter in (b"a", b"b", b"c")]

    @VERSIONS
    async def test_wildcards_do_not_reach_what_begins_with_a_dollar(self, clients: Clients, version: int) -> None:
        client = await clients(version=version)
        for topic_filter in ("#", "+/monitor", "+/+"):
            await client.subscribe(topic_filter)
        await until_pong(client)
        client.send_publish("$server/monitor", b"x", 0)
        assert await until_pong(client) == []


class TestSessions:
    async def test_a_client_id_is_one_client_whatever_user_name_it_gives(self, clients: Clients) -> None:
        name = serial("same")
        first = await clients(name, "one")
        await clients(name, "another")
        assert await until_the_end(first) == [(0xE0, b"\x8e")]

    async def test_a_device_goes_on_with_its_session_with_or_without_its_serial(
        self, at_home: Clients, server: RunningServer
    ) -> None:
        device = server.add_device(serial())
        kept: dict[str, Any] = {"clean": False, "version": 4}
        first = await at_home("one", device.serial, device.token, **kept)
        await first.subscribe(f"ohmstead/{device.serial}/commands", 1)
        second = await at_home("one", "", device.token, **kept)
        assert await until_the_end(first) == []
        assert second.connack[0] == 1, "session present"
        answer = server.admin.post(f"/devices/{device.id}/commands", json={"name": "blink", "args": {}})
        assert answer.status_code == 202
        topic, payload, _ = await second.message()
        assert (topic, json.loads(payload)["name"]) == (f"ohmstead/{device.serial}/commands", "blink")

    async def test_nobody_inherits_the_session_of_another_device(self, at_home: Clients, server: RunningServer) -> None:
        one, other = server.add_device(serial()), server.add_device(serial())
        first = await at_home("same", "", one.token, clean=False, version=4)
        second = await at_home("same", "", other.token, clean=False, version=4)
        assert second.connack[0] == 0
        assert await until_pong(first) == []

    async def test_5_0_as_long_as_was_said_at_the_end(self, clients: Clients) -> None:
        name = serial("leaving")
        for told, present in ((600, 1), (0, 0)):
            leaving = await clients(name, clean=False, properties=u32(0x11, 600))
            leaving.write(packet(0xE0, b"\0\5" + u32(0x11, told)))
            await until_the_end(leaving)
            assert (await clients(name, clean=False, properties=u32(0x11, 600))).connack[0] == present


class TestReasons:
    async def test_5_0_bad_credentials_are_0x87(self, server: RunningServer) -> None:
        device = server.add_device(serial())
        for credentials in ((device.serial, "wrong"), ("", "wrong"), ("other", device.token), (device.serial, "")):
            client = MqttClient(server.host, server.mqtt_port)
            assert await client.connect("c", *credentials, version=5) == 0x87
            assert await until_the_end(client) == []
            client.close()

    async def test_5_0_says_what_became_of_a_message(self, at_home: Clients, server: RunningServer) -> None:
        mine, other = server.add_device(serial()), server.add_device(serial())
        client = await at_home("", mine.serial, mine.token)
        for topic, payload, qos, answer in (
            (f"ohmstead/{mine.serial}/telemetry", b"junk", 1, (0x40, b"\x99")),
            (f"ohmstead/{mine.serial}/telemetry", b"junk", 2, (0x50, b"\x99")),
            (f"ohmstead/{mine.serial}/hello", b"junk", 1, (0x40, b"\x99")),
            (f"ohmstead/{other.serial}/telemetry", b"{}", 1, (0x40, b"\x87")),
            (f"ohmstead/{mine.serial}/commands", b"{}", 1, (0x40, b"\x87")),
            (f"ohmstead/{mine.serial}/telemetry", b'{"v":{"power":1}}', 1, (0x40, b"")),
        ):
            packet_id = client.send_publish(topic, payload, qos)
            assert await client.read() == (answer[0], u16(packet_id) + answer[1]), topic
