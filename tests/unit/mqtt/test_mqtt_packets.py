"""Every packet survives the way to bytes and back, known bytes mean what the specification says, and no bytes crash."""

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ohmstead.mqtt import properties as props
from ohmstead.mqtt import wire
from ohmstead.mqtt.codes import MalformedPacket, PacketType, ProtocolError, Reason, Version
from ohmstead.mqtt.packets import (
    Ack,
    Auth,
    Connack,
    Connect,
    Disconnect,
    Packet,
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
from ohmstead.mqtt.parse import PacketBuffer, decode, frame
from ohmstead.mqtt.properties import WILL, Properties, Property

versions = st.sampled_from(Version)
texts = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=20)
numbers = st.integers(1, 65_535)
blobs = st.binary(max_size=40)
qos = st.integers(0, 2)

VALUES = {
    props._Form.FLAG: st.integers(0, 1),
    props._Form.U16: st.integers(1, 65_535),
    props._Form.U32: st.integers(1, 2**32 - 1),
    props._Form.VARINT: st.integers(1, wire.MAX_VARINT),
    props._Form.TEXT: texts,
    props._Form.BINARY: blobs,
    props._Form.PAIR: st.lists(st.tuples(texts, texts), min_size=1, max_size=3),
}


@st.composite
def properties_for(draw: st.DrawFn, where: int, version: Version) -> Properties:
    if version is not Version.V5:
        return {}
    allowed = sorted(number for number, (_, places) in props._TABLE.items() if where in places)
    chosen = draw(st.lists(st.sampled_from(allowed), unique=True, max_size=4)) if allowed else []
    found: Properties = {}
    for number in chosen:
        value = draw(VALUES[props._TABLE[number][0]])
        found[Property(number)] = [value] if number == Property.SUBSCRIPTION_IDENTIFIER else value
    return found


@st.composite
def packets(draw: st.DrawFn, version: Version) -> Packet:
    kind = draw(st.sampled_from([t for t in PacketType if t is not PacketType.AUTH or version is Version.V5]))
    extra = draw(properties_for(kind, version))
    five = version is Version.V5
    reason = draw(st.sampled_from(Reason)) if five else Reason.SUCCESS
    match kind:
        case PacketType.CONNECT:
            will = Will(draw(texts), draw(blobs), draw(qos), draw(st.booleans()), draw(properties_for(WILL, version)))
            username = draw(st.none() | texts)
            password = draw(st.none() | blobs) if five or username is not None else None
            return Connect(
                draw(texts),
                version,
                draw(st.booleans()),
                draw(st.integers(0, 65_535)),
                username,
                password,
                draw(st.none() | st.just(will)),
                extra,
            )
        case PacketType.CONNACK:
            return Connack(reason, version is not Version.V31 and draw(st.booleans()), extra)
        case PacketType.PUBLISH:
            level = draw(qos)
            number = draw(numbers) if level else 0
            twice = bool(level) and draw(st.booleans())
            return Publish(draw(texts), draw(blobs), level, draw(st.booleans()), twice, number, extra)
        case PacketType.PUBACK | PacketType.PUBREC | PacketType.PUBREL | PacketType.PUBCOMP:
            return Ack(kind, draw(numbers), reason, extra)
        case PacketType.SUBSCRIBE:
            options = st.builds(
                Subscription,
                texts,
                qos,
                st.booleans() if five else st.just(False),
                st.booleans() if five else st.just(False),
                qos if five else st.just(0),
            )
            return Subscribe(draw(numbers), tuple(draw(st.lists(options, min_size=1, max_size=3))), extra)
        case PacketType.SUBACK:
            old = st.sampled_from([Reason(code) for code in (0, 1, 2, 0x80)])
            codes = st.lists(st.sampled_from(Reason) if five else old, max_size=3)
            return Suback(draw(numbers), tuple(draw(codes)), extra)
        case PacketType.UNSUBSCRIBE:
            return Unsubscribe(draw(numbers), tuple(draw(st.lists(texts, min_size=1, max_size=3))), extra)
        case PacketType.UNSUBACK:
            codes = st.lists(st.sampled_from(Reason), max_size=3) if five else st.just([])
            return Unsuback(draw(numbers), tuple(draw(codes)), extra)
        case PacketType.PINGREQ:
            return Ping()
        case PacketType.PINGRESP:
            return Pong()
        case PacketType.DISCONNECT:
            return Disconnect(reason, extra)
        case PacketType.AUTH:
            return Auth(reason, extra)


