"""What a native device asks and says over HTTP, at the door that stands before the framework."""

from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from ohmstead.storage import shadows
from world import World


@pytest.fixture
async def device(world: World) -> AsyncIterator[httpx.AsyncClient]:
    known = await world.device("METER-1")
    _, secret = await world.app.tokens.create("m", ("device",), actor="admin", device=known.device.id)
    transport = httpx.ASGITransport(world.app.front)
    headers = {"authorization": f"Bearer {secret}"}
    async with httpx.AsyncClient(transport=transport, base_url="http://testserver", headers=headers) as client:
        yield client


async def test_what_it_reports_is_on_disk_when_it_is_answered(world: World, device: httpx.AsyncClient) -> None:
    answer = await device.post("/api/v1/devices/me/reported", json={"version": 0, "state": {"lamp": True}})
    assert (answer.status_code, answer.content) == (204, b"")
    (stored,) = (await world.app.database.read(shadows.load)).values()
    assert stored.shadow.reported["lamp"].value is True
    asked = (await device.get("/api/v1/devices/me/desired")).json()
    assert (asked["version"], asked["state"], asked["commands"]) == (0, {}, [])


@pytest.mark.parametrize(
    "query", ["version=-1", "version=x", "version=1.5", "wait=nan", "wait=61", "wait=-1", f"version={2**60}"]
)
async def test_a_question_that_makes_no_sense_is_refused(device: httpx.AsyncClient, query: str) -> None:
    answer = await device.get(f"/api/v1/devices/me/desired?{query}")
    assert answer.status_code == 422
    assert answer.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize(("body", "status"), [(b"{", 400), (b"x" * 70_000, 413)])
async def test_a_message_that_is_none_is_refused(device: httpx.AsyncClient, body: bytes, status: int) -> None:
    assert (await device.post("/api/v1/devices/me/reported", content=body)).status_code == status


@pytest.mark.parametrize("path", ["devices/me/desired", "releases/1/content/manifest.json"])
async def test_a_token_that_is_not_known_opens_nothing(device: httpx.AsyncClient, path: str) -> None:
    answer = await device.get(f"/api/v1/{path}", headers={"authorization": "Bearer wrong"})
    assert answer.status_code == 401
    assert answer.headers["www-authenticate"] == "Bearer"


@pytest.mark.parametrize("number", ["1", "x", "9" * 30])
async def test_a_release_that_is_not_offered_is_not_there(device: httpx.AsyncClient, number: str) -> None:
    answer: Any = await device.get(f"/api/v1/releases/{number}/content/manifest.json")
    assert answer.status_code in (404, 422)
