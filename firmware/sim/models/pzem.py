"""PZEM-004T v3 meters on one serial line: Modbus RTU at 9600 baud."""

_BYTE_US = 1042  # ten bits at 9600 baud
_THINKING_US = 15_000
# Reading input registers: what goes out, low word first where there are two.
_WIDE = ("current_ma", "power_dw", "energy_wh")


def crc16(data):
    """Modbus CRC, low byte first."""
    crc = 0xFFFF
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = crc >> 1 ^ 0xA001 if crc & 1 else crc >> 1
    return bytes([crc & 255, crc >> 8])


class Meter:
    """One meter. `mains` False: no voltage, so no answer. Faults for the next reply: `corrupt`, `cut`, `refuse`."""

    def __init__(
        self,
        clock,
        address=1,
        volts_d=2301,
        current_ma=1234,
        power_dw=2839,
        energy_wh=123456,
        hertz_d=500,
        factor=100,
        mains=True,
    ):
        self.address = address
        self.volts_d = volts_d
        self.current_ma = current_ma
        self.power_dw = power_dw
        self.energy_wh = energy_wh
        self.hertz_d = hertz_d
        self.factor = factor
        self.threshold_w = 23000
        self.mains = mains
        self.corrupt = 0
        self.cut = 0
        self.refuse = 0

    def _inputs(self):
        words = [self.volts_d]
        for name in _WIDE:
            value = getattr(self, name)
            words += [value & 0xFFFF, value >> 16]
        return words + [self.hertz_d, self.factor, 0xFFFF if self.power_dw // 10 >= self.threshold_w else 0]

    def _holding(self):
        return [0, self.threshold_w, self.address]

    def answer(self, frame):
        """The reply to a frame with a right CRC, or b"" when it is not for this meter."""
        if not self.mains or frame[0] not in (self.address, 0xF8):
            return b""
        function = frame[1]
        if self.refuse:
            self.refuse -= 1
            return self._out(bytes([frame[0], function | 0x80, 4]))
        if function in (3, 4):
            start, count = frame[2] << 8 | frame[3], frame[4] << 8 | frame[5]
            words = (self._inputs() if function == 4 else self._holding())[start : start + count]
            if len(words) != count:
                return self._out(bytes([frame[0], function | 0x80, 2]))
            body = bytes([frame[0], function, 2 * count])
            for word in words:
                body += bytes([word >> 8, word & 255])
            return self._out(body)
        if function == 6:
            register, value = frame[2] << 8 | frame[3], frame[4] << 8 | frame[5]
            if register == 1:
                self.threshold_w = value
            elif register == 2 and 1 <= value <= 0xF7:
                self.address = value
            else:
                return self._out(bytes([frame[0], 0x86, 3]))
            return self._out(frame)
        if function == 0x42:
            self.energy_wh = 0
            return self._out(frame)
        return self._out(bytes([frame[0], function | 0x80, 1]))

    def _out(self, body):
        reply = bytearray(body + crc16(body))
        if self.corrupt:
            self.corrupt -= 1
            reply[-3] ^= 0x10
        if self.cut:
            self.cut -= 1
            reply = reply[: len(reply) // 2]
        return bytes(reply)


class Line:
    """`machine.UART` with meters on it. Replies arrive byte by byte. `noise`: bytes before the next reply."""

    def __init__(self, clock, *meters):
        self.clock = clock
        self.meters = list(meters)
        self.noise = b""
        self.sent = []
        self._coming = []  # (microsecond of arrival, byte)

    def init(self, *args, **options):
        pass

    def write(self, frame):
        frame = bytes(frame)
        self.sent.append(frame)
        at = self.clock.us + len(frame) * _BYTE_US + _THINKING_US
        if len(frame) < 4 or crc16(frame[:-2]) != frame[-2:]:
            return len(frame)
        replies = [reply for reply in (meter.answer(frame[:-2]) for meter in self.meters) if reply]
        reply = replies[0] if len(replies) == 1 else b""
        if len(replies) > 1:  # several talk at once: nobody can be understood
            reply = bytes([a & b for a, b in zip(*replies[:2])])
        for byte in bytes(self.noise) + reply:
            at += _BYTE_US
            self._coming.append((at, byte))
        self.noise = b""
        return len(frame)

    def inject(self, data):
        """Bytes that lie in the receive buffer already."""
        self._coming = [(self.clock.us, byte) for byte in data] + self._coming

    def any(self):
        self.clock.advance(us=5)
        return len([1 for at, _ in self._coming if at <= self.clock.us])

    def read(self, count=None):
        ready = self.any()
        count = ready if count is None else min(count, ready)
        if not count:
            return None
        out = bytes([byte for _, byte in self._coming[:count]])
        self._coming = self._coming[count:]
        return out

    def readinto(self, target, count=None):
        data = self.read(len(target) if count is None else count)
        if data is None:
            return None
        target[: len(data)] = data
        return len(data)