def encoded(packet: Packet, version: Version) -> bytes:
    return packet.encode() if isinstance(packet, Connect) else packet.encode(version)


@given(st.data(), versions)
def test_a_packet_comes_back_as_it_was_sent(data: st.DataObject, version: Version) -> None:
    packet = data.draw(packets(version))
    buffer = PacketBuffer(version)
    assert list(buffer.feed(encoded(packet, version))) == [packet]


@given(st.data(), versions, st.integers(1, 7))
def test_packets_may_arrive_in_any_pieces(data: st.DataObject, version: Version, piece: int) -> None:
    sent = [data.draw(packets(version)) for _ in range(3)]
    stream = b"".join(encoded(packet, version) for packet in sent)
    buffer = PacketBuffer(version)
    got = [p for at in range(0, len(stream), piece) for p in buffer.feed(stream[at : at + piece])]
    assert got == sent


@given(st.binary(max_size=60), versions)
def test_no_bytes_raise_anything_but_the_protocol_error(data: bytes, version: Version) -> None:
    try:
        for _ in PacketBuffer(version).feed(data):
            pass
    except ProtocolError:
        pass


@given(st.integers(0, 255), st.binary(max_size=60), versions)
def test_no_body_raises_anything_but_the_protocol_error(first: int, body: bytes, version: Version) -> None:
    with contextlib.suppress(ProtocolError):
        decode(first, body, version)


@given(st.data(), versions)
def test_a_packet_cut_short_or_changed_is_never_a_crash(data: st.DataObject, version: Version) -> None:
    raw = bytearray(encoded(data.draw(packets(version)), version))
    place = data.draw(st.integers(0, len(raw) - 1))
    raw[place] = data.draw(st.integers(0, 255))
    del raw[data.draw(st.integers(1, len(raw))) :]
    with contextlib.suppress(ProtocolError):
        list(PacketBuffer(version).feed(bytes(raw)))


@given(st.integers(0, wire.MAX_VARINT))
def test_a_variable_byte_integer_comes_back(value: int) -> None:
    raw = wire.varint(value)
    assert wire.Reader(raw).varint() == value
    assert len(raw) <= 4


def test_the_bytes_are_those_of_the_specification() -> None:
    connect = Connect("c", username="", password=b"", keep_alive=15)
    assert connect.encode().hex(" ") == "10 11 00 04 4d 51 54 54 04 c2 00 0f 00 01 63 00 00 00 00"
    assert Publish("a/b", b"x", 1, packet_id=10).encode(Version.V311) == b"\x32\x08\x00\x03a/b\x00\x0ax"
    assert Ack(PacketType.PUBACK, 7).encode(Version.V5) == b"\x40\x02\x00\x07"
    assert Ack(PacketType.PUBREL, 7).encode(Version.V311) == b"\x62\x02\x00\x07"
    assert Ack(PacketType.PUBACK, 7, Reason.PAYLOAD_FORMAT_INVALID).encode(Version.V5) == b"\x40\x03\x00\x07\x99"
    assert Suback(1, (Reason.NOT_AUTHORIZED,)).encode(Version.V311) == b"\x90\x03\x00\x01\x80"
    assert Suback(1, (Reason.NOT_AUTHORIZED,)).encode(Version.V5) == b"\x90\x04\x00\x01\x00\x87"
    assert Connack(Reason.NOT_AUTHORIZED).encode(Version.V311) == b"\x20\x02\x00\x05"
    assert Connack(Reason.NOT_AUTHORIZED).encode(Version.V5) == b"\x20\x03\x00\x87\x00"


