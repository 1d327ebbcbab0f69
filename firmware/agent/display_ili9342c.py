"""ILI9342C: 320 x 240 dots over SPI, as in the M5Stack Core2; 20 x 15 letters of double size, white on black."""

import array
import asyncio

import framebuf
from agent.late import late

# (command, its data, ms to wait after it), as the makers of the Core2 begin, but for the gamma: it stays as it is.
_SETUP = (
    (0x01, b"", 120),  # reset
    (0xC8, b"\xff\x93\x42", 0),  # the commands of the makers are open
    (0xC0, b"\x12\x12", 0),
    (0xC1, b"\x03", 0),
    (0xC5, b"\xf2", 0),
    (0xB0, b"\xe0", 0),
    (0xF6, b"\x01\x00\x00", 0),
    (0xB6, b"\x08\x82\x1d\x04", 0),
    (0x3A, b"\x55", 0),  # 16 bits for a dot
    (0x36, b"\x08", 0),  # lying, blue first
    (0x21, b"", 0),  # inverted: that is how this glass is
    (0x11, b"", 120),  # awake
    (0x2A, b"\x00\x00\x01\x3f", 0),  # columns 0 to 319
    (0x29, b"", 0),  # on
)


class Panel:
    columns, rows = 20, 15

    def __init__(self, settings, buses):
        import machine

        self._spi = buses[settings["bus"]]
        self._power = buses[settings["axp192"]] if "axp192" in settings else None
        self._choose = machine.Pin(settings["cs"], machine.Pin.OUT, value=1)
        self._data = machine.Pin(settings["dc"], machine.Pin.OUT, value=1)
        if "backlight" in settings:
            machine.Pin(settings["backlight"], machine.Pin.OUT, value=1)
        self._strip = bytearray(160)  # one row of letters, a bit for each dot
        self._letters = framebuf.FrameBuffer(self._strip, 160, 8, framebuf.MONO_HLSB)
        self._line = array.array("i", [0] * 160)  # one line of the glass; an entry is a dot and its double
        self._where = bytearray(4)

    async def begin(self):
        if self._power:
            await late("agent.axp192").light(self._power)
        for command, data, wait in _SETUP:
            self._say(command, data)
            if wait:
                await asyncio.sleep_ms(wait)

    def _say(self, command, data):
        self._choose(0)
        self._data(0)
        self._spi.write(bytes((command,)))
        self._data(1)
        if data:
            self._spi.write(data)
        self._choose(1)

    def draw(self, row, text):
        strip, line, where = self._strip, self._line, self._where
        self._letters.fill(0)
        self._letters.text(text, 0, 0, 1)
        where[1], where[3] = row * 16, row * 16 + 15
        self._say(0x2B, where)
        self._say(0x2C, b"")
        self._choose(0)
        for y in range(0, 160, 20):
            at = 0
            for i in range(y, y + 20):
                byte = strip[i]
                for bit in range(7, -1, -1):
                    line[at] = -(byte >> bit & 1)
                    at += 1
            self._spi.write(line)
            self._spi.write(line)
        self._choose(1)
