"""Devices that speak no known language: shown to admins, mapped, then stored like any other."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx
import pytest

from builders import serial
from system.running_server import RunningServer
from system.wire import MqttClient

PLUG = {"Time": "2025-09-21T08:30:10", "ENERGY": {"Total": 12.345, "Power": 93, "Voltage": 229}, "Switch": "ON"}
FIELDS = [
    {"pointer": "/ENERGY/Power", "key": "power", "quantity": "power"},
    {"pointer": "/ENERGY/Total", "key": "energy", "quantity": "energy", "unit": "kWh"},
]


@asynccontextmanager
async def mqtt(server: RunningServer, *credentials: str) -> AsyncIterator[MqttClient]:
    client = MqttClient(server.host, server.mqtt_port)
    try:
        assert await client.connect(serial("client"), *credentials) == 0
        yield client
        client.disconnect()
    finally:
        client.close()


def publish(server: RunningServer, topic: str, *payloads: Any, retain: bool = False) -> None:
    async def run() -> None:
        async with mqtt(server) as client:
            for payload in payloads:
                await client.publish(topic, payload, retain=retain)

    asyncio.run(run())


def preview(server: RunningServer) -> dict[str, Any]:
    answer = server.admin.get("/mappings/preview")
    assert answer.status_code == 200, answer.text
    return {item["name"]: item for item in answer.json()}


def mapped(server: RunningServer, **body: Any) -> dict[str, Any]:
    answer = server.admin.post("/mappings", json={"fields": FIELDS, **body})
    assert answer.status_code == 201, answer.text
    made: dict[str, Any] = answer.json()
    return made


def test_a_plug_is_seen_mapped_and_stored(server: RunningServer) -> None:
    name = serial("plug")
    topic = f"tele/{name}/SENSOR"
    publish(server, topic, PLUG, PLUG)
    seen = preview(server)[topic]
    assert seen["count"] == 2
    assert {leaf["pointer"]: leaf["value"] for leaf in seen["leaves"]}["/ENERGY/Power"] == 93
    total = next(leaf for leaf in seen["leaves"] if leaf["pointer"] == "/ENERGY/Total")
    assert total["suggestion"]["quantity"] == "energy"

    made = mapped(
        server,
        source="mqtt",
        filter="tele/+/SENSOR",
        serial="{level.1}",
        time_pointer="/Time",
        time_format="local",
    )
    assert topic not in preview(server)
    publish(server, topic, PLUG)
    at = 1_758_443_410_000  # the site is in UTC
    assert server.stored(name, "power") == [(at, 93.0)]
    assert server.stored(name, "energy") == [(at, 12_345.0)]
    device = server.device(name)
    assert (device["state"], device["dialect"]) == ("unclaimed", "mapped-json")

    assert server.admin.patch(f"/mappings/{made['id']}", json={"enabled": False}).json()["enabled"] is False
    publish(server, topic, PLUG | {"Time": "2025-09-21T09:30:10"})
    assert len(server.stored(name, "power")) == 1
    assert server.admin.delete(f"/mappings/{made['id']}").status_code == 204
    assert server.admin.delete(f"/mappings/{made['id']}").status_code == 404


def test_a_mapping_reaches_clients_that_are_connected_already(server: RunningServer) -> None:
    name = serial("early")

    async def run() -> None:
        async with mqtt(server) as client:
            await client.publish(f"late/{name}", {"ENERGY": {"Power": 1}})
            made = await asyncio.to_thread(mapped, server, source="mqtt", filter="late/+", serial="{level.1}")
            await client.publish(f"late/{name}", {"ENERGY": {"Power": 2}})
            await asyncio.to_thread(server.admin.delete, f"/mappings/{made['id']}")
            await client.publish(f"late/{name}", {"ENERGY": {"Power": 3}})

    asyncio.run(run())
    assert [value for _, value in server.stored(name, "power")] == [2.0]


def test_a_correction_of_the_unit_takes_effect_at_once(server: RunningServer) -> None:
    name = serial("unit")
    made = mapped(server, source="mqtt", filter=f"unit/{name}", serial=name,
                  fields=[{"pointer": "/p", "key": "power", "quantity": "power", "unit": "W"}])  # fmt: skip
    publish(server, f"unit/{name}", {"p": 1.5})
    changed = [{"pointer": "/p", "key": "power", "quantity": "power", "unit": "kW"}]
    assert server.admin.patch(f"/mappings/{made['id']}", json={"fields": changed}).status_code == 200
    publish(server, f"unit/{name}", {"p": 1.5})
    assert [value for _, value in server.stored(name, "power")] == [1.5, 1500.0]


def test_a_path_can_be_mapped_too(server: RunningServer) -> None:
    name = serial("post")
    url = f"{server.url}/in/{name}"
    assert httpx.post(url, json={"ENERGY": {"Power": 5}}).status_code == 404
    assert preview(server)[f"/in/{name}"]["source"] == "http"
    mapped(server, source="http", filter="/in/+", serial="{level.1}")
    answer = httpx.post(url, json={"ENERGY": {"Power": 6, "Total": "none"}})
    assert answer.status_code == 200
    assert answer.json() == {"status": "stored", "device": name, "accepted": 1,
                             "rejected": [{"key": "energy", "reason": "value"}]}  # fmt: skip
    assert [value for _, value in server.stored(name, "power")] == [6.0]
    assert httpx.post(url, json={"other": 1}).status_code == 422
    assert httpx.post(url, content=b"{", headers={"content-type": "application/json"}).status_code == 400
    assert httpx.post(url, data={"ENERGY": 1}).status_code == 415
    assert httpx.post(url, json=PLUG, headers={"X-Forwarded-For": "127.0.0.1"}).status_code == 401
    owned = server.add_device(serial("owned"))
    assert httpx.post(f"{server.url}/in/{owned.serial}", json=PLUG).status_code == 403
    assert httpx.post(f"{server.url}/in/{owned.serial}", json=PLUG,
                      headers={"Authorization": f"Bearer {owned.token}"}).status_code == 200  # fmt: skip


def test_what_nobody_mapped_is_not_handed_on_and_not_kept(server: RunningServer) -> None:
    token = server.admin.post(
        "/tokens", json={"name": "listener", "scopes": ["mqtt"], "topics": ["stray/#", "kept/#"]}
    ).json()["token"]

    async def run() -> str:
        async with mqtt(server, "", token) as listener:
            assert await listener.subscribe("stray/#") == 0
            assert await listener.subscribe("kept/#") == 0
            await asyncio.to_thread(publish, server, "stray/one", PLUG, retain=True)
            listener.send_publish("kept/mine", {"a": 1}, qos=0)
            topic, _, _ = await listener.message()
            await listener.ping()  # nothing else is on its way
            return topic

    assert asyncio.run(run()) == "kept/mine"


def test_nobody_without_credentials_reaches_the_servers_own_topics(server: RunningServer) -> None:
    device = server.add_device(serial("native"))
    publish(server, f"ohmstead/{device.serial}/telemetry", {"v": {"power": 1}})
    assert server.device(device.serial)["channels"] == []
    assert f"ohmstead/{device.serial}/telemetry" not in preview(server)


def test_the_memory_for_unmatched_payloads_is_bounded(server: RunningServer) -> None:
    async def run() -> None:
        async with mqtt(server) as client:
            for n in range(300):
                client.send_publish(f"flood/{n}", {"n": n}, qos=0)
            await client.publish("flood/large", b'{"x":"' + b"x" * 5000 + b'"}')
            await client.publish("flood/text", b"hello")

    asyncio.run(run())
    found = preview(server)
    assert len(found) == 100
    assert "flood/299" in found
    assert not {"flood/0", "flood/large", "flood/text"} & set(found)


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_mappings_are_for_admins(server: RunningServer, method: str) -> None:
    assert server.client().request(method, "/mappings").status_code == 401
    for role in ("viewer", "operator"):
        name = serial(role)
        person = {"username": name, "password": "a long password"}
        assert server.admin.post("/users", json={**person, "role": role}).status_code == 201
        client = server.client()
        client.post("/auth/login", json=person)
        body = {"source": "mqtt", "filter": "a/b", "serial": "x", "fields": FIELDS}
        assert client.request(method, "/mappings", json=body).status_code == 403
        assert client.get("/mappings/preview").status_code == 403


@pytest.mark.parametrize(
    "body",
    [
        {"source": "mqtt", "filter": "ohmstead/#", "serial": "x"},
        {"source": "http", "filter": "/api/v1/telemetry", "serial": "x"},
        {"source": "mqtt", "filter": "a/#", "serial": "{secret}"},
        {"source": "mqtt", "filter": "a/#", "serial": "x", "fields": []},
        {"source": "smtp", "filter": "a/#", "serial": "x"},
    ],
)
def test_a_mapping_that_makes_no_sense_is_refused(server: RunningServer, body: dict[str, Any]) -> None:
    assert server.admin.post("/mappings", json={"fields": FIELDS, **body}).status_code == 422


def test_mappings_outlive_a_restart(start_server: Any) -> None:
    server = start_server()
    made = mapped(server, source="mqtt", filter="keep/+", serial="{level.1}")
    server.restart()
    assert server.admin.get("/mappings").json() == [made]
    publish(server, "keep/kept-1", PLUG)
    assert [value for _, value in server.stored("kept-1", "power")] == [93.0]
