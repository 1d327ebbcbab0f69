"""The agent on a simulated board, without a server: it measures, whatever else is wrong."""

import asyncio
import json

import pytest
from sim.host import Host


def write_lamp(host):
    """Pins that remember their level, for outputs."""
    import machine

    class Pin:
        IN, OUT, OPEN_DRAIN, PULL_UP = 0, 1, 2, 3

        def __init__(self, number, *mode, value=0):
            self.level = value

        def __call__(self, level=None):
            if level is None:
                return self.level
            self.level = level
            return None

    machine.Pin = Pin


@pytest.fixture
def host(tmp_path):
    with Host(tmp_path) as host:
        yield host


def configured(host, **settings):
    from agent import config

    config.save({"serial": "meter-1", "wifi": [{"ssid": "home", "password": "x"}], **settings})


def agent_of(host):
    from agent import setup

    return setup.start("")


def run_for(host, seconds, made=None):
    """One start of the device, ended after `seconds` of its time."""
    agents = []

    async def main():
        agents.append(agent_of(host))
        task = asyncio.create_task(agents[0].run())
        await asyncio.sleep(seconds)
        task.cancel()

    host.boot(main)
    return agents[0]


def test_a_sensor_that_is_missing_and_a_wrong_pin_do_not_stop_the_others(host):
    configured(
        host,
        drivers=[{"driver": "health", "interval_s": 10}, {"driver": "nothing_like_it"}, {"driver": "relay"}],
    )
    agent = run_for(host, 65)
    assert set(agent.sensors.broken) == {"nothing_like_it", "relay"}
    assert agent.sensors.all[0].state == "ok"
    assert agent.outbox.seq == 7


@pytest.fixture
def wires(host):
    """Two lines of a bus, whose part lets the data line go after so many pulses of the clock."""
    import machine

    class Wires:
        after, pulses, made = 0, 0, 0

    wires = Wires()

    class Pin:
        IN, OUT, OPEN_DRAIN, PULL_UP = 0, 1, 2, 3

        def __init__(self, number, *mode, value=0):
            self.number = number

        def init(self, *mode, value=0):
            pass

        def __call__(self, level=None):
            if level is None:
                return int(wires.pulses >= wires.after)
            wires.pulses += level
            return None

    def bus(*_, **__):
        wires.made += 1

    machine.Pin, machine.I2C, machine.SoftI2C = Pin, bus, bus
    return wires


@pytest.mark.parametrize("number", [0, -1], ids=["of the chip", "in software"])
@pytest.mark.parametrize(("after", "works"), [(0, True), (5, True), (9, True), (10, False)])
def test_a_bus_that_a_part_holds_low_is_freed_or_named_and_the_others_work(host, wires, number, after, works):
    wires.after = after
    bus = {"type": "i2c", "id": number, "sda": 4, "scl": 5}
    configured(host, buses={"i2c0": bus}, drivers=[{"driver": "health", "interval_s": 10}])
    agent = run_for(host, 15)
    assert (wires.made, wires.pulses) == (int(works), min(after, 9))
    assert any("stuck low" in line for line in agent.log.lines) is not works
    assert agent.outbox.seq == 2


def test_a_name_that_nobody_knows_is_asked_again_and_measuring_goes_on(host, monkeypatch):
    asked = []

    def nobody_knows(name, *_):
        asked.append(name)
        raise OSError(-202)  # as an ESP32 says it

    monkeypatch.setattr("socket.getaddrinfo", nobody_knows)
    server = {"host": "server.invalid", "token": "x"}
    configured(host, drivers=[{"driver": "health", "interval_s": 10}], server=server)
    host.networks.add("home")
    agent = run_for(host, 125)
    assert len(asked) >= 3
    assert set(asked) == {"server.invalid"}
    assert any("uplink" in line and "-202" in line for line in agent.log.lines)
    assert (agent.uplink.up, agent.outbox.seq, agent.outbox.lost, host.restarts) == (False, 13, 0, 0)


def test_a_half_written_configuration_falls_back_to_the_one_before(host, tmp_path):
    configured(host, name="first")
    configured(host, name="second")
    path = tmp_path / "device.json"
    path.write_bytes(path.read_bytes()[:40])
    agent = run_for(host, 1)
    assert agent.config["name"] == "first"


def test_without_any_configuration_it_still_starts_and_says_so(host):
    agent = run_for(host, 5)
    assert agent.serial == "ohm-240ac4123456"
    assert any("no configuration" in line for line in agent.log.lines)


