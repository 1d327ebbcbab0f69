"""What every force driver does with raw counts: scale, tare, calibration."""

COMMANDS = (
    {"name": "tare", "args": {}},
    {"name": "calibrate", "args": {"side": ["left", "right"], "newtons": {"type": "number", "min": 1, "max": 20000}}},
)
_MEAN_OF = 16


class Scale:
    """`newtons` per count above `zero`, for each side. `take` is a coroutine that fills a list with raw counts."""

    def __init__(self, settings, sides):
        self.sides = sides
        self.zero = [settings[side + "_zero"] for side in sides]
        self.newtons = [settings[side + "_newtons"] for side in sides]

    def apply(self, raw, out):
        for i in range(len(self.sides)):
            out[i] = (raw[i] - self.zero[i]) * self.newtons[i]

    async def _mean(self, take):
        raw, total = [0] * len(self.sides), [0] * len(self.sides)
        for _ in range(_MEAN_OF):
            await take(raw)
            for i in range(len(raw)):
                total[i] += raw[i]
        return [value // _MEAN_OF for value in total]

    async def command(self, name, args, take):
        if name == "tare":
            self.zero = await self._mean(take)
            return "tared", {side + "_zero": zero for side, zero in zip(self.sides, self.zero)}
        if name == "calibrate":
            side, newtons = args.get("side", "left"), float(args["newtons"])
            if side not in self.sides or newtons <= 0:
                raise ValueError("calibrate needs a side and the newtons that pull on it")
            i = self.sides.index(side)
            counts = (await self._mean(take))[i] - self.zero[i]
            if abs(counts) < 100:
                raise ValueError("nothing pulls on this side")
            self.newtons[i] = newtons / counts
            return side + " calibrated", {side + "_newtons": self.newtons[i]}
        raise ValueError("unknown command " + name)


def signed24(value):
    return value - 0x1000000 if value & 0x800000 else value
