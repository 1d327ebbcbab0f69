"""Bounded bodies."""

import gzip
import zlib
from collections.abc import Iterator
from typing import Any

import pytest

from ohmstead.runtime.asgi import (
    BodyTooLarge,
    BodyUnreadable,
    ClientGone,
    media_type,
    read_body,
    unpack,
)


def receiving(*messages: dict[str, Any]) -> Any:
    left: Iterator[dict[str, Any]] = iter(messages)

    async def receive() -> dict[str, Any]:
        return next(left)

    return receive


def part(body: bytes, *, more: bool = True) -> dict[str, Any]:
    return {"type": "http.request", "body": body, "more_body": more}


async def test_a_body_in_parts_is_joined() -> None:
    assert await read_body(receiving(part(b"a"), part(b""), part(b"bc", more=False)), 3) == b"abc"


async def test_a_body_above_the_limit_is_refused_before_it_is_complete() -> None:
    with pytest.raises(BodyTooLarge):
        await read_body(receiving(part(b"ab"), part(b"cd")), 3)
    with pytest.raises(BodyTooLarge):
        await read_body(receiving(part(b"abcd", more=False)), 3)


async def test_a_client_that_leaves_is_noticed() -> None:
    with pytest.raises(ClientGone):
        await read_body(receiving(part(b"a"), {"type": "http.disconnect"}), 3)


def test_gzip_unpacks_to_at_most_the_limit() -> None:
    assert unpack(gzip.compress(b"x" * 100, mtime=0), b"gzip", 100) == b"x" * 100
    with pytest.raises(BodyTooLarge):
        unpack(gzip.compress(b"\0" * 10_000_000), b"gzip", 1_000_000)


@pytest.mark.parametrize(
    "body", [b"", b"not gzip", gzip.compress(b"hello" * 100, mtime=0)[:-9], zlib.compress(b"zlib, not gzip")]
)
def test_a_broken_packed_body_is_named(body: bytes) -> None:
    with pytest.raises(BodyUnreadable):
        unpack(body, b"gzip", 1000)


def test_an_unknown_encoding_is_named() -> None:
    with pytest.raises(BodyUnreadable, match="br"):
        unpack(b"", b"br", 1000)


def test_a_media_type_is_compared_without_its_parameters() -> None:
    assert media_type([(b"content-type", b"Application/JSON; charset=utf-8")]) == b"application/json"
    assert media_type([]) == b""


def test_a_gzip_body_of_very_many_members_is_refused_before_they_are_unpacked() -> None:
    with pytest.raises(BodyUnreadable, match="members"):
        unpack(gzip.compress(b"") * 100_000, b"gzip", 1024)
