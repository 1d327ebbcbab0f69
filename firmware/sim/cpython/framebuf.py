"""MicroPython's `framebuf`, as far as displays need it. Letters are signs that `sim.models.glass` can read back."""

MONO_VLSB, MONO_HLSB = 0, 3


class FrameBuffer:
    def __init__(self, buffer, width, height, kind):
        assert kind in (MONO_VLSB, MONO_HLSB)
        assert len(buffer) >= width * height // 8
        self._buffer, self._width, self._height, self._flat = buffer, width, height, kind == MONO_HLSB

    def fill(self, colour):
        for i in range(self._width * self._height // 8):
            self._buffer[i] = 0xFF if colour else 0

    def pixel(self, x, y, colour=None):
        if not (0 <= x < self._width and 0 <= y < self._height):
            return None
        at, bit = (y * self._width + x) // 8, 7 - x % 8
        if not self._flat:
            at, bit = y // 8 * self._width + x, y % 8
        if colour is None:
            return self._buffer[at] >> bit & 1
        self._buffer[at] = self._buffer[at] & ~(1 << bit) | bool(colour) << bit
        return None

    def text(self, text, x, y, colour=1):
        for code in text.encode():
            columns = (0, 0x7F, code, code, ~code & 0x7F, code, 0, 0) if code > 32 else (0,) * 8
            for i, column in enumerate(columns):
                for bit in range(8):
                    if column >> bit & 1:
                        self.pixel(x + i, y + bit, colour)
            x += 8
