"""What runs for every sample allocates nothing. Measured by `gc.mem_alloc`: this port never collects by itself."""

import sys

sys.path[:0] = ["/", "/tests"]

import array
import gc
import time

COUNT = 1000
failed = 0


class Pin:
    OUT, IN, PULL_UP, IRQ_FALLING = 1, 0, 1, 2

    def __init__(self, number, *mode, **options):
        self.number = number

    def __call__(self, level=None):
        return 0

    def irq(self, **options):
        pass


class Adc:
    ATTN_11DB = 3

    def __init__(self, pin, **options):
        self.uv = 1_300_000

    def read_uv(self):
        self.uv ^= 4096
        return self.uv


class Spi:
    def readinto(self, target, write=0):
        target[0] = 0x7F
        target[1] = 0x80
        target[2] = 0x81


class Machine:
    pass


class Ring:
    def __init__(self, count):
        self.left = array.array("i", bytes(4 * count))
        self.us = array.array("i", bytes(4 * count))
        self.n = 0

    def put(self, us, left, right):
        self.us[self.n] = us
        self.left[self.n] = left
        self.n += 1


def measured(what, work, most):
    """Print the bytes that `work` allocated; more than `most` is a failure."""
    global failed
    work()
    gc.collect()
    before = gc.mem_alloc()
    work()
    used = gc.mem_alloc() - before
    print("ok" if used <= most else "FAILED", what, used, "bytes of", most)
    failed += used > most


machine = Machine()
machine.Pin, machine.ADC = Pin, Adc
machine.disable_irq = lambda: 0
machine.enable_irq = lambda state: None
sys.modules["machine"] = machine

from drivers import ads1220, hx711, sct013

settings = dict(ads1220.DEFAULTS)
settings.update({"left_cs": 1, "left_ready": 2, "right_cs": 3, "right_ready": 4})
force = ads1220.Driver(Spi(), settings)
force._ring = Ring(3 * COUNT)


def interrupts():
    for _ in range(COUNT):
        force._fell(None)


measured("ads1220, 1000 samples of two cells:", interrupts, 0)

settings = dict(hx711.DEFAULTS)
settings.update({"clock": 1, "left": 2, "right": 3})
cells = hx711.Driver(None, settings)


def shifts():
    for _ in range(COUNT):
        cells._shift()


measured("hx711, 1000 conversions of two cells:", shifts, 0)

settings = dict(sct013.DEFAULTS)
settings.update({"pin": 34, "voltage_pin": 35})
clamp = sct013.Driver(None, settings)
clamp._offset = clamp._offset_v = 2600

# Bound methods and a dozen floats once for each mains cycle, whatever number of samples it has.
measured("sct013, a mains cycle of current:", clamp._cycle, 1024)
measured("sct013, a mains cycle of both:", clamp._cycle_both, 1024)
began = time.ticks_us()
interrupts()
print("ads1220:", COUNT * 1_000_000 // max(1, time.ticks_diff(time.ticks_us(), began)), "samples/s here")
print("failed" if failed else "passed", failed, "wrong")
if failed:
    raise SystemExit(1)
