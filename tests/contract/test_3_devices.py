"""Contract §3: devices: added, seen first, claimed, refused, deleted."""

import json

import httpx
import pytest

from builders import serial
from system.running_server import RunningServer
from system.starting import StartServer

SHAPE = {"id", "serial", "name", "state", "dialect", "online", "last_seen_at", "channels"}
CHANNEL = {"id", "key", "quantity", "unit", "kind", "decimals", "last"}


def log_current(server: RunningServer, name: str, current: float = 1.0) -> httpx.Response:
    body = {"timestamp": "10:00:00.000", "current": current}
    return httpx.post(f"{server.url}/data?device={name}", json=body)


class TestAdding:
    def test_201_with_the_device_and_its_token_once(self, server: RunningServer) -> None:
        name = serial()
        answer = server.admin.post("/devices", json={"serial": name, "name": "Cellar  meter "})
        assert answer.status_code == 201
        body = answer.json()
        assert body.keys() >= {"device", "token"}
        device = body["device"]
        assert device.keys() >= SHAPE
        assert (device["serial"], device["name"], device["state"]) == (name, "Cellar meter", "claimed")
        assert (device["online"], device["last_seen_at"], device["channels"]) == (False, None, [])
        assert isinstance(device["id"], str)
        assert body["token"] not in server.admin.get(f"/devices/{device['id']}").text

    def test_409_when_the_serial_exists(self, server: RunningServer) -> None:
        device = server.add_device(serial())
        again = server.admin.post("/devices", json={"serial": device.serial})
        assert again.status_code == 409
        assert again.headers["content-type"] == "application/problem+json"

    @pytest.mark.parametrize("name", ["", "a b", "a/b", "é", "x" * 65, "#", "+", "../x"])
    def test_422_for_what_is_no_serial(self, server: RunningServer, name: str) -> None:
        assert server.admin.post("/devices", json={"serial": name}).status_code == 422

    @pytest.mark.parametrize("name", ["A", "a.b_c:d-9", "x" * 64])
    def test_any_legal_serial(self, server: RunningServer, name: str) -> None:
        assert server.admin.post("/devices", json={"serial": name}).status_code == 201


class TestListing:
    def test_a_device_is_listed_as_soon_as_its_first_sample_is_acknowledged(self, server: RunningServer) -> None:
        name = serial("SN")
        assert log_current(server, name, 152.49).status_code == 200
        device = server.device(name)
        assert device.keys() >= SHAPE
        assert (device["state"], device["online"]) == ("unclaimed", True)
        (channel,) = device["channels"]
        assert channel.keys() >= CHANNEL
        assert (channel["key"], channel["quantity"], channel["unit"]) == ("current", "current", "A")
        assert channel["last"]["value"] == 0.15249
        assert isinstance(channel["id"], str)

    def test_pages_and_states(self, start_server: StartServer) -> None:
        server = start_server()
        for n in range(5):
            server.add_device(f"claimed-{n}")
            assert log_current(server, f"unclaimed-{n}").status_code == 200
        seen: list[str] = []
        after = None
        while True:
            query = {"limit": 3} | ({} if after is None else {"after": after})
            page = server.admin.get("/devices", params=query).json()
            seen += [d["serial"] for d in page["items"]]
            assert len(page["items"]) <= 3
            if (after := page["next"]) is None:
                break
        assert len(seen) == len(set(seen)) == 10
        assert {d["serial"] for d in server.devices(state="unclaimed")} == {f"unclaimed-{n}" for n in range(5)}
        assert server.devices(state="refused") == []
        assert server.admin.get("/devices", params={"state": "odd"}).status_code == 422
        assert server.admin.get("/devices", params={"limit": 0}).status_code == 422

    def test_an_empty_parameter_asks_for_nothing(self, server: RunningServer) -> None:
        device = server.add_device(serial())
        device.send({"v": {"power": 1}})
        channel = device.channel("power")["id"]
        for path in ("devices?state=&limit=&after=", f"history?channel={channel}&from=&to=&points=",
                     f"energy?device={device.id}&period=day&from=&to=", f"history?channel=&channel={channel}",
                     "devices?limit=5&state=", "devices?"):  # fmt: skip
            assert server.admin.get(f"/{path}").status_code == 200, path
        assert server.admin.get("/history?channel=").status_code == 422

    def test_it_looks_the_same_after_a_restart(self, start_server: StartServer) -> None:
        server = start_server()
        one = server.add_device("one", "First")
        one.send({"t": 1_763_682_000_123, "v": {"power": 5, "energy": 7}})
        assert server.admin.patch(f"/devices/{one.id}", json={"groups": ["Cellar"]}).status_code == 200
        log_current(server, "two")
        before = server.devices()
        server.restart()
        after = server.devices()
        for device in (*before, *after):
            for volatile in ("online", "rejected", "clock_flagged", "last_seen_at"):
                device.pop(volatile, None)
        assert after == before

    @pytest.mark.parametrize("device_id", ["999999", "abc", "-1", "1.5", str(2**70)])
    def test_what_is_not_there_is_404_whatever_it_looks_like(self, server: RunningServer, device_id: str) -> None:
        for method, path in (("GET", ""), ("DELETE", ""), ("POST", "/claim"), ("GET", "/commands")):
            answer = server.admin.request(method, f"/devices/{device_id}{path}")
            assert (answer.status_code, answer.headers["content-type"]) == (404, "application/problem+json")


