"""Devices under load that keep books: what they sent, and what was acknowledged to them."""

import asyncio
import contextlib
import itertools
import json
from collections import Counter, deque
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from system.running_server import RunningServer
from system.wire import HttpClient, MqttClient

T0 = 1_763_682_000_000
BROKEN = (OSError, asyncio.IncompleteReadError, TimeoutError)
PAUSE_S = 0.02  # before a connection is tried again
IN_FLIGHT = 50


@dataclass
class Books:
    """One device's values 0, 1, 2 …; `key` is the channel they go to."""

    serial: str
    key: str = "n"
    sent: int = 0
    acknowledged: list[int] = field(default_factory=list)
    refused: Counter[int] = field(default_factory=Counter)  # by HTTP status
    broken: int = 0  # connections that ended

    def check(self, server: RunningServer) -> None:
        """Everything acknowledged is stored, once; nothing is stored that was not sent."""
        stored = Counter(int(value) for _, value in server.stored(self.serial, self.key))
        missing = [n for n in self.acknowledged if not stored[n]]
        assert not missing, f"{self.serial}: {len(missing)} acknowledged values are lost, e.g. {missing[:5]}"
        twice = [n for n, times in stored.items() if times > 1]
        assert not twice, f"{self.serial}: stored more than once: {twice[:5]}"
        invented = [n for n in stored if not 0 <= n < self.sent]
        assert not invented, f"{self.serial}: never sent: {invented[:5]}"


class Load:
    """Runs devices until told to stop; they reconnect for ever."""

    def __init__(self, server: RunningServer) -> None:
        self.server = server
        self.stopping = asyncio.Event()
        self.books: list[Books] = []
        self._tasks: list[asyncio.Task[None]] = []

    def _run(self, books: Books, round_: Callable[[Books], Coroutine[Any, Any, None]]) -> None:
        self.books.append(books)
        self._tasks.append(asyncio.create_task(self._again(books, round_)))

    async def _again(self, books: Books, round_: Callable[[Books], Coroutine[Any, Any, None]]) -> None:
        while not self.stopping.is_set():
            try:
                await round_(books)
            except BROKEN:
                books.broken += 1
                await asyncio.sleep(PAUSE_S)

    async def stop(self) -> None:
        """Every device takes what it is still owed, then hangs up."""
        self.stopping.set()
        await asyncio.gather(*self._tasks)

    @property
    def acknowledged(self) -> int:
        return sum(len(books.acknowledged) for books in self.books)

    def check(self) -> None:
        for books in self.books:
            books.check(self.server)

    # the devices

    def http_singles(self, serial: str, token: str) -> None:
        """Each value once, with its time; what was not acknowledged is given up."""

        async def one_connection(books: Books) -> None:
            async with _http(self.server) as client:
                while not self.stopping.is_set():
                    n, books.sent = books.sent, books.sent + 1
                    status, _ = await client.post("/api/v1/telemetry", {"t": T0 + n, "v": {"n": n}}, token)
                    _note(books, status, [n])

        self._run(Books(serial), one_connection)

    def http_batches(self, serial: str, token: str, size: int = 100) -> None:
        async def one_connection(books: Books) -> None:
            async with _http(self.server) as client:
                while not self.stopping.is_set():
                    first, books.sent = books.sent, books.sent + size
                    columns = {
                        "t0_us": (T0 + first) * 1000,
                        "dt_us": 1000,
                        "v": {"n": list(range(first, first + size))},
                    }
                    status, _ = await client.post("/api/v1/telemetry", {"columns": columns}, token)
                    _note(books, status, range(first, first + size))

        self._run(Books(serial), one_connection)

    def http_replaying(self, serial: str, token: str) -> None:
        """Without times, numbered, sent again until acknowledged: only (boot, seq) can tell a repeat from news."""

        async def one_connection(books: Books) -> None:
            async with _http(self.server) as client:
                while not self.stopping.is_set():
                    n = len(books.acknowledged)
                    books.sent = n + 1
                    status, body = await client.post("/api/v1/telemetry", {"boot": "b", "seq": n, "v": {"n": n}}, token)
                    _note(books, status, [n])
                    if status == 200:
                        answer = json.loads(body)
                        assert answer["accepted"] + answer["duplicates"] == 1, answer

        self._run(Books(serial), one_connection)

    def mqtt_native(self, serial: str, token: str) -> None:
        def message(n: int) -> Any:
            return {"t": T0 + n, "v": {"n": n}}

        topic = f"ohmstead/{serial}/telemetry"
        self._mqtt(Books(serial), topic, message, username=serial, password=token)

    def mqtt_meter(self, serial: str) -> None:
        def message(n: int) -> Any:
            told = datetime.fromtimestamp(T0 / 1000 + n, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
            return {"serial_number": serial, "device_id": "1", "voltage": 230.0, "current": 0.4, "power": n,
                    "energy": 1.0, "timestamp": told}  # fmt: skip

        self._mqtt(Books(serial, key="power"), "meter/1/data", message, username="", password="")

    def _mqtt(self, books: Books, topic: str, message: Callable[[int], Any], *, username: str, password: str) -> None:
        async def one_connection(books: Books) -> None:
            client = MqttClient(self.server.host, self.server.mqtt_port)
            in_flight: deque[tuple[int, int]] = deque()
            try:
                assert await client.connect("", username, password) == 0
                while in_flight or not self.stopping.is_set():
                    while len(in_flight) < IN_FLIGHT and not self.stopping.is_set():
                        n, books.sent = books.sent, books.sent + 1
                        in_flight.append((client.send_publish(topic, message(n)), n))
                    kind, body = await client.read()
                    packet_id, n = in_flight.popleft()
                    assert (kind, int.from_bytes(body)) == (0x40, packet_id), "acknowledged in order of receipt"
                    books.acknowledged.append(n)
            finally:
                client.close()

        self._run(books, one_connection)


@contextlib.asynccontextmanager
async def _http(server: RunningServer) -> Any:
    client = HttpClient(server.host, server.http_port)
    try:
        yield await client.connect()
    finally:
        client.close()


def _note(books: Books, status: int, values: Any) -> None:
    if status == 200:
        books.acknowledged += values
    else:
        books.refused[status] += 1


def every_kind(server: RunningServer, load: Load, prefix: str = "load") -> None:
    """A device of each kind, two of the common ones."""
    numbers = itertools.count(1)

    def device() -> tuple[str, str]:
        added = server.add_device(f"{prefix}-{next(numbers)}")
        return added.serial, added.token

    for start in (load.http_singles, load.http_singles, load.http_batches, load.http_replaying):
        start(*device())
    for _ in range(2):
        load.mqtt_native(*device())
    load.mqtt_meter(f"{prefix}-meter")


UNLIMITED = {"OHMSTEAD_DEVICE_RATE": "1000000", "OHMSTEAD_DEVICE_BURST": "1000000"}
