"""What the broker answers, packet by packet; everything but the hot path of PUBLISH."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from secrets import token_hex
from typing import TYPE_CHECKING, Any, Final, Literal

from ohmstead.domain.errors import DomainError, MalformedPayload, TooFast, TooMany, Unavailable
from ohmstead.mqtt.codes import PacketType, ProtocolError, Reason, Version
from ohmstead.mqtt.packets import (
    PINGRESP,
    Ack,
    Connack,
    Connect,
    Disconnect,
    Packet,
    Ping,
    Publish,
    Suback,
    Subscribe,
    Unsuback,
    Unsubscribe,
)
from ohmstead.mqtt.properties import Properties, Property
from ohmstead.mqtt.topics import InvalidTopic, check_filter, check_topic, split_share
from ohmstead.mqtt.wire import u16
from ohmstead.transports.gatekeeper import NOTHING

if TYPE_CHECKING:
    from ohmstead.mqtt.limits import Limits
    from ohmstead.mqtt.message import Message
    from ohmstead.transports.client_connection import ClientConnection
    from ohmstead.transports.gatekeeper import Grant

REMEMBERED_TOPICS = 64  # per connection: a device uses a handful

AckOfPublish = Literal[PacketType.PUBACK, PacketType.PUBREC]


class Stall(Exception):
    """The packet at hand has to be tried again: after `delay_s`, or, if None, as soon as there is room."""

    def __init__(self, delay_s: float | None) -> None:
        super().__init__()
        self.delay_s = delay_s


def handle(connection: ClientConnection, packet: Packet) -> None:
    """Answer one packet. Raises ProtocolError (hang up) or Stall (offer the packet again later)."""
    if connection.session is None and not isinstance(packet, Connect):
        raise ProtocolError("the first packet is not CONNECT")
    answer = _ANSWERS.get(type(packet))
    if answer is None:
        raise ProtocolError(f"a client does not send {type(packet).__name__}")
    answer(connection, packet)


# CONNECT


def _connect(connection: ClientConnection, packet: Connect) -> None:
    if connection.session is not None:
        raise ProtocolError("a second CONNECT")
    gateway, limits, asked = connection.gateway, connection.gateway.limits, packet.properties
    connection.version = packet.version
    five = packet.version is Version.V5
    client_id, told = packet.client_id, Properties()
    if not client_id:
        if packet.version is Version.V31 or not (packet.clean or five):
            _reject(connection, Reason.CLIENT_IDENTIFIER_NOT_VALID)
            return
        client_id = f"auto-{token_hex(8)}"
        told[Property.ASSIGNED_CLIENT_IDENTIFIER] = client_id
    if Property.AUTHENTICATION_METHOD in asked:
        _reject(connection, Reason.BAD_AUTHENTICATION_METHOD)
        return
    if Property.AUTHENTICATION_DATA in asked:
        raise ProtocolError("authentication data without a method")
    try:
        grant = gateway.gatekeeper.connect(client_id, packet.username, packet.password, connection.peer)
    except (TooMany, Unavailable) as error:
        busy = isinstance(error, TooMany)
        _reject(connection, Reason.SERVER_BUSY if busy else Reason.SERVER_UNAVAILABLE)
        return
    if grant is None:
        _reject(connection, Reason.NOT_AUTHORIZED)
        return

    will = packet.will
    if will is not None:
        try:
            check_topic(will.topic, limits)
        except InvalidTopic as error:
            wrong = ProtocolError(f"will topic: {error}", Reason.TOPIC_NAME_INVALID)
            wrong.version = packet.version
            raise wrong from error
        if not grant.may_publish(will.topic):
            gateway.counters.refused += 1
            will = None

    # Sessions belong to somebody, so that nobody inherits another's by guessing its client id.
    key = (grant.owner, client_id)
    gateway.take_over(key)
    if five:
        expiry = asked.get(Property.SESSION_EXPIRY_INTERVAL, 0)
        if expiry > limits.offline_session_s:
            told[Property.SESSION_EXPIRY_INTERVAL] = limits.offline_session_s
    else:
        expiry = 0 if packet.clean else limits.offline_session_s
    session, present = gateway.broker.open(key, packet.clean, expiry)
    if present and not all(may_subscribe(grant, held) for held in session.subscriptions or ()):
        # Whoever may not hear it all does not get to hear what was kept for it.
        gateway.broker.end(session)
        session, present = gateway.broker.open(key, True, expiry)
    gateway.came_back(key, present)

    keep_alive = packet.keep_alive
    if five and limits.keep_alive_s is not None and not 0 < keep_alive <= limits.keep_alive_s:
        keep_alive = told[Property.SERVER_KEEP_ALIVE] = limits.keep_alive_s
    window = min(limits.in_flight, asked.get(Property.RECEIVE_MAXIMUM, 65_535))
    session.attach(connection, packet.version, window, asked.get(Property.MAXIMUM_PACKET_SIZE))
    connection.session, connection.grant, connection.will = session, grant, will
    connection.username = packet.username
    connection.deadline_s = keep_alive * 1.5
    connection.routes = {}
    gateway.counters.accepted += 1
    if five:
        told[Property.RECEIVE_MAXIMUM] = limits.receive_maximum
        told[Property.MAXIMUM_PACKET_SIZE] = limits.packet_bytes
        told[Property.TOPIC_ALIAS_MAXIMUM] = limits.topic_aliases
    connection.send(Connack(Reason.SUCCESS, present, told if five else {}).encode(packet.version))
    session.resume()


def _reject(connection: ClientConnection, reason: Reason) -> None:
    connection.gateway.counters.rejected += 1
    connection.send(Connack(reason).encode(connection.version))
    connection.close()


# PUBLISH and its acknowledgements


def _publish(connection: ClientConnection, packet: Publish) -> None:
    gateway, session, grant = connection.gateway, connection.session, connection.grant
    assert session is not None  # handle() made sure
    assert grant is not None
    kind: AckOfPublish = PacketType.PUBACK if packet.qos == 1 else PacketType.PUBREC
    packet_id = u16(packet.packet_id)
    topic = _resolve_alias(connection, packet)
    if packet.qos == 2:
        half = session.half_received
        if half is None:
            half = session.half_received = {}
        if packet.packet_id in half:
            connection.acknowledge(b"\x50\x02" + packet_id, half[packet.packet_id])
            return
        if len(half) >= gateway.limits.receive_maximum:
            raise ProtocolError("too many QoS 2 messages at once", Reason.RECEIVE_MAXIMUM_EXCEEDED)
    ticket = NOTHING
    if (refusal := _refusal(connection, topic)) is not None:
        gateway.counters.refused += 1
        _answer(connection, kind, packet.qos, packet_id, refusal)
    else:
        try:
            ticket = gateway.take(grant, session, topic, packet.payload, packet.qos, packet.retain, packet.properties)
        except DomainError as error:
            refuse(connection, error, kind, packet.qos, packet_id)
        else:
            if packet.qos:
                connection.acknowledge(bytes((kind << 4, 2)) + packet_id, ticket)
            if packet.qos == 2 and session.half_received is not None:
                session.half_received[packet.packet_id] = ticket
    gateway.counters.received += 1


def _resolve_alias(connection: ClientConnection, packet: Publish) -> str:
    alias: int | None = packet.properties.pop(Property.TOPIC_ALIAS, None)
    topic = packet.topic
    if alias is not None:
        if alias > connection.gateway.limits.topic_aliases:
            raise ProtocolError(f"topic alias {alias}", Reason.TOPIC_ALIAS_INVALID)
        if connection.aliases is None:
            connection.aliases = {}
        if topic:
            connection.aliases[alias] = topic
        elif alias not in connection.aliases:
            raise ProtocolError(f"topic alias {alias} without a topic")
        else:
            topic = connection.aliases[alias]
    if Property.SUBSCRIPTION_IDENTIFIER in packet.properties:
        raise ProtocolError("a subscription identifier from a client")
    answer_to = packet.properties.get(Property.RESPONSE_TOPIC, "")
    if "+" in answer_to or "#" in answer_to:
        raise ProtocolError("a response topic with a wildcard")
    return topic


def _refusal(connection: ClientConnection, topic: str) -> Reason | None:
    """None if the client may publish to `topic`, which is then remembered for the hot path."""
    routes, grant = connection.routes, connection.grant
    assert routes is not None  # handle() made sure
    assert grant is not None
    name = topic.encode()
    if name in routes:
        return None
    if not topic or "+" in topic or "#" in topic:
        raise ProtocolError("a topic name that is empty or has a wildcard", Reason.TOPIC_NAME_INVALID)
    try:
        check_topic(topic, connection.gateway.limits)
    except InvalidTopic:
        return Reason.TOPIC_NAME_INVALID
    if not grant.may_publish(topic):
        return Reason.NOT_AUTHORIZED
    if len(routes) >= REMEMBERED_TOPICS:
        routes.clear()
    routes[name] = topic
    return None


def refuse(connection: ClientConnection, error: DomainError, kind: AckOfPublish, qos: int, packet_id: bytes) -> None:
    """The server would not take a message: acknowledge it as refused, or raise Stall to offer it again."""
    counters = connection.gateway.counters
    five = connection.version is Version.V5
    if isinstance(error, Unavailable):
        counters.stalled += 1
        raise Stall(None) from error
    if isinstance(error, TooMany):
        counters.throttled += 1
        if isinstance(error, TooFast):
            # Many clients take any acknowledgement for success: what is slowed down is not lost on them.
            raise Stall(error.wait_s) from error
        if not (five and qos):
            raise Stall(float(error.retry_after_s)) from error
        reason = Reason.QUOTA_EXCEEDED
    elif isinstance(error, MalformedPayload):
        counters.malformed += 1
        reason = Reason.PAYLOAD_FORMAT_INVALID
    else:
        counters.refused += 1
        reason = Reason.NOT_AUTHORIZED
    _answer(connection, kind, qos, packet_id, reason)


def _answer(connection: ClientConnection, kind: AckOfPublish, qos: int, packet_id: bytes, reason: Reason) -> None:
    """Acknowledge a message that is not taken. 3.1.1 has no way to say no; a hung-up device would only retry."""
    if not qos:
        return
    if connection.version is Version.V5:
        connection.acknowledge(bytes((kind << 4, 3)) + packet_id + bytes((reason,)), NOTHING)
        return
    connection.acknowledge(bytes((kind << 4, 2)) + packet_id, NOTHING)


def _ack(connection: ClientConnection, packet: Ack) -> None:
    session = connection.session
    assert session is not None  # handle() made sure
    match packet.type:
        case PacketType.PUBACK | PacketType.PUBCOMP:
            session.acknowledged(packet.packet_id)
        case PacketType.PUBREC:
            session.half_acknowledged(packet.packet_id, packet.reason)
        case PacketType.PUBREL:
            known = session.half_received is not None and (
                session.half_received.pop(packet.packet_id, None) is not None
            )
            reason = Reason.SUCCESS if known else Reason.PACKET_IDENTIFIER_NOT_FOUND
            connection.send(Ack(PacketType.PUBCOMP, packet.packet_id, reason).encode(connection.version))


# SUBSCRIBE, UNSUBSCRIBE


def _subscribe(connection: ClientConnection, packet: Subscribe) -> None:
    broker, session, grant = connection.gateway.broker, connection.session, connection.grant
    assert session is not None  # handle() made sure
    assert grant is not None
    identifiers = packet.properties.get(Property.SUBSCRIPTION_IDENTIFIER)
    identifier = identifiers[0] if identifiers else None
    reasons: list[Reason] = []
    kept: list[tuple[Message, int]] = []
    for wanted in packet.subscriptions:
        if wanted.no_local and wanted.topic_filter.startswith("$share/"):
            raise ProtocolError("No Local on a shared subscription")
        if not _is_filter(wanted.topic_filter, broker.limits):
            reason = Reason.TOPIC_FILTER_INVALID
        elif may_subscribe(grant, wanted.topic_filter):
            reason, retained = broker.subscribe(session, wanted, identifier)
            kept += [(message, min(message.qos, wanted.qos)) for message in retained]
        else:
            reason = Reason.NOT_AUTHORIZED
        connection.gateway.counters.subscriptions_refused += reason >= 0x80
        reasons.append(reason)
    connection.send(Suback(packet.packet_id, tuple(reasons)).encode(connection.version))
    own = () if identifier is None else (identifier,)
    for message, qos in kept:
        session.deliver(message, qos, True, own, bounded=False)


def _is_filter(topic_filter: str, limits: Limits) -> bool:
    """Whether anybody could subscribe to it: what fails for what it is need not be asked for."""
    try:
        check_filter(split_share(topic_filter)[1], limits)
    except InvalidTopic:
        return False
    return True


def may_subscribe(grant: Grant, topic_filter: str) -> bool:
    """Ask `grant`; of `$share/<group>/<filter>` it is the inner filter that counts. Raises InvalidTopic."""
    return grant.may_subscribe(split_share(topic_filter)[1])


def _unsubscribe(connection: ClientConnection, packet: Unsubscribe) -> None:
    session = connection.session
    assert session is not None  # handle() made sure
    reasons = tuple(
        Reason.SUCCESS
        if connection.gateway.broker.unsubscribe(session, topic_filter)
        else Reason.NO_SUBSCRIPTION_EXISTED
        for topic_filter in packet.topic_filters
    )
    connection.send(Unsuback(packet.packet_id, reasons).encode(connection.version))


# the rest


def _ping(connection: ClientConnection, packet: Ping) -> None:
    connection.send(PINGRESP)


def _disconnect(connection: ClientConnection, packet: Disconnect) -> None:
    session = connection.session
    assert session is not None  # handle() made sure
    expiry = packet.properties.get(Property.SESSION_EXPIRY_INTERVAL)
    if expiry is not None:
        if expiry and not session.expiry_s:
            raise ProtocolError("a session that was to end with its connection cannot be prolonged")
        session.expiry_s = min(expiry, connection.gateway.limits.offline_session_s)
    connection.close(clean=packet.reason is Reason.SUCCESS)


_ANSWERS: Final[Mapping[type, Callable[[ClientConnection, Any], None]]] = {
    Connect: _connect,
    Publish: _publish,
    Ack: _ack,
    Subscribe: _subscribe,
    Unsubscribe: _unsubscribe,
    Ping: _ping,
    Disconnect: _disconnect,
}
