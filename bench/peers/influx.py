"""InfluxDB 1.x, whose compaction takes hours: the uncompacted log is told apart."""

import os
import shutil
import time
from pathlib import Path

from bench.dataset import Meter, days
from bench.peers.postgresql import free_port
from bench.peers.process import Peer, fetch, line_protocol
from bench.workspace import tree_bytes


def program() -> str | None:
    return shutil.which("influxd")


class Influx(Peer):
    def __init__(self, folder: Path) -> None:
        self.port, backup = free_port(), free_port()
        self._folder = folder
        path = program()
        assert path is not None
        settings = {
            "INFLUXDB_REPORTING_DISABLED": "true",
            "INFLUXDB_BIND_ADDRESS": f"127.0.0.1:{backup}",
            "INFLUXDB_META_DIR": str(folder / "meta"),
            "INFLUXDB_DATA_DIR": str(folder / "data"),
            "INFLUXDB_DATA_WAL_DIR": str(folder / "wal"),
            "INFLUXDB_DATA_QUERY_LOG_ENABLED": "false",
            "INFLUXDB_HTTP_BIND_ADDRESS": f"127.0.0.1:{self.port}",
            "INFLUXDB_HTTP_LOG_ENABLED": "false",
            "INFLUXDB_MONITOR_STORE_ENABLED": "false",
            # So that the log becomes data while we wait, not hours later.
            "INFLUXDB_DATA_CACHE_SNAPSHOT_WRITE_COLD_DURATION": "2s",
        }
        config = folder / "influx.conf"
        config.write_text("")
        super().__init__([path, "-config", str(config)], folder / "influx.log", {**os.environ, **settings})
        self.wait_for_port(self.port)

    def load(self, fleet: list[Meter], count_days: int) -> None:
        base = f"http://127.0.0.1:{self.port}"
        fetch(f"{base}/query?q=CREATE+DATABASE+bench", b"")
        for rows in days(fleet, 0, count_days):
            for meter, (times, values) in zip(fleet, rows, strict=True):
                body = line_protocol(meter.number, times.tolist(), values.tolist(), 1000)
                fetch(f"{base}/write?db=bench&precision=ms", body)

    def settled_bytes(self, patience_s: int) -> tuple[int, int]:
        """Bytes of sample files (its index is preallocated) and of the log, empty or that many seconds later."""
        for _ in range(patience_s):
            if tree_bytes(self._folder / "wal") < 4096:
                break
            time.sleep(1)
        samples = sum(path.stat().st_size for path in (self._folder / "data").rglob("*.tsm"))
        return samples, tree_bytes(self._folder / "wal")
