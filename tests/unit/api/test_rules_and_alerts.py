"""Rules and alerts over HTTP: garbage is named, viewers see what is theirs, the past is shown within bounds."""

from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from ohmstead.domain.access import Role
from ohmstead.domain.telemetry import DAY, MS, SECOND
from world import T0, World

GOOD = "correct horse battery"


def client_of(world: World, cookie: str) -> httpx.AsyncClient:
    transport = httpx.ASGITransport(app=world.app.front)
    return httpx.AsyncClient(
        transport=transport, base_url="http://testserver/api/v1", headers={"cookie": f"ohmstead_session={cookie}"}
    )


@pytest.fixture
async def admin(world: World) -> AsyncIterator[httpx.AsyncClient]:
    await world.app.people.ensure_admin(GOOD)
    cookie = (await world.app.people.log_in("admin", GOOD, "127.0.0.1", "")).cookie
    async with client_of(world, cookie) as client:
        yield client


@pytest.fixture
async def channel(world: World) -> str:
    known = await world.device("N1")
    await world.send(known, {-1: {"power": 1.0, "switch": 0.0}})
    return str(known.device.channels["power"].id)


def a_rule(channel: str, **more: Any) -> dict[str, Any]:
    condition = {"kind": "threshold", "above": 2000, "for_s": 0}
    return {"name": "Kettle", "scope": {"channel_id": channel}, "condition": condition} | more


async def raised(world: World, value: float = 2400.0, at: int = 1) -> None:
    world.clock.us = max(world.clock.us, T0 + at * SECOND)
    await world.send(world.app.registry.by_serial["N1"], {at: {"power": value}})
    await world.app.watching.tick()


# (what is wrong, what the answer has to name)
GARBAGE: list[tuple[dict[str, Any], str]] = [
    ({"name": ""}, "name"),
    ({"name": "\x00"}, "name"),
    ({"condition": {"kind": "weather"}}, "condition"),
    ({"condition": {"kind": "threshold"}}, "condition/above"),
    ({"condition": {"kind": "threshold", "above": "much"}}, "above"),
    ({"condition": {"kind": "threshold", "above": 1, "surprise": 1}}, "surprise"),
    ({"condition": {"kind": "rate", "rises_by": 0}}, "rises_by"),
    ({"condition": {"kind": "budget", "limit": 5, "period": "year"}}, "period"),
    ({"condition": {"kind": "budget", "limit": 5}}, "condition/kind"),
    ({"condition": {"kind": "clock_skew"}}, "scope"),
    ({"condition": {"kind": "all", "parts": []}, "scope": None}, "parts"),
    (
        {"condition": {"kind": "all", "parts": [{"channel_id": "99", "condition": {"kind": "silence"}}]}},
        "scope",
    ),
    ({"scope": None}, "scope"),
    ({"scope": {"channel_id": "4711"}}, "scope/channel_id"),
    ({"scope": {"channel_id": "x"}}, "scope/channel_id"),
    ({"scope": {"device_id": "4711", "quantity": "power"}}, "scope"),
    ({"scope": {"quantity": "sympathy"}}, "scope/quantity"),
    ({"severity": "terrible"}, "severity"),
    ({"cooldown_s": -1}, "cooldown_s"),
    ({"quiet": {"start": "25:00", "end": "07:00"}}, "quiet"),
    ({"targets": ["4711"]}, "targets"),
    ({"escalation": {"after_s": 60, "targets": ["4711"]}}, "escalation/targets"),
    ({"actions": [{}]}, "actions"),
    ({"actions": [{"output_id": "4711", "state": "on"}]}, "actions/0/output_id"),
    ({"actions": [{"scene_id": "4711"}]}, "actions/0/scene_id"),
    ({"actions": [{"webhook_id": "4711"}]}, "actions/0/webhook_id"),
    ({"priority": 10_000}, "priority"),
    ({"surprise": True}, "surprise"),
]


class TestGarbage:
    async def test_a_wrong_field_is_named(self, admin: httpx.AsyncClient, channel: str) -> None:
        for wrong, field in GARBAGE:
            answer = await admin.post("/rules", json=a_rule(channel) | wrong)
            assert answer.status_code == 422, (wrong, answer.text)
            assert field in answer.json()["detail"], (wrong, answer.text)
        assert len((await admin.get("/rules")).json()) == 3

    async def test_infinity_is_no_limit(self, admin: httpx.AsyncClient, channel: str) -> None:
        body = '{"name":"x","scope":{"channel_id":"%s"},"condition":{"kind":"threshold","above":Infinity}}' % channel  # noqa: UP031
        answer = await admin.post("/rules", content=body, headers={"content-type": "application/json"})
        assert answer.status_code in (400, 422), answer.text


