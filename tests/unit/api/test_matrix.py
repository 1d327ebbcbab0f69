"""Role × permission × door: one table decides everywhere, and a viewer learns nothing of what is not theirs."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any, Final

import httpx
import msgspec
import pytest

from ohmstead.api.application import build_api
from ohmstead.domain.access import ROLES, SCOPES, Permission, Role
from ohmstead.domain.recording import Trigger
from ohmstead.services.registry import Known
from ohmstead.transports.mqtt_doors import Grant, MqttDoors
from unit.services.lab_rig import Rig

P = Permission
GOOD: Final = "correct horse battery"
OPEN: Final = "open to everyone"
A_DEVICE: Final = "the token of a device"
A_PERSON: Final = "any person, no token"

# What each operation of the API needs. A route that is not here fails the first test.
NEEDS: Final[dict[tuple[str, str], Permission | str]] = {
    ("GET", "/setup"): OPEN,
    ("POST", "/setup"): OPEN,
    ("POST", "/auth/login"): OPEN,
    ("POST", "/auth/logout"): OPEN,
    ("POST", "/invitations/accept"): OPEN,
    ("GET", "/time"): OPEN,
    ("GET", "/auth/me"): A_PERSON,
    ("POST", "/auth/password"): A_PERSON,
    ("GET", "/auth/sessions"): A_PERSON,
    ("DELETE", "/auth/sessions/{session_id}"): A_PERSON,
    ("GET", "/users"): P.USERS_EDIT,
    ("POST", "/users"): P.USERS_EDIT,
    ("PATCH", "/users/{user_id}"): P.USERS_EDIT,
    ("DELETE", "/users/{user_id}"): P.USERS_EDIT,
    ("GET", "/invitations"): P.USERS_EDIT,
    ("POST", "/invitations"): P.USERS_EDIT,
    ("DELETE", "/invitations/{invitation_id}"): P.USERS_EDIT,
    ("GET", "/devices"): P.DEVICES_READ,
    ("GET", "/devices/{device_id}"): P.DEVICES_READ,
    ("POST", "/devices"): P.DEVICES_EDIT,
    ("PATCH", "/devices/{device_id}"): P.DEVICES_EDIT,
    ("POST", "/devices/{device_id}/rotate-token"): P.DEVICES_EDIT,
    ("PATCH", "/channels/{channel_id}"): P.DEVICES_EDIT,
    ("POST", "/devices/{device_id}/claim"): P.DEVICES_CLAIM,
    ("POST", "/devices/{device_id}/unclaim"): P.DEVICES_CLAIM,
    ("POST", "/devices/{device_id}/refuse"): P.DEVICES_CLAIM,
    ("DELETE", "/devices/{device_id}"): P.DEVICES_DELETE,
    ("POST", "/devices/{device_id}/restore"): P.DEVICES_DELETE,
    ("POST", "/devices/{device_id}/replace"): P.DEVICES_DELETE,
    ("POST", "/devices/{device_id}/assign"): P.USERS_EDIT,
    ("DELETE", "/devices/{device_id}/assign/{user_id}"): P.USERS_EDIT,
    ("GET", "/devices/{device_id}/users"): P.USERS_EDIT,
    ("GET", "/devices/me/desired"): A_DEVICE,
    ("POST", "/devices/me/{leaf}"): A_DEVICE,
    ("GET", "/devices/{device_id}/commands"): P.DEVICES_READ,
    ("POST", "/devices/{device_id}/commands"): P.CONTROL,
    ("GET", "/devices/{device_id}/shadow"): P.DEVICES_READ,
    ("PATCH", "/devices/{device_id}/shadow"): P.CONTROL,
    ("GET", "/devices/{device_id}/log"): P.DEVICES_READ,
    ("GET", "/rules"): P.DEVICES_READ,
    ("POST", "/rules"): P.RULES_EDIT,
    ("POST", "/rules/preview"): P.RULES_EDIT,
    ("GET", "/rules/{rule_id}"): P.DEVICES_READ,
    ("PATCH", "/rules/{rule_id}"): P.RULES_EDIT,
    ("DELETE", "/rules/{rule_id}"): P.RULES_EDIT,
    ("GET", "/alerts"): P.DEVICES_READ,
    ("GET", "/alerts/{alert_id}"): P.DEVICES_READ,
    ("POST", "/alerts/{alert_id}/acknowledge"): P.ALERTS_HANDLE,
    ("POST", "/alerts/{alert_id}/snooze"): P.ALERTS_HANDLE,
    ("POST", "/alerts/{alert_id}/clear"): P.ALERTS_HANDLE,
    ("GET", "/rooms"): P.DEVICES_READ,
    ("POST", "/rooms"): P.ROOMS_EDIT,
    ("PATCH", "/rooms/{room_id}"): P.ROOMS_EDIT,
    ("DELETE", "/rooms/{room_id}"): P.ROOMS_EDIT,
    ("GET", "/outputs"): P.DEVICES_READ,
    ("POST", "/outputs"): P.ROOMS_EDIT,
    ("GET", "/outputs/{output_id}"): P.DEVICES_READ,
    ("PUT", "/outputs/{output_id}"): P.CONTROL,
    ("PATCH", "/outputs/{output_id}"): P.ROOMS_EDIT,
    ("DELETE", "/outputs/{output_id}"): P.ROOMS_EDIT,
    ("GET", "/scenes"): P.DEVICES_READ,
    ("POST", "/scenes"): P.ROOMS_EDIT,
    ("PUT", "/scenes/{scene_id}"): P.ROOMS_EDIT,
    ("DELETE", "/scenes/{scene_id}"): P.ROOMS_EDIT,
    ("POST", "/scenes/{scene_id}/run"): P.CONTROL,
    ("GET", "/schedules"): P.DEVICES_READ,
    ("GET", "/schedules/week"): P.DEVICES_READ,
    ("POST", "/schedules"): P.ROOMS_EDIT,
    ("PUT", "/schedules/{schedule_id}"): P.ROOMS_EDIT,
    ("DELETE", "/schedules/{schedule_id}"): P.ROOMS_EDIT,
    ("GET", "/load-limits"): P.DEVICES_READ,
    ("POST", "/load-limits"): P.ROOMS_EDIT,
    ("PUT", "/load-limits/{limit_id}"): P.ROOMS_EDIT,
    ("DELETE", "/load-limits/{limit_id}"): P.ROOMS_EDIT,
    ("GET", "/devices/{device_id}/address"): P.DEVICES_READ,
    ("PATCH", "/devices/{device_id}/address"): P.DEVICES_EDIT,
    ("GET", "/devices/{device_id}/variables/{name}"): P.DEVICES_SECRETS,
    ("PUT", "/devices/{device_id}/variables/{name}"): P.DEVICES_SECRETS,
    ("GET", "/notification-targets"): P.NOTIFICATIONS_EDIT,
    ("POST", "/notification-targets"): P.NOTIFICATIONS_EDIT,
    ("GET", "/notification-targets/kinds"): P.NOTIFICATIONS_EDIT,
    ("GET", "/notification-targets/names"): P.NOTIFICATIONS_READ,
    ("PATCH", "/notification-targets/{target_id}"): P.NOTIFICATIONS_EDIT,
    ("DELETE", "/notification-targets/{target_id}"): P.NOTIFICATIONS_EDIT,
    ("POST", "/notification-targets/{target_id}/test"): P.NOTIFICATIONS_EDIT,
    ("GET", "/notifications"): P.NOTIFICATIONS_READ,
    ("GET", "/history"): P.DEVICES_READ,
    ("GET", "/energy"): P.DEVICES_READ,
    ("GET", "/overview"): P.DEVICES_READ,
    ("GET", "/export.csv"): P.DEVICES_READ,
    ("GET", "/export.parquet"): P.DEVICES_READ,
    ("GET", "/devices/{device_id}/export/current_data.csv"): P.DEVICES_READ,
    ("GET", "/sites"): P.SITES_READ,
    ("PATCH", "/sites"): P.SITES_EDIT,
    ("PATCH", "/sites/{site_id}"): P.SITES_EDIT,
    ("GET", "/tokens"): P.TOKENS_EDIT,
    ("POST", "/tokens"): P.TOKENS_EDIT,
    ("DELETE", "/tokens/{token_id}"): P.TOKENS_EDIT,
    ("GET", "/audit"): P.AUDIT_READ,
    ("GET", "/system"): P.SYSTEM_READ,
    ("GET", "/imports"): P.DEVICES_EDIT,
    ("POST", "/imports"): P.DEVICES_EDIT,
    ("POST", "/imports/preview"): P.DEVICES_EDIT,
    ("GET", "/imports/{job_id}"): P.DEVICES_EDIT,
    ("PUT", "/imports/{job_id}/content"): P.DEVICES_EDIT,
    ("GET", "/imports/{job_id}/preview"): P.DEVICES_EDIT,
    ("POST", "/imports/{job_id}/preview"): P.DEVICES_EDIT,
    ("POST", "/imports/{job_id}/start"): P.DEVICES_EDIT,
    ("POST", "/imports/{job_id}/cancel"): P.DEVICES_EDIT,
    ("GET", "/subjects"): P.DEVICES_READ,
    ("POST", "/subjects"): P.RECORDINGS_EDIT,
    ("GET", "/subjects/{subject_id}"): P.DEVICES_READ,
    ("PATCH", "/subjects/{subject_id}"): P.RECORDINGS_EDIT,
    ("DELETE", "/subjects/{subject_id}"): P.RECORDINGS_EDIT,
    ("POST", "/subjects/{subject_id}/restore"): P.RECORDINGS_EDIT,
    ("GET", "/subjects/{subject_id}/trend"): P.DEVICES_READ,
    ("GET", "/groups"): P.DEVICES_READ,
    ("POST", "/groups"): P.RECORDINGS_EDIT,
    ("PATCH", "/groups/{group_id}"): P.RECORDINGS_EDIT,
    ("DELETE", "/groups/{group_id}"): P.RECORDINGS_EDIT,
    ("GET", "/reliability"): P.DEVICES_READ,
    ("GET", "/recordings"): P.DEVICES_READ,
    ("POST", "/recordings"): P.RECORDINGS_EDIT,
    ("GET", "/recordings/{recording_id}"): P.DEVICES_READ,
    ("PATCH", "/recordings/{recording_id}"): P.RECORDINGS_EDIT,
    ("DELETE", "/recordings/{recording_id}"): P.RECORDINGS_EDIT,
    ("POST", "/recordings/{recording_id}/finish"): P.RECORDINGS_EDIT,
    ("POST", "/recordings/{recording_id}/restore"): P.RECORDINGS_EDIT,
    ("POST", "/recordings/{recording_id}/trials"): P.RECORDINGS_EDIT,
    ("GET", "/recordings/{recording_id}/metrics.csv"): P.DEVICES_READ,
    ("GET", "/recordings/{recording_id}/report.pdf"): P.DEVICES_READ,
    ("GET", "/analyses"): P.DEVICES_READ,
    ("GET", "/trials"): P.DEVICES_READ,
    ("GET", "/trials/{trial_id}"): P.DEVICES_READ,
    ("DELETE", "/trials/{trial_id}"): P.RECORDINGS_EDIT,
    ("POST", "/trials/{trial_id}/stop"): P.RECORDINGS_EDIT,
    ("POST", "/trials/{trial_id}/accept"): P.RECORDINGS_EDIT,
    ("POST", "/trials/{trial_id}/restore"): P.RECORDINGS_EDIT,
    ("POST", "/trials/{trial_id}/analyse"): P.RECORDINGS_EDIT,
    ("GET", "/trials/{trial_id}/data"): P.DEVICES_READ,
    ("GET", "/trials/{trial_id}/statistics"): P.DEVICES_READ,
    ("GET", "/trials/{trial_id}/results"): P.DEVICES_READ,
    ("GET", "/trials/{trial_id}/export.csv"): P.DEVICES_READ,
    ("GET", "/calibrations"): P.DEVICES_READ,
    ("GET", "/calibrations/capture"): P.DEVICES_READ,
    ("POST", "/calibrations"): P.RECORDINGS_EDIT,
    ("GET", "/calibrations/{calibration_id}"): P.DEVICES_READ,
    ("DELETE", "/calibrations/{calibration_id}"): P.RECORDINGS_EDIT,
    ("POST", "/calibrations/{calibration_id}/restore"): P.RECORDINGS_EDIT,
    ("GET", "/calibrations/{calibration_id}/certificate.pdf"): P.DEVICES_READ,
    ("GET", "/force-devices"): P.DEVICES_READ,
    ("GET", "/force-devices/{device_id}"): P.DEVICES_READ,
    ("POST", "/force-devices/{device_id}/stream"): P.CONTROL,
    ("GET", "/releases"): P.UPDATES_READ,
    ("POST", "/releases"): P.UPDATES_EDIT,
    ("GET", "/releases/{release_id}"): P.UPDATES_READ,
    ("PATCH", "/releases/{release_id}"): P.UPDATES_EDIT,
    ("DELETE", "/releases/{release_id}"): P.UPDATES_EDIT,
    ("GET", "/releases/{release_id}/content"): P.UPDATES_READ,
    ("GET", "/releases/{release_id}/content/{name}"): P.UPDATES_READ,
    ("GET", "/u/{token}/{name}"): OPEN,
    ("GET", "/release-keys"): P.UPDATES_READ,
    ("POST", "/release-keys"): P.UPDATES_TRUST,
    ("DELETE", "/release-keys/{key_id}"): P.UPDATES_TRUST,
    ("GET", "/rollouts"): P.UPDATES_READ,
    ("POST", "/rollouts"): P.UPDATES_EDIT,
    ("GET", "/rollouts/{rollout_id}"): P.UPDATES_READ,
    ("POST", "/rollouts/{rollout_id}/pause"): P.UPDATES_EDIT,
    ("POST", "/rollouts/{rollout_id}/resume"): P.UPDATES_EDIT,
    ("POST", "/rollouts/{rollout_id}/stop"): P.UPDATES_EDIT,
    ("POST", "/rollouts/{rollout_id}/rollback"): P.UPDATES_EDIT,
    ("GET", "/rollouts/{rollout_id}/installations/{device_id}"): P.DEVICES_READ,
    ("GET", "/devices/{device_id}/installations"): P.DEVICES_READ,
    ("GET", "/fleet"): P.DEVICES_READ,
    ("GET", "/mappings"): P.MAPPINGS_EDIT,
    ("POST", "/mappings"): P.MAPPINGS_EDIT,
    ("GET", "/mappings/preview"): P.MAPPINGS_EDIT,
    ("PATCH", "/mappings/{mapping_id}"): P.MAPPINGS_EDIT,
    ("DELETE", "/mappings/{mapping_id}"): P.MAPPINGS_EDIT,
}


@dataclass
class Stage:
    """One device that the viewer may see, one that they may not, and a client for each kind of asker."""

    world: Any
    seen: Known
    unseen: Known
    clients: dict[str, httpx.AsyncClient] = field(default_factory=dict)

    def channel(self, known: Known) -> int:
        return known.device.channels["power"].id

    def path(self, template: str, known: Known) -> str:
        values: dict[str, Any] = {"device_id": known.device.id, "channel_id": self.channel(known), "leaf": "log"}
        others = "user_id token_id site_id job_id mapping_id invitation_id session_id room_id output_id scene_id "
        others += "schedule_id limit_id target_id rule_id alert_id name subject_id "
        others += "group_id recording_id trial_id calibration_id release_id key_id rollout_id token"
        for name in others.split():
            values[name] = 1 if name == "site_id" else 4711
        return "/api/v1" + template.format(**values)


@pytest.fixture
async def stage(world: Any) -> AsyncIterator[Stage]:
    app = world.app
    seen, unseen = await world.device("SEEN"), await world.device("UNSEEN")
    for known in (seen, unseen):
        await world.send(known, {0: {"power": 1.0}})
    stage = Stage(world, seen, unseen)

    def client(**headers: str) -> httpx.AsyncClient:
        return httpx.AsyncClient(
            transport=httpx.ASGITransport(app.front), base_url="http://testserver", headers=headers
        )

    stage.clients["anonymous"] = client()
    admin = await app.people.set_up(app.setup.renew(), "admin", GOOD, "")
    ada = app.people.by_session(admin.cookie)
    for role in Role:
        user = admin.user if role is Role.ADMIN else await app.people.create(ada, role.value, GOOD, role)
        cookie = (await app.people.log_in(user.username, GOOD, "127.0.0.1", "")).cookie
        stage.clients[role] = client(cookie=f"ohmstead_session={cookie}")
        if role is Role.VIEWER:
            await app.people.assign(seen.device.id, user.id)
    for scope in SCOPES:
        extra = {"device": {"device": seen.device.id}, "mqtt": {"topics": ("lab/#",)}}.get(scope, {})
        _, secret = await app.tokens.create(scope, (scope,), actor="admin", **extra)
        stage.clients[f"token {scope}"] = client(authorization=f"Bearer {secret}")
    yield stage
    for one in stage.clients.values():
        await one.aclose()


def rights_of(asker: str) -> frozenset[Permission]:
    if asker == "anonymous":
        return frozenset()
    return SCOPES[asker.removeprefix("token ")] if asker.startswith("token ") else ROLES[Role(asker)]


def operations() -> set[tuple[str, str]]:
    paths = build_api().openapi()["paths"]
    return {
        (method.upper(), path.removeprefix("/api/v1"))
        for path, methods in paths.items()
        if path.startswith("/api/v1/")
        for method in methods
    }


def test_every_operation_of_the_api_is_in_the_matrix() -> None:
    assert operations() == set(NEEDS)


async def ask(stage: Stage, asker: str, operation: tuple[str, str], known: Known) -> httpx.Response:
    method, template = operation
    channel = stage.channel(known)
    params: dict[str, Any] = {}
    if template in ("/history", "/energy", "/export.csv", "/export.parquet"):
        params = {"channel": channel, "from": 0, "to": 2_000_000_000_000, "period": "year"}
    if template in ("/calibrations", "/calibrations/capture"):
        params = {"channel": channel}
    body = {
        "/devices/{device_id}": {"groups": ["Cellar"]},
        "/devices/{device_id}/assign": {"user_id": "4711"},
        "/devices/{device_id}/replace": {"by": "4711"},
        "/auth/password": {"old": "wrong", "new": GOOD},
    }.get(template, {})
    return await stage.clients[asker].request(
        method, stage.path(template, known), params=params, json=body if method != "GET" else None
    )


ASKERS: Final = ("anonymous", *Role, *(f"token {scope}" for scope in SCOPES))


def verdict(need: Permission | str, asker: str, status: int) -> str:
    """What is wrong with the answer `status`; empty if nothing."""
    if status >= 500:
        return "failed"
    if need == OPEN:
        return ""
    if asker == "anonymous":
        return "" if status == 401 else "answered a stranger"
    if need == A_DEVICE:
        return "" if (asker == "token device") == (status not in (401, 403)) else "is for devices"
    if need == A_PERSON:
        if asker.startswith("token "):
            return "" if status in (401, 403, 422) else "took a token for a person"
        return "" if status != 401 else "does not know the asker"
    if need in rights_of(asker):
        # Sight is a right of its own: a token that may write but not read does not learn which ids exist.
        return "" if status not in (401, 403) or P.DEVICES_READ not in rights_of(asker) else "refused a right"
    # 422: an invalid body is refused before it matters who sent it; nothing was done.
    return "" if status in (403, 404, 422) else "granted what the table does not"


@pytest.mark.parametrize("asker", ASKERS)
async def test_each_asker_may_what_its_rights_say(stage: Stage, asker: str) -> None:
    wrong = []
    # What ends a session or a device comes last.
    for operation in sorted(NEEDS, key=lambda o: ("logout" in o[1], o[0] == "DELETE", o)):
        status = (await ask(stage, asker, operation, stage.seen)).status_code
        if fault := verdict(NEEDS[operation], asker, status):
            wrong.append((operation, status, fault))
    assert not wrong, "\n".join(map(str, wrong))


OF_ONE_DEVICE: Final = sorted(o for o in NEEDS if "{device_id}" in o[1] or "{channel_id}" in o[1])
READING: Final = [("GET", path) for path in ("/history", "/energy", "/export.csv", "/export.parquet")]


async def test_a_foreign_device_is_as_one_that_does_not_exist(stage: Stage) -> None:
    for operation in OF_ONE_DEVICE + READING:
        foreign = await ask(stage, Role.VIEWER, operation, stage.unseen)
        assert foreign.status_code in (403, 404, 422), (operation, foreign.text)
        assert "UNSEEN" not in foreign.text, operation
        if operation[0] == "GET":
            stage.unseen.device.id, there = 4711, stage.unseen.device.id
            missing = await ask(stage, Role.VIEWER, operation, stage.unseen)
            stage.unseen.device.id = there
            if "{device_id}" in operation[1]:
                assert missing.text == foreign.text, operation


async def test_a_foreign_channel_is_as_one_that_does_not_exist(stage: Stage) -> None:
    viewer, hidden = stage.clients[Role.VIEWER], stage.channel(stage.unseen)
    for method, path in (*READING, ("GET", "/calibrations"), ("PATCH", "/channels/{}")):
        foreign, missing = [
            await viewer.request(
                method,
                "/api/v1" + path.format(channel),
                params={"channel": channel, "from": 0, "to": 9, "period": "day"},
                json=None if method == "GET" else {"label": "mine"},
            )
            for channel in (hidden, 4711)
        ]
        assert (foreign.status_code, foreign.text) == (404, missing.text), path


async def test_who_may_act_need_not_look_around(stage: Stage) -> None:
    """A token with scope `write` alone: it acts on what it can name, and reads nothing."""
    writer, seen = stage.clients["token write"], stage.seen
    device, channel = f"/api/v1/devices/{seen.device.id}", f"/api/v1/channels/{stage.channel(seen)}"
    stranger = stage.world.app.ingest.anonymous("STRANGER", stage.world.app.dialects["meter"])
    for path in ("/api/v1/devices", device, f"/api/v1/history?channel={stage.channel(seen)}", "/api/v1/outputs"):
        assert (await writer.get(path)).status_code in (403, 404), path
    assert (await writer.patch(device, json={"name": "Cellar"})).status_code == 200
    assert (await writer.patch(channel, json={"label": "Heating"})).status_code == 200
    assert (await writer.post(f"/api/v1/devices/{stranger.device.id}/claim")).status_code == 200
    reboot = await writer.post(f"{device}/commands", json={"name": "reboot", "args": {}})
    assert reboot.status_code not in (401, 403, 404), reboot.text
    admin = stage.clients[Role.ADMIN]
    room = (await admin.post("/api/v1/rooms", json={"name": "Hall"})).json()["id"]
    lamp = {"name": "Lamp", "room_id": room, "device_id": str(seen.device.id), "key": "switch"}
    made = await admin.post("/api/v1/outputs", json=lamp)
    assert made.status_code == 201, made.text
    assert (await writer.put(f"/api/v1/outputs/{made.json()['id']}", json={"state": "on"})).status_code == 202
    assert (await writer.put("/api/v1/outputs/4711", json={"state": "on"})).status_code == 404
    assert (await writer.delete(device)).status_code in (403, 404)
    reader = stage.clients["token read"]
    assert (await reader.put(f"/api/v1/outputs/{made.json()['id']}", json={"state": "off"})).status_code == 403
    assert (await reader.patch(device, json={"name": "Mine"})).status_code == 403


async def test_lists_hold_only_what_a_viewer_may_see(stage: Stage) -> None:
    viewer = stage.clients[Role.VIEWER]
    listed = (await viewer.get("/api/v1/devices")).json()["items"]
    assert [device["serial"] for device in listed] == ["SEEN"]
    stage.world.app.ingest.anonymous("STRANGER", stage.world.app.dialects["meter"])
    assert len((await viewer.get("/api/v1/devices")).json()["items"]) == 1


async def test_the_live_view_shows_only_what_a_viewer_may_see(stage: Stage) -> None:
    app = stage.world.app
    viewer_id = next(u.id for u in app.people.all() if u.role is Role.VIEWER)
    viewer = app.live.open(app.people.principal(viewer_id))
    snapshot = msgspec.json.decode(app.live.snapshot(viewer))
    assert [device["serial"] for device in snapshot["devices"]] == ["SEEN"]
    assert list(snapshot["values"]) == [str(stage.channel(stage.seen))]
    app.live.subscribe(viewer, [stage.channel(stage.unseen), stage.channel(stage.seen)])
    stage.world.clock.us += 60_000_000
    await stage.world.send(stage.unseen, {30: {"power": 5.0}})
    await stage.world.send(stage.seen, {30: {"power": 6.0}})
    changes = [msgspec.json.decode(frame) for frame in await viewer.take()]
    assert {channel for frame in changes for channel in frame["values"]} == {str(stage.channel(stage.seen))}
    app.live.close(viewer)


@pytest.fixture
def doors(world: Any) -> MqttDoors:
    return world.app.gateway.gatekeeper  # type: ignore[no-any-return]


def granted(doors: MqttDoors, username: str, secret: str) -> Grant:
    grant = doors.connect("client", username, secret.encode(), "192.168.1.7")
    assert grant is not None
    return grant


async def test_over_mqtt_a_device_reaches_its_own_topics_only(world: Any, doors: MqttDoors) -> None:
    _, secret = await world.app.devices.add(world.admin, "MINE", None)
    await world.device("OTHER")
    mine = granted(doors, "MINE", secret)
    assert mine.may_publish("ohmstead/MINE/telemetry")
    assert mine.may_subscribe("ohmstead/MINE/#")
    for topic in ("ohmstead/OTHER/telemetry", "ohmstead/MINE/commands", "meter/1/data", "$SYS/x", "ohmstead/MINE"):
        assert not mine.may_publish(topic), topic
    for topic in ("#", "ohmstead/#", "ohmstead/+/telemetry", "ohmstead/OTHER/commands", "+/MINE/commands", "$SYS/#"):
        assert not mine.may_subscribe(topic), topic
    assert doors.connect("client", "OTHER", secret.encode(), "192.168.1.7") is None


async def test_over_mqtt_a_token_reaches_the_filters_it_names(world: Any, doors: MqttDoors) -> None:
    _, secret = await world.app.tokens.create("bridge", ("mqtt",), actor="ada", topics=("lab/+/data",))
    bridge = granted(doors, "", secret)
    assert bridge.may_publish("lab/1/data")
    assert bridge.may_subscribe("lab/+/data")
    assert bridge.may_subscribe("lab/7/data")
    for topic in ("lab/#", "lab/1/other", "#", "ohmstead/MINE/telemetry"):
        assert not bridge.may_subscribe(topic), topic


async def test_over_mqtt_strangers_speak_from_allowed_networks_on_known_topics(doors: MqttDoors) -> None:
    assert doors.connect("client", "", b"", "203.0.113.9") is None
    assert doors.connect("client", "", b"wrong", "192.168.1.7") is None
    stranger = doors.connect("client", "", b"", "192.168.1.7")
    assert stranger is not None
    assert stranger.may_publish("meter/1/data")
    assert stranger.may_subscribe("meter/1/control")
    assert not stranger.may_retain("meter/1/data")
    for topic in ("meter/+/control", "meter/1/data", "#", "ohmstead/MINE/desired"):
        assert not stranger.may_subscribe(topic), topic


# The doors of the force lab, alerts and updates


@dataclass
class Lab:
    """A rig that the viewer may see and one that they may not: the same was done with both."""

    stage: Stage
    seen: Rig
    unseen: Rig
    recordings: dict[str, int]
    trials: dict[str, int]

    async def get(self, path: str, asker: str = Role.VIEWER, **params: Any) -> httpx.Response:
        return await self.stage.clients[asker].get(path, params=params)


@pytest.fixture
async def lab(stage: Stage) -> Lab:
    world = stage.world
    app, service = world.app, world.app.laboratory.lab
    rigs, recordings, trials = {}, {}, {}
    viewer = next(u.id for u in app.people.all() if u.role is Role.VIEWER)
    for serial in ("RIG-SEEN", "RIG-UNSEEN"):
        rig = rigs[serial] = await Rig.connected(world, serial)
        await rig.stream(0.1)
        await app.devices.claim(world.admin, rig.device.id, None)
        await rig.calibrate()
        group = await service.subjects.add_group(world.admin, f"Squad {serial}")
        subject = await service.subjects.add(world.admin, pseudonym=f"Athlete {serial}", groups=[group.id])
        made = await service.recordings.create(
            world.admin, kind="imtp", name=f"Session {serial}", channels=rig.channels, subject=subject.id
        )
        trial = await service.trials.start(world.admin, made.id, Trigger())
        await rig.stream(0.5)
        await service.trials.stop(world.admin, trial.id)
        await rig.stream(1.0)
        recordings[serial], trials[serial] = made.id, trial.id
    await app.people.assign(rigs["RIG-SEEN"].device.id, viewer)
    return Lab(stage, *rigs.values(), recordings, trials)


LISTS: Final = (
    "/recordings", "/trials", "/subjects", "/groups", "/force-devices", "/fleet", "/alerts", "/rules", "/outputs",
    "/scenes", "/schedules", "/load-limits", "/rooms", "/devices",
)  # fmt: skip
OF_A_RECORDING: Final = ("", "/metrics.csv", "/report.pdf")
OF_A_TRIAL: Final = ("", "/data", "/statistics", "/results", "/export.csv")


async def test_lists_of_the_lab_hold_only_what_a_viewer_may_see(lab: Lab) -> None:
    for path in LISTS:
        listed = await lab.get("/api/v1" + path)
        assert listed.status_code == 200, path
        assert "UNSEEN" not in listed.text, path
    for path in ("/recordings", "/subjects", "/groups", "/force-devices"):
        everything, told = await lab.get("/api/v1" + path, Role.ADMIN), await lab.get("/api/v1" + path)
        assert "RIG-UNSEEN" in everything.text, path
        assert "RIG-SEEN" in told.text, path


async def test_nothing_of_a_foreign_recording_leads_anywhere(lab: Lab) -> None:
    for serial, status in (("RIG-SEEN", 200), ("RIG-UNSEEN", 404)):
        for path in OF_A_RECORDING:
            answer = await lab.get(f"/api/v1/recordings/{lab.recordings[serial]}{path}")
            assert answer.status_code == status, (serial, path, answer.text)
        for path in OF_A_TRIAL:
            answer = await lab.get(f"/api/v1/trials/{lab.trials[serial]}{path}")
            assert answer.status_code == status, (serial, path, answer.text)
            missing = await lab.get(f"/api/v1/trials/4711{path}")
            assert status == 200 or answer.text == missing.text, path
    for channel in lab.unseen.channels:
        for path in ("/calibrations", "/calibrations/capture"):
            assert (await lab.get("/api/v1" + path, channel=channel)).status_code == 404
    held = lab.stage.world.app.laboratory.lab.calibrations.holding_id(lab.unseen.channels[0])
    for path in ("", "/certificate.pdf"):
        assert (await lab.get(f"/api/v1/calibrations/{held}{path}")).status_code == 404


async def test_the_doors_of_system_002_show_a_viewer_their_own_rig(lab: Lab) -> None:
    theirs, foreign = lab.seen.device.serial, lab.unseen.device.serial
    for path in ("/api/latest_reading", "/api/current_reading", "/api/raw_data", "/api/session_data", "/api/status"):
        asked = await lab.get(path, device=foreign)
        nobody = await lab.get(path, device="NO-SUCH")
        assert (asked.status_code, asked.text) == (nobody.status_code, nobody.text), path
    assert (await lab.get("/api/current_reading", device=theirs)).status_code == 200
    assert (await lab.get("/api/current_reading", Role.ADMIN, device=foreign)).status_code == 200
    files = [one["filename"] for one in (await lab.get("/api/csv_files")).json()["files"]]
    every = [one["filename"] for one in (await lab.get("/api/csv_files", Role.ADMIN)).json()["files"]]
    assert len(files) == 1
    (hidden,) = set(every) - set(files)
    assert (await lab.get(f"/api/download/{files[0]}")).status_code == 200
    assert (await lab.get(f"/api/download/{hidden}")).status_code == 404
    for path in ("/api/start_test", "/api/stop_test", "/api/esp32/command"):
        answer = await lab.stage.clients[Role.VIEWER].post(path, json={"command": "start"})
        assert answer.status_code == 403, path


async def test_no_live_view_shows_a_foreign_rig_or_its_trials(lab: Lab) -> None:
    app, world = lab.stage.world.app, lab.stage.world
    who = app.people.principal(next(u.id for u in app.people.all() if u.role is Role.VIEWER))
    fast, live = app.laboratory.lab.fast.open(who), app.live.open(who)
    told = msgspec.json.decode(app.laboratory.lab.fast.subscribe(fast, lab.unseen.channels + lab.seen.channels))
    assert {channel["device_id"] for channel in told["channels"]} == {str(lab.seen.device.id)}
    for rig in (lab.unseen, lab.seen):
        await rig.stream(0.2)
    trial = await app.laboratory.lab.trials.start(world.admin, lab.recordings["RIG-UNSEEN"], Trigger())
    await app.laboratory.lab.trials.stop(world.admin, trial.id)
    frames = [msgspec.json.decode(frame) for frame in await fast.take()]
    assert {frame["device_id"] for frame in frames} == {str(lab.seen.device.id)}
    told_live = b"".join(await live.take())
    assert not [c for c in lab.unseen.channels if f'"{c}":'.encode() in told_live]
    app.laboratory.lab.fast.close(fast)
    app.live.close(live)


async def test_an_alert_about_a_foreign_device_is_as_none(stage: Stage) -> None:
    app, world = stage.world.app, stage.world
    admin = stage.clients[Role.ADMIN]
    for known in (stage.seen, stage.unseen):
        rule = {
            "name": f"Kettle {known.device.serial}",
            "scope": {"channel_id": str(stage.channel(known))},
            "condition": {"kind": "threshold", "above": 2000},
        }
        assert (await admin.post("/api/v1/rules", json=rule)).status_code == 201
    who = app.people.principal(next(u.id for u in app.people.all() if u.role is Role.VIEWER))
    live = app.live.open(who)
    world.clock.us += 60_000_000
    for known in (stage.seen, stage.unseen):
        await world.send(known, {30: {"power": 2500.0}})
    await app.watching.tick()
    every = (await admin.get("/api/v1/alerts")).json()["items"]
    assert len(every) == 2
    viewer = stage.clients[Role.VIEWER]
    listed = await viewer.get("/api/v1/alerts")
    assert [one["device_id"] for one in listed.json()["items"]] == [str(stage.seen.device.id)]
    hidden = next(one["id"] for one in every if one["device_id"] == str(stage.unseen.device.id))
    assert (await viewer.get(f"/api/v1/alerts/{hidden}")).status_code == 404
    assert (await viewer.get("/api/v1/alerts", params={"device": stage.unseen.device.id})).json()["items"] == []
    told = b"".join(await live.take())
    assert b'"alert"' in told
    assert b"UNSEEN" not in told
    app.live.close(live)


async def test_marks_that_fit_no_database_begin_anew(stage: Stage) -> None:
    for path in ("/recordings", "/trials"):
        for mark in ("99999999999999999999-1", "1-99999999999999999999", "-", "x-y", "\u0663-\u0663"):
            answer = await stage.clients[Role.ADMIN].get("/api/v1" + path, params={"after": mark})
            assert answer.status_code == 200, (path, mark, answer.text)
