import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable

import pytest
from mqtt_peer import Clock, House

from ohmstead.mqtt.limits import Limits
from ohmstead.transports.mqtt_gateway import Gateway


@pytest.fixture
def house() -> House:
    return House()


@pytest.fixture
def mqtt_clock() -> Clock:
    return Clock()


@pytest.fixture
async def gateway(house: House, mqtt_clock: Clock) -> AsyncIterator[Gateway]:
    gateway = Gateway(house, house, Limits(), mqtt_clock)
    await gateway.start()
    yield gateway
    await gateway.close(timeout_s=0.05)


@pytest.fixture
async def port(gateway: Gateway) -> int:
    return await gateway.listen("127.0.0.1", 0)


@pytest.fixture
def settled(gateway: Gateway) -> Callable[[Callable[[], object]], Awaitable[None]]:
    """Wait until a condition holds, letting the loop turn in between."""

    async def wait(condition: Callable[[], object]) -> None:
        async with asyncio.timeout(5):
            while not condition():  # noqa: ASYNC110  there is nothing to wait on: the gateway has no events
                await asyncio.sleep(0)

    return wait
