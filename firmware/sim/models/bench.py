"""A driver on a bench: parts built from a vector file, the driver on them, and steps taken one after the other."""

from . import told
from .board import Board
from .i2c import Bus


class Bench:
    """`vector`: what `tests/vectors/<driver>.json` holds; `case`: one of its cases.

    `parts`: {name: {"model": "file.Class", "on": "i2c" | "uart" | "spi" | "pin:34", "with": {…}}}; "*" in
    `with` lists parts that this one has on it. `settings` lie over the driver's defaults.
    """

    def __init__(self, name, vector, case):
        self.clock = told.Clock()
        self.parts = {}
        self.on = {"i2c": [], "uart": [], "spi": []}
        self.board = Board(self.clock)
        modules = {"machine": self.board, "onewire": _Module(OneWire=lambda pin: pin)}
        wanted = dict(vector.get("parts", {}))
        wanted.update(case.get("parts", {}))
        while wanted:  # a part of others waits for them; MicroPython keeps no order in a dict
            for key in [k for k, v in wanted.items() if not any(o in wanted for o in v.get("with", {}).get("*", ()))]:
                self._place(key, wanted.pop(key))
        self.module = told.load(name, self.clock, **modules)
        settings = dict(self.module.DEFAULTS)
        settings.update(vector.get("settings", {}))
        settings.update(case.get("settings", {}))
        self.bus = self._bus(getattr(self.module, "BUS", None))
        self.driver = self.module.Driver(self.bus, settings)
        self.channels = getattr(self.driver, "channels", self.module.CHANNELS)
        if "resume" in case:
            self.driver.resume(case["resume"])

    def _place(self, key, part):
        file, _, kind = part["model"].partition(".")
        model = getattr(__import__("sim.models." + file, None, None, (kind,)), kind)
        given = dict(part.get("with", {}))
        others = [self.parts[other] for other in given.pop("*", ())]
        made = self.parts[key] = model(self.clock, *others, **given)
        where = part.get("on", "")
        if where[:4] == "pin:":
            self.board.parts[int(where[4:])] = made
        elif where:
            self.on[where].append(made)
        for pin, attribute in part.get("pins", {}).items():
            self.board.parts[int(pin)] = getattr(made, attribute)

    def _bus(self, kind):
        if kind == "i2c":
            self.parts["bus"] = Bus(self.clock, *self.on["i2c"])
            return self.parts["bus"]
        if kind == "spi":
            from .ads1220 import Spi

            return Spi(self.clock, *self.on["spi"])
        return self.on["uart"][-1] if kind == "uart" else None

    def set(self, changes):
        for key, values in changes.items():
            for name, value in values.items():
                if name == "call":
                    getattr(self.parts[key], value)()
                else:
                    setattr(self.parts[key], name, value)

    def read(self):
        """The values of one reading. None in every place first: what stays is not known."""
        out = [None] * len(self.channels)
        told.run(self.clock, self.driver.read(out))
        return out

    def run(self, coroutine):
        return told.run(self.clock, coroutine)


class _Module:
    def __init__(self, **names):
        for name, value in names.items():
            setattr(self, name, value)


ERRORS = {"OSError": OSError, "ValueError": ValueError}


def take(bench, step):
    """Do one step of a case. Returns None, or what is wrong in words."""
    bench.set(step.get("set", {}))
    bench.clock.advance(ms=int(step.get("wait_s", 10) * 1000))
    if "command" in step:
        doing = bench.driver.command(step["command"][0], step["command"][1])
    elif step.get("self_test"):
        doing = bench.driver.self_test()
    else:
        doing = None
    try:
        values = bench.run(doing) if doing else bench.read()
    except (OSError, ValueError) as error:
        if "raises" not in step:
            return "raised %r" % error
        return None if isinstance(error, ERRORS[step["raises"]]) else "raised %r, expected %s" % (error, step["raises"])
    if "raises" in step:
        return "returned %r, expected %s" % (values, step["raises"])
    if doing:
        if "kept" not in step:
            return None
        return _compare(list(step["kept"].values()), [values[1][key] for key in step["kept"]], step.get("within", 0))
    return _compare(step["expect"], values, step.get("within", 0))


def _compare(expected, values, within):
    """`within`: one bound for all, or one for each."""
    if len(expected) != len(values):
        return "%d values, expected %d" % (len(values), len(expected))
    for i in range(len(expected)):
        bound = within[i] if isinstance(within, list) else within
        want, got = expected[i], values[i]
        if want == "any":
            right = True
        elif want is None or got is None or isinstance(want, list):
            right = want == got
        else:
            right = abs(got - want) <= bound + 1e-6 * abs(want)
        if not right:
            return "value %d is %r, expected %r within %r" % (i, got, want, bound)
    return None
