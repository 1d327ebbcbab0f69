"""Orders, desired states and rules of outputs: what counts once, what is too old, what happens without the server."""

import asyncio

import pytest
from agent import ring, timing
from agent.clock import Y2000
from agent.commands import Commands
from agent.log import Log
from agent.rules import Rules
from agent.shadow import Shadow
from sim.host import Host


class Relay:
    """Outputs that remember."""

    def __init__(self, *keys):
        self.states = dict.fromkeys(keys, "off")

    def set(self, key, state):
        if state not in ("on", "off"):
            raise ValueError("expected on or off")
        self.states[key] = state
        return state

    def get(self, key):
        return self.states[key]


class Posts:
    def __init__(self):
        self.posts = []

    def post(self, leaf, message, retain=0):
        self.posts.append((leaf, message))

    def of(self, leaf):
        return [message for name, message in self.posts if name == leaf]


class Home:
    """A board with lamps, told what a server would tell it."""

    def __init__(self, host, limits=(), keys=("lamp", "heater")):
        self.host = host
        self.relay = Relay(*keys)
        self.uplink = Posts()
        self.clock = timing.started()
        self.log = Log()
        self.shadow = Shadow(dict.fromkeys(keys, self.relay), {}, self.uplink, self.log, self.clock)
        self.rules = Rules(self.shadow, self.clock, limits, self.log)
        self.done = []

        async def note(args):
            self.done.append(args)
            return "noted"

        async def fail(args):
            raise OSError(5)

        self.commands = Commands({"note": note, "fail": fail}, self.shadow, self.uplink, self.clock, self.log)

    def seconds(self, n, up=False, values=None):
        for _ in range(n):
            self.host.pass_us(1_000_000)
            self.rules.tick(up, values or {})

    def order(self, number="1", name="note", args=None, expires_at=None):
        order = {"id": number, "name": name, "args": args or {}}
        self.commands.take(order | ({} if expires_at is None else {"expires_at": expires_at}))
        asyncio.run(self.commands.work())

    @property
    def now(self):
        return self.clock.now() + Y2000


@pytest.fixture
def host(tmp_path):
    with Host(tmp_path) as host:
        host.rtc_offset_ms = 0
        yield host


def test_an_order_is_carried_out_once_however_often_it_comes_also_after_a_restart(host):
    home = Home(host)
    home.order("7", args={"a": 1})
    home.order("7", args={"a": 1})
    again = Home(host)
    again.order("7", args={"a": 1})
    assert (home.done, again.done) == ([{"a": 1}], [])
    assert [r["state"] for r in home.uplink.of("replies") + again.uplink.of("replies")] == ["succeeded"] * 3


def test_an_order_that_expired_is_not_carried_out(host):
    home = Home(host)
    home.order("7", expires_at=home.now - 1)
    home.order("8", expires_at=home.now + 60_000)
    assert len(home.done) == 1


def test_orders_that_fail_or_are_not_known_are_answered(host):
    home = Home(host)
    home.order("1", "fail")
    home.order("2", "explode")
    assert [r["state"] for r in home.uplink.of("replies")] == ["failed", "failed"]
    assert "explode" in home.uplink.of("replies")[1]["detail"]


@pytest.mark.parametrize("order", [{}, {"id": 3, "name": "note"}, {"id": "3", "name": None}, {"name": "note"}])
def test_what_is_no_order_changes_nothing(host, order):
    home = Home(host)
    with pytest.raises((ValueError, KeyError)):
        home.commands.take(order)
    assert not home.commands.waiting


def test_a_flood_of_orders_is_bounded(host):
    home = Home(host)
    for n in range(100):
        home.commands.take({"id": str(n), "name": "note"})
    assert len(home.commands.waiting) == 8
    asyncio.run(home.commands.work())
    assert len(home.shadow.kept["commands"]) <= 24


def test_the_newest_document_wins_and_an_old_one_is_left_out(host):
    home = Home(host)
    home.shadow.desired({"version": 5, "state": {"lamp": "on", "unknown": {"x": 1}}})
    home.shadow.desired({"version": 4, "state": {"lamp": "off"}})
    assert home.relay.get("lamp") == "on"
    assert [r["version"] for r in home.uplink.of("reported")] == [5, 5]
    after = Home(host)
    after.shadow.desired({"version": 4, "state": {"lamp": "on"}})
    assert after.relay.get("lamp") == "off", "also after a restart"


@pytest.mark.parametrize("message", [{}, {"version": "5", "state": {}}, {"version": 5, "state": 3}, {"version": 5}])
def test_what_is_no_document_changes_nothing(host, message):
    home = Home(host)
    with pytest.raises((ValueError, KeyError)):
        home.shadow.desired(message)
    assert home.shadow.kept["version"] == 0


def test_one_field_that_cannot_be_set_does_not_stop_the_others(host):
    home = Home(host)
    home.shadow.desired({"version": 1, "state": {"lamp": "sideways", "heater": "on"}})
    assert home.relay.states == {"lamp": "off", "heater": "on"}


def test_a_switch_at_the_device_is_reported_as_it_is(host):
    home = Home(host)
    home.shadow.desired({"version": 3, "state": {"lamp": "on"}})
    home.relay.states["lamp"] = "off"
    home.shadow.look()
    home.shadow.look()
    assert len(home.uplink.of("reported")) == 2
    assert home.uplink.of("reported")[-1] == {"version": 3, "state": {"lamp": "off", "heater": "off"}}


