"""The driver suite without pytest: what every driver must be, and its vector file. Runs on MicroPython too."""

import json
import os

from sim.models import told
from sim.models.bench import Bench, take

# The rows of the server's domain/quantity.py; a test compares them.
QUANTITIES = set(
    (
        "power apparent_power reactive_power power_factor voltage current frequency temperature humidity pressure "
        + "illuminance force mass raw signal memory battery duration generic energy energy_export volume pulses switch "
        + "state presence"
    ).split()
)

LONGEST_US = 100_000  # a driver that runs longer without a pause starves the link


def names(folder):
    """Every driver there is; a file that begins with _ is a part of others."""
    return sorted(n[:-3] for n in os.listdir(folder + "/drivers") if n[-3:] == ".py" and n[0] != "_")


def vector(folder, name):
    with open(folder + "/tests/vectors/" + name + ".json") as file:
        return json.load(file)


def bus_of(folder, name):
    """What a driver hangs on, without importing it."""
    with open(folder + "/drivers/" + name + ".py") as file:
        for line in file:
            if line[:6] == "BUS = ":
                return line[7:].split('"')[0]
    return None


def play(name, given, case):
    """Take all steps of a case. Returns None, or the first thing that is wrong."""
    bench = Bench(name, given, case)
    try:
        for number, step in enumerate(case["steps"]):
            wrong = take(bench, step)
            if wrong:
                return "step %d: %s" % (number + 1, wrong)
            if bench.clock.longest_us > LONGEST_US:
                return "step %d: %d µs without a pause" % (number + 1, bench.clock.longest_us)
    finally:
        if hasattr(bench.driver, "close"):
            bench.driver.close()
        told.forget()
    return None


def disturb(name, given):
    """Let each single transfer of a reading fail in turn. Returns what is wrong: a value that is not true, an error of
    another kind, or no way back within two readings."""
    if not any("transfers" in dir(part) for part in Bench(name, given, {}).parts.values()):
        return None
    bench = Bench(name, given, {})
    right = bench.read()
    count = bench.parts["bus"].transfers
    for number in range(1, count + 1):
        bench = Bench(name, given, {})
        bench.parts["bus"].fails_at = number
        try:
            if bench.read() != right:
                return "transfer %d of %d failed, and a wrong value came" % (number, count)
        except (OSError, ValueError):
            pass
        bench.clock.advance(ms=5000)
        try:
            bench.read()
        except (OSError, ValueError):
            bench.clock.advance(ms=5000)
        if [value for value, old in zip(bench.read(), right) if (value is None) != (old is None)]:
            return "transfer %d of %d failed, and it did not come back" % (number, count)
    return None


def shape(module):
    """What is wrong with the constants of a driver, in words."""
    wrong = []
    for entry in module.CHANNELS:
        if len(entry) != 4 or entry[1] not in QUANTITIES or not 0 <= entry[3] <= 6:
            wrong.append("CHANNELS: %r is not (key, quantity, unit, decimals)" % (entry,))
    if len({entry[0] for entry in module.CHANNELS}) != len(module.CHANNELS):
        wrong.append("CHANNELS: a key is there twice")
    if not isinstance(module.DEFAULTS.get("interval_s"), (int, float)):
        wrong.append("DEFAULTS: interval_s is missing")
    if getattr(module, "BUS", None) not in (None, "i2c", "uart", "spi"):
        wrong.append("BUS: %r" % module.BUS)
    for command in getattr(module, "COMMANDS", ()):
        if sorted(command) != ["args", "name"]:
            wrong.append("COMMANDS: %r" % command)
    if hasattr(module, "STREAM") and not all(hasattr(module.Driver, n) for n in ("start", "stop")):
        wrong.append("STREAM without start() and stop()")
    if getattr(module, "COMMANDS", ()) and not hasattr(module.Driver, "command"):
        wrong.append("COMMANDS without command()")
    return wrong


def coverage(module, given):
    """What a vector file must show: right values, and for what hangs on wires a fault, then right values again."""
    wrong = []
    steps = [step for case in given["cases"] for step in case["steps"]]
    if not any("expect" in step for step in steps):
        wrong.append("no step expects a value")
    if not any(step.get("self_test") for step in steps):
        wrong.append("no step calls self_test")
    if getattr(module, "BUS", None):
        for error in ("OSError", "ValueError"):
            if not any(step.get("raises") == error for step in steps):
                wrong.append("no step raises " + error)
        if not any(_recovers(case["steps"]) for case in given["cases"]):
            wrong.append("no case expects a value after an error")
    return wrong


def _recovers(steps):
    failed = False
    for step in steps:
        if "raises" in step and "command" not in step:
            failed = True
        elif failed and "expect" in step:
            return True
    return False
