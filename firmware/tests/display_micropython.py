"""Displays on MicroPython, with its own letters: what is drawn can be read, and drawing leaves no memory behind."""

import sys

sys.path[:0] = ["/", "/tests"]

import asyncio
import gc

from sim.models import told
from sim.models.board import Board
from sim.models.glass import Axp192, Ili9342c, Ssd1306
from sim.models.i2c import Bus
from sim.models.pins import Pin

TEXTS = (
    "Cellar",
    "voltage  230.1 V",
    "!\"#$%&'()*+,-./",
    "0123456789:;<=>?",
    "@ABCXYZ[]^_`{|}~",
    "",
    "no Wi-Fi",
    "abcxyz",
)


class Nobody:
    """A bus that takes everything and keeps nothing."""

    def writeto(self, address, data):
        pass

    def write(self, data):
        pass


class Quiet:
    """In place of `machine`: pins that note nothing."""

    class Pin:
        OUT = 1

        def __init__(self, *mode, **options):
            pass

        def __call__(self, level):
            pass


async def reads(panel, glass):
    await panel.begin()
    for turn in range(2):
        for row in range(panel.rows):
            panel.draw(row, TEXTS[(row + turn) % len(TEXTS)])
    expected = [TEXTS[(row + 1) % len(TEXTS)] for row in range(panel.rows)]
    if not glass.lit or glass.read_rows() != expected:
        raise ValueError("shown is %r" % (glass.read_rows(),))


async def live():
    for _ in range(3):
        gc.collect()
        await asyncio.sleep_ms(0)
    return gc.mem_alloc()


async def costs(make):
    """(bytes a panel holds, the most that one row takes for a moment, bytes more after 20 pictures)."""
    empty = await live()
    panel = make()
    holds, most = await live() - empty, 0
    for picture in range(20):
        for row in range(panel.rows):
            before = gc.mem_alloc()
            panel.draw(row, TEXTS[(row + picture) % len(TEXTS)])
            most = max(most, gc.mem_alloc() - before)
    return holds, most, await live() - empty - holds


async def main():
    clock = told.Clock()
    pins = {5: Pin(clock), 15: Pin(clock)}
    sys.modules["machine"] = Board(clock, pins)
    from agent import display_ili9342c, display_ssd1306

    small, power = Ssd1306(clock), Axp192(clock)
    large = Ili9342c(clock, pins[5], pins[15], power)
    i2c = Bus(clock, small, power)
    lcd = {"bus": "lcd", "cs": 5, "dc": 15}
    await reads(display_ssd1306.Panel({"bus": "i2c0"}, {"i2c0": i2c}), small)
    powered = dict(lcd)
    powered["axp192"] = "i2c0"
    await reads(display_ili9342c.Panel(powered, {"i2c0": i2c, "lcd": large}), large)
    sys.modules["machine"] = Quiet()
    said = []
    for name, make, bounds in (
        ("ssd1306", lambda: display_ssd1306.Panel({"bus": "b"}, {"b": Nobody()}), (1024, 256)),
        ("ili9342c", lambda: display_ili9342c.Panel(lcd, {"lcd": Nobody()}), (2048, 2048)),
    ):
        holds, most, more = await costs(make)
        said.append("%s holds %d bytes, a row takes %d" % (name, holds, most))
        if holds > bounds[0] or most > bounds[1] or more > 512:
            raise ValueError("%s, and 20 pictures leave %d" % (said[-1], more))
    print("displays:", "; ".join(said))


await main()  # type: ignore # noqa
