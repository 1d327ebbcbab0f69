"""MQTT load from raw sockets: N connections, each with a window of unacknowledged QoS 1 messages.

    python bench/mqtt_load.py --port 1883 --connections 20 --in-flight 50 --messages 400000

prints one JSON object. Every message has its own time, six channels and about 110 bytes of JSON, is built before
the clock starts, and counts only when its PUBACK has come. `{i}` in topic, user name and password is the number of
the connection. With `--messages 0` the connections are made and held for `--hold` seconds. Works with any broker.
"""

import argparse
import json
import selectors
import socket
import time
from collections import deque

PERIOD_MS = 100  # between two messages of one device
CHANNELS = '"voltage":230.1,"current":1.234,"power":283.9,"energy":1234.5,"frequency":50.0,"power_factor":0.98'


def string(text: str) -> bytes:
    raw = text.encode()
    return len(raw).to_bytes(2, "big") + raw


def packet(first: int, body: bytes) -> bytes:
    length, header = len(body), bytearray((first,))
    while length >= 128:
        header.append(length & 127 | 128)
        length >>= 7
    header.append(length)
    return bytes(header) + body


def connect_packet(client_id: str, username: str | None, password: str | None, keep_alive: int) -> bytes:
    flags = 2 | (username is not None) << 7 | (password is not None) << 6
    body = string("MQTT") + bytes((4, flags)) + keep_alive.to_bytes(2, "big") + string(client_id)
    body += string(username) if username is not None else b""
    body += string(password) if password is not None else b""
    return packet(0x10, body)


class Client:
    """One connection: `stream` holds all its packets, all of one size, so that a window is a slice."""

    def __init__(self, number: int, arguments: argparse.Namespace, count: int) -> None:
        def numbered(text: str | None) -> str | None:
            return None if text is None else text.replace("{i}", str(number))

        self.total = count
        self.window = arguments.in_flight
        self.sent = self.acked = self.out = 0
        self.marks: deque[tuple[int, float]] = deque()
        self.partial = b""
        head = string(arguments.topic.replace("{i}", str(number)))
        start_ms = int(time.time() * 1000) - count * PERIOD_MS
        qos1 = arguments.qos == 1
        packets = [
            packet(
                0x32 if qos1 else 0x30,
                head
                + ((n % 65_535 + 1).to_bytes(2, "big") if qos1 else b"")
                + f'{{"t":{start_ms + n * PERIOD_MS},"v":{{{CHANNELS}}}}}'.encode(),
            )
            for n in range(count)
        ]
        self.size = len(packets[0]) if packets else 0
        self.stream = memoryview(b"".join(packets))
        self.socket = socket.create_connection((arguments.host, arguments.port))
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        client_id = f"{arguments.client_prefix}-{number}"
        self.socket.sendall(
            connect_packet(client_id, numbered(arguments.username), numbered(arguments.password), arguments.keep_alive)
        )
        answer = self.socket.recv(4)
        if answer[:1] != b"\x20" or answer[3:] != b"\0":
            raise SystemExit(f"connection {number} was refused: {answer.hex()}")
        self.socket.setblocking(False)

    def send(self, now: float) -> None:
        """Fill the window; what the socket does not take stays for the next time."""
        allowed = min(self.total, self.acked + self.window)
        if allowed > self.sent:
            self.marks.append((allowed, now))
            self.sent = allowed
        while self.out < self.sent * self.size:
            try:
                self.out += self.socket.send(self.stream[self.out : self.sent * self.size])
            except BlockingIOError:
                return

    def receive(self, now: float, latencies: list[float]) -> bool:
        """Count the PUBACKs that came; False when all are there."""
        data = self.socket.recv(65_536)
        if not data:
            raise SystemExit(f"the broker hung up after {self.acked} of {self.total} messages")
        data = self.partial + data
        whole = len(data) // 4
        self.partial = data[whole * 4 :]
        if whole and data[0] != 0x40:
            raise SystemExit(f"expected PUBACK, got {data[:4].hex()}")
        self.acked += whole
        latencies.append(now - self.marks[0][1])
        while self.marks and self.marks[0][0] <= self.acked:
            self.marks.popleft()
        return self.acked < self.total


def run(arguments: argparse.Namespace) -> dict[str, object]:
    share = arguments.messages // arguments.connections
    began = time.perf_counter()
    clients = [Client(number, arguments, share) for number in range(arguments.connections)]
    connected_s = time.perf_counter() - began
    if not share:
        print(json.dumps({"connected": len(clients), "seconds": round(connected_s, 3)}), flush=True)
        time.sleep(arguments.hold)
        return {}
    selector = selectors.DefaultSelector()
    latencies: list[float] = []
    began = time.perf_counter()
    for client in clients:
        selector.register(client.socket, selectors.EVENT_READ, client)
        client.send(time.perf_counter())
    busy = len(clients)
    if arguments.qos == 0:
        for client in clients:
            client.socket.setblocking(True)
            client.socket.sendall(client.stream[client.out :])
            client.socket.sendall(b"\xc0\0")  # its PINGRESP says that all before it was read
            client.socket.recv(2)
        busy = 0
    while busy:
        ready = selector.select(10.0)
        if not ready:
            raise SystemExit(f"silence; acknowledged so far: {sum(client.acked for client in clients)}")
        now = time.perf_counter()
        for key, _ in ready:
            client = key.data
            if client.receive(now, latencies):
                client.send(now)
            else:
                selector.unregister(client.socket)
                busy -= 1
    seconds = time.perf_counter() - began
    for client in clients:
        client.socket.sendall(b"\xe0\0")
        client.socket.close()
    total = share * arguments.connections
    latencies.sort()

    def percentile(part: float) -> float | None:
        return round(latencies[int(part * (len(latencies) - 1))] * 1000, 3) if latencies else None

    return {
        "connections": arguments.connections,
        "in_flight": arguments.in_flight,
        "qos": arguments.qos,
        "messages": total,
        "packet_bytes": clients[0].size,
        "seconds": round(seconds, 3),
        "messages_per_s": round(total / seconds),
        "latency_ms": {"p50": percentile(0.5), "p90": percentile(0.9), "p99": percentile(0.99)},
    }


def parser() -> argparse.ArgumentParser:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--host", default="127.0.0.1")
    options.add_argument("--port", type=int, default=1883)
    options.add_argument("--connections", type=int, default=20)
    options.add_argument("--in-flight", type=int, default=50)
    options.add_argument("--messages", type=int, default=400_000)
    options.add_argument("--qos", type=int, choices=(0, 1), default=1)
    options.add_argument("--topic", default="ohmstead/load-{i}/telemetry")
    options.add_argument("--client-prefix", default="load")
    options.add_argument("--username")
    options.add_argument("--password")
    options.add_argument("--keep-alive", type=int, default=0)
    options.add_argument("--hold", type=float, default=10.0)
    return options


if __name__ == "__main__":
    result = run(parser().parse_args())
    if result:
        print(json.dumps(result))
