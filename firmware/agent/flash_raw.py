"""The outbox in a range of the ESP8266's flash."""

from micropython import const

_SECTOR = const(4096)


class Raw:
    """A range of the ESP8266's flash. Programmed in whole words: 0xFF beside the data leaves what is there."""

    def __init__(self, start, size):
        import esp

        self._esp = esp
        self._start = start
        self.sectors = size // _SECTOR

    def read(self, at, into):
        first = at & ~3
        words = bytearray((at + len(into) - first + 3) & ~3)
        self._esp.flash_read(self._start + first, words)
        into[:] = words[at - first : at - first + len(into)]

    def write(self, at, data):
        first = at & ~3
        words = bytearray(b"\xff" * ((at + len(data) - first + 3) & ~3))
        words[at - first : at - first + len(data)] = data
        self._esp.flash_write(self._start + first, words)

    def erase(self, sector):
        self._esp.flash_erase(self._start // _SECTOR + sector)
