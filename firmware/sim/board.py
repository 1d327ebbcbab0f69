"""A board as a program: the firmware's own files on CPython, in real time, with parts to measure and to switch.

    python firmware/sim/board.py FOLDER

The folder holds `device.json`; the flash and the meter's register are kept there too. UART 2 has a PZEM-004T at a
circuit of mains, I2C 0 an INA219 at a battery; the relay on GPIO 26 adds something large to either. The program ends
when its standard input does, so that it cannot outlive whoever started it.
"""

import math
import mmap
import os
import struct
import sys
import threading
import time
from pathlib import Path

_FIRMWARE = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(_FIRMWARE / "sim" / "cpython"), str(_FIRMWARE)]

from sim.flash import SECTOR, Nor
from sim.host import Host
from sim.models.board import Board
from sim.models.i2c import Bus
from sim.models.ina219 import Ina219
from sim.models.pins import Pin
from sim.models.pzem import Line, Meter

_SECTORS = 64
_RELAY, _SDA, _SCL = 26, 21, 22
_HEATER_W = 1500


class Clock:
    """The board's time, as models ask for it."""

    def __init__(self, host):
        self.host = host
        self._shift = sum(host.folder.encode()) % 97

    @property
    def us(self):
        return self.host.mono_us

    def advance(self, ms=0, us=0):
        self.host.pass_us(ms * 1000 + us)

    def wave(self, period_s):
        """Between -1 and 1, by the time of day; each folder has its own."""
        return math.sin((self.host.true_ms / 1000 / period_s + self._shift / 97) * 2 * math.pi)


class Mains(Meter):
    """A meter of a circuit on which something is always on. `register`: eight bytes that keep its watt-seconds."""

    def __init__(self, clock, relay, register):
        super().__init__(clock)
        self._clock, self._relay, self._register = clock, relay, register
        self._at_ms = clock.host.true_ms

    def answer(self, frame):
        now = self._clock.host.true_ms
        volts = 230 + 3 * self._clock.wave(1700) + self._clock.wave(61) - 2 * self._relay.level
        watts = 140 + 60 * self._clock.wave(900) + 9 * self._clock.wave(47)
        watts += self._relay.level * _HEATER_W * (volts / 230) ** 2
        ws = struct.unpack("<d", self._register[:8])[0] + watts * (now - self._at_ms) / 1000
        self._register[:8] = struct.pack("<d", ws)
        self._at_ms = now
        self.volts_d, self.power_dw = round(volts * 10), round(watts * 10)
        self.current_ma, self.energy_wh = round(watts / volts * 1000), int(ws / 3600)
        return super().answer(frame)


class Battery(Ina219):
    """A battery of 12 V with a small load, and a pump behind the relay."""

    def __init__(self, clock, relay):
        super().__init__(clock)
        self._relay = relay

    def get(self, register):
        self.amps = 0.4 + 0.1 * self.clock.wave(700) + 0.02 * self.clock.wave(31) + 2.1 * self._relay.level
        self.volts = 12.7 + 0.2 * self.clock.wave(3600) - 0.15 * self._relay.level
        return super().get(register)


def kept(path, size, fill):
    """A file that is changed as memory is: what was written stays, whenever the program ends."""
    if not path.exists() or path.stat().st_size != size:
        path.write_bytes(fill * size)
    with path.open("r+b") as file:
        return mmap.mmap(file.fileno(), size)


def parts(host, register):
    """What `machine` of this board has."""
    clock = Clock(host)
    pins = {_RELAY: Pin(clock), _SDA: Pin(clock, 1), _SCL: Pin(clock, 1)}
    board = Board(clock, pins)
    found = {name: getattr(board, name) for name in ("Pin", "ADC", "PWM", "disable_irq", "enable_irq")}
    found["UART"] = lambda number, **_: Line(clock, Mains(clock, pins[_RELAY], register))
    found["I2C"] = lambda number, **_: Bus(clock, Battery(clock, pins[_RELAY]))
    return found


def run(folder):
    """Start again after each end, as a board does."""
    host = Host(folder.absolute(), start_ms=time.time_ns() // 1_000_000)
    host.nor = Nor(_SECTORS, kept(folder / "flash.img", _SECTORS * SECTOR, b"\xff"))
    host.parts = parts(host, kept(folder / "register.img", 8, b"\0"))
    host.real_time = True
    with host:
        from agent import setup

        async def main():
            await setup.start("").run()

        while True:
            host.boot(main)


def _end_with_starter():
    sys.stdin.buffer.read()
    os._exit(0)


if __name__ == "__main__":
    threading.Thread(target=_end_with_starter, daemon=True).start()
    run(Path(sys.argv[1]))
