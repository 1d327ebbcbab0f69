"""SSD1306: 128 x 64 dots over I2C, 16 x 8 letters. A row of letters is a page of its memory (data sheet, 8.7)."""

import framebuf

# Clock, rows, offset, first line, charge pump on, pages, both directions turned, wiring of the rows, contrast,
# precharge, level of the deselected rows, picture from memory, not inverted, on.
_SETUP = b"\x00\xd5\x80\xa8\x3f\xd3\x00\x40\x8d\x14\x20\x02\xa1\xc8\xda\x12\x81\xcf\xd9\xf1\xdb\x40\xa4\xa6\xaf"


class Panel:
    columns, rows = 16, 8

    def __init__(self, settings, buses):
        self._bus = buses[settings["bus"]]
        self._address = settings.get("address", 0x3C)
        self._place = bytearray(b"\x00\xb0\x00\x10")  # page, column 0
        self._page = bytearray(129)
        self._page[0] = 0x40  # what follows is for the memory
        self._letters = framebuf.FrameBuffer(memoryview(self._page)[1:], 128, 8, framebuf.MONO_VLSB)

    async def begin(self):
        """Done with the first row, and again with it: a display that was without power comes back."""

    def draw(self, row, text):
        if row == 0:
            self._bus.writeto(self._address, _SETUP)
        self._letters.fill(0)
        self._letters.text(text, 0, 0, 1)
        self._place[1] = 0xB0 | row
        self._bus.writeto(self._address, self._place)
        self._bus.writeto(self._address, self._page)
