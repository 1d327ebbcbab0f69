"""Displays on a simulated board: what a person reads on them, and that measuring never waits for them."""

import asyncio
import itertools
import types

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sim.board import Clock
from sim.host import Host
from sim.models.board import Board
from sim.models.glass import Axp192, Ili9342c, Ssd1306
from sim.models.i2c import Bus
from sim.models.ina219 import Ina219
from sim.models.pins import Pin

BUSES = {
    "i2c0": {"type": "i2c", "id": 0, "sda": 21, "scl": 22},
    "lcd": {"type": "spi", "id": 2, "sck": 18, "mosi": 23, "miso": 38},
}
SMALL = {"type": "ssd1306", "bus": "i2c0"}
LARGE = {"type": "ili9342c", "bus": "lcd", "cs": 5, "dc": 15, "axp192": "i2c0"}


class Bench:
    """A board with an INA219, both kinds of glass and the chip that gives the large one its power."""

    def __init__(self, host, power_kind=0x03):
        clock = Clock(host)
        pins = {5: Pin(clock), 15: Pin(clock), 21: Pin(clock, 1), 22: Pin(clock, 1)}
        self.host = host
        self.meter = Ina219(clock, amps=1.5, volts=12.0)
        self.small, self.power = Ssd1306(clock), Axp192(clock, kind=power_kind)
        self.large = Ili9342c(clock, pins[5], pins[15], self.power)
        self.i2c = Bus(clock, self.meter, self.small, self.power)
        import machine

        board = Board(clock, pins)
        machine.Pin = board.Pin
        machine.I2C = lambda *_, **__: self.i2c
        machine.SPI = lambda *_, **__: self.large

    def run(self, seconds, display, **settings):
        """One start of the device with that display, ended after `seconds` of its time."""
        from agent import config, setup

        config.save(
            {
                "serial": "meter-1",
                "name": "Cellar",
                "wifi": [{"ssid": "home", "password": "x"}],
                "buses": BUSES,
                "drivers": [{"driver": "ina219", "bus": "i2c0", "interval_s": 10}],
                "display": display,
                **settings,
            }
        )
        agents = []

        async def main():
            agents.append(setup.start(""))
            task = asyncio.create_task(agents[0].run())
            await asyncio.sleep(seconds)
            task.cancel()

        self.host.boot(main)
        return agents[0]

    def after(self, seconds, function):
        self.host.at(self.host.true_ms + seconds * 1000, function)


@pytest.fixture
def bench(tmp_path):
    with Host(tmp_path, networks=()) as host:
        yield Bench(host)


def said(agent):
    return [line for line in agent.log.lines if line.startswith("display")]


def test_a_small_one_shows_name_readings_link_backlog_and_the_last_error(bench):
    agent = bench.run(35, SMALL, drivers=[{"driver": "ina219", "bus": "i2c0", "interval_s": 10}, {"driver": "nothing"}])
    assert bench.small.lit
    rows = bench.small.read_rows()
    assert rows[:3] == ["Cellar", "voltage 12.000 V", "current 1.4998 A"]
    assert rows[3].split()[0] == "power"
    assert rows[3].endswith(" W")
    assert rows[4].endswith(" Wh")
    assert rows[5:7] == ["no Wi-Fi", "backlog 4"]
    assert rows[7].startswith("nothing: ")
    assert said(agent) == []


def test_a_large_one_gets_its_power_and_shows_more(bench):
    agent = bench.run(35, LARGE)
    assert bench.power.resets == 1
    assert bench.power.registers[0x12] == 0x17, "what the chip itself lives on stays on"
    assert (bench.large.lit, bench.large.inverted) == (True, True)
    rows = bench.large.read_rows()
    assert rows[:4] == ["Cellar", "meter-1", "", "voltage     12.000 V"]
    assert rows[11:13] == ["no Wi-Fi", "backlog 4"]
    assert not any("\0" in row for row in rows)
    assert said(agent) == []


def test_what_changes_is_shown_within_seconds(bench):
    seen = []
    bench.after(35, lambda: bench.host.networks.add("home"))
    bench.after(50, lambda: setattr(bench.meter, "volts", 11.0))
    bench.after(65, lambda: seen.append(bench.small.read_rows()))
    bench.after(70, lambda: setattr(bench.meter, "present", False))
    bench.run(85, SMALL)
    assert (seen[0][1], seen[0][5]) == ("voltage 11.000 V", "Wi-Fi, no server")
    rows = bench.small.read_rows()
    assert rows[1] == "voltage        -", "a reading that failed is none"
    assert rows[7].startswith("ina219: ")


