"""A server on this network and one far away: who is spoken to, and what the lamp says of it."""

import asyncio
import json
import types

import pytest
from agent.led import lit
from sim.broker import Broker
from sim.host import Host


class Server:
    """A broker on a real port that can be switched off and on."""

    def __init__(self):
        self.broker = Broker()
        self.broker.send = lambda leaf, message: None  # the board knows the time
        self.port = 0
        self._open = set()

    async def start(self):
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", self.port)
        self.port = self._server.sockets[0].getsockname()[1]

    async def stop(self):
        self._server.close()
        for writer in list(self._open):
            writer.transport.abort()

    async def _serve(self, reader, writer):
        self._open.add(writer)
        broker = self.broker
        broker.out, broker.rest = bytearray(), bytearray()
        try:
            while data := await reader.read(4096):
                broker.take(data)
                out, broker.out = bytes(broker.out), bytearray()
                writer.write(out)
        except ConnectionError:
            pass
        finally:
            self._open.discard(writer)
            writer.close()

    def times(self):
        return [
            sample["t"]
            for topic, _, message in self.broker.published
            if topic.endswith("telemetry")
            for sample in message["samples"]
        ]


async def until(condition):
    for _ in range(2400):
        if condition():
            return
        await asyncio.sleep(0.05)
    raise AssertionError("it did not happen")


@pytest.fixture
def host(tmp_path):
    with Host(tmp_path) as host:
        host.real_time = True
        host.rtc_offset_ms = 0
        yield host


def test_the_near_server_goes_first_the_far_one_stands_in_and_nothing_is_lost(host, monkeypatch):
    from agent import config, places, setup

    monkeypatch.setattr(places, "_DOWN_MS", 4000)
    monkeypatch.setattr(places, "_LOOK_MS", 300)
    near, far = Server(), Server()

    async def main():
        await near.start()
        await far.start()
        config.save(
            {
                "serial": "board-1",
                "board": "sim",
                "wifi": [{"ssid": "home", "password": "x"}],
                "drivers": [{"driver": "health", "interval_s": 0.1}],
                "server": {"host": "127.0.0.1", "port": far.port, "backlog_ms": 0},
                "local_server": {"host": "127.0.0.1", "port": near.port, "backlog_ms": 0},
            }
        )
        agent = setup.start("")
        task = asyncio.create_task(agent.run())
        await until(lambda: len(near.times()) > 5)
        await near.stop()
        before = len(far.times())
        await until(lambda: len(far.times()) > before + 5)
        await near.start()
        before = len(near.times())
        await until(lambda: len(near.times()) > before + 5)
        await until(lambda: agent.outbox.pending < 3)
        taken = agent.outbox.seq
        delivered = set(near.times()) | set(far.times())
        task.cancel()
        await near.stop()
        await far.stop()
        return taken, delivered

    taken, delivered = host.boot(main)
    assert taken - len(delivered) < 5, "what was under way to one is sent to the other"


@pytest.mark.parametrize(("link", "kind"), [({}, "mqtt"), ({"link": "signed"}, "http"), ({"link": "http"}, "http")])
def test_without_any_server_it_measures_and_waits(host, monkeypatch, link, kind):
    from agent import config, mdns, setup

    asked = []

    async def nobody(wanted):
        asked.append(wanted)

    monkeypatch.setattr(mdns, "find", nobody)
    config.save(
        {
            "board": "sim",
            "wifi": [{"ssid": "home", "password": "x"}],
            "drivers": [{"driver": "health", "interval_s": 0.1}],
            "local_server": {"host": "auto", **link},
        }
    )

    async def main():
        agent = setup.start("")
        task = asyncio.create_task(agent.run())
        await until(lambda: agent.outbox.seq > 5 and asked)
        task.cancel()
        return agent

    agent = host.boot(main)
    assert not agent.uplink.up
    assert not [line for line in agent.log.lines if "Error" in line], json.dumps(agent.log.lines)
    assert set(asked) == {kind}, "the one that it speaks to"


@pytest.mark.parametrize(
    ("up", "failures", "broken", "expected"),
    [
        (True, 0, {}, "11111111"),
        (False, 0, {}, "10000000"),
        (True, 2, {}, "00110011"),
        (False, 0, {"sht": "no such driver"}, "00110011"),
    ],
)
def test_the_lamp_says_how_it_is(up, failures, broken, expected):
    sensor = types.SimpleNamespace(failures=failures)
    agent = types.SimpleNamespace(
        uplink=types.SimpleNamespace(up=up), sensors=types.SimpleNamespace(all=[sensor], broken=broken)
    )
    assert "".join(str(int(bool(lit(agent, quarter)))) for quarter in range(8)) == expected
