"""Displays that keep their picture, and what a person reads on them."""

import framebuf

from .i2c import Chip, Registers

_WITH_DATA = {0x20: 1, 0x81: 1, 0x8D: 1, 0xA8: 1, 0xD3: 1, 0xD5: 1, 0xD9: 1, 0xDA: 1, 0xDB: 1}  # SSD1306


def letters():
    """Eight columns of a letter, as `framebuf` draws it → the letter."""
    found = {}
    for code in range(32, 127):
        columns = bytearray(8)
        framebuf.FrameBuffer(columns, 8, 8, framebuf.MONO_VLSB).text(chr(code), 0, 0, 1)
        found[bytes(columns)] = chr(code)
    return found


class Ssd1306(Chip):
    """128 x 64 dots. `lit`: it is on, its charge pump too, so that there is something to see."""

    def __init__(self, clock, address=0x3C):
        super().__init__(clock, address)
        self.power_on()

    def power_on(self):
        self.memory = bytearray(b"\xa5" * 1024)  # what it holds then is anything
        self.settings = {}
        self.on = False
        self._page = self._column = 0

    @property
    def lit(self):
        return self.on and self.settings.get(0x8D) == 0x14

    def write(self, data):
        if data[0] == 0x40:
            for byte in data[1:]:
                self.memory[self._page * 128 + self._column] = byte
                self._column = (self._column + 1) % 128
            return
        assert data[0] == 0x00, "a control byte"
        at = 1
        while at < len(data):
            command = data[at]
            if command in _WITH_DATA:
                at += 1
                self.settings[command] = data[at]
            elif command < 0x10:
                self._column = self._column & 0xF0 | command
            elif command < 0x20:
                self._column = self._column & 0x0F | (command & 7) << 4
            elif command & 0xF8 == 0xB0:
                self._page = command & 7
            elif command & 0xFE == 0xAE:
                self.on = bool(command & 1)
            else:
                assert command & 0xC0 == 0x40 or command in (0xA0, 0xA1, 0xA4, 0xA6, 0xC0, 0xC8), hex(command)
            at += 1

    def read_rows(self):
        """The text of each row; "\\0" for what is no letter."""
        assert self.settings[0x20] == 2, "pages are addressed one by one"
        known, rows = letters(), []
        for row in range(8):
            page = bytes(self.memory[row * 128 : row * 128 + 128])
            rows.append("".join([known.get(page[x : x + 8], "\0") for x in range(0, 128, 8)]).rstrip(" "))
        return rows


class Axp192(Registers):
    """The power chip of a Core2. `lcd`: logic and light have power and the reset is over."""

    def __init__(self, clock, address=0x34, kind=0x03):
        super().__init__(clock, address)
        self.registers = bytearray(256)
        self.registers[0x03] = kind
        self.registers[0x12] = 0x11  # what the ESP32 lives on
        self.resets = 0

    def get(self, register):
        return self.registers[register]

    def put(self, register, value):
        if register == 0x96 and value & 2 > self.registers[0x96] & 2:
            self.resets += 1
        self.registers[register] = value

    @property
    def lcd(self):
        there = self.registers
        return there[0x12] & 6 == 6 and there[0x28] >> 4 == 15 and there[0x27] & 0x7F >= 72 and bool(there[0x96] & 2)


class Ili9342c:
    """`machine.SPI` with 320 x 240 dots behind it. `power`: what must say `lcd`, else nothing is heard."""

    def __init__(self, clock, choose, data, power=None):
        self.clock, self.choose, self.data, self.power = clock, choose, data, power
        self.memory = bytearray(320 * 240 * 2)
        self.awake = self.on = self.inverted = False
        self.settings = {}
        self.written = 0
        self._command, self._given, self._at = None, bytearray(), 0

    def write(self, data):
        data = bytes(data)
        self.written += len(data)
        self.clock.advance(us=len(data) * 8 // 20 + 10)  # at 20 MHz
        if self.choose.level or (self.power and not self.power.lcd):
            return
        if self.data.level:
            self._take(data)
            return
        for command in data:
            self._command, self._given, self._at = command, bytearray(), 0
            if command == 0x01:
                self.awake = self.on = self.inverted = False
                self.settings = {}
            self.awake = self.awake or command == 0x11
            self.on = self.on or command == 0x29
            self.inverted = self.inverted or command == 0x21

    def _take(self, data):
        if self._command != 0x2C:
            self._given += data
            self.settings[self._command] = bytes(self._given)
            return
        x0, x1, y0, y1 = self._window()
        assert (x0, x1) == (0, 319), "whole lines only"
        start = y0 * 640 + self._at
        assert start + len(data) <= (y1 + 1) * 640, "beyond the window"
        self.memory[start : start + len(data)] = data
        self._at += len(data)

    def _window(self):
        columns, rows = self.settings[0x2A], self.settings[0x2B]
        return [given[i] << 8 | given[i + 1] for given in (columns, rows) for i in (0, 2)]

    @property
    def lit(self):
        return self.on and self.awake and self.settings.get(0x3A) == b"\x55" and (not self.power or self.power.lcd)

    def read_rows(self):
        """The text of each row, in letters of 16 dots; "\\0" for what is no letter."""
        known, rows = letters(), []
        for row in range(15):
            text = ""
            for x in range(0, 320, 16):
                columns = bytearray(8)
                for i in range(8):
                    for bit in range(8):
                        at = ((row * 16 + bit * 2) * 320 + x + i * 2) * 2
                        dots = self.memory[at : at + 4] + self.memory[at + 640 : at + 644]
                        if dots == b"\xff" * 8:
                            columns[i] |= 1 << bit
                        elif dots != bytes(8):
                            columns[i] = 0x55
                text += known.get(bytes(columns), "\0")
            rows.append(text.rstrip(" "))
        return rows
