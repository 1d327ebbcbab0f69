"""Load cells that stream at a steady pace and dashboards that draw every sample, in one process with one clock.

    python -m bench.load.force_load PORT SECONDS < plan.json

The plan: devices, rate of each in Hz, samples in a frame, dashboards, their cookie. Prints how many samples went out
and arrived at each dashboard, and the latencies in ms from the send of a frame until each dashboard had its samples.
"""

import asyncio
import json
import sys
import time
from typing import Any

import msgspec
import numpy as np
import uvloop
from websockets.asyncio.client import connect

WARM_UP_S = 1.0


async def device(port: int, number: int, plan: dict[str, Any], until: float, sent: dict[int, float]) -> int:
    """The left value of a frame's last sample is the number of the frame, so that a dashboard knows it."""
    samples, rate = plan["samples"], plan["rate"]
    source = f"127.0.0.{40 + number}"
    url = f"ws://127.0.0.1:{port}/ws"
    frames = 0
    async with connect(url, proxy=None, compression=None, local_addr=(source, 0), ping_interval=None) as socket:
        await socket.send('{"type":"esp32"}')
        began = time.perf_counter()
        while time.perf_counter() < until:
            numbers = range(frames * samples, (frames + 1) * samples)
            mark = number * 1_000_000 + frames
            rows = [{"t": 60_000 + n * 1000 // rate, "l": mark, "r": -17_000 - n % 97} for n in numbers]
            await asyncio.sleep(max(0.0, began + (frames + 1) * samples / rate - time.perf_counter()))
            sent[mark] = time.perf_counter()
            await socket.send(msgspec.json.encode({"samples": rows}).decode())
            frames += 1
        await asyncio.sleep(0.5)
    return frames * samples


async def dashboard(port: int, plan: dict[str, Any], seen: dict[int, float], counts: list[int]) -> None:
    headers = {"Cookie": plan["cookie"]}
    url = f"ws://127.0.0.1:{port}/api/v1/live/force"
    left = set(plan["left"])
    async with connect(url, proxy=None, compression=None, additional_headers=headers, max_size=None) as socket:
        await socket.send(json.dumps({"subscribe": plan["channels"]}))
        arrived = 0
        try:
            async for text in socket:
                now = time.perf_counter()
                frame = msgspec.json.decode(text)
                for channel, values in frame.get("v", {}).items():
                    arrived += len(values)
                    if channel in left:
                        for mark in {int(v) for v in values}:
                            seen[mark] = now  # of several frames with parts of it the last counts
        finally:
            counts.append(arrived)


async def main(port: int, seconds: float, plan: dict[str, Any]) -> None:
    sent: dict[int, float] = {}
    seen: list[dict[int, float]] = [{} for _ in range(plan["dashboards"])]
    counts: list[int] = []
    until = time.perf_counter() + seconds
    async with asyncio.TaskGroup() as tasks:
        looking = [tasks.create_task(dashboard(port, plan, one, counts)) for one in seen]
        await asyncio.sleep(0.3)
        streaming = [tasks.create_task(device(port, number, plan, until, sent)) for number in range(plan["devices"])]
        samples = sum(await asyncio.gather(*streaming))
        for one in looking:
            one.cancel()
    first = min(sent.values()) + WARM_UP_S
    took = [1000 * (one.get(mark, float("inf")) - at) for one in seen for mark, at in sent.items() if at >= first] or [
        0.0
    ]
    lost = sum(mark not in one for one in seen for mark in sent)
    p50, p99 = np.percentile(took, [50, 99]).tolist()
    print(json.dumps({"samples": samples, "arrived": counts, "lost": lost, "p50_ms": p50, "p99_ms": p99}))


if __name__ == "__main__":
    uvloop.run(main(int(sys.argv[1]), float(sys.argv[2]), json.load(sys.stdin)))
