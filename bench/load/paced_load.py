"""Paced HTTP load: so many messages a second whatever the answers, as devices send; how long each answer took.

    python -m bench.load.paced_load PORT SECONDS < plan.json

The plan: `{"per_s": messages, "clients": [[bodies, token], …]}`; clients take turns, each sends its bodies in turn. An
answer's time counts from the moment its message was due. Prints one JSON object.
"""

import asyncio
import json
import sys
import time
from collections import deque

import uvloop


class Client(asyncio.Protocol):
    def __init__(self, took: list[float], bodies: list[str], token: str) -> None:
        self._took = took
        self._head = (
            b"POST /api/v1/telemetry HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
            b"Authorization: Bearer " + token.encode() + b"\r\nContent-Length: %d\r\n\r\n"
        )
        self._bodies = [body.encode() for body in bodies]
        self._n = 0
        self._due: deque[float] = deque()
        self._partial = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport: asyncio.WriteTransport = transport  # type: ignore[assignment]

    def send(self, due: float) -> None:
        body = self._bodies[self._n % len(self._bodies)]
        self._n += 1
        self._due.append(due)
        self._transport.write(self._head % len(body) + body)

    def data_received(self, data: bytes) -> None:
        data = self._partial + data
        while (end := data.find(b"\r\n\r\n")) > 0:
            at = data.lower().find(b"content-length:", 0, end)
            whole = end + 4 + int(data[at + 15 : data.index(b"\r", at)])
            if len(data) < whole:
                break
            if not data.startswith(b"HTTP/1.1 200"):
                raise SystemExit(f"unexpected answer: {data[:300]!r}")
            self._took.append(time.perf_counter() - self._due.popleft())
            data = data[whole:]
        self._partial = data


async def run(port: int, seconds: float, per_s: int, plan: list[tuple[list[str], str]]) -> dict[str, float]:
    loop = asyncio.get_running_loop()
    took: list[float] = []
    clients = []
    for bodies, token in plan:
        _, client = await loop.create_connection(
            lambda bodies=bodies, token=token: Client(took, bodies, token), "127.0.0.1", port
        )
        clients.append(client)
    began, processor = time.perf_counter(), time.process_time()
    total = int(seconds * per_s)
    for n in range(total):
        due = began + n / per_s
        if (wait := due - time.perf_counter()) > 0:
            await asyncio.sleep(wait)
        clients[n % len(clients)].send(due)
    for _ in range(1000):
        if len(took) < total:
            await asyncio.sleep(0.01)
    busy = (time.process_time() - processor) / (time.perf_counter() - began)
    answered = len(took)
    took.sort()
    return {
        "sent": total,
        "answered": answered,
        "p50_ms": took[answered // 2] * 1000,
        "p99_ms": took[int(answered * 0.99)] * 1000,
        "generator_busy": busy,
    }


def main() -> None:
    port, seconds, plan = int(sys.argv[1]), float(sys.argv[2]), json.load(sys.stdin)
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        print(json.dumps(runner.run(run(port, seconds, plan["per_s"], plan["clients"]))))


if __name__ == "__main__":
    main()
