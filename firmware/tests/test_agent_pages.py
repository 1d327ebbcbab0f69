"""The board's own pages and its access point: what they show, what they refuse, and that measuring goes on."""

import asyncio
import json
import socket
from pathlib import Path

import pytest
from sim.host import Host
from test_agent_start import agent_of, configured, write_lamp

PASSWORD = "per-device-pw"


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


@pytest.fixture
def host(tmp_path):
    with Host(tmp_path) as host:
        host.real_time = True
        yield host


class Answer:
    def __init__(self, raw):
        head, _, self.body = raw.partition(b"\r\n\r\n")
        self.status = int(head.split(b" ")[1]) if head else 0
        self.head = head.decode()

    def json(self):
        return json.loads(self.body)


async def send(port, raw, *, half=False):
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        writer.write(raw)
        await writer.drain()
        if half:
            return None
        return Answer(await asyncio.wait_for(reader.read(), 8))
    except ConnectionError:
        return Answer(b"")
    finally:
        writer.close()


async def ask(port, method, path, body=b"", **headers):
    lines = ["%s %s HTTP/1.1" % (method, path), "Host: board"]
    lines += ["%s: %s" % (name.replace("_", "-"), value) for name, value in headers.items()]
    if body:
        lines.append("Content-Length: %d" % len(body))
    return await send(port, ("\r\n".join(lines) + "\r\n\r\n").encode() + body)


def with_board(host, talk, **settings):
    """Run the agent with its pages while `talk(agent, port)` speaks to it."""
    port = free_port()
    settings = {"pages": True, "http_port": port, "password": PASSWORD, **settings}
    configured(host, **settings)
    result = []

    async def main():
        agent = agent_of(host)
        task = asyncio.create_task(agent.run())
        await asyncio.sleep(0.1)
        try:
            result.append(await talk(agent, port))
        finally:
            task.cancel()
        return "done"

    ended = host.boot(main)
    return result[0] if result else ended


def test_status_and_readings_are_open_and_secrets_are_shown_to_nobody(host):
    async def talk(agent, port):
        answers = [await ask(port, "GET", path) for path in ("/", "/status", "/ip", "/readings", "/update")]
        config = await ask(port, "GET", "/config", Authorization="Bearer " + PASSWORD)
        return answers, config

    answers, config = with_board(
        host, talk, server={"host": "127.0.0.1", "port": 1, "token": "very-secret"}, name="<b>mine</b>"
    )
    assert [a.status for a in answers] == [200] * 5
    assert answers[1].json()["serial"] == "meter-1"
    assert b"<b>mine" not in answers[0].body
    assert config.json()["server"]["token"] == "***"
    assert config.json()["wifi"] == [{"ssid": "home", "password": "***"}]
    for answer in [*answers, config]:
        assert b"very-secret" not in answer.body
        assert PASSWORD.encode() not in answer.body


def test_without_the_password_nothing_is_changed_or_told(host):
    async def talk(agent, port):
        return [
            await ask(port, "GET", "/config"),
            await ask(port, "GET", "/config", Authorization="Bearer wrong"),
            await ask(port, "GET", "/config?token="),
            await ask(port, "POST", "/config", b"name=x"),
            await ask(port, "POST", "/reset", b"confirm=yes"),
            await ask(port, "POST", "/reboot"),
            await ask(port, "POST", "/update", b"x" * 100),
            await ask(port, "GET", "/control_led?room=a&light=lamp&action=on"),
        ]

    assert [a.status for a in with_board(host, talk)] == [401] * 8
    assert host.restarts == 0


def test_a_change_is_kept_and_secrets_that_were_not_given_stay(host):
    from agent import config
    from sim.host import Restart

    async def talk(agent, port):
        answer = await ask(port, "POST", "/config", b"name=kitchen&host=&token=", Authorization="Bearer " + PASSWORD)
        assert answer.status == 200
        await asyncio.sleep(3)

    assert isinstance(with_board(host, talk, server={"host": "127.0.0.1", "port": 1, "token": "kept"}), Restart)
    kept = config.load()[0]
    assert (kept["name"], kept["server"]["token"], kept["wifi"][0]["password"]) == ("kitchen", "kept", "x")


