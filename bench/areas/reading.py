"""What a person waits for: charts over HTTP beside VictoriaMetrics over HTTP, and daily kWh."""

import http.client
import json
import time
from collections.abc import Callable
from statistics import median

from bench import store
from bench.dataset import DAY_US, START_US, WIDTH, Meter
from bench.history import year_of_meters
from bench.measurement import Measurement, alternate
from bench.peers import victoria
from bench.server import Server
from bench.workspace import Bench
from ohmstead.services.energy import FIGURES

POINTS = 1000
# So many that a bucket is narrower than a quarter of an hour: only the samples themselves can answer.
RAW_POINTS = 10_000
REPEATS = 9


def run(bench: Bench) -> list[Measurement]:
    folder, fleet, days = year_of_meters(bench)
    span = min(90, days)
    charts = (
        ("chart-90-days", span, POINTS),
        ("chart-raw", span, RAW_POINTS if not bench.quick else 3000),
        ("chart-year", days, POINTS),
    )
    inside = _inside(bench, folder, charts)
    peer = None
    try:
        with Server(folder / "data") as server:
            cookie = server.log_in()
            channel = _power_of(server, "meter-0")
            if victoria.program() is not None:
                peer = victoria.Victoria(_victoria_year(bench, fleet, days))
            return [
                *(_chart(server, cookie, channel, peer, *one, inside[one[0]]) for one in charts),
                _energy(bench, fleet, span, inside["daily-energy"]),
            ]
    finally:
        if peer is not None:
            peer.stop()


def _victoria_year(bench: Bench, fleet: list[Meter], days: int) -> store.Path:
    """Only the meter that is asked for: VictoriaMetrics looks at nothing else to answer."""

    def build(folder: store.Path) -> None:
        with victoria.Victoria(folder) as server:
            server.load(fleet[:1], days)
            server.settled_bytes()

    return bench.once(f"victoria-meter-{days}", build)


def _power_of(server: Server, serial: str) -> str:
    page = server.call("GET", "/devices?limit=100")
    device = next(one for one in page["items"] if one["serial"] == serial)
    channel: str = next(one["id"] for one in device["channels"] if one["key"] == "power")
    return channel


def timed_ms(ask: Callable[[], object], repeats: int = REPEATS) -> float:
    """Median of warm repeats."""
    ask()
    took = []
    for _ in range(repeats):
        began = time.perf_counter()
        ask()
        took.append((time.perf_counter() - began) * 1000)
    return median(took)


def _chart(
    server: Server,
    cookie: str,
    channel: str,
    peer: victoria.Victoria | None,
    name: str,
    days: int,
    points: int,
    inside_ms: float,
) -> Measurement:
    end = START_US + days * DAY_US
    path = f"/api/v1/history?channel={channel}&from={START_US // 1000}&to={end // 1000}&points={points}"
    connection = http.client.HTTPConnection("127.0.0.1", server.http_port)
    shape: dict[str, object] = {}

    def ours() -> None:
        connection.request("GET", path, headers={"Cookie": cookie})
        answer = json.loads(connection.getresponse().read())
        shape.update(tier=answer["tier"], buckets=len(answer["t"]), samples=sum(answer["count"]))

    step = days * DAY_US // points // 1000

    def theirs() -> None:
        assert peer is not None
        found = peer.query_range(f'rollup(m_power{{d="0"}}[{step}ms])', START_US + step * 1000, end, step)
        assert len(found) == 3, "min, max and avg"

    if peer is None:
        values, others = [timed_ms(ours) for _ in range(3)], []
    else:
        values, others = alternate(3, lambda: timed_ms(ours), lambda: timed_ms(theirs))
    connection.close()
    note = (
        f"{days} days, {shape['samples']} samples, {shape['buckets']} buckets from tier {shape['tier']}; min, max and "
        f"mean, JSON decoded, caches of answers off on both sides; the store alone {inside_ms:.1f} ms"
    )
    return Measurement(name, values, others, note)


def _inside(bench: Bench, folder: store.Path, charts: tuple[tuple[str, int, int], ...]) -> dict[str, float]:
    """Milliseconds of the same questions put to the store itself, without HTTP."""

    async def main() -> dict[str, float]:
        found = {}
        async with store.opened(f"sqlite:///{folder / 'data' / 'ohmstead.db'}", ()) as feed:
            for name, days, points in charts:
                found[name] = await _timed(
                    lambda d=days, p=points: feed.store.chart([1], START_US, START_US + d * DAY_US, p)
                )
            energy = [meter * WIDTH + 4 for meter in range(20)]
            end = START_US + charts[0][1] * DAY_US
            found["daily-energy"] = await _timed(lambda: feed.store.days(energy, "UTC", START_US, end, FIGURES))
            rows = await feed.store.days(energy, "UTC", START_US, end, FIGURES)
            if (count := sum(len(one.count) for one in rows)) != 20 * charts[0][1]:
                raise SystemExit(f"daily energy: {count} days instead of {20 * charts[0][1]}")
        return found

    return store.run(main)


async def _timed(ask: Callable[[], object]) -> float:
    took = []
    for _ in range(REPEATS + 1):
        began = time.perf_counter()
        await ask()  # type: ignore[misc]
        took.append((time.perf_counter() - began) * 1000)
    return median(took[1:])


def _energy(bench: Bench, fleet: list[Meter], days: int, inside_ms: float) -> Measurement:
    peer = []
    if victoria.program() is not None:
        from bench.areas.size import victoria_folder

        with victoria.Victoria(victoria_folder(bench, fleet, days)) as server:
            end = START_US + days * DAY_US

            def theirs() -> None:
                found = server.query_range("increase(m_energy[1d])", START_US + DAY_US, end, 86_400_000)
                assert len(found) == len(fleet)

            peer = [timed_ms(theirs)]
    return Measurement("daily-energy", [inside_ms], peer, f"{len(fleet)} registers × {days} days, in the store")
