"""Plays a stretch of time of many devices into the HTTP door, minute by minute, every device once a minute."""

import asyncio
from collections.abc import Iterable

import msgspec
import numpy as np
import uvloop

ROWS = 60
IN_FLIGHT = 8


def feed_day(port: int, tokens: list[str], channels: int, minutes: int, start_ms: int) -> int:
    """Return the samples sent; every one of them was acknowledged."""
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return runner.run(_feed(port, tokens, channels, minutes, start_ms))


async def _feed(port: int, tokens: list[str], channels: int, minutes: int, start_ms: int) -> int:
    # Each connection serves its share of the devices, so that the minutes of one device stay in order.
    shares = [list(enumerate(tokens))[n::IN_FLIGHT] for n in range(IN_FLIGHT)]
    barrier = asyncio.Barrier(sum(1 for share in shares if share))
    bodies = [_values(channels, n) for n in range(16)]
    await asyncio.gather(*(_connection(port, share, bodies, minutes, start_ms, barrier) for share in shares if share))
    return len(tokens) * channels * minutes * ROWS


def _values(channels: int, seed: int) -> list[dict[str, float]]:
    """A minute of rows: registers that rise, loads that wander, steady voltages."""
    rng = np.random.default_rng(seed)
    names = [f"c{n}" for n in range(channels)]
    columns = [np.round(200 * (n + 1) + rng.normal(0, 2.0, ROWS), n % 3) for n in range(channels)]
    return [dict(zip(names, map(float, row), strict=True)) for row in zip(*columns, strict=True)]


async def _connection(
    port: int,
    share: Iterable[tuple[int, str]],
    bodies: list[list[dict[str, float]]],
    minutes: int,
    start_ms: int,
    barrier: asyncio.Barrier,
) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    devices = list(share)
    for minute in range(minutes):
        t = start_ms + minute * 60_000
        for number, token in devices:
            rows = bodies[(minute + number) % len(bodies)]
            samples = [{"t": t + n * 1000, "v": row} for n, row in enumerate(rows)]
            body = msgspec.json.encode({"samples": samples})
            writer.write(
                b"POST /api/v1/telemetry HTTP/1.1\r\nHost: h\r\nContent-Type: application/json\r\n"
                b"Authorization: Bearer %b\r\nContent-Length: %d\r\n\r\n" % (token.encode(), len(body)) + body
            )
            head = await reader.readuntil(b"\r\n\r\n")
            length = int(head.lower().partition(b"content-length:")[2].partition(b"\r")[0])
            answer = await reader.readexactly(length)
            if not head.startswith(b"HTTP/1.1 200"):
                raise SystemExit(f"unexpected answer: {head!r} {answer!r}")
        await barrier.wait()
    writer.close()