def test_a_configuration_by_hand_is_read_and_its_mistakes_are_all_named(host, tmp_path):
    from agent import config

    (tmp_path / "device.json").write_text(json.dumps({"serial": "by-hand"}))
    assert config.load()[0]["serial"] == "by-hand"
    with pytest.raises(config.ConfigError) as wrong:
        config.check({"serial": "a b", "drivers": [{"driver": "../x"}, {}], "server": {"port": 0}, "wifi": 3})
    for part in ("serial", "drivers", "../x", "port", "wifi"):
        assert part in str(wrong.value)


def test_flash_that_breaks_is_counted_and_measuring_goes_on(host):
    configured(host, drivers=[{"driver": "health", "interval_s": 10}])
    host.at(host.true_ms + 25_000, lambda: setattr(host.nor, "broken", True))
    agent = run_for(host, 60)
    assert agent.sensors.dropped > 0
    assert agent.sensors.all[0].state == "ok"


def test_the_access_point_may_be_gone_for_an_hour_without_a_restart(host):
    configured(host, drivers=[{"driver": "health", "interval_s": 10}])
    host.networks.clear()
    host.at(host.true_ms + 3_600_000, lambda: host.networks.add("home"))
    agent = run_for(host, 3_800)
    assert agent.wifi.joined()
    assert host.restarts == 0
    assert agent.outbox.seq == 380


def test_a_part_that_hangs_is_started_again_and_the_watchdog_waits_meanwhile(host):
    from agent.log import Log
    from agent.supervisor import Supervisor

    class Dog:
        fed = 0

        def feed(self):
            self.fed += 1

    class Hanging:
        name, silence, starts = "hanging", 10_000, 0

        async def run(self):
            self.starts += 1
            await asyncio.sleep(10**6)

    dog, part = Dog(), Hanging()

    async def main():
        supervisor = Supervisor([part], Log(), dog)
        task = asyncio.create_task(supervisor.run())
        await asyncio.sleep(35)
        task.cancel()

    host.boot(main)
    assert part.starts == 3
    assert 4 < dog.fed < 9


def test_a_part_that_fails_is_started_again_later_each_time(host):
    from agent.log import Log
    from agent.supervisor import Supervisor

    class Failing:
        name, silence, starts = "failing", 200_000, 0

        async def run(self):
            self.starts += 1
            raise ValueError("no")

    part = Failing()

    async def main():
        supervisor = Supervisor([part], Log())
        task = asyncio.create_task(supervisor.run())
        await asyncio.sleep(100)
        task.cancel()

    host.boot(main)
    assert part.starts == 7  # after 1, 2, 4, 8, 16, 32 s


class Flaky:
    """A driver that fails between two instants of the board."""

    CHANNELS = (("level", "generic", "", 0),)
    DEFAULTS = {"interval_s": 10}
    wrong = None
    made = 0

    class Driver:
        def __init__(self, bus, settings):
            Flaky.made += 1

        async def read(self, out):
            if Flaky.wrong:
                raise Flaky.wrong
            out[0] = 7


def test_a_sensor_that_is_unplugged_is_asked_less_often_made_anew_and_works_again(host, monkeypatch):
    import sys
    import types

    import drivers

    module = types.ModuleType("drivers.flaky")
    module.CHANNELS, module.DEFAULTS, module.Driver = Flaky.CHANNELS, Flaky.DEFAULTS, Flaky.Driver
    monkeypatch.setitem(sys.modules, "drivers.flaky", module)
    monkeypatch.setattr(drivers, "flaky", module, raising=False)
    configured(host, drivers=[{"driver": "flaky"}, {"driver": "health", "interval_s": 10}])
    host.at(host.true_ms + 25_000, lambda: setattr(Flaky, "wrong", OSError(110)))
    host.at(host.true_ms + 625_000, lambda: setattr(Flaky, "wrong", None))
    seen = []
    host.at(host.true_ms + 600_000, lambda: seen.append((agents[0].sensors.all[0].state, Flaky.made)))
    agents = []

    async def main():
        agents.append(agent_of(host))
        task = asyncio.create_task(agents[0].run())
        await asyncio.sleep(720)
        task.cancel()

    host.boot(main)
    assert seen[0][1] >= 3, "made anew after five failures in a row, and again"
    assert "110" in seen[0][0]
    flaky, health = agents[0].sensors.all
    assert flaky.state == "ok"
    assert health.failures == 0
    assert agents[0].outbox.seq > 72 + 5
    assert any("flaky" in line for line in agents[0].log.lines)
