"""HTTP load: N keep-alive connections, one request in flight on each, as fast as they are answered.

    python -m bench.load.http_load PORT SECONDS START_MS < requests.json

Standard input: a list with, for each connection, the list of its request bodies and its bearer token. Bodies are sent
in turn; `@` in a body becomes a rising instant in ms. Prints one JSON object. Counts only answers with status 200.
"""

import asyncio
import json
import sys
import time

import uvloop


class Connection(asyncio.Protocol):
    def __init__(self, load: "Load", bodies: list[str], token: str, start_ms: int) -> None:
        self._load = load
        self._parts = [body.encode().split(b"@") for body in bodies]
        self._head = (
            b"POST /api/v1/telemetry HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
            b"Authorization: Bearer " + token.encode() + b"\r\nContent-Length: %d\r\n\r\n"
        )
        self._n = 0
        self._t = start_ms
        self._partial = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport: asyncio.WriteTransport = transport  # type: ignore[assignment]
        self._send()

    def _send(self) -> None:
        parts = self._parts[self._n % len(self._parts)]
        self._n += 1
        body = parts[0]
        for part in parts[1:]:
            self._t += 10
            body += b"%d" % self._t + part
        self._sent = time.perf_counter()
        self._transport.write(self._head % len(body) + body)

    def data_received(self, data: bytes) -> None:
        if self._partial:
            data = self._partial + data
        head = data.find(b"\r\n\r\n")
        length = data.lower().find(b"content-length:", 0, head) if head > 0 else -1
        if length < 0 or len(data) < head + 4 + int(data[length + 15 : data.index(b"\r", length)]):
            self._partial = data
            return
        self._partial = b""
        if not data.startswith(b"HTTP/1.1 200"):
            raise SystemExit(f"unexpected answer: {data[:300]!r}")
        now = time.perf_counter()
        self._load.took.append(now - self._sent)
        if now < self._load.until:
            self._send()
        else:
            self._transport.close()

    def connection_lost(self, error: Exception | None) -> None:
        self._load.open -= 1
        if not self._load.open:
            self._load.done.set()


class Load:
    def __init__(self) -> None:
        self.took: list[float] = []
        self.done = asyncio.Event()
        self.until = 0.0
        self.open = 0

    async def run(
        self, port: int, seconds: float, start_ms: int, clients: list[tuple[list[str], str]]
    ) -> dict[str, float]:
        loop = asyncio.get_running_loop()
        self.until = time.perf_counter() + seconds
        self.open = len(clients)
        began = time.perf_counter()
        processor = time.process_time()
        for bodies, token in clients:
            await loop.create_connection(
                lambda bodies=bodies, token=token: Connection(self, bodies, token, start_ms), "127.0.0.1", port
            )
        await self.done.wait()
        elapsed = time.perf_counter() - began
        self.took.sort()
        return {
            "requests": len(self.took),
            "per_s": len(self.took) / elapsed,
            "p50_ms": self.took[len(self.took) // 2] * 1000,
            "p99_ms": self.took[int(len(self.took) * 0.99)] * 1000,
            "generator_busy": (time.process_time() - processor) / elapsed,
        }


def main() -> None:
    port, seconds, start_ms = int(sys.argv[1]), float(sys.argv[2]), int(sys.argv[3])
    clients = [(bodies, token) for bodies, token in json.load(sys.stdin)]
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        print(json.dumps(runner.run(Load().run(port, seconds, start_ms, clients))))


if __name__ == "__main__":
    main()
