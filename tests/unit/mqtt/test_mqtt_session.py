"""A session on its way through connections that come, go and stall."""

import pytest

from ohmstead.mqtt.broker import Broker
from ohmstead.mqtt.codes import PacketType, Reason, Version
from ohmstead.mqtt.limits import Limits
from ohmstead.mqtt.message import Message
from ohmstead.mqtt.packets import Ack, Packet, Publish, Subscription
from ohmstead.mqtt.parse import PacketBuffer
from ohmstead.mqtt.properties import Property
from ohmstead.mqtt.session import Session


class Line:
    """A link that remembers what it was given and stops taking more when told to."""

    def __init__(self, version: Version = Version.V311, room: int | None = None) -> None:
        self.writable = True
        self.room = room
        self._buffer = PacketBuffer(version)
        self.got: list[Packet] = []

    def send(self, data: bytes) -> None:
        self.got += self._buffer.feed(data)
        if self.room is not None and len(self.got) >= self.room:
            self.writable = False

    @property
    def payloads(self) -> list[bytes]:
        return [packet.payload for packet in self.got if isinstance(packet, Publish)]


class Clock:
    def __init__(self) -> None:
        self.now = 1_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def broker(clock: Clock) -> Broker:
    return Broker(Limits(queued_messages=5, queued_bytes=1_000, in_flight=3), clock=clock)


def a_session(broker: Broker, name: str = "c", *, clean: bool = False, expiry_s: float = 100.0) -> Session:
    session, _ = broker.open(("", name), clean, expiry_s)
    return session


def online(session: Session, line: Line | None = None, version: Version = Version.V311, window: int = 3) -> Line:
    line = line or Line(version)
    session.attach(line, version, window, None)
    session.resume()
    return line


def say(broker: Broker, *payloads: str, qos: int = 1, topic: str = "t", **more: object) -> None:
    for payload in payloads:
        broker.route(Message(topic, payload.encode(), qos, **more))  # type: ignore[arg-type]


def test_the_window_holds_back_what_is_not_acknowledged(broker: Broker) -> None:
    session = a_session(broker)
    broker.subscribe(session, Subscription("t", 1), None)
    line = online(session)
    say(broker, "1", "2", "3", "4", "5")
    assert line.payloads == [b"1", b"2", b"3"]
    session.acknowledged(1)
    assert line.payloads[3:] == [b"4"]
    session.acknowledged(99)
    assert session.waiting == 1


def test_what_was_not_acknowledged_is_repeated_as_a_duplicate(broker: Broker) -> None:
    session = a_session(broker)
    broker.subscribe(session, Subscription("t", 2), None)
    online(session)
    say(broker, "1", "2")
    say(broker, "3", qos=2)
    session.acknowledged(1)
    session.half_acknowledged(3, Reason.SUCCESS)
    broker.release(session)
    say(broker, "4")
    line = online(session)
    assert line.got == [
        Publish("t", b"2", 1, duplicate=True, packet_id=2),
        Ack(PacketType.PUBREL, 3),
        Publish("t", b"4", 1, packet_id=4),
    ]


def test_a_client_that_returns_with_a_smaller_window_is_not_flooded(broker: Broker) -> None:
    session = a_session(broker)
    broker.subscribe(session, Subscription("t", 1), None)
    online(session)
    say(broker, "1", "2", "3", "4")
    broker.release(session)
    line = online(session, window=1)
    assert line.payloads == [b"1"]
    for expected in ([b"1", b"2"], [b"1", b"2", b"3"], [b"1", b"2", b"3", b"4"]):
        last = line.got[-1]
        assert isinstance(last, Publish)
        session.acknowledged(last.packet_id)
        assert line.payloads == expected


def test_the_lower_quality_of_both_sides_is_used(broker: Broker) -> None:
    session = a_session(broker)
    broker.subscribe(session, Subscription("t", 1), None)
    line = online(session)
    say(broker, "a", qos=0)
    say(broker, "b", qos=2)
    assert [(p.payload, p.qos) for p in line.got if isinstance(p, Publish)] == [(b"a", 0), (b"b", 1)]


def test_a_full_queue_loses_the_oldest_and_counts_it(broker: Broker) -> None:
    session = a_session(broker)
    broker.subscribe(session, Subscription("t", 1), None)
    broker.release(session)
    say(broker, *"1234567")
    say(broker, "lost on purpose", qos=0)
    assert broker.counters.dropped_full == 2
    assert session.waiting == 5
    line = online(session, window=10)
    assert line.payloads == [b"3", b"4", b"5", b"6", b"7"]


def test_the_queue_is_bounded_in_bytes_too(broker: Broker) -> None:
    session = a_session(broker)
    broker.subscribe(session, Subscription("t", 1), None)
    broker.release(session)
    say(broker, "a" * 600, "b" * 600)
    assert session.waiting == 1
    assert broker.counters.dropped_full == 1


