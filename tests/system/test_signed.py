"""A device that signs: nobody on its way learns the token, says something in its name, or says it twice."""

import asyncio
import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from builders import serial
from bundles import bundle, public
from ohmstead.commands.firmware_releases import form_with
from ohmstead.domain.signed_request import mac_of_answer, mac_of_request
from ohmstead.services.secrets import digest
from system.firmware_board import Cutter, Host, live, until
from system.running_server import RunningServer

TELEMETRY = "/api/v1/telemetry"
DESIRED = "/api/v1/devices/me/desired?version=0&wait=0"


class Signer:
    """What another maker's device would do with nothing but the contract."""

    def __init__(self, server: RunningServer, name: str, token: str) -> None:
        self._url = server.url
        self._name = name
        self._key = bytes.fromhex(digest(token))
        self._stamp = httpx.get(f"{server.api}/time").json()["now"]

    def request(self, target: str, body: bytes = b"", method: str = "POST") -> httpx.Request:
        self._stamp += 1
        mac = mac_of_request(self._key, method, target, self._stamp, body)
        headers = {
            "Authorization": f"HMAC {self._name}:{self._stamp}:{mac}",
            **({"Content-Type": "application/json"} if body else {}),
        }
        return httpx.Request(method, self._url + target, headers=headers, content=body)

    def is_from_the_server(self, answer: httpx.Response) -> bool:
        mac = mac_of_answer(self._key, self._stamp, answer.status_code, answer.content)
        return bool(answer.headers.get("x-ohmstead-mac") == mac)


def send(request: httpx.Request) -> httpx.Response:
    with httpx.Client() as client:
        return client.send(request)


def sample(value: float, t: int = 1_763_682_000_123) -> bytes:
    return json.dumps({"t": t, "v": {"power": value}}).encode()


def test_a_signed_message_is_taken_and_its_answer_is_signed(server: RunningServer) -> None:
    device = server.add_device(serial())
    signer = Signer(server, device.serial, device.token)
    answer = send(signer.request(TELEMETRY, sample(283.9)))
    assert (answer.status_code, answer.json()["accepted"]) == (200, 1)
    assert signer.is_from_the_server(answer)
    assert [v for _, v in device.stored("power")] == [283.9]
    orders = send(signer.request(DESIRED, method="GET"))
    assert orders.json()["commands"] == []
    assert signer.is_from_the_server(orders)
    hello = json.dumps({"serial": device.serial, "boot": "9f2c", "channels": [], "commands": []}).encode()
    told = send(signer.request("/api/v1/devices/me/hello", hello))
    assert told.status_code == 204
    assert signer.is_from_the_server(told)
    refused = send(signer.request(TELEMETRY, b"{"))
    assert refused.status_code == 400
    assert signer.is_from_the_server(refused), "what is refused for ever is so in the server's own words"


def forged(signer: Signer) -> httpx.Request:
    request = signer.request(TELEMETRY, sample(1.0))
    return httpx.Request("POST", request.url, headers=request.headers, content=sample(2.0))


def truncated(signer: Signer) -> httpx.Request:
    body = sample(1.0)
    request = signer.request(TELEMETRY, body + b" ")
    headers = {name: value for name, value in request.headers.items() if name != "content-length"}
    return httpx.Request("POST", request.url, headers=headers, content=body)


def elsewhere(signer: Signer) -> httpx.Request:
    request = signer.request("/api/v1/devices/me/reported", sample(1.0))
    headers = {name: value for name, value in request.headers.items() if name != "host"}
    return httpx.Request(
        "POST", str(request.url).replace("devices/me/reported", "telemetry"), headers=headers, content=sample(1.0)
    )


def without_mac(signer: Signer) -> httpx.Request:
    request = signer.request(TELEMETRY, sample(1.0))
    request.headers["authorization"] = request.headers["authorization"].rpartition(":")[0] + ":"
    return request


def unsigned(signer: Signer) -> httpx.Request:
    request = signer.request(TELEMETRY, sample(1.0))
    del request.headers["authorization"]
    return request


def with_the_key_as_token(signer: Signer) -> httpx.Request:
    """The digest is what the server keeps: it must not open what the token opens."""
    request = signer.request(TELEMETRY, sample(1.0))
    request.headers["authorization"] = f"Bearer {signer._key.hex()}"
    return request


@pytest.mark.parametrize("wrong", [forged, truncated, elsewhere, without_mac, unsigned, with_the_key_as_token])
def test_what_is_not_signed_as_it_is_is_refused(server: RunningServer, wrong: Any) -> None:
    device = server.add_device(serial())
    answer = send(wrong(Signer(server, device.serial, device.token)))
    assert answer.status_code == 401
    assert "x-ohmstead-mac" not in answer.headers
    assert server.admin.get(f"/devices/{device.id}").json()["channels"] == []


def test_a_recorded_message_is_worth_nothing(server: RunningServer) -> None:
    device = server.add_device(serial())
    signer = Signer(server, device.serial, device.token)
    body = json.dumps({"v": {"power": 5.0}}).encode()  # without a time it would be another sample
    recorded = signer.request(TELEMETRY, body)
    assert send(recorded).status_code == 200
    assert [send(recorded).status_code for _ in range(3)] == [401] * 3
    assert len(device.stored("power")) == 1
    signer._stamp -= 400_000
    assert send(signer.request(TELEMETRY, body)).status_code == 401, "kept back for too long"


