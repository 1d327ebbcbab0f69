"""The firmware's own files as a device of a real server: a week away, restarts, a power cut in mid-write."""

import asyncio
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from system.starting import StartServer

FIRMWARE = Path(__file__).resolve().parents[2] / "firmware"
for folder in (FIRMWARE / "sim" / "cpython", FIRMWARE / "sim", FIRMWARE):
    if str(folder) not in sys.path:
        sys.path.insert(0, str(folder))

from sim.host import Host, PowerCut, Restart  # noqa: E402
from sim.models.pzem import Line, Meter  # noqa: E402

DAY_MS = 86_400_000
EVERY_S = 60


class BoardClock:
    """The board's time, as models ask for it."""

    def __init__(self, host: Any) -> None:
        self._host = host

    @property
    def us(self) -> int:
        return int(self._host.mono_us)

    def advance(self, us: int) -> None:
        self._host.pass_us(us)


class Household:
    """A meter whose register follows what is drawn: a triangle over each day."""

    def __init__(self, host: Any) -> None:
        self._host = host
        self.meter = Meter(BoardClock(host))
        self._from_ms = host.true_ms
        self._ws = 0
        self._at_ms = host.true_ms
        self.line = Line(BoardClock(host), self.meter)
        line_write = self.line.write

        def write(frame: bytes) -> int:
            self._catch_up()
            return int(line_write(frame))

        self.line.write = write

    def _catch_up(self) -> None:
        passed_ms, self._at_ms = self._host.true_ms - self._at_ms, self._host.true_ms
        watts = 200 + abs((self._at_ms % DAY_MS) // 60_000 - 720)
        self._ws += watts * passed_ms
        self.meter.power_dw = watts * 10
        self.meter.current_ma = watts * 1000 // 230
        self.meter.energy_wh = 1000 + self._ws // 3_600_000


class Recorded:
    """What was taken: noted beside, when the outbox says that it is safe."""

    def __init__(self, host: Any) -> None:
        self.samples: list[tuple[int, list[int]]] = []
        self._host = host

    def watch(self, outbox: Any) -> None:
        put = outbox.put

        def noting(source: int, now: int, values: list[int]) -> None:
            at = self._host.true_ms
            put(source, now, values)
            if source == 0:
                self.samples.append((at, list(values)))

        outbox.put = noting


class Device:
    """Starts again after each end until it is `done`."""

    def __init__(self, host: Any, recorded: Recorded, settings: dict[str, Any]) -> None:
        self.host = host
        self.recorded = recorded
        self.ends: list[type] = []
        self.agent: Any = None
        from agent import config

        config.save(settings)

    def _nobody_answers_before_real_time(self, uplink: Any) -> None:
        session = uplink.link.session

        async def waiting() -> None:
            while not self.host.real_time:
                uplink.alive()
                await asyncio.sleep(1)
            await session()

        uplink.link.session = waiting

    def run(self, done: Any) -> None:
        from agent import setup

        async def main() -> str:
            self.agent = setup.start("")
            self.recorded.watch(self.agent.outbox)
            self._nobody_answers_before_real_time(self.agent.uplink)
            task = asyncio.create_task(self.agent.run())
            while not done(self.agent):  # noqa: ASYNC110 - in the board's own time
                await asyncio.sleep(0.5 if self.host.real_time else 5)
            task.cancel()
            return "done"

        while (end := self.host.boot(main)) != "done":
            self.ends.append(type(end))


def settings(server: Any, device: Any) -> dict[str, Any]:
    return {
        "serial": device.serial,
        "board": "sim",
        "wifi": [{"ssid": "home", "password": "x"}],
        "buses": {"uart2": {"type": "uart", "id": 2, "tx": 17, "rx": 16, "baudrate": 9600}},
        "drivers": [{"driver": "pzem004t", "bus": "uart2", "interval_s": EVERY_S}],
        "server": {
            "host": "127.0.0.1",
            "port": server.mqtt_port,
            "token": device.token,
            "message": 8000,
            "backlog_ms": 0,
            "window": 8,
        },
    }


def catch_up_with_real_time(host: Any) -> None:
    """Its access point is there again; once the board lives in our time, the server can be reached too."""
    host.networks.add("home")

    def look() -> None:
        host.real_time = host.true_ms >= time.time() * 1000
        if not host.real_time:
            host.at(host.true_ms + 100, look)

    look()


@pytest.mark.slow
def test_a_meter_that_was_away_for_a_week_delivers_every_sample_once_at_its_time(
    start_server: StartServer, tmp_path: Path
) -> None:
    server = start_server()
    device = server.add_device("week-meter")
    start_ms = int(time.time() * 1000) - 7 * DAY_MS
    with Host(tmp_path, sectors=80, start_ms=start_ms, networks=()) as host:
        host.rtc_offset_ms, host.cause = 0, 5  # it knew the time before it lost its network
        house = Household(host)
        host.parts.update(UART=lambda *_, **__: house.line, Pin=lambda number: number)
        sys.modules["machine"].UART = host.parts["UART"]  # type: ignore[attr-defined]
        sys.modules["machine"].Pin = host.parts["Pin"]  # type: ignore[attr-defined]

        def restart() -> None:
            raise Restart

        def cut() -> None:
            host.nor.cut_after = 9

        host.at(start_ms + 2 * DAY_MS, restart)
        host.at(start_ms + 3 * DAY_MS + 7_000, cut)  # within the record that is written next
        host.at(start_ms + 5 * DAY_MS, restart)
        host.at(start_ms + 7 * DAY_MS, lambda: catch_up_with_real_time(host))
        recorded = Recorded(host)
        meter = Device(host, recorded, settings(server, device))
        meter.run(lambda agent: host.real_time and agent.uplink.up and agent.outbox.pending == 0)

    assert meter.ends == [Restart, PowerCut, Restart]
    assert len(recorded.samples) >= 7 * 86_400 // EVERY_S - 10
    assert meter.agent.outbox.lost == 0
    assert meter.agent.uplink.estimated == 0
    for place, (key, scale) in enumerate((("voltage", 10), ("current", 1000), ("power", 10), ("energy", 1))):
        stored = device.stored(key)
        assert [v for _, v in stored] == [values[place] / scale for _, values in recorded.samples]
        worst = max(abs(t - taken) for (t, _), (taken, _) in zip(stored, recorded.samples, strict=True))
        assert worst < 2_000, "after the cut the time is as good as the link that told it"
    energy = server.admin.get(
        "/energy",
        params={"device": device.id, "period": "hour", "from": start_ms - DAY_MS, "to": start_ms + 8 * DAY_MS},
    ).json()
    kwh = sum(item["kwh"] or 0 for item in energy["items"])
    assert kwh == pytest.approx((recorded.samples[-1][1][3] - recorded.samples[0][1][3]) / 1000, abs=1e-6)
