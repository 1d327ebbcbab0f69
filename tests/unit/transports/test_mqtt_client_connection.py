"""The connection without a network: whatever bytes come, in whatever pieces, it answers or hangs up."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from mqtt_peer import House

from ohmstead.mqtt.codes import PacketType, Reason, Version
from ohmstead.mqtt.packets import Ack, Connect, Disconnect, Publish, Subscribe, Subscription, Unsubscribe
from ohmstead.mqtt.parse import PacketBuffer
from ohmstead.transports.client_connection import ClientConnection
from ohmstead.transports.mqtt_gateway import Gateway


class Wire:
    """A transport that remembers what was written."""

    def __init__(self) -> None:
        self.written = bytearray()
        self.closing = False

    def write(self, data: bytes) -> None:
        self.written += data

    def close(self) -> None:
        self.closing = True

    def is_closing(self) -> bool:
        return self.closing

    def get_extra_info(self, name: str) -> None:
        return None

    def get_write_buffer_size(self) -> int:
        return 0

    def set_write_buffer_limits(self, high: int) -> None:
        pass

    def pause_reading(self) -> None:
        pass

    def resume_reading(self) -> None:
        pass


def a_connection(version: Version) -> tuple[ClientConnection, Wire]:
    house, wire = House(), Wire()
    connection = ClientConnection(Gateway(house, house))
    connection.connection_made(wire)  # type: ignore[arg-type]
    connection.data_received(Connect("c", version).encode())
    assert wire.written[:1] == b"\x20"
    wire.written.clear()
    return connection, wire


versions = st.sampled_from([Version.V311, Version.V5])
ids = st.integers(1, 4)
sayings = st.one_of(
    st.builds(Publish, st.sampled_from(["a", "a/b", "forbidden/x", "x/telemetry", "", "+"]), st.binary(max_size=9)),
    st.builds(
        Publish, st.sampled_from(["a", "x/telemetry"]), st.binary(max_size=200), st.sampled_from([1, 2]), packet_id=ids
    ),
    st.builds(Ack, st.sampled_from([PacketType.PUBACK, PacketType.PUBREC, PacketType.PUBREL]), ids),
    st.builds(
        lambda number, filters: Subscribe(number, tuple(Subscription(one, 2) for one in filters)),
        ids,
        st.lists(st.sampled_from(["a", "#", "+/b", "$share/g/a", "a#"]), min_size=1, max_size=3),
    ),
    st.builds(Unsubscribe, ids, st.just(("a", "$share/g/a"))),
)


@given(versions, st.lists(sayings, max_size=12), st.lists(st.integers(0, 255), max_size=4), st.data())
def test_any_conversation_with_any_damage_is_survived(
    version: Version, said: list[Publish], damage: list[int], data: st.DataObject
) -> None:
    stream = bytearray(b"".join(packet.encode(version) for packet in said))
    for byte in damage:
        stream.insert(data.draw(st.integers(0, len(stream))), byte)
    whole, wire = a_connection(version)
    whole.data_received(bytes(stream))
    in_pieces, other_wire = a_connection(version)
    for byte in stream:
        in_pieces.data_received(bytes((byte,)))
    # A bug would show as an answer of its own; the pieces must not change what is answered.
    answers = list(PacketBuffer(version).feed(bytes(wire.written)))
    assert Disconnect(Reason.IMPLEMENTATION_SPECIFIC_ERROR) not in answers
    assert whole.open == in_pieces.open
    assert sorted(map(repr, answers)) == sorted(map(repr, PacketBuffer(version).feed(bytes(other_wire.written))))


@given(st.binary(max_size=80))
def test_any_first_bytes_are_survived(data: bytes) -> None:
    house, wire = House(), Wire()
    connection = ClientConnection(Gateway(house, house))
    connection.connection_made(wire)  # type: ignore[arg-type]
    connection.data_received(data)
    assert connection.session is None or data[:1] == b"\x10"


@pytest.mark.parametrize("version", [Version.V311, Version.V5])
def test_acknowledgements_of_one_read_leave_in_one_write(version: Version) -> None:
    connection, wire = a_connection(version)
    stream = b"".join(Publish("a", b"x", 1, packet_id=n).encode(version) for n in range(1, 201))
    writes: list[bytes] = []
    wire.write = writes.append  # type: ignore[method-assign]
    connection.data_received(stream)
    assert writes == [b"".join(b"\x40\x02" + n.to_bytes(2, "big") for n in range(1, 201))]