class TestClaiming:
    def test_claimed_it_keeps_its_door_and_its_data(self, server: RunningServer) -> None:
        name = serial("SN")
        log_current(server, name)
        device = server.device(name)
        answer = server.admin.post(f"/devices/{device['id']}/claim", json={"name": "Kettle"})
        assert answer.status_code == 200
        assert (answer.json()["state"], answer.json()["name"]) == ("claimed", "Kettle")
        assert log_current(server, name, 2.0).status_code == 200
        assert server.channel(name, "current")["last"]["value"] == 0.002
        assert server.channel(name, "current")["id"] == device["channels"][0]["id"]

    def test_refused_it_may_not_speak(self, server: RunningServer) -> None:
        name = serial("SN")
        log_current(server, name)
        refused_before = server.metrics()["ohmstead_refused_total"]
        answer = server.admin.post(f"/devices/{server.device(name)['id']}/refuse")
        assert (answer.status_code, answer.json()["state"]) == (200, "refused")
        assert log_current(server, name).status_code == 403
        assert server.metrics()["ohmstead_refused_total"] == refused_before + 1
        assert len(server.stored(name, "current")) == 1

    def test_an_illegal_step_is_409_and_says_what_would_be_legal(self, server: RunningServer) -> None:
        device = server.add_device(serial())
        answer = server.admin.post(f"/devices/{device.id}/refuse")
        assert answer.status_code == 409
        assert "unclaimed" in answer.json()["detail"]

    def test_a_serial_that_owns_a_token_never_accepts_anonymous_data(self, server: RunningServer) -> None:
        device = server.add_device(serial())
        assert log_current(server, device.serial).status_code == 403
        assert server.device(device.serial)["channels"] == []

    def test_at_most_100_unclaimed_then_429(self, start_server: StartServer) -> None:
        server = start_server()
        codes = [log_current(server, f"many-{n}").status_code for n in range(103)]
        assert codes == [200] * 100 + [429] * 3
        answer = log_current(server, "one-more")
        assert int(answer.headers["retry-after"]) >= 1
        assert log_current(server, "many-5").status_code == 200, "known ones go on"
        server.admin.post(f"/devices/{server.device('many-7')['id']}/claim")
        assert log_current(server, "one-more").status_code == 200