class TestRules:
    async def test_a_rule_is_made_changed_and_removed(self, admin: httpx.AsyncClient, channel: str) -> None:
        made = (await admin.post("/rules", json=a_rule(channel))).json()
        assert made["sentence"].startswith("When N1 power is above 2 kW: raise an alert (warning)")
        assert (made["trouble"], made["channels"], made["builtin"]) == (None, 0, None)
        path = f"/rules/{made['id']}"
        changed = (
            await admin.patch(path, json={"severity": "critical", "quiet": {"start": "22:00", "end": "06:30"}})
        ).json()
        assert (changed["severity"], changed["quiet"]["end"], changed["condition"]) == (
            "critical",
            "06:30:00",
            made["condition"],
        )
        assert (await admin.patch(path, json={"quiet": None})).json()["quiet"] is None
        assert (await admin.get(path)).json()["name"] == "Kettle"
        assert (await admin.delete(path)).status_code == 204
        assert (await admin.get(path)).status_code == 404
        actions = [entry["action"] for entry in (await admin.get("/audit")).json()][:4]
        assert actions == ["rule.remove", "rule.change", "rule.change", "rule.add"]

    async def test_rules_from_the_start_come_back_as_they_were(self, admin: httpx.AsyncClient) -> None:
        found = {rule["builtin"]: rule for rule in (await admin.get("/rules")).json()}
        assert set(found) == {"silence", "stuck", "implausible"}
        path = f"/rules/{found['silence']['id']}"
        assert (await admin.patch(path, json={"enabled": False, "name": "Quiet"})).json()["enabled"] is False
        assert (await admin.delete(path)).status_code == 204
        again = (await admin.get(path)).json()
        assert (again["enabled"], again["name"]) == (True, "Device is silent")


