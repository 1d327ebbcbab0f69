"""What strangers may make the server hold in memory."""

from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest


@pytest.fixture
async def stranger(world: Any) -> AsyncIterator[httpx.AsyncClient]:
    # From a network that devices may speak from, without credentials.
    transport = httpx.ASGITransport(world.app.front, client=("192.168.1.66", 4711))
    async with httpx.AsyncClient(transport=transport, base_url="http://testserver") as client:
        yield client


async def refused_at(client: httpx.AsyncClient, path: str, limit: int, piece: int) -> None:
    sent = 0

    async def endless() -> AsyncIterator[bytes]:
        nonlocal sent
        for _ in range(64):
            sent += piece
            yield b" " * piece

    answer = await client.post(f"/api/v1{path}", content=endless(), headers={"content-type": "application/json"})
    assert answer.status_code == 413
    assert answer.json()["detail"] == f"at most {limit} bytes"
    assert sent <= limit + piece


@pytest.mark.parametrize("path", ["/auth/login", "/setup", "/invitations/accept", "/devices", "/imports", "/releases"])
async def test_a_strangers_body_ends_where_a_log_in_does(stranger: httpx.AsyncClient, path: str) -> None:
    for made_up in ({}, {"cookie": "ohmstead_session=made-up"}, {"authorization": "Bearer made-up"}):
        stranger.headers = httpx.Headers(made_up)
        if path == "/releases":  # its body is read by the route, once it knows who sends it
            assert (await stranger.post("/api/v1/releases", content=b" " * (1 << 20))).status_code == 401
        else:
            await refused_at(stranger, path, 64 << 10, 16 << 10)


async def test_a_body_without_end_is_refused_at_the_limit(world: Any, stranger: httpx.AsyncClient) -> None:
    admin = await world.app.people.set_up(world.app.setup.renew(), "admin", "correct horse battery", "")
    stranger.headers["cookie"] = f"ohmstead_session={admin.cookie}"
    await refused_at(stranger, "/devices", 8 << 20, 1 << 20)


async def test_a_file_is_not_a_body_and_its_sender_is_asked_first(stranger: httpx.AsyncClient) -> None:
    answer = await stranger.put("/api/v1/imports/0123456789abcdef/content?offset=0", content=b" " * (9 << 20))
    assert answer.status_code == 401


async def test_paths_that_are_longer_than_topics_are_not_remembered(world: Any, stranger: httpx.AsyncClient) -> None:
    assert (await stranger.post("/lab/" + "x" * 508, json={"a": 1})).status_code == 422
    assert (await stranger.post("/lab/" + "x" * 500, json={"a": 1})).status_code == 404
    assert [len(one.name) for one in world.app.mappings.unmatched(world.admin)] == [505]


async def test_a_query_of_very_many_fields_is_bad_data_and_no_accident(stranger: httpx.AsyncClient) -> None:
    answer = await stranger.post("/data?" + "&".join("a=1" for _ in range(50)), json={"current": 1.0})
    assert answer.status_code == 400
