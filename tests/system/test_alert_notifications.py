"""An alert of a real server reaches a real mail server and a real web server, once, across kills in between."""

import asyncio
import hashlib
import hmac
import json
import time
from collections.abc import Callable
from typing import Any

import pytest

from builders import now_ms
from receivers import Mailbox, mail_server, web_server
from system.running_server import RunningServer
from system.starting import StartServer

WITHIN_S = 60.0
SECRET = "shared secret"


async def until(met: Callable[[], Any]) -> Any:
    """What `met` returns, called in a thread, as soon as it is true."""
    deadline = time.monotonic() + WITHIN_S
    while not (found := await asyncio.to_thread(met)):
        assert time.monotonic() < deadline, "it did not happen in time"
        await asyncio.sleep(0.02)
    return found


class Home:
    """A server with a kettle on a meter whose clock began an hour ago, and two targets."""

    def __init__(self, server: RunningServer, mail_port: int, web_port: int) -> None:
        self.server = server
        mail = {"to": "ada@home.test", "sender": "pi@home.test", "host": "127.0.0.1", "port": mail_port}
        hook = {"url": f"http://127.0.0.1:{web_port}/alerts", "secret": SECRET}
        self.post("/notification-targets", name="Mail", kind="email", config=mail | {"security": "none"})
        self.post("/notification-targets", name="Hook", kind="webhook", config=hook)
        self.meter = server.add_device("kettle", "Kettle")
        self.t = now_ms() - 3_600_000
        self.draw(0.0, 10)
        self.post(
            "/rules",
            name="Kettle above 2 kW",
            scope={"channel_id": self.meter.channel("power")["id"]},
            condition={"kind": "threshold", "above": 2000, "for_s": 300},
        )

    def post(self, path: str, **body: Any) -> Any:
        answer = self.server.admin.post(path, json=body)
        assert answer.status_code == 201, answer.text
        return answer.json()

    def draw(self, watts: float, seconds: int) -> None:
        times = range(self.t, self.t + seconds * 1000, 10_000)
        self.meter.send({"samples": [{"t": t, "v": {"power": watts}} for t in times]}).raise_for_status()
        self.t += seconds * 1000

    def get(self, path: str) -> list[dict[str, Any]]:
        answer = self.server.admin.get(path)
        assert answer.status_code == 200, answer.text
        found: list[dict[str, Any]] = answer.json()["items"]
        return found

    def deliveries(self) -> dict[str, dict[str, Any]]:
        found = self.get("/notifications")
        assert len(found) <= 2, found
        return {one["target"]: one for one in found}

    def arrived(self, *targets: str) -> bool:
        told = self.deliveries()
        return all(target in told and told[target]["state"] == "sent" for target in targets)

    def die(self) -> None:
        self.server.kill()
        self.server.start()


@pytest.mark.slow
async def test_one_alert_one_mail_one_webhook_across_a_server_that_is_killed(start_server: StartServer) -> None:
    hold = asyncio.Event()
    async with mail_server(Mailbox(hold=hold)) as box, web_server() as receiver:
        server = await asyncio.to_thread(start_server, env={"OHMSTEAD_PUBLIC_URL": "https://home.example"})
        home = await asyncio.to_thread(Home, server, box.port, receiver.port)
        began = home.t
        # Killed before the five minutes are over, and again when they just are.
        await asyncio.to_thread(home.draw, 2150.0, 200)
        await asyncio.to_thread(home.die)
        await asyncio.to_thread(home.draw, 2150.0, 110)
        await asyncio.to_thread(home.die)
        # Killed in the middle of sending the mail, when the webhook has arrived.
        await until(lambda: home.arrived("Hook") and box.tried)
        await asyncio.to_thread(server.kill)
        assert box.mails == []
        box.hold = None
        hold.set()
        await asyncio.to_thread(server.start)
        await until(lambda: home.arrived("Hook", "Mail"))
        # Over, and killed once more.
        await asyncio.to_thread(home.draw, 3.0, 60)
        await asyncio.to_thread(home.die)
        (alert,) = await until(lambda: home.get("/alerts?state=cleared"))
        await asyncio.to_thread(server.restart)
        # What comes after it shows that nothing came in between.
        for target in await asyncio.to_thread(lambda: server.admin.get("/notification-targets").json()):
            path = f"/notification-targets/{target['id']}/test"
            assert (await asyncio.to_thread(server.admin.post, path)).status_code == 200
        told = await asyncio.to_thread(home.deliveries)
        alerts = await asyncio.to_thread(home.get, "/alerts")
    assert [one["id"] for one in alerts] == [alert["id"]]
    assert alert["raised_at"] == began + 300_000
    mail, test_mail = box.mails
    assert mail["Subject"] == "Alert: Kettle above 2 kW"
    assert f"https://home.example/alerts/{alert['id']}" in mail.get_content()
    assert "Value: 2150 W" in mail.get_content()
    assert box.tried == [mail["Message-ID"], mail["Message-ID"], test_mail["Message-ID"]]
    hook, test_hook = receiver.requests
    (event,) = json.loads(hook.body)["events"]
    assert (event["alert_id"], event["event"], event["at"]) == (alert["id"], "raised", began + 300_000)
    at, digest = (part.partition("=")[2] for part in hook.headers["ohmstead-signature"].split(","))
    assert hmac.new(SECRET.encode(), at.encode() + b"." + hook.body, hashlib.sha256).hexdigest() == digest
    assert json.loads(test_hook.body)["title"].startswith("Test: ")
    assert {name: (one["state"], one["attempts"]) for name, one in told.items()} == {
        "Hook": ("sent", 1),
        "Mail": ("sent", 2),
    }
    assert SECRET not in server.printed()
    assert "Traceback" not in server.printed()


async def test_a_webhook_cannot_reach_the_servers_own_administration(start_server: StartServer) -> None:
    server = await asyncio.to_thread(start_server)

    def answer_of(url: str) -> tuple[int, str]:
        name = url[:64]
        made = server.admin.post(
            "/notification-targets", json={"name": name, "kind": "webhook", "config": {"url": url}}
        )
        assert made.status_code == 201, made.text
        answer = server.admin.post(f"/notification-targets/{made.json()['id']}/test")
        return answer.status_code, answer.json()["detail"]

    for host in ("127.0.0.1", "localhost", "[::1]", "[::ffff:127.0.0.1]", "127.1", "2130706433", "0.0.0.0"):
        for port in (server.http_port, server.mqtt_port):
            code, detail = await asyncio.to_thread(answer_of, f"http://{host}:{port}/api/v1/users")
            assert (code, "not allowed" in detail) == (502, True), (host, port, detail)