def test_a_wrong_change_is_refused_whole(host):
    async def talk(agent, port):
        return await ask(
            port,
            "POST",
            "/config",
            b'{"serial":"no good","name":"x"}',
            Authorization="Bearer " + PASSWORD,
            Content_Type="application/json",
        )

    assert with_board(host, talk).status == 422
    from agent import config

    assert config.load()[0]["name"] == ""


@pytest.mark.parametrize(
    ("raw", "status"),
    [
        (b"GET /../../etc/passwd HTTP/1.1\r\n\r\n", 404),
        (b"GET /%2e%2e/device.json HTTP/1.1\r\n\r\n", 404),
        (b"GET /device.json HTTP/1.1\r\n\r\n", 404),
        (b"GET //device.json HTTP/1.1\r\n\r\n", 404),
        (b"GET /config%00 HTTP/1.1\r\n\r\n", 404),
        (b"DELETE /config HTTP/1.1\r\n\r\n", 405),
        (b"nonsense\r\n\r\n", 400),
        (b"\xff\xfe\xfd / HTTP/1.1\r\n\r\n", 400),
        (b"GET /" + b"a" * 600 + b" HTTP/1.1\r\n\r\n", 414),
        (b"GET / HTTP/1.1\r\n" + b"x: y\r\n" * 600 + b"\r\n", 431),
        (b"POST /config HTTP/1.1\r\ncontent-length: 2000\r\n\r\n", 413),
        (b"POST /config HTTP/1.1\r\ncontent-length: -1\r\n\r\n", 400),
        (b"POST /config HTTP/1.1\r\ncontent-length: x\r\n\r\n", 400),
    ],
)
def test_tricks_are_refused(host, raw, status):
    async def talk(agent, port):
        return await send(port, raw)

    assert with_board(host, talk).status == status


def test_another_site_cannot_use_a_browser_that_knows_the_password(host):
    async def talk(agent, port):
        return await ask(
            port, "POST", "/config", b"name=x", Authorization="Bearer " + PASSWORD, Origin="http://evil.example"
        )

    assert with_board(host, talk).status == 403


def test_a_flood_of_half_requests_stops_neither_the_pages_nor_the_measuring(host):
    async def talk(agent, port):
        writers = []
        for _ in range(40):
            _, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.write(b"GET / HT")
            writers.append(writer)
        await asyncio.sleep(1.0)
        taken = agent.outbox.seq
        for writer in writers:
            writer.close()
        await asyncio.sleep(0.3)
        return taken, agent, await ask(port, "GET", "/status")

    taken, agent, answer = with_board(host, talk, drivers=[{"driver": "health", "interval_s": 0.1}])
    assert taken >= 5
    assert answer.status == 200
    assert len(agent.parts) >= 4


def test_a_lamp_is_switched_as_system_004_asks_with_the_password_beside(host, tmp_path):
    write_lamp(host)

    async def talk(agent, port):
        path = "/control_led?room=Living+Room&light=Lamp%201&action="
        on = await ask(port, "GET", path + "on&token=" + PASSWORD)
        lit = agent.outputs["lamp"].get("lamp")
        wrong = await ask(port, "GET", path + "explode&token=" + PASSWORD)
        return on, lit, wrong

    on, lit, wrong = with_board(
        host,
        talk,
        drivers=[{"driver": "relay", "outputs": [{"key": "lamp", "pin": 5}]}],
        rooms={"Living Room/Lamp 1": "lamp"},
    )
    assert (on.status, on.body, lit, wrong.status) == (200, b' {"status":"success"} ', "on", 404)


