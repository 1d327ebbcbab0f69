"""PZEM-004T v3: mains meters over Modbus RTU, several on one serial line."""

import asyncio
import time

from micropython import const

_NAMES = (
    ("voltage", "voltage", "V", 1),
    ("current", "current", "A", 3),
    ("power", "power", "W", 1),
    ("energy", "energy", "Wh", 0),
    ("frequency", "frequency", "Hz", 1),
    ("power_factor", "power_factor", "1", 2),
)
CHANNELS = _NAMES
# 248 speaks to the only meter on the line, whatever its address; several need 1 to 247 each.
DEFAULTS = {"addresses": [248], "interval_s": 10}
COMMANDS = (
    {"name": "reset_energy", "args": {"address": {"type": "number", "min": 1, "max": 248}}},
    {"name": "set_address", "args": {"to": {"type": "number", "min": 1, "max": 247}}},
)
BUS = "uart"

_REPLY_MS = const(200)  # 26 ms on the line, up to 100 ms of thinking
_QUIET_MS = const(10)  # between the frames of two meters: 3.5 signs at 9600 baud are 4 ms
_COUNT = const(6)


def crc16(data, length):
    crc = 0xFFFF
    for i in range(length):
        crc ^= data[i]
        for _ in range(8):
            crc = crc >> 1 ^ 0xA001 if crc & 1 else crc >> 1
    return crc


class Driver:
    def __init__(self, bus, settings):
        self._uart = bus
        self._addresses = list(settings["addresses"])
        if not self._addresses or (len(self._addresses) > 1 and 248 in self._addresses):
            raise ValueError("several meters need an address of their own each")
        self._reply = bytearray(25)
        if len(self._addresses) == 1:
            self.channels = CHANNELS
        else:
            self.channels = tuple(
                (name + "_" + str(address), quantity, unit, decimals)
                for address in self._addresses
                for name, quantity, unit, decimals in _NAMES + (("fault", "state", "", 0),)
            )

    async def _ask(self, address, body, expected):
        """Send a frame and return the checked reply. OSError: silence; ValueError: nonsense or a refusal."""
        frame = bytearray((address,)) + body
        crc = crc16(frame, len(frame))
        frame += bytes((crc & 255, crc >> 8))
        await asyncio.sleep_ms(_QUIET_MS)
        while self._uart.any():  # what lies there belongs to no question of ours
            self._uart.read()
        self._uart.write(frame)
        reply, got, start = self._reply, 0, time.ticks_ms()
        while got < expected:
            if self._uart.any():
                part = self._uart.read(expected - got)
                reply[got : got + len(part)] = part
                got += len(part)
                if got >= 2 and reply[1] == body[0] | 0x80:
                    expected = 5
            elif time.ticks_diff(time.ticks_ms(), start) > _REPLY_MS:
                raise ValueError("half a reply") if got else OSError(110)
            else:
                await asyncio.sleep_ms(5)
        if crc16(reply, expected - 2) != reply[expected - 2] | reply[expected - 1] << 8:
            raise ValueError("CRC")
        if reply[1] & 0x80:
            raise ValueError("refused: " + str(reply[2]))
        if reply[0] != address or reply[1] != body[0]:
            raise ValueError("reply of another meter")
        return reply

    def _word(self, index):
        return self._reply[3 + 2 * index] << 8 | self._reply[4 + 2 * index]

    def _wide(self, index):
        return self._word(index) | self._word(index + 1) << 16  # low word first

    async def _meter(self, address, out, at):
        await self._ask(address, b"\x04\x00\x00\x00\x0a", 25)
        if self._reply[2] != 20:
            raise ValueError("length")
        out[at] = self._word(0) / 10
        out[at + 1] = self._wide(1) / 1000
        out[at + 2] = self._wide(3) / 10
        out[at + 3] = self._wide(5)
        out[at + 4] = self._word(7) / 10
        out[at + 5] = self._word(8) / 100

    async def read(self, out):
        """One meter raises what is wrong. Of several, a failed one has no values and `fault`: 1 silent, 2 nonsense."""
        if len(self._addresses) == 1:
            await self._meter(self._addresses[0], out, 0)
            return
        failure, alive, at = None, False, 0
        for address in self._addresses:
            fault = 0
            try:
                await self._meter(address, out, at)
                alive = True
            except (OSError, ValueError) as error:
                failure, fault = error, 2 if isinstance(error, ValueError) else 1
                for i in range(_COUNT):
                    out[at + i] = None
            out[at + _COUNT] = fault
            at += _COUNT + 1
        if failure and not alive:
            raise failure

    async def self_test(self):
        for address in self._addresses:
            await self._ask(address, b"\x03\x00\x02\x00\x01", 7)

    async def command(self, name, args):
        if name == "reset_energy":
            address = int(args.get("address", self._addresses[0]))
            await self._ask(address, b"\x42", 4)
            return "energy of " + str(address) + " is 0"
        if name == "set_address":
            to = int(args["to"])
            if not 1 <= to <= 247:
                raise ValueError("address must lie between 1 and 247")
            if len(self._addresses) != 1:
                raise ValueError("connect one meter only")
            await self._ask(self._addresses[0], b"\x06\x00\x02" + bytes((0, to)), 8)
            self._addresses[0] = to
            return "address " + str(to), {"addresses": [to]}
        raise ValueError("unknown command " + name)