def test_policies_decide_what_a_start_and_a_lost_link_do(host):
    home = Home(host)
    policies = {
        "lamp": {"boot": "keep", "lost_link": "off", "lost_link_s": 30},
        "heater": {"boot": "off", "lost_link": "keep", "lost_link_s": 0},
    }
    home.shadow.desired({"version": 1, "state": {"lamp": "on", "heater": "on", "policies": policies}})
    home.seconds(60, up=True)
    home.seconds(29)
    assert home.relay.states == {"lamp": "on", "heater": "on"}
    home.seconds(3)
    assert home.relay.states == {"lamp": "off", "heater": "on"}
    home.shadow.set("lamp", "on")
    after = Home(host)
    after.shadow.start()
    assert after.relay.states == {"lamp": "on", "heater": "off"}


def test_schedules_run_once_without_the_server_also_over_a_restart_and_not_when_long_missed(host):
    home = Home(host)
    start = home.now
    runs = [start + 10_000, start + 100_000]
    entry = {"id": "4", "field": "lamp", "state": "on", "for_s": 20, "runs": runs}
    missed = {"id": "5", "field": "heater", "state": "on", "for_s": None, "runs": [start - 3_600_000]}
    home.shadow.desired({"version": 1, "state": {"schedules": [entry, missed]}})
    home.seconds(9)
    assert home.relay.get("lamp") == "off"
    home.seconds(2)
    assert home.relay.get("lamp") == "on"
    home.seconds(21)
    assert home.relay.get("lamp") == "off", "for_s is over"
    after = Home(host)
    after.seconds(40)
    assert after.relay.get("lamp") == "off", "the first run is not repeated"
    after.seconds(30)
    assert after.relay.get("lamp") == "on"
    assert after.relay.get("heater") == "off"


def test_a_schedule_waits_for_the_clock(host):
    host.power_on()
    home = Home(host)
    home.shadow.kept["schedules"] = [{"id": "1", "field": "lamp", "state": "on", "runs": [1]}]
    home.seconds(5)
    assert home.relay.get("lamp") == "off"


def test_above_the_limit_outputs_are_shed_in_order_and_come_back_when_there_is_room(host):
    limit = {"key": "power", "limit_w": 3000, "over_s": 10, "under_s": 60, "shed": ["heater", "lamp"]}
    home = Home(host, [limit])
    home.shadow.set("lamp", "on")
    home.shadow.set("heater", "on")
    home.seconds(9, values={"power": 3500})
    assert home.relay.states == {"lamp": "on", "heater": "on"}, "a peak is no overload"
    home.seconds(3, values={"power": 3500})
    assert home.relay.states == {"lamp": "on", "heater": "off"}
    home.seconds(30, values={"power": 1500})
    assert home.relay.get("heater") == "off", "not yet"
    home.seconds(40, values={"power": 1500})
    assert home.relay.get("heater") == "on"


def test_a_clock_is_set_once_followed_and_not_led_astray(host, monkeypatch):
    host.power_on()
    clock = timing.started()
    told = []
    clock.outbox = "the outbox"
    monkeypatch.setattr(ring, "new_era", lambda box, now, shift: told.append((box, shift)))
    host.pass_us(60_000_000)
    assert not clock.is_set
    assert clock.tell(host.true_ms)
    assert [box for box, _ in told] == ["the outbox"]
    assert abs(clock.now() + Y2000 - host.true_ms) < 2
    assert not clock.tell(host.true_ms + 100), "the noise of a network"
    assert clock.tell(host.true_ms + 5_000)
    assert not clock.tell(host.true_ms + 86_400_000), "a jump must be told twice"
    assert abs(clock.now() + Y2000 - host.true_ms) < 6_000
    assert clock.tell(host.true_ms + 86_400_000)
    assert not clock.tell(host.true_ms, trusted=False)
    assert not clock.tell(1_000), "1970 is no time"


def test_the_clock_goes_on_when_ticks_begin_anew(host):
    clock = timing.started()
    start = clock.now()
    for _ in range(40):
        host.pass_us(86_400_000_000 // 2)
        clock.now()
    assert clock.now() - start == 20 * 86_400_000


@pytest.mark.parametrize("kind", ["good", "kiss of death", "not in step", "of another question", "short"])
def test_ntp_believes_only_an_answer_to_its_question(host, kind):
    import socket
    import struct
    import threading

    from agent import ntp

    host.real_time = True
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as server:
        server.bind(("127.0.0.1", 0))
        server.settimeout(5)

        def answer():
            query, who = server.recvfrom(64)
            head = bytes([0xE4 if kind == "not in step" else 0x24, 0 if kind == "kiss of death" else 2]) + bytes(22)
            echo = bytes(8) if kind == "of another question" else query[40:48]
            body = head + echo + bytes(8) + struct.pack(">II", 1_763_000_000 + 2_208_988_800, 1 << 31)
            server.sendto(body[:40] if kind == "short" else body, who)

        thread = threading.Thread(target=answer)
        thread.start()
        result = []

        async def main():
            try:
                result.append(await ntp.ask("127.0.0.1", 400, server.getsockname()[1]))
            except OSError as error:
                result.append(error)

        host.boot(main)
        thread.join()
    if kind == "good":
        assert abs(result[0] - 1_763_000_000_500) < 400
    else:
        assert isinstance(result[0], OSError)
