"""Multicast DNS: a device that asks is told the ports; nonsense is not answered."""

import asyncio
import socket
import struct
import sys
from pathlib import Path

import pytest

from ohmstead.runtime.discovery import SERVICE, Responder, answer

PORTS = {"http": 8000, "mqtt": 1883}
HEAD = struct.pack(">HHHHHH", 7, 0, 1, 0, 0, 0)
FIRMWARE = Path(__file__).resolve().parents[3] / "firmware"


def question(name: tuple[str, ...] = SERVICE, kind: int = 12, group: int = 1) -> bytes:
    labels = b"".join(bytes([len(label)]) + label.encode() for label in name)
    return HEAD + labels + b"\0" + struct.pack(">HH", kind, group)


def test_the_service_is_told_with_its_ports_and_its_address() -> None:
    found = answer(question(), PORTS, "192.168.1.5")
    assert found is not None
    text, unicast = found
    assert not unicast
    assert text[:4] == b"\x00\x07\x84\x00"
    assert b"\x09http=8000" in text
    assert b"\x09mqtt=1883" in text
    assert bytes([192, 168, 1, 5]) in text


def test_who_asks_for_unicast_gets_it() -> None:
    found = answer(question(group=0x8001), PORTS, "10.0.0.1")
    assert found is not None
    assert found[1]


def test_names_are_the_same_in_any_case() -> None:
    assert answer(question(("_OHMSTEAD", "_TCP", "Local")), PORTS, "10.0.0.1")


@pytest.mark.parametrize(
    "query",
    [
        b"",
        HEAD,
        question(("_http", "_tcp", "local")),
        question(kind=1),
        question(group=3),
        question()[:-3],
        HEAD + b"\xc0\x0c\x00\x0c\x00\x01",
        HEAD + b"\x3f" + b"a" * 10,
        b"\x00\x07\x84\x00" + question()[4:],
        question()[:4] + b"\xff\xff" + question()[6:],
        HEAD + b"\x03\xff\xfe\xfd\x00\x00\x0c\x00\x01",
    ],
    ids=["empty", "head", "another", "A", "class", "cut", "pointer", "short", "an answer", "many", "not text"],
)
def test_nonsense_is_not_answered(query: bytes) -> None:
    assert answer(query, PORTS, "10.0.0.1") is None


async def test_the_firmware_finds_it(monkeypatch: pytest.MonkeyPatch) -> None:
    for folder in (FIRMWARE / "sim" / "cpython", FIRMWARE):
        monkeypatch.syspath_prepend(str(folder))
    import time

    async def sleep_ms(ms: int) -> None:
        await asyncio.sleep(ms / 1000)

    monkeypatch.setattr(asyncio, "sleep_ms", sleep_ms, raising=False)
    monkeypatch.setattr(time, "ticks_ms", lambda: int(time.monotonic() * 1000), raising=False)
    monkeypatch.setattr(time, "ticks_diff", lambda later, earlier: later - earlier, raising=False)
    from agent import mdns  # type: ignore[import-not-found]

    loop = asyncio.get_running_loop()
    transport, _ = await loop.create_datagram_endpoint(
        lambda: Responder(PORTS), local_addr=("127.0.0.1", 0), family=socket.AF_INET
    )
    port = transport.get_extra_info("sockname")[1]
    try:
        assert await mdns.find("mqtt", port=port, group="127.0.0.1") == ("127.0.0.1", 1883)
        assert await mdns.find("carrier", 100, port=port, group="127.0.0.1") is None
    finally:
        transport.close()
        for name in [name for name in sys.modules if name.partition(".")[0] == "agent"]:
            monkeypatch.delitem(sys.modules, name)


def test_an_answer_that_is_none_is_not_believed(monkeypatch: pytest.MonkeyPatch) -> None:
    for folder in (FIRMWARE / "sim" / "cpython", FIRMWARE):
        monkeypatch.syspath_prepend(str(folder))
    from agent import mdns

    found = answer(question(), PORTS, "10.0.0.1")
    assert found is not None
    assert mdns.port_of(found[0], "http") == 8000
    for wrong in (b"", b"mqtt=1883", found[0][:20], question(), found[0].replace(b"mqtt=1883", b"mqtt=9x83")):
        assert mdns.port_of(wrong, "mqtt") is None
    monkeypatch.delitem(sys.modules, "agent.mdns")