def test_another_devices_key_does_not_speak_in_its_name(server: RunningServer) -> None:
    device, other = server.add_device(serial()), server.add_device(serial())
    assert send(Signer(server, device.serial, other.token).request(TELEMETRY, sample(1.0))).status_code == 401
    assert send(Signer(server, "nobody-has-it", other.token).request(TELEMETRY, sample(1.0))).status_code == 401
    assert send(Signer(server, other.serial, other.token).request(TELEMETRY, sample(1.0))).status_code == 200


def test_a_new_token_signs_and_the_old_one_does_no_more(server: RunningServer) -> None:
    device = server.add_device(serial())
    old = Signer(server, device.serial, device.token)
    assert send(old.request(TELEMETRY, sample(1.0))).status_code == 200
    made = server.admin.post(f"/devices/{device.id}/rotate-token").json()
    new = Signer(server, device.serial, made["token"])
    assert send(new.request(TELEMETRY, sample(2.0))).status_code == 200
    assert send(old.request(TELEMETRY, sample(3.0))).status_code == 401
    assert [v for _, v in device.stored("power")] == [2.0]


@pytest.fixture
def host(tmp_path: Path) -> Iterator[Any]:
    with Host(tmp_path, start_ms=int(time.time() * 1000)) as host:
        host.rtc_offset_ms = 0
        yield host


def settings(port: int, token: str) -> dict[str, Any]:
    return {"link": "signed", "host": "127.0.0.1", "port": port, "http_port": port, "token": token, "backlog_ms": 0}


def board(port: int, device: Any) -> dict[str, Any]:
    drivers = [{"driver": "health", "interval_s": 0.2}]
    return {"serial": device.serial, "drivers": drivers, "server": settings(port, device.token)}


def test_a_board_delivers_without_ever_saying_its_token(server: RunningServer, host: Any) -> None:
    device = server.add_device(serial())
    body, kind = form_with({}, "bundle", "b.tar", bundle(f"1.{device.id}.0", ("sim",), {"main.mpy": b"x"}))
    server.admin.post("/release-keys", json={"name": "ours", "n": public().hexadecimal})

    def offered() -> str:
        made = server.admin.post("/releases", content=body, headers={"content-type": kind})
        assert made.status_code == 201, made.text
        terms = {"release_id": made.json()["id"], "devices": [device.id]}
        started = server.admin.post("/rollouts", json=terms)
        assert started.status_code == 201, started.text
        while not server.admin.get(f"/rollouts/{started.json()['id']}").json()["counts"][0].get("offered"):
            time.sleep(0.05)
        return f"/api/v1/releases/{made.json()['id']}/content"

    async def nothing() -> None:
        pass

    async def talk(agent: Any) -> Any:
        from agent.fetch import Source

        ear = await Cutter(server.http_port).start()
        ear.heard = bytearray()
        agent.uplink.settings["port"] = ear.port
        await until(lambda: agent.uplink.acknowledged > 2)
        ear.cut()
        await until(lambda: not agent.uplink.up)
        await until(lambda: agent.uplink.up)
        agent.uplink.link._ask = nothing  # the board itself does not take the release
        address = await asyncio.to_thread(offered)
        source = Source(address, {**agent.uplink.settings, "http_port": ear.port}, lambda: None)
        manifest = json.loads(await source.whole("manifest.json", 8192))
        source.close()
        agent.sensors.all.clear()
        await until(lambda: agent.outbox.pending == 0)
        await ear.stop()
        return agent, bytes(ear.heard), manifest

    agent, heard, manifest = live(host, talk, **board(1, device))
    assert manifest["version"] == f"1.{device.id}.0"
    assert heard.count(b"Authorization: HMAC " + device.serial.encode()) > 4
    assert device.token.encode() not in heard
    assert digest(device.token).encode() not in heard
    assert agent.outbox.lost == 0
    known = server.device(device.serial)
    assert {channel["key"] for channel in known["channels"]} >= {"memory", "uptime"}


def test_a_board_keeps_its_samples_and_its_time_when_somebody_answers_in_the_servers_name(host: Any) -> None:
    later = int(time.time() * 1000) + 365 * 86_400_000
    asked: list[bytes] = []

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while head := await reader.readuntil(b"\r\n\r\n"):
                asked.append(head.partition(b"\r\n")[0])
                body = b'{"now":%d,"trusted":true}' % later if b"/time" in head else b'{"accepted":1}'
                mac = b"X-Ohmstead-MAC: " + b"0" * 64 + b"\r\n"
                writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n%s\r\n%s" % (len(body), mac, body))
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()

    async def talk(agent: Any) -> Any:
        liar = await asyncio.start_server(answer, "127.0.0.1", 0)
        agent.uplink.settings["port"] = liar.sockets[0].getsockname()[1]
        await until(lambda: sum(b"desired" in line for line in asked) >= 2)
        await until(lambda: agent.outbox.seq > 3)
        liar.close()
        return agent.uplink.acknowledged, agent.outbox.pending, agent.clock.now() + 946_684_800_000, agent.log.lines

    drivers = [{"driver": "health", "interval_s": 0.2}]
    told = live(host, talk, serial="lied-to", drivers=drivers, server=settings(1, "ohd_secret"))
    acknowledged, pending, now, lines = told
    assert acknowledged == 0
    assert pending > 0
    assert now < later - 300 * 86_400_000, "only an answer of the server makes its time believed"
    assert any("uplink" in line for line in lines)
    assert not any(b"POST" in line for line in asked)
