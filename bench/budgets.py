"""The budgets as data: what is measured, the aim on two cores, and the ratio to a peer that decides."""

from dataclasses import dataclass
from typing import Final, Literal


@dataclass(frozen=True, slots=True)
class Budget:
    """`aim` and `limit` are at least (better = "more") or at most ("less"); None: measured only to be known."""

    id: str
    area: str
    what: str
    unit: str
    better: Literal["more", "less"]
    aim: float | None = None
    peer: str | None = None
    limit: float | None = None


BUDGETS: Final = (
    Budget("ingest-sqlite", "ingest", "durable ingest, batches of 10 000, SQLite FULL", "samples/s", "more",
           1_000_000, "a row per sample in SQLite", 3.5),
    Budget("ingest-postgresql", "ingest", "the same into PostgreSQL", "samples/s", "more",
           500_000, "binary COPY into a keyed table", 2.5),
    Budget("ingest-load-cell", "ingest", "load cell at 1 kHz, batches of 1000, SQLite FULL", "samples/s", "more"),
    Budget("size-sqlite", "size", "whole SQLite file after sealing, 6-channel meters", "B/sample", "less",
           1.17, "VictoriaMetrics", 1.0),
    Budget("size-postgresql", "size", "PostgreSQL tables after plain VACUUM", "B/sample", "less", 1.6),
    Budget("size-influxdb", "size", "SQLite file beside InfluxDB 1.x", "B/sample", "less", None, "InfluxDB", None),
    Budget("written-1000", "write_volume", "written to disk, 1 000 samples per commit", "B/sample", "less", 30),
    Budget("written-10000", "write_volume", "written to disk, 10 000 samples per commit", "B/sample", "less", 12),
    Budget("chart-90-days", "reading", "90-day chart of a 10 s channel, 1000 buckets, over HTTP", "ms", "less",
           40, "VictoriaMetrics", 0.5),
    Budget("chart-raw", "reading", "the same folded from its 777 600 samples", "ms", "less",
           40, "VictoriaMetrics", 0.5),
    Budget("chart-year", "reading", "one-year chart, 1000 buckets, over HTTP", "ms", "less",
           5, "VictoriaMetrics", 0.5),
    Budget("daily-energy", "reading", "daily kWh of 20 devices over 90 days", "ms", "less", 2, "VictoriaMetrics"),
    Budget("pause", "pauses", "longest pause of the writer while sealing", "ms", "less",
           50, "the same commits with no sealing"),
    Budget("http-single", "http", "HTTP, one 6-channel message per request, 64 connections, durable",
           "requests/s", "more", 8_000, "bare ASGI echo", 0.6),
    Budget("http-batch", "http", "HTTP, batches of 1000 samples, durable, one core", "samples/s", "more",
           250_000, "msgspec decode-to-numpy alone", 0.35),
    Budget("http-sequential", "http", "HTTP, one sender that waits for each answer", "requests/s", "more",
           None, "bare ASGI echo"),
    Budget("mqtt-mosquitto", "mqtt", "MQTT QoS 1, 20 × 50 in flight, PUBACK after commit", "messages/s", "more",
           50_000, "Mosquitto without storage", 0.2),
    Budget("mqtt-amqtt", "mqtt", "the same beside amqtt", "messages/s", "more", 50_000, "amqtt", 8.0),
    Budget("mqtt-idle", "idle", "10 000 idle MQTT connections, memory of each", "KB", "less", 20),
    Budget("live-p99", "live", "device to browser, 1 000 messages/s, 50 dashboards, p99", "ms", "less",
           100, "in-process echo", 5.0),
    Budget("live-p50", "live", "the same, p50", "ms", "less", None, "in-process echo"),
    Budget("switch-p99", "control", "switch in the browser to the device, 1 000 connected, p99", "ms", "less", 50),
    Budget("switch-p50", "control", "the same, p50", "ms", "less"),
    Budget("poll-late", "control", "200 old homes asked every 5 s, 20 of them dead: latest poll", "s", "less", 1),
    Budget("rules-core", "rules", "1 000 rules, 1 000 samples/s: what they add", "% of a core", "less", 20),
    Budget("rules-p99", "rules", "the same, answer to a message, p99", "ms", "less", None, "no rules", 1.2),
    Budget("memory-day", "memory", "memory, 100 devices × 10 channels at 1 Hz, after a day", "MB", "less", 180),
    Budget("memory-idle", "memory", "memory of an empty server", "MB", "less"),
    Budget("startup", "startup", "start with one year of 20 meters", "s", "less", 3.0, "import time", 1.5),
    Budget("permission", "moving", "who is asking, and may they: per request", "µs", "less", 5),
    Budget("energy-year", "moving", "energy of 20 devices over a year by day", "ms", "less", 20),
    Budget("import", "moving", "import of generic CSV, command to last row stored", "rows/s", "more", 300_000),
    Budget("export", "moving", "export of CSV", "samples/s", "more", 1_000_000),
    Budget("analysis-trial", "force_analysis", "force analysis of a trial, 10 s × 2 × 1000 Hz, p95", "ms", "less", 30),
    Budget("analysis-filtered", "force_analysis", "the same with a Butterworth filter, p95", "ms", "less", 30),
    Budget("analysis-report", "force_analysis", "PDF report of a session of 6 trials, p95", "ms", "less"),
    Budget("force-core", "force", "8 000 samples/s of four load-cell devices, 3 dashboards", "% of a core", "less", 25),
    Budget("force-p99", "force", "the same, device to dashboard, p99", "ms", "less", 100),
    Budget("force-p50", "force", "the same, p50", "ms", "less"),
    Budget("force-session", "force", "opening a session with 20 trials", "ms", "less", 200),
    Budget("force-list", "force", "10 000 trials listed and filtered", "ms", "less", 100),
    Budget("force-chart", "force", "traces of a trial for a chart", "ms", "less"),
    Budget("force-drag", "force", "the onset line dragged: analysed again over HTTP", "ms", "less"),
    Budget("update-fleet", "updates", "a bundle of 64 KB to 500 devices, offered to confirmed", "s", "less", 60),
    Budget("update-p99", "updates", "answer to a message meanwhile, p99", "ms", "less", None, "no rollout", 1.2),
    Budget("update-plan", "updates", "planning a rollout over 10 000 devices", "s", "less", 1),
    Budget("first-load", "first_load", "HTML + JS + CSS before the overview, gzip", "KB", "less", 300),
)  # fmt: skip

AREAS: Final = tuple(dict.fromkeys(budget.area for budget in BUDGETS))
