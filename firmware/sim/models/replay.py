"""Recorded traffic: registers and replies as a real part gave them."""

from .i2c import Chip


class Registers(Chip):
    """An I2C chip of recorded registers: {"02": "hex bytes"}. What is written to one is read back from it."""

    def __init__(self, clock, address, registers):
        super().__init__(clock, address)
        self.registers = {int(key, 16): bytes.fromhex(value) for key, value in registers.items()}
        self._pointer = 0

    def write(self, data):
        self._pointer = data[0]
        if len(data) > 1:
            self.registers[self._pointer] = bytes(data[1:])

    def read(self, count):
        data = self.registers.get(self._pointer, b"\xff" * count)
        return (data + b"\xff" * count)[:count]


class Answers:
    """A UART that knows the reply to each recorded request: {"request hex": "reply hex"}; others stay unanswered."""

    def __init__(self, clock, replies):
        self.clock = clock
        self.replies = replies
        self.sent = []
        self._waiting = b""

    def write(self, data):
        self.sent.append(bytes(data))
        self._waiting += bytes.fromhex(self.replies.get(bytes(data).hex(), ""))
        return len(data)

    def any(self):
        self.clock.advance(us=5)
        return len(self._waiting)

    def read(self, count=None):
        count = len(self._waiting) if count is None else count
        out, self._waiting = self._waiting[:count], self._waiting[count:]
        return out or None
