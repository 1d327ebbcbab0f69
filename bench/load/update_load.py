"""Simulated devices that take every update they are offered, until standard input ends.

    python -m bench.load.update_load PORT < {"n": "<modulus>", "devices": [["serial", "token"], …]}

The first line is the JSON; whoever keeps the pipe open keeps the devices running.
"""

import asyncio
import json
import sys

import uvloop

from ohmstead.domain.signing import PublicKey
from ohmstead.simulation.updating import UpdatingDevice
from ohmstead.simulation.updating_link import UpdatingOverHttp


async def main() -> None:
    told = json.loads(sys.stdin.readline())
    key, url = PublicKey.parse(told["n"]), f"http://127.0.0.1:{sys.argv[1]}"
    links = [
        UpdatingOverHttp(url, serial, token, UpdatingDevice("esp32", "1.0.0", [key]))
        for serial, token in told["devices"]
    ]
    running = [asyncio.create_task(link.run()) for link in links]
    await asyncio.to_thread(sys.stdin.read)
    for task in running:
        task.cancel()
    await asyncio.gather(*running, return_exceptions=True)


if __name__ == "__main__":
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(main())
