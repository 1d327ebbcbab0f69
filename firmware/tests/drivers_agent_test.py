"""Drivers under the agent: what they raise becomes the sensor's state, and what they count goes on after a restart."""

import asyncio
from pathlib import Path

import pytest
from sim.host import Host
from sim.models.i2c import Bus
from sim.models.ina219 import Ina219
from sim.models.pins import Pin


class BoardClock:
    """The board's time, as models ask for it."""

    def __init__(self, host):
        self._host = host

    @property
    def us(self):
        return self._host.mono_us

    def advance(self, ms=0, us=0):
        self._host.pass_us(ms * 1000 + us)


@pytest.fixture
def board(tmp_path):
    host = Host(tmp_path)
    clock = BoardClock(host)
    host.chip = Ina219(clock, amps=1.0, volts=12.0)
    host.bus = Bus(clock, host.chip)
    host.parts = {"I2C": lambda *_, **__: host.bus, "Pin": lambda *_, **__: Pin(clock, 1)}
    with host:
        from agent import config

        config.save(
            {
                "serial": "meter-1",
                "wifi": [{"ssid": "home", "password": "x"}],
                "buses": {"i2c0": {"type": "i2c", "id": 0, "sda": 21, "scl": 22}},
                "drivers": [{"driver": "ina219", "bus": "i2c0"}],
            }
        )
        yield host


def run(host, *stages):
    """One start of the device. A stage is (seconds, what is done then); returns the agent."""
    agents = []

    async def main():
        from agent import setup

        agents.append(setup.start(""))
        task = asyncio.create_task(agents[0].run())
        for seconds, done in stages:
            await asyncio.sleep(seconds)
            if done:
                done(agents[0].sensors.all[0])
        task.cancel()

    host.boot(main)
    return agents[0]


def test_a_sensor_that_is_pulled_out_is_told_and_comes_back(board):
    states = []

    def look(sensor):
        states.append((sensor.state, sensor.out[1]))

    def pull(sensor):
        look(sensor)
        board.chip.present = False

    def put_back(sensor):
        look(sensor)
        board.chip.present = True
        board.chip.brown_out()
        board.chip.amps = 2.0

    run(board, (35, pull), (60, put_back), (120, look))
    (before, one), (during, none), (after, two) = states
    assert (before, after) == ("ok", "ok")
    assert one == pytest.approx(1.0, abs=0.001)
    assert two == pytest.approx(2.0, abs=0.001)
    assert "19" in during, "ENODEV"
    assert none is None, "never a stale value"


def test_energy_goes_on_after_a_restart_without_a_file_of_its_own(board):
    first = run(board, (3600, None)).values["energy"]
    assert first == pytest.approx(12.0, rel=0.01)
    second = run(board, (1800, None)).values["energy"]
    assert second == pytest.approx(18.0, rel=0.01)
    # The register lies in the samples themselves: nothing else was written, and no sector was erased oftener for it.
    assert sorted(path.name for path in Path(board.folder).iterdir()) == ["device.json", "layouts.json"]
    assert board.nor.erases <= 90 / 20