def test_empty_credentials_are_not_absent_ones() -> None:
    body = bytes.fromhex("00044d51545404c2000f0001630000 0000".replace(" ", ""))
    packet = decode(0x10, body, Version.V311)
    assert isinstance(packet, Connect)
    assert (packet.username, packet.password) == ("", b"")


@pytest.mark.parametrize(
    ("first", "body", "why"),
    [
        (0x36, "00016100 01", "QoS 3"),
        (0x38, "000161", "DUP with QoS 0"),
        (0x32, "0001610000", "packet identifier 0"),
        (0x30, "0003 610062", "U+0000 in a topic"),
        (0x30, "0003 eda080", "a surrogate in a topic"),
        (0x30, "0002 c328", "a topic that is not UTF-8"),
        (0x30, "0010 61", "a topic longer than its packet"),
        (0x80, "0001 000161 00", "SUBSCRIBE without its flags"),
        (0x82, "0001", "SUBSCRIBE without a filter"),
        (0x82, "0001 000161 03", "QoS 3 asked for"),
        (0x82, "0001 000161 04", "reserved subscription options"),
        (0xA2, "0001", "UNSUBSCRIBE without a filter"),
        (0x60, "0001", "PUBREL without its flags"),
        (0x40, "000100", "PUBACK that is too long"),
        (0xC0, "00", "PINGREQ with a body"),
        (0xE1, "", "DISCONNECT with flags"),
        (0x00, "", "packet type 0"),
        (0xF0, "", "packet type 15 in 3.1.1"),
        (0x10, "0004 4d515454 04 03 0000 000163", "the reserved flag of CONNECT"),
        (0x10, "0004 4d515454 04 42 0000 000163 0000", "a password without a user name"),
        (0x10, "0004 4d515454 04 1e 0000 000163 000161 0000", "will QoS 3"),
        (0x10, "0004 4d515454 04 22 0000 000163", "will retain without a will"),
        (0x10, "0004 4d515454 04 02 0000 000163 ff", "bytes after the payload"),
        (0x10, "0002 686a 04 02 0000 000163", "another protocol's name"),
    ],
)
def test_what_the_protocol_forbids_is_an_error(first: int, body: str, why: str) -> None:
    with pytest.raises(ProtocolError):
        decode(first, bytes.fromhex(body.replace(" ", "")), Version.V311)


def test_an_unknown_level_can_still_be_answered() -> None:
    with pytest.raises(ProtocolError) as caught:
        decode(0x10, bytes.fromhex("00044d5154540602 0000 000163".replace(" ", "")), Version.V311)
    assert caught.value.reason is Reason.UNSUPPORTED_PROTOCOL_VERSION
    assert caught.value.version is not None


def test_a_property_where_it_does_not_belong_is_an_error() -> None:
    stray = props.encode({Property.SERVER_KEEP_ALIVE: 5})
    with pytest.raises(ProtocolError):
        props.decode(wire.Reader(stray), PacketType.PUBLISH)
    with pytest.raises(ProtocolError):
        props.decode(wire.Reader(b"\x06\x21\x00\x05\x21\x00\x06"), PacketType.CONNECT)  # twice
    with pytest.raises(MalformedPacket):
        props.decode(wire.Reader(b"\x02\x7f\x00"), PacketType.CONNECT)  # unknown


def test_a_length_of_five_bytes_is_refused_before_the_body_comes() -> None:
    with pytest.raises(MalformedPacket):
        frame(b"\x30\xff\xff\xff\xff\x01", 0)
    assert frame(b"\x30\xff\xff", 0) is None


def test_a_packet_beyond_the_limit_is_refused_from_its_header() -> None:
    with pytest.raises(ProtocolError) as caught:
        list(PacketBuffer(max_packet=1_000).feed(b"\x30\xe8\x07"))
    assert caught.value.reason is Reason.PACKET_TOO_LARGE
