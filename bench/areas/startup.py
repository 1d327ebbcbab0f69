"""From the start of the process until it answers, with a year of history; beside what the imports alone take."""

import subprocess
import sys
import time

from bench.history import year_of_meters
from bench.measurement import Measurement, alternate
from bench.server import Server
from bench.workspace import Bench

# Everything `serve` imports, and nothing else.
IMPORTS = "import ohmstead.app, ohmstead.cli, uvloop"


def run(bench: Bench) -> list[Measurement]:
    folder, fleet, days = year_of_meters(bench)

    def ours() -> float:
        server = Server(folder / "data")
        took = server.start()
        server.stop()
        return took

    def imports() -> float:
        began = time.perf_counter()
        subprocess.run([sys.executable, "-c", IMPORTS], check=True)
        return time.perf_counter() - began

    ours()  # the first start makes the admin and warms the file cache
    values, peer = alternate(bench.scale(5, 1), ours, imports)
    size = (folder / "data" / "ohmstead.db").stat().st_size / 1e6
    return [Measurement("startup", values, peer, f"{days} days of {len(fleet)} meters, {size:.0f} MB, warm file cache")]