@pytest.mark.parametrize("settings", [SMALL, LARGE], ids=["ssd1306", "ili9342c"])
def test_without_it_the_board_measures_as_it_does_with_it_and_says_so_once(bench, settings):
    bench.small.present = bench.power.present = False
    agent = bench.run(3595, settings)
    assert agent.outbox.seq == 360
    assert len(said(agent)) == 1
    assert agent.sensors.all[0].state == "ok"


def test_one_that_is_pulled_and_put_back_shows_its_picture_again(bench):
    def back():
        bench.small.present = True
        bench.small.power_on()

    bench.after(100, lambda: setattr(bench.small, "present", False))
    bench.after(500, back)
    agent = bench.run(600, SMALL)
    assert len(said(agent)) == 1
    assert bench.small.lit
    assert bench.small.read_rows()[0] == "Cellar"
    assert agent.outbox.seq == 60


def test_one_that_lost_its_power_for_a_moment_shows_its_picture_again(bench):
    bench.after(100, bench.small.power_on)
    agent = bench.run(130, SMALL)
    assert bench.small.lit
    assert not any("\0" in row for row in bench.small.read_rows())
    assert said(agent) == []


def test_another_power_chip_is_left_alone(tmp_path):
    with Host(tmp_path) as host:
        bench = Bench(host, power_kind=0x4A)
        before = bytes(bench.power.registers)
        agent = bench.run(125, LARGE)
        assert bytes(bench.power.registers) == before
        assert len(said(agent)) == 1
        assert "no AXP192" in said(agent)[0]
        assert agent.outbox.seq == 13


@pytest.mark.parametrize(
    "settings", [{"type": "nixie", "bus": "i2c0"}, {"bus": "i2c0"}, {"type": "ssd1306", "bus": "no"}]
)
def test_one_that_makes_no_sense_is_said_once_and_measuring_goes_on(bench, settings):
    agent = bench.run(125, settings)
    assert len(said(agent)) == 1
    assert agent.outbox.seq == 13


def test_each_row_is_a_turn_of_its_own_and_a_short_one(bench):
    """The longest that the display holds the loop, in the time of the simulated buses."""
    from agent import display_ili9342c, display_ssd1306

    for module, settings in ((display_ssd1306, SMALL), (display_ili9342c, LARGE)):
        turns = []
        draw = module.Panel.draw

        def timed(panel, row, text, draw=draw, turns=turns):
            began = bench.host.mono_us
            draw(panel, row, text)
            turns.append((began, bench.host.mono_us))

        module.Panel.draw = timed
        try:
            bench.run(60, settings)
        finally:
            module.Panel.draw = draw
        assert max(end - began for began, end in turns) < 5_000
        assert all(later[0] - earlier[1] >= 20_000 for earlier, later in itertools.pairwise(turns))
        assert 60 < len(turns) < 200, "what did not change is hardly drawn"


CHANNEL = st.tuples(
    st.text(min_size=1, max_size=40),
    st.sampled_from(["voltage", "switch"]),
    st.sampled_from(["V", "°C", "µg/m³", "1", ""]),
    st.integers(0, 6),
)


@given(
    name=st.text(max_size=80),
    channels=st.lists(CHANNEL, max_size=20, unique_by=lambda c: c[0]),
    value=st.none() | st.integers(-(2**40), 2**40) | st.floats(-1e12, 1e12),
    failures=st.integers(0, 1),
    size=st.sampled_from([(16, 8), (20, 15)]),
    lost=st.integers(0, 10**9),
)
def test_every_row_fits_whatever_there_is_to_show(name, channels, value, failures, size, lost):
    from agent import display

    sensor = types.SimpleNamespace(channels=channels, failures=failures, name="part", state="x" * 99)
    agent = types.SimpleNamespace(
        config={"name": name},
        serial="s" * 64,
        wifi=None,
        values={channel[0]: value for channel in channels},
        uplink=types.SimpleNamespace(up=True),
        outbox=types.SimpleNamespace(pending=lost, lost=lost),
        sensors=types.SimpleNamespace(all=[sensor], broken={}),
        log=types.SimpleNamespace(lines=["uplink: OSError(113,)", "wifi: joined"]),
    )
    rows = display.lines(agent, *size)
    assert len(rows) == size[1]
    assert all(len(row) <= size[0] and all(" " <= c <= "~" for c in row) for row in rows)