def test_a_signed_bundle_is_taken_by_hand_and_a_forged_one_is_not(host):
    import io
    import tarfile

    import boot
    from sim.host import Restart
    from test_agent_update import KEY, OTHER, bundle

    keys = [{"id": "0", "n": "%0768x" % KEY.public_key().public_numbers().n}]
    Path("keys.json").write_text(json.dumps({"keys": keys}))

    def archive(**changes):
        raw, signature, content, _ = bundle(**changes)
        out = io.BytesIO()
        with tarfile.open(fileobj=out, mode="w", format=tarfile.USTAR_FORMAT) as tar:
            members = {"manifest.json": raw, "manifest.sig": signature}
            for name, data in (members | {"files/" + p: c for p, c in content.items()}).items():
                info = tarfile.TarInfo(name)
                info.size = len(data)
                tar.addfile(info, io.BytesIO(data))
        return out.getvalue()

    async def talk(agent, port):
        forged = await ask(port, "POST", "/update", archive(key=OTHER), Authorization="Bearer " + PASSWORD)
        assert (forged.status, forged.body) == (422, b"signature")
        torn = await ask(port, "POST", "/update", archive()[:2048], Authorization="Bearer " + PASSWORD)
        assert torn.status == 422
        good = await ask(port, "POST", "/update", archive(), Authorization="Bearer " + PASSWORD)
        assert good.status == 200, good.body
        await asyncio.sleep(3)

    assert isinstance(with_board(host, talk, board="sim"), Restart)
    assert boot.choose() == "a"
    assert (Path("a") / "main.mpy").read_bytes() == b"start"


def test_a_board_without_a_network_opens_its_own_with_a_name_and_a_password(host):
    configured(host, wifi=[], http_port=free_port(), dns_port=0)

    async def main():
        agent = agent_of(host)
        task = asyncio.create_task(agent.run())
        await asyncio.sleep(0.5)
        assert agent.portal.is_open
        settings = agent.portal._ap.settings
        assert settings["ssid"] == "Ohmstead-ER-1"
        assert len(settings["password"]) == 10
        assert settings["password"] == Path("password.txt").read_text()
        assert not any(settings["password"] in line for line in agent.log.lines)
        task.cancel()
        return "done"

    assert host.boot(main) == "done"


def test_every_name_leads_to_the_board_and_nonsense_to_nothing():
    from agent.portal import dns_answer

    def question(name, kind=1):
        body = b"".join(bytes([len(p)]) + p.encode() for p in name.split(".")) + b"\0"
        return b"\x12\x34\x01\x00\x00\x01\0\0\0\0\0\0" + body + bytes([0, kind, 0, 1])

    home = bytes([192, 168, 4, 1])
    answer = dns_answer(question("connectivitycheck.gstatic.com"), home)
    assert answer[:2] == b"\x12\x34"
    assert answer[-4:] == home
    assert answer[6:8] == b"\x00\x01"
    assert dns_answer(question("example.com", 28), home)[6:8] == b"\x00\x00"
    for nonsense in (b"", b"\0" * 12, question("a")[:-5], b"\x12\x34\x81\x80" + question("a")[4:], b"\xff" * 80):
        assert dns_answer(nonsense, home) is None


def test_the_button_held_for_ten_seconds_makes_it_as_new(host, tmp_path):
    from agent import setup
    from sim.host import Restart

    host.real_time = False
    pressed = [1]

    class Pin:
        IN, OUT, PULL_UP = 0, 1, 2

        def __init__(self, *_):
            pass

        def __call__(self):
            return pressed[0]

    import machine

    machine.Pin = Pin
    configured(host, button=0)
    host.at(host.true_ms + 5_000, lambda: pressed.__setitem__(0, 0))
    host.at(host.true_ms + 12_000, lambda: pressed.__setitem__(0, 1))  # too short
    host.at(host.true_ms + 20_000, lambda: pressed.__setitem__(0, 0))

    async def main():
        agent = setup.start("")
        task = asyncio.create_task(agent.run())
        await asyncio.sleep(25)
        assert (tmp_path / "device.json").exists()
        await asyncio.sleep(60)
        task.cancel()

    assert isinstance(host.boot(main), Restart)
    assert not (tmp_path / "device.json").exists()
