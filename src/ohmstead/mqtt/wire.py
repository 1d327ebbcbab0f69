"""The primitive encodings of MQTT §1.5: integers, variable byte integers, strings, binary data."""

from ohmstead.mqtt.codes import MalformedPacket

MAX_VARINT = 268_435_455


class Reader:
    """Reads primitives off one packet body. Every method raises MalformedPacket where the bytes end too early."""

    __slots__ = ("data", "end", "pos")

    def __init__(self, data: bytes, pos: int = 0, end: int | None = None) -> None:
        self.data = data
        self.pos = pos
        self.end = len(data) if end is None else end

    def more(self) -> bool:
        return self.pos < self.end

    def take(self, count: int) -> bytes:
        start = self.pos
        if start + count > self.end:
            raise MalformedPacket(f"{count} bytes expected, {self.end - start} left")
        self.pos = start + count
        return self.data[start : self.pos]

    def u8(self) -> int:
        return self.take(1)[0]

    def u16(self) -> int:
        return int.from_bytes(self.take(2), "big")

    def u32(self) -> int:
        return int.from_bytes(self.take(4), "big")

    def varint(self) -> int:
        value = 0
        for shift in (0, 7, 14, 21):
            byte = self.u8()
            value |= (byte & 0x7F) << shift
            if byte < 0x80:
                return value
        raise MalformedPacket("a variable byte integer of more than four bytes")

    def binary(self) -> bytes:
        return self.take(self.u16())

    def text(self) -> str:
        return text(self.binary())

    def packet_id(self) -> int:
        if (number := self.u16()) == 0:
            raise MalformedPacket("packet identifier 0")
        return number

    def rest(self) -> bytes:
        start, self.pos = self.pos, self.end
        return self.data[start : self.end]

    def finish(self) -> None:
        if self.pos != self.end:
            raise MalformedPacket(f"{self.end - self.pos} bytes too many")


def text(raw: bytes) -> str:
    """Strict UTF-8 without surrogates and without U+0000 (§1.5.3), or MalformedPacket."""
    try:
        decoded = raw.decode()
    except UnicodeDecodeError as error:
        raise MalformedPacket("a string that is not UTF-8") from error
    if "\0" in decoded:
        raise MalformedPacket("a string with U+0000")
    return decoded


def varint(value: int) -> bytes:
    if value < 0x80:
        return bytes((value,))
    if value > MAX_VARINT:
        raise ValueError(f"{value} does not fit a variable byte integer")
    out = bytearray()
    while value >= 0x80:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)


def u16(value: int) -> bytes:
    return value.to_bytes(2, "big")


def binary(value: bytes) -> bytes:
    return len(value).to_bytes(2, "big") + value


def string(value: str) -> bytes:
    return binary(value.encode())


def packet(first: int, *parts: bytes) -> bytes:
    """The fixed header for `parts`, and the parts."""
    return b"".join((bytes((first,)), varint(sum(map(len, parts))), *parts))