class TestGrouping:
    def test_a_device_says_which_groups_it_is_in_and_the_audit_who_put_it_there(self, server: RunningServer) -> None:
        device = server.add_device(serial())
        path = f"/devices/{device.id}"
        assert server.admin.get(path).json()["groups"] == []
        answer = server.admin.patch(path, json={"groups": ["Upper  floor", "Cellar", "Cellar"]})
        assert answer.status_code == 200, answer.text
        assert answer.json()["groups"] == ["Cellar", "Upper floor"]
        both = server.admin.patch(path, json={"name": "Boiler", "groups": ["Cellar"]}).json()
        assert (both["name"], both["groups"]) == ("Boiler", ["Cellar"])
        assert server.admin.patch(path, json={"name": "Pump"}).json()["groups"] == ["Cellar"]
        assert server.admin.patch(path, json={"groups": []}).json()["groups"] == []
        told = [e for e in server.admin.get("/audit").json() if e["subject"] == device.serial]
        steps = [(e["actor"], e["detail"]) for e in told if e["action"] == "device.regroup"]
        assert steps == [("admin", "none"), ("admin", "Cellar"), ("admin", "Cellar, Upper floor")]

    @pytest.mark.parametrize(
        "body",
        [
            {},
            {"groups": None},
            {"groups": "Cellar"},
            {"groups": [7]},
            {"groups": [""]},
            {"groups": ["  "]},
            {"groups": ["x" * 65]},
            {"groups": [f"group {n}" for n in range(17)]},
            {"groups": ["a\u0000b"]},
            {"groups": ["a\u202eb"]},
            {"groups": ["\ud800"]},
            {"name": "New", "groups": ["\u0007"]},
            {"name": " ", "groups": ["New"]},
        ],
        ids=lambda body: ascii(body)[:40],
    )
    def test_422_for_what_is_no_group_and_nothing_is_changed(self, server: RunningServer, body: object) -> None:
        device = server.add_device(serial())
        path = f"/devices/{device.id}"
        before = server.admin.patch(path, json={"groups": ["Cellar"]}).json()
        answer = server.admin.patch(path, content=json.dumps(body), headers={"content-type": "application/json"})
        assert answer.status_code == 422, answer.text
        after = server.admin.get(path).json()
        assert (after["name"], after["groups"]) == (before["name"], ["Cellar"])


class TestDeleting:
    def test_gone_at_once_and_back_within_the_undo_time(self, server: RunningServer) -> None:
        device = server.add_device(serial())
        device.send({"t": 1_763_682_000_123, "v": {"power": 5}})
        channel = device.channel("power")["id"]
        assert server.admin.delete(f"/devices/{device.id}").status_code == 204
        assert server.admin.get(f"/devices/{device.id}").status_code == 404
        assert server.admin.get("/history", params={"channel": channel}).status_code == 404
        assert device.serial not in {d["serial"] for d in server.devices(limit=1000)}
        assert device.send({"v": {"power": 6}}).status_code == 403
        told = {"authorization": f"Bearer {device.token}"}
        assert httpx.post(f"{server.url}/api/data", json={"power": 6}, headers=told).status_code == 403
        assert server.admin.post(f"/devices/{device.id}/restore").status_code == 200
        assert device.stored("power") == [(1_763_682_000_123, 5)]

    def test_an_anonymous_device_that_was_deleted_does_not_write_into_the_dark(self, server: RunningServer) -> None:
        name = serial("SN")
        log_current(server, name)
        server.admin.delete(f"/devices/{server.device(name)['id']}")
        answer = log_current(server, name, 7.0)
        if answer.status_code == 200:  # taken again: then it must be seen again
            assert server.device(name)["state"] == "unclaimed"
        else:
            assert answer.status_code in (403, 409, 429)


def test_how_long_raw_samples_stay_can_be_left_to_the_setting_again(server: RunningServer) -> None:
    device = server.add_device(serial())
    device.send({"v": {"power": 1}})
    channel = device.channel("power")["id"]
    for told, kept in (({"keep_raw_days": 3}, 3), ({"label": "x"}, 3), ({"keep_raw_days": None}, None)):
        answer = server.admin.patch(f"/channels/{channel}", json=told)
        assert answer.json()["channels"][0]["keep_raw_days"] == kept
