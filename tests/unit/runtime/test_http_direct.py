"""Requests that are answered without being parsed again, beside those that must never be."""

import asyncio
import socket
from collections.abc import AsyncIterator, Sequence
from typing import Any

import pytest

from ohmstead.runtime import http_direct
from ohmstead.runtime.asgi import Header, Receive, Scope, Send, read_body, respond
from ohmstead.runtime.http_direct import Answer, DirectHttp, DirectRoutes, Take
from ohmstead.runtime.web_server import WebServer

PATH = "/door"
HEAD = b"POST /door HTTP/1.1\r\nhost: x\r\nauthorization: Bearer t\r\ncontent-length: %d\r\n\r\n"


def request(body: bytes) -> bytes:
    return HEAD % len(body) + body


class House:
    """A door with two ways in; `held` are bodies that came the direct way and wait for `answer_all`."""

    def __init__(self) -> None:
        self.held: list[tuple[bytes, Answer]] = []
        self.direct: list[bytes] = []
        self.holds = False
        self.port = 0
        self.server: WebServer

    async def app(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["path"] == "/early":  # answers before the body is there
            await receive()
            await respond(send, 413, b"early", b"text/plain")
            return
        body = await read_body(receive, 1 << 20)
        await respond(send, 200, b"ordinary " + body, b"text/plain")

    def route(self, headers: Sequence[Header]) -> Take | None:
        return self.take if (b"authorization", b"Bearer t") in headers else None

    def take(self, body: bytes, answer: Answer) -> None:
        self.direct.append(body)
        if body == b"bug":
            raise RuntimeError("a bug")
        if self.holds:
            self.held.append((body, answer))
        else:
            answer(200, b"direct " + body, b"text/plain", [(b"x-way", b"direct")])

    def answer_all(self) -> None:
        held, self.held = self.held, []
        for body, answer in held:
            answer(200, b"direct " + body, b"text/plain")

    @property
    def connection(self) -> DirectHttp:
        (found,) = self.server._server.server_state.connections
        assert isinstance(found, DirectHttp)
        return found


class Client:
    def __init__(self, port: int) -> None:
        self._port = port

    async def __aenter__(self) -> "Client":
        self.reader, self.writer = await asyncio.open_connection("127.0.0.1", self._port)
        return self

    async def __aexit__(self, *_: object) -> None:
        self.writer.close()

    async def answer(self) -> tuple[int, bytes]:
        head = (await self.reader.readuntil(b"\r\n\r\n")).lower()
        length = int(head.partition(b"content-length:")[2].partition(b"\r\n")[0])
        return int(head.split()[1]), await self.reader.readexactly(length)

    async def ask(self, *pieces: bytes) -> bytes:
        for piece in pieces:
            self.writer.write(piece)
            await asyncio.sleep(0)
        return (await self.answer())[1]


@pytest.fixture
async def house() -> AsyncIterator[House]:
    house = House()
    sock = socket.create_server(("127.0.0.1", 0))
    house.port = sock.getsockname()[1]
    house.server = WebServer(house.app, [sock], 1 << 20, direct={("POST", PATH): house.route})
    running = asyncio.create_task(house.server.run())
    await house.server.ready()
    yield house
    house.holds = False
    house.answer_all()
    house.server.stop()
    await running


async def until(holds: Any) -> None:
    async with asyncio.timeout(10):
        while not holds():  # noqa: ASYNC110 - connections have no events
            await asyncio.sleep(0.001)


async def test_a_head_that_was_understood_once_is_not_parsed_again(house: House) -> None:
    async with Client(house.port) as client:
        assert await client.ask(request(b"one")) == b"ordinary one"
        assert await client.ask(request(b"two")) == b"direct two"
        assert await client.ask(request(b"three")) == b"ordinary three"  # another length is another head
        assert await client.ask(request(b"seven")) == b"direct seven"
    async with Client(house.port) as another:
        assert await another.ask(request(b"six")) == b"direct six"
    assert house.direct == [b"two", b"seven", b"six"]


async def test_the_answer_is_a_whole_one(house: House) -> None:
    async with Client(house.port) as client:
        await client.ask(request(b"one"))
        client.writer.write(request(b"two"))
        head = await client.reader.readuntil(b"\r\n\r\n")
        lines = head.decode().lower().split("\r\n")
        assert lines[0] == "http/1.1 200 ok"
        assert any(line.startswith("date: ") for line in lines)
        assert {"content-type: text/plain", "content-length: 10", "x-way: direct"} <= set(lines)


@pytest.mark.parametrize(
    "head",
    [
        b"POST /door HTTP/1.1\r\nauthorization: Bearer other\r\ncontent-length: 3\r\n\r\n",
        b"POST /elsewhere HTTP/1.1\r\nauthorization: Bearer t\r\ncontent-length: 3\r\n\r\n",
        b"PUT /door HTTP/1.1\r\nauthorization: Bearer t\r\ncontent-length: 3\r\n\r\n",
        b"POST /door HTTP/1.1\r\nauthorization: Bearer t\r\nx-long: " + b"x" * 1024 + b"\r\ncontent-length: 3\r\n\r\n",
        b"\r\n\r\nPOST /door HTTP/1.1\r\nauthorization: Bearer t\r\ncontent-length: 3\r\n\r\n",
    ],
)
async def test_other_heads_always_go_the_ordinary_way(house: House, head: bytes) -> None:
    async with Client(house.port) as client:
        for _ in range(3):
            assert await client.ask(head + b"abc") == b"ordinary abc"
    assert house.direct == []


@pytest.mark.parametrize("version", [b"1.0", b"1.1\r\nconnection: close"])
async def test_whoever_wants_to_leave_after_an_answer_may(house: House, version: bytes) -> None:
    for _ in range(3):
        async with Client(house.port) as client:
            head = b"POST /door HTTP/%b\r\nauthorization: Bearer t\r\ncontent-length: 3\r\n\r\n" % version
            assert await client.ask(head + b"abc") == b"ordinary abc"
            assert await client.reader.read() == b""


async def test_a_body_in_chunks_is_never_taken_for_a_plain_one(house: House) -> None:
    head = b"POST /door HTTP/1.1\r\nauthorization: Bearer t\r\ntransfer-encoding: chunked\r\n\r\n"
    async with Client(house.port) as client:
        for _ in range(3):
            assert await client.ask(head + b"3\r\nabc\r\n0\r\n\r\n") == b"ordinary abc"
        assert await client.ask(head + b"5\r\nabcde\r\n0\r\n\r\n") == b"ordinary abcde"


async def test_a_request_in_pieces_and_one_after_it_are_both_read(house: House) -> None:
    async with Client(house.port) as client:
        await client.ask(request(b"one"))
        whole = request(b"two")
        for cut in (1, 20, len(whole) - 4, len(whole) - 1):
            client.writer.write(whole[:cut])
            await client.writer.drain()
            await until(lambda: not house.connection._between)
            assert await client.ask(whole[cut:]) == b"ordinary two"
        assert await client.ask(whole) == b"direct two"


async def test_requests_sent_ahead_are_answered_in_order(house: House) -> None:
    async with Client(house.port) as client:
        await client.ask(request(b"0"))
        house.holds = True
        client.writer.write(request(b"1"))
        await until(lambda: house.held)
        client.writer.write(request(b"2") + request(b"3"))
        client.writer.write(b"GET /x HTTP/1.1\r\nhost: x\r\n\r\n")
        await until(lambda: house.connection._early)
        house.holds = False
        house.answer_all()
        found = [(await client.answer())[1] for _ in range(4)]
        assert [one.split()[-1] for one in found] == [b"1", b"2", b"3", b"ordinary"]
        assert await client.ask(request(b"4")) == b"direct 4"


async def test_a_known_request_inside_a_body_is_a_body(house: House) -> None:
    """Else whoever chooses the body of one request could make another one of it."""
    async with Client(house.port) as client:
        await client.ask(request(b"one"))
        inner = request(b"two")
        client.writer.write(b"POST /early HTTP/1.1\r\nhost: x\r\ncontent-length: %d\r\n\r\n." % (len(inner) + 1))
        assert (await client.answer()) == (413, b"early")
        client.writer.write(inner)
        await until(lambda: house.connection._between)
        assert await client.ask(request(b"six")) == b"direct six"
    assert house.direct == [b"six"]


async def test_a_bug_is_an_answer_and_the_end_of_the_connection(house: House) -> None:
    async with Client(house.port) as client:
        await client.ask(request(b"one"))
        client.writer.write(request(b"bug"))
        assert (await client.answer())[0] == 500
        assert await client.reader.read() == b""


async def test_a_client_that_left_is_owed_nothing(house: House) -> None:
    async with Client(house.port) as client:
        await client.ask(request(b"one"))
        house.holds = True
        client.writer.write(request(b"two"))
        await until(lambda: house.held)
    await until(lambda: not house.server._server.server_state.connections)
    house.answer_all()


async def test_a_server_that_goes_down_gives_the_answers_it_owes(house: House) -> None:
    async with Client(house.port) as client:
        await client.ask(request(b"one"))
        house.holds = True
        client.writer.write(request(b"two"))
        await until(lambda: house.held)
        house.server.stop()
        await until(lambda: house.connection._is_last)
        house.answer_all()
        assert await client.answer() == (200, b"direct two")
        assert await client.reader.read() == b""


async def test_silence_ends_a_connection_but_not_one_that_waits_for_us(house: House) -> None:
    async with Client(house.port) as client:
        await client.ask(request(b"one"))
        house.holds = True
        client.writer.write(request(b"two"))
        await until(lambda: house.held)
        house.connection.timeout_keep_alive_handler()
        house.answer_all()
        assert await client.answer() == (200, b"direct two")
        house.connection.timeout_keep_alive_handler()  # it was just answered
        house.holds = False
        assert await client.ask(request(b"six")) == b"direct six"
        house.connection._answered_at -= house.connection.timeout_keep_alive
        house.connection.timeout_keep_alive_handler()
        assert await client.reader.read() == b""


def test_heads_that_nobody_sends_twice_do_not_pile_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http_direct, "MOST_HEADS", 10)
    routes = DirectRoutes({("POST", PATH): lambda headers: lambda body, answer: None})
    scope = {"method": "POST", "path": PATH, "headers": []}
    for n in range(100):
        routes.learn(b"POST %d\r\n\r\nabc" % n, scope, bytearray(b"abc"))
    assert len(routes._known) <= 10
    assert routes.find(b"POST 99\r\n\r\nxyz") is not None
    assert routes.find(b"POST 99\r\n\r\nxy") is None
    assert routes.find(b"POST 99\r\n\r\nwxyz") is None
