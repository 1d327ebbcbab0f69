"""Drivers against parts that talk nonsense: an error that the agent knows, or finite numbers; nothing else."""

import math

import drivers_core as core
import pytest
from drivers_test import FIRMWARE
from hypothesis import given, settings
from hypothesis import strategies as st
from sim.models import told
from sim.models.bench import Bench

ON_I2C = [name for name in core.names(FIRMWARE) if core.bus_of(FIRMWARE, name) == "i2c"]
ON_UART = [name for name in core.names(FIRMWARE) if core.bus_of(FIRMWARE, name) == "uart"]


class Nonsense:
    """Any chip at any address: it acknowledges everything and answers with given bytes, over and over."""

    transfers = 0

    def __init__(self, clock, data):
        self._clock = clock
        self._data = data
        self._at = 0

    def _give(self, count):
        self._clock.advance(us=100)
        out = bytes(self._data[(self._at + i) % len(self._data)] for i in range(count))
        self._at += count
        return out

    def writeto(self, address, data, stop=True):
        return len(data)

    def writeto_mem(self, address, register, data):
        pass

    def readfrom(self, address, count, stop=True):
        return self._give(count)

    def readfrom_mem(self, address, register, count):
        return self._give(count)

    def readfrom_mem_into(self, address, register, target):
        target[:] = self._give(len(target))

    def readfrom_into(self, address, target, stop=True):
        target[:] = self._give(len(target))


def reads(bench):
    """Read three times; every value is a finite number or None, every error one of the two kinds."""
    for _ in range(3):
        out = [None] * len(bench.channels)
        try:
            told.run(bench.clock, bench.driver.read(out))
        except (OSError, ValueError):
            continue
        assert all(value is None or math.isfinite(value) for value in out)


@pytest.mark.parametrize("name", ON_I2C)
@settings(max_examples=40, deadline=None)
@given(data=st.binary(min_size=1, max_size=40))
def test_any_bytes_on_the_bus(name, data):
    bench = Bench(name, core.vector(FIRMWARE, name), {})
    bench.driver = bench.module.Driver(Nonsense(bench.clock, data), dict(bench.module.DEFAULTS))
    reads(bench)


@pytest.mark.parametrize("name", ON_UART)
@settings(max_examples=60, deadline=None)
@given(data=st.binary(max_size=40), body=st.binary(min_size=3, max_size=30))
def test_any_bytes_on_the_line(name, data, body):
    from sim.models.pzem import crc16

    for reply in (data, body + crc16(body)):  # noise, and what has a right CRC by chance
        bench = Bench(name, core.vector(FIRMWARE, name), {})
        line = bench.parts["line"]
        line.meters = []
        write = line.write

        def answer(frame, line=line, write=write, reply=reply):
            line.inject(reply)
            return write(frame)

        line.write = answer
        reads(bench)