def test_a_slow_link_delays_qos_0_and_then_loses_it_counted(broker: Broker) -> None:
    session = a_session(broker)
    broker.subscribe(session, Subscription("t", 0), None)
    line = online(session, Line(room=1))
    say(broker, *"12345678", qos=0)
    assert line.payloads == [b"1"]
    assert broker.counters.dropped_slow == 2
    line.room, line.writable = None, True
    session.pump()
    assert line.payloads == [b"1", b"2", b"3", b"4", b"5", b"6"]


def test_a_clean_session_ends_with_its_connection(broker: Broker) -> None:
    session = a_session(broker, clean=True, expiry_s=0)
    broker.subscribe(session, Subscription("t", 1), None)
    online(session)
    broker.release(session)
    assert not broker.subscriptions
    assert not broker.sessions


def test_a_session_is_kept_for_as_long_as_was_asked(broker: Broker, clock: Clock) -> None:
    session = a_session(broker, expiry_s=10)
    broker.release(session)
    clock.now += 9
    broker.expire()
    assert broker.open(("", "c"), False, 10) == (session, True)
    broker.release(session)
    clock.now += 11
    assert broker.open(("", "c"), False, 10)[1] is False


def test_too_many_sessions_left_behind_lose_the_oldest() -> None:
    broker = Broker(Limits(offline_sessions=2))
    for name in "abc":
        broker.release(a_session(broker, name))
    assert [key[1] for key in broker.sessions] == ["b", "c"]
    assert broker.counters.sessions_evicted == 1


def test_overlapping_filters_give_one_message_with_the_best_quality(broker: Broker) -> None:
    session = a_session(broker)
    line = online(session, version=Version.V5)
    broker.subscribe(session, Subscription("t/#", 2), 7)
    broker.subscribe(session, Subscription("t/+", 1), 9)
    say(broker, "x", qos=2, topic="t/a")
    (only,) = line.got
    assert isinstance(only, Publish)
    assert only.qos == 2
    assert sorted(only.properties[Property.SUBSCRIPTION_IDENTIFIER]) == [7, 9]


def test_a_shared_subscription_takes_turns_among_those_present(broker: Broker) -> None:
    a, b, away = (a_session(broker, name) for name in ("a", "b", "away"))
    for session in (a, b, away):
        broker.subscribe(session, Subscription("$share/g/t", 0), None)
    lines = [online(a), online(b)]
    say(broker, "1", "2", "3", "4", qos=0)
    assert sorted(len(line.got) for line in lines) == [2, 2]
    for session in (a, b, away):
        assert broker.unsubscribe(session, "$share/g/t")
    assert not broker.subscriptions


def test_a_message_that_expired_while_it_waited_is_not_sent(broker: Broker, clock: Clock) -> None:
    session = a_session(broker)
    broker.subscribe(session, Subscription("t", 1), None)
    broker.release(session)
    say(broker, "short", expires_at=clock.now + 1)
    say(broker, "long", expires_at=clock.now + 60)
    clock.now += 10
    line = online(session, version=Version.V5)
    (only,) = line.got
    assert isinstance(only, Publish)
    assert only.payload == b"long"
    assert only.properties == {Property.MESSAGE_EXPIRY_INTERVAL: 50}
    assert broker.counters.dropped_expired == 1


def test_what_is_larger_than_the_client_takes_is_dropped_counted(broker: Broker) -> None:
    session = a_session(broker)
    broker.subscribe(session, Subscription("t", 1), None)
    line = Line(Version.V5)
    session.attach(line, Version.V5, 3, 20)
    say(broker, "x" * 50, "y")
    assert line.payloads == [b"y"]
    assert broker.counters.dropped_too_large == 1
    assert session.in_flight == 1


def test_the_hundred_and_first_filter_is_refused(broker: Broker) -> None:
    session = a_session(broker)
    for number in range(100):
        assert broker.subscribe(session, Subscription(f"t/{number}", 1), None)[0] is Reason.GRANTED_QOS_1
    assert broker.subscribe(session, Subscription("one more", 1), None)[0] is Reason.QUOTA_EXCEEDED
    assert broker.subscribe(session, Subscription("t/5", 0), None)[0] is Reason.SUCCESS


def test_retained_messages_match_as_topics_do(broker: Broker) -> None:
    for topic in ("a", "a/b", "ab/c", "$SYS/x"):
        broker.keep(Message(topic, b"x"))
    assert sorted(m.topic for m in broker.retained_for("a/#")) == ["a", "a/b"]
    assert sorted(m.topic for m in broker.retained_for("#")) == ["a", "a/b", "ab/c"]
    assert [m.topic for m in broker.retained_for("+/b")] == ["a/b"]
    broker.keep(Message("a", b""))
    assert list(broker.retained_for("a")) == []


def test_packet_ids_wrap_and_skip_those_in_use(broker: Broker) -> None:
    session = a_session(broker)
    broker.subscribe(session, Subscription("t", 1), None)
    line = online(session, window=70_000)
    say(broker, "kept")
    for _ in range(65_534):
        say(broker, "x")
        last = line.got[-1]
        assert isinstance(last, Publish)
        session.acknowledged(last.packet_id)
        line.got.clear()
    say(broker, "after")
    (after,) = line.got
    assert isinstance(after, Publish)
    assert after.packet_id == 2
