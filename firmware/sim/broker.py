"""An MQTT server made of bytes, and the modules `socket` and `select` that lead to it."""

import json

SECOND_2025 = 1_763_000_000


class Broker:
    """Answers what a broker answers; `refuse` PUBACKs of the first messages to see them again."""

    def __init__(self):
        self.published = []
        self.out = bytearray()
        self.rest = bytearray()
        self.deaf = 0
        self.opened = 0

    def take(self, data):
        self.rest.extend(data)
        while len(self.rest) > 1:
            n = shift = 0
            at = 1
            while True:
                if at >= len(self.rest):
                    return
                b = self.rest[at]
                n |= (b & 127) << shift
                at += 1
                shift += 7
                if b < 128:
                    break
            if len(self.rest) < at + n:
                return
            self.packet(self.rest[0], bytes(self.rest[at : at + n]))
            self.rest = self.rest[at + n :]

    def packet(self, first, body):
        kind = first >> 4
        if kind == 1:
            self.out.extend(b"\x20\x02\x01\x00")
        elif kind == 8:
            self.out.extend(b"\x90\x05" + body[:2] + b"\x01\x01\x00")
            self.send("time", {"now": SECOND_2025 * 1000, "trusted": True})
        elif kind == 3:
            n = 2 + (body[0] << 8 | body[1])
            topic = body[2:n].decode()
            self.published.append(
                (topic, bool(first & 8), json.loads(body[n + 2 :]) if topic[-6:] != "status" else body)
            )
            if self.deaf and topic.endswith("telemetry"):
                self.deaf -= 1
            else:
                self.out.extend(b"\x40\x02" + body[n : n + 2])

    def send(self, leaf, message):
        topic = b"ohmstead/board-1/" + leaf.encode()
        body = len(topic).to_bytes(2, "big") + topic + json.dumps(message).encode()
        self.out.extend(bytes((0x30, len(body))) + body)


class Socket:
    """In place of a connection: what is sent is answered at once."""

    def __init__(self, broker):
        self._broker = broker

    def setblocking(self, on):
        pass

    def connect(self, where):
        self._broker.opened += 1
        self._broker.out = bytearray()
        self._broker.rest = bytearray()

    def send(self, data):
        self._broker.take(bytes(data))
        return len(data)

    def recv(self, most):
        data = bytes(self._broker.out[:most])
        self._broker.out = self._broker.out[len(data) :]
        if not data:
            raise OSError(11)
        return data

    def close(self):
        pass


class Network:
    """In place of `socket` and of `select`."""

    AF_INET = SOCK_STREAM = 1
    POLLOUT = 4

    def __init__(self, broker):
        self._broker = broker

    def getaddrinfo(self, host, port, *_):
        return [(1, 1, 0, "", (host, port))]

    def socket(self, *_):
        return Socket(self._broker)

    def poll(self, *_):
        return [(None, self.POLLOUT)] if _ else self

    def register(self, s, events):
        pass
