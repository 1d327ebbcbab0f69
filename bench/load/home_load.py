"""Homes of the older kind, which wait to be asked; some of them hang up on nobody and answer nobody.

    python -m bench.load.home_load FIRST_PORT ALIVE DEAD SECONDS

Listens on ALIVE + DEAD ports from FIRST_PORT on and prints `ready`; a line on standard input begins the measuring.
Prints one JSON object: how late polls came after the interval they carry (`check_interval`), at homes that answer.
"""

import asyncio
import json
import re
import sys
import time

INTERVAL = re.compile(rb"check_interval=(\d+)")
ANSWER = b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 14\r\nConnection: close\r\n\r\nHome is Online"


class Home(asyncio.Protocol):
    def __init__(self, polls: list[float] | None, intervals: set[int]) -> None:
        self._polls = polls  # None: dead
        self._intervals = intervals

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport: asyncio.WriteTransport = transport  # type: ignore[assignment]

    def data_received(self, data: bytes) -> None:
        if self._polls is None:
            return
        if (found := INTERVAL.search(data)) is not None:
            self._polls.append(time.perf_counter())
            self._intervals.add(int(found[1]))
        self._transport.write(ANSWER)
        self._transport.close()


async def run(first: int, alive: int, dead: int, seconds: float) -> dict[str, float]:
    loop = asyncio.get_running_loop()
    intervals: set[int] = set()
    polls: list[list[float]] = [[] for _ in range(alive)]
    for n in range(alive + dead):
        mine = polls[n] if n < alive else None
        await loop.create_server(lambda mine=mine: Home(mine, intervals), "127.0.0.1", first + n)  # type: ignore[misc]
    print("ready", flush=True)
    await loop.run_in_executor(None, sys.stdin.readline)  # every home is known to the server
    await asyncio.sleep(10)  # the first questions are asked one after the other
    for one in polls:
        one.clear()
    began = time.perf_counter()
    await asyncio.sleep(seconds)
    end = time.perf_counter()
    (interval,) = intervals
    late = sorted(
        later - earlier - interval
        for one in polls
        for earlier, later in zip([max(began, one[0] - interval) if one else began, *one], [*one, end], strict=True)
    )
    return {
        "interval_s": interval,
        "polls": sum(map(len, polls)),
        "worst_late_s": late[-1],
        "p99_late_s": late[len(late) * 99 // 100],
    }


if __name__ == "__main__":
    print(json.dumps(asyncio.run(run(*map(int, sys.argv[1:4]), float(sys.argv[4])))))