class TestAlerts:
    async def test_what_people_do_with_one(self, world: World, admin: httpx.AsyncClient, channel: str) -> None:
        rule = (await admin.post("/rules", json=a_rule(channel))).json()
        await raised(world)
        (alert,) = (await admin.get("/alerts", params={"state": "open"})).json()["items"]
        assert (alert["rule_id"], alert["channel_id"], alert["text"]) == (
            rule["id"],
            channel,
            "N1 power is above 2 kW: 2.4 kW",
        )
        assert (await admin.get(f"/rules/{rule['id']}")).json()["open_alerts"] == 1
        path = f"/alerts/{alert['id']}"
        assert (await admin.post(f"{path}/snooze", json={"for_s": 60})).json()["snoozed_until"] is not None
        acknowledged = (await admin.post(f"{path}/acknowledge", json={"note": "tea"})).json()
        assert (acknowledged["state"], acknowledged["note"]) == ("acknowledged", "tea")
        assert (await admin.post(f"{path}/clear")).json()["state"] == "cleared"
        assert (await admin.post(f"{path}/clear")).status_code == 409
        assert (await admin.post(f"{path}/snooze", json={"for_s": -1})).status_code == 422
        told = (await admin.get(path)).json()
        assert [step["event"] for step in told["transitions"]] == ["raised", "snoozed", "acknowledged", "cleared"]
        assert told["transitions"][2]["actor"] == "admin"
        await raised(world, at=2)
        assert (await admin.get("/alerts", params={"state": "open"})).json()["items"] == []  # it never ceased to be so

    async def test_pages_and_filters(self, world: World, admin: httpx.AsyncClient, channel: str) -> None:
        await admin.post("/rules", json=a_rule(channel, cooldown_s=0))
        for n in range(5):
            await raised(world, at=10 * n + 1)
            await raised(world, 0.0, at=10 * n + 5)
        first = (await admin.get("/alerts", params={"limit": 3})).json()
        assert [alert["id"] for alert in first["items"]] == ["5", "4", "3"]
        rest = (await admin.get("/alerts", params={"limit": 3, "after": first["next"]})).json()
        assert ([alert["id"] for alert in rest["items"]], rest["next"]) == (["2", "1"], None)
        span = {"from": (T0 + 16 * SECOND) // MS, "to": (T0 + 30 * SECOND) // MS}
        assert [alert["id"] for alert in (await admin.get("/alerts", params=span)).json()["items"]] == ["3"]
        for nothing in ({"state": "open"}, {"device": 99}, {"channel": 99}, {"rule": 99}):
            assert (await admin.get("/alerts", params=nothing)).json()["items"] == []

    async def test_a_viewer_sees_what_is_theirs_and_changes_nothing(
        self, world: World, admin: httpx.AsyncClient, channel: str
    ) -> None:
        rule = (await admin.post("/rules", json=a_rule(channel))).json()
        await raised(world)
        people = world.app.people
        for name in ("theirs", "others"):
            user = await people.create(world.admin, name, GOOD, Role.VIEWER)
            if name == "theirs":
                await people.assign(1, user.id)
        seen = {}
        for name in ("theirs", "others"):
            cookie = (await people.log_in(name, GOOD, "127.0.0.1", "")).cookie
            async with client_of(world, cookie) as viewer:
                seen[name] = [a["id"] for a in (await viewer.get("/alerts")).json()["items"]]
                assert (await viewer.get("/alerts/1")).status_code == (200 if name == "theirs" else 404)
                assert (await viewer.get(f"/rules/{rule['id']}")).status_code == (200 if name == "theirs" else 404)
                for path in ("/alerts/1/acknowledge", "/alerts/1/clear"):
                    assert (await viewer.post(path)).status_code == (403 if name == "theirs" else 404)
                assert (await viewer.post("/rules", json=a_rule(channel))).status_code == 403
                assert (await viewer.patch(f"/rules/{rule['id']}", json={"enabled": False})).status_code in (403, 404)
        assert seen == {"theirs": ["1"], "others": []}

    async def test_the_live_view_tells_of_it_to_whoever_may_see_the_device(
        self, world: World, admin: httpx.AsyncClient, channel: str
    ) -> None:
        import msgspec

        await admin.post("/rules", json=a_rule(channel))
        people, live = world.app.people, world.app.live
        stranger = await people.create(world.admin, "others", GOOD, Role.VIEWER)
        views = [live.open(people.principal(1)), live.open(people.principal(stranger.id))]
        await raised(world)
        live.ping()
        frames = [[msgspec.json.decode(frame)["type"] for frame in await view.take()] for view in views]
        assert ["alert" in found for found in frames] == [True, False]
        for view in views:
            live.close(view)


class TestPreview:
    async def history(self, world: World) -> None:
        known = world.app.registry.by_serial["N1"]
        world.clock.us = T0 + 3 * DAY
        for day in range(3):
            watts = {day * 86_400 + s: {"power": 2400.0 if 3600 <= s < 5400 else 10.0} for s in range(0, 86_400, 300)}
            await world.send(known, watts)

    async def test_how_often_it_would_have_fired(self, world: World, admin: httpx.AsyncClient, channel: str) -> None:
        await self.history(world)
        rule = a_rule(channel, condition={"kind": "threshold", "above": 2000, "for_s": 600})
        told = (await admin.post("/rules/preview", json={"rule": rule})).json()
        assert (told["fired"], told["resolution"], told["channels"], told["truncated"]) == (3, "raw", 1, False)
        starts = [(episode["start"] - T0 // MS) // 1000 for episode in told["episodes"]]
        assert starts == [day * 86_400 + 3600 + 600 for day in range(3)]
        assert told["sentence"].startswith("When N1 power is above 2 kW for 10 minutes")

    async def test_coarser_data_is_looked_at_where_raw_would_be_too_much(
        self, world: World, admin: httpx.AsyncClient, channel: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("ohmstead.services.rule_preview.MOST_RAW", 100)
        await self.history(world)
        body = {"rule": a_rule(channel), "from": T0 // MS, "to": T0 // MS + 90 * 86_400_000}
        told = (await admin.post("/rules/preview", json=body)).json()
        assert (told["resolution"], told["fired"]) == ("15min", 3)
        assert told["resolution_s"] == 2700
        assert "lowest and highest" in told["note"]

    @pytest.mark.parametrize(
        ("condition", "fired"),
        [
            ({"kind": "silence", "factor": 2, "floor_s": 60}, 0),
            ({"kind": "rate", "rises_by": 2000, "within_s": 600}, 3),
            ({"kind": "stuck", "for_s": 7200}, 3),
        ],
    )
    async def test_other_conditions(
        self, world: World, admin: httpx.AsyncClient, channel: str, condition: dict[str, Any], fired: int
    ) -> None:
        await self.history(world)
        body = {
            "rule": a_rule(channel, condition=condition),
            "from": T0 // MS,
            "to": T0 // MS + 3 * 86_400_000 - 300_000,
        }
        told = (await admin.post("/rules/preview", json=body)).json()
        assert told["fired"] == fired, told

    async def test_a_budget_by_day(self, world: World, admin: httpx.AsyncClient) -> None:
        known = await world.device("N2")
        world.clock.us = T0 + 3 * DAY
        await world.send(known, {n * 3600: {"energy": n * (300.0 if n < 24 else 100.0)} for n in range(24)})
        await world.send(known, {n * 3600: {"energy": 7000.0 + n} for n in range(24, 48)})
        channel = str(known.device.channels["energy"].id)
        rule = a_rule(channel, condition={"kind": "budget", "limit": 6000})
        told = (await admin.post("/rules/preview", json={"rule": rule})).json()
        assert (told["fired"], told["resolution"]) == (1, "day")

    async def test_its_bounds(self, world: World, admin: httpx.AsyncClient, channel: str) -> None:
        for wrong in ({"from": 0, "to": T0 // MS}, {"from": T0 // MS, "to": T0 // MS}):
            answer = await admin.post("/rules/preview", json={"rule": a_rule(channel)} | wrong)
            assert answer.status_code == 422
            assert "90 days" in answer.json()["detail"]
        assert (await admin.post("/rules/preview", json={"rule": a_rule("4711")})).status_code == 404
