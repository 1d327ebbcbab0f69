"""VictoriaMetrics, single node. It acknowledges before its data is on disk and keeps milliseconds."""

import json
import shutil
import time
import urllib.parse
from pathlib import Path
from typing import Any

from bench.dataset import WIDTH, Meter, days
from bench.peers.postgresql import free_port
from bench.peers.process import Peer, fetch, line_protocol
from bench.workspace import tree_bytes

PROGRAMS = ("victoria-metrics", "victoria-metrics-prod")


def program() -> str | None:
    return next((found for name in PROGRAMS if (found := shutil.which(name))), None)


class Victoria(Peer):
    """One server over a data folder, which may hold data of an earlier one."""

    def __init__(self, folder: Path) -> None:
        self.port = free_port()
        self._data = folder / "data"
        path = program()
        assert path is not None
        command = [
            path,
            f"-storageDataPath={self._data}",
            f"-httpListenAddr=127.0.0.1:{self.port}",
            "-retentionPeriod=100y",
            "-search.maxPointsPerTimeseries=1000000",
            "-search.latencyOffset=0s",
        ]
        super().__init__(command, folder / "victoria.log")
        self.wait_for_port(self.port)

    def load(self, fleet: list[Meter], count_days: int) -> None:
        for rows in days(fleet, 0, count_days):
            for meter, (times, values) in zip(fleet, rows, strict=True):
                body = line_protocol(meter.number, times.tolist(), values.tolist(), 1000)
                fetch(f"http://127.0.0.1:{self.port}/write?precision=ms", body)
        fetch(f"http://127.0.0.1:{self.port}/internal/force_flush")

    def settled_bytes(self, patience_s: int = 120) -> int:
        """Bytes of its folder after the merge of everything, once they no longer change."""
        fetch(f"http://127.0.0.1:{self.port}/internal/force_merge")
        last, steady = -1, 0
        for _ in range(2 * patience_s):
            now = tree_bytes(self._data)
            steady = steady + 1 if now == last else 0
            if steady >= 8:
                break
            last = now
            time.sleep(0.5)
        return tree_bytes(self._data)

    def query_range(self, query: str, start_us: int, end_us: int, step_ms: int) -> Any:
        """The decoded JSON of a query_range, past its cache."""
        asked = {
            "query": query,
            "start": f"{start_us / 1e6:.3f}",
            "end": f"{end_us / 1e6:.3f}",
            "step": f"{step_ms}ms",
            "nocache": "1",
        }
        answer = fetch(f"http://127.0.0.1:{self.port}/api/v1/query_range?{urllib.parse.urlencode(asked)}")
        return json.loads(answer)["data"]["result"]


def sample_count(fleet: list[Meter], count_days: int) -> int:
    return sum(86_400 // meter.interval_s for meter in fleet) * WIDTH * count_days
