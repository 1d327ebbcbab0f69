"""The chip that the unix port of MicroPython lacks: `machine`, and `esp32` with a partition for the outbox.

Nothing is kept in memory that a file can hold, so that what a heap of 40 KB has is the application's.
"""

import os
import sys

_SECTOR = 4096
_SECTORS = 64
_PATH = "outbox.img"
RESTART = 3  # what the program ends with when the board would start again


class Machine:
    PWRON_RESET, HARD_RESET, SOFT_RESET = 1, 2, 5

    def reset_cause(self):
        return self.SOFT_RESET if os.getenv("RESTARTED") else self.PWRON_RESET

    def unique_id(self):
        return b"unix"

    def reset(self):
        sys.exit(RESTART)

    def Pin(self, number, *mode, **options):
        return number

    def I2C(self, number, **options):
        """A bus with an INA219 on it, through which 1.5 A flow at 12 V."""
        from sim.models.i2c import Bus
        from sim.models.ina219 import Ina219

        clock = Ticks()
        return Bus(clock, Ina219(clock, amps=1.5, volts=12.0))


class Ticks:
    """Time as it passes, as models ask for it."""

    @property
    def us(self):
        import time

        return time.ticks_us()

    def advance(self, ms=0, us=0):
        pass


class Partition:
    """64 sectors of NOR flash in a file: programming only clears bits."""

    TYPE_DATA = 1

    def __init__(self):
        self._file = open(_PATH, "r+b")  # noqa: SIM115 - it stays open

    def info(self):
        return (1, 0x40, 0, _SECTORS * _SECTOR, "outbox", False)

    def readblocks(self, block, into, offset):
        self._file.seek(block * _SECTOR + offset)
        self._file.readinto(into)

    def writeblocks(self, block, data, offset):
        there = bytearray(len(data))
        self.readblocks(block, there, offset)
        for i in range(len(data)):
            there[i] &= data[i]
        self._write(block * _SECTOR + offset, there)

    def ioctl(self, op, block):
        for at in range(block * _SECTOR, (block + 1) * _SECTOR, 512):
            self._write(at, b"\xff" * 512)

    def _write(self, at, data):
        self._file.seek(at)
        self._file.write(data)
        self._file.flush()


class Esp32:
    """In place of the module `esp32`; `Partition.find` of a real one is a function of its class."""

    TYPE_DATA = 1

    def __init__(self):
        self.Partition = self

    def find(self, kind, label=None):
        try:
            os.stat(_PATH)
        except OSError:
            with open(_PATH, "wb") as file:
                for _ in range(_SECTORS * 8):
                    file.write(b"\xff" * 512)
        return [Partition()]


sys.modules["machine"] = Machine()
sys.modules["esp32"] = Esp32()
