"""Rooms and outputs through the real doors: switched, proved, seen by everybody, surviving restarts."""

import asyncio
import json
import time
from typing import Any

import pytest

from builders import serial
from contract.test_2_people_and_machines import person
from contract.test_5_live import frame, live, until
from system.running_server import AddedDevice, RunningServer
from system.starting import StartServer
from system.test_control import Relay, shadow


def a_room(server: RunningServer, name: str | None = None) -> str:
    answer = server.admin.post("/rooms", json={"name": name or serial("room")})
    assert answer.status_code == 201, answer.text
    return str(answer.json()["id"])


def an_output(server: RunningServer, device: AddedDevice, **fields: Any) -> dict[str, Any]:
    body = {"name": "Lamp", "room_id": a_room(server), "device_id": device.id} | fields
    answer = server.admin.post("/outputs", json=body)
    assert answer.status_code == 201, answer.text
    found: dict[str, Any] = answer.json()
    return found


def switch(server: RunningServer, output: dict[str, Any], state: Any = "on", **fields: Any) -> dict[str, Any]:
    answer = server.admin.put(f"/outputs/{output['id']}", json={"state": state} | fields)
    assert answer.status_code == 202, answer.text
    found: dict[str, Any] = answer.json()
    return found


def seen(server: RunningServer, output: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = server.admin.get(f"/outputs/{output['id']}").json()
    return found


async def follow(relay: Relay) -> Any:
    """Take over the next desired document and report it, as a relay does."""
    leaf, document, _ = await relay.told()
    assert leaf == "desired"
    await relay.say("reported", document)
    return document["state"]


class TestSwitching:
    async def test_from_the_browser_to_the_relay_and_back(self, server: RunningServer) -> None:
        device = server.add_device(serial("relay"))
        output = an_output(server, device, name="Floor lamp", key="relay")
        assert (output["desired"], output["reported"], output["confirmed"], output["online"]) == (
            None, None, False, False,
        )  # fmt: skip
        relay = await Relay(server, device).connect("desired")
        with live(server) as socket:
            frame(socket)
            switched = switch(server, output, reason="dark outside")
            assert (switched["desired"], switched["confirmed"], switched["online"]) == ("on", False, True)
            assert await follow(relay) == {"relay": "on"}
            shown = until(socket, "output", lambda f: f["output"]["confirmed"])["output"]
        assert shown == seen(server, output)
        assert (shown["desired"], shown["reported"]) == ("on", "on")
        assert (shown["changed_by"], shown["reason"]) == ("admin", "dark outside")
        noted = server.admin.get("/audit", params={"limit": 2}).json()
        assert ("output.switch", "admin", "Floor lamp", "on: dark outside") in [
            (n["action"], n["actor"], n["subject"], n["detail"]) for n in noted
        ]
        await relay.close()

    async def test_without_its_network_it_differs_and_a_reconnect_settles_it(self, server: RunningServer) -> None:
        device = server.add_device(serial("relay"))
        output = an_output(server, device)
        relay = await Relay(server, device).connect("desired")
        switch(server, output, "on")
        await follow(relay)
        await relay.close()
        switch(server, output, "off")
        shown = seen(server, output)
        assert (shown["desired"], shown["reported"], shown["confirmed"], shown["online"]) == ("off", "on", False, False)
        relay = await Relay(server, device).connect("desired")
        assert await follow(relay) == {"relay": "off"}
        shown = seen(server, output)
        assert (shown["reported"], shown["confirmed"], shown["online"]) == ("off", True, True)
        await relay.close()

    async def test_watts_confirm_it_where_there_is_a_meter(self, server: RunningServer) -> None:
        device = server.add_device(serial("plug"))
        device.send({"v": {"power": 0.0}})
        output = an_output(server, device)
        assert output["power_channel_id"] == device.channel("power")["id"]
        relay = await Relay(server, device).connect("desired")
        switch(server, output, "on")
        await follow(relay)
        device.send({"v": {"power": 0.3}})
        assert not seen(server, output)["confirmed"]
        device.send({"v": {"power": 1840.0}})
        assert seen(server, output)["confirmed"]
        switch(server, output, "off")
        await follow(relay)
        assert not seen(server, output)["confirmed"]
        device.send({"v": {"power": 0.0}})
        assert seen(server, output)["confirmed"]
        await relay.close()

    async def test_a_change_at_the_device_is_shown_as_such(self, server: RunningServer) -> None:
        device = server.add_device(serial("relay"))
        output = an_output(server, device)
        relay = await Relay(server, device).connect("desired")
        switch(server, output, "on")
        await follow(relay)
        await relay.say("reported", {"version": 1, "state": {"relay": False}})
        shown = seen(server, output)
        assert (shown["desired"], shown["reported"], shown["changed_by"]) == ("off", "off", "device")
        await relay.close()

    async def test_of_two_people_at_once_the_last_accepted_wins_and_both_see_it(self, server: RunningServer) -> None:
        device = server.add_device(serial("relay"))
        output = an_output(server, device)
        people = [person(server, "operator"), person(server, "operator")]
        relay = await Relay(server, device).connect("desired")
        with live(server) as one, live(server) as other:
            frame(one)
            frame(other)
            answers = await asyncio.gather(
                *(
                    asyncio.to_thread(who.put, f"/outputs/{output['id']}", json={"state": state})
                    for n in range(5)
                    for who, state in zip(people, ("on", "off"), strict=True)
                )
            )
            assert {a.status_code for a in answers} == {202}
            version = shadow(server, device)["version"]
            assert version == 10
            last = shadow(server, device)["desired"]["relay"]["value"]
            documents = []
            while not documents or documents[-1]["version"] < version:
                leaf, document, _ = await relay.told()
                documents.append(document)
                assert leaf == "desired"
            assert documents == sorted(documents, key=lambda d: d["version"])
            assert documents[-1]["state"] == {"relay": last}
            await relay.say("reported", documents[-1])
            for socket in (one, other):
                shown = until(socket, "output", lambda f: f["output"]["confirmed"])["output"]
                assert (shown["desired"], shown["reported"]) == (last, last)
        await relay.close()

    async def test_a_dimmer_takes_the_levels_it_announced(self, server: RunningServer) -> None:
        device = server.add_device(serial("dimmer"))
        output = an_output(server, device, key="lamp")
        assert switch(server, output, 40)["desired"] == 40, "it may be one: it did not say yet what it can"
        relay = await Relay(server, device).connect("desired")
        await relay.hello(
            channels=[], commands=[{"name": "set", "args": {"lamp": {"type": "number", "min": 0, "max": 100}}}]
        )
        assert await follow(relay) == {"lamp": 40}
        assert seen(server, output)["confirmed"]
        assert server.admin.put(f"/outputs/{output['id']}", json={"state": 101}).status_code == 422
        await relay.close()


class TestTimers:
    async def test_it_goes_back_off_after_its_time_although_the_server_was_killed(
        self, start_server: StartServer
    ) -> None:
        server = start_server()
        device = server.add_device(serial("relay"))
        output = an_output(server, device)
        switched = switch(server, output, "on", for_s=2, reason="stairs")
        assert switched["then"] == "off"
        assert 1000 < switched["until_at"] - time.time() * 1000 <= 2000
        server.kill()
        server.start()
        deadline = time.monotonic() + 6
        while seen(server, output)["desired"] == "on":
            assert time.monotonic() < deadline
            await asyncio.sleep(0.1)
        shown = seen(server, output)
        assert (shown["desired"], shown["changed_by"], shown["until_at"]) == ("off", "timer", None)
        relay = await Relay(server, device).connect("desired")
        while await follow(relay) != {"relay": "off"}:
            pass
        await relay.close()

    def test_switching_again_ends_the_timer(self, server: RunningServer) -> None:
        output = an_output(server, server.add_device(serial("relay")))
        switch(server, output, "on", for_s=600)
        assert switch(server, output, "on")["until_at"] is None


class TestRoomsAndRights:
    def test_rooms_have_one_name_each_and_are_removed_when_empty(self, server: RunningServer) -> None:
        name = serial("Kitchen")
        room = a_room(server, name)
        assert server.admin.post("/rooms", json={"name": name.upper()}).status_code == 409
        assert server.admin.post("/rooms", json={"name": "  "}).status_code == 422
        output = an_output(server, server.add_device(serial()), room_id=room)
        assert server.admin.delete(f"/rooms/{room}").status_code == 409
        assert server.admin.patch(f"/rooms/{room}", json={"name": serial("Hall")}).status_code == 200
        assert server.admin.delete(f"/outputs/{output['id']}").status_code == 204
        assert server.admin.delete(f"/rooms/{room}").status_code == 204
        assert room not in [r["id"] for r in server.admin.get("/rooms").json()]

    def test_a_viewer_sees_what_is_assigned_and_switches_nothing(self, server: RunningServer) -> None:
        mine, other = (an_output(server, server.add_device(serial())) for _ in range(2))
        viewer = person(server, "viewer")
        server.admin.post(f"/devices/{mine['device_id']}/assign", json={"user_id": viewer.headers["x-user"]})
        assert [o["id"] for o in viewer.get("/outputs").json()] == [mine["id"]]
        assert [r["id"] for r in viewer.get("/rooms").json()] == [mine["room_id"]]
        assert viewer.put(f"/outputs/{mine['id']}", json={"state": "on"}).status_code == 403
        assert viewer.put(f"/outputs/{other['id']}", json={"state": "on"}).status_code == 404
        assert viewer.post("/rooms", json={"name": serial()}).status_code == 403

    def test_a_viewer_who_is_operator_of_one_device_switches_that_one_only(self, server: RunningServer) -> None:
        mine, seen_only = (an_output(server, server.add_device(serial())) for _ in range(2))
        viewer = person(server, "viewer")

        def assign(output: dict[str, Any], role: str) -> int:
            body = {"user_id": viewer.headers["x-user"], "role": role}
            return server.admin.post(f"/devices/{output['device_id']}/assign", json=body).status_code

        assert (assign(mine, "operator"), assign(seen_only, "viewer")) == (200, 200)
        assert viewer.get("/auth/me").json()["operates"] == [mine["device_id"]]
        shared = server.admin.get(f"/devices/{mine['device_id']}/users").json()
        assert [(user["role"], user["device_role"]) for user in shared] == [("viewer", "operator")]
        assert viewer.put(f"/outputs/{mine['id']}", json={"state": "on"}).status_code == 202
        assert seen(server, mine)["desired"] == "on"
        assert viewer.put(f"/outputs/{seen_only['id']}", json={"state": "on"}).status_code == 403
        assert viewer.post("/rooms", json={"name": serial()}).status_code == 403
        assert viewer.delete(f"/devices/{mine['device_id']}").status_code == 403

        assert assign(mine, "admin") == 422
        assert viewer.put(f"/outputs/{mine['id']}", json={"state": "off"}).status_code == 202
        assert assign(mine, "viewer") == 200
        assert viewer.put(f"/outputs/{mine['id']}", json={"state": "on"}).status_code == 403
        assert seen(server, mine)["desired"] == "off"

    def test_what_somebody_is_on_a_device_outlives_a_restart(self, start_server: StartServer) -> None:
        server = start_server()
        output = an_output(server, server.add_device(serial()))
        viewer = person(server, "viewer")
        body = {"user_id": viewer.headers["x-user"], "role": "operator"}
        assert server.admin.post(f"/devices/{output['device_id']}/assign", json=body).status_code == 200
        server.restart()
        assert viewer.put(f"/outputs/{output['id']}", json={"state": "on"}).status_code == 202

    @pytest.mark.parametrize(
        "body",
        [
            {"state": "dim"},
            {"state": None},
            {"state": True},
            {},
            {"state": "on", "for_s": 0},
            {"state": "on", "for_s": 1e9},
            {"state": "on", "for_ever": 1},
            {"state": "on", "reason": "x" * 300},
        ],
    )
    def test_what_is_no_setting_is_refused(self, server: RunningServer, body: Any) -> None:
        output = an_output(server, server.add_device(serial()))
        answer = server.admin.put(f"/outputs/{output['id']}", content=json.dumps(body), headers=JSON)
        assert answer.status_code == 422, answer.text
        assert seen(server, output)["desired"] is None

    def test_what_is_not_there_cannot_be_an_output(self, server: RunningServer) -> None:
        device = server.add_device(serial())
        output = an_output(server, device, key="k1")
        body = {"name": "X", "room_id": output["room_id"], "device_id": device.id, "key": "k1"}
        assert server.admin.post("/outputs", json=body).status_code == 409
        assert server.admin.post("/outputs", json=body | {"room_id": "999999"}).status_code == 404
        assert server.admin.post("/outputs", json=body | {"device_id": "none"}).status_code == 404
        options = {"power_channel_id": "999999"}
        assert server.admin.post("/outputs", json=body | {"key": "k2", "options": options}).status_code == 404

    def test_a_deleted_device_takes_its_outputs_along(self, server: RunningServer) -> None:
        device = server.add_device(serial())
        output = an_output(server, device)
        server.admin.delete(f"/devices/{device.id}")
        assert server.admin.get(f"/outputs/{output['id']}").status_code == 404
        assert server.admin.put(f"/outputs/{output['id']}", json={"state": "on"}).status_code == 404
        server.admin.post(f"/devices/{device.id}/restore")
        assert seen(server, output)["id"] == output["id"]


JSON = {"content-type": "application/json"}
