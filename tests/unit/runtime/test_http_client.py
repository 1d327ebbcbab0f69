"""The bounded GET: odd answers are understood, endless and hostile ones end."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import pytest

from ohmstead.runtime.http_client import MOST_BODY, Answer, NoAnswer, get

Serve = Callable[[asyncio.StreamWriter], Awaitable[None]]


@asynccontextmanager
async def serving(serve: Serve) -> AsyncIterator[int]:
    async def one(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await reader.readuntil(b"\r\n\r\n")
            await serve(writer)
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.transport.abort()

    server = await asyncio.start_server(one, "127.0.0.1", 0)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()
        await server.wait_closed()
        await asyncio.sleep(0)


async def ask(answer: bytes, timeout_s: float = 2.0) -> Answer:
    async def serve(writer: asyncio.StreamWriter) -> None:
        writer.write(answer)
        await writer.drain()
        writer.write_eof()
        await asyncio.sleep(0.01)

    async with serving(serve) as port:
        return await get("127.0.0.1", port, "/?x=1", timeout_s=timeout_s)


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi more", Answer(200, b"hi")),
        (b"HTTP/1.0 200\n\nno length, bare line ends", Answer(200, b"no length, bare line ends")),
        (b"HTTP/1.1 200 OK\r\nContent-Type: \r\nContent-Length: 0\r\n\r\n", Answer(200, b"")),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nshort", Answer(200, b"short")),
        (b"HTTP/1.1 404 Not Found\r\n\r\n", Answer(404, b"")),
        (
            b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3;x=y\r\nabc\r\n2\r\nde\r\n0\r\n\r\n",
            Answer(200, b"abcde"),
        ),
        (b"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1/secret\r\n\r\n", Answer(302, b"")),
    ],
)
async def test_odd_answers_are_understood(answer: bytes, expected: Answer) -> None:
    assert await ask(answer) == expected


@pytest.mark.parametrize(
    "answer",
    [b"", b"\x00\xff\xfe garbage\r\n\r\n", b"SSH-2.0-OpenSSH\r\n", b"HTTP/1.1\r\n\r\n", b"HTTP/1.1 abc\r\n\r\n",
     b"HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n", b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 20_000,
     b"HTTP/1.1 200 " + b"O" * 100_000, b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
     b"HTTP/1.1 200 OK\r\nhalf a head"],
)  # fmt: skip
async def test_garbage_is_no_answer(answer: bytes) -> None:
    with pytest.raises(NoAnswer):
        await ask(answer)


async def test_of_ten_megabytes_only_the_first_are_read() -> None:
    answer = await ask(b"HTTP/1.1 200 OK\r\nContent-Length: 10485760\r\n\r\n" + b"x" * 10_485_760)
    assert len(answer.body) == MOST_BODY


async def test_an_endless_drip_ends_with_the_time() -> None:
    async def serve(writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\n\r\n")
        while True:
            writer.write(b".")
            await writer.drain()
            await asyncio.sleep(0.01)

    async with serving(serve) as port:
        with pytest.raises(NoAnswer, match=r"no answer within 0\.2 s"):
            await get("127.0.0.1", port, "/", timeout_s=0.2)


async def test_nobody_there_is_said_so() -> None:
    async with serving(lambda writer: asyncio.sleep(0)) as port:
        pass
    with pytest.raises(NoAnswer, match="not reached"):
        await get("127.0.0.1", port, "/", timeout_s=2)


async def test_the_port_is_named_where_it_is_not_the_usual_one() -> None:
    heard: list[bytes] = []

    async def one(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        heard.append(await reader.readuntil(b"\r\n\r\n"))
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(one, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    async with server:
        await get("127.0.0.1", port, "/?x=1", timeout_s=2.0)
    lines = heard[0].decode().split("\r\n")
    assert lines[:2] == ["GET /?x=1 HTTP/1.1", f"Host: 127.0.0.1:{port}"]
