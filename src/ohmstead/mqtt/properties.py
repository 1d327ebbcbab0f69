"""The properties of MQTT 5.0 §2.2.2: one row per property, one codec for all."""

from collections.abc import Mapping
from enum import Enum, IntEnum, auto
from typing import Any, Final

from ohmstead.mqtt import wire
from ohmstead.mqtt.codes import MalformedPacket, PacketType, ProtocolError, Reason
from ohmstead.mqtt.wire import Reader


class Property(IntEnum):
    PAYLOAD_FORMAT_INDICATOR = 0x01
    MESSAGE_EXPIRY_INTERVAL = 0x02
    CONTENT_TYPE = 0x03
    RESPONSE_TOPIC = 0x08
    CORRELATION_DATA = 0x09
    SUBSCRIPTION_IDENTIFIER = 0x0B
    SESSION_EXPIRY_INTERVAL = 0x11
    ASSIGNED_CLIENT_IDENTIFIER = 0x12
    SERVER_KEEP_ALIVE = 0x13
    AUTHENTICATION_METHOD = 0x15
    AUTHENTICATION_DATA = 0x16
    REQUEST_PROBLEM_INFORMATION = 0x17
    WILL_DELAY_INTERVAL = 0x18
    REQUEST_RESPONSE_INFORMATION = 0x19
    RESPONSE_INFORMATION = 0x1A
    SERVER_REFERENCE = 0x1C
    REASON_STRING = 0x1F
    RECEIVE_MAXIMUM = 0x21
    TOPIC_ALIAS_MAXIMUM = 0x22
    TOPIC_ALIAS = 0x23
    MAXIMUM_QOS = 0x24
    RETAIN_AVAILABLE = 0x25
    USER_PROPERTY = 0x26
    MAXIMUM_PACKET_SIZE = 0x27
    WILDCARD_SUBSCRIPTION_AVAILABLE = 0x28
    SUBSCRIPTION_IDENTIFIER_AVAILABLE = 0x29
    SHARED_SUBSCRIPTION_AVAILABLE = 0x2A


# USER_PROPERTY holds a list of pairs and SUBSCRIPTION_IDENTIFIER a list of int; the others one int, str or bytes.
Properties = dict[Property, Any]

WILL: Final = 0  # the will's properties stand in a CONNECT but are a set of their own


class _Form(Enum):
    FLAG = auto()
    U16 = auto()
    U32 = auto()
    VARINT = auto()
    TEXT = auto()
    BINARY = auto()
    PAIR = auto()


_P, _T, _F = Property, PacketType, _Form
_ACKS = (_T.PUBACK, _T.PUBREC, _T.PUBREL, _T.PUBCOMP)
_MESSAGE = (_T.PUBLISH, WILL)

_TABLE: Final[Mapping[int, tuple[_Form, frozenset[int]]]] = {
    property_: (form, frozenset(where))
    for property_, form, where in (
        (_P.PAYLOAD_FORMAT_INDICATOR, _F.FLAG, _MESSAGE),
        (_P.MESSAGE_EXPIRY_INTERVAL, _F.U32, _MESSAGE),
        (_P.CONTENT_TYPE, _F.TEXT, _MESSAGE),
        (_P.RESPONSE_TOPIC, _F.TEXT, _MESSAGE),
        (_P.CORRELATION_DATA, _F.BINARY, _MESSAGE),
        (_P.SUBSCRIPTION_IDENTIFIER, _F.VARINT, (_T.PUBLISH, _T.SUBSCRIBE)),
        (_P.SESSION_EXPIRY_INTERVAL, _F.U32, (_T.CONNECT, _T.CONNACK, _T.DISCONNECT)),
        (_P.ASSIGNED_CLIENT_IDENTIFIER, _F.TEXT, (_T.CONNACK,)),
        (_P.SERVER_KEEP_ALIVE, _F.U16, (_T.CONNACK,)),
        (_P.AUTHENTICATION_METHOD, _F.TEXT, (_T.CONNECT, _T.CONNACK, _T.AUTH)),
        (_P.AUTHENTICATION_DATA, _F.BINARY, (_T.CONNECT, _T.CONNACK, _T.AUTH)),
        (_P.REQUEST_PROBLEM_INFORMATION, _F.FLAG, (_T.CONNECT,)),
        (_P.WILL_DELAY_INTERVAL, _F.U32, (WILL,)),
        (_P.REQUEST_RESPONSE_INFORMATION, _F.FLAG, (_T.CONNECT,)),
        (_P.RESPONSE_INFORMATION, _F.TEXT, (_T.CONNACK,)),
        (_P.SERVER_REFERENCE, _F.TEXT, (_T.CONNACK, _T.DISCONNECT)),
        (_P.REASON_STRING, _F.TEXT, (_T.CONNACK, *_ACKS, _T.SUBACK, _T.UNSUBACK, _T.DISCONNECT, _T.AUTH)),
        (_P.RECEIVE_MAXIMUM, _F.U16, (_T.CONNECT, _T.CONNACK)),
        (_P.TOPIC_ALIAS_MAXIMUM, _F.U16, (_T.CONNECT, _T.CONNACK)),
        (_P.TOPIC_ALIAS, _F.U16, (_T.PUBLISH,)),
        (_P.MAXIMUM_QOS, _F.FLAG, (_T.CONNACK,)),
        (_P.RETAIN_AVAILABLE, _F.FLAG, (_T.CONNACK,)),
        (_P.USER_PROPERTY, _F.PAIR, (WILL, *(t for t in _T if t not in (_T.PINGREQ, _T.PINGRESP)))),
        (_P.MAXIMUM_PACKET_SIZE, _F.U32, (_T.CONNECT, _T.CONNACK)),
        (_P.WILDCARD_SUBSCRIPTION_AVAILABLE, _F.FLAG, (_T.CONNACK,)),
        (_P.SUBSCRIPTION_IDENTIFIER_AVAILABLE, _F.FLAG, (_T.CONNACK,)),
        (_P.SHARED_SUBSCRIPTION_AVAILABLE, _F.FLAG, (_T.CONNACK,)),
    )
}

