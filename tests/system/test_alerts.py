"""A simulated kettle above 2 kW for five minutes: one alert that clears by itself, across servers that are killed."""

import json
from typing import Any

import pytest
from websockets.sync.client import connect

from builders import now_ms
from system.running_server import AddedDevice, RunningServer
from system.starting import StartServer
from system.waiting import WITHIN_S, until

FIVE_MINUTES: dict[str, Any] = {"kind": "threshold", "above": 2000, "for_s": 300, "hysteresis": 100}


class Kettle:
    """Speaks native telemetry with its own clock, which began an hour ago: nothing has to wait."""

    def __init__(self, server: RunningServer, serial: str = "kettle") -> None:
        self.device: AddedDevice = server.add_device(serial, "Kettle")
        self.server = server
        self.t = now_ms() - 3_600_000
        self.draw(0.0, 10)

    def draw(self, watts: float, seconds: int) -> None:
        """Samples every 10 s, one message."""
        times = range(self.t, self.t + seconds * 1000, 10_000)
        answer = self.device.send({"samples": [{"t": t, "v": {"power": watts}} for t in times]})
        assert answer.json()["accepted"] == len(times), answer.text
        self.t += seconds * 1000

    @property
    def channel(self) -> str:
        return str(self.device.channel("power")["id"])

    def rule(self, **more: Any) -> dict[str, Any]:
        body = {"name": "Kettle is on", "scope": {"channel_id": self.channel}, "condition": FIVE_MINUTES} | more
        answer = self.server.admin.post("/rules", json=body)
        assert answer.status_code == 201, answer.text
        made: dict[str, Any] = answer.json()
        return made


@pytest.fixture
def kettle(start_server: StartServer) -> Kettle:
    return Kettle(start_server())


def alerts(server: RunningServer, **query: Any) -> list[dict[str, Any]]:
    answer = server.admin.get("/alerts", params=query)
    assert answer.status_code == 200, answer.text
    found: list[dict[str, Any]] = answer.json()["items"]
    return found


def steps(server: RunningServer, alert: dict[str, Any]) -> list[tuple[str, int]]:
    told = server.admin.get(f"/alerts/{alert['id']}").json()
    return [(step["event"], step["at"]) for step in told["transitions"]]


@pytest.mark.slow
def test_one_alert_exactly_once_across_servers_that_are_killed(kettle: Kettle) -> None:
    server = kettle.server
    rule = kettle.rule()
    assert rule["sentence"].startswith("When Kettle power is above 2 kW for 5 minutes: raise an alert (warning)")
    # Half of the time is evaluated, the other half is only acknowledged when the process ends.
    began = kettle.t
    kettle.draw(2400.0, 200)
    kettle.draw(2400.0, 110)
    server.kill()
    server.start()
    (raised,) = until(lambda: alerts(server, state="raised"))
    assert (raised["raised_at"], raised["value"]) == (began + 300_000, 2400.0)
    assert raised["text"] == "Kettle power is above 2 kW for 5 minutes: 2.4 kW"
    # Between raised and cleared.
    kettle.draw(2400.0, 100)
    server.kill()
    server.start()
    kettle.draw(2400.0, 100)
    ended = kettle.t
    kettle.draw(3.0, 60)
    server.kill()  # what clears it may not have been evaluated
    server.start()
    (cleared,) = until(lambda: alerts(server, state="cleared"))
    assert cleared["id"] == raised["id"]
    assert steps(server, cleared) == [("raised", began + 300_000), ("cleared", ended)]
    server.restart()
    kettle.draw(3.0, 60)
    until(lambda: server.metrics()["ohmstead_rules_evaluated_samples_total"] >= 6)
    assert [alert["id"] for alert in alerts(server)] == [raised["id"]]
    assert "Traceback" not in server.printed()


@pytest.mark.slow
def test_a_person_sees_it_live_acknowledges_and_is_shown_the_past(kettle: Kettle) -> None:
    server = kettle.server
    kettle.draw(2400.0, 400)
    kettle.draw(3.0, 60)
    kettle.draw(2400.0, 400)
    kettle.draw(3.0, 60)
    rule = {"name": "Kettle", "scope": {"channel_id": kettle.channel}, "condition": FIVE_MINUTES, "cooldown_s": 0}
    answer = server.admin.post("/rules/preview", json={"rule": rule, "from": now_ms() - 86_400_000, "to": now_ms()})
    assert answer.status_code == 200, answer.text
    preview = answer.json()
    assert (preview["fired"], preview["resolution"], len(preview["episodes"])) == (2, "raw", 2)
    kettle.rule()
    cookie = "; ".join(f"{name}={value}" for name, value in server.admin.cookies.items())
    url = f"ws://{server.host}:{server.http_port}/api/v1/live"
    with connect(url, additional_headers={"Cookie": cookie}, proxy=None) as view:
        kettle.draw(2400.0, 400)
        frame: dict[str, Any] = {"type": ""}
        while frame["type"] != "alert":
            frame = json.loads(view.recv(WITHIN_S))
    assert frame["alert"]["state"] == "raised"
    path = f"/alerts/{frame['alert']['id']}"
    acknowledged = server.admin.post(f"{path}/acknowledge", json={"note": "making tea"}).json()
    assert (acknowledged["state"], acknowledged["acknowledged_by"]) == ("acknowledged", "admin")
    assert server.admin.post(f"{path}/snooze", json={"for_s": 60}).status_code == 200
    assert server.admin.post(f"{path}/clear").json()["state"] == "cleared"
    assert server.admin.post(f"{path}/acknowledge").status_code == 409
