"""DS18B20: temperature over one wire, several sensors on it."""

import asyncio
from binascii import hexlify, unhexlify

import onewire
from micropython import const

import machine

CHANNELS = (("temperature", "temperature", "°C", 2),)
# `roms`: the sensors in the order of their channels, as command "scan" tells them; empty: the only one on the wire.
DEFAULTS = {"pin": None, "roms": [], "interval_s": 30}
COMMANDS = ({"name": "scan", "args": {}},)

_SKIP = const(0xCC)
_CONVERT = const(0x44)
_SCRATCHPAD = const(0xBE)
_CONVERT_MS = const(750)  # 12 bits
_POWER_ON = const(0x0550)  # 85 degrees: what the sensor shows before its first conversion


def _text(rom):
    return hexlify(rom).decode()


class Driver:
    def __init__(self, bus, settings):
        self._wire = onewire.OneWire(machine.Pin(settings["pin"]))
        self._roms = [unhexlify(rom) for rom in settings["roms"]]
        for rom in self._roms:
            if len(rom) != 8 or self._wire.crc8(rom):
                raise ValueError("not a sensor's number: " + _text(rom))
        self._pad = bytearray(9)
        self._last = [0] * max(1, len(self._roms))
        if len(self._roms) > 1:
            self.channels = tuple(("temperature_" + str(i + 1),) + CHANNELS[0][1:] for i in range(len(self._roms)))
        else:
            self.channels = CHANNELS

    def _address(self, rom):
        if rom is None:
            if not self._wire.reset():
                raise OSError(19)
            self._wire.writebyte(_SKIP)
        else:
            self._wire.select_rom(rom)

    def _fetch(self, i):
        """Degrees of one sensor. OSError: silent; ValueError: CRC, or no conversion was made."""
        self._address(self._roms[i] if self._roms else None)
        self._wire.writebyte(_SCRATCHPAD)
        pad = self._pad
        self._wire.readinto(pad)
        if pad == b"\xff\xff\xff\xff\xff\xff\xff\xff\xff":
            raise OSError(19)
        if self._wire.crc8(pad):
            raise ValueError("CRC")
        raw = pad[1] << 8 | pad[0]
        last = self._last[i]
        self._last[i] = raw
        if raw == _POWER_ON and abs(last - raw) > 80:
            raise ValueError("it lost power")
        return (raw - 65536 if raw & 0x8000 else raw) / 16

    async def read(self, out):
        """Of several, one that fails is None; if all fail, the last one's error."""
        self._address(None)
        self._wire.writebyte(_CONVERT)
        await asyncio.sleep_ms(_CONVERT_MS)
        failure, alive = None, False
        for i in range(len(self._last)):
            try:
                out[i] = self._fetch(i)
                alive = True
            except (OSError, ValueError) as error:
                failure, out[i] = error, None
        if failure and not alive:
            raise failure

    async def self_test(self):
        found = [bytes(rom) for rom in self._wire.scan()]
        if not found:
            raise OSError(19)
        if not self._roms and len(found) > 1:
            raise ValueError("several sensors: name them in roms")
        for rom in self._roms:
            if rom not in found:
                raise ValueError("sensor " + _text(rom) + " is missing")

    async def command(self, name, args):
        if name != "scan":
            raise ValueError("unknown command " + name)
        return " ".join([_text(rom) for rom in self._wire.scan()]) or "no sensor"
