"""Devices that hold an MQTT connection and wait; a person who switches one after the other over HTTP.

    python -m bench.load.switch_load HTTP_PORT MQTT_PORT < plan.json

Standard input: {"cookie", "switches", "per_s", "devices": [{"serial", "token", "output"}, …]}. Each switch goes to a
device chosen at random; its time runs from the first byte of the request until the device has the wish in hand. Prints
one JSON object.
"""

import asyncio
import json
import random
import sys
import time
from typing import Any

import uvloop

from bench.mqtt_load import connect_packet, packet, string


class Device(asyncio.Protocol):
    """Subscribed to its own wishes."""

    def __init__(self, serial: str, token: str) -> None:
        self._serial, self._token = serial, token
        self._buffer = bytearray()
        self.ready: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.told: asyncio.Future[float] | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport: asyncio.WriteTransport = transport  # type: ignore[assignment]
        self._transport.write(connect_packet(self._serial, self._serial, self._token, 0))

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        while (taken := _packet(self._buffer)) is not None:
            kind, body = taken
            if kind == 0x20:
                if body[1]:
                    raise SystemExit(f"{self._serial} was refused: {body.hex()}")
                topic = string(f"ohmstead/{self._serial}/desired")
                self._transport.write(packet(0x82, b"\0\1" + topic + b"\1"))
            elif kind == 0x90 and not self.ready.done():
                self.ready.set_result(None)
            elif kind & 0xF0 == 0x30:
                if self.told is not None and not self.told.done():
                    self.told.set_result(time.perf_counter())
                if kind & 6:
                    at = 2 + int.from_bytes(body[:2])
                    self._transport.write(packet(0x40, body[at : at + 2]))


def _packet(buffer: bytearray) -> tuple[int, bytes] | None:
    """Take the first whole packet: (first byte, body)."""
    length, shift = 0, 0
    for at in range(1, min(len(buffer), 5)):
        length |= (buffer[at] & 127) << shift
        shift += 7
        if buffer[at] < 128:
            end = at + 1 + length
            if len(buffer) < end:
                return None
            kind, body = buffer[0], bytes(buffer[at + 1 : end])
            del buffer[:end]
            return kind, body
    return None


async def run(http_port: int, mqtt_port: int, plan: dict[str, Any]) -> dict[str, Any]:
    loop = asyncio.get_running_loop()
    devices = []
    for one in plan["devices"]:
        made = Device(one["serial"], one["token"])
        await loop.create_connection(lambda made=made: made, "127.0.0.1", mqtt_port)  # type: ignore[misc]
        devices.append((made, one["output"]))
    await asyncio.gather(*(device.ready for device, _ in devices))
    await asyncio.sleep(1)  # retained wishes of earlier rounds have come
    reader, writer = await asyncio.open_connection("127.0.0.1", http_port)
    chance, took, on = random.Random(4), [], {output: False for _, output in devices}
    began = time.perf_counter()
    for n in range(plan["switches"]):
        await asyncio.sleep(max(0.0, began + n / plan["per_s"] - time.perf_counter()))
        device, output = chance.choice(devices)
        on[output] = not on[output]
        body = b'{"state":"%s"}' % (b"on" if on[output] else b"off")
        device.told = loop.create_future()
        sent = time.perf_counter()
        writer.write(
            b"PUT /api/v1/outputs/%s HTTP/1.1\r\nHost: 127.0.0.1:%d\r\nOrigin: http://127.0.0.1:%d\r\nCookie: %s\r\n"
            b"Content-Type: application/json\r\nContent-Length: %d\r\n\r\n%s"
            % (output.encode(), http_port, http_port, plan["cookie"].encode(), len(body), body)
        )
        head = await reader.readuntil(b"\r\n\r\n")
        if not head.startswith(b"HTTP/1.1 202"):
            raise SystemExit(f"unexpected answer: {head!r}")
        length = head.lower().index(b"content-length:") + 15
        await reader.readexactly(int(head[length : head.index(b"\r", length)]))
        took.append(await asyncio.wait_for(device.told, 10) - sent)
    took.sort()
    return {
        "p50_ms": took[len(took) // 2] * 1000,
        "p99_ms": took[len(took) * 99 // 100] * 1000,
        "worst_ms": took[-1] * 1000,
        "switches": len(took),
    }


if __name__ == "__main__":
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        print(json.dumps(runner.run(run(int(sys.argv[1]), int(sys.argv[2]), json.load(sys.stdin)))))
