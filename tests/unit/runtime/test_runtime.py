"""Bus, clock, rates and ports."""

import asyncio
import itertools
import socket
from dataclasses import dataclass

import pytest

from ohmstead.runtime.bus import Bus
from ohmstead.runtime.clock import SystemClock
from ohmstead.runtime.periodic import always
from ohmstead.runtime.ports import PortTaken, open_port
from ohmstead.runtime.rates import Rate


@dataclass(frozen=True)
class Rang:
    bell: str


def test_listeners_hear_in_order_and_one_that_fails_does_not_stop_the_others() -> None:
    bus, heard = Bus(), []

    def fails(_: Rang) -> None:
        raise RuntimeError("broken listener")

    bus.subscribe(Rang, fails)
    end = bus.subscribe(Rang, lambda fact: heard.append(fact.bell))
    bus.publish(Rang("first"))
    end()
    bus.publish(Rang("second"))
    assert heard == ["first"]


def test_arrivals_never_repeat_or_go_back() -> None:
    clock = SystemClock(floor_us=2**52)  # a system clock behind the newest stored instant
    stamps = [clock.arrival() for _ in range(1000)]
    assert stamps[0] > 2**52
    assert all(later > earlier for earlier, later in itertools.pairwise(stamps))


def test_a_rate_allows_its_burst_and_then_its_pace() -> None:
    rate = Rate(10, 3, now=lambda: 0.0)
    assert [rate.take(0.0) for _ in range(4)] == [True, True, True, False]
    assert rate.take(0.1)
    assert not rate.take(0.1)
    assert [rate.take(100.0) for _ in range(4)] == [True, True, True, False]
    assert rate.wait_s == pytest.approx(0.1)
    assert rate.take(100.0 + rate.wait_s + 0.001)


def test_a_taken_port_says_so() -> None:
    with socket.socket() as holder:
        holder.bind(("127.0.0.1", 0))
        holder.listen()
        with pytest.raises(PortTaken, match="in use"):
            open_port("127.0.0.1", holder.getsockname()[1])


def test_every_address_means_ipv4_and_ipv6() -> None:
    with open_port(None, 0) as listening:
        port = listening.getsockname()[1]
        for host in ("127.0.0.1", "::1") if socket.has_dualstack_ipv6() else ("127.0.0.1",):
            socket.create_connection((host, port), timeout=2).close()


async def test_work_that_fails_begins_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ohmstead.runtime.periodic.PAUSE_S", 0)
    begun: list[int] = []

    async def work() -> None:
        begun.append(len(begun))
        if len(begun) == 3:
            raise asyncio.CancelledError
        raise RuntimeError("the store is away")

    with pytest.raises(asyncio.CancelledError):
        await always(work, "work")
    assert begun == [0, 1, 2]
