"""Devices that send at a steady pace and dashboards that look on, in one process, so that one clock times both.

    python -m bench.load.live_load PORT SECONDS < plan.json

The plan: tokens (one per device), messages per second of all, dashboards, their request headers, and the channels
that carry the number of the message. Prints latencies in ms from the send of a message until each dashboard has its
number or a later one of the same device (a live view shows the newest, not each).
"""

import asyncio
import base64
import json
import os
import sys
import time

import msgspec
import numpy as np
import uvloop


class Dashboard:
    """Notes when which number arrived."""

    def __init__(self, devices: int, channels: set[str]) -> None:
        self.seen: list[tuple[float, list[int]]] = []
        self._channels = channels
        self._devices = devices
        self.frames = 0

    async def run(self, port: int, headers: dict[str, str]) -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", port, limit=1 << 24)
        key = base64.b64encode(os.urandom(16)).decode()
        lines = [
            "GET /api/v1/live HTTP/1.1",
            f"Host: 127.0.0.1:{port}",
            "Upgrade: websocket",
            "Connection: Upgrade",
            f"Sec-WebSocket-Key: {key}",
            "Sec-WebSocket-Version: 13",
            *(f"{name}: {value}" for name, value in headers.items()),
        ]
        writer.write(("\r\n".join(lines) + "\r\n\r\n").encode())
        answer = await reader.readuntil(b"\r\n\r\n")
        if b" 101 " not in answer.split(b"\r\n")[0]:
            raise SystemExit(f"no WebSocket: {answer!r}")
        try:
            while True:
                first, second = await reader.readexactly(2)
                length = second & 127
                if length >= 126:
                    length = int.from_bytes(await reader.readexactly(2 if length == 126 else 8), "big")
                body = await reader.readexactly(length)
                if first & 15 == 1:
                    self._frame(time.perf_counter(), body)
                elif first & 15 == 8:
                    raise SystemExit(f"the server closed a dashboard: {body!r}")
        finally:
            writer.close()

    def _frame(self, now: float, body: bytes) -> None:
        frame = msgspec.json.decode(body)
        if frame["type"] == "changes":
            numbers = [int(v[1]) for c, v in frame["values"].items() if c in self._channels]
        elif frame["type"] == "echo":
            numbers = [int(one["v"]["power"]) for one in frame["bodies"]]
        else:
            return
        self.frames += 1
        self.seen.append((now, numbers))

    def latencies(self, sent: list[float], first: int, last: int) -> list[float]:
        """Of messages first … last; one that never came counts as infinite."""
        shown = [-1] * self._devices
        took: dict[int, float] = {}
        for now, numbers in self.seen:
            for number in numbers:
                device = number % self._devices
                start = shown[device] + self._devices if shown[device] >= 0 else device
                for n in range(start, number + 1, self._devices):
                    took[n] = now - sent[n]
                shown[device] = max(shown[device], number)
        return [took.get(n, float("inf")) * 1000 for n in range(first, last)]


async def device(port: int, token: str, number: int, plan: dict[str, object], sent: list[float], until: int) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    devices, gap = int(plan["devices"]), 1.0 / float(plan["per_s"])  # type: ignore[call-overload,arg-type]
    head = (
        "POST /api/v1/telemetry HTTP/1.1\r\nHost: h\r\nContent-Type: application/json\r\n"
        f"Authorization: Bearer {token}\r\nContent-Length: "
    ).encode()
    began = float(plan["began"])  # type: ignore[arg-type]
    for n in range(number, until, devices):
        await asyncio.sleep(max(0.0, began + n * gap - time.perf_counter()))
        body = (
            b'{"v":{"power":%d,"voltage":230.1,"current":1.234,"energy":1234,"power_factor":0.98,"frequency":50}}' % n
        )
        sent[n] = time.perf_counter()
        writer.write(head + b"%d\r\n\r\n" % len(body) + body)
        answer = await reader.readuntil(b"\r\n\r\n")
        await reader.readexactly(int(answer.lower().partition(b"content-length:")[2].partition(b"\r")[0]))
        if not answer.startswith(b"HTTP/1.1 200"):
            raise SystemExit(f"unexpected answer: {answer!r}")
    writer.close()


async def main(port: int, seconds: float, plan: dict[str, object]) -> dict[str, float]:
    tokens: list[str] = plan["tokens"]  # type: ignore[assignment]
    plan["devices"] = len(tokens)
    total = int(seconds * float(plan["per_s"]))  # type: ignore[arg-type]
    sent = [0.0] * total
    count = int(plan["dashboards"])  # type: ignore[call-overload]
    views = [Dashboard(len(tokens), set(plan["channels"])) for _ in range(count)]  # type: ignore[call-overload]
    async with asyncio.TaskGroup() as tasks:
        looking = [tasks.create_task(one.run(port, plan["headers"])) for one in views]  # type: ignore[arg-type]
        await asyncio.sleep(1.0)
        plan["began"] = time.perf_counter() + 0.1
        processor = time.process_time()
        sending = [tasks.create_task(device(port, t, n, plan, sent, total)) for n, t in enumerate(tokens)]
        await asyncio.gather(*sending)
        busy = (time.process_time() - processor) / seconds
        await asyncio.sleep(1.5)
        for one in looking:
            one.cancel()
    # The first second warms up, and the last message of each device may be the one still on its way.
    warm = total // 10
    took = np.sort([ms for one in views for ms in one.latencies(sent, warm, total)])
    return {
        "p50_ms": took[len(took) // 2],
        "p99_ms": took[int(len(took) * 0.99)],
        "worst_ms": took[-1],
        "lost": int(np.isinf(took).sum()),
        "frames_per_s": sum(one.frames for one in views) / count / seconds,
        "generator_busy": busy,
    }


if __name__ == "__main__":
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        print(json.dumps(runner.run(main(int(sys.argv[1]), float(sys.argv[2]), json.load(sys.stdin)))))