_NEVER_ZERO: Final = {_P.RECEIVE_MAXIMUM, _P.MAXIMUM_PACKET_SIZE, _P.SUBSCRIPTION_IDENTIFIER}


def decode(reader: Reader, where: int) -> Properties:
    """Read the property length and the properties that a packet of type `where` (or WILL) may carry."""
    length = reader.varint()
    if length == 0:
        return {}
    if reader.pos + length > reader.end:
        raise MalformedPacket("properties reach beyond their packet")
    inner = Reader(reader.data, reader.pos, reader.pos + length)
    reader.pos += length
    found: Properties = {}
    while inner.more():
        number = inner.varint()
        form, allowed = _TABLE.get(number, (None, frozenset()))
        if form is None:
            raise MalformedPacket(f"unknown property {number:#x}")
        property_ = Property(number)
        if where not in allowed:
            raise ProtocolError(f"{property_.name} is not allowed here")
        value = _read(inner, form)
        if value == 0 and property_ in _NEVER_ZERO:
            raise ProtocolError(f"{property_.name} is 0")
        if value == 0 and property_ is Property.TOPIC_ALIAS:
            raise ProtocolError("topic alias 0", Reason.TOPIC_ALIAS_INVALID)
        if property_ is Property.USER_PROPERTY or (
            property_ is Property.SUBSCRIPTION_IDENTIFIER and where == PacketType.PUBLISH
        ):
            found.setdefault(property_, []).append(value)
        elif property_ in found:
            raise ProtocolError(f"{property_.name} twice")
        else:
            found[property_] = [value] if property_ is Property.SUBSCRIPTION_IDENTIFIER else value
    return found


def _read(reader: Reader, form: _Form) -> Any:
    match form:
        case _Form.FLAG:
            if (flag := reader.u8()) > 1:
                raise ProtocolError(f"a flag property of {flag}")
            return flag
        case _Form.U16:
            return reader.u16()
        case _Form.U32:
            return reader.u32()
        case _Form.VARINT:
            return reader.varint()
        case _Form.TEXT:
            return reader.text()
        case _Form.BINARY:
            return reader.binary()
        case _Form.PAIR:
            return reader.text(), reader.text()


def encode(properties: Mapping[Property, Any] | None) -> bytes:
    """The property length and the properties; `None` and `{}` are one zero byte."""
    if not properties:
        return b"\0"
    out = bytearray()
    for property_, value in properties.items():
        form = _TABLE[property_][0]
        for item in value if isinstance(value, list) else (value,):
            out.append(property_)
            match form:
                case _Form.FLAG:
                    out.append(item)
                case _Form.U16:
                    out += item.to_bytes(2, "big")
                case _Form.U32:
                    out += item.to_bytes(4, "big")
                case _Form.VARINT:
                    out += wire.varint(item)
                case _Form.TEXT:
                    out += wire.string(item)
                case _Form.BINARY:
                    out += wire.binary(item)
                case _Form.PAIR:
                    out += wire.string(item[0]) + wire.string(item[1])
    return wire.varint(len(out)) + bytes(out)
