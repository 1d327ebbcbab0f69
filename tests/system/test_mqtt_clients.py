"""The gateway as the Mosquitto command-line clients see it."""

import asyncio
import os
import shutil
from asyncio.subprocess import DEVNULL, PIPE, Process
from collections.abc import AsyncIterator, Iterable
from pathlib import Path

import pytest

from ohmstead.transports.mqtt_gateway import Gateway

SOON_S = 10.0
pytestmark = pytest.mark.skipif(
    shutil.which("mosquitto_pub") is None and "CI" not in os.environ, reason="mosquitto_pub is not installed"
)


class Everything:
    """Grants all, keeps nothing beyond the process: the broker alone is under test."""

    owner = "anybody"

    def connect(self, client_id: str, username: str | None, password: bytes | None, peer: str) -> "Everything":
        return self

    def may_publish(self, topic: str) -> bool:
        return True

    def may_subscribe(self, topic_filter: str) -> bool:
        return topic_filter != "test/nosubscribe"

    def may_retain(self, topic: str) -> bool:
        return True

    def publish(self, topic: str, payload: bytes, qos: int, retain: bool) -> int:
        return 0

    def closed(self, clean: bool) -> None:
        pass

    def load(self) -> Iterable[tuple[str, bytes, int, bytes | None, float | None]]:
        return ()

    def save(self, topic: str, payload: bytes | None, qos: int, *more: object) -> int:
        return 0


class Clients:
    def __init__(self, port: int, version: str) -> None:
        self._common = ["-h", "127.0.0.1", "-p", str(port), "-V", version]
        self._running: list[Process] = []

    async def publish(self, *arguments: str, stdin: bytes | None = None) -> None:
        process = await asyncio.create_subprocess_exec(
            "mosquitto_pub", *self._common, *arguments, stdin=PIPE if stdin is not None else DEVNULL, stderr=PIPE
        )
        async with asyncio.timeout(SOON_S):
            _, errors = await process.communicate(stdin)
        assert process.returncode == 0, errors.decode()

    async def subscribe(self, *arguments: str) -> "Subscriber":
        """A mosquitto_sub that has had its SUBACK."""
        process = await asyncio.create_subprocess_exec(
            "stdbuf", "-oL", "mosquitto_sub", *self._common, "-d", "-F", "got %q %r %t %p", *arguments,
            stdout=PIPE, stderr=PIPE,
        )  # fmt: skip
        self._running.append(process)
        subscriber = Subscriber(process)
        await subscriber.subscribed()
        return subscriber

    async def end(self) -> None:
        for process in self._running:
            if process.returncode is None:
                process.terminate()
            await process.communicate()


class Subscriber:
    def __init__(self, process: Process) -> None:
        self.process = process
        self._early: list[str] = []

    async def subscribed(self) -> None:
        """Wait for SUBACK; what a kept session brings before it stays to be read."""
        while not (line := await self.line()).startswith("Subscribed"):
            if line.startswith("got "):
                self._early.append(line)

    async def line(self) -> str:
        assert self.process.stdout is not None
        async with asyncio.timeout(SOON_S):
            line = (await self.process.stdout.readline()).decode()
        assert line, "mosquitto_sub ended"
        return line.strip()

    async def got(self) -> str:
        """The next message as `quality retained topic payload`."""
        line = self._early.pop(0) if self._early else ""
        while not line.startswith("got "):
            line = await self.line()
        return line.removeprefix("got ")


@pytest.fixture
async def gateway() -> AsyncIterator[Gateway]:
    everything = Everything()
    gateway = Gateway(everything, everything)
    await gateway.start()
    yield gateway
    await gateway.close(timeout_s=0.1)


@pytest.fixture(params=["mqttv31", "mqttv311", "mqttv5"])
async def clients(request: pytest.FixtureRequest, gateway: Gateway) -> AsyncIterator[Clients]:
    clients = Clients(await gateway.listen("127.0.0.1", 0), request.param)
    yield clients
    await clients.end()


async def test_each_quality_arrives(clients: Clients, gateway: Gateway) -> None:
    subscriber = await clients.subscribe("-t", "house/+/power", "-q", "2", "-C", "3")
    for quality in "012":
        await clients.publish("-t", "house/a/power", "-m", f"at {quality}", "-q", quality)
        assert await subscriber.got() == f"{quality} 0 house/a/power at {quality}"
    assert await subscriber.process.wait() == 0


async def test_a_thousand_lines_sent_at_once_arrive_in_order(clients: Clients, gateway: Gateway) -> None:
    subscriber = await clients.subscribe("-t", "many", "-q", "1")
    lines = b"".join(b"%d\n" % number for number in range(1_000))
    publishing = asyncio.create_task(clients.publish("-t", "many", "-l", "-q", "1", stdin=lines))
    for number in range(1_000):
        assert await subscriber.got() == f"1 0 many {number}"
    await publishing
    assert gateway.stats()["dropped"] == 0


async def test_a_retained_message_greets_the_next_subscriber(clients: Clients, gateway: Gateway) -> None:
    await clients.publish("-t", "device/status", "-m", "online", "-r", "-q", "1")
    subscriber = await clients.subscribe("-t", "device/#", "-q", "1")
    assert await subscriber.got() == "1 1 device/status online"
    await clients.publish("-t", "device/status", "-n", "-r", "-q", "1")
    assert gateway.stats()["retained"] == 0


async def test_the_will_of_a_killed_client_is_published(clients: Clients) -> None:
    watcher = await clients.subscribe("-t", "device/status", "-q", "1")
    mortal = await clients.subscribe(
        "-t", "x", "--will-topic", "device/status", "--will-payload", "offline", "--will-qos", "1"
    )
    mortal.process.kill()
    assert await watcher.got() == "1 0 device/status offline"


async def test_a_persistent_session_gets_what_it_missed(clients: Clients, gateway: Gateway) -> None:
    kept = ["-i", "keeper", "-c", "-t", "orders/#", "-q", "1"]
    if "mqttv5" in clients._common:
        kept += ["-x", "3600"]
    first = await clients.subscribe(*kept)
    first.process.terminate()
    await first.process.wait()
    for number in range(3):
        await clients.publish("-t", "orders/a", "-m", str(number), "-q", "1")
    second = await clients.subscribe(*kept)
    assert [await second.got() for _ in range(3)] == [f"1 0 orders/a {number}" for number in range(3)]


async def test_a_payload_of_a_megabyte_passes_whole(clients: Clients, tmp_path: Path) -> None:
    payload = tmp_path / "payload"
    payload.write_bytes(b"x" * 1_000_000)
    subscriber = await clients.subscribe("-t", "big", "-q", "1", "-F", "got %l")
    await clients.publish("-t", "big", "-f", str(payload), "-q", "1")
    assert await subscriber.got() == "1000000"


async def test_a_refused_filter_is_told(clients: Clients) -> None:
    process = await asyncio.create_subprocess_exec(
        "mosquitto_sub", *clients._common, "-t", "test/nosubscribe", "-W", "5", stdout=DEVNULL, stderr=PIPE
    )
    _, errors = await process.communicate()
    assert b"denied" in errors or b"not authori" in errors.lower(), errors
